//! How a plan stands: one pure rule, the first that applies.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::health::Patience;
use super::location::Location;
use super::recent::{Ended, Recent};
use super::run::{Outcome, RunDetail, RunReport};
use super::schedule::{Schedules, Stamp};

/// Running stands beside it, never instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Protected,
    ProtectedWithWarnings,
    WaitingForFirst,
    /// It runs by itself, only not now.
    Paused,
    NeedsAttention,
}

/// Why a plan needs attention, in the order of weight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    Nothing,
    Failed(super::problem::Problem),
    LeftRunning,
    Damaged,
    Overdue {
        since: Timestamp,
    },
    /// A destination cannot be used, and has not been for longer than is borne.
    Away {
        destination: Location,
        since: Timestamp,
    },
}

/// How late a scheduled run may be before it is overdue.
const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// Judges a plan from what ran.
pub fn judge(schedules: &Schedules, created: Timestamp, recent: &Recent, now: Timestamp, zone: &TimeZone) -> (Status, Why) {
    let damaged = damage_found(recent);
    let last_good = recent.last_good.as_ref();
    if let Some(found) = damaged
        // The next version refers to nothing that is damaged: then only what is older is.
        && last_good.is_none_or(|run| run.started < found)
    {
        return (Status::NeedsAttention, Why::Damaged);
    }
    match recent.last_ended.as_ref().map(|r| &r.outcome) {
        Some(Outcome::Failed(problem)) => return (Status::NeedsAttention, Why::Failed(problem.clone())),
        Some(Outcome::LeftRunning) => return (Status::NeedsAttention, Why::LeftRunning),
        _ => {}
    }
    if let Some(due) = overdue_since(schedules, last_good.map(stamp), created, now, zone) {
        return (Status::NeedsAttention, Why::Overdue { since: due });
    }
    match last_good.map(|r| &r.outcome) {
        None => (Status::WaitingForFirst, Why::Nothing),
        Some(_) if damaged.is_some() => (Status::ProtectedWithWarnings, Why::Damaged),
        Some(Outcome::CompletedWithWarnings) => (Status::ProtectedWithWarnings, Why::Nothing),
        Some(_) => (Status::Protected, Why::Nothing),
    }
}

/// When the run was due that has not come since the last one that went well, where that is longer ago than the grace.
pub fn overdue_since(
    schedules: &Schedules,
    last_good: Option<Stamp>,
    created: Timestamp,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<Timestamp> {
    let due = schedules.first_after(last_good, created, zone)?;
    due.checked_add(GRACE).is_ok_and(|late| late < now).then_some(due)
}

fn stamp(run: &RunReport) -> Stamp {
    Stamp { at: run.started, offset: run.utc_offset }
}

/// Judges a plan from its destinations too. `away`: those that cannot be used, and since when that is known. Only for plans that run by
/// themselves: who backs up by hand plugs the drive in for that, and knows that it lies in the drawer.
pub fn with_away(judged: (Status, Why), away: &[(Location, Timestamp)], patience: Patience, now: Timestamp) -> (Status, Why) {
    if judged.0 == Status::NeedsAttention {
        return judged;
    }
    let too_long = away.iter().filter(|(destination, since)| patience.is_over(destination, *since, now));
    match too_long.min_by_key(|(_, since)| *since) {
        Some((destination, since)) => (Status::NeedsAttention, Why::Away { destination: destination.clone(), since: *since }),
        None => judged,
    }
}

/// Judges a plan from whether schedules are paused: that says nothing of one that runs only when it is asked for.
pub fn with_pause(judged: (Status, Why), schedules: &Schedules, is_paused: bool) -> (Status, Why) {
    match judged {
        (Status::NeedsAttention, why) => (Status::NeedsAttention, why),
        (_, why) if is_paused && schedules.on().next().is_some() => (Status::Paused, why),
        judged => judged,
    }
}

/// When the newest verification that came to an end found damage.
fn damage_found(recent: &Recent) -> Option<Timestamp> {
    let run = recent.last_verified.as_ref()?;
    matches!(&run.detail, RunDetail::Verify { report } if !report.damaged.is_empty()).then_some(run.started)
}

/// A day on the strip of thirty; the worst outcome of the day wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayMark {
    /// Before the plan was made.
    Blank,
    Idle,
    Success,
    Warnings,
    Overdue,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    pub date: Date,
    pub mark: DayMark,
    pub runs: u32,
    pub failed: u32,
}

