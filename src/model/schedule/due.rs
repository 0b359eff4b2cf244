//! When one schedule is due. The rules stand at the top of [`super`].

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::entry::Schedule;
use super::occurrence::Stamp;
use super::past::Past;
use super::when::When;

/// What happened and no run has answered: whoever starts a run forgets what was there when it began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Changes in what is backed up since the last run began.
    pub changes: Option<Changes>,
    /// Drives that were plugged in, and are still.
    pub plugged: Vec<Plugged>,
    /// When Strongroom started.
    pub started: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes {
    pub first: Timestamp,
    pub latest: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugged {
    /// All that the drive goes by: name, file system's id.
    pub names: Vec<String>,
    /// Whether the plan reads or writes it.
    pub used: bool,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// In the past where it was missed.
    pub at: Timestamp,
    pub because: DueBecause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DueBecause {
    Time,
    /// The last run failed so many times.
    Retry(u32),
    Changed,
    Plugged,
    Started,
    /// The last run lies too far ahead of the clock to go by.
    ClockSetBack,
}

impl DueBecause {
    /// After "runs": "by its schedule", "since the last run failed".
    pub fn in_words(self) -> String {
        match self {
            Self::Time => "by its schedule".into(),
            Self::Retry(1) => "again, since the last run failed".into(),
            Self::Retry(n) => format!("again, since {n} runs failed"),
            Self::Changed => "since files changed".into(),
            Self::Plugged => "since its drive was plugged in".into(),
            Self::Started => "since Strongroom started".into(),
            Self::ClockSetBack => "since the clock was put back".into(),
        }
    }
}

/// How far ahead of the clock a run may lie and yet be believed.
const BELIEVED: SignedDuration = SignedDuration::from_hours(26);
/// What comes oftener slows to this while it fails.
const SLOWEST: SignedDuration = SignedDuration::from_mins(30);
/// Times that a failed run is tried again where nothing but an event asked for it.
const TRIES: u32 = 5;

/// How long after the nth failure it is tried again.
pub(super) fn wait_after(failures: u32) -> SignedDuration {
    match failures {
        0 | 1 => SignedDuration::from_mins(5),
        2 => SignedDuration::from_mins(15),
        3 => SignedDuration::from_hours(1),
        4 => SignedDuration::from_hours(4),
        5 => SignedDuration::from_hours(12),
        _ => SignedDuration::from_hours(24),
    }
}

/// When a schedule is due; `None`: it is off, or waits for an event. `created`: when the plan was made.
pub fn due(
    schedule: &Schedule,
    past: &Past,
    signals: &Signals,
    created: Timestamp,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<Due> {
    if !schedule.on {
        return None;
    }
    let regular = if schedule.when.is_event() {
        after_event(&schedule.when, past, signals, now)
    } else {
        by_clock(schedule, past, created, now, zone)
    };
    let since = schedule.since.unwrap_or(created);
    // Whoever changes a schedule, or switches it on, begins anew.
    let stands = |last: &Stamp| past.failures > 0 && !(last.at < since && since <= now);
    let Some(last) = past.last.filter(stands) else { return regular };
    let because = DueBecause::Retry(past.failures);
    if last.at > now {
        // When it failed is not known. It is soon: what was tried now lies at now.
        return Some(Due { at: now, because });
    }
    let wait = wait_after(past.failures);
    let retry = add(last.at, wait);
    let earliest = add(last.at, wait.min(SLOWEST));
    let regular = regular.map(|due| Due { at: due.at.max(earliest), ..due });
    if schedule.when.is_event() && past.failures > TRIES {
        return regular;
    }
    Some(regular.filter(|due| due.at <= retry).unwrap_or(Due { at: retry, because }))
}

fn by_clock(schedule: &Schedule, past: &Past, created: Timestamp, now: Timestamp, zone: &TimeZone) -> Option<Due> {
    let when = &schedule.when;
    let since = Stamp::from(schedule.since.unwrap_or(created));
    let put_back = Some(Due { at: now, because: DueBecause::ClockSetBack });
    let believed = |stamp: Stamp| is_believed(when, stamp, now, zone);
    let after = match past.last {
        Some(last) if !believed(last) => return put_back,
        None if !believed(since) => return put_back,
        // At once where it never ran.
        None if matches!(when, When::Hours { .. }) => return Some(Due { at: since.at, because: DueBecause::Time }),
        None => since,
        Some(last) if matches!(when, When::Hours { .. }) || since.at <= last.at || !believed(since) => last,
        Some(_) => since,
    };
    Some(Due { at: when.next(after, zone)?, because: DueBecause::Time })
}

/// Whether a moment ahead of the clock swallows one time of the schedule at most.
fn is_believed(when: &When, stamp: Stamp, now: Timestamp, zone: &TimeZone) -> bool {
    if stamp.at <= now {
        return true;
    }
    if stamp.at.duration_since(now) > BELIEVED {
        return false;
    }
    let second = when.next(now.into(), zone).and_then(|first| when.next(first.into(), zone));
    second.is_none_or(|second| stamp.at < second)
}

fn after_event(when: &When, past: &Past, signals: &Signals, now: Timestamp) -> Option<Due> {
    // Nothing before this.
    let earliest = |between: SignedDuration| match past.last {
        Some(last) if last.at <= add(now, between.min(BELIEVED)) => add(last.at, between),
        _ => Timestamp::MIN,
    };
    // What lies ahead of the clock was before it was put back.
    let passed = |at: Timestamp, wait: SignedDuration| if at > now { now } else { add(at, wait) };
    match when {
        When::Change { settle_seconds, at_most_minutes } => {
            let changes = signals.changes?;
            let between = SignedDuration::from_mins((*at_most_minutes).into());
            let settled = passed(changes.latest, SignedDuration::from_secs((*settle_seconds).into()));
            let at = settled.min(passed(changes.first, between)).max(earliest(between));
            Some(Due { at, because: DueBecause::Changed })
        }
        When::Drive { drive, at_most_hours } => {
            let meant = |plugged: &&Plugged| drive.as_ref().map_or(plugged.used, |name| plugged.names.contains(name));
            let at = signals.plugged.iter().filter(meant).map(|plugged| plugged.at.min(now)).min()?;
            let at = at.max(earliest(SignedDuration::from_hours((*at_most_hours).into())));
            Some(Due { at, because: DueBecause::Plugged })
        }
        When::Start { delay_minutes } => {
            let at = passed(signals.started?, SignedDuration::from_mins((*delay_minutes).into()));
            Some(Due { at, because: DueBecause::Started })
        }
        _ => None,
    }
}

fn add(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}
