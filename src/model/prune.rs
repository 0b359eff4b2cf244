//! What goes when versions are deleted: a value that can be shown before anything is touched (FORMAT §1, §4).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::restore::Place;
use super::snapshot::{Manifest, VersionId};
use super::sum;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteSpec {
    pub from: Place,
    pub versions: Vec<VersionId>,
    /// Also at the other destinations of the saved plan, as far as they lie there.
    #[serde(default)]
    pub everywhere: bool,
}

/// Objects as they lie in a run's folder: names and sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    pub run: VersionId,
    pub objects: Vec<(String, u64)>,
}

/// What would go, and what stays of the same runs and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrunePlan {
    /// Versions that go.
    pub versions: Vec<VersionId>,
    /// Versions that stay.
    pub left: u64,
    pub runs: Vec<PrunedRun>,
    /// Bytes that become free.
    pub bytes: u64,
    /// Bytes of deleted versions that stay, since other versions need them.
    pub kept_bytes: u64,
}

/// What goes of one run's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrunedRun {
    pub run: VersionId,
    /// All of it.
    pub whole: bool,
    /// Names within the folder.
    pub objects: Vec<String>,
    pub bytes: u64,
    pub kept_bytes: u64,
    /// Versions that need what stays.
    pub needed_by: Vec<VersionId>,
}

/// `staying`: all manifests but those of versions that go. `folders`: what lies in the folders of versions that go, or went before.
///
/// A volume or catalog stays as long as a version that stays needs it, and `objects.json` as long as anything of its run. What
/// nobody knows stays with it: only a folder that nobody needs goes whole.
pub fn plan(staying: &[Manifest], versions: Vec<VersionId>, folders: Vec<RunFolder>) -> PrunePlan {
    let alive: HashSet<&VersionId> = staying.iter().map(|m| &m.id).collect();
    let mut needs: BTreeMap<&VersionId, Needed> = BTreeMap::new();
    for manifest in staying {
        for need in &manifest.needs {
            let needed = needs.entry(&need.run).or_default();
            needed.volumes.extend(need.volumes.iter().copied());
            needed.catalog |= need.catalog;
            needed.by.insert(&manifest.id);
        }
    }
    let mut plan = PrunePlan { versions, left: staying.len() as u64, ..PrunePlan::default() };
    for folder in folders.into_iter().filter(|folder| !alive.contains(&folder.run)) {
        let needed = needs.get(&folder.run);
        let goes = |name: &str| needed.is_none_or(|needed| needed.spares(name));
        let (gone, kept): (Vec<_>, Vec<_>) = folder.objects.into_iter().partition(|(name, _)| goes(name));
        let run = PrunedRun {
            run: folder.run.clone(),
            whole: needed.is_none(),
            bytes: bytes_of(&gone),
            objects: gone.into_iter().map(|(name, _)| name).collect(),
            kept_bytes: bytes_of(&kept),
            needed_by: needed.map_or(Vec::new(), |needed| needed.by.iter().map(|id| (*id).clone()).collect()),
        };
        plan.bytes = plan.bytes.saturating_add(run.bytes);
        plan.kept_bytes = plan.kept_bytes.saturating_add(run.kept_bytes);
        plan.runs.push(run);
    }
    plan
}

fn bytes_of(objects: &[(String, u64)]) -> u64 {
    sum::saturating(objects.iter().map(|(_, size)| *size))
}

/// What versions need of one run.
#[derive(Default)]
struct Needed<'a> {
    volumes: Vec<(u32, u32)>,
    catalog: bool,
    by: BTreeSet<&'a VersionId>,
}

impl Needed<'_> {
    /// Whether an object is certainly not needed.
    fn spares(&self, name: &str) -> bool {
        match volume_number(name) {
            Some(number) => !self.volumes.iter().any(|(first, last)| (*first..=*last).contains(&number)),
            None => name.starts_with("catalog.") && !self.catalog,
        }
    }
}