/// The last thirty local days, oldest first.
pub fn strip(schedules: &Schedules, created: Timestamp, recent: &Recent, now: Timestamp, zone: &TimeZone) -> Vec<Day> {
    let local = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let today = local(now);
    let born = local(created);
    let last_good = recent.last_good.as_ref().map(stamp);
    let overdue_from = schedules
        .first_after(last_good, created, zone)
        .and_then(|due| due.checked_add(GRACE).ok())
        .filter(|late| *late < now)
        .map(local);
    let blank = |back| {
        let date = today.saturating_sub(jiff::Span::new().days(back));
        Day { date, mark: if date < born { DayMark::Blank } else { DayMark::Idle }, runs: 0, failed: 0 }
    };
    let mut days: Vec<Day> = (0..30).rev().map(blank).collect();
    for run in &recent.backups {
        let date = local(run.started);
        let Some(day) = days.binary_search_by_key(&date, |day| day.date).ok().and_then(|at| days.get_mut(at)) else { continue };
        day.runs += 1;
        let mark = match run.ended {
            Ended::Well => DayMark::Success,
            Ended::WithWarnings => DayMark::Warnings,
            Ended::Cancelled => DayMark::Idle,
            Ended::Badly => {
                day.failed += 1;
                DayMark::Failed
            }
        };
        day.mark = day.mark.max(mark);
    }
    for day in days.iter_mut().filter(|day| day.runs == 0) {
        if overdue_from.is_some_and(|from| day.date >= from) {
            day.mark = day.mark.max(DayMark::Overdue);
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::problem::{Code, Problem};
    use crate::model::restore::{DamagedObject, VerifyReport};
    use crate::model::run::{ReadBack, RunId, RunKind, RunReport, Trigger};
    use crate::model::schedule::{Schedule, ScheduleId, TimesOfDay, When};
    use crate::model::snapshot::{BackupType, Totals, VersionId};

    fn run(hour: i64, kind: RunKind, outcome: Outcome, detail: RunDetail) -> RunReport {
        let started = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        RunReport {
            run: RunId(hour as u64),
            kind,
            trigger: Trigger::ByHand,
            schedules: Vec::new(),
            utc_offset: None,
            plan: None,
            plan_name: "Documents".into(),
            started,
            finished: started,
            paused_ms: 0,
            outcome,
            detail,
            warnings: vec![],
            warning_count: 0,
            stages: vec![],
        }
    }

    fn backup(hour: i64, backup_type: BackupType) -> RunReport {
        let version = VersionId::new(Timestamp::UNIX_EPOCH, backup_type, [0; 4]);
        let (totals, destination, read_back) = (Totals::default(), "/x".into(), ReadBack::Medium);
        let detail = RunDetail::Backup {
            version,
            backup_type,
            totals,
            destination,
            versions: 1,
            plan_bytes: 1,
            read_back,
            packed: None,
            resumed_bytes: 0,
            copies: Vec::new(),
        };
        run(hour, RunKind::Backup, Outcome::Completed, detail)
    }

    fn verify(hour: i64, damaged: bool) -> RunReport {
        let object = DamagedObject { object: "v1".into(), what: "x".into(), hits: vec![], hit_count: 3, files_hit: 3 };
        let report = VerifyReport { damaged: damaged.then_some(object).into_iter().collect(), ..VerifyReport::default() };
        let problem = || Outcome::Failed(Problem::new(Code::Damaged, "Damaged.", ""));
        run(hour, RunKind::Verify, if damaged { problem() } else { Outcome::Completed }, RunDetail::Verify { report })
    }

    /// Runs are given oldest first.
    fn judged(mut runs: Vec<RunReport>) -> (Status, Why) {
        runs.reverse();
        judge(&Schedules::default(), Timestamp::UNIX_EPOCH, &Recent::of(&runs), Timestamp::UNIX_EPOCH, &TimeZone::UTC)
    }

    #[test]
    fn damage_needs_attention_until_there_is_a_newer_version_or_all_is_found_whole() {
        let (full, part) = (BackupType::Full, BackupType::Incremental);
        let found = || vec![backup(1, full), verify(2, true)];
        let with = |more: Vec<RunReport>| judged(found().into_iter().chain(more).collect());
        let attention = (Status::NeedsAttention, Why::Damaged);
        assert_eq!(with(vec![]), attention);
        let failed = run(3, RunKind::Backup, Outcome::Cancelled, RunDetail::None);
        assert_eq!(with(vec![failed]), attention);
        assert_eq!(with(vec![backup(3, part)]), (Status::ProtectedWithWarnings, Why::Damaged));
        assert_eq!(with(vec![backup(3, full)]), (Status::ProtectedWithWarnings, Why::Damaged));
        assert_eq!(with(vec![backup(3, full), backup(4, part)]), (Status::ProtectedWithWarnings, Why::Damaged));
        assert_eq!(with(vec![verify(3, false)]), (Status::Protected, Why::Nothing));
        assert_eq!(with(vec![backup(3, full), verify(4, true)]), attention);
    }

    #[test]
    fn a_verification_that_was_cut_off_takes_nothing_back() {
        let cancelled = run(3, RunKind::Verify, Outcome::Cancelled, RunDetail::None);
        let runs = vec![backup(1, BackupType::Full), verify(2, true), cancelled];
        assert_eq!(judged(runs), (Status::NeedsAttention, Why::Damaged));
    }
    #[test]
    fn a_destination_that_is_away_for_long_needs_attention() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1000);
        let ago = |days: i64| now - SignedDuration::from_hours(24 * days);
        let server = Location::of_server("sftp://nas/b").unwrap().unwrap();
        let drive = Location::local("/media/blue");
        let good = || (Status::Protected, Why::Nothing);
        let judged = |away: &[(Location, Timestamp)]| with_away(good(), away, Patience::default(), now);
        assert_eq!(judged(&[]), good());
        assert_eq!(judged(&[(server.clone(), ago(2)), (drive.clone(), ago(6))]), good());
        let away =
            |destination: &Location, since| (Status::NeedsAttention, Why::Away { destination: destination.clone(), since });
        assert_eq!(judged(&[(drive.clone(), ago(6)), (server.clone(), ago(4))]), away(&server, ago(4)));
        assert_eq!(
            judged(&[(server.clone(), ago(4)), (drive.clone(), ago(9))]),
            away(&drive, ago(9)),
            "the one that is away longest"
        );
        let failed = (Status::NeedsAttention, Why::LeftRunning);
        assert_eq!(with_away(failed.clone(), &[(drive, ago(9))], Patience::default(), now), failed, "what weighs more is said");
        assert_eq!(
            with_away((Status::WaitingForFirst, Why::Nothing), &[(server.clone(), ago(3))], Patience::default(), now),
            away(&server, ago(3))
        );
    }

    #[test]
    fn the_strip_has_the_worst_of_each_day_and_from_when_nothing_ran() {
        let days = |days: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days);
        let (created, now) = (days(100), days(110) + SignedDuration::from_hours(12));
        let daily = When::Daily { at: TimesOfDay::parse("20:00").unwrap() };
        let schedules = Schedules::from(Schedule::new(ScheduleId::first(), daily, created));
        let failed = |hour| run(hour, RunKind::Backup, Outcome::Failed(Problem::new(Code::Internal, "No.", "")), RunDetail::None);
        let cancelled = |hour| run(hour, RunKind::Backup, Outcome::Cancelled, RunDetail::None);
        let (full, part) = (BackupType::Full, BackupType::Incremental);
        // On its third day it fails before it goes well, on its fourth somebody cancels it; then nothing runs any more.
        let mut runs = vec![backup(24 * 101, full), failed(24 * 102), backup(24 * 102 + 1, part), cancelled(24 * 103)];
        runs.reverse();
        let strip = |runs: &[RunReport]| strip(&schedules, created, &Recent::of(runs), now, &TimeZone::UTC);
        let drawn = |strip: &[Day]| strip.iter().map(|day| format!("{:?}", day.mark)).collect::<Vec<_>>();
        let shown = strip(&runs);
        assert_eq!((shown.len(), shown[29].date), (30, now.to_zoned(TimeZone::UTC).date()));
        let (before, since) = (drawn(&shown[..19]), drawn(&shown[19..]));
        assert_eq!(before, ["Blank"; 19]);
        // Due on the evening of the 102nd day, overdue a day later; what was tried then is shown as it was.
        let overdue = ["Overdue"; 7];
        assert_eq!(since, [["Idle", "Success", "Failed", "Idle"].as_slice(), overdue.as_slice()].concat());
        assert_eq!((shown[21].runs, shown[21].failed, shown[22].runs), (2, 1, 1));
        // One that went well today takes it back.
        runs.insert(0, backup(24 * 110 + 1, part));
        assert_eq!(drawn(&strip(&runs))[23..], ["Idle", "Idle", "Idle", "Idle", "Idle", "Idle", "Success"]);
    }
}
