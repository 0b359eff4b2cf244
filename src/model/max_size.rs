//! How much a backup may take at a destination, whatever room there is.

use serde::{Deserialize, Serialize};

use super::human;
use super::location::Location;
use super::room;

/// Bytes: in less there is no room for a version and what belongs to it.
pub const LEAST: u64 = 1 << 20;

/// Of a plan's destinations those that have one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MaxSizes(Vec<MaxSize>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MaxSize {
    /// Bytes of all that lies in the plan's folder.
    bytes: u64,
    destination: Location,
}

impl MaxSizes {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes; `None`: all there is room for.
    pub fn at(&self, destination: &Location) -> Option<u64> {
        let place = destination.place();
        self.0.iter().find(|known| known.destination.place() == place).map(|known| known.bytes)
    }

    /// Sets it, or takes it away.
    pub fn set(&mut self, destination: &Location, bytes: Option<u64>) {
        let place = destination.place();
        self.0.retain(|known| known.destination.place() != place);
        self.0.extend(bytes.map(|bytes| MaxSize { bytes, destination: destination.clone() }));
    }

    /// Those of these destinations alone.
    pub fn of(&self, destinations: &[Location]) -> Self {
        let is_one = |known: &&MaxSize| destinations.iter().any(|one| one.place() == known.destination.place());
        Self(self.0.iter().filter(is_one).cloned().collect())
    }

    /// Whether each is one that holds anything.
    pub fn is_valid(&self) -> bool {
        self.0.iter().all(|known| known.bytes >= LEAST)
    }
}

/// Bytes up to which volumes are written: a little of it stays for what ends a version, and for the marks of a clean-up.
pub fn for_volumes(max: u64) -> u64 {
    max - room::kept(max)
}

/// "at most 200 GB".
pub fn in_words(max: u64) -> String {
    format!("at most {}", human::bytes(max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Location {
        Location::typed(text).unwrap()
    }

    #[test]
    fn each_place_has_its_own() {
        let mut sizes = MaxSizes::default();
        sizes.set(&at("/media/blue"), Some(LEAST));
        sizes.set(&at("s3://my-bucket/a?access_key=ONE"), Some(7 * LEAST));
        sizes.set(&at("/media/blue"), Some(2 * LEAST));
        assert_eq!(sizes.at(&at("/media/blue")), Some(2 * LEAST));
        assert_eq!(sizes.at(&at("s3://my-bucket/a?access_key=TWO")), Some(7 * LEAST), "by another key");
        assert_eq!(sizes.at(&at("/media/red")), None);
        let left = sizes.of(&[at("/media/blue"), at("/media/red")]);
        assert_eq!((left.at(&at("/media/blue")), left.at(&at("s3://my-bucket/a"))), (Some(2 * LEAST), None));
        sizes.set(&at("s3://my-bucket/a"), None);
        assert_eq!(sizes, left);
        assert!(sizes.is_valid());
        sizes.set(&at("/media/blue"), Some(LEAST - 1));
        assert!(!sizes.is_valid());
    }

    #[test]
    fn a_little_stays_for_what_ends_a_version() {
        assert_eq!([for_volumes(0), for_volumes(1000), for_volumes(1 << 40)], [0, 990, (1 << 40) - (1 << 30)]);
        assert_eq!(in_words(200_000_000_000), "at most 200 GB");
    }
}
