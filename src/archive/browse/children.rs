//! Children of a folder, a page at a time.

use super::{View, row};
use crate::archive::select::{child_of, is_child, segment_of, trim};
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind, Row};
use crate::model::path::{PathBytes, compare_components};
use crate::model::run::Cancel;

/// A place in a catalog: number of the segment, and of the entry in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Position {
    segment: usize,
    entry: usize,
}

/// Where in the catalog the rows of a folder lie, once that is known.
#[derive(Default)]
pub struct FolderIndex {
    /// Number of a row and where it is, in order; about one for each segment.
    marks: Vec<(usize, Position)>,
    total: Option<usize>,
}

impl View<'_> {
    /// `folder` without slashes at its ends. `index` is used, and filled by the first call.
    pub fn children(
        &self,
        folder: &[u8],
        skip: usize,
        limit: usize,
        cancel: &Cancel,
        index: &mut FolderIndex,
    ) -> Result<(Vec<Row>, usize)> {
        let sources: Vec<&[u8]> = self.catalog.index.sources.iter().map(|source| trim(source.as_bytes())).collect();
        if folder.is_empty() && !sources.iter().any(|source| source.is_empty()) {
            let rows: Result<Vec<Row>> =
                sources.iter().skip(skip).take(limit).map(|source| self.one(source, cancel).map(|(row, _)| row)).collect();
            return Ok((rows?, sources.len()));
        }
        let end = skip.saturating_add(limit);
        let known = index.total.is_some();
        let marked =
            index.marks.partition_point(|(ordinal, _)| *ordinal <= skip).checked_sub(1).and_then(|at| index.marks.get(at));
        let (mut ordinal, mut at) = match (known, marked) {
            (true, Some(mark)) => *mark,
            _ => {
                index.marks.clear();
                (0, self.first_below(folder)?)
            }
        };
        let mut rows = Vec::new();
        loop {
            if known && ordinal >= end {
                break;
            }
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if !known && index.marks.last().is_none_or(|(_, mark)| mark.segment != at.segment) {
                index.marks.push((ordinal, at));
            }
            if let Some(count) = self.only_files_of(folder, at)
                && (ordinal >= end || ordinal.saturating_add(count) <= skip)
            {
                ordinal = ordinal.saturating_add(count);
                at = Position { segment: at.segment + 1, entry: 0 };
                continue;
            }
            if at.segment >= self.catalog.index.segments.len() {
                break;
            }
            let entries = (self.load)(at.segment)?;
            let Some(entry) = entries.get(at.entry) else {
                at = Position { segment: at.segment + 1, entry: 0 };
                continue;
            };
            if !entry.path.is_within(folder) || entry.path.as_bytes() == folder {
                break;
            }
            if let (true, EntryKind::File) = (is_child(folder, entry.path.as_bytes()), &entry.kind) {
                if (skip..end).contains(&ordinal) {
                    rows.push(row(entry, None));
                }
                at.entry += 1;
            } else {
                let child = child_of(folder, entry.path.as_bytes()).to_vec();
                if (skip..end).contains(&ordinal) {
                    let (row, next) = self.subtree(&child, at, cancel)?;
                    rows.push(row);
                    at = next;
                } else {
                    at = self.end_of(&child, at)?;
                }
            }
            ordinal += 1;
        }
        let total = *index.total.get_or_insert(ordinal);
        Ok((rows, total))
    }

    /// The row of one folder or file, wherever it lies.
    fn one(&self, path: &[u8], cancel: &Cancel) -> Result<(Row, Position)> {
        let number = segment_of(self.catalog, path);
        let at = if number < self.catalog.index.segments.len() {
            let entries = (self.load)(number)?;
            Position { segment: number, entry: entries.partition_point(|e| compare_components(e.path.as_bytes(), path).is_lt()) }
        } else {
            Position::default()
        };
        self.subtree(path, at, cancel)
    }

    /// The first entry below `folder`.
    fn first_below(&self, folder: &[u8]) -> Result<Position> {
        let number = segment_of(self.catalog, folder);
        if number >= self.catalog.index.segments.len() {
            return Ok(Position { segment: number, entry: 0 });
        }
        let entries = (self.load)(number)?;
        Ok(Position {
            segment: number,
            entry: entries.partition_point(|e| compare_components(e.path.as_bytes(), folder).is_le()),
        })
    }

    /// Number of entries of the segment that begins at `at`, if one can tell without reading it that all of them are files in
    /// `folder` itself: the first is, no entry is a folder that others could lie in, and the next segment goes on below `folder`.
    fn only_files_of(&self, folder: &[u8], at: Position) -> Option<usize> {
        let segments = &self.catalog.index.segments;
        let segment = segments.get(at.segment).filter(|segment| at.entry == 0 && segment.files == segment.entries)?;
        let next = segments.get(at.segment + 1)?;
        let inside = is_child(folder, segment.first.as_bytes()) && next.first.is_within(folder);
        usize::try_from(segment.entries).ok().filter(|_| inside)
    }

    /// The row of `path`, whose entry or, where it has none of its own, first entry below stands at `at`, with its sums; and where its
    /// subtree ends.
    fn subtree(&self, path: &[u8], at: Position, cancel: &Cancel) -> Result<(Row, Position)> {
        let end = self.end_of(path, at)?;
        let mut own = None;
        let (mut files, mut bytes) = (0u64, 0u64);
        for (number, segment) in self.catalog.index.segments.iter().enumerate().skip(at.segment) {
            if number > end.segment {
                break;
            }
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if number > at.segment && number < end.segment {
                files = files.saturating_add(segment.files);
                bytes = bytes.saturating_add(segment.bytes);
                continue;
            }
            let from = if number == at.segment { at.entry } else { 0 };
            if number == end.segment && end.entry == 0 {
                break;
            }
            let entries = (self.load)(number)?;
            let to = if number == end.segment { end.entry.min(entries.len()) } else { entries.len() };
            for entry in entries.get(from..to).unwrap_or_default() {
                if entry.path.as_bytes() == path {
                    own = Some(entry.clone());
                }
                if entry.kind == EntryKind::File {
                    files += 1;
                    bytes = bytes.saturating_add(entry.size);
                }
            }
        }
        let entry = own.unwrap_or_else(|| implied_folder(path));
        let below = (entry.kind == EntryKind::Folder).then_some((files, bytes));
        Ok((row(&entry, below), end))
    }

    /// The first position at or after `at` that is not within `path`.
    fn end_of(&self, path: &[u8], at: Position) -> Result<Position> {
        let segments = &self.catalog.index.segments;
        let later = segments.get(at.segment + 1..).unwrap_or_default();
        let last = at.segment + later.partition_point(|segment| segment.first.is_within(path));
        if last >= segments.len() {
            return Ok(at);
        }
        let entries = (self.load)(last)?;
        let from = if last == at.segment { at.entry.min(entries.len()) } else { 0 };
        let inside = entries.get(from..).unwrap_or_default().partition_point(|entry| entry.path.is_within(path));
        let end = from + inside;
        Ok(if end == entries.len() { Position { segment: last + 1, entry: 0 } } else { Position { segment: last, entry: end } })
    }
}

/// For a folder that something lies below, but that has no entry itself.
fn implied_folder(path: &[u8]) -> Entry {
    Entry { mode: 0o755, ..Entry::bare(PathBytes::new(path), EntryKind::Folder) }
}
