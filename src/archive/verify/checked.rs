//! Which pieces were looked at already: what versions share is opened once, however the entries around it changed.

use std::collections::HashMap;

use crate::archive::catalog_io::VolumeInfo;
use crate::model::catalog::Piece;

/// About how many bytes may be spent on it. Beyond that what is new is looked at again for each version that has it.
const MOST: usize = 24 << 20;
/// What a frame takes beside its pieces.
const FRAME: usize = 96;

#[derive(Default)]
pub struct Checked {
    /// Volumes as catalogs describe them; two that differ are two.
    volumes: HashMap<VolumeInfo, u32>,
    /// By volume, offset and length: marks of pieces, sorted. Few bits do: two that are taken for each other lie in the same frame.
    frames: HashMap<(u32, u64, u32), Vec<u32>>,
    weight: usize,
}

impl Checked {
    /// The number of a volume.
    pub fn volume(&mut self, info: &VolumeInfo) -> u32 {
        // How much of it is live is another thing in each version.
        let alike = VolumeInfo { live: 0, ..info.clone() };
        let next = self.volumes.len() as u32;
        *self.volumes.entry(alike).or_insert(next)
    }

    pub fn has(&self, volume: u32, piece: &Piece) -> bool {
        let marks = self.frames.get(&(volume, piece.frame_offset, piece.frame_length));
        marks.is_some_and(|marks| marks.binary_search(&mark(piece)).is_ok())
    }

    /// Notes pieces of one frame.
    pub fn add(&mut self, volume: u32, pieces: &[Piece]) {
        let Some(first) = pieces.first() else { return };
        if self.weight + FRAME + 4 * pieces.len() > MOST {
            return;
        }
        let marks = self.frames.entry((volume, first.frame_offset, first.frame_length)).or_default();
        if marks.is_empty() {
            self.weight += FRAME;
        }
        self.weight += 4 * pieces.len();
        marks.reserve_exact(pieces.len());
        marks.extend(pieces.iter().map(mark));
        marks.sort_unstable();
    }
}

fn mark(piece: &Piece) -> u32 {
    let [a, b, c, d, ..] = piece.hash;
    u32::from_le_bytes([a, b, c, d]) ^ piece.offset.wrapping_mul(0x9e37_79b9) ^ piece.length.rotate_left(16)
}
