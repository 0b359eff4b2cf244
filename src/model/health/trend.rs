//! How the room at a destination goes, and when it will be full if it goes on like that.

use jiff::{SignedDuration, Timestamp};

use super::Sample;
use crate::model::room;

/// Seconds.
const DAY: i64 = 86_400;
/// Days that are looked back at: what was longer ago says little of what is to come.
const BACK: i64 = 60;
/// Days on which the room must be known, and days between the first of them and the last.
const LEAST_DAYS: usize = 5;
const LEAST_SPAN: i64 = 7;
/// The newest must not be older than so many days.
const FRESH: i64 = 7;
/// What is further off than so many days is not worth a word.
const FAR: f64 = 730.0;

/// Days until a destination will have no more room than what is kept free, by the last weeks. `None` where too little is known, where the
/// room does not shrink steadily, or where that is years away.
///
/// By the median of the slopes between each two days (Theil and Sen): a clean-up or a film that was put there once does not bend it.
pub fn days_until_full(samples: &[Sample], now: Timestamp) -> Option<f64> {
    let newest = samples.iter().rev().find(|sample| sample.free.is_some() && sample.total.is_some())?;
    let (free, total) = (newest.free?, newest.total?);
    let age = now.duration_since(newest.at);
    if age > SignedDuration::from_secs(FRESH * DAY) || age.is_negative() {
        return None;
    }
    let room = free.checked_sub(room::kept(total)).filter(|room| *room > 0)?;
    let days = by_day(samples, newest.at, total);
    let (first, last) = (days.first()?, days.last()?);
    if days.len() < LEAST_DAYS || last.0 - first.0 < LEAST_SPAN {
        return None;
    }
    let mut slopes = Vec::with_capacity(days.len() * (days.len() - 1) / 2);
    for (at, later) in days.iter().enumerate() {
        slopes.extend(days[..at].iter().map(|earlier| (later.1 - earlier.1) / (later.0 - earlier.0) as f64));
    }
    // Up and down is no trend.
    let sinking = slopes.iter().filter(|slope| **slope < 0.0).count();
    if sinking * 3 < slopes.len() * 2 {
        return None;
    }
    let middle = slopes.len() / 2;
    let (_, slope, _) = slopes.select_nth_unstable_by(middle, f64::total_cmp);
    let in_days = room as f64 / -*slope;
    (*slope < 0.0 && in_days <= FAR).then_some(in_days)
}

/// The last free bytes of each day, with the day's number; since the destination has its present size.
fn by_day(samples: &[Sample], newest: Timestamp, total: u64) -> Vec<(i64, f64)> {
    let day = |at: Timestamp| at.as_second().div_euclid(DAY);
    let oldest = day(newest) - BACK;
    let same = |sample: &&Sample| sample.total.is_none_or(|known| known == total) && day(sample.at) >= oldest;
    let since = samples.iter().rposition(|sample| !same(&sample)).map_or(0, |other| other + 1);
    let mut days: Vec<(i64, f64)> = Vec::new();
    for sample in samples.get(since..).unwrap_or_default() {
        let Some(free) = sample.free else { continue };
        match days.last_mut() {
            Some(last) if last.0 == day(sample.at) => last.1 = free as f64,
            // Samples are in order; whatever is not would make a day of no length.
            Some(last) if last.0 > day(sample.at) => {}
            _ => days.push((day(sample.at), free as f64)),
        }
    }
    days
}

/// "within two days", "in about 40 days", "in about 5 months", "in about a year".
pub(super) fn in_words(days: f64) -> String {
    match days {
        ..2.0 => "within two days".into(),
        ..60.0 => format!("in about {} days", days.round()),
        ..340.0 => format!("in about {} months", (days / 30.4).round()),
        ..550.0 => "in about a year".into(),
        _ => "in about two years".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + day * DAY).unwrap()
    }

    fn sample(day: i64, free: u64) -> Sample {
        Sample { free: Some(free), total: Some(1000 * GB), ..Sample::new(at(day), None) }
    }

    /// Free GB of each day.
    fn days(free: &[u64]) -> Option<f64> {
        let samples: Vec<Sample> = free.iter().enumerate().map(|(day, free)| sample(day as i64, free * GB)).collect();
        days_until_full(&samples, at(free.len() as i64 - 1))
    }

    #[test]
    fn what_shrinks_steadily_has_an_end() {
        // A hundredth stays free, at most 1 GiB.
        let kept = room::kept(1000 * GB) as f64 / GB as f64;
        let free: Vec<u64> = (0..11).map(|day| 500 - 10 * day).collect();
        assert!((days(&free).unwrap() - (400.0 - kept) / 10.0).abs() < 0.001);
    }

    #[test]
    fn one_day_out_of_line_bends_nothing() {
        let mut free: Vec<u64> = (0..11).map(|day| 500 - 10 * day).collect();
        let straight = days(&free).unwrap();
        free[4] = 100;
        let bent = days(&free).unwrap();
        assert!((straight - bent).abs() / straight < 0.1, "{straight} {bent}");
    }

    #[test]
    fn nothing_is_said_where_it_cannot_be_known() {
        assert_eq!(days(&[]), None);
        assert_eq!(days(&[500, 400, 300]), None, "three days");
        assert_eq!(days(&[500; 20]), None, "nothing changes");
        assert_eq!(days(&(0..20).map(|day| 500 + day).collect::<Vec<_>>()), None, "it becomes more");
        assert_eq!(days(&[500, 480, 510, 470, 520, 460, 530, 500, 490, 520]), None, "up and down");
        let slow: Vec<Sample> = (0..20).map(|day| sample(day, 500 * GB - day as u64)).collect();
        assert_eq!(days_until_full(&slow, at(20)), None, "not in our time");
        let full: Vec<Sample> = (0..20).map(|day| sample(day, 20 - day as u64)).collect();
        assert_eq!(days_until_full(&full, at(20)), None, "it is full");
        let old: Vec<Sample> = (0..20).map(|day| sample(day, (500 - day as u64) * GB)).collect();
        assert!(days_until_full(&old, at(19)).is_some());
        assert_eq!(days_until_full(&old, at(30)), None, "nobody has looked for a week");
        assert_eq!(days_until_full(&old, at(10)), None, "the clock was set back");
        let untold: Vec<Sample> = (0..20).map(|day| Sample { total: None, ..sample(day, (500 - day as u64) * GB) }).collect();
        assert_eq!(days_until_full(&untold, at(20)), None);
    }

    #[test]
    fn another_disk_begins_anew() {
        let mut all: Vec<Sample> =
            (0..20).map(|day| Sample { total: Some(2000 * GB), ..sample(day, (1500 - day as u64) * GB) }).collect();
        all.extend((20..23).map(|day| sample(day, (600 - day as u64) * GB)));
        assert_eq!(days_until_full(&all, at(22)), None, "three days of the new one");
        all.extend((23..30).map(|day| sample(day, (600 - day as u64) * GB)));
        let days = days_until_full(&all, at(29)).unwrap();
        assert!((days - 570.0).abs() < 5.0, "{days}");
    }

    #[test]
    fn days_are_told_roughly() {
        let words = [0.2, 13.6, 59.0, 61.0, 300.0, 400.0, 700.0].map(in_words);
        let expected = [
            "within two days",
            "in about 14 days",
            "in about 59 days",
            "in about 2 months",
            "in about 10 months",
            "in about a year",
            "in about two years",
        ];
        assert_eq!(words, expected);
    }
}
