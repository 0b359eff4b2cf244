//! How often a plan runs, roughly: what levels of compression and overdue warnings go by.

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::list::Schedules;
use super::occurrence::Stamp;
use super::when::When;

/// Hours in a month.
const MONTH: u32 = 730;

impl Schedules {
    /// Hours from one run to the next, those of the schedule that comes oftenest; `None`: there is no rhythm.
    pub fn period_hours(&self) -> Option<u32> {
        self.on().filter_map(|schedule| schedule.when.period_hours()).min()
    }

    /// When the next run was to begin after one that went well then, had nothing come between: of the schedule that comes first.
    /// What lies behind by more than some grace is overdue.
    pub fn first_after(&self, last_success: Option<Stamp>, created: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let after = |since: Option<Timestamp>| {
            let since = Stamp::from(since.unwrap_or(created));
            last_success.filter(|last| last.at >= since.at).unwrap_or(since)
        };
        self.on().filter_map(|schedule| schedule.when.next(after(schedule.since), zone)).min()
    }
}

impl When {
    /// Hours from one run to the next, at least 1.
    pub fn period_hours(&self) -> Option<u32> {
        let times = |at: usize, hours: u32| (hours / (at as u32).max(1)).max(1);
        match self {
            Self::Hourly { .. } => Some(1),
            Self::Hours { hours } => Some((*hours).into()),
            Self::Daily { at } => Some(times(at.as_slice().len(), 24)),
            Self::Days { days, at, .. } => Some(times(at.as_slice().len(), 24 * u32::from(*days))),
            Self::Weekly { on, at } => Some(times(at.as_slice().len() * on.iter().count(), 7 * 24)),
            Self::Monthly { on, at } => Some(times(at.as_slice().len() * on.as_slice().len(), MONTH)),
            Self::Cron { cron } => {
                // Whole weeks.
                let day = |n: i64| date(2023, 1, 2).saturating_add(n.days());
                let days = (0..364).filter(|n| cron.falls_on(day(*n))).count();
                Some(times(days * cron.times().count(), 364 * 24))
            }
            Self::Change { at_most_minutes, .. } => Some(u32::from(*at_most_minutes).div_ceil(60)),
            Self::Drive { .. } | Self::Start { .. } => None,
        }
    }
}
