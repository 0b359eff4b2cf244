//! A month's days with what ran and what will run: plain data, made from the history and the schedules.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::engine::message::PlanOverview;
use crate::model::run::{Outcome, RunKind, RunReport};
use crate::model::schedule::Upcoming;
use crate::model::status::DayMark;

/// A run that was or will be, on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at: Timestamp,
    pub plan: String,
    /// `None`: it is still to come.
    pub outcome: Option<Outcome>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DayCell {
    pub date: Date,
    pub in_month: bool,
    /// In the order of time.
    pub events: Vec<Event>,
}

impl DayCell {
    /// The worst of what ran.
    pub fn mark(&self) -> DayMark {
        self.events.iter().filter_map(|event| event.outcome.as_ref()).map(mark).max().unwrap_or(DayMark::Blank)
    }

    pub fn ran(&self) -> usize {
        self.events.iter().filter(|event| event.outcome.is_some()).count()
    }

    pub fn to_come(&self) -> usize {
        self.events.len() - self.ran()
    }
}

pub fn mark(outcome: &Outcome) -> DayMark {
    match outcome {
        Outcome::Completed => DayMark::Success,
        Outcome::CompletedWithWarnings => DayMark::Warnings,
        Outcome::Cancelled => DayMark::Idle,
        Outcome::Failed(_) | Outcome::LeftRunning => DayMark::Failed,
    }
}

/// Runs to come that are looked at, of a plan: one each quarter of an hour for six weeks.
const MOST: usize = 4 * 24 * 43;

/// Whole weeks, Monday first, that hold `month` (any day of it).
pub fn weeks(month: Date, plans: &[PlanOverview], runs: &[RunReport], now: Timestamp, zone: &TimeZone) -> Vec<DayCell> {
    let first = month.first_of_month();
    let lead = i64::from(first.weekday().to_monday_zero_offset());
    let start = first.saturating_sub(lead.days());
    let count = (lead + i64::from(first.days_in_month()) + 6) / 7 * 7;
    let mut days: Vec<DayCell> = (0..count)
        .map(|index| {
            let date = start.saturating_add(index.days());
            DayCell { date, in_month: date.first_of_month() == first, events: Vec::new() }
        })
        .collect();
    let mut put = |event: Event| {
        let date = event.at.to_zoned(zone.clone()).date();
        if let Some(day) = days.iter_mut().find(|day| day.date == date) {
            day.events.push(event);
        }
    };
    for run in runs.iter().filter(|run| run.kind == RunKind::Backup) {
        put(Event { at: run.started, plan: run.plan_name.clone(), outcome: Some(run.outcome.clone()) });
    }
    let end = start.saturating_add(count.days());
    for plan in plans {
        for (at, _) in Upcoming::new(&plan.schedules(), plan.plan.created, now, zone).take(MOST) {
            if at.to_zoned(zone.clone()).date() >= end {
                break;
            }
            put(Event { at, plan: plan.plan.name.clone(), outcome: None });
        }
    }
    for day in &mut days {
        day.events.sort_by_key(|event| event.at);
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_hold_the_month() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let days = weeks(jiff::civil::date(2026, 11, 21), &[], &[], now, &TimeZone::UTC);
        assert_eq!(days.len(), 42);
        assert_eq!(days[0].date, jiff::civil::date(2026, 10, 26));
        assert_eq!(days.iter().filter(|day| day.in_month).count(), 30);
        let february = weeks(jiff::civil::date(2027, 2, 1), &[], &[], now, &TimeZone::UTC);
        assert_eq!(february.len(), 28);
    }
}
