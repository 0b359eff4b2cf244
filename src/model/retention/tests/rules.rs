//! What stays and why, case by case.

use super::super::{Doubt, Over, PARTS, Reason, simulate};
use super::*;
use crate::model::schedule::{Past, Schedule, Upcoming, parse};

fn words(judged: &Judged) -> Vec<String> {
    let say = |reasons: &[Reason]| reasons.iter().map(Reason::in_words).collect::<Vec<_>>().join(" + ");
    judged
        .verdicts
        .iter()
        .rev()
        .map(|verdict| format!("{} {}", if verdict.stays { "stays:" } else { "goes:" }, say(&verdict.why)))
        .collect()
}

fn week() -> Vec<Version> {
    versions(&[
        "2026-11-16T19:00:00Z",
        "2026-11-20T19:00:00Z",
        "2026-11-21T08:00:00Z",
        "2026-11-21T19:00:00Z",
        "2026-11-22T19:00:00Z",
        "2026-11-23T19:00:00Z",
    ])
}

const NOW: &str = "2026-11-24T12:00:00Z";

#[test]
fn without_a_rule_all_stay() {
    let all = [1, 2, 3, 4, 5, 6];
    let nothing = Retention::default();
    let only_min = Retention { min: Some(2), ..nothing.clone() };
    let days = Retention { days: Some(0), last: Some(1), ..nothing.clone() };
    let last = Retention { days: Some(1), last: Some(0), ..nothing.clone() };
    for rule in [nothing, only_min, days, last] {
        let judged = judged(&rule, &week(), NOW);
        assert_eq!(staying(&judged, &week()), all, "{rule:?}");
        assert!(judged.going.is_empty() && judged.doubts.is_empty());
    }
}

#[test]
fn each_part_keeps_and_says_why() {
    let rule = Retention { days: Some(2), last: Some(1), daily: buckets("3"), weekly: buckets("2w"), ..Retention::default() };
    assert_eq!(
        words(&judged(&rule, &week(), NOW)),
        [
            "goes: older than 2 days; not among the last 1; not kept as one per day, week",
            "goes: older than 2 days; not among the last 1; not kept as one per day, week",
            "goes: older than 2 days; not among the last 1; not kept as one per day, week",
            "stays: the newest of 21 Nov 2026",
            "stays: not older than 2 days + the newest of 22 Nov 2026 + the newest of the week from 16 Nov 2026",
            "stays: the last good version + the last one + not older than 2 days + the newest of 23 Nov 2026 + the newest of the week from 23 Nov 2026",
        ]
    );
    // A time instead of a number; 0 is for ever.
    let keeps =
        |daily: &str| staying(&judged(&Retention { daily: buckets(daily), ..Retention::default() }, &week(), NOW), &week());
    assert_eq!(keeps("2"), [5, 6]);
    assert_eq!(keeps("2d"), [5, 6]);
    assert_eq!(keeps("72h"), [4, 5, 6]);
    assert_eq!(keeps("0"), [1, 2, 4, 5, 6]);
    assert_eq!(keeps("0d"), [1, 2, 4, 5, 6]);
}

