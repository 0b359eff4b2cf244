//! Frames into volumes in their order, and the entries that waited for them on to the catalog.

use std::collections::{BTreeMap, HashMap};

use crossbeam_channel::{Receiver, Sender};

use super::frames::{Frame, Packed, Share, Stopped, Waiting, waits_for};
use super::volumes::{Place, Volumes, WrittenVolumes};
use crate::archive::Error;
use crate::model::catalog::{Entry, Piece};

/// The stage behind the compressors.
pub(super) struct Placing<'a> {
    volumes: Volumes<'a>,
    /// Frames that came before their turn; as many as there are in all at most.
    early: BTreeMap<u64, Frame>,
    next: u64,
    /// Of all frames, by number: an entry may refer to any that came before. Of one without content volume 0. 1 TiB takes 4 MiB.
    places: Vec<Place>,
    /// Content of hard-linked files whose other names are still to come: names left, and the pieces.
    shared: HashMap<u64, (u32, Vec<Piece>)>,
    to_catalog: Sender<Vec<Entry>>,
    free: Sender<Frame>,
}

impl<'a> Placing<'a> {
    pub(super) fn new(volumes: Volumes<'a>, to_catalog: Sender<Vec<Entry>>, free: Sender<Frame>) -> Self {
        Self { volumes, early: BTreeMap::new(), next: 0, places: Vec::new(), shared: HashMap::new(), to_catalog, free }
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
        Ok((self.volumes.finish()?, self.places))
    }

    fn place(&mut self, mut frame: Frame) -> Result<(), Stopped> {
        let nowhere = Place { volume: 0, offset: 0, length: 0 };
        self.places.push(if frame.is_empty() { nowhere } else { self.volumes.append(&mut frame)? });
        let mut entries = Vec::with_capacity(frame.entries.len());
        for waiting in frame.entries.drain(..) {
            entries.push(self.complete(waiting)?);
        }
        if !entries.is_empty() {
            self.to_catalog.send(entries).map_err(|_| None)?;
        }
        // Nobody waits for it when all is read.
        let _ = self.free.send(frame);
        Ok(())
    }

    /// Gives an entry's pieces their places.
    fn complete(&mut self, waiting: Waiting) -> Result<Entry, Stopped> {
        let Waiting { mut entry, share } = waiting;
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
            Share::First { id, others } => {
                self.shared.insert(id, (others, entry.pieces.clone()));
            }
            Share::Link { id } => {
                let (left, pieces) = self.shared.get_mut(&id).ok_or(None)?;
                *left = left.saturating_sub(1);
                if *left == 0 {
                    entry.pieces = self.shared.remove(&id).map(|(_, pieces)| pieces).unwrap_or_default();
                } else {
                    entry.pieces.clone_from(pieces);
                }
            }
        }
        Ok(entry)
    }
}