/// The number of a volume's file name, whatever its format: `v0001.tar.zst.sealed`.
fn volume_number(name: &str) -> Option<u32> {
    let (number, _) = name.strip_prefix('v')?.split_once('.')?;
    let digits = number.len() >= 4 && number.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::plan::PlanId;
    use crate::model::snapshot::{CatalogRef, Need, Totals};

    fn id(n: u8) -> VersionId {
        VersionId::try_from(format!("20261121T20{n:02}00Z-incr-{n:08x}")).unwrap()
    }

    /// Of a run: volumes, and whether its catalog.
    type Needs<'a> = (u8, &'a [(u32, u32)], bool);

    fn manifest(n: u8, needs: &[Needs<'_>]) -> Manifest {
        Manifest {
            format: 1,
            kind: "version".into(),
            plan: PlanId::from_random([1; 16]),
            id: id(n),
            sequence: n.into(),
            backup_type: id(n).backup_type(),
            parent: None,
            sealed: true,
            home: String::new(),
            started: Timestamp::UNIX_EPOCH,
            finished: Timestamp::UNIX_EPOCH,
            totals: Totals::default(),
            objects_sha256: String::new(),
            catalog: CatalogRef { name: String::new(), size: 0, index_offset: 0, index_length: 0 },
            needs: needs
                .iter()
                .map(|(n, volumes, catalog)| Need { run: id(*n), volumes: volumes.to_vec(), catalog: *catalog })
                .collect(),
        }
    }

    fn folder(n: u8) -> RunFolder {
        let names = [
            "v0001.tar.zst.sealed",
            "v0002.tar.zst.sealed",
            "v10000.tar.gz",
            "catalog.jsonl.zst.sealed",
            "objects.json",
            "stray",
        ];
        RunFolder {
            run: id(n),
            objects: names.iter().zip([1, 10, 100, 1000, 10_000, 100_000]).map(|(n, s)| (n.to_string(), s)).collect(),
        }
    }

    #[test]
    fn a_folder_that_nobody_needs_goes_whole() {
        let plan = plan(&[manifest(3, &[(2, &[(1, 1)], false)])], vec![id(1)], vec![folder(1)]);
        assert_eq!((plan.bytes, plan.kept_bytes, plan.left), (111_111, 0, 1));
        assert!(plan.runs[0].whole && plan.runs[0].objects.len() == 6);
    }

    #[test]
    fn what_others_need_stays_and_the_list_of_objects_with_it() {
        let staying =
            [manifest(2, &[(1, &[(1, 1)], false)]), manifest(3, &[(1, &[(10_000, 10_000)], false), (2, &[(1, 9)], true)])];
        let of = plan(&staying, vec![id(1)], vec![folder(1)]);
        assert_eq!(of.runs[0].objects, ["v0002.tar.zst.sealed", "catalog.jsonl.zst.sealed"]);
        assert_eq!((of.bytes, of.kept_bytes, of.runs[0].whole), (1010, 110_101, false));
        assert_eq!(of.runs[0].needed_by, [id(2), id(3)]);
        // When the versions that needed it go too, it goes.
        let of = plan(&[], vec![id(2), id(3)], vec![folder(1), folder(2), folder(3)]);
        assert!(of.runs.iter().all(|run| run.whole) && of.runs.len() == 3);
    }

    #[test]
    fn sizes_that_cannot_be_are_no_more_than_all_there_is() {
        let lying = |n| RunFolder { objects: vec![("v0001.tar".into(), u64::MAX), ("v0002.tar".into(), 7)], ..folder(n) };
        let of = plan(&[], vec![id(1), id(2)], vec![lying(1), lying(2)]);
        assert_eq!((of.bytes, of.runs[0].bytes), (u64::MAX, u64::MAX));
        let of = plan(&[manifest(3, &[(1, &[(1, 2)], false), (2, &[(1, 2)], false)])], vec![], vec![lying(1), lying(2)]);
        assert_eq!((of.bytes, of.kept_bytes), (0, u64::MAX));
    }

    #[test]
    fn a_version_that_stays_keeps_all_its_own() {
        let of = plan(&[manifest(1, &[])], vec![], vec![folder(1)]);
        assert!(of.runs.is_empty() && of.bytes == 0);
    }

    #[test]
    fn names_of_volumes_are_told_from_others() {
        assert_eq!(volume_number("v0012.zip"), Some(12));
        assert_eq!(volume_number("v12345.tar.zst.sealed"), Some(12_345));
        for name in ["v1.tar", "v.tar", "catalog.jsonl.zst", "v00x1.tar", "v0001", "volume", "v99999999999.tar"] {
            assert_eq!(volume_number(name), None, "{name}");
        }
    }
}
