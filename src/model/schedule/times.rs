//! Times of day.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::words::list;

/// One or several times of day to the minute, ascending. In settings a list of `"20:00"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct TimesOfDay(Vec<Time>);

impl TimesOfDay {
    /// Most times in a day: one each half hour.
    pub const MOST: usize = 48;

    pub fn new(times: impl IntoIterator<Item = Time>) -> Result<Self, String> {
        let mut times: Vec<Time> = times.into_iter().collect();
        if times.iter().any(|time| time.second() != 0 || time.subsec_nanosecond() != 0) {
            return Err("times are given to the minute".into());
        }
        times.sort_unstable();
        times.dedup();
        match times.len() {
            0 => Err("a time of day is missing".into()),
            1..=Self::MOST => Ok(Self(times)),
            _ => Err(format!("more than {} times a day: use cron", Self::MOST)),
        }
    }

    pub fn one(time: Time) -> Result<Self, String> {
        Self::new([time])
    }

    /// `20:00`, `20:00,8:30`.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(',').map(|part| parse_time(part.trim())).collect::<Result<Vec<_>, _>>().and_then(Self::new)
    }

    pub fn as_slice(&self) -> &[Time] {
        &self.0
    }

    /// "08:00 and 20:00".
    pub fn in_words(&self) -> String {
        list(self.0.iter().map(|time| clock(*time)))
    }
}

/// "20:00".
pub(super) fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// `20:00` and `8:30`.
fn parse_time(text: &str) -> Result<Time, String> {
    let read = || {
        let (hour, minute) = text.split_once(':')?;
        let digits = |part: &str, least| (least..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let fits = digits(hour, 1) && digits(minute, 2);
        Time::new(fits.then(|| hour.parse().ok())??, minute.parse().ok()?, 0, 0).ok()
    };
    read().ok_or_else(|| format!("\u{201c}{text}\u{201d} is no time of day: expected one like 20:00"))
}

impl TryFrom<Vec<String>> for TimesOfDay {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        texts.iter().map(|text| parse_time(text)).collect::<Result<Vec<_>, _>>().and_then(Self::new)
    }
}

impl From<TimesOfDay> for Vec<String> {
    fn from(times: TimesOfDay) -> Self {
        times.0.into_iter().map(clock).collect()
    }
}
