//! What runs now, case by case.

use jiff::{SignedDuration, Timestamp};

use super::super::{Attempt, Changes, Decision, DueBecause, Past, Plugged, Schedule, Signals, Stamp, When, decide};
use super::{at, schedule, zone};
use crate::model::recent::Ended;
use crate::model::snapshot::{BackupType, WantedType};

const CREATED: &str = "2026-01-01T00:00:00Z";

fn ran(text: &str) -> Past {
    Past { last: Some(at(text).into()), failures: 0, last_success: Some(at(text).into()) }
}

fn failed(text: &str, failures: u32) -> Past {
    Past { last: Some(at(text).into()), failures, last_success: None }
}

fn ask(schedules: &[(&Schedule, Past)], signals: &Signals, now: &str) -> Decision {
    decide(schedules, signals, at(CREATED), at(now), &zone("Europe/Berlin"))
}

/// Why it runs at a time, and when it asks again.
fn one(schedule: &Schedule, past: Past, now: &str) -> (Option<DueBecause>, Option<Timestamp>) {
    let decision = ask(&[(schedule, past)], &Signals::default(), now);
    (decision.run.map(|run| run.schedules[0].1), decision.wake)
}

const RUNS: (Option<DueBecause>, Option<Timestamp>) = (Some(DueBecause::Time), None);

#[test]
fn a_run_comes_at_its_time_and_once() {
    let daily = schedule(1, "daily at 20:00", CREATED);
    assert_eq!(one(&daily, ran("2026-11-25T19:00:00Z"), "2026-11-26T18:59:59Z"), (None, Some(at("2026-11-26T19:00:00Z"))));
    assert_eq!(one(&daily, ran("2026-11-25T19:00:00Z"), "2026-11-26T19:00:00Z"), RUNS);
    assert_eq!(one(&daily, ran("2026-11-26T19:00:00Z"), "2026-11-26T19:00:01Z"), (None, Some(at("2026-11-27T19:00:00Z"))));
}

#[test]
fn a_month_off_is_made_up_by_one_run_of_the_strongest_type() {
    let hourly = schedule(1, "hourly", CREATED);
    let weekly = Schedule { wanted: WantedType::Differential, ..schedule(2, "weekly on sun at 3:00", CREATED) };
    let monthly = Schedule { wanted: WantedType::Full, ..schedule(3, "monthly on 1 at 3:00", CREATED) };
    let past = ran("2026-10-20T12:00:00Z");
    let schedules = [(&hourly, past), (&weekly, past), (&monthly, past)];
    let run = ask(&schedules, &Signals::default(), "2026-11-26T09:10:00Z").run.unwrap();
    assert_eq!((run.wanted, run.schedules.len()), (WantedType::Full, 3));
    assert_eq!(run.since, at("2026-10-20T13:00:00Z"));
    // That run serves all three.
    let attempt = Attempt {
        started: Stamp::new(at("2026-11-26T09:10:00Z"), &zone("Europe/Berlin")),
        ended: Ended::Well,
        made: Some(BackupType::Full),
        schedules: run.schedules.into_iter().map(|(id, _)| id).collect(),
    };
    let after = |schedule| (schedule, Past::of(schedule, [&attempt]));
    let next = ask(&[after(&hourly), after(&weekly), after(&monthly)], &Signals::default(), "2026-11-26T09:11:00Z");
    assert_eq!(next, Decision { run: None, wake: Some(at("2026-11-26T10:00:00Z")) });
}

#[test]
fn the_strongest_type_wins_in_any_order() {
    use WantedType::*;
    let types = [Auto, Incremental, Differential, Full];
    for (weak, a) in types.into_iter().enumerate() {
        for (strong, b) in types.into_iter().enumerate() {
            let first = Schedule { wanted: a, ..schedule(1, "hourly", CREATED) };
            let second = Schedule { wanted: b, ..schedule(2, "hourly", CREATED) };
            let past = ran("2026-11-26T08:00:00Z");
            let run = ask(&[(&first, past), (&second, past)], &Signals::default(), "2026-11-26T09:00:00Z").run.unwrap();
            assert_eq!(run.wanted, types[weak.max(strong)], "{a:?} and {b:?}");
        }
    }
}

