//! One path in many versions, and two versions against each other. Segments that versions share are the same, and not read for it.

use std::collections::HashMap;

use crate::archive::catalog_io::{CatalogReader, SegmentRef};
use crate::archive::select::{segment_of, trim};
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind, RowKind};
use crate::model::compare::{Aspect, Change, Difference, InVersion, PathHistory, Side};
use crate::model::path::PathBytes;
use crate::model::run::Cancel;
use crate::model::snapshot::Manifest;

/// Segments whose answer is remembered; beyond it they are read again.
const SEGMENTS: usize = 10_000;

/// Follows a path through versions, the newest first.
pub struct PathSearch {
    path: Vec<u8>,
    history: PathHistory,
    /// What stands in a segment, by the hashes of its frames.
    known: HashMap<Vec<[u8; 32]>, Option<Entry>>,
    /// The path in the version before, if it had it.
    newer: Option<Entry>,
}

impl PathSearch {
    pub fn new(path: &[u8]) -> Self {
        Self { path: trim(path).to_vec(), history: PathHistory::default(), known: HashMap::new(), newer: None }
    }

    /// Adds what a version has. After an error it counts as not looked into.
    pub fn add(&mut self, catalog: &CatalogReader, manifest: &Manifest) -> Result<()> {
        let entry = self.find(catalog)?;
        self.history.versions += 1;
        if let (Some(newer), Some(entry)) = (&self.newer, &entry)
            && let Some(last) = self.history.states.last_mut()
        {
            last.changed = Some(aspects(entry, newer));
        }
        if let Some(entry) = &entry {
            let (version, started) = (manifest.id.clone(), manifest.started);
            self.history.states.push(InVersion { version, started, side: side(entry), changed: None });
        }
        self.newer = entry;
        Ok(())
    }

    /// A version that cannot be looked into. What came before it is compared with what comes after.
    pub fn skip(&mut self) {
        self.history.unreadable += 1;
    }

    pub fn finish(self) -> PathHistory {
        self.history
    }

    fn find(&mut self, catalog: &CatalogReader) -> Result<Option<Entry>> {
        let number = segment_of(catalog, &self.path);
        let Some(segment) = catalog.index.segments.get(number) else { return Ok(None) };
        let key: Vec<[u8; 32]> = segment.frames().map(|frame| frame.hash).collect();
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let found = catalog.segment(number)?.into_iter().find(|entry| entry.path.as_bytes() == self.path);
        if self.known.len() < SEGMENTS {
            self.known.insert(key, found.clone());
        }
        Ok(found)
    }
}

/// The differences whose paths come after `past`, at most `limit`; and up to where they are told, if there may be more.
pub fn differences(
    before: &CatalogReader,
    after: &CatalogReader,
    past: Option<&PathBytes>,
    limit: usize,
    cancel: &Cancel,
) -> Result<(Vec<Difference>, Option<PathBytes>)> {
    let (mut old, mut new) = (Walk::past(before, past)?, Walk::past(after, past)?);
    let mut found = Vec::new();
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if let (Some(a), Some(b)) = (old.next_segment(), new.next_segment())
            && is_same(a, b)
        {
            (old.number, new.number) = (old.number + 1, new.number + 1);
            continue;
        }
        let order = match (old.path(), new.path()) {
            (None, None) => return Ok((found, None)),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        // Only a side that stands first is read, so that the other stays at the beginning of a segment as long as it can.
        let read = [(&mut old, order.is_le()), (&mut new, order.is_ge())];
        let mut loaded = false;
        for (walk, first) in read {
            loaded |= first && walk.load()?;
        }
        if loaded {
            continue;
        }
        let removed = if order.is_le() { old.entries.next() } else { None };
        let added = if order.is_ge() { new.entries.next() } else { None };
        found.extend(difference(removed.as_ref(), added.as_ref()));
        if found.len() >= limit {
            let told = removed.or(added).map(|entry| entry.path);
            return Ok((found, told));
        }
    }
}

/// Goes through a version's entries, and knows when it stands between two segments.
struct Walk<'a> {
    catalog: &'a CatalogReader,
    /// Of the next segment to read.
    number: usize,
    entries: std::iter::Peekable<std::vec::IntoIter<Entry>>,
}

