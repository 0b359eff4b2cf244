//! Weeks of changes, drives and starts: what [`decide`] says in each minute against a model that keeps what happened as plain minutes.

use super::super::{Attempt, Changes, Past, Plugged, Schedule, ScheduleId, Signals, When, decide};
use super::chance::Chance;
use super::slow::{Minute, stamp};
use super::{at, zone};
use crate::model::recent::Ended;
use crate::model::snapshot::BackupType;

const SETTLE: Minute = 2;
const BETWEEN: Minute = 15;
const DRIVE_HOURS: Minute = 3;
const DELAY: Minute = 10;

/// Of one schedule: when it last ran, and how often that failed.
#[derive(Clone, Copy, Default)]
struct Told {
    last: Option<Minute>,
    failures: u32,
}

impl Told {
    fn since(self, now: Minute) -> Minute {
        self.last.map_or(Minute::MAX, |last| now - last)
    }

    fn is_due(self, now: Minute, asked: bool) -> bool {
        match self.failures {
            0 => asked,
            n => {
                let wait = [5, 15, 60, 240, 720, 1440][n.min(6) as usize - 1];
                asked && self.since(now) >= wait.min(30) || n <= 5 && self.since(now) >= wait
            }
        }
    }
}

#[test]
fn what_happens_brings_runs_when_it_should() {
    let start = at("2026-03-20T08:00:00Z").as_second() / 60;
    let kinds = [
        When::Change { settle_seconds: SETTLE as u32 * 60, at_most_minutes: BETWEEN as u16 },
        When::Drive { drive: Some("Blue".into()), at_most_hours: DRIVE_HOURS as u16 },
        When::Start { delay_minutes: DELAY as u16 },
    ];
    let schedules: Vec<Schedule> =
        kinds.into_iter().zip(1..).map(|(kind, n)| Schedule::new(ScheduleId::from_random([n; 4]), kind, stamp(start))).collect();
    let zone = zone("Europe/Berlin");
    let (mut chance, mut attempts, mut told) = (Chance(11), Vec::<Attempt>::new(), [Told::default(); 3]);
    let (mut changes, mut plugged, mut started) = (Vec::<Minute>::new(), None::<Minute>, None::<Minute>);
    let (mut restless, mut outage, mut runs) = (0, 0, [0; 3]);
    for now in start..start + 60 * 1440 {
        if chance.once_in(3000) {
            restless = now + chance.of(&[1, 5, 200]);
        }
        if now < restless || chance.once_in(400) {
            changes.push(now);
        }
        if chance.once_in(900) {
            plugged = if plugged.is_some() { None } else { Some(now) };
        }
        if chance.once_in(2500) {
            started = Some(now);
        }
        if chance.once_in(6000) {
            outage = now + chance.of(&[10, 100, 4000]);
        }
        let settled = changes.last().is_some_and(|last| now - last >= SETTLE)
            || changes.first().is_some_and(|first| now - first >= BETWEEN);
        let asked = [
            settled && told[0].since(now) >= BETWEEN,
            plugged.is_some() && told[1].since(now) >= DRIVE_HOURS * 60,
            started.is_some_and(|started| now - started >= DELAY),
        ];
        let expected = [0, 1, 2].map(|n| told[n].is_due(now, asked[n]));

        let signals = Signals {
            changes: changes
                .first()
                .zip(changes.last())
                .map(|(first, latest)| Changes { first: stamp(*first), latest: stamp(*latest) }),
            plugged: plugged.iter().map(|at| Plugged { names: vec!["Blue".into()], used: false, at: stamp(*at) }).collect(),
            started: started.map(stamp),
        };
        let pasts: Vec<_> = schedules.iter().map(|schedule| (schedule, Past::of(schedule, &attempts))).collect();
        let decision = decide(&pasts, &signals, stamp(start), stamp(now), &zone);
        let ids: Vec<ScheduleId> = decision.run.into_iter().flat_map(|run| run.schedules).map(|(id, _)| id).collect();
        assert_eq!([0, 1, 2].map(|n| ids.contains(&schedules[n].id)), expected, "{}", stamp(now));

        if ids.is_empty() {
            continue;
        }
        let well = now >= outage;
        for n in 0..3 {
            // One that goes well serves them all.
            if expected[n] || well {
                told[n] = Told { last: Some(now), failures: if well { 0 } else { told[n].failures + 1 } };
            }
            runs[n] += u32::from(expected[n]);
        }
        (plugged, started) = (None, None);
        changes.clear();
        let (ended, made) = if well { (Ended::Well, Some(BackupType::Incremental)) } else { (Ended::Badly, None) };
        attempts.insert(0, Attempt { started: stamp(now).into(), ended, made, schedules: ids });
        attempts.truncate(100);
    }
    assert!(runs.iter().all(|runs| *runs > 15), "{runs:?}");
}

/// What happened is never ahead of us: the clock was put back since, and that is waited for no longer.
#[test]
fn a_clock_put_back_holds_nothing_that_happened_back() {
    let (now, ahead) = (at("2026-03-20T08:00:00Z"), at("2026-03-21T08:00:00Z"));
    let kinds = [
        When::Change { settle_seconds: 60, at_most_minutes: 15 },
        When::Drive { drive: None, at_most_hours: 0 },
        When::Start { delay_minutes: 10 },
    ];
    for kind in kinds {
        let schedule = Schedule::new(ScheduleId::from_random([1; 4]), kind, at("2026-03-01T08:00:00Z"));
        let signals = Signals {
            changes: Some(Changes { first: ahead, latest: ahead }),
            plugged: vec![Plugged { names: Vec::new(), used: true, at: ahead }],
            started: Some(ahead),
        };
        let decision = decide(&[(&schedule, Past::default())], &signals, now, now, &zone("Europe/Berlin"));
        assert!(decision.run.is_some(), "{}", schedule.in_words());
    }
}