#[test]
fn what_is_reckoned_from_the_last_run_goes_with_one_just_before_it() {
    let daily = schedule(1, "daily at 20:00", CREATED);
    let full = Schedule { wanted: WantedType::Full, ..schedule(2, "7d", CREATED) };
    let schedules = [(&daily, ran("2026-11-25T19:00:00Z")), (&full, ran("2026-11-19T19:00:07Z"))];
    let run = ask(&schedules, &Signals::default(), "2026-11-26T19:00:00Z").run.unwrap();
    assert_eq!((run.wanted, run.schedules.len()), (WantedType::Full, 2));
    // But not what is due much later, nor by itself.
    let schedules = [(&daily, ran("2026-11-25T19:00:00Z")), (&full, ran("2026-11-19T19:05:07Z"))];
    assert_eq!(ask(&schedules, &Signals::default(), "2026-11-26T19:00:00Z").run.unwrap().schedules.len(), 1);
    assert_eq!(ask(&schedules[1..], &Signals::default(), "2026-11-26T19:05:00Z").run, None);
}

#[test]
fn a_new_schedule_waits_for_its_time_and_an_interval_begins_at_once() {
    let none = Past::default();
    let daily = schedule(1, "daily at 20:00", "2026-11-26T19:30:00Z");
    assert_eq!(one(&daily, none, "2026-11-26T20:00:00Z"), (None, Some(at("2026-11-27T19:00:00Z"))));
    // Switched on again after months: what was missed while it was off was not missed.
    assert_eq!(one(&daily, ran("2026-05-01T18:00:00Z"), "2026-11-26T20:00:00Z"), (None, Some(at("2026-11-27T19:00:00Z"))));
    assert_eq!(one(&daily, failed("2026-05-01T18:00:00Z", 3), "2026-11-26T20:00:00Z"), (None, Some(at("2026-11-27T19:00:00Z"))));
    let now = "2026-11-23T12:00:00Z";
    let changed = schedule(1, "daily at 20:00", now);
    let next = (None, Some(at("2026-11-23T19:00:00Z")));
    assert_eq!(one(&changed, failed("2026-05-01T18:00:00Z", 3), now), next, "in that very second");
    assert_eq!(one(&schedule(1, "6h", "2026-11-26T19:30:00Z"), none, "2026-11-26T19:30:00Z"), RUNS);
    let off = Schedule { on: false, ..daily };
    assert_eq!(one(&off, none, "2026-12-26T20:00:00Z"), (None, None));
}

#[test]
fn a_failed_run_is_tried_again_with_longer_and_longer_waits() {
    let weekly = schedule(1, "weekly on sun at 3:00", CREATED);
    for (failures, minutes) in [(1, 5), (2, 15), (3, 60), (4, 240), (5, 720), (6, 1440), (99, 1440)] {
        let past = failed("2026-11-23T12:00:00Z", failures);
        let retry = at("2026-11-23T12:00:00Z") + SignedDuration::from_mins(minutes);
        assert_eq!(one(&weekly, past, "2026-11-23T12:00:30Z"), (None, Some(retry)), "{failures}");
        let why = ask(&[(&weekly, past)], &Signals::default(), &retry.to_string()).run.unwrap().schedules[0].1;
        assert_eq!(why, DueBecause::Retry(failures));
    }
    // Its own time comes first.
    assert_eq!(one(&schedule(1, "daily at 13:30", CREATED), failed("2026-11-23T12:00:00Z", 4), "2026-11-23T12:30:00Z"), RUNS);
    // What comes oftener slows down, to half an hour at most.
    let minutely = schedule(1, "cron: * * * * *", CREATED);
    assert_eq!(one(&minutely, ran("2026-11-23T12:00:30Z"), "2026-11-23T12:00:40Z").1, Some(at("2026-11-23T12:01:00Z")));
    assert_eq!(
        one(&minutely, failed("2026-11-23T12:00:00Z", 1), "2026-11-23T12:04:00Z"),
        (None, Some(at("2026-11-23T12:05:00Z")))
    );
    assert_eq!(
        one(&minutely, failed("2026-11-23T12:00:00Z", 50), "2026-11-23T12:29:00Z"),
        (None, Some(at("2026-11-23T12:30:00Z")))
    );
    assert_eq!(one(&minutely, failed("2026-11-23T12:00:00Z", 50), "2026-11-23T12:30:00Z"), RUNS);
}

