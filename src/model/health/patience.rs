//! How long a destination may be away before somebody should know.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::model::location::Location;

/// In the settings; whole days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Patience {
    pub servers: u8,
    /// Folders and drives of this machine: they are plugged in when somebody thinks of it.
    pub drives: u8,
}

impl Default for Patience {
    fn default() -> Self {
        Self { servers: 3, drives: 7 }
    }
}

impl Patience {
    /// The most days that may be set; the least is one.
    pub const MOST: u8 = 90;

    /// `since`: when it was first found to be away, and never there again.
    pub fn is_over(self, destination: &Location, since: Timestamp, now: Timestamp) -> bool {
        let days = if destination.path().is_some() { self.drives } else { self.servers };
        // Settings may be edited by hand.
        let most = SignedDuration::from_hours(24 * i64::from(days.clamp(1, Self::MOST)));
        now.duration_since(since) >= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_over(patience: Patience, destination: &Location, hours: i64) -> bool {
        let since: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        patience.is_over(destination, since, since + SignedDuration::from_hours(hours))
    }

    #[test]
    fn a_server_is_missed_sooner_than_a_drive() {
        let server = Location::of_server("sftp://nas/b").unwrap().unwrap();
        let drive = Location::local("/media/blue");
        let usual = Patience::default();
        assert_eq!([71, 72].map(|hours| is_over(usual, &server, hours)), [false, true]);
        assert_eq!([72, 167, 168].map(|hours| is_over(usual, &drive, hours)), [false, false, true]);
        assert!(!is_over(usual, &server, -100), "a clock that was set back");
        let other = Patience { servers: 10, drives: 1 };
        assert_eq!([239, 240].map(|hours| is_over(other, &server, hours)), [false, true]);
        assert_eq!([23, 24].map(|hours| is_over(other, &drive, hours)), [false, true]);
        let odd = Patience { servers: 0, drives: 255 };
        assert_eq!([23, 24].map(|hours| is_over(odd, &server, hours)), [false, true], "one is the least");
        assert_eq!([24 * 90 - 1, 24 * 90].map(|hours| is_over(odd, &drive, hours)), [false, true]);
    }
}
