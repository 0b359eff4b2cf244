//! A rule: what it says, and in words.

use serde::{Deserialize, Serialize};

use super::buckets::{Buckets, Every};
use crate::model::human;

/// In every part 0 is for ever, and `None` says nothing. The default keeps all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// All that is not older, in days of the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<u32>,
    /// So many stay whatever else is said, also where that takes more room than allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hourly: Option<Buckets>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily: Option<Buckets>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekly: Option<Buckets>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly: Option<Buckets>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yearly: Option<Buckets>,
    /// Room that the backup's versions may take at a destination; 0 and `None`: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
}

impl Retention {
    /// The smallest room that can be allowed: less is surely a slip.
    const LEAST_BYTES: u64 = 1 << 20;
    /// A thousand years.
    const MOST_DAYS: u32 = 366_000;

    /// Says nothing: all versions stay.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub fn check(&self) -> Result<(), String> {
        if self.max_bytes.is_some_and(|bytes| (1..Self::LEAST_BYTES).contains(&bytes)) {
            return Err("the room for versions is less than 1 MiB".into());
        }
        if self.days.is_some_and(|days| days > Self::MOST_DAYS) {
            return Err("days are more than a thousand years; 0 is for ever".into());
        }
        Ok(())
    }

    /// One version per hour, day …, as far as the rule says so.
    pub fn buckets(&self) -> impl Iterator<Item = (Every, Buckets)> {
        let all = [
            (Every::Hour, self.hourly),
            (Every::Day, self.daily),
            (Every::Week, self.weekly),
            (Every::Month, self.monthly),
            (Every::Year, self.yearly),
        ];
        all.into_iter().filter_map(|(every, buckets)| Some((every, buckets?)))
    }

    /// Whether all stay, but for want of room.
    pub fn keeps_all(&self) -> bool {
        let any = self.days.is_some() || self.last.is_some() || self.buckets().next().is_some();
        !any || self.days == Some(0) || self.last == Some(0)
    }

    /// The room, where it is bounded.
    pub fn most_bytes(&self) -> Option<u64> {
        self.max_bytes.filter(|bytes| *bytes > 0)
    }

    /// "the last 3, all of 30 days and one per day for 7 weeks; at least 2; at most 100 GB".
    pub fn in_words(&self) -> String {
        let mut parts = Vec::new();
        if self.keeps_all() {
            parts.push("for ever".to_owned());
        } else {
            parts.extend(
                self.last
                    .map(|n| if n == 1 { "the last one".to_owned() } else { format!("the last {}", human::count(n.into())) }),
            );
            parts.extend(self.days.map(|n| format!("all of {}", days(n))));
            parts.extend(
                self.buckets().map(|(every, buckets)| format!("one per {} {}", every.name(), buckets.in_words(every.name()))),
            );
        }
        let last = parts.pop().unwrap_or_default();
        let mut words = if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) };
        if let Some(min) = self.min.filter(|min| *min > 0) {
            words += &format!("; at least {}", human::count(min.into()));
        }
        if let Some(bytes) = self.most_bytes() {
            words += &format!("; at most {}", human::bytes(bytes));
        }
        words
    }
}

/// "1 day", "30 days", "a year", "2 years".
pub(super) fn days(n: u32) -> String {
    match n {
        365 | 366 => "a year".into(),
        _ if n > 0 && n.is_multiple_of(365) => format!("{} years", n / 365),
        _ => human::counted(n.into(), "day", "days"),
    }
}
