//! How the workers get their frames: each reads its own, or, where a destination gives best what lies one behind the other, a run of them
//! is read by one request and cut up here.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use crossbeam_channel::Sender;

use super::Shared;
use super::content::{Bit, Window};
use super::work::Task;
use crate::archive::catalog_io::VolumeInfo;
use crate::archive::object::Objects;
use crate::archive::seal::{MAX_RECORD, RECORD_OVERHEAD};

/// Bytes that nobody wants, which are read and dropped rather than a further request made.
const GAP: u64 = 256 << 10;
/// Fewer frames than this their workers ask for themselves.
const FEW: usize = 2;

pub struct Fetcher<'a> {
    pub shared: &'a Shared<'a>,
    pub objects: &'a dyn Objects,
    pub tasks: &'a Sender<Task>,
}

/// The bits of one frame, in one range or several.
struct Frame<'r> {
    offset: u64,
    length: usize,
    ranges: &'r [Range<usize>],
}

impl Frame<'_> {
    fn end(&self) -> u64 {
        self.offset.saturating_add(self.length as u64)
    }
}

impl Fetcher<'_> {
    /// Hands out a window's frames, in their order. Whether more is wanted.
    pub fn hand_out(&self, window: &Arc<Window>, ranges: &[Range<usize>]) -> bool {
        let mut left = ranges;
        while !left.is_empty() {
            let (run, behind) = left.split_at(if self.objects.is_streamed() { run_length(window, left) } else { left.len() });
            left = behind;
            let went_on = match self.stretch(window, run) {
                Some((name, info, frames)) => self.stream(window, &name, info, &frames),
                None => self.give(window, run, None),
            };
            if !went_on {
                return false;
            }
        }
        true
    }

    /// The frames of a run that is to be read at once; `None` where each is for its worker to read.
    fn stretch<'r>(&self, window: &Window, run: &'r [Range<usize>]) -> Option<(String, &VolumeInfo, Vec<Frame<'r>>)> {
        if !self.objects.is_streamed() {
            return None;
        }
        let info = self.shared.catalog.index.volumes.get(first(window, run)?.volume as usize)?;
        let same = |a: &Range<usize>, b: &Range<usize>| {
            let frame = |range: &Range<usize>| window.bits.get(range.start).map(Bit::frame);
            frame(a) == frame(b)
        };
        let mut frames = Vec::new();
        for ranges in run.chunk_by(same) {
            let bit = first(window, ranges)?;
            let frame = Frame { offset: bit.frame_offset, length: bit.frame_length as usize, ranges };
            // What is no frame, its worker says.
            if frame.length == 0 || frame.length > MAX_RECORD + RECORD_OVERHEAD || frame.end() > info.size {
                return None;
            }
            frames.push(frame);
        }
        (frames.len() >= FEW).then(|| (self.shared.catalog.volume_name(&info.volume), info, frames))
    }

    /// Reads a run of frames by one request. What it did not bring, their workers ask for themselves: they know what a failure means.
    fn stream(&self, window: &Arc<Window>, name: &str, info: &VolumeInfo, frames: &[Frame<'_>]) -> bool {
        let (Some(first), Some(end)) = (frames.first(), frames.iter().map(Frame::end).max()) else { return true };
        let mut at = if first.offset <= GAP { 0 } else { first.offset };
        let end = if info.size - end <= GAP { info.size } else { end };
        let mut left = frames.iter().peekable();
        let mut record = Vec::new();
        let mut went_on = true;
        let read = self.objects.read_through(name, at, end, &mut |mut piece| {
            while let Some(frame) = left.peek()
                && !piece.is_empty()
            {
                // In a list of somebody else's making they may lie within each other.
                if record.is_empty() && frame.offset < at {
                    went_on &= self.give(window, frame.ranges, None);
                    left.next();
                    continue;
                }
                let wanted = if at < frame.offset { frame.offset - at } else { (frame.length - record.len()) as u64 };
                let (now, behind) = piece.split_at(piece.len().min(usize::try_from(wanted).unwrap_or(usize::MAX)));
                if at >= frame.offset {
                    record.extend_from_slice(now);
                }
                at += now.len() as u64;
                piece = behind;
                if record.len() == frame.length {
                    went_on &= self.give(window, frame.ranges, Some(Arc::new(std::mem::take(&mut record))));
                    left.next();
                }
            }
            at += piece.len() as u64;
            if went_on { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
        });
        if let Err(error) = read
            && went_on
        {
            tracing::info!("{name} is not read in one go: {error}");
        }
        went_on && left.all(|frame| self.give(window, frame.ranges, None))
    }

    fn give(&self, window: &Arc<Window>, ranges: &[Range<usize>], record: Option<Arc<Vec<u8>>>) -> bool {
        ranges.iter().all(|range| {
            let task = Task::Frame(window.clone(), range.clone(), record.clone());
            !self.shared.tally.is_stopped() && self.tasks.send(task).is_ok()
        })
    }
}

fn first<'w>(window: &'w Window, ranges: &[Range<usize>]) -> Option<&'w Bit> {
    window.bits.get(ranges.first()?.start)
}

/// How many of the ranges, from the first on, lie in one volume with little between them.
fn run_length(window: &Window, ranges: &[Range<usize>]) -> usize {
    let mut bits = ranges.iter().filter_map(|range| window.bits.get(range.start));
    let Some(first) = bits.next() else { return ranges.len() };
    let end = |bit: &Bit| bit.frame_offset.saturating_add(bit.frame_length.into());
    let mut reached = end(first);
    let follow = bits.take_while(|bit| {
        let is_near = bit.volume == first.volume && bit.frame_offset <= reached.saturating_add(GAP);
        reached = reached.max(end(bit));
        is_near
    });
    1 + follow.count()
}
