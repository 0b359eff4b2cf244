//! What a plan's versions take at a destination, and would take if only some of them stayed.

use std::collections::{BTreeMap, HashSet};

use crate::archive::object::{run_folder, volume_number};
use crate::model::marker;
use crate::model::problem::Problem;
use crate::model::snapshot::{Manifest, VersionId};

use super::super::folder::Folder;

/// Sizes of what lies in the runs' folders, and who needs what.
pub struct Taken<'m> {
    manifests: BTreeMap<&'m VersionId, &'m Manifest>,
    runs: BTreeMap<VersionId, Sizes>,
}

#[derive(Default)]
struct Sizes {
    volumes: BTreeMap<u32, u64>,
    catalog: u64,
    other: u64,
}

impl Sizes {
    fn all(&self) -> u64 {
        self.catalog + self.other + self.volumes.values().sum::<u64>()
    }
}

impl<'m> Taken<'m> {
    /// Asks for each run's folder.
    pub fn look(folder: &Folder, manifests: &[&'m Manifest]) -> Result<Self, Problem> {
        let mut runs = BTreeMap::new();
        for entry in folder.list(marker::DATA)?.into_iter().filter(|entry| entry.is_folder) {
            let Ok(run) = VersionId::try_from(entry.name) else { continue };
            let mut sizes = Sizes::default();
            for object in folder.list(&run_folder(&run))? {
                match volume_number(&object.name, folder.marker.sealed) {
                    Some(number) => *sizes.volumes.entry(number).or_default() += object.size,
                    None if object.name.starts_with("catalog.") => sizes.catalog += object.size,
                    None => sizes.other += object.size,
                }
            }
            runs.insert(run, sizes);
        }
        Ok(Self { manifests: manifests.iter().map(|manifest| (&manifest.id, *manifest)).collect(), runs })
    }

    /// Bytes that are stored when only these stay: all of their own runs' folders, and of other runs' what they need.
    pub fn by<'v>(&self, staying: impl Iterator<Item = &'v VersionId>) -> u64 {
        let staying: HashSet<&VersionId> = staying.collect();
        let mut bytes: u64 = staying.iter().filter_map(|id| self.runs.get(*id)).map(Sizes::all).sum();
        let mut needed: BTreeMap<&VersionId, (HashSet<u32>, bool)> = BTreeMap::new();
        for manifest in staying.iter().filter_map(|id| self.manifests.get(*id)) {
            for need in manifest.needs.iter().filter(|need| !staying.contains(&need.run)) {
                let Some(sizes) = self.runs.get(&need.run) else { continue };
                let (volumes, catalog) = needed.entry(&need.run).or_default();
                // By what lies there: a range may say what it likes.
                volumes.extend(need.volumes.iter().flat_map(|(first, last)| match first <= last {
                    true => sizes.volumes.range(first..=last).map(|(number, _)| *number).collect(),
                    false => Vec::new(),
                }));
                *catalog |= need.catalog;
            }
        }
        for (run, (volumes, catalog)) in needed {
            let Some(sizes) = self.runs.get(run) else { continue };
            bytes += volumes.iter().filter_map(|number| sizes.volumes.get(number)).sum::<u64>();
            bytes += if catalog { sizes.catalog } else { 0 };
            bytes += sizes.other;
        }
        bytes
    }
}