#[test]
fn what_ran_is_seen_by_each_schedule_in_its_way() {
    let attempt = |started: &str, ended, made, schedules: &[&Schedule]| Attempt {
        started: at(started).into(),
        ended,
        made,
        schedules: schedules.iter().map(|schedule| schedule.id.clone()).collect(),
    };
    let any = schedule(1, "daily", CREATED);
    let full = Schedule { wanted: WantedType::Full, ..schedule(2, "weekly", CREATED) };
    let differential = Schedule { wanted: WantedType::Differential, ..schedule(3, "weekly", CREATED) };
    let runs = [
        attempt("2026-11-26T05:00:00Z", Ended::Badly, Some(BackupType::Full), &[]),
        attempt("2026-11-26T04:00:00Z", Ended::Badly, None, &[&any]),
        attempt("2026-11-26T03:00:00Z", Ended::Badly, None, &[&any, &full]),
        attempt("2026-11-26T02:00:00Z", Ended::WithWarnings, Some(BackupType::Incremental), &[]),
        attempt("2026-11-26T01:00:00Z", Ended::Well, Some(BackupType::Differential), &[&any]),
        attempt("2026-11-26T00:00:00Z", Ended::Well, Some(BackupType::Full), &[]),
    ];
    let past = |schedule| {
        let past = Past::of(schedule, &runs);
        (
            past.last.unwrap().at.to_string()[11..13].to_owned(),
            past.failures,
            past.last_success.unwrap().at.to_string()[11..13].to_owned(),
        )
    };
    assert_eq!(past(&any), ("04".into(), 2, "02".into()), "one by hand that went well serves it, one that failed does not count");
    assert_eq!(past(&full), ("03".into(), 1, "00".into()), "it wants a full one");
    assert_eq!(past(&differential), ("01".into(), 0, "01".into()), "another schedule's run of its type serves it");
    // Nobody who cancels wants it tried again.
    let cancelled = [attempt("2026-11-26T06:00:00Z", Ended::Cancelled, None, &[&any]), runs[1].clone()];
    assert_eq!(
        (Past::of(&any, &cancelled).failures, Past::of(&any, &cancelled).last),
        (0, Some(at("2026-11-26T06:00:00Z").into()))
    );
}

#[test]
fn a_clock_that_was_put_back_neither_silences_nor_doubles() {
    let daily = schedule(1, "daily at 20:00", CREATED);
    let back = (Some(DueBecause::ClockSetBack), None);
    // Two hours back after the run: this evening's ran, tomorrow's comes.
    let past = ran("2026-11-26T19:00:05Z");
    assert_eq!(one(&daily, past, "2026-11-26T17:00:00Z"), (None, Some(at("2026-11-27T19:00:00Z"))));
    assert_eq!(one(&daily, past, "2026-11-26T19:00:00Z"), (None, Some(at("2026-11-27T19:00:00Z"))));
    // Two times would be silent, or more than 26 hours: it runs now, and from then on as ever.
    assert_eq!(one(&daily, ran("2026-11-27T19:00:00Z"), "2026-11-26T17:30:00Z"), back);
    assert_eq!(one(&daily, ran("2036-11-26T19:00:00Z"), "2026-11-26T17:00:00Z"), back);
    assert_eq!(one(&schedule(1, "monthly", CREATED), ran("2026-11-26T19:00:00Z"), "2026-11-25T16:00:00Z"), back);
    assert_eq!(one(&schedule(1, "monthly", CREATED), ran("2026-11-26T18:00:00Z"), "2026-11-25T16:00:00Z").0, None);
    assert_eq!(one(&daily, ran("2026-11-26T17:00:00Z"), "2026-11-26T17:00:00Z"), (None, Some(at("2026-11-26T19:00:00Z"))));
    let hourly = schedule(1, "hourly", CREATED);
    assert_eq!(one(&hourly, ran("2026-11-26T19:00:00Z"), "2026-11-26T18:30:00Z"), (None, Some(at("2026-11-26T20:00:00Z"))));
    assert_eq!(one(&hourly, ran("2026-11-26T19:00:00Z"), "2026-11-26T17:30:00Z"), back);
    let interval = schedule(1, "6h", CREATED);
    assert_eq!(one(&interval, ran("2026-11-26T19:00:00Z"), "2026-11-26T12:00:00Z"), (None, Some(at("2026-11-27T01:00:00Z"))));
    assert_eq!(one(&interval, ran("2026-11-26T19:00:00Z"), "2026-11-26T07:00:00Z"), back);
    // A plan made while the clock was wrong.
    assert_eq!(one(&schedule(1, "daily", "2036-01-01T00:00:00Z"), Past::default(), "2026-11-26T12:00:00Z"), back);
    assert_eq!(
        one(&schedule(1, "daily at 20:00", "2036-01-01T00:00:00Z"), ran("2026-11-25T19:00:00Z"), "2026-11-26T19:00:00Z"),
        RUNS
    );
    // When a failure lies ahead, how long ago it was is not known.
    assert_eq!(one(&daily, failed("2026-11-26T19:00:00Z", 3), "2026-11-26T18:00:00Z").0, Some(DueBecause::Retry(3)));
}

