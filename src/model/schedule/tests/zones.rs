//! Clocks that change, and people who travel.

use super::super::{Stamp, When};
use super::{at, when, zone};

/// The times that come after one another, if each run begins on time.
fn times(when: &When, from: &str, zone_name: &str, count: usize) -> Vec<String> {
    let zone = zone(zone_name);
    let mut after = Stamp::new(at(from), &zone);
    let next = || {
        let next = when.next(after, &zone)?;
        after = Stamp::new(next, &zone);
        Some(next.to_string())
    };
    std::iter::from_fn(next).take(count).collect()
}

#[test]
fn berlin() {
    let once = when("daily at 2:30");
    assert_eq!(
        times(&once, "2026-03-27T12:00:00Z", "Europe/Berlin", 3),
        ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        "skipped: at the first moment after the gap"
    );
    assert_eq!(
        times(&once, "2026-10-24T12:00:00Z", "Europe/Berlin", 2),
        ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        "doubled: at the first"
    );
    assert_eq!(
        times(&when("daily at 2:15,2:45"), "2026-03-28T12:00:00Z", "Europe/Berlin", 2),
        ["2026-03-29T01:00:00Z", "2026-03-30T00:15:00Z"],
        "two in the gap fall together"
    );
    assert_eq!(
        times(&when("daily at 20:00"), "2026-10-24T12:00:00Z", "Europe/Berlin", 2),
        ["2026-10-24T18:00:00Z", "2026-10-25T19:00:00Z"],
        "the hour on the wall stays"
    );
    // From the second half of the doubled hour nothing of the first comes again.
    assert_eq!(times(&when("daily at 2:15"), "2026-10-25T01:10:00Z", "Europe/Berlin", 1), ["2026-10-26T01:15:00Z"]);
}

#[test]
fn hourly_follows_the_minutes_as_they_pass() {
    assert_eq!(
        times(&when("hourly"), "2026-10-24T23:30:00Z", "Europe/Berlin", 4),
        ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"]
    );
    assert_eq!(
        times(&when("hourly at :45"), "2026-04-04T14:00:00Z", "Australia/Lord_Howe", 3),
        ["2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z", "2026-04-04T16:15:00Z"],
        "both halves of half an hour"
    );
    assert_eq!(
        times(&when("hourly at :15"), "2026-10-03T14:00:00Z", "Australia/Lord_Howe", 3),
        ["2026-10-03T14:45:00Z", "2026-10-03T16:15:00Z", "2026-10-03T17:15:00Z"],
        "02:15 is skipped and not made up"
    );
    assert_eq!(
        times(&when("cron: */20 * * * sun"), "2026-10-25T00:30:00Z", "Europe/Berlin", 3),
        ["2026-10-25T00:40:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:20:00Z"]
    );
    // Minutes of zones that are off by less than an hour, and days that begin late.
    assert_eq!(times(&when("hourly at :15"), "2026-01-01T00:00:00Z", "Asia/Kathmandu", 1), ["2026-01-01T00:30:00Z"]);
    assert_eq!(times(&when("cron: 0 * * * 0"), "2026-03-07T12:00:00Z", "America/Havana", 1), ["2026-03-08T05:00:00Z"]);
}

#[test]
fn new_york() {
    assert_eq!(
        times(&when("daily at 2:30"), "2026-03-07T12:00:00Z", "America/New_York", 2),
        ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
    );
    assert_eq!(
        times(&when("daily at 1:30"), "2026-10-31T12:00:00Z", "America/New_York", 2),
        ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
    );
    assert_eq!(
        times(&when("cron: 30 1,2 * * *"), "2026-10-31T12:00:00Z", "America/New_York", 3),
        ["2026-11-01T05:30:00Z", "2026-11-01T07:30:00Z", "2026-11-02T06:30:00Z"],
        "cron with times of day is as any other"
    );
}

#[test]
fn lord_howe_shifts_by_half_an_hour() {
    assert_eq!(
        times(&when("daily at 2:15"), "2026-10-03T00:00:00Z", "Australia/Lord_Howe", 2),
        ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]
    );
    assert_eq!(
        times(&when("daily at 1:45"), "2026-04-04T00:00:00Z", "Australia/Lord_Howe", 2),
        ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"]
    );
}

