//! The times that come, for previews and calendars.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::decide::dues;
use super::due::Signals;
use super::entry::{Schedule, ScheduleId};
use super::past::Past;

/// The times at which a plan will run by the clock, each with its schedules, if every run goes well.
pub struct Upcoming<'a> {
    zone: &'a TimeZone,
    /// Each with its next time.
    next: Vec<(&'a Schedule, Timestamp)>,
}

impl<'a> Upcoming<'a> {
    /// From `now` on; what was missed comes now.
    pub fn new(schedules: &[(&'a Schedule, Past)], created: Timestamp, now: Timestamp, zone: &'a TimeZone) -> Self {
        let dues = dues(schedules, &Signals::default(), created, now, zone);
        Self { zone, next: dues.into_iter().map(|(schedule, due)| (schedule, due.at.max(now))).collect() }
    }
}

impl Iterator for Upcoming<'_> {
    type Item = (Timestamp, Vec<ScheduleId>);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.next.iter().map(|(_, at)| *at).min()?;
        let mut together = Vec::new();
        for entry in &mut self.next {
            if entry.1 == at {
                together.push(entry.0.id.clone());
                entry.1 = entry.0.when.next(at.into(), self.zone).unwrap_or(Timestamp::MAX);
            }
        }
        self.next.retain(|(_, at)| *at < Timestamp::MAX);
        Some((at, together))
    }
}
