//! When a person is asked before versions go.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::judge::Version;
use crate::model::human;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "doubt", rename_all = "kebab-case")]
pub enum Doubt {
    /// A version lies ahead of the clock.
    ClockBehind { version: Timestamp, now: Timestamp },
    /// The newest version is more than 30 days old.
    ClockAhead { version: Timestamp, now: Timestamp },
    /// Between two versions the clock was put back, and one of them would go.
    ClockJumped { first: Timestamp, then: Timestamp },
    /// More than half would go.
    Many { going: u64, of: u64 },
    /// The last backup was held: a source vanished or shrank sharply.
    Held,
}

/// Longest silence after which the clock is believed.
const SILENCE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Two systems on a machine that keep its clock differently are never further apart.
const SLACK: SignedDuration = SignedDuration::from_hours(26);

/// `versions`: newest first. Nothing is asked where nothing goes.
pub(super) fn doubts(versions: &[&Version], stays: &[bool], now: Timestamp) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let going = stays.iter().filter(|stays| !**stays).count();
    let Some(newest) = versions.first().filter(|_| going > 0) else { return doubts };
    if let Some(ahead) = versions.iter().map(|version| version.time).max().filter(|time| *time > now) {
        doubts.push(Doubt::ClockBehind { version: ahead, now });
    } else if now.duration_since(newest.time) > SILENCE {
        doubts.push(Doubt::ClockAhead { version: newest.time, now });
    }
    let pairs = versions.iter().zip(stays).zip(versions.iter().zip(stays).skip(1));
    for ((newer, newer_stays), (older, older_stays)) in pairs {
        let back = older.time.duration_since(newer.time);
        if back > SLACK && !(*newer_stays && *older_stays) {
            doubts.push(Doubt::ClockJumped { first: older.time, then: newer.time });
            break;
        }
    }
    if going * 2 > versions.len() {
        doubts.push(Doubt::Many { going: going as u64, of: versions.len() as u64 });
    }
    doubts
}

impl Doubt {
    /// A whole sentence.
    pub fn in_words(self, zone: &TimeZone) -> String {
        let at = |time: Timestamp| time.to_zoned(zone.clone()).strftime("%-d %b %Y %H:%M").to_string();
        match self {
            Self::ClockBehind { version, now } => {
                format!("This computer's clock says {}, but there is a version of {}.", at(now), at(version))
            }
            Self::ClockAhead { version, now } => {
                format!("This computer's clock says {}, and the newest version is of {}.", at(now), at(version))
            }
            Self::ClockJumped { first, then } => {
                format!("The clock was put back between two versions, from {} to {}.", at(first), at(then))
            }
            Self::Held => "The last backup was held since a source is gone or has become small.".into(),
            Self::Many { going, of } => {
                format!("{} of {} would go.", human::count(going), human::counted(of, "version", "versions"))
            }
        }
    }
}
