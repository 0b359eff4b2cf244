//! Reads the journal of a run that was cut off. It may be cut, damaged or made up: whatever is not as it should be ends it there.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::iter::Peekable;
use std::path::Path;
use std::sync::Arc;

use super::lines::{BEFORE, Parsed, SINCE, VOLUME, read_block, read_head, read_volume};
use super::records::Reader;
use super::{Left, Of};
use crate::archive::catalog_io::{VolumeInfo, bounds, check};
use crate::archive::codec::FRAME_MAX;
use crate::archive::codec::zstd::Decompressor;
use crate::archive::seal::MAX_HEADER;
use crate::model::catalog::{Entry, Piece};
use crate::model::format::Kind;
use crate::model::path::{PathBytes, compare_components};
use crate::model::snapshot::VersionId;

/// A run that was cut off: its finished volumes, and what lies in them.
pub struct LeftRun {
    pub run: VersionId,
    /// Of its volumes.
    pub kind: Kind,
    reader: Arc<Reader>,
    /// Numbered from 1 without gaps.
    volumes: Vec<VolumeInfo>,
    before: Vec<u64>,
    since: Vec<u64>,
}

impl LeftRun {
    /// `None` where there is none, or none that this key opens.
    pub fn open(path: &Path, of: &Of) -> Option<Self> {
        let reader = Reader::open(path, of)?;
        let (head, mut at) = reader.read(reader.begin())?;
        let kind = read_head(&head, of)?;
        let run = of.run.clone();
        let mut left = Self { run, kind, reader: Arc::new(reader), volumes: Vec::new(), before: Vec::new(), since: Vec::new() };
        while let Some((record, end)) = left.reader.read(at) {
            match record.first() {
                Some(&BEFORE) => left.before.push(at),
                Some(&SINCE) => left.since.push(at),
                Some(&VOLUME) => match read_volume(&record, &of.run) {
                    Some(info) if left.is_next(&info, of.seal.is_some()) => left.volumes.push(info),
                    _ => break,
                },
                _ => break,
            }
            at = end;
        }
        Some(left)
    }

    fn is_next(&self, info: &VolumeInfo, sealed: bool) -> bool {
        let fits = info.kind == self.kind && sealed != info.header.is_empty() && info.header.len() <= MAX_HEADER;
        fits && info.volume.number as usize == self.volumes.len() + 1
    }

    /// Volumes that were durable, in order.
    pub fn volumes(&self) -> &[VolumeInfo] {
        &self.volumes
    }

    /// Of the volumes only the first so many are still there.
    pub fn keep_first(&mut self, volumes: usize) {
        self.volumes.truncate(volumes);
    }

    /// What lies in the volumes, in path order.
    pub fn paths(&self) -> impl Iterator<Item = Left> + use<> {
        let volumes: Arc<[VolumeInfo]> = self.volumes.as_slice().into();
        let cursor = |blocks: &[u64]| Cursor {
            run: self.run.clone(),
            reader: self.reader.clone(),
            volumes: volumes.clone(),
            blocks: blocks.iter().copied().collect(),
            lines: VecDeque::new(),
            decompressor: Decompressor::new(),
            last: None,
        };
        let (before, since) = (cursor(&self.before).peekable(), cursor(&self.since).peekable());
        Merged { run: self.run.clone(), before, since }
    }
}

/// Both kinds of blocks, the newer ones before the older.
struct Merged {
    run: VersionId,
    before: Peekable<Cursor>,
    since: Peekable<Cursor>,
}

impl Iterator for Merged {
    type Item = Left;

    fn next(&mut self) -> Option<Left> {
        let order = match (self.before.peek(), self.since.peek()) {
            (Some(before), Some(since)) => compare_components(before.path.as_bytes(), since.path.as_bytes()),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => self.before.next(),
            Ordering::Greater => self.since.next(),
            Ordering::Equal => {
                let (before, mut since) = (self.before.next()?, self.since.next()?);
                if since.entry.is_none() {
                    // The same file was met unfinished, or changed: a part that was stored again counts.
                    let mut parts: BTreeMap<u64, Piece> =
                        before.into_parts().into_iter().filter(|(_, piece)| piece.volume.run == self.run).collect();
                    parts.extend(since.parts);
                    since.parts = parts.into_iter().collect();
                }
                Some(since)
            }
        }
    }
}

