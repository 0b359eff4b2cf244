//! Files on their way to the target, and the pieces they are made of, a window at a time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};

use super::put::How;
use crate::archive::target::root::Folder;
use crate::model::catalog::{Entry, VolumeRef};

/// An entry's place in the catalog: number of its segment, and in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub segment: usize,
    pub entry: usize,
}

/// A few bits for every entry that was met, so that memory stays small at any number of them.
pub struct Marks {
    segments: Vec<OnceLock<Box<[AtomicU8]>>>,
}

/// Will stand under its own name: a file is being written, a folder is this run's to set metadata on.
pub const OWN_NAME: u8 = 1;
/// Was written by this run, whole, under its own name.
pub const WRITTEN: u8 = 2;
/// Is made in the last pass: links and all that is neither file nor folder.
pub const LATER: u8 = 4;
/// A folder of somebody else's that had its time when it was found, and is to have it again.
pub const DATED: u8 = 8;

impl Marks {
    pub fn new(segments: usize) -> Self {
        Self { segments: (0..segments).map(|_| OnceLock::new()).collect() }
    }

    /// Makes room for a segment's entries.
    pub fn begin(&self, segment: usize, entries: usize) {
        if let Some(marks) = self.segments.get(segment) {
            marks.get_or_init(|| (0..entries).map(|_| AtomicU8::new(0)).collect());
        }
    }

    fn at(&self, spot: Spot) -> Option<&AtomicU8> {
        self.segments.get(spot.segment)?.get()?.get(spot.entry)
    }

    pub fn set(&self, spot: Spot, mark: u8) {
        if let Some(marks) = self.at(spot) {
            marks.fetch_or(mark, Relaxed);
        }
    }

    pub fn has(&self, spot: Spot, mark: u8) -> bool {
        self.at(spot).is_some_and(|marks| marks.load(Relaxed) & mark != 0)
    }

    /// Whether any entry of a segment has one of the marks.
    pub fn any(&self, segment: usize, mark: u8) -> bool {
        let marks = self.segments.get(segment).and_then(OnceLock::get);
        marks.is_some_and(|marks| marks.iter().any(|marks| marks.load(Relaxed) & mark != 0))
    }
}

/// Where a file's data lies in it, between its holes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// For each hole: how much data stands before it, and the holes' length up to and with it.
    holes: Vec<(u64, u64)>,
    /// Length of all data.
    pub data: u64,
}

impl Layout {
    /// `None` where holes, pieces and size do not fit together.
    pub fn of(entry: &Entry) -> Option<Self> {
        let mut data = 0u64;
        for piece in &entry.pieces {
            data = data.checked_add(u64::from(piece.length))?;
        }
        let mut holes = Vec::with_capacity(entry.holes.len());
        let (mut end, mut sum) = (0u64, 0u64);
        for (offset, length) in &entry.holes {
            if *offset < end {
                return None;
            }
            let before = offset - sum;
            sum = sum.checked_add(*length)?;
            end = offset.checked_add(*length)?;
            holes.push((before, sum));
        }
        let fits = data.checked_add(sum) == Some(entry.size) && end <= entry.size;
        fits.then_some(Self { holes, data })
    }

    /// The runs of the file that `length` bytes of data at `offset` of the data fill: offset in the file, offset in these bytes, length.
    pub fn runs(&self, offset: u64, length: u64) -> impl Iterator<Item = (u64, usize, usize)> + '_ {
        let end = offset + length;
        let mut at = offset;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let passed = self.holes.partition_point(|(before, _)| *before <= at);
            let shift = passed.checked_sub(1).and_then(|last| self.holes.get(last)).map_or(0, |(_, sum)| *sum);
            let stop = self.holes.get(passed).map_or(end, |(before, _)| end.min(*before));
            let run = (at + shift, (at - offset) as usize, (stop - at) as usize);
            at = stop;
            Some(run)
        })
    }
}

