//! At which destinations of a backup each of its versions lies, and at which it is missing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::location::Location;
use super::snapshot::{Manifest, VersionId};

/// By what was just listed at one destination, and what this home remembers of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// All that the backup has, in its order; the one alone that was listed where it is none of a backup of this home.
    pub destinations: Vec<Held>,
    /// Versions that do not lie where was listed, but at others; oldest first.
    pub elsewhere: Vec<VersionId>,
}

/// What a destination has of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub location: Location,
    /// Versions that lie there; `None`: this home has never had anything to do with it.
    pub versions: Option<BTreeSet<VersionId>>,
    /// The highest number that a version there ever had; 0 for none.
    pub highest: u64,
}

/// Where one version lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lies<'a> {
    pub at: Vec<&'a Location>,
    /// It is newer than all that these ever had.
    pub not_yet: Vec<&'a Location>,
    /// It was deleted there, or passed over.
    pub not_at: Vec<&'a Location>,
    /// What these hold is not known.
    pub unknown: Vec<&'a Location>,
}

impl Whereabouts {
    pub fn is_of_several(&self) -> bool {
        self.destinations.len() > 1
    }

    pub fn of(&self, version: &Manifest) -> Lies<'_> {
        let mut lies = Lies::default();
        for Held { location, versions, highest } in &self.destinations {
            let list = match versions {
                None => &mut lies.unknown,
                Some(there) if there.contains(&version.id) => &mut lies.at,
                Some(_) if *highest < version.sequence => &mut lies.not_yet,
                Some(_) => &mut lies.not_at,
            };
            list.push(location);
        }
        lies
    }

    /// Where a version lies of which only the id is known.
    pub fn at(&self, id: &VersionId) -> Vec<&Location> {
        let has = |held: &&Held| held.versions.as_ref().is_some_and(|there| there.contains(id));
        self.destinations.iter().filter(has).map(|held| &held.location).collect()
    }

    /// The destination with most of the versions that lie elsewhere, and how many these are.
    pub fn most_elsewhere(&self) -> Option<(&Location, usize)> {
        let count = |held: &Held| {
            let there = held.versions.as_ref();
            there.map_or(0, |there| self.elsewhere.iter().filter(|id| there.contains(*id)).count())
        };
        // The first of those that have as many.
        let counted = self.destinations.iter().rev().map(|held| (&held.location, count(held)));
        counted.max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0)
    }
}

impl<'a> Lies<'a> {
    /// Where it is known not to lie.
    pub fn missing(&self) -> Vec<&'a Location> {
        [self.not_yet.as_slice(), &self.not_at].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::PlanId;
    use crate::model::snapshot::{BackupType, CatalogRef, Totals};

    fn version(number: u8) -> Manifest {
        let started = jiff::Timestamp::from_second(1_790_000_000 + 3600 * i64::from(number)).unwrap();
        Manifest {
            format: 1,
            kind: "version".into(),
            plan: PlanId::from_random([1; 16]),
            id: VersionId::new(started, BackupType::Incremental, [number; 4]),
            sequence: number.into(),
            backup_type: BackupType::Incremental,
            parent: None,
            sealed: false,
            home: String::new(),
            started,
            finished: started,
            totals: Totals::default(),
            objects_sha256: String::new(),
            catalog: CatalogRef { name: String::new(), size: 0, index_offset: 0, index_length: 0 },
            needs: Vec::new(),
        }
    }

    fn held(name: &str, numbers: Option<&[u8]>, highest: u64) -> Held {
        let versions = numbers.map(|numbers| numbers.iter().map(|number| version(*number).id).collect());
        Held { location: Location::local(name), versions, highest }
    }

    #[test]
    fn a_version_lies_at_some_is_missing_at_some_and_of_some_nothing_is_known() {
        let destinations = vec![
            held("/all", Some(&[1, 2, 3]), 3),
            held("/away", Some(&[1]), 1),
            held("/less", Some(&[3]), 3),
            held("/new", None, 0),
        ];
        let [all, away, less, new] = ["/all", "/away", "/less", "/new"].map(Location::local);
        let known = Whereabouts { destinations, elsewhere: Vec::new() };
        assert!(known.is_of_several());
        let lies = |at: &[&'static str]| at.iter().map(|name| Location::local(*name)).collect::<Vec<_>>();
        let first = known.of(&version(1));
        assert_eq!((first.at, first.not_yet, first.not_at, first.unknown), (vec![&all, &away], vec![], vec![&less], vec![&new]));
        let second = known.of(&version(2));
        assert_eq!((second.at.clone(), second.not_yet.clone()), (vec![&all], vec![&away]));
        assert_eq!(second.missing().into_iter().cloned().collect::<Vec<_>>(), lies(&["/away", "/less"]));
        assert_eq!(known.of(&version(3)).at, [&all, &less]);
    }

    #[test]
    fn what_lies_elsewhere_is_looked_for_where_most_of_it_is() {
        let destinations = vec![held("/here", Some(&[1]), 1), held("/one", Some(&[2]), 2), held("/two", Some(&[2, 3]), 3)];
        let known = Whereabouts { destinations, elsewhere: vec![version(2).id, version(3).id] };
        assert_eq!(known.most_elsewhere(), Some((&Location::local("/two"), 2)));
        assert_eq!(known.at(&version(2).id), [&Location::local("/one"), &Location::local("/two")]);
        assert_eq!(Whereabouts { elsewhere: Vec::new(), ..known }.most_elsewhere(), None);
    }
}