#[test]
fn hours_days_weeks_months_and_years_are_the_calendars() {
    let newest_of = |part: &dyn Fn(&mut Retention), times: &[&str]| {
        let mut rule = Retention::default();
        part(&mut rule);
        let versions = versions(times);
        staying(&judged(&rule, &versions, "2026-12-31T23:59:59Z"), &versions)
    };
    // Local midnight, not UTC's.
    let day = |rule: &mut Retention| rule.daily = buckets("0");
    assert_eq!(newest_of(&day, &["2026-11-20T22:59:00Z", "2026-11-20T23:01:00Z", "2026-11-21T01:00:00Z"]), [1, 3]);
    // Both halves of the doubled hour.
    let hour = |rule: &mut Retention| rule.hourly = buckets("0");
    assert_eq!(
        newest_of(&hour, &["2026-10-25T00:10:00Z", "2026-10-25T00:50:00Z", "2026-10-25T01:10:00Z", "2026-10-25T02:10:00Z"]),
        [2, 3, 4]
    );
    // Sunday and Monday.
    let week = |rule: &mut Retention| rule.weekly = buckets("0");
    assert_eq!(newest_of(&week, &["2026-11-15T12:00:00Z", "2026-11-16T12:00:00Z", "2026-11-22T12:00:00Z"]), [1, 3]);
    let month = |rule: &mut Retention| rule.monthly = buckets("0");
    assert_eq!(newest_of(&month, &["2026-10-31T22:00:00Z", "2026-10-31T23:30:00Z", "2026-11-30T12:00:00Z"]), [1, 3]);
    let year = |rule: &mut Retention| rule.yearly = buckets("0");
    assert_eq!(newest_of(&year, &["2025-12-31T22:59:00Z", "2025-12-31T23:30:00Z", "2026-11-30T12:00:00Z"]), [1, 3]);
}

#[test]
fn only_good_versions_count() {
    let mut some = week();
    some[5].state = VersionState::Damaged;
    some[3].state = VersionState::Incomplete;
    some[1].state = VersionState::Damaged;
    let last = Retention { last: Some(2), ..Retention::default() };
    assert_eq!(
        staying(&judged(&last, &some, NOW), &some),
        [3, 4, 5, 6],
        "two good ones, and what is newer than the older of them"
    );
    let daily = Retention { daily: buckets("3"), ..Retention::default() };
    // The 23rd has none that is good and is newer than the last good; of the 21st the good one stands; the 20th's is damaged,
    // and in between.
    assert_eq!(staying(&judged(&daily, &some, NOW), &some), [1, 2, 3, 5, 6]);
    for version in &mut some {
        version.state = VersionState::Damaged;
    }
    let none = judged(&Retention { last: Some(1), ..Retention::default() }, &some, NOW);
    assert!(none.going.is_empty());
    assert!(none.verdicts.iter().all(|verdict| verdict.why.contains(&Reason::NoneGood)));
}

#[test]
fn the_last_good_version_pins_and_the_minimum_stay() {
    let mut some = week();
    some[0].pinned = true;
    some[5].state = VersionState::Incomplete;
    let old = Retention { days: Some(1), min: Some(2), ..Retention::default() };
    let judged = judged(&old, &some, "2027-11-24T12:00:00Z");
    assert_eq!(staying(&judged, &some), [1, 4, 5, 6]);
    assert_eq!(judged.going, [some[1].id.clone(), some[2].id.clone()], "oldest first");
    assert_eq!(
        words(&judged)[3..],
        [
            "stays: one of the 2 that are always kept",
            "stays: the last good version + one of the 2 that are always kept",
            "stays: newer than the last good version + one of the 2 that are always kept"
        ]
    );
}

#[test]
fn room_takes_the_oldest_and_the_minimum_wins() {
    let mut some = week();
    some[1].pinned = true;
    let say = |max_bytes, min| judged(&Retention { max_bytes: Some(max_bytes), min, ..Retention::default() }, &some, NOW);
    assert_eq!(staying(&say(0, None), &some), [1, 2, 3, 4, 5, 6]);
    assert_eq!(staying(&say(600, None), &some), [1, 2, 3, 4, 5, 6]);
    let judged = say(400, None);
    assert_eq!((staying(&judged, &some), judged.over), (vec![2, 4, 5, 6], None));
    assert_eq!(words(&judged)[0], "goes: the versions take more than 400 B");
    let judged = say(150, Some(3));
    assert_eq!((staying(&judged, &some), judged.over), (vec![2, 4, 5, 6], Some(Over { bytes: 400, allowed: 150 })));
    let judged = say(150, None);
    assert_eq!((staying(&judged, &some), judged.over), (vec![2, 6], Some(Over { bytes: 200, allowed: 150 })));
}

