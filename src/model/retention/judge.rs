//! For each version: whether it stays.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::buckets::{Bucket, Buckets, Every, before};
use super::doubt::{Doubt, doubts};
use super::reason::Reason;
use super::rule::Retention;
use crate::model::schedule::ScheduleId;
use crate::model::snapshot::VersionId;
use crate::model::sum;

/// A version at a destination, as far as retention asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub id: VersionId,
    pub sequence: u64,
    /// When its run began.
    pub time: Timestamp,
    pub state: VersionState,
    pub pinned: bool,
    /// The schedules that it was made for; none: by hand, or not known.
    pub schedules: Vec<ScheduleId>,
    /// Bytes that it alone needs.
    pub own_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionState {
    /// Complete, or with warnings on under one percent of the files.
    Good,
    /// With more warnings, or held as shrunken.
    Incomplete,
    Damaged,
}

/// The plan's rule, and those of schedules that have their own.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    pub plan: &'a Retention,
    pub schedules: &'a [(&'a ScheduleId, &'a Retention)],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub id: VersionId,
    pub stays: bool,
    /// Never empty.
    pub why: Vec<Reason>,
}

/// What must stay takes more room than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    pub bytes: u64,
    pub allowed: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Newest first.
    pub verdicts: Vec<Verdict>,
    /// Those that go, in the order in which they are deleted.
    pub going: Vec<VersionId>,
    /// What a person is to be asked about before anything goes by itself.
    pub doubts: Vec<Doubt>,
    /// Worth an alert.
    pub over: Option<Over>,
}

/// The bytes of versions that share nothing: where more is not known.
pub fn own_bytes(staying: &[&Version]) -> u64 {
    sum::saturating(staying.iter().map(|version| version.own_bytes))
}

/// `stored`: the bytes that a destination holds when only these stay, newest first; less for fewer.
pub fn judge(
    rules: Rules<'_>,
    versions: &[Version],
    stored: &dyn Fn(&[&Version]) -> u64,
    now: Timestamp,
    zone: &TimeZone,
) -> Judged {
    let mut versions: Vec<&Version> = versions.iter().collect();
    versions.sort_by(|a, b| b.sequence.cmp(&a.sequence).then_with(|| b.id.cmp(&a.id)));
    let mut why: Vec<Vec<Reason>> = must_stay(&versions);
    for (rule, members) in groups(rules, &versions) {
        minimum(rule, &versions, &members, &mut why);
    }
    let must: Vec<bool> = why.iter().map(|reasons| !reasons.is_empty()).collect();
    for (rule, members) in groups(rules, &versions) {
        if members.is_empty() {
            continue;
        }
        keep(rule, &versions, &members, &mut why, now, zone);
    }
    let mut stays: Vec<bool> = why.iter().map(|reasons| !reasons.is_empty()).collect();
    for (rule, members) in groups(rules, &versions) {
        for at in members.into_iter().filter(|at| !stays[*at]) {
            why[at].push(Reason::NotKept { rule: rule.clone() });
        }
    }
    let mut over = None;
    if let Some(allowed) = rules.plan.most_bytes() {
        over = make_room(allowed, &versions, &must, &mut stays, &mut why, stored);
    }
    let going: Vec<VersionId> =
        versions.iter().zip(&stays).rev().filter(|(_, stays)| !**stays).map(|(v, _)| v.id.clone()).collect();
    let doubts = doubts(&versions, &stays, now);
    let verdicts =
        versions.iter().zip(stays).zip(why).map(|((version, stays), why)| Verdict { id: version.id.clone(), stays, why });
    Judged { verdicts: verdicts.collect(), going, doubts, over }
}

/// Each rule with the places of the versions that it is for. A version without a rule of its schedules is for the plan's.
fn groups<'a>(rules: Rules<'a>, versions: &[&Version]) -> Vec<(&'a Retention, Vec<usize>)> {
    let own = |id: &ScheduleId| rules.schedules.iter().any(|(known, _)| *known == id);
    let places = |is: &dyn Fn(&Version) -> bool| (0..versions.len()).filter(|at| is(versions[*at])).collect::<Vec<_>>();
    let mut groups = vec![(rules.plan, places(&|v| v.schedules.is_empty() || v.schedules.iter().any(|id| !own(id))))];
    groups.extend(rules.schedules.iter().map(|(id, rule)| (*rule, places(&|v| v.schedules.contains(id)))));
    groups
}

