//! Why a version stays or goes.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::buckets::Every;
use super::rule::{Retention, days};
use crate::model::human;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    // It stays:
    Pinned,
    /// The last that is complete, or nearly.
    LastGood,
    /// Newer than the last good one: what it has of new files, no other has.
    NewerThanGood,
    /// No version is good.
    NoneGood,
    /// Of the last so many, whatever else is said.
    Minimum {
        n: u32,
    },
    ForEver,
    Last {
        n: u32,
    },
    Younger {
        days: u32,
    },
    /// The newest of an hour, day … that begins then.
    NewestOf {
        every: Every,
        start: DateTime,
    },
    // It goes:
    /// What no part of the rule says of it.
    NotKept {
        rule: Retention,
    },
    /// Versions take more than this.
    NoRoom {
        bytes: u64,
    },
}

impl Reason {
    /// After "stays:" or "goes:".
    pub fn in_words(&self) -> String {
        match self {
            Self::Pinned => "pinned".into(),
            Self::LastGood => "the last good version".into(),
            Self::NewerThanGood => "newer than the last good version".into(),
            Self::NoneGood => "no version is good".into(),
            Self::Minimum { n: 1 } => "at least 1 is kept".into(),
            Self::Minimum { n } => format!("one of the {} that are always kept", human::count((*n).into())),
            Self::ForEver => "versions are kept for ever".into(),
            Self::Last { n: 1 } => "the last one".into(),
            Self::Last { n } => format!("one of the last {}", human::count((*n).into())),
            Self::Younger { days: n } => format!("not older than {}", days(*n)),
            Self::NewestOf { every, start } => format!("the newest of {}", every.label(*start)),
            Self::NotKept { rule } => not_kept(rule),
            Self::NoRoom { bytes } => format!("the versions take more than {}", human::bytes(*bytes)),
        }
    }
}

/// "older than 30 days, not among the last 3, not kept as one per day or week".
fn not_kept(rule: &Retention) -> String {
    let mut parts = Vec::new();
    parts.extend(rule.days.map(|n| format!("older than {}", days(n))));
    parts.extend(rule.last.map(|n| format!("not among the last {}", human::count(n.into()))));
    let every: Vec<&str> = rule.buckets().map(|(every, _)| every.name()).collect();
    if !every.is_empty() {
        parts.push(format!("not kept as one per {}", every.join(", ")));
    }
    parts.join("; ")
}
