//! When a schedule comes next. The rules about gaps, doubled hours and travel stand at the top of [`super`].

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::when::When;

/// A moment, and how far the clock on the wall was from UTC then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub at: Timestamp,
    /// Seconds east; `None`: not known, as the present zone has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i32>,
}

impl Stamp {
    pub fn new(at: Timestamp, zone: &TimeZone) -> Self {
        Self { at, offset: Some(zone.to_offset(at).seconds()) }
    }

    /// What the clock on the wall said.
    pub fn wall(self, zone: &TimeZone) -> DateTime {
        let offset = self.offset.and_then(|seconds| Offset::from_seconds(seconds).ok());
        offset.unwrap_or_else(|| zone.to_offset(self.at)).to_datetime(self.at)
    }
}

impl From<Timestamp> for Stamp {
    fn from(at: Timestamp) -> Self {
        Self { at, offset: None }
    }
}

/// Days that are looked through: cron's rarest days are 40 years apart.
const DAYS: usize = 41 * 366;
/// Minutes and days that are looked through for what comes every hour.
const STEPS: usize = DAYS + 300;

impl When {
    /// The first time that comes after a run which began then; `None` for what follows events, and at the end of the calendar.
    pub fn next(&self, after: Stamp, zone: &TimeZone) -> Option<Timestamp> {
        if let Self::Hours { hours } = self {
            return after.at.checked_add(SignedDuration::from_hours((*hours).max(1).into())).ok();
        }
        match self.minutes_of_every_hour() {
            Some(minutes) => self.next_minute(minutes, after.at, zone),
            None => self.next_time(after, zone),
        }
    }

    fn next_time(&self, after: Stamp, zone: &TimeZone) -> Option<Timestamp> {
        let times = self.times();
        if times.is_empty() {
            return None;
        }
        let wall = after.wall(zone);
        let mut date = wall.date().max(zone.to_datetime(after.at).date());
        for _ in 0..DAYS {
            if self.falls_on(date) {
                for time in &times {
                    let local = date.to_datetime(*time);
                    // What the clock has shown, and what lies before in truth, ran or was made up.
                    if local > wall
                        && let Some(at) = moment(local, zone).filter(|at| *at > after.at)
                    {
                        return Some(at);
                    }
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn next_minute(&self, minutes: u64, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut at = Timestamp::from_second(after.as_second()).ok()?;
        for _ in 0..STEPS {
            let local = zone.to_datetime(at);
            let step = if local.second() != 0 {
                60 - i64::from(local.second())
            } else if !self.falls_on(local.date()) {
                let tomorrow = moment(local.date().tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight()), zone)?;
                // Midnight may come twice, and lie behind.
                (tomorrow.as_second() - at.as_second()).max(60)
            } else if at > after && minutes >> local.minute() & 1 == 1 {
                return Some(at);
            } else {
                60
            };
            at = at.checked_add(SignedDuration::from_secs(step)).ok()?;
        }
        None
    }
}

/// The moment at which the clock on the wall first shows a time or passes over it.
pub(super) fn moment(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    if !matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
        return ambiguous.earlier().ok();
    }
    // The clocks change between these two.
    let (before, past) = (ambiguous.earlier().ok()?, ambiguous.later().ok()?);
    let end = past.checked_add(SignedDuration::from_nanos(1)).ok()?;
    let change = zone.preceding(end).map(|change| change.timestamp()).next().filter(|at| *at > before);
    Some(change.unwrap_or(past))
}
