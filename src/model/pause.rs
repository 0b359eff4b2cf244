//! Everything stands still for a while: no schedule begins anything, and what runs waits.

use std::str::FromStr;

use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::human;

/// "Until tomorrow" ends in the morning: a backup that was due in the evening is made up for before the day's work, not at midnight.
const MORNING: Time = time(6, 0, 0, 0);
/// The clock may be corrected by this much, and the pause still be reckoned by it.
const CORRECTION: SignedDuration = SignedDuration::from_mins(10);

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PauseFor {
    Hour,
    /// Until six in the morning.
    Tomorrow,
    Until(Timestamp),
    /// Until somebody resumes.
    UntilTold,
}

impl PauseFor {
    /// When it ends; `None`: when somebody says so.
    pub fn until(self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Hour => Some(now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX)),
            Self::Tomorrow => {
                let morning = now.to_zoned(zone.clone()).date().tomorrow().ok()?.to_datetime(MORNING);
                Some(morning.to_zoned(zone.clone()).ok()?.timestamp())
            }
            Self::Until(at) => Some(at),
            Self::UntilTold => None,
        }
    }
}

/// As it is kept in the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    pub since: Timestamp,
    /// `None`: until somebody resumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Paused {
    pub fn new(wanted: PauseFor, now: Timestamp, zone: &TimeZone) -> Self {
        Self { since: now, until: wanted.until(now, zone) }
    }

    /// Whether it has run out. One that a clock put back would make longer than was wished has: an early backup hurts nobody.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let Some(until) = self.until else { return false };
        let wished = until.duration_since(self.since).saturating_add(CORRECTION);
        now >= until || until.duration_since(now) > wished
    }

    /// "paused until 21:30", "paused until you resume".
    pub fn in_words(&self, now: Timestamp, zone: &TimeZone) -> String {
        match self.until {
            Some(until) => format!("paused until {}", human::moment(until, now, zone)),
            None => "paused until you resume".into(),
        }
    }
}

/// How long a command is told to pause: `90m`, `1h`, `2d`, `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub SignedDuration);

impl Span {
    const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 366);
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\u{201c}{text}\u{201d} is no time such as 90m, 1h or 2d");
        let (mut all, mut digits) = (SignedDuration::ZERO, String::new());
        for letter in text.trim().chars() {
            let unit = match letter {
                '0'..='9' if digits.len() < 6 => {
                    digits.push(letter);
                    continue;
                }
                'm' => 60,
                'h' => 3600,
                'd' => 24 * 3600,
                _ => return Err(wrong()),
            };
            let count: i64 = std::mem::take(&mut digits).parse().map_err(|_| wrong())?;
            all = all.saturating_add(SignedDuration::from_secs(count * unit));
        }
        match all {
            _ if !digits.is_empty() || all.is_zero() => Err(wrong()),
            _ if all > Self::LONGEST => {
                Err("a pause lasts a year at most; leave the time out for one that lasts until you resume".into())
            }
            _ => Ok(Self(all)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn tomorrow_is_the_next_morning_in_the_zone_that_the_machine_is_in() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let until = |now| PauseFor::Tomorrow.until(at(now), &zone);
        assert_eq!(until("2026-11-26T21:00:00Z"), Some(at("2026-11-27T05:00:00Z")));
        assert_eq!(until("2026-11-26T23:30:00Z"), Some(at("2026-11-28T05:00:00Z")), "after midnight there it is the day after");
        assert_eq!(until("2026-03-28T12:00:00Z"), Some(at("2026-03-29T04:00:00Z")), "over the night of summer time");
    }

    #[test]
    fn it_ends_at_its_time_and_a_clock_put_back_does_not_make_it_longer() {
        let paused = Paused::new(PauseFor::Hour, at("2026-11-26T12:00:00Z"), &TimeZone::UTC);
        let over = |now| paused.is_over(at(now));
        assert!(!over("2026-11-26T12:00:00Z") && !over("2026-11-26T12:59:59Z") && over("2026-11-26T13:00:00Z"));
        assert!(!over("2026-11-26T11:55:00Z"), "the clock was corrected");
        assert!(!over("2026-11-26T11:50:00Z") && over("2026-11-26T11:49:59Z"), "it was put back");
        let told = Paused::new(PauseFor::UntilTold, at("2026-11-26T12:00:00Z"), &TimeZone::UTC);
        assert!(!told.is_over(at("2036-11-26T12:00:00Z")) && !told.is_over(at("2016-11-26T12:00:00Z")));
    }

    #[test]
    fn spans_are_read() {
        let read = |text: &str| text.parse::<Span>().map(|span| span.0.as_secs());
        assert_eq!(read("90m"), Ok(5400));
        assert_eq!(read("1h30m"), Ok(5400));
        assert_eq!(read("2d"), Ok(172_800));
        assert_eq!(read("366d"), Ok(366 * 86_400));
        for wrong in ["", "1", "h", "0m", "1x", "-1h", "1h5", "9999999m", "367d"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
