//! Every piece: frames are opened, unpacked and each piece in them hashed.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use super::VerifyJob;
use super::checked::Checked;
use super::findings::{Findings, reason};
use crate::archive::catalog_io::CatalogReader;
use crate::archive::frame_reader::FrameReader;
use crate::archive::object::{catalog_file_name, run_folder};
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind, Piece, VolumeRef};

/// So many pieces are sorted by frames and checked together.
const WINDOW: usize = 128 << 10;

pub struct Pieces<'a> {
    job: &'a VerifyJob<'a>,
    findings: &'a Findings,
    /// Segments that an earlier version had, by hash: their pieces are checked.
    segments: HashSet<[u8; 32]>,
    known: Checked,
    pub checked: u64,
}

/// The volume that the piece before lay in: mostly the next one does too.
struct Last {
    volume: VolumeRef,
    /// As [`Checked`] knows it; `None` where the catalog does not.
    number: Option<u32>,
    /// Nothing in it can be relied on.
    lost: bool,
}

impl<'a> Pieces<'a> {
    pub fn new(job: &'a VerifyJob<'a>, findings: &'a Findings) -> Self {
        Self { job, findings, segments: HashSet::new(), known: Checked::default(), checked: 0 }
    }

    /// Checks a version's catalog segments, and those pieces in them that no earlier version had.
    pub fn check(&mut self, catalog: &CatalogReader, sealed: bool) -> Result<()> {
        let mut window: Vec<Piece> = Vec::new();
        let mut last: Option<Last> = None;
        for (number, segment) in catalog.index.segments.iter().enumerate() {
            self.job.check_cancel()?;
            if self.segments.contains(&segment.hash) {
                continue;
            }
            let object = format!("{}/{}", run_folder(&segment.run), catalog_file_name(sealed));
            let entries = match catalog.segment(number) {
                Ok(entries) => entries,
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(e) => {
                    self.findings.catalog(&object, format!("at {}: {}", segment.offset, reason(&e)));
                    continue;
                }
            };
            self.segments.insert(segment.hash);
            for entry in entries {
                if !fits(&entry) {
                    self.findings.catalog(&object, format!("the pieces of {} do not fit its size", entry.path.display()));
                }
                for piece in entry.pieces {
                    let last = match &mut last {
                        Some(last) if last.volume == piece.volume => last,
                        last => last.insert(self.look_up(catalog, &piece.volume)),
                    };
                    if last.lost || last.number.is_some_and(|number| self.known.has(number, &piece)) {
                        continue;
                    }
                    window.push(piece);
                    if window.len() >= WINDOW {
                        self.flush(catalog, &mut window)?;
                    }
                }
            }
        }
        self.flush(catalog, &mut window)
    }

    fn look_up(&mut self, catalog: &CatalogReader, volume: &VolumeRef) -> Last {
        let number = catalog.volume(volume).map(|info| self.known.volume(info));
        Last { volume: volume.clone(), number, lost: self.findings.is_lost(volume) }
    }

    fn flush(&mut self, catalog: &CatalogReader, window: &mut Vec<Piece>) -> Result<()> {
        let key = |p: &Piece| (p.frame_offset, p.frame_length);
        window.sort_unstable_by(|a, b| {
            a.volume.cmp(&b.volume).then_with(|| (key(a), a.offset, a.length, a.hash).cmp(&(key(b), b.offset, b.length, b.hash)))
        });
        window.dedup();
        let mut frames: Vec<Range<usize>> = Vec::new();
        let mut start = 0;
        for group in window.chunk_by(|a, b| a.volume == b.volume && key(a) == key(b)) {
            frames.push(start..start + group.len());
            start += group.len();
        }
        let (next, checked) = (AtomicUsize::new(0), AtomicU64::new(0));
        let workers = std::thread::available_parallelism().map_or(2, |n| n.get()).clamp(1, frames.len().max(1));
        let (job, findings, pieces) = (self.job, self.findings, &*window);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    let mut reader = FrameReader::new(job.objects.clone(), job.ring.clone(), job.plan.clone());
                    while let Some(range) = frames.get(next.fetch_add(1, Relaxed)) {
                        if job.cancel.should_end() {
                            return;
                        }
                        let frame = pieces.get(range.clone()).unwrap_or_default();
                        checked.fetch_add(check_frame(&mut reader, catalog, frame, findings), Relaxed);
                        let stored = frame.first().map_or(0, |piece| u64::from(piece.frame_length));
                        job.progress.bytes_done.fetch_add(stored, Relaxed);
                    }
                });
            }
        });
        self.checked += checked.into_inner();
        self.job.check_cancel()?;
        // With one version none of it is asked for again.
        for pieces in frames.into_iter().filter(|_| self.job.versions.len() > 1).filter_map(|range| window.get(range)) {
            if let Some(info) = pieces.first().and_then(|piece| catalog.volume(&piece.volume)) {
                let number = self.known.volume(info);
                self.known.add(number, pieces);
            }
        }
        window.clear();
        Ok(())
    }
}

/// Returns how many pieces were found good or bad.
fn check_frame(reader: &mut FrameReader, catalog: &CatalogReader, pieces: &[Piece], findings: &Findings) -> u64 {
    let Some(first) = pieces.first() else { return 0 };
    let name = || catalog.volume_name(&first.volume);
    let content = match reader.frame(catalog, &first.volume, first.frame_offset, first.frame_length) {
        Ok(content) => content,
        Err(e) => {
            findings.frame(&first.volume, &name(), first.frame_offset, &e);
            return pieces.len() as u64;
        }
    };
    for piece in pieces {
        let end = piece.offset as usize + piece.length as usize;
        let wrong = match content.get(piece.offset as usize..end) {
            None => Some("a piece lies outside its frame"),
            Some(bytes) if *blake3::hash(bytes).as_bytes() != piece.hash => {
                Some("a piece does not have the checksum it should have")
            }
            Some(_) => None,
        };
        if let Some(what) = wrong {
            findings.piece(piece, &name(), what);
        }
    }
    pieces.len() as u64
}

/// Whether an entry's pieces and holes make up its size.
fn fits(entry: &Entry) -> bool {
    let holes = entry.holes.iter().map(|(_, length)| *length);
    let length = entry.pieces.iter().map(|p| u64::from(p.length)).chain(holes).try_fold(0u64, u64::checked_add);
    entry.kind != EntryKind::File || length == Some(entry.size)
}