#[test]
fn apia_left_out_a_friday() {
    assert_eq!(
        times(&when("daily at 20:00"), "2011-12-29T12:00:00Z", "Pacific/Apia", 3),
        ["2011-12-30T06:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T06:00:00Z"],
        "Thursday 20:00, the Friday's as Saturday begins, Saturday 20:00"
    );
    let fridays = ["weekly on fri at 20:00", "cron: 0 20 * * fri"];
    for friday in fridays {
        assert_eq!(
            times(&when(friday), "2011-12-24T12:00:00Z", "Pacific/Apia", 2),
            ["2011-12-30T10:00:00Z", "2012-01-06T06:00:00Z"],
            "{friday}"
        );
    }
    assert_eq!(
        times(&when("cron: 0 * * * fri"), "2011-12-24T11:00:00Z", "Pacific/Apia", 1),
        ["2012-01-05T10:00:00Z"],
        "of hours that never were none is made up"
    );
}

#[test]
fn every_time_of_every_day_runs_once_on_a_journey() {
    let daily = when("daily at 20:00");
    let ran = |text: &str, place: &str| Stamp::new(at(text), &zone(place));
    // West: at 20:00 in Berlin it ran; New York's 20:00 of that day, six hours later, is the same.
    let after = ran("2026-06-01T18:00:05Z", "Europe/Berlin");
    assert_eq!(daily.next(after, &zone("America/New_York")), Some(at("2026-06-03T00:00:00Z")));
    // Where the zone is not known it comes again.
    assert_eq!(daily.next(after.at.into(), &zone("America/New_York")), Some(at("2026-06-02T00:00:00Z")));
    // East: Tokyo's 20:00 of the second lies behind when the plane lands, and is made up.
    let after = ran("2026-06-02T00:00:05Z", "America/New_York");
    assert_eq!(daily.next(after, &zone("Asia/Tokyo")), Some(at("2026-06-02T11:00:00Z")));
    // What Tokyo had before that run is not.
    let after = ran("2026-06-01T14:00:00Z", "America/New_York");
    assert_eq!(daily.next(after, &zone("Asia/Tokyo")), Some(at("2026-06-02T11:00:00Z")));
}

#[test]
fn days_of_months_and_numbers_of_days() {
    let utc = |text: &str, from: &str, count| times(&when(text), from, "UTC", count);
    assert_eq!(
        utc("monthly on 31 at 8:00", "2026-01-31T08:00:00Z", 3),
        ["2026-02-28T08:00:00Z", "2026-03-31T08:00:00Z", "2026-04-30T08:00:00Z"]
    );
    assert_eq!(utc("monthly on last,1 at 8:00", "2028-02-28T09:00:00Z", 2), ["2028-02-29T08:00:00Z", "2028-03-01T08:00:00Z"]);
    assert_eq!(utc("monthly on first-mon at 8:00", "2026-06-01T08:00:00Z", 2), ["2026-07-06T08:00:00Z", "2026-08-03T08:00:00Z"]);
    assert_eq!(utc("monthly on last-fri at 8:00", "2026-01-30T08:00:00Z", 1), ["2026-02-27T08:00:00Z"]);
    assert_eq!(
        utc("weekly on mon,thu at 6:00,18:00", "2026-11-26T06:00:00Z", 2),
        ["2026-11-26T18:00:00Z", "2026-11-30T06:00:00Z"]
    );
    assert_eq!(utc("3d at 5:00", "2025-06-01T00:00:00Z", 2), ["2026-01-01T05:00:00Z", "2026-01-04T05:00:00Z"]);
    assert_eq!(utc("cron: 0 0 29 2 *", "2096-03-01T00:00:00Z", 1), ["2104-02-29T00:00:00Z"]);
    assert_eq!(utc("6h", "2026-01-01T00:00:07Z", 2), ["2026-01-01T06:00:07Z", "2026-01-01T12:00:07Z"]);
}

#[test]
fn the_end_of_the_calendar_is_no_panic() {
    for text in ["hourly", "daily", "weekly", "monthly", "6h", "2d at 1:00", "cron: */5 * * * *", "cron: 0 0 29 2 1"] {
        for zone_name in ["UTC", "Pacific/Apia"] {
            let zone = zone(zone_name);
            assert_eq!(when(text).next(jiff::Timestamp::MAX.into(), &zone), None, "{text}");
            when(text).next(jiff::Timestamp::MIN.into(), &zone);
            let odd = Stamp { at: at("2026-01-01T00:00:00Z"), offset: Some(i32::MAX) };
            assert!(when(text).next(odd, &zone).is_some());
        }
    }
}
