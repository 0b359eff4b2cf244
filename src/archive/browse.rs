//! Looks into a version without reading all of it: children of a folder, search, sums.

mod children;
mod compare;
mod everywhere;
mod pattern;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use self::children::FolderIndex;
pub use self::compare::{PathSearch, differences};
pub use self::everywhere::Everywhere;
pub(in crate::archive) use self::pattern::Pattern;
use super::catalog_io::CatalogReader;
use super::select::Selection;
use super::{Error, Result};
use crate::model::catalog::{Entry, Row, RowKind};
use crate::model::path::PathBytes;
use crate::model::run::Cancel;

/// A version that is looked into again and again: keeps parsed segments and where the pages of large folders begin.
pub struct Browser {
    catalog: Arc<CatalogReader>,
    segments: Mutex<VecDeque<(usize, Arc<Vec<Entry>>)>>,
    folders: Mutex<VecDeque<(Vec<u8>, FolderIndex)>>,
}

impl Browser {
    /// Bounds of what is kept.
    const SEGMENTS: usize = 64;
    const ENTRIES: usize = 50_000;
    const FOLDERS: usize = 16;

    pub fn new(catalog: Arc<CatalogReader>) -> Self {
        Self { catalog, segments: Mutex::default(), folders: Mutex::default() }
    }

    pub fn catalog(&self) -> &Arc<CatalogReader> {
        &self.catalog
    }

    /// Immediate children of `folder` (catalog path; empty: the sources), from row `skip`, at most `limit`; and how many there are in
    /// all. Skips whole segments below a child. Folders carry the sums of what lies below them.
    pub fn children(&self, folder: &[u8], skip: usize, limit: usize, cancel: &Cancel) -> Result<(Vec<Row>, usize)> {
        let key = super::select::trim(folder).to_vec();
        let mut index = {
            let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
            let at = known.iter().position(|(path, _)| *path == key);
            at.and_then(|at| known.remove(at)).map(|(_, index)| index).unwrap_or_default()
        };
        let result = View { catalog: &self.catalog, load: &|n| self.segment(n) }.children(&key, skip, limit, cancel, &mut index);
        let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        known.push_back((key, index));
        if known.len() > Self::FOLDERS {
            known.pop_front();
        }
        result
    }

    /// See [`find`].
    pub fn find(&self, text: &str, limit: usize, cancel: &Cancel) -> Result<Vec<Row>> {
        find(&self.catalog, text, limit, cancel)
    }

    /// See [`sum`].
    pub fn sum(&self, paths: &[PathBytes], except: &[PathBytes], cancel: &Cancel) -> Result<(u64, u64)> {
        sum(&self.catalog, paths, except, cancel)
    }

    fn segment(&self, number: usize) -> Result<Arc<Vec<Entry>>> {
        {
            let mut kept = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = kept.iter().position(|(n, _)| *n == number).and_then(|at| kept.remove(at)) {
                let entries = found.1.clone();
                kept.push_back(found);
                return Ok(entries);
            }
        }
        let entries = Arc::new(self.catalog.heads(number)?);
        let mut kept = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((number, entries.clone()));
        let mut count: usize = kept.iter().map(|(_, entries)| entries.len()).sum();
        while kept.len() > Self::SEGMENTS || (count > Self::ENTRIES && kept.len() > 1) {
            count -= kept.pop_front().map_or(0, |(_, entries)| entries.len());
        }
        Ok(entries)
    }
}

/// Entries whose name holds `text`, without regard to case; with `*` or `?` in it, names that it stands for as a whole. At most
/// `limit`.
pub fn find(catalog: &CatalogReader, text: &str, limit: usize, cancel: &Cancel) -> Result<Vec<Row>> {
    let pattern = Pattern::new(text);
    let mut found = Vec::new();
    for number in 0..catalog.index.segments.len() {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        for entry in catalog.heads(number)? {
            if found.len() >= limit {
                return Ok(found);
            }
            if pattern.fits(entry.path.file_name()) {
                found.push(row(&entry, None));
            }
        }
    }
    Ok(found)
}

/// Files and bytes below `paths` without those below `except`. Longer rules win, as in a tree of checkboxes.
pub fn sum(catalog: &CatalogReader, paths: &[PathBytes], except: &[PathBytes], cancel: &Cancel) -> Result<(u64, u64)> {
    Selection::new(paths, except).sum(catalog, cancel)
}

/// A catalog and a way to its segments.
struct View<'a> {
    catalog: &'a CatalogReader,
    load: &'a dyn Fn(usize) -> Result<Arc<Vec<Entry>>>,
}

/// What is shown of an entry. `below`: files and bytes below a folder, where known.
pub fn row(entry: &Entry, below: Option<(u64, u64)>) -> Row {
    let kind = RowKind::from(&entry.kind);
    Row {
        path: entry.path.clone(),
        kind,
        size: match kind {
            RowKind::File => Some(entry.size),
            RowKind::Folder => below.map(|(_, bytes)| bytes),
            RowKind::Symlink | RowKind::Fifo | RowKind::CharDevice | RowKind::BlockDevice => None,
        },
        files: below.map(|(files, _)| files),
        mtime: entry.mtime,
        mode: entry.mode,
        uid: entry.uid,
        gid: entry.gid,
        target: entry.kind.target().cloned(),
        kept_from: entry.kept_from.clone(),
        torn: entry.torn,
    }
}
