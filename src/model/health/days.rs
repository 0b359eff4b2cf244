//! How a destination was, day by day, as a chart shows it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Sample;

/// A local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthDay {
    pub date: Date,
    /// Bytes in use when it was last told that day, and all there are.
    pub room: Option<(u64, u64)>,
    /// Looks, and those at which it could be used.
    pub looks: u64,
    pub good: u64,
}

impl HealthDay {
    /// Whether it could not be used once or more.
    pub fn was_away(&self) -> bool {
        self.good < self.looks
    }
}

/// So many days, the last of them today. Samples are in the order of their times.
pub fn days(samples: &[Sample], count: u16, now: Timestamp, zone: &TimeZone) -> Vec<HealthDay> {
    let local = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let today = local(now);
    let blank = |back: u16| {
        let date = today.saturating_sub(jiff::Span::new().days(i64::from(back)));
        HealthDay { date, room: None, looks: 0, good: 0 }
    };
    let mut days: Vec<HealthDay> = (0..count).rev().map(blank).collect();
    for sample in samples {
        let date = local(sample.at);
        let Some(day) = days.binary_search_by_key(&date, |day| day.date).ok().and_then(|at| days.get_mut(at)) else { continue };
        day.looks = day.looks.saturating_add(sample.looks);
        if sample.failure.is_none() {
            day.good = day.good.saturating_add(sample.looks);
        }
        if let (Some(free), Some(total)) = (sample.free, sample.total) {
            day.room = Some((total.saturating_sub(free), total));
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health::Failure;
    use crate::model::problem::Code;

    #[test]
    fn a_day_has_its_last_room_and_all_its_looks() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let good = |text: &str, free| Sample { free: Some(free), total: Some(100), ..Sample::new(at(text), None) };
        let failure = Failure { code: Code::DestinationMissing, what: "Gone.".into() };
        let samples = [
            good("2026-11-01T12:00:00Z", 1),
            Sample { looks: 23, ..good("2026-11-19T01:00:00Z", 90) },
            Sample::new(at("2026-11-19T05:00:00Z"), Some(failure)),
            good("2026-11-20T23:30:00Z", 80),
            good("2026-11-21T00:30:00Z", 70),
        ];
        let now = at("2026-11-21T12:00:00Z");
        let told = days(&samples, 4, now, &TimeZone::UTC);
        let rooms: Vec<_> = told.iter().map(|day| day.room).collect();
        assert_eq!(rooms, [None, Some((10, 100)), Some((20, 100)), Some((30, 100))]);
        assert_eq!((told[1].looks, told[1].good, told[1].was_away(), told[0].was_away()), (24, 23, true, false));
        let berlin = TimeZone::fixed(jiff::tz::offset(1));
        let there = days(&samples, 2, now, &berlin);
        assert_eq!((there[0].looks, there[1].looks, there[1].room), (0, 2, Some((30, 100))), "by the day of who looks");
    }
}
