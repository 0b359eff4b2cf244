//! What a run that is gone on with had stored before it was cut off.

use std::collections::HashMap;

use super::volumes::Place;
use crate::archive::catalog_io::VolumeInfo;
use crate::archive::pieces::{Log, Record};
use crate::archive::run_journal::{Left, LeftRun};
use crate::model::catalog::Piece;
use crate::model::snapshot::VersionId;

/// Volumes that are the run's own from the start, and the frames in them that something lies in: they have the first numbers.
#[derive(Default)]
pub(super) struct Adopted {
    pub volumes: Vec<VolumeInfo>,
    pub places: Vec<Place>,
    numbers: HashMap<(u32, u64), u64>,
}

impl Adopted {
    pub(super) fn new(left: Option<&LeftRun>) -> Self {
        Self { volumes: left.map_or(&[][..], LeftRun::volumes).to_vec(), ..Self::default() }
    }

    /// Takes over what is left of a path, so that it is found by its content.
    pub(super) fn take(&mut self, left: &Left, run: &VersionId, log: &mut Log) {
        let pieces = left.entry.iter().flat_map(|(entry, _)| &entry.pieces).chain(left.parts.iter().map(|(_, piece)| piece));
        for piece in pieces.filter(|piece| piece.volume.run == *run) {
            let Piece { frame_offset, frame_length, offset, length, hash, .. } = *piece;
            let volume = piece.volume.number;
            let number = *self.numbers.entry((volume, frame_offset)).or_insert_with(|| {
                self.places.push(Place { volume, offset: frame_offset, length: frame_length });
                self.places.len() as u64 - 1
            });
            log.push(Record { hash, frame_offset: number, frame_length: 0, offset, length, volume: Record::UNPLACED });
        }
    }
}
