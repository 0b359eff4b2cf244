//! When a schedule comes.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::cron::Cron;
use super::days::{MonthDays, Weekdays};
use super::times::TimesOfDay;

/// Hours between two runs, at most: a year.
pub const LONGEST: u16 = 366 * 24;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum When {
    /// At a minute of every hour, 0 to 59.
    Hourly {
        #[serde(default)]
        minute: i8,
    },
    /// So long after the last run began, 1 to [`LONGEST`].
    Hours {
        hours: u16,
    },
    Daily {
        at: TimesOfDay,
    },
    /// Every 1 to [`When::MOST_DAYS`] days, counted from a day.
    Days {
        days: u16,
        from: Date,
        at: TimesOfDay,
    },
    Weekly {
        on: Weekdays,
        at: TimesOfDay,
    },
    Monthly {
        on: MonthDays,
        at: TimesOfDay,
    },
    Cron {
        cron: Cron,
    },
    /// When something changed in what is backed up.
    Change {
        /// So long after the last change, unless changes do not end: at the latest when `at-most-minutes` have passed since the
        /// first.
        settle_seconds: u32,
        /// Between two runs, 1 to a day's.
        at_most_minutes: u16,
    },
    /// When a drive is plugged in.
    Drive {
        /// By its name or its file system's id; `None`: any that the plan uses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drive: Option<String>,
        /// Not within so long after the last run; 0: each time.
        #[serde(default)]
        at_most_hours: u16,
    },
    /// When Strongroom starts, which is at login where it starts by itself.
    Start {
        #[serde(default)]
        delay_minutes: u16,
    },
}

impl When {
    pub const MOST_DAYS: u16 = 366;
    pub const MOST_MINUTES: u16 = 24 * 60;
    pub const MOST_SECONDS: u32 = 3600;
    const LONGEST_NAME: usize = 1024;

    /// Whether its numbers are in range.
    pub fn check(&self) -> Result<(), String> {
        let within = |fits: bool, what: &str| if fits { Ok(()) } else { Err(what.to_owned()) };
        match self {
            Self::Hourly { minute } => within((0..60).contains(minute), "the minute is not within 0 to 59"),
            Self::Hours { hours } => within((1..=LONGEST).contains(hours), "hours are not within 1 to a year"),
            Self::Days { days, .. } => within((1..=Self::MOST_DAYS).contains(days), "days are not within 1 to a year"),
            Self::Change { settle_seconds, at_most_minutes } => {
                within(*settle_seconds <= Self::MOST_SECONDS, "changes settle within an hour at most")?;
                within((1..=Self::MOST_MINUTES).contains(at_most_minutes), "minutes are not within 1 to a day")
            }
            Self::Drive { drive, at_most_hours } => {
                let name = drive.as_ref().is_none_or(|name| !name.is_empty() && name.len() <= Self::LONGEST_NAME);
                within(name, "the drive's name is empty or too long")?;
                within(*at_most_hours <= LONGEST, "hours are more than a year")
            }
            Self::Start { delay_minutes } => within(*delay_minutes <= Self::MOST_MINUTES, "the delay is more than a day"),
            Self::Daily { .. } | Self::Weekly { .. } | Self::Monthly { .. } | Self::Cron { .. } => Ok(()),
        }
    }

    /// Follows something that happens, not the clock.
    pub fn is_event(&self) -> bool {
        matches!(self, Self::Change { .. } | Self::Drive { .. } | Self::Start { .. })
    }

    /// Whether it may come on a day.
    pub(super) fn falls_on(&self, date: Date) -> bool {
        match self {
            Self::Days { days, from, .. } => {
                let passed = date.duration_since(*from).as_hours() / 24;
                passed >= 0 && passed % i64::from((*days).max(1)) == 0
            }
            Self::Weekly { on, .. } => on.has(date.weekday()),
            Self::Monthly { on, .. } => on.falls_on(date),
            Self::Cron { cron } => cron.falls_on(date),
            _ => true,
        }
    }

    /// Bits of the minutes at which it comes in every hour of its days.
    pub(super) fn minutes_of_every_hour(&self) -> Option<u64> {
        match self {
            Self::Hourly { minute } => Some(1 << (*minute).clamp(0, 59)),
            Self::Cron { cron } => cron.minutes_of_every_hour(),
            _ => None,
        }
    }

    /// The times at which it comes on each of its days, ascending; none where it does not go by times of day.
    pub(super) fn times(&self) -> Vec<Time> {
        match self {
            Self::Daily { at } | Self::Days { at, .. } | Self::Weekly { at, .. } | Self::Monthly { at, .. } => {
                at.as_slice().to_vec()
            }
            Self::Cron { cron } => cron.times().collect(),
            _ => Vec::new(),
        }
    }
}
