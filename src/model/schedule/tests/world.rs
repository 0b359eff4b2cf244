//! Years of a machine that sleeps, travels and has its clock set, with a destination that comes and goes: what [`decide`] says
//! against the slow model, in every minute in which either says something.

use jiff::tz::TimeZone;

use super::super::{Attempt, Past, Schedule, ScheduleId, Signals, Stamp, decide};
use super::chance::Chance;
use super::slow::*;
use super::{when, zone};
use crate::model::recent::Ended;
use crate::model::snapshot::{BackupType, WantedType};

const PLACES: [&str; 9] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Havana",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "UTC",
];

/// What may befall the machine: once in so many minutes each.
#[derive(Clone, Copy)]
struct Fate {
    sleep: u64,
    travel: u64,
    clock: u64,
    outage: u64,
}

const NEVER: u64 = u64::MAX;

struct Machine {
    chance: Chance,
    fate: Fate,
    zone: TimeZone,
    /// Minutes by which its clock is ahead.
    ahead: i64,
    jumps: usize,
    asleep_until: Minute,
    outage_until: Minute,
    busy_until: Minute,
    schedules: Vec<(Schedule, Slow)>,
    /// Newest first.
    attempts: Vec<Attempt>,
    runs: Vec<Ran>,
    /// When it is to ask again.
    wake: Option<Minute>,
    signals: Signals,
}

struct Ran {
    true_time: Minute,
    clock: Minute,
    schedules: Vec<ScheduleId>,
    retry: bool,
    well: bool,
}