/// A regular file that is being restored. Its pieces are in windows.
pub struct Item {
    /// Without its pieces.
    pub entry: Entry,
    pub layout: Layout,
    pub folder: Arc<Folder>,
    pub name: Box<[u8]>,
    pub how: How,
    /// What stands there may be what a restore that did not end has left of it.
    pub again: bool,
    pub spot: Spot,
    /// How many pieces it has.
    pub pieces: usize,
    pub state: Mutex<State>,
}

/// Of a file of several pieces.
pub struct State {
    /// Pieces that are not done with.
    pub remaining: usize,
    /// It cannot be completed.
    pub failed: bool,
    /// Its temporary name and inode, once there is something.
    pub temporary: Option<(Vec<u8>, u64)>,
}

/// A piece and the frame it lies in.
#[derive(Clone, Debug)]
pub struct Bit {
    /// Number of its file in the window.
    pub item: u32,
    /// Number in the catalog's table of volumes.
    pub volume: u32,
    pub frame_offset: u64,
    pub frame_length: u32,
    pub offset: u32,
    pub length: u32,
    /// Where it begins in the file's data.
    pub at: u64,
    pub hash: [u8; 32],
}

impl Bit {
    /// The frame, as a key to sort and group by.
    pub fn frame(&self) -> (u32, u64, u32) {
        (self.volume, self.frame_offset, self.frame_length)
    }
}

/// Pieces that are worked on together, by frames; bounded.
#[derive(Default)]
pub struct Window {
    pub items: Vec<Arc<Item>>,
    pub bits: Vec<Bit>,
    /// Numbers of items without any piece.
    pub empty: Vec<u32>,
    /// About how many bytes it takes.
    weight: usize,
    /// Given back when all work on it is done.
    pub ticket: Option<Ticket>,
}

/// Leave to have a window: there are a few only.
pub struct Ticket(pub crossbeam_channel::Receiver<()>);

impl Drop for Ticket {
    fn drop(&mut self) {
        let _ = self.0.try_recv();
    }
}

impl Window {
    /// What a window may weigh: two or three are alive at a time.
    const WEIGHT: usize = 8 << 20;

    pub fn is_full(&self) -> bool {
        self.weight >= Self::WEIGHT
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn add(&mut self, item: &Arc<Item>) -> u32 {
        let entry = &item.entry;
        let xattrs: usize = entry.xattrs.iter().map(|x| x.name.len() + x.value.len() + 48).sum();
        self.weight += size_of::<Item>() + entry.path.as_bytes().len() + item.name.len() + xattrs + 32 * entry.holes.len() + 64;
        self.items.push(item.clone());
        (self.items.len() - 1) as u32
    }

    pub fn add_bit(&mut self, bit: Bit) {
        self.weight += size_of::<Bit>();
        self.bits.push(bit);
    }

    /// Sorts by frames and returns the ranges of bits of each, cut where one frame holds very many.
    pub fn frames(&mut self) -> Vec<std::ops::Range<usize>> {
        /// Unpacking a frame twice costs less than a processor that waits.
        const MOST_BITS: usize = 4096;
        self.bits.sort_unstable_by_key(|bit| (bit.frame(), bit.offset, bit.item, bit.at));
        let mut ranges = Vec::new();
        let mut start = 0;
        for group in self.bits.chunk_by(|a, b| a.frame() == b.frame()) {
            for part in group.chunks(MOST_BITS) {
                ranges.push(start..start + part.len());
                start += part.len();
            }
        }
        ranges
    }

    /// Stored bytes of the distinct frames.
    pub fn fetched(&self) -> u64 {
        self.bits
            .chunk_by(|a, b| a.frame() == b.frame())
            .filter_map(|group| group.first())
            .map(|bit| u64::from(bit.frame_length))
            .sum()
    }
}

/// The catalog's volumes by name.
pub fn volume_numbers(volumes: &[crate::archive::catalog_io::VolumeInfo]) -> HashMap<&VolumeRef, u32> {
    volumes.iter().enumerate().filter_map(|(number, info)| Some((&info.volume, u32::try_from(number).ok()?))).collect()
}