/// Bytes that several versions share go with the last of them.
#[test]
fn room_is_reckoned_by_what_is_stored() {
    let some = week();
    let shared = |staying: &[&Version]| {
        let old = staying.iter().any(|version| version.sequence <= 3);
        staying.len() as u64 * 10 + if old { 1000 } else { 0 }
    };
    let rule = Retention { max_bytes: Some(2 << 20), ..Retention::default() };
    let utc = jiff::tz::TimeZone::UTC;
    let small = Retention { max_bytes: Some(500), ..rule };
    let judged = judge(Rules { plan: &small, schedules: &[] }, &some, &shared, at(NOW), &utc);
    assert_eq!(staying(&judged, &some), [4, 5, 6], "three go together, and no more");
}

#[test]
fn a_schedule_may_have_a_rule_of_its_own() {
    let mut some = week();
    for at in [0, 2] {
        some[at].schedules = vec![id(1)];
    }
    some[1].schedules = vec![id(2)];
    some[3].schedules = vec![id(1), id(2)];
    let plan = Retention { last: Some(1), ..Retention::default() };
    let own = Retention { last: Some(2), ..Retention::default() };
    let first = id(1);
    let utc = jiff::tz::TimeZone::UTC;
    let stay = |plan: &Retention, own: &Retention| {
        let judged = judge(Rules { plan, schedules: &[(&first, own)] }, &some, &own_bytes, at(NOW), &utc);
        staying(&judged, &some)
    };
    assert_eq!(stay(&plan, &own), [3, 4, 6], "two of its own, one of the others");
    assert_eq!(stay(&plan, &Retention::default()), [1, 3, 4, 6]);
    assert_eq!(stay(&Retention { last: Some(3), ..plan.clone() }, &plan), [4, 5, 6], "one for both stays by either rule");
    assert_eq!(stay(&Retention { last: Some(4), ..plan.clone() }, &plan), [2, 4, 5, 6]);
}

#[test]
fn a_clock_that_looks_wrong_asks_first() {
    let rule = Retention { last: Some(4), ..Retention::default() };
    let some = week();
    let doubts = |versions: &[Version], now: &str| judged(&rule, versions, now).doubts;
    assert_eq!(doubts(&some, NOW), []);
    let newest = some[5].time;
    assert_eq!(doubts(&some, "2026-11-23T18:59:59Z"), [Doubt::ClockBehind { version: newest, now: at("2026-11-23T18:59:59Z") }]);
    assert_eq!(doubts(&some, "2026-12-23T19:00:00Z"), []);
    assert_eq!(doubts(&some, "2026-12-23T19:00:01Z"), [Doubt::ClockAhead { version: newest, now: at("2026-12-23T19:00:01Z") }]);
    // One in the middle lies ahead.
    let mut ahead = some.clone();
    ahead[3].time = at("2030-01-01T00:00:00Z");
    assert!(matches!(doubts(&ahead, NOW)[..], [Doubt::ClockBehind { .. }]));
    // The oldest two were made while the clock was a year ahead.
    let mut jumped = some.clone();
    (jumped[0].time, jumped[1].time) = (at("2026-11-22T22:00:00Z"), at("2026-11-22T22:00:00Z"));
    let jump = Doubt::ClockJumped { first: jumped[1].time, then: jumped[2].time };
    assert_eq!(doubts(&jumped, NOW), [jump]);
    // Nothing is asked where nothing goes, nor of a jump between versions that stay.
    assert_eq!(judged(&Retention::default(), &ahead, "2020-01-01T00:00:00Z").doubts, []);
    let mut kept = some.clone();
    (kept[2].time, kept[3].time) = (at("2026-11-23T10:00:00Z"), at("2026-11-21T08:00:00Z"));
    assert_eq!(doubts(&kept, NOW), []);
    // More than half.
    let three = Retention { last: Some(3), ..Retention::default() };
    let two = Retention { last: Some(2), ..Retention::default() };
    assert_eq!(judged(&three, &some, NOW).doubts, []);
    assert_eq!(judged(&two, &some, NOW).doubts, [Doubt::Many { going: 4, of: 6 }]);
    assert_eq!(Doubt::Many { going: 4, of: 6 }.in_words(&jiff::tz::TimeZone::UTC), "4 of 6 versions would go.");
}

