//! Making a plan's folder. Another start may be making it in the same moment, by another address of the same place, or have been cut short:
//! which of both, nobody can tell. So nothing is taken away but an older text for people.

use std::sync::Arc;

use super::{Folder, Keys, sha256_hex};
use crate::archive::key::KeyRing;
use crate::archive::{self, json_lines};
use crate::engine::explain;
use crate::engine::few_at_once::few_at_once;
use crate::model::marker::{self, Marker, Owner};
use crate::model::problem::Problem;
use crate::model::recover;
use crate::storage::{Kind, Storage};

impl Folder {
    /// Makes a new plan folder, `at_once` files at a time. The marker comes last: without it there is no plan folder. What this home has left
    /// there by a start that was cut short serves.
    pub fn create(
        storage: &Arc<dyn Storage>,
        name: String,
        marker: Marker,
        keys: Option<(&KeyRing, &Keys)>,
        owner: Owner,
        at_once: usize,
    ) -> Result<Self, Problem> {
        let readme = marker::readme(&marker.name, marker.sealed).into_bytes();
        // A copy's marker came from an older Strongroom, perhaps: these are the texts of today.
        let (readme_sha256, recover_sha256) = (sha256_hex(&readme), Some(sha256_hex(recover::TEXT.as_bytes())));
        let marker = Marker { readme_sha256, recover_sha256, ..marker };
        let folder = Self { storage: storage.clone(), name, marker, unmarked: None, reserve: Arc::default() };
        let ring = keys.map(|(ring, _)| ring);
        folder.check_unbegun(&owner.home, ring)?;
        let owner = Owner { n: 1, ..owner };
        let owner = (marker::owner_name(1, &owner.home), json_lines::encode(&owner, ring.map(KeyRing::newest)));
        let mut first = vec![(marker::README.into(), readme), (recover::NAME.into(), recover::TEXT.into()), owner];
        if let Some((_, keys)) = keys {
            first.extend(keys.copies().map(|name| (name, keys.bytes.clone())));
        }
        few_at_once(&first, at_once, |(name, bytes)| folder.put_first(name, bytes, ring))?;
        if let Some((_, keys)) = keys {
            folder.check_keys(keys)?;
        }
        match storage.put(&folder.full(marker::MARKER), &json_lines::encode(&folder.marker, ring.map(KeyRing::newest))) {
            Ok(()) => Ok(folder),
            Err(error) if error.kind == Kind::AlreadyExists => Err(folder.begun_elsewhere()),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses where somebody else has begun to make it, or has made it meanwhile.
    fn check_unbegun(&self, home: &str, ring: Option<&KeyRing>) -> Result<(), Problem> {
        self.storage.look_anew();
        let there = self.list("")?;
        let has = |name: &str| there.iter().any(|entry| entry.name == name);
        // What is left of a start has no versions in it.
        if has(marker::VERSIONS) || has(marker::DATA) {
            return Err(archive::Error::Missing { object: self.full(marker::MARKER) }.into());
        }
        let is_anothers = there.iter().filter_map(|entry| marker::parse_owner_name(&entry.name)).any(|(_, owner)| owner != home);
        // A key is kept here before anything is sealed with it.
        let newest =
            if there.iter().any(|entry| marker::parse_keys_name(&entry.name).is_some()) { self.newest_key()? } else { None };
        let is_sealed_otherwise = newest.is_some_and(|key| ring.is_none_or(|ring| ring.newest().id != key));
        if has(marker::MARKER) || is_anothers || is_sealed_otherwise { Err(self.begun_elsewhere()) } else { Ok(()) }
    }

    /// Puts one of the first objects.
    fn put_first(&self, name: &str, bytes: &[u8], ring: Option<&KeyRing>) -> Result<(), Problem> {
        match self.storage.put(&self.full(name), bytes) {
            Err(error) if error.kind == Kind::AlreadyExists => {}
            put => return Ok(put?),
        }
        let there = self.read_all(name)?;
        if there == bytes || (marker::parse_owner_name(name).is_some() && self.read_owner(name, ring).is_ok()) {
            return Ok(());
        }
        if ![marker::README, recover::NAME].contains(&name) {
            return Err(self.begun_elsewhere());
        }
        self.delete(name)?;
        self.put(name, bytes)
    }

    fn begun_elsewhere(&self) -> Problem {
        explain::begun_elsewhere(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use jiff::Timestamp;

    use super::*;
    use crate::archive::key::{self, KdfCost, NewSlot, PlanKey, SlotKind};
    use crate::model::format::KdfKind;
    use crate::model::plan::PlanId;
    use crate::model::problem::Code;
    use crate::storage::local::Local;

    const FOLDER: &str = "Documents-1";

    /// A start of one home; `key`: which the plan is sealed with, and by how many files of slots that are there.
    struct Start {
        home: &'static str,
        key: Option<([u8; 16], u32)>,
    }

    const OURS: &str = "00000000000000000000000000000001";
    const OTHER: &str = "00000000000000000000000000000002";

    fn plan() -> PlanId {
        PlanId::from_random([9; 16])
    }

    impl Start {
        fn make(&self, at: &Path, second: i64) -> Result<Folder, Problem> {
            let storage: Arc<dyn Storage> = Arc::new(Local::open(at).unwrap());
            let since = Timestamp::from_second(second).unwrap();
            let marker = Marker {
                format: marker::FORMAT,
                kind: Marker::KIND.into(),
                plan: plan(),
                name: "Documents".into(),
                machine: "box".into(),
                sealed: self.key.is_some(),
                created: since,
                readme_sha256: String::new(),
                recover_sha256: None,
            };
            let (format, kind, home) = (marker::FORMAT, Owner::KIND.into(), self.home.to_owned());
            let owner = Owner { format, kind, plan: plan(), n: 1, home, machine: "box".into(), since };
            let keys = self.key.map(|(id, n)| {
                let ring = KeyRing::new(PlanKey { id, bytes: zeroize::Zeroizing::new([7; 32]) });
                let (kind, cost) = (SlotKind::Password, KdfCost::least(KdfKind::Scrypt));
                let slots = [NewSlot { kind, secret: "a secret", cost, created: since }];
                let file = key::encode(&plan(), n, &ring, &slots, &mut |bytes| getrandom::fill(bytes).unwrap()).unwrap();
                (ring, Keys::new(n, file))
            });
            let keys = keys.as_ref().map(|(ring, keys)| (ring, keys));
            Folder::create(&storage, FOLDER.into(), marker, keys, owner, 2)
        }
    }

    fn names(at: &Path) -> Vec<String> {
        let names = fs::read_dir(at.join(FOLDER)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    fn code(made: Result<Folder, Problem>) -> Option<Code> {
        made.err().map(|problem| problem.code)
    }

    #[test]
    fn what_a_start_of_ours_has_left_serves() {
        for key in [None, Some([1; 16])] {
            let root = tempfile::tempdir().unwrap();
            let start = |n: u32| Start { home: OURS, key: key.map(|id| (id, n)) };
            start(1).make(root.path(), 1).unwrap();
            let whole = names(root.path());
            fs::remove_file(root.path().join(FOLDER).join(marker::MARKER)).unwrap();
            fs::write(root.path().join(FOLDER).join(marker::README), "of an older Strongroom").unwrap();
            fs::remove_file(root.path().join(FOLDER).join(recover::NAME)).unwrap();
            let owner = fs::read(root.path().join(FOLDER).join(marker::owner_name(1, OURS))).unwrap();
            let folder = start(2).make(root.path(), 2).unwrap();
            assert_eq!(sha256_hex(&folder.read_all(marker::README).unwrap()), folder.marker.readme_sha256);
            assert_eq!(folder.read_all(&marker::owner_name(1, OURS)).unwrap(), owner, "it may be another start's");
            let mut wanted = whole;
            if key.is_some() {
                wanted.extend([marker::keys_name(2), marker::keys_copy_name(2)]);
                wanted.sort();
            }
            assert_eq!(names(root.path()), wanted);
        }
    }

    #[test]
    fn what_another_start_makes_is_left_to_it() {
        let others = [
            Start { home: OTHER, key: None },
            Start { home: OTHER, key: Some(([1; 16], 1)) },
            // A key that is not known here.
            Start { home: OURS, key: Some(([2; 16], 1)) },
        ];
        for other in others {
            for is_whole in [true, false] {
                let root = tempfile::tempdir().unwrap();
                other.make(root.path(), 1).unwrap();
                if !is_whole {
                    fs::remove_file(root.path().join(FOLDER).join(marker::MARKER)).unwrap();
                }
                let before = names(root.path());
                for key in [None, Some(([1; 16], 2))] {
                    assert_eq!(code(Start { home: OURS, key }.make(root.path(), 2)), Some(Code::OtherOwner));
                }
                assert_eq!(names(root.path()), before);
            }
        }
    }

    #[test]
    fn one_that_is_whole_or_has_versions_is_none_to_be_made() {
        let root = tempfile::tempdir().unwrap();
        let start = Start { home: OURS, key: None };
        start.make(root.path(), 1).unwrap();
        assert_eq!(code(start.make(root.path(), 1)), Some(Code::OtherOwner), "by another address of the same place");
        fs::remove_file(root.path().join(FOLDER).join(marker::MARKER)).unwrap();
        fs::create_dir(root.path().join(FOLDER).join(marker::VERSIONS)).unwrap();
        assert!(code(start.make(root.path(), 1)).is_some_and(|code| code != Code::OtherOwner));
    }
}
