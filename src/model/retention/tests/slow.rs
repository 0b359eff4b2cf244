//! Another way to say what stays: each version by itself, counting those that stand before it. Knows nothing of the code under
//! test but what it takes and gives.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::super::{Retention, Version, VersionState};

/// Parts of a rule as numbers; the test makes the same rule of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain {
    pub days: Option<i64>,
    pub last: Option<usize>,
    pub min: usize,
    /// Hours, days, weeks, months, years: so many (`true`), or so many days' (`false`).
    pub each: [Option<(usize, bool)>; 5],
    pub max_bytes: Option<u64>,
}

impl Plain {
    pub fn rule(&self) -> Retention {
        let part = |at: usize| {
            self.each[at].and_then(|(n, by_count)| super::buckets(&if by_count { n.to_string() } else { format!("{n}d") }))
        };
        Retention {
            days: self.days.map(|days| days as u32),
            last: self.last.map(|last| last as u32),
            min: Some(self.min as u32),
            hourly: part(0),
            daily: part(1),
            weekly: part(2),
            monthly: part(3),
            yearly: part(4),
            max_bytes: self.max_bytes,
        }
    }

    fn says_nothing(&self) -> bool {
        self.days.is_none() && self.last.is_none() && self.each.iter().all(Option::is_none)
    }
}

/// What an hour, day … is called; two versions are of the same if it is the same.
fn called(which: usize, at: Timestamp, zone: &TimeZone) -> (Date, i8, i32) {
    let local: DateTime = zone.to_datetime(at);
    let mut date = local.date();
    match which {
        0 => return (date, local.hour(), zone.to_offset(at).seconds()),
        2 => {
            while date.weekday() != jiff::civil::Weekday::Monday {
                date = date.yesterday().unwrap();
            }
        }
        3 => date = jiff::civil::date(date.year(), date.month(), 1),
        4 => date = jiff::civil::date(date.year(), 1, 1),
        _ => {}
    }
    (date, 0, 0)
}

fn days_before(now: Timestamp, days: i64, zone: &TimeZone) -> Timestamp {
    let local = zone.to_datetime(now);
    let date = local.date().checked_sub(days.days()).unwrap();
    date.to_datetime(local.time()).to_zoned(zone.clone()).unwrap().timestamp()
}

/// Whether each stays, in the order given. `versions`: oldest first, by sequence and by time.
pub fn stay(plain: &Plain, versions: &[Version], now: Timestamp, zone: &TimeZone) -> Vec<bool> {
    let good = |version: &Version| version.state == VersionState::Good;
    let any_good = versions.iter().any(good);
    let good_after = |at: usize| versions[at + 1..].iter().filter(|version| good(version)).count();
    let must = |at: usize| !any_good || versions[at].pinned || good_after(at) == 0 || good_after(at) < plain.min;
    let names: Vec<[(Date, i8, i32); 5]> =
        versions.iter().map(|v| [0, 1, 2, 3, 4].map(|which| called(which, v.time, zone))).collect();
    let newest_of = |which: usize, at: usize| {
        let same = |other: &usize| names[*other][which] == names[at][which];
        if good(&versions[at]) {
            return !(at + 1..versions.len()).any(|other| same(&other) && good(&versions[other]));
        }
        !(0..versions.len()).any(|other| same(&other) && good(&versions[other]))
            && !(at + 1..versions.len()).any(|other| same(&other))
    };
    let kept = |at: usize| {
        let each = (0..5).any(|which| match plain.each[which] {
            None => false,
            Some((0, _)) => newest_of(which, at),
            Some((n, true)) => {
                let mut later: Vec<_> =
                    (at + 1..versions.len()).filter(|other| good(&versions[*other])).map(|other| names[other][which]).collect();
                later.retain(|name| *name != names[at][which]);
                later.dedup();
                newest_of(which, at) && later.len() < n
            }
            Some((n, false)) => newest_of(which, at) && versions[at].time >= days_before(now, n as i64, zone),
        });
        let young = plain.days.is_some_and(|days| days == 0 || versions[at].time >= days_before(now, days, zone));
        let last = plain.last.is_some_and(|last| last == 0 || good_after(at) < last);
        plain.says_nothing() || each || young || last
    };
    let mut stays: Vec<bool> = (0..versions.len()).map(|at| must(at) || kept(at)).collect();
    if let Some(most) = plain.max_bytes {
        for at in 0..versions.len() {
            let bytes: u64 = versions.iter().zip(&stays).filter(|(_, stays)| **stays).map(|(version, _)| version.own_bytes).sum();
            if bytes > most && !must(at) {
                stays[at] = false;
            }
        }
    }
    stays
}