impl<'a> Walk<'a> {
    fn past(catalog: &'a CatalogReader, past: Option<&PathBytes>) -> Result<Self> {
        let mut walk = Self { catalog, number: 0, entries: Vec::new().into_iter().peekable() };
        if let Some(past) = past {
            walk.number = segment_of(catalog, past.as_bytes());
            walk.load()?;
            while walk.entries.next_if(|entry| entry.path <= *past).is_some() {}
        }
        Ok(walk)
    }

    /// The segment at whose beginning it stands.
    fn next_segment(&mut self) -> Option<&'a SegmentRef> {
        if self.entries.peek().is_some() { None } else { self.catalog.index.segments.get(self.number) }
    }

    /// The path that comes next.
    fn path(&mut self) -> Option<&PathBytes> {
        let next = self.catalog.index.segments.get(self.number);
        self.entries.peek().map(|entry| &entry.path).or(next.map(|segment| &segment.first))
    }

    /// Reads the next segment where nothing is left of the last. Whether it did.
    fn load(&mut self) -> Result<bool> {
        if self.next_segment().is_none() {
            return Ok(false);
        }
        self.entries = self.catalog.segment(self.number)?.into_iter().peekable();
        self.number += 1;
        Ok(true)
    }
}

/// The same entries, wherever they are stored.
fn is_same(a: &SegmentRef, b: &SegmentRef) -> bool {
    a.hash == b.hash && a.more.len() == b.more.len() && a.more.iter().zip(&b.more).all(|(a, b)| a.hash == b.hash)
}

fn difference(before: Option<&Entry>, after: Option<&Entry>) -> Option<Difference> {
    let path = after.or(before)?.path.clone();
    let (change, what) = match (before, after) {
        (None, _) => (Change::Added, Vec::new()),
        (_, None) => (Change::Removed, Vec::new()),
        (Some(before), Some(after)) => (Change::Changed, aspects(before, after)),
    };
    let differs = change != Change::Changed || !what.is_empty();
    differs.then(|| Difference { change, path, from: None, before: before.map(side), after: after.map(side), what })
}

/// In what two states of a path differ. Where content lies does not matter, nor that a folder's time moves with what is put into it.
fn aspects(before: &Entry, after: &Entry) -> Vec<Aspect> {
    let kind = |entry: &Entry| std::mem::discriminant(&entry.kind);
    if kind(before) != kind(after) {
        return vec![Aspect::Kind];
    }
    let folder = before.kind == EntryKind::Folder;
    let differ = [
        (Aspect::Content, !same_content(before, after)),
        (Aspect::Target, before.kind != after.kind),
        (Aspect::Mode, before.mode != after.mode),
        (Aspect::Owner, (before.uid, before.gid) != (after.uid, after.gid)),
        (Aspect::Time, !folder && before.mtime != after.mtime),
        (Aspect::Attributes, before.xattrs != after.xattrs),
    ];
    differ.into_iter().filter(|(_, differs)| *differs).map(|(aspect, _)| aspect).collect()
}

/// By hash. Content that was cut otherwise, as under other rules, counts as another.
fn same_content(a: &Entry, b: &Entry) -> bool {
    let same = a.pieces.iter().zip(&b.pieces).all(|(a, b)| (a.length, a.hash) == (b.length, b.hash));
    a.size == b.size && a.holes == b.holes && a.pieces.len() == b.pieces.len() && same
}

/// What of an entry is shown and compared.
pub fn side(entry: &Entry) -> Side {
    let is_file = entry.kind == EntryKind::File;
    Side {
        kind: RowKind::from(&entry.kind),
        size: is_file.then_some(entry.size),
        mtime: entry.mtime,
        mode: entry.mode,
        uid: entry.uid,
        gid: entry.gid,
        content: is_file.then(|| content(entry)),
        target: entry.kind.target().cloned(),
        kept: entry.kept_from.is_some(),
        torn: entry.torn,
    }
}

fn content(entry: &Entry) -> String {
    let mut hasher = blake3::Hasher::new();
    for (offset, length) in &entry.holes {
        hasher.update(&offset.to_le_bytes()).update(&length.to_le_bytes());
    }
    // No piece is of this length: holes and pieces cannot be taken for each other.
    hasher.update(&[0; 4]);
    for piece in &entry.pieces {
        hasher.update(&piece.length.to_le_bytes()).update(&piece.hash);
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
