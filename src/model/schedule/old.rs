//! When a plan runs by itself: one pure rule, given the time.
//!
//! - *Off*: never.
//! - *Every N hours*: N hours after the last attempt began; at once where there was none.
//! - *Daily at T*: at the first local T after the last attempt began. A time that the clocks skip runs at the first
//!   moment after the gap, one that comes twice runs at the first.
//! - A run that was missed (machine off, asleep) is due at once, once: `due` is simply in the past.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// Hours between two runs, at most: a year.
pub const LONGEST: u16 = 366 * 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "every", rename_all = "kebab-case")]
pub enum Schedule {
    #[default]
    Off,
    Hours {
        /// 1 to [`LONGEST`].
        hours: u16,
    },
    Daily {
        hour: i8,
        minute: i8,
    },
}

impl Schedule {
    /// In words: "every day at 20:00".
    pub fn in_words(self) -> String {
        match self {
            Self::Off => "only when you ask".into(),
            Self::Hours { hours: 1 } => "every hour".into(),
            Self::Hours { hours: 24 } => "every day".into(),
            Self::Hours { hours } if hours.is_multiple_of(24) => format!("every {} days", hours / 24),
            Self::Hours { hours } => format!("every {hours} hours"),
            Self::Daily { hour, minute } => format!("every day at {hour:02}:{minute:02}"),
        }
    }

    /// Hours from one run to the next; `None`: it has no rhythm.
    pub fn period_hours(self) -> Option<u32> {
        match self {
            Self::Off => None,
            Self::Hours { hours } => Some(hours.into()),
            Self::Daily { .. } => Some(24),
        }
    }

    /// Whether hours and minutes are in range.
    pub fn is_valid(self) -> bool {
        match self {
            Self::Off => true,
            Self::Hours { hours } => (1..=LONGEST).contains(&hours),
            Self::Daily { hour, minute } => Time::new(hour, minute, 0, 0).is_ok(),
        }
    }

    /// When the next run is due: in the past if it was missed. `last_attempt` is when the newest run of any outcome
    /// began; `created` stands in for it where there was none.
    pub fn due(self, last_attempt: Option<Timestamp>, created: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Off => None,
            Self::Hours { hours } => {
                let step = SignedDuration::from_hours(i64::from(hours.max(1)));
                Some(last_attempt.map_or(created, |last| last.checked_add(step).unwrap_or(Timestamp::MAX)))
            }
            Self::Daily { hour, minute } => {
                let from = last_attempt.unwrap_or(created);
                let time = Time::new(hour, minute, 0, 0).ok()?;
                let mut day = from.to_zoned(zone.clone()).date();
                // Two days always hold one occurrence; a third covers a date line that a zone has jumped over.
                for _ in 0..3 {
                    let at = day.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp();
                    if at > from {
                        return Some(at);
                    }
                    day = day.checked_add(1.day()).ok()?;
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    #[test]
    fn daily_takes_the_next_local_time() {
        let daily = Schedule::Daily { hour: 20, minute: 0 };
        let due = |last: &str| daily.due(Some(at(last)), at("2026-01-01T00:00:00Z"), &berlin()).unwrap();
        assert_eq!(due("2026-11-21T18:00:00Z"), at("2026-11-21T19:00:00Z"));
        assert_eq!(due("2026-11-21T19:00:00Z"), at("2026-11-22T19:00:00Z"));
        // Over the end of summer time the local hour stays.
        assert_eq!(due("2026-10-24T18:00:00Z"), at("2026-10-25T19:00:00Z"));
    }

    #[test]
    fn a_skipped_time_runs_after_the_gap_and_a_doubled_one_once() {
        let gap = Schedule::Daily { hour: 2, minute: 30 };
        let created = at("2026-01-01T00:00:00Z");
        assert_eq!(gap.due(Some(at("2026-03-28T12:00:00Z")), created, &berlin()), Some(at("2026-03-29T01:30:00Z")));
        let first = gap.due(Some(at("2026-10-24T12:00:00Z")), created, &berlin()).unwrap();
        assert_eq!(first, at("2026-10-25T00:30:00Z"));
        assert_eq!(gap.due(Some(first), created, &berlin()), Some(at("2026-10-26T01:30:00Z")));
    }

    #[test]
    fn a_missed_run_is_due_in_the_past_once() {
        let hourly = Schedule::Hours { hours: 6 };
        let due = hourly.due(Some(at("2026-11-01T00:00:00Z")), at("2026-01-01T00:00:00Z"), &berlin());
        assert_eq!(due, Some(at("2026-11-01T06:00:00Z")));
        let after = hourly.due(Some(at("2026-11-20T09:00:00Z")), at("2026-01-01T00:00:00Z"), &berlin());
        assert_eq!(after, Some(at("2026-11-20T15:00:00Z")));
    }

    #[test]
    fn a_new_plan_waits_for_its_time() {
        let daily = Schedule::Daily { hour: 20, minute: 0 };
        assert_eq!(daily.due(None, at("2026-11-21T20:00:00Z"), &berlin()), Some(at("2026-11-22T19:00:00Z")));
        assert_eq!(Schedule::Off.due(None, at("2026-11-21T20:00:00Z"), &berlin()), None);
    }
}