/// What stays whatever any rule says, but for the minimum.
fn must_stay(versions: &[&Version]) -> Vec<Vec<Reason>> {
    let last_good = versions.iter().position(|version| version.state == VersionState::Good);
    let reason = |at: usize| match last_good {
        None => Some(Reason::NoneGood),
        Some(good) if at < good => Some(Reason::NewerThanGood),
        Some(good) if at == good => Some(Reason::LastGood),
        Some(_) => None,
    };
    let pinned = |version: &Version| version.pinned.then_some(Reason::Pinned);
    versions.iter().enumerate().map(|(at, version)| pinned(version).into_iter().chain(reason(at)).collect()).collect()
}

/// The members from the newest to the nth good one.
fn last<'m>(n: u32, versions: &[&Version], members: &'m [usize]) -> &'m [usize] {
    let mut good = members.iter().enumerate().filter(|(_, at)| versions[**at].state == VersionState::Good);
    let end = (n as usize).checked_sub(1).map_or(0, |n| good.nth(n).map_or(members.len(), |(place, _)| place + 1));
    &members[..end]
}

fn minimum(rule: &Retention, versions: &[&Version], members: &[usize], why: &mut [Vec<Reason>]) {
    let n = rule.min.unwrap_or(0);
    for at in last(n, versions, members) {
        why[*at].push(Reason::Minimum { n });
    }
}

fn keep(rule: &Retention, versions: &[&Version], members: &[usize], why: &mut [Vec<Reason>], now: Timestamp, zone: &TimeZone) {
    if rule.keeps_all() {
        for at in members {
            why[*at].push(Reason::ForEver);
        }
        return;
    }
    if let Some(n) = rule.last {
        for at in last(n, versions, members) {
            why[*at].push(Reason::Last { n });
        }
    }
    if let Some(days) = rule.days {
        let since = before(now, Span::new().try_days(i64::from(days)).ok(), zone);
        for at in members.iter().filter(|at| versions[**at].time >= since) {
            why[*at].push(Reason::Younger { days });
        }
    }
    for (every, buckets) in rule.buckets() {
        for (at, start) in newest_of_each(every, buckets, versions, members, now, zone) {
            why[at].push(Reason::NewestOf { every, start: start.0 });
        }
    }
}

/// The newest of each hour, day …: a good one where there is one.
fn newest_of_each(
    every: Every,
    buckets: Buckets,
    versions: &[&Version],
    members: &[usize],
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<(usize, Bucket)> {
    let good = |at: usize| versions[at].state == VersionState::Good;
    let mut newest: BTreeMap<Bucket, usize> = BTreeMap::new();
    for at in members {
        let chosen = newest.entry(every.bucket(versions[*at].time, zone)).or_insert(*at);
        if good(*at) && !good(*chosen) {
            *chosen = *at;
        }
    }
    let since = buckets.since(now, zone);
    let most = match buckets {
        Buckets::Count(0) | Buckets::For(..) => usize::MAX,
        Buckets::Count(n) => n as usize,
    };
    let mut counted = 0;
    let mut kept = Vec::new();
    for (bucket, at) in newest.into_iter().rev() {
        if counted == most {
            break;
        }
        if since.is_none_or(|since| versions[at].time >= since) {
            counted += usize::from(good(at));
            kept.push((at, bucket));
        }
    }
    kept
}

/// Lets the oldest go that may, as few as it takes.
fn make_room(
    allowed: u64,
    versions: &[&Version],
    must: &[bool],
    stays: &mut [bool],
    why: &mut [Vec<Reason>],
    stored: &dyn Fn(&[&Version]) -> u64,
) -> Option<Over> {
    let may_go: Vec<usize> = (0..versions.len()).rev().filter(|at| stays[*at] && !must[*at]).collect();
    let bytes_without = |n: usize| {
        let gone: BTreeSet<usize> = may_go.iter().take(n).copied().collect();
        let left: Vec<&Version> =
            (0..versions.len()).filter(|at| stays[*at] && !gone.contains(at)).map(|at| versions[at]).collect();
        stored(&left)
    };
    // The fewest that make it fit; the more go, the less is left.
    let (mut fewest, mut most) = (0, may_go.len());
    while fewest < most {
        let half = fewest + (most - fewest) / 2;
        if bytes_without(half) <= allowed { most = half } else { fewest = half + 1 }
    }
    let bytes = bytes_without(fewest);
    for at in may_go.into_iter().take(fewest) {
        stays[at] = false;
        why[at] = vec![Reason::NoRoom { bytes: allowed }];
    }
    (bytes > allowed).then_some(Over { bytes, allowed })
}
