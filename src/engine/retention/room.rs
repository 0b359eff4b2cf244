//! What a plan's versions take at a destination, and would take if only some of them stayed.

use std::collections::{BTreeMap, HashSet};

use crate::archive::object::{run_folder, volume_number};
use crate::model::marker;
use crate::model::problem::Problem;
use crate::model::snapshot::{Manifest, VersionId};
use crate::model::sum;

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
        sum::saturating(self.volumes.values().copied().chain([self.catalog, self.other]))
    }

    /// An object of so many bytes.
    fn add(&mut self, name: &str, bytes: u64, sealed: bool) {
        let of = match volume_number(name, sealed) {
            Some(number) => self.volumes.entry(number).or_default(),
            None if name.starts_with("catalog.") => &mut self.catalog,
            None => &mut self.other,
        };
        *of = of.saturating_add(bytes);
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
                sizes.add(&object.name, object.size, folder.marker.sealed);
            }
            runs.insert(run, sizes);
        }
        Ok(Self { manifests: manifests.iter().map(|manifest| (&manifest.id, *manifest)).collect(), runs })
    }

    /// Bytes that are stored when only these stay: all of their own runs' folders, and of other runs' what they need.
    pub fn by<'v>(&self, staying: impl Iterator<Item = &'v VersionId>) -> u64 {
        let staying: HashSet<&VersionId> = staying.collect();
        let mut bytes: Vec<u64> = staying.iter().filter_map(|id| self.runs.get(*id)).map(Sizes::all).collect();
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
            bytes.extend(volumes.iter().filter_map(|number| sizes.volumes.get(number)));
            bytes.extend(catalog.then_some(sizes.catalog));
            bytes.push(sizes.other);
        }
        sum::saturating(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_cannot_be_are_no_more_than_all_there_is() {
        let id = |n: u8| VersionId::try_from(format!("20261121T20{n:02}00Z-full-{n:08x}")).unwrap();
        let lying = |bytes| {
            let mut sizes = Sizes::default();
            ["v0001.tar", "catalog.jsonl", "objects.json", "x"].into_iter().for_each(|name| sizes.add(name, bytes, false));
            sizes
        };
        let taken =
            |bytes| Taken { manifests: BTreeMap::new(), runs: BTreeMap::from([(id(1), lying(bytes)), (id(2), lying(bytes))]) };
        assert_eq!(taken(1).by([id(1), id(2)].iter()), 8);
        assert_eq!(taken(u64::MAX).by([id(1), id(2)].iter()), u64::MAX);
    }
}
