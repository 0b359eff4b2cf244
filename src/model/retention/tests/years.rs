//! Years of versions and of clean-ups, each against the slow model.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::simulate;
use super::slow::{Plain, stay};
use super::*;
use crate::model::schedule::{Past, Schedule, Upcoming, parse};

/// Xorshift.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

fn days_of(plain: &Plain, seed: u64, zone: &TimeZone, days: i64) -> (usize, usize) {
    let mut chance = Chance(seed);
    let mut kept: Vec<Version> = Vec::new();
    let (mut sequence, mut gone, mut lasting) = (0, 0, 0);
    let mut now: Timestamp = at("2026-01-10T11:00:00Z");
    for _ in 0..days {
        let end = now + SignedDuration::from_hours(24);
        // Weeks without any come too.
        let absent = chance.below(60) == 0;
        now = if absent { now + SignedDuration::from_hours(24 * 9) } else { now };
        while now < end {
            now += SignedDuration::from_mins(1 + chance.below(900) as i64);
            sequence += 1;
            let mut new = version(sequence, now);
            new.state =
                [VersionState::Good, VersionState::Good, VersionState::Good, VersionState::Incomplete, VersionState::Damaged]
                    [chance.below(5) as usize];
            new.pinned = chance.below(90) == 0;
            new.own_bytes = chance.below(300);
            kept.push(new);
        }
        let rule = plain.rule();
        let judged = judge(Rules { plan: &rule, schedules: &[] }, &kept, &own_bytes, now, zone);
        let slow = stay(plain, &kept, now, zone);
        let expected: Vec<u64> =
            kept.iter().zip(&slow).filter(|(_, stays)| **stays).map(|(version, _)| version.sequence).collect();
        assert_eq!(staying(&judged, &kept), expected, "at {now} by {plain:?}");
        assert_eq!(judged.going.len() + expected.len(), kept.len());
        assert!(judged.verdicts.iter().all(|verdict| !verdict.why.is_empty()));
        let left: u64 = kept.iter().zip(&slow).filter(|(_, stays)| **stays).map(|(version, _)| version.own_bytes).sum();
        let over = plain.max_bytes.filter(|most| left > *most);
        assert_eq!(judged.over.map(|over| (over.bytes, over.allowed)), over.map(|most| (left, most)));
        gone += judged.going.len();
        lasting = expected.len();
        kept.retain(|version| expected.contains(&version.sequence));
    }
    (gone, lasting)
}

#[test]
fn three_years_of_each_rule() {
    let rules = [
        Plain { last: Some(5), min: 2, ..Plain::default() },
        Plain { days: Some(20), min: 4, ..Plain::default() },
        Plain {
            each: [Some((24, true)), Some((7, true)), Some((5, true)), Some((12, true)), Some((3, true))],
            ..Plain::default()
        },
        Plain {
            each: [Some((2, false)), Some((9, false)), Some((40, false)), Some((200, false)), Some((0, true))],
            ..Plain::default()
        },
        Plain {
            days: Some(3),
            last: Some(2),
            min: 3,
            each: [None, Some((10, true)), None, Some((90, false)), None],
            max_bytes: None,
        },
    ];
    for (rule, seed) in rules.iter().zip(1..) {
        for place in ["Europe/Berlin", "Australia/Lord_Howe"] {
            let (gone, lasting) = days_of(rule, seed * 7919, &TimeZone::get(place).unwrap(), 3 * 365);
            assert!(gone > 1000 && lasting > 0, "{gone} went, {lasting} stayed");
        }
    }
}

#[test]
fn two_years_with_little_room() {
    let utc = TimeZone::UTC;
    let room = Plain { min: 3, max_bytes: Some(2000), ..Plain::default() };
    assert!(days_of(&room, 4242, &utc, 730).0 > 500);
    let tight = Plain { min: 8, days: Some(30), max_bytes: Some(900), ..Plain::default() };
    assert!(days_of(&tight, 4243, &utc, 730).0 > 500);
}

/// The preview judges once a month; carried out each day it comes to the same.
#[test]
fn the_preview_of_a_year_is_what_a_year_of_clean_ups_leaves() {
    let zone = TimeZone::get("America/New_York").unwrap();
    let now = at("2026-03-05T17:00:00Z");
    let schedule = Schedule::new(id(1), parse("hourly", None, None, jiff::civil::date(2026, 1, 1)).unwrap(), now);
    let each = [Some((30, true)), Some((10, true)), Some((60, false)), Some((6, true)), None];
    let plain = Plain { last: Some(4), days: Some(2), each, ..Plain::default() };
    let rule = plain.rule();
    let rules = Rules { plan: &rule, schedules: &[] };
    let upcoming = || Upcoming::new(&[(&schedule, Past::default())], now, now, &zone);
    let preview = simulate(rules, upcoming(), &[], 100, now, &zone);

    let mut kept: Vec<Version> = Vec::new();
    let mut months = preview.months.iter();
    let mut month = months.next();
    let (mut sequence, mut today) = (0, zone.to_datetime(now).date());
    for (at, _) in upcoming() {
        let date = zone.to_datetime(at).date();
        if date != today {
            let midnight = date.to_zoned(zone.clone()).unwrap().timestamp();
            let stays = stay(&plain, &kept, midnight, &zone);
            let mut stays = stays.into_iter();
            kept.retain(|_| stays.next().unwrap());
            if let Some(expected) = month.filter(|month| month.until == today) {
                assert_eq!(kept.len(), expected.kept as usize, "on {today}");
                month = months.next();
            }
            today = date;
        }
        if month.is_none() {
            break;
        }
        sequence += 1;
        kept.push(version(sequence, at));
    }
    assert_eq!(preview.months.len(), 13);
}