/// Reads blocks of one kind.
struct Cursor {
    run: VersionId,
    reader: Arc<Reader>,
    volumes: Arc<[VolumeInfo]>,
    blocks: VecDeque<u64>,
    lines: VecDeque<Parsed>,
    decompressor: Decompressor,
    last: Option<PathBytes>,
}

impl Iterator for Cursor {
    type Item = Left;

    fn next(&mut self) -> Option<Left> {
        loop {
            let left = self.path()?;
            if left.entry.is_some() || !left.parts.is_empty() {
                return Some(left);
            }
        }
    }
}

impl Cursor {
    /// The next line, which stays.
    fn peek(&mut self) -> Option<&Parsed> {
        while self.lines.is_empty() {
            let block =
                self.reader.read(self.blocks.pop_front()?).and_then(|(record, _)| read_block(&record, &mut self.decompressor));
            match block {
                Some(lines) => self.lines = lines.into(),
                None => self.end(),
            }
        }
        self.lines.front()
    }

    fn end(&mut self) {
        self.blocks.clear();
        self.lines.clear();
    }

    /// All that is said of the next path, as far as it can be used.
    fn path(&mut self) -> Option<Left> {
        let path = match self.peek()? {
            Parsed::Entry(entry, ..) => entry.path.clone(),
            Parsed::Parts(path, ..) => path.clone(),
            Parsed::More(..) => PathBytes::default(),
        };
        if check::path(path.as_bytes()).is_err() || self.last.as_ref().is_some_and(|last| *last >= path) {
            self.end();
            return None;
        }
        self.last = Some(path.clone());
        let mut left = Left { path, entry: None, parts: Vec::new() };
        let mut there = false;
        loop {
            let goes_on = match self.peek() {
                Some(Parsed::Entry(entry, ..)) => left.entry.is_none() && entry.path == left.path,
                Some(Parsed::Parts(path, ..)) => left.entry.is_none() && *path == left.path,
                Some(Parsed::More(..)) => left.entry.is_some(),
                None => false,
            };
            match goes_on.then(|| self.lines.pop_front()).flatten() {
                Some(Parsed::Entry(entry, fresh, volume)) => {
                    there = volume as usize <= self.volumes.len();
                    left.entry = Some((*entry, fresh));
                }
                Some(Parsed::More(pieces, holes)) => {
                    let Some((entry, _)) = &mut left.entry else { continue };
                    if entry.pieces.len() + pieces.len() > bounds::PIECES || entry.holes.len() + holes.len() > bounds::HOLES {
                        self.end();
                        return None;
                    }
                    entry.pieces.extend(pieces);
                    entry.holes.extend(holes);
                }
                Some(Parsed::Parts(_, parts, volume)) if volume as usize <= self.volumes.len() => {
                    if left.parts.len() + parts.len() > bounds::PIECES {
                        self.end();
                        return None;
                    }
                    left.parts.extend(parts.into_iter().filter(|(_, piece)| self.is_here(piece)));
                }
                Some(Parsed::Parts(..)) => {}
                None => break,
            }
        }
        match &left.entry {
            // What the parts were of.
            Some((entry, _)) if there && self.is_good(entry) => left.parts = Vec::new(),
            _ => left.entry = None,
        }
        if !left.parts.is_sorted_by(|(a, _), (b, _)| a < b) {
            // It was read twice: a part that was stored again counts.
            left.parts = left.parts.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect();
        }
        Some(left)
    }

    fn is_good(&self, entry: &Entry) -> bool {
        let fits = |piece: &Piece| piece.volume.run != self.run || self.is_here(piece);
        check::entry(entry).is_ok() && entry.link.is_none() && entry.kept_from.is_none() && entry.pieces.iter().all(fits)
    }

    /// Whether a piece can lie where it is said to, in one of the volumes.
    fn is_here(&self, piece: &Piece) -> bool {
        let info = (piece.volume.number as usize).checked_sub(1).and_then(|at| self.volumes.get(at));
        let end = piece.frame_offset.checked_add(piece.frame_length.into());
        let within = u64::from(piece.offset) + u64::from(piece.length) <= FRAME_MAX as u64;
        let length = piece.length > 0 && u64::from(piece.length) <= bounds::PIECE && piece.frame_length > 0;
        piece.volume.run == self.run && length && within && info.zip(end).is_some_and(|(info, end)| end <= info.size)
    }
}
