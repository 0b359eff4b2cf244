//! A name in many versions at once. Versions share most segments of their catalogs: each is read once, however many have it.

use std::collections::HashMap;

use super::pattern::Pattern;
use super::row;
use crate::archive::catalog_io::CatalogReader;
use crate::archive::{Error, Result};
use crate::model::catalog::{FileState, FoundFile, Row, RowKind};
use crate::model::path::PathBytes;
use crate::model::run::Cancel;
use crate::model::snapshot::VersionId;

/// States of one file that are told apart; what is older counts as the last of them.
const STATES: usize = 100;
/// Segments whose finds are remembered; beyond it they are read again.
const SEGMENTS: usize = 100_000;

/// Takes in versions, the newest first.
pub struct Everywhere {
    pattern: Pattern,
    limit: usize,
    files: Vec<FoundFile>,
    by_path: HashMap<PathBytes, usize>,
    /// By the hash of what stands in it: which file in which of its states.
    segments: HashMap<[u8; 32], Vec<(usize, usize)>>,
    more: bool,
}

impl Everywhere {
    /// `text` as for [`super::find`]; of at most `limit` files.
    pub fn new(text: &str, limit: usize) -> Self {
        Self {
            pattern: Pattern::new(text),
            limit,
            files: Vec::new(),
            by_path: HashMap::new(),
            segments: HashMap::new(),
            more: false,
        }
    }

    /// Adds what a version holds. A segment that cannot be read ends it with an error; what was found before stays.
    pub fn add(&mut self, catalog: &CatalogReader, cancel: &Cancel) -> Result<()> {
        for (number, segment) in catalog.index.segments.iter().enumerate() {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if let Some(known) = self.segments.get(&segment.hash) {
                for (file, state) in known {
                    if let Some(state) = self.files.get_mut(*file).and_then(|file| file.states.get_mut(*state)) {
                        state.versions += 1;
                    }
                }
                continue;
            }
            let mut found = Vec::new();
            for entry in catalog.segment(number)? {
                if self.pattern.fits(entry.path.file_name()) {
                    found.extend(self.take(row(&entry, None), &catalog.version));
                }
            }
            if self.segments.len() < SEGMENTS {
                self.segments.insert(segment.hash, found);
            }
        }
        Ok(())
    }

    fn take(&mut self, row: Row, version: &VersionId) -> Option<(usize, usize)> {
        let new = FileState {
            version: version.clone(),
            versions: 1,
            kind: row.kind,
            size: row.size,
            mtime: row.mtime,
            kept: row.kept_from.is_some(),
            torn: row.torn,
        };
        let Some(at) = self.by_path.get(&row.path).copied() else {
            if self.files.len() >= self.limit {
                self.more = true;
                return None;
            }
            self.by_path.insert(row.path.clone(), self.files.len());
            self.files.push(FoundFile { path: row.path, states: vec![new] });
            return Some((self.files.len() - 1, 0));
        };
        let states = &mut self.files.get_mut(at)?.states;
        let full = states.len() >= STATES;
        // A folder's own time says nothing of what lies in it: all its versions are one.
        let folder = new.kind == RowKind::Folder;
        let same = |state: &FileState| {
            state.kind == new.kind && (folder || (state.size, state.mtime, state.torn) == (new.size, new.mtime, new.torn))
        };
        let state = match states.iter().position(same).or(full.then_some(states.len().saturating_sub(1))) {
            Some(state) => {
                states.get_mut(state)?.versions += 1;
                state
            }
            None => {
                states.push(new);
                states.len() - 1
            }
        };
        Some((at, state))
    }

    /// Those of the newest version first, in the order of their paths; and whether there would be more.
    pub fn finish(self) -> (Vec<FoundFile>, bool) {
        (self.files, self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::test_version::{Builder, TestVersion, entry};
    use crate::model::catalog::{Entry, EntryKind, FileTime};

    fn version(files: &[(&str, i64)]) -> TestVersion {
        let mut builder = Builder::new(&["/s"]);
        for (path, seconds) in files {
            let mtime = FileTime { seconds: *seconds, nanos: 0 };
            builder.add(Entry { mtime, ..entry(path, EntryKind::File) }, b"12345");
        }
        builder.build()
    }

    fn told(found: &[FoundFile]) -> Vec<String> {
        let states =
            |file: &FoundFile| file.states.iter().map(|s| format!("{}×{}", s.mtime.seconds, s.versions)).collect::<Vec<_>>();
        found.iter().map(|file| format!("{} {}", file.path.display(), states(file).join(" "))).collect()
    }

    #[test]
    fn a_file_is_found_in_each_of_its_states() {
        let versions =
            [version(&[("s/a.txt", 3)]), version(&[("s/a.txt", 2), ("s/gone A.txt", 1)]), version(&[("s/a.txt", 2), ("s/b", 1)])];
        let mut search = Everywhere::new("a.t", 10);
        for version in &versions {
            search.add(&version.catalog(), &Cancel::default()).unwrap();
        }
        let (found, more) = search.finish();
        assert_eq!(told(&found), ["s/a.txt 3×1 2×2", "s/gone A.txt 1×1"]);
        assert!(!more);
    }

    #[test]
    fn what_versions_share_is_read_once() {
        let version = version(&[("s/a.txt", 3), ("s/b.txt", 3)]);
        let mut search = Everywhere::new(".txt", 1);
        search.add(&version.catalog(), &Cancel::default()).unwrap();
        let again = version.catalog();
        version.objects.take_reads();
        search.add(&again, &Cancel::default()).unwrap();
        assert_eq!(version.objects.take_reads().len(), 0);
        let (found, more) = search.finish();
        assert_eq!(told(&found), ["s/a.txt 3×2"]);
        assert!(more, "the second file is beyond the limit, and that is said");
    }

    #[test]
    fn it_can_be_cancelled() {
        let cancel = Cancel::default();
        cancel.cancel();
        let found = Everywhere::new("a", 1).add(&version(&[("s/a", 1)]).catalog(), &cancel);
        assert!(matches!(found, Err(Error::Cancelled)));
    }
}