#[test]
fn changes_are_left_to_settle_but_not_for_ever() {
    let change = Schedule { when: When::Change { settle_seconds: 60, at_most_minutes: 15 }, ..schedule(1, "daily", CREATED) };
    let due = |first: &str, latest: &str, past: Past, now: &str| {
        let signals = Signals { changes: Some(Changes { first: at(first), latest: at(latest) }), ..Signals::default() };
        let decision = ask(&[(&change, past)], &signals, now);
        decision.wake.map_or("now".to_owned(), |at| at.to_string()[11..19].to_owned())
    };
    let old = ran("2026-11-26T08:00:00Z");
    assert_eq!(due("2026-11-26T12:00:00Z", "2026-11-26T12:00:30Z", old, "2026-11-26T12:01:00Z"), "12:01:30");
    assert_eq!(due("2026-11-26T12:00:00Z", "2026-11-26T12:00:30Z", old, "2026-11-26T12:01:30Z"), "now");
    assert_eq!(due("2026-11-26T12:00:00Z", "2026-11-26T12:14:59Z", old, "2026-11-26T12:14:59Z"), "12:15:00");
    assert_eq!(
        due("2026-11-26T12:00:00Z", "2026-11-26T12:00:00Z", ran("2026-11-26T11:58:00Z"), "2026-11-26T12:05:00Z"),
        "12:13:00"
    );
    // Clocks that went back.
    assert_eq!(due("2026-11-26T12:00:00Z", "2026-11-26T12:00:00Z", old, "2026-11-26T11:00:00Z"), "now");
    assert_eq!(due("2026-11-26T12:00:00Z", "2026-11-26T12:00:00Z", ran("2026-11-26T18:00:00Z"), "2026-11-26T12:05:00Z"), "now");
    assert_eq!(one(&change, old, "2026-11-26T12:00:00Z"), (None, None));
}

#[test]
fn drives_and_starts_bring_runs() {
    let any = Schedule { when: When::Drive { drive: None, at_most_hours: 0 }, ..schedule(1, "daily", CREATED) };
    let named = Schedule { when: When::Drive { drive: Some("Blue".into()), at_most_hours: 24 }, ..schedule(2, "daily", CREATED) };
    let plugged = |name: &str, used| Signals {
        plugged: vec![Plugged { names: vec![name.into(), "1234-ABCD".into()], used, at: at("2026-11-26T12:00:00Z") }],
        ..Signals::default()
    };
    let ids = |schedules: &[(&Schedule, Past)], signals: &Signals| {
        let run = ask(schedules, signals, "2026-11-26T12:00:00Z").run;
        run.map_or(Vec::new(), |run| run.schedules)
    };
    let old = ran("2026-11-24T08:00:00Z");
    assert_eq!(ids(&[(&any, old), (&named, old)], &plugged("Blue", true)).len(), 2);
    assert_eq!(ids(&[(&any, old), (&named, old)], &plugged("Blue", false)), [(named.id.clone(), DueBecause::Plugged)]);
    assert_eq!(ids(&[(&any, old), (&named, old)], &plugged("Red", true)), [(any.id.clone(), DueBecause::Plugged)]);
    assert_eq!(ids(&[(&named, ran("2026-11-26T08:00:00Z"))], &plugged("Blue", true)), []);
    let start = Schedule { when: When::Start { delay_minutes: 10 }, ..schedule(3, "daily", CREATED) };
    let started = |text: &str| Signals { started: Some(at(text)), ..Signals::default() };
    assert_eq!(ids(&[(&start, old)], &started("2026-11-26T11:50:00Z")), [(start.id.clone(), DueBecause::Started)]);
    assert_eq!(ids(&[(&start, old)], &started("2026-11-26T11:50:01Z")), []);
    assert_eq!(ids(&[(&start, old)], &Signals::default()), []);
    // What failed is tried five times, then waits for the next event.
    assert_eq!(one(&start, failed("2026-11-26T11:00:00Z", 5), "2026-11-26T12:00:00Z").1, Some(at("2026-11-26T23:00:00Z")));
    assert_eq!(one(&start, failed("2026-11-26T11:00:00Z", 6), "2026-11-26T12:00:00Z"), (None, None));
}