#[test]
fn order_is_by_sequence_and_input_order_does_not_matter() {
    let mut some = week();
    // The newest by sequence has the oldest time.
    some[5].time = at("2001-01-01T00:00:00Z");
    let rule = Retention { last: Some(2), ..Retention::default() };
    let forward = judged(&rule, &some, NOW);
    assert_eq!(staying(&forward, &some), [5, 6]);
    some.reverse();
    assert_eq!(judged(&rule, &some, NOW), forward);
}

#[test]
fn settings_and_words() {
    let text = "days = 30\nlast = 3\nmin = 2\nhourly = 24\ndaily = \"7d\"\nmonthly = \"12m\"\nmax_bytes = 100000000000\n";
    let rule: Retention = toml::from_str(text).unwrap();
    assert_eq!(toml::to_string(&rule).unwrap(), text);
    assert!(Retention::default().is_default() && !rule.is_default());
    assert_eq!(
        rule.in_words(),
        "the last 3, all of 30 days, one per hour for the last 24 hours, one per day for 7 days and one per month for 12 months; at least 2; at most 100 GB"
    );
    assert_eq!(Retention::default().in_words(), "for ever");
    assert_eq!(Retention { daily: buckets("1"), ..Retention::default() }.in_words(), "one per day for the last day");
    assert_eq!(Retention { days: Some(365), ..Retention::default() }.in_words(), "all of a year");
    assert_eq!(Retention { days: Some(730), ..Retention::default() }.in_words(), "all of 2 years");
    assert_eq!(Retention { days: Some(400), ..Retention::default() }.in_words(), "all of 400 days");
    assert_eq!(
        Retention { weekly: buckets("0"), last: Some(1), ..Retention::default() }.in_words(),
        "the last one and one per week for ever"
    );
    assert_eq!(toml::from_str::<Retention>("").unwrap(), Retention::default());
    for good in ["24", "7d", "48h", "8w", "12M", "5y", "0"] {
        assert!(Buckets::parse(good).is_ok(), "{good}");
    }
    assert_eq!((Buckets::parse("0"), Buckets::parse("0d")), (Ok(Buckets::Count(0)), Ok(Buckets::Count(0))), "for ever");
    for bad in ["", "d", "-1", "+1", "7x", "7dd", "7 d", "1.5d", "99999999999", "70000d", "7é", "é"] {
        assert!(Buckets::parse(bad).is_err(), "{bad}");
    }
    assert!(toml::from_str::<Retention>("daily = \"7x\"").is_err() && toml::from_str::<Retention>("daily = -1").is_err());
    assert!(Retention { max_bytes: Some(1000), ..Retention::default() }.check().is_err());
    assert!(Retention { max_bytes: Some(0), days: Some(366_000), ..Retention::default() }.check().is_ok());
    assert!(Retention { days: Some(u32::MAX), ..Retention::default() }.check().is_err());
    // Beyond the calendar all are young.
    let some = week();
    for far in ["65535y", "65535m", "65535w", "65535d", "65535h"] {
        let rule = Retention { daily: buckets(far), ..Retention::default() };
        assert_eq!(staying(&judged(&rule, &some, NOW), &some), [1, 2, 4, 5, 6], "{far}");
    }
}

