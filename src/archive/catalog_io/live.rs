//! How many bytes of a volume a version refers to, where several files may share them.

use std::collections::HashSet;

use super::CatalogIndex;
use crate::model::catalog::Piece;

/// About so many pieces are looked at one by one: up to here what is counted is exact.
const SAMPLE: u64 = 64 << 10;
/// Where there turn out to be more, those that follow are taken to be as those before.
const MOST: usize = 4 * SAMPLE as usize;

/// Counts the bytes that are referred to in all, and in a sample of the pieces also how many of them are not counted twice.
#[derive(Default)]
pub(super) struct Sample {
    /// Pieces with these bits of their place's mark are in the sample.
    mask: u64,
    seen: HashSet<u64>,
}

/// What was counted of one volume.
#[derive(Clone, Copy, Default)]
pub(super) struct Count {
    all: u64,
    sampled: u64,
    distinct: u64,
}

impl Sample {
    /// For a version about as large as its parent.
    pub(super) fn new(parent: &CatalogIndex) -> Self {
        let pieces: u64 = parent.segments.iter().map(|s| s.entries.max(s.bytes >> 20)).sum();
        Self { mask: (pieces / SAMPLE).checked_next_power_of_two().unwrap_or(1).saturating_sub(1), seen: HashSet::new() }
    }

    /// `volume`: a number that is its own. `shared`: whether others may refer to the same bytes.
    pub(super) fn count(&mut self, count: &mut Count, volume: usize, piece: &Piece, shared: bool) {
        let length = u64::from(piece.length);
        count.all = count.all.saturating_add(length);
        if !shared {
            return;
        }
        let mark = mix(piece.frame_offset ^ u64::from(piece.offset) << 40 ^ (volume as u64).rotate_right(8));
        if mark & self.mask == 0 && self.seen.len() < MOST {
            count.sampled = count.sampled.saturating_add(length);
            if self.seen.insert(mark) {
                count.distinct = count.distinct.saturating_add(length);
            }
        }
    }
}

impl Count {
    pub(super) fn live(self) -> u64 {
        if self.sampled == self.distinct {
            return self.all;
        }
        (u128::from(self.all) * u128::from(self.distinct) / u128::from(self.sampled)) as u64
    }
}

/// Each bit of the outcome depends on all of `x` (splitmix64).
fn mix(x: u64) -> u64 {
    let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::VolumeRef;
    use crate::model::snapshot::VersionId;

    fn piece(n: u32) -> Piece {
        let run = VersionId::try_from("20261121T200000Z-full-5f3a9c2e".to_string()).unwrap();
        let volume = VolumeRef { run, number: 1 };
        Piece {
            volume,
            frame_offset: u64::from(n / 100) * 100_000,
            frame_length: 9,
            offset: n % 100 * 512,
            length: 300,
            hash: [0; 32],
        }
    }

    #[test]
    fn what_is_shared_counts_once() {
        let (mut sample, mut count) = (Sample::default(), Count::default());
        for n in (0..1000).chain(500..1000).chain(900..1000) {
            sample.count(&mut count, 0, &piece(n), true);
        }
        assert_eq!(count.live(), 1000 * 300);
    }

    #[test]
    fn of_many_pieces_a_sample_tells() {
        let (mut sample, mut count) = (Sample { mask: 31, ..Sample::default() }, Count::default());
        for n in (0..200_000).chain(0..100_000) {
            sample.count(&mut count, 0, &piece(n), true);
        }
        let off = (count.live() as f64 / (200_000.0 * 300.0) - 1.0).abs();
        assert!(off < 0.05, "{off}");
        assert!(sample.seen.len() < 10_000);
    }
}