/// Schedule, type, and the slow model's.
type Line = (&'static str, WantedType, Kind);

impl Machine {
    fn new(seed: u64, place: &str, from: &str, fate: Fate, lines: Vec<Line>) -> Self {
        let start = super::at(from).as_second() / 60;
        let schedules = lines.into_iter().zip(1u8..).map(|((text, wanted, kind), n)| {
            let schedule = Schedule { wanted, ..Schedule::new(ScheduleId::from_random([n; 4]), when(text), stamp(start)) };
            (schedule, Slow::new(kind, start))
        });
        Self {
            chance: Chance(seed),
            fate,
            zone: zone(place),
            ahead: 0,
            jumps: 0,
            asleep_until: 0,
            outage_until: 0,
            busy_until: 0,
            schedules: schedules.collect(),
            attempts: Vec::new(),
            runs: Vec::new(),
            wake: None,
            signals: Signals::default(),
        }
    }

    fn live(&mut self, from: Minute, days: i64) {
        for minute in from..from + days * 1440 {
            self.befall(minute);
            if minute >= self.asleep_until && minute >= self.busy_until {
                self.look(minute);
            }
        }
    }

    fn befall(&mut self, minute: Minute) {
        let fate = self.fate;
        if self.chance.once_in(fate.sleep) {
            self.asleep_until = minute + self.chance.of(&[3, 90, 480, 900, 4000, 45_000]);
        }
        if self.chance.once_in(fate.outage) {
            self.outage_until = minute + self.chance.of(&[20, 300, 3000, 20_000]);
        }
        if self.chance.once_in(fate.travel) {
            self.zone = zone(self.chance.of(&PLACES));
            self.unsettle();
        }
        if self.chance.once_in(fate.clock) {
            self.ahead = if self.ahead != 0 && !self.chance.once_in(3) {
                0
            } else {
                self.chance.of(&[-1, 2, 30, -60, -60 * 13, 60 * 13, -1440 * 3, 1440 * 3, 1440 * 400, -1440 * 400])
            };
            self.jumps += 1;
            self.unsettle();
        }
    }

    fn unsettle(&mut self) {
        self.wake = None;
        for (_, slow) in &mut self.schedules {
            slow.forget();
        }
    }

    fn look(&mut self, minute: Minute) {
        let now = minute + self.ahead;
        let mut due: Vec<bool> = self.schedules.iter_mut().map(|(_, slow)| slow.is_due(now, &self.zone)).collect();
        let any = due.contains(&true);
        match self.wake {
            // Between it is not asked: that it would have said nothing is what it said, and is checked here.
            Some(wake) if now < wake => {
                assert!(
                    !any,
                    "{} in {:?}: the slow model runs {due:?}, decide would have slept until {}",
                    stamp(now),
                    self.zone,
                    stamp(wake)
                );
                if !self.chance.once_in(700) {
                    return;
                }
            }
            Some(wake) => {
                assert!(any, "{} in {:?}: decide woke for {}, the slow model waits", stamp(now), self.zone, stamp(wake))
            }
            None => {}
        }
        let pasts: Vec<_> = self.schedules.iter().map(|(schedule, _)| (schedule, Past::of(schedule, &self.attempts))).collect();
        let decision = decide(&pasts, &self.signals, stamp(now), stamp(now), &self.zone);
        if any {
            for ((_, slow), due) in self.schedules.iter().zip(&mut due) {
                *due |= slow.goes_along(now);
            }
        }
        let said: Vec<bool> = self
            .schedules
            .iter()
            .map(|(schedule, _)| decision.run.as_ref().is_some_and(|run| run.schedules.iter().any(|(id, _)| *id == schedule.id)))
            .collect();
        assert_eq!(said, due, "{} in {:?}: decide, and the slow model", stamp(now), self.zone);
        self.wake = decision.wake.map(|wake| wake.as_second() / 60);
        let Some(run) = decision.run else { return };
        let wanted = self.schedules.iter().zip(&due).filter(|(_, due)| **due).map(|((schedule, _), _)| schedule.wanted);
        let full = wanted.clone().any(|wanted| wanted == WantedType::Full);
        assert_eq!(run.wanted == WantedType::Full, full);
        assert_eq!(run.wanted == WantedType::Auto, wanted.clone().all(|wanted| wanted == WantedType::Auto));
        self.run(minute, &due, full);
    }

    fn run(&mut self, minute: Minute, due: &[bool], full: bool) {
        let now = minute + self.ahead;
        let well = minute >= self.outage_until;
        let retry = self.schedules.iter().zip(due).all(|((_, slow), due)| !due || slow.failures > 0);
        for ((schedule, slow), due) in self.schedules.iter_mut().zip(due) {
            if *due || well && (full || schedule.wanted != WantedType::Full) {
                slow.ran(now, &self.zone, well);
            }
        }
        let schedules: Vec<ScheduleId> =
            self.schedules.iter().zip(due).filter(|(_, due)| **due).map(|((schedule, _), _)| schedule.id.clone()).collect();
        let made = well.then_some(if full { BackupType::Full } else { BackupType::Incremental });
        let ended = if well { Ended::Well } else { Ended::Badly };
        self.attempts
            .insert(0, Attempt { started: Stamp::new(stamp(now), &self.zone), ended, made, schedules: schedules.clone() });
        self.attempts.truncate(400);
        self.runs.push(Ran { true_time: minute, clock: now, schedules, retry, well });
        self.busy_until = minute + 1 + self.chance.of(&[0, 0, 0, 1, 5, 40]);
        self.wake = None;
    }

    fn of(&self, n: u8) -> impl Iterator<Item = &Ran> {
        let id = ScheduleId::from_random([n; 4]);
        self.runs.iter().filter(move |run| run.schedules.contains(&id))
    }
}

fn start(text: &str) -> Minute {
    super::at(text).as_second() / 60
}

fn clock_lines() -> Vec<Line> {
    use WantedType::*;
    vec![
        ("daily at 2:30", Auto, Kind::Times(vec![(2, 30)], every_day)),
        ("daily at 0:15,1:45,20:00", Incremental, Kind::Times(vec![(0, 15), (1, 45), (20, 0)], every_day)),
        ("weekly on sun at 2:15", Full, Kind::Times(vec![(2, 15)], sundays)),
        ("monthly on 31 at 0:30", Full, Kind::Times(vec![(0, 30)], thirty_firsts)),
    ]
}

fn other_lines() -> Vec<Line> {
    use WantedType::*;
    vec![
        ("hourly at :45", Auto, Kind::Minutes(vec![45], every_day)),
        ("cron: */20 * * * tue", Auto, Kind::Minutes(vec![0, 20, 40], tuesdays)),
        ("7h", Incremental, Kind::After(7 * 60)),
        ("5d", Full, Kind::After(5 * 1440)),
        ("3d at 23:50", Auto, Kind::Times(vec![(23, 50)], every_third)),
    ]
}

fn rare_lines() -> Vec<Line> {
    use WantedType::*;
    vec![
        ("monthly on first-mon at 12:00", Full, Kind::Times(vec![(12, 0)], first_mondays)),
        ("cron: 30 1-2 * * mon,fri", Auto, Kind::Times(vec![(1, 30), (2, 30)], mondays_and_fridays)),
        ("cron: 5 0,23 1 * mon", Full, Kind::Times(vec![(0, 5), (23, 5)], mondays_and_the_first)),
        ("20h", Auto, Kind::After(20 * 60)),
    ]
}

/// Runs that are no retries, at most: one per time, whatever befalls, and one each time that the clock is set.
fn assert_not_doubled(machine: &Machine, n: u8, times: usize) {
    let runs = machine.of(n).filter(|run| !run.retry).count();
    assert!(runs <= times + machine.jumps + 1, "{runs} runs for {times} times and {} jumps", machine.jumps);
}

const ROUGH: Fate = Fate { sleep: 1500, travel: 15_000, clock: 40_000, outage: 9000 };

#[test]
fn two_rough_years_of_times_of_day() {
    for (seed, from) in [(1, "2026-01-05T09:00:00Z"), (2, "2011-06-01T00:00:00Z")] {
        let mut machine = Machine::new(seed, "Pacific/Apia", from, ROUGH, clock_lines());
        machine.live(start(from), 730);
        assert_not_doubled(&machine, 1, 731);
        assert_not_doubled(&machine, 2, 3 * 731);
        assert!(machine.of(1).count() > 200 && machine.jumps > 10, "{}", machine.of(1).count());
    }
}

#[test]
fn two_rough_years_of_hours_and_numbers_of_days() {
    let from = "2026-02-01T00:00:00Z";
    let mut machine = Machine::new(3, "Australia/Lord_Howe", from, ROUGH, other_lines());
    machine.live(start(from), 730);
    assert!(machine.runs.len() > 3000, "{}", machine.runs.len());
}

#[test]
fn four_rough_years_of_rare_times() {
    let from = "2026-02-01T00:00:00Z";
    let mut machine = Machine::new(4, "America/New_York", from, ROUGH, rare_lines());
    machine.live(start(from), 1461);
    assert!(machine.of(1).filter(|run| run.well).count() > 30);
}

/// Where nothing befalls, each day on the calendar has its run, and one, through six changes of the clocks.
#[test]
fn three_years_awake_have_one_run_a_day() {
    for place in ["Europe/Berlin", "America/Havana", "Australia/Lord_Howe"] {
        let from = "2026-01-01T12:00:00Z";
        let calm = Fate { sleep: NEVER, travel: NEVER, clock: NEVER, outage: NEVER };
        let lines = vec![("daily at 2:15", WantedType::Auto, Kind::Times(vec![(2, 15)], every_day))];
        let mut machine = Machine::new(5, place, from, calm, lines);
        machine.live(start(from), 3 * 365);
        let days: Vec<_> = machine.runs.iter().map(|run| machine.zone.to_datetime(stamp(run.clock)).date()).collect();
        assert!(days.windows(2).all(|pair| pair[0].tomorrow().unwrap() == pair[1]), "{place}");
        assert!(days.len() >= 3 * 365 - 1, "{place}");
    }
}

/// Asleep for half the time and travelling: never is more than a day and a journey awake without a run.
#[test]
fn nothing_silences_a_daily_schedule() {
    let from = "2026-01-01T12:00:00Z";
    for (seed, fate) in [(6, Fate { outage: NEVER, ..ROUGH }), (7, Fate { outage: NEVER, clock: 3000, ..ROUGH })] {
        let lines = vec![("daily at 20:00", WantedType::Auto, Kind::Times(vec![(20, 0)], every_day))];
        let mut machine = Machine::new(seed, "UTC", from, fate, lines);
        machine.live(start(from), 730);
        // By the true time: a day, a journey round the world, and once more as much where the clock was set.
        let longest = machine.runs.windows(2).map(|pair| pair[1].true_time - pair[0].true_time).max().unwrap();
        assert!(longest < 45_000 + 2 * (24 + 26) * 60, "{longest} minutes");
        assert_not_doubled(&machine, 1, 731);
    }
}
