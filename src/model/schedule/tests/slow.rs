//! Another way to say when a schedule is due: minute by minute, with code of its own. It looks at what the clock on the wall
//! shows in each minute since the last run; where a minute shows what was not shown before, all times up to that come.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A moment in minutes of Unix time.
pub type Minute = i64;

pub fn stamp(minute: Minute) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

/// What the clock on the wall shows, as minutes of a calendar that begins in 1970.
pub type Wall = i64;

pub fn shown(minute: Minute, zone: &TimeZone) -> Wall {
    minute + i64::from(zone.to_offset(stamp(minute)).seconds()) / 60
}

fn day(wall: Wall) -> Date {
    jiff::civil::date(1970, 1, 1).checked_add(wall.div_euclid(1440).days()).unwrap()
}

fn time(wall: Wall) -> (i8, i8) {
    let minute = wall.rem_euclid(1440);
    ((minute / 60) as i8, (minute % 60) as i8)
}

pub enum Kind {
    /// At times of day (hour, minute) on some days.
    Times(Vec<(i8, i8)>, fn(Date) -> bool),
    /// Each hour of some days.
    Minutes(Vec<i8>, fn(Date) -> bool),
    /// Minutes after the last run.
    After(i64),
}

pub fn every_day(_: Date) -> bool {
    true
}

pub fn sundays(date: Date) -> bool {
    date.weekday() == Weekday::Sunday
}

pub fn tuesdays(date: Date) -> bool {
    date.weekday() == Weekday::Tuesday
}

pub fn mondays_and_fridays(date: Date) -> bool {
    [Weekday::Monday, Weekday::Friday].contains(&date.weekday())
}

pub fn thirty_firsts(date: Date) -> bool {
    date.checked_add(1.day()).unwrap().day() == 1
}

pub fn first_mondays(date: Date) -> bool {
    date.weekday() == Weekday::Monday && date.day() <= 7
}

pub fn mondays_and_the_first(date: Date) -> bool {
    date.weekday() == Weekday::Monday || date.day() == 1
}

/// Counted from 2026-01-01, as the tests' schedules are.
pub fn every_third(date: Date) -> bool {
    let days = (date - jiff::civil::date(2026, 1, 1)).get_days();
    days >= 0 && days % 3 == 0
}

pub struct Slow {
    kind: Kind,
    since: Minute,
    /// The last run, and what was shown then.
    last: Option<(Minute, Wall)>,
    pub failures: u32,
    /// How far it has looked, the latest that was shown by then, and whether something came.
    seen: Option<(Minute, Wall, bool)>,
}

impl Slow {
    pub fn new(kind: Kind, since: Minute) -> Self {
        Self { kind, since, last: None, failures: 0, seen: None }
    }

    pub fn ran(&mut self, minute: Minute, zone: &TimeZone, well: bool) {
        self.last = Some((minute, shown(minute, zone)));
        self.failures = if well { 0 } else { self.failures + 1 };
        self.seen = None;
    }

    /// The zone is another, or the clock was set.
    pub fn forget(&mut self) {
        self.seen = None;
    }

    pub fn is_due(&mut self, now: Minute, zone: &TimeZone) -> bool {
        let Some((last, _)) = self.last.filter(|_| self.failures > 0) else { return self.is_regularly_due(now, zone) };
        let wait = self.wait();
        if last > now {
            return true;
        }
        let regularly = self.is_regularly_due(now, zone);
        now - last >= wait || (regularly && now - last >= wait.min(30))
    }

    /// After failures, until it is tried again.
    fn wait(&self) -> Minute {
        match self.failures {
            1 => 5,
            2 => 15,
            3 => 60,
            4 => 240,
            5 => 720,
            _ => 1440,
        }
    }

    /// Whether it goes with a run that begins now.
    pub fn goes_along(&self, now: Minute) -> bool {
        match (&self.kind, self.last) {
            (Kind::After(minutes), Some((last, _))) => {
                let early = (minutes / 60).min(5);
                // Where it failed and is tried again before, that is what it waits for.
                let regular = self.failures == 0 || *minutes <= self.wait();
                regular && last + minutes - early <= now && last + minutes > now
            }
            _ => false,
        }
    }

    fn is_regularly_due(&mut self, now: Minute, zone: &TimeZone) -> bool {
        let (from, wall) = self.last.unwrap_or_else(|| (self.since, shown(self.since, zone)));
        if from > now {
            return from - now > 26 * 60 || self.times_between(now, from, zone) >= 2;
        }
        if let Kind::After(minutes) = self.kind {
            return self.last.is_none() || now - from >= minutes;
        }
        let (mut at, mut latest, mut came) = self.seen.unwrap_or_else(|| (from, latest_shown(from, zone), false));
        while at < now {
            at += 1;
            let (comes, shown) = self.comes(at, latest, wall, zone);
            came |= comes;
            latest = shown;
        }
        self.seen = Some((at, latest, came));
        came
    }

    /// Whether something comes in a minute: of what is shown now, was not by then, and is past what the last run saw. And what is
    /// the latest shown.
    fn comes(&self, minute: Minute, latest: Wall, wall: Wall, zone: &TimeZone) -> (bool, Wall) {
        let now = shown(minute, zone);
        match &self.kind {
            Kind::Times(times, on) => {
                let mut labels = latest + 1..=now;
                let comes = labels.any(|label| times.contains(&time(label)) && label > wall && on(day(label)));
                (comes, latest.max(now))
            }
            Kind::Minutes(minutes, on) => (minutes.contains(&time(now).1) && on(day(now)), now),
            Kind::After(_) => (false, now),
        }
    }

    fn times_between(&self, from: Minute, to: Minute, zone: &TimeZone) -> i64 {
        if let Kind::After(minutes) = self.kind {
            return (to - from) / minutes;
        }
        let (wall, mut latest, mut count) = (shown(from, zone), latest_shown(from, zone), 0);
        for minute in from + 1..=to {
            let (comes, shown) = self.comes(minute, latest, wall, zone);
            count += i64::from(comes);
            latest = shown;
        }
        count
    }
}

/// The latest that the clock on the wall ever showed, by a minute; no zone goes back by more than a day.
fn latest_shown(minute: Minute, zone: &TimeZone) -> Wall {
    (minute - 1500..=minute).map(|minute| shown(minute, zone)).max().unwrap()
}
