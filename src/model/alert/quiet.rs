//! Quiet hours: who may be asleep is told afterwards.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::limits::Hours;

/// When the quiet hours end that hold now; `None` where none do.
pub fn until(hours: Option<Hours>, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let hours = hours?;
    let local = now.to_zoned(zone.clone());
    if !hours.contains(local.time()) {
        return None;
    }
    // On a day whose clock leaps over that time it is the moment after the leap.
    let end = |date: jiff::civil::Date| date.to_datetime(hours.to()).to_zoned(zone.clone()).ok().map(|at| at.timestamp());
    let today = end(local.date()).filter(|end| *end > now);
    today.or_else(|| end(local.date().tomorrow().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn they_end_the_same_day_or_the_next() {
        let hours: Option<Hours> = "22:00-07:00".parse().ok();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let until = |now: &str| until(hours, at(now), &zone);
        assert_eq!(until("2026-11-20T20:59:00Z"), None);
        assert_eq!(until("2026-11-20T21:00:00Z"), Some(at("2026-11-21T06:00:00Z")));
        assert_eq!(until("2026-11-21T02:00:00Z"), Some(at("2026-11-21T06:00:00Z")));
        assert_eq!(until("2026-11-21T06:00:00Z"), None);
        assert_eq!(super::until(None, at("2026-11-21T02:00:00Z"), &zone), None);
        let noon: Option<Hours> = "12:00-13:00".parse().ok();
        assert_eq!(super::until(noon, at("2026-11-21T11:30:00Z"), &zone), Some(at("2026-11-21T12:00:00Z")));
    }

    #[test]
    fn the_night_of_the_leap_ends_too() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let hours: Option<Hours> = "22:00-02:30".parse().ok();
        // 02:30 does not exist on 29 March 2026; the clock goes from 02:00 to 03:00.
        let end = until(hours, at("2026-03-29T00:30:00Z"), &zone).unwrap();
        assert!(end > at("2026-03-29T00:30:00Z") && end <= at("2026-03-29T01:30:00Z"), "{end}");
        // In October 02:30 is there twice.
        let end = until(hours, at("2026-10-24T23:00:00Z"), &zone).unwrap();
        assert!(end <= at("2026-10-25T01:30:00Z"), "{end}");
    }
}
