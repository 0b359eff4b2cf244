//! What is to run now, and when to ask again.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::due::{Due, DueBecause, Signals, due};
use super::entry::{Schedule, ScheduleId};
use super::past::Past;
use super::when::When;
use crate::model::snapshot::WantedType;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    pub run: Option<DueRun>,
    /// When the next schedule of those that do not run now is due. Ask then, after every run and every signal, and every minute
    /// or so: clocks are set, zones change, machines sleep. `None`: only a signal brings anything.
    pub wake: Option<Timestamp>,
}

/// One run for all that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRun {
    /// The strongest of what they ask for.
    pub wanted: WantedType,
    pub schedules: Vec<(ScheduleId, DueBecause)>,
    /// Since when the oldest of them has been due.
    pub since: Timestamp,
}

/// What is to run at `now`, of a plan that is not running. `schedules`: each with what ran for it. `created`: when the plan was
/// made.
pub fn decide(
    schedules: &[(&Schedule, Past)],
    signals: &Signals,
    created: Timestamp,
    now: Timestamp,
    zone: &TimeZone,
) -> Decision {
    let dues = dues(schedules, signals, created, now, zone);
    let runs = dues.iter().any(|(_, due)| due.at <= now);
    let mut decision = Decision::default();
    for (schedule, due) in dues {
        if due.at <= now || runs && joins(schedule, due, now) {
            let run = decision.run.get_or_insert(DueRun { wanted: WantedType::Auto, schedules: Vec::new(), since: due.at });
            run.wanted = stronger(run.wanted, schedule.wanted);
            run.since = run.since.min(due.at);
            run.schedules.push((schedule.id.clone(), due.because));
        } else {
            decision.wake = Some(decision.wake.map_or(due.at, |wake| wake.min(due.at)));
        }
    }
    decision
}

/// When each is due that will be, by schedule.
pub fn dues<'a>(
    schedules: &[(&'a Schedule, Past)],
    signals: &Signals,
    created: Timestamp,
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<(&'a Schedule, Due)> {
    schedules.iter().filter_map(|(schedule, past)| Some((*schedule, due(schedule, past, signals, created, now, zone)?))).collect()
}

/// What is reckoned from the last run drifts by seconds: it goes with a run that begins a little before it is due, rather than
/// after it.
fn joins(schedule: &Schedule, due: Due, now: Timestamp) -> bool {
    match schedule.when {
        When::Hours { hours } => {
            let early = SignedDuration::from_mins(i64::from(hours).min(5));
            due.because == DueBecause::Time && due.at.duration_since(now) <= early
        }
        _ => false,
    }
}

/// Automatic asks for least: a new version of whatever kind.
fn stronger(a: WantedType, b: WantedType) -> WantedType {
    let rank = |wanted| match wanted {
        WantedType::Auto => 0,
        WantedType::Incremental => 1,
        WantedType::Differential => 2,
        WantedType::Full => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}
