//! How fast this machine may send to servers and get from them, and when.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::{Time, time};
use serde::{Deserialize, Serialize};

use super::human;

/// Bytes per second: what is slower, servers take for a line that is dead.
pub const SLOWEST: u64 = 32 << 10;
/// By the clock, in which one hour more or less of the year makes no difference.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// To all servers together. Folders and drives of this machine know no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Bytes per second, at least [`SLOWEST`]; `None`: as fast as it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<u64>,
    /// When they hold, by this machine's clock; `None`: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between: Option<Hours>,
}

/// From one time of day to another, perhaps over midnight; as `08:00-18:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    from: Time,
    to: Time,
}

impl Limits {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub fn is_unlimited(&self) -> bool {
        self.upload.is_none() && self.download.is_none()
    }

    /// Bytes per second up and down, at a time of day.
    pub fn at(&self, time: Time) -> (Option<u64>, Option<u64>) {
        // Settings may be edited by hand.
        let kept = |limit: Option<u64>| limit.map(|limit| limit.max(SLOWEST));
        let holds = self.between.is_none_or(|hours| hours.contains(time));
        if holds { (kept(self.upload), kept(self.download)) } else { (None, None) }
    }

    /// How long it is at a time of day until they begin or cease to hold; `None`: they never do.
    pub fn change_in(&self, time: Time) -> Option<SignedDuration> {
        let hours = self.between.filter(|_| !self.is_unlimited())?;
        let until = |at: Time| match at.duration_since(time) {
            later if later.is_positive() => later,
            past => past + DAY,
        };
        Some(until(hours.from).min(until(hours.to)))
    }

    /// Whether each is one that can be kept to.
    pub fn is_valid(&self) -> bool {
        [self.upload, self.download].into_iter().flatten().all(|limit| limit >= SLOWEST)
    }

    /// "at most 2.0 MB/s up from 08:00 to 18:00".
    pub fn in_words(&self) -> String {
        let each = [(self.upload, "up"), (self.download, "down")];
        let parts: Vec<String> =
            each.iter().filter_map(|(limit, way)| limit.map(|limit| format!("{}/s {way}", human::bytes(limit)))).collect();
        match (parts.is_empty(), self.between) {
            (true, _) => "as fast as it goes".into(),
            (false, None) => format!("at most {}", parts.join(" and ")),
            (false, Some(hours)) => format!("at most {} {}", parts.join(" and "), hours.in_words()),
        }
    }
}

impl Hours {
    /// `None` where both are the same.
    pub fn new(from: Time, to: Time) -> Option<Self> {
        (from != to).then_some(Self { from, to })
    }

    /// From ten in the evening to six in the morning.
    pub const fn night() -> Self {
        Self { from: time(22, 0, 0, 0), to: time(6, 0, 0, 0) }
    }

    /// What is shown at first.
    pub fn working() -> Option<Self> {
        "08:00-18:00".parse().ok()
    }

    pub fn from(self) -> Time {
        self.from
    }

    pub fn to(self) -> Time {
        self.to
    }

    pub fn contains(self, time: Time) -> bool {
        if self.from < self.to { (self.from..self.to).contains(&time) } else { time >= self.from || time < self.to }
    }

    pub fn in_words(self) -> String {
        format!("from {} to {}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

impl FromStr for Hours {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
        let both = text.split_once(['-', '–']).and_then(|(from, to)| Self::new(time(from)?, time(to)?));
        both.ok_or("expected two times of day, as in 08:00-18:00")
    }
}

impl TryFrom<String> for Hours {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::strptime("%H:%M", text).unwrap()
    }

    #[test]
    fn they_hold_by_day_or_over_midnight() {
        let day: Hours = "08:00-18:00".parse().unwrap();
        assert_eq!(["07:59", "08:00", "17:59", "18:00"].map(|at| day.contains(time(at))), [false, true, true, false]);
        let night: Hours = " 22:30 - 06:00".parse().unwrap();
        assert_eq!(
            ["22:29", "22:30", "00:00", "05:59", "06:00"].map(|at| night.contains(time(at))),
            [false, true, true, true, false]
        );
        for bad in ["", "8", "08:00", "08:00-08:00", "25:00-26:00", "a-b"] {
            assert!(bad.parse::<Hours>().is_err(), "{bad}");
        }
        let limits = Limits { upload: Some(1_000_000), download: None, between: Some(day) };
        assert_eq!(limits.at(time("12:00")), (Some(1_000_000), None));
        assert_eq!(limits.at(time("20:00")), (None, None));
        assert_eq!(Limits { between: None, ..limits }.at(time("20:00")), (Some(1_000_000), None));
    }

    #[test]
    fn when_they_begin_and_cease_is_known_beforehand() {
        let limits = |between: &str| Limits { upload: Some(1_000_000), download: None, between: between.parse().ok() };
        let minutes = |between: &str, at: &str| limits(between).change_in(time(at)).map(|change| change.as_mins());
        for (at, left) in [("07:58", 2), ("08:00", 600), ("17:59", 1), ("18:00", 14 * 60)] {
            assert_eq!(minutes("08:00-18:00", at), Some(left), "{at}");
        }
        assert_eq!(minutes("22:30-06:00", "23:30"), Some(390));
        assert_eq!(minutes("", "12:00"), None);
        assert_eq!(Limits { upload: None, ..limits("08:00-18:00") }.change_in(time("12:00")), None);
    }

    #[test]
    fn they_are_told_and_kept_as_text() {
        let limits = Limits { upload: Some(2_000_000), download: Some(5_000_000), between: "08:00-18:00".parse().ok() };
        assert_eq!(limits.in_words(), "at most 2.0 MB/s up and 5.0 MB/s down from 08:00 to 18:00");
        assert_eq!(Limits::default().in_words(), "as fast as it goes");
        let text = serde_json::to_string(&limits).unwrap();
        assert_eq!(text, r#"{"upload":2000000,"download":5000000,"between":"08:00-18:00"}"#);
        assert_eq!(serde_json::from_str::<Limits>(&text).unwrap(), limits);
        assert!(serde_json::from_str::<Limits>(r#"{"between":"8"}"#).is_err());
        assert!(limits.is_valid() && !Limits { upload: Some(1), ..limits }.is_valid());
    }
}
