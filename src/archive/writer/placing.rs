//! Frames into volumes in their order, and the entries that waited for them on to the catalog.

use std::collections::BTreeMap;

use crossbeam_channel::{Receiver, Sender};

use super::adopted::Adopted;
use super::frames::{Frame, Packed, Part, Share, Stopped, Waiting, waits_for};
use super::shared::Shared;
use super::volumes::{Full, Place, Volumes, WrittenVolumes};
use crate::archive::Error;
use crate::archive::run_journal::RunJournal;
use crate::model::catalog::{Entry, Piece, VolumeRef};
use crate::model::snapshot::VersionId;

/// Entries that go to the catalog together.
const TOGETHER: usize = 512;

/// The stage behind the compressors.
pub(super) struct Placing<'a> {
    volumes: Volumes<'a>,
    /// Making a volume durable takes time in which the next can be written.
    to_finish: Sender<Full>,
    journal: Option<&'a RunJournal>,
    run: &'a VersionId,
    /// The volume in which the last frame with content lies.
    reached: u32,
    /// Frames that came before their turn; as many as there are in all at most.
    early: BTreeMap<u64, Frame>,
    next: u64,
    /// Of all frames, by number: an entry may refer to any that came before. Of one without content volume 0. 1 TiB takes 4 MiB.
    places: Vec<Place>,
    shared: Shared,
    to_catalog: Sender<Vec<Entry>>,
    free: Sender<Frame>,
    /// Takes back the buffers of what is written.
    records: Sender<Vec<u8>>,
}

impl<'a> Placing<'a> {
    #[allow(clippy::too_many_arguments, reason = "each is a different thing; a struct for one call would only rename them")]
    pub(super) fn new(
        run: &'a VersionId,
        volumes: Volumes<'a>,
        to_finish: Sender<Full>,
        adopted: Adopted,
        shared: Shared,
        journal: Option<&'a RunJournal>,
        to_catalog: Sender<Vec<Entry>>,
        (free, records): (Sender<Frame>, Sender<Vec<u8>>),
    ) -> Self {
        let early = BTreeMap::new();
        let (reached, places) = (adopted.volumes.len() as u32, adopted.places);
        let next = places.len() as u64;
        Self { volumes, to_finish, journal, run, reached, early, next, places, shared, to_catalog, free, records }
    }

    /// Takes frames until no more come; then closes the last volume. Also returns where all frames lie.
    pub(super) fn run(mut self, frames: &Receiver<Packed>) -> Result<(WrittenVolumes, Vec<Place>), Stopped> {
        for packed in frames {
            match packed {
                Packed::Broken => return Err(None),
                Packed::Frame(frame) => {
                    self.early.insert(frame.number, frame);
                }
            }
            while let Some(frame) = self.early.remove(&self.next) {
                self.next += 1;
                self.place(frame)?;
            }
        }
        if !self.early.is_empty() {
            return Err(None);
        }
        let (volumes, last) = self.volumes.finish()?;
        if let Some(full) = last {
            self.to_finish.send(full).map_err(|_| None)?;
        }
        Ok((volumes, self.places))
    }

    fn place(&mut self, mut frame: Frame) -> Result<(), Stopped> {
        let place = if frame.record.is_empty() {
            Place { volume: 0, offset: 0, length: 0 }
        } else {
            let place = self.volumes.append(&mut frame)?;
            // As with the frame itself: nobody waits for it when all is read.
            let _ = self.records.send(std::mem::take(&mut frame.record));
            place
        };
        self.reached = self.reached.max(place.volume);
        self.places.push(place);
        let mut entries = Vec::new();
        // Not kept for the next ones that wait for this frame: most have few.
        for waiting in std::mem::take(&mut frame.entries) {
            if entries.len() >= TOGETHER {
                self.to_catalog.send(std::mem::take(&mut entries)).map_err(|_| None)?;
            }
            let fresh = waiting.fresh;
            let entry = self.complete(waiting)?;
            if let (Some(journal), Some(fresh)) = (self.journal, fresh) {
                journal.entry(&entry, fresh, self.reached);
            }
            entries.push(entry);
        }
        self.note_parts(&frame.parts, place, entries.last());
        // Behind all that is noted of it.
        if let Some(full) = self.volumes.take_full() {
            self.to_finish.send(full).map_err(|_| None)?;
        }
        if !entries.is_empty() {
            self.to_catalog.send(entries).map_err(|_| None)?;
        }
        // Nobody waits for it when all is read.
        let _ = self.free.send(frame);
        Ok(())
    }

    /// Notes what lies at the end of a frame of a file whose entry is still to come; `last` came before it.
    fn note_parts(&self, parts: &[Part], place: Place, last: Option<&Entry>) {
        let (Some(journal), Some(path)) = (self.journal, parts.last().map(|part| &part.path)) else { return };
        if last.is_some_and(|last| last.path >= *path) {
            return;
        }
        let piece = |part: &Part| Piece {
            volume: VolumeRef { run: self.run.clone(), number: place.volume },
            frame_offset: place.offset,
            frame_length: place.length,
            offset: part.offset,
            length: part.length,
            hash: part.hash,
        };
        let pieces: Vec<_> = parts.iter().filter(|part| part.path == *path).map(|part| (part.number, piece(part))).collect();
        journal.parts(path, &pieces, place.volume);
    }

    /// Gives an entry's pieces their places.
    fn complete(&mut self, waiting: Waiting) -> Result<Entry, Stopped> {
        let Waiting { mut entry, share, .. } = waiting;
        for piece in &mut entry.pieces {
            let Some(number) = waits_for(piece) else { continue };
            let unplaced = || Error::Limit(format!("{}: a frame went astray", entry.path.display()));
            let place = self.places.get(number as usize).filter(|place| place.volume > 0).ok_or_else(unplaced)?;
            piece.volume.number = place.volume;
            piece.frame_offset = place.offset;
            piece.frame_length = place.length;
        }
        match share {
            Share::Alone => {}
            Share::First { id } => self.shared.add(id, &entry.pieces)?,
            Share::Link { id } => entry.pieces = self.shared.get(id)?,
        }
        Ok(entry)
    }
}