#[test]
fn the_command_line_sets_each_part() {
    let mut rule = Retention::default();
    let values = ["30", "3", "2", "24", "7d", "8w", "12", "0", "100GB"];
    for (part, value) in PARTS.into_iter().zip(values) {
        rule.set(part, value).unwrap();
    }
    assert_eq!(
        rule,
        Retention {
            days: Some(30),
            last: Some(3),
            min: Some(2),
            hourly: buckets("24"),
            daily: buckets("7d"),
            weekly: buckets("8w"),
            monthly: buckets("12"),
            yearly: buckets("0"),
            max_bytes: Some(100_000_000_000),
        }
    );
    let whole = rule.clone();
    for (part, bad) in [
        ("keep-days", "7d"),
        ("keep-days", "366001"),
        ("keep-last", "+1"),
        ("keep-min", ""),
        ("keep-daily", "7x"),
        ("max-size", "x"),
        ("max-size", "1000"),
        ("keep-it", "1"),
    ] {
        assert!(rule.set(part, bad).is_err(), "{part} {bad}");
        assert_eq!(rule, whole, "{part} {bad}");
    }
    rule.set("max-size", "0").unwrap();
    assert_eq!(rule.max_bytes, None);
    for part in PARTS {
        rule.set(part, "off").unwrap();
    }
    assert_eq!(rule, Retention::default());
}

#[test]
fn the_year_to_come() {
    let utc = jiff::tz::TimeZone::UTC;
    let now = at("2026-11-24T12:00:00Z");
    let schedule = Schedule::new(id(1), parse("daily", Some("20:00"), None, jiff::civil::date(2026, 1, 1)).unwrap(), now);
    let ran = Past { last: Some(at("2026-11-23T20:00:00Z").into()), ..Past::default() };
    let rule = Retention { daily: buckets("7"), monthly: buckets("3"), ..Retention::default() };
    let upcoming = Upcoming::new(&[(&schedule, ran)], now, now, &utc);
    let year = simulate(Rules { plan: &rule, schedules: &[] }, upcoming, &week(), 10, now, &utc);
    assert!(!year.cut);
    let counts: Vec<_> = year.months.iter().map(|month| (month.until.to_string(), month.made, month.kept)).collect();
    // At a month's end the last day of it is one of the seven; two more months stand beside.
    assert_eq!(counts[..3], [("2026-11-30".into(), 7, 7), ("2026-12-31".into(), 31, 8), ("2027-01-31".into(), 31, 9)]);
    assert_eq!(counts[3], ("2027-02-28".into(), 28, 9));
    assert_eq!((counts.len(), counts[12].clone()), (13, ("2027-11-24".into(), 24, 9)));
    assert_eq!(year.months[0].bytes, 7 * 10);
    // What is made once a month comes after all that is there.
    let monthly = parse("monthly", Some("20:00"), Some("28"), jiff::civil::date(2026, 1, 1)).unwrap();
    let seldom = Schedule::new(id(1), monthly, now);
    let upcoming = Upcoming::new(&[(&seldom, ran)], now, now, &utc);
    let last = Retention { last: Some(1), ..Retention::default() };
    let year = simulate(Rules { plan: &last, schedules: &[] }, upcoming, &week(), 10, now, &utc);
    let first = &year.months[0];
    assert_eq!((first.made, first.kept, first.bytes), (1, 1, 10));
    // Also where no number is left for it.
    let mut there = week();
    there.last_mut().unwrap().sequence = u64::MAX;
    let upcoming = Upcoming::new(&[(&seldom, ran)], now, now, &utc);
    let year = simulate(Rules { plan: &last, schedules: &[] }, upcoming, &there, 10, now, &utc);
    assert_eq!((year.months[0].made, year.months[0].kept, year.months[0].bytes), (1, 1, 10));
    // More runs than anybody looks at.
    let every_minute = parse("cron: * * * * *", None, None, jiff::civil::date(2026, 1, 1)).unwrap();
    let often = Schedule::new(id(1), every_minute, now);
    let upcoming = Upcoming::new(&[(&often, ran)], now, now, &utc);
    assert!(simulate(Rules { plan: &rule, schedules: &[] }, upcoming, &[], 10, now, &utc).cut);
}
