//! How frames come from a destination that gives best what lies one behind the other: what lies close together is read by one request
//! and cut up here, and a few such runs are on their way at once, so that the way there and back is waited for once for all of them.
//!
//! The workers read nothing then: whoever gives them frames may hold a line that they would wait for.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::Shared;
use super::content::{Bit, Window};
use super::work::{Task, Work};
use crate::archive::Error;
use crate::archive::catalog_io::VolumeInfo;
use crate::archive::object::Objects;
use crate::archive::seal::{MAX_RECORD, RECORD_OVERHEAD};

/// Runs of frames that are on their way at once. A storage may bear fewer: then some wait.
pub const STREAMS: usize = 4;
/// Bytes that nobody wants, which are read and dropped rather than a further request made.
const GAP: u64 = 256 << 10;
/// Fewer frames than this are asked for one by one.
const FEW: usize = 2;

/// Frames of one volume with little between them, in ranges of a window's bits.
pub struct Run {
    window: Arc<Window>,
    ranges: Vec<Range<usize>>,
}

/// A window's frames, in their order.
pub fn runs(window: &Arc<Window>, ranges: &[Range<usize>]) -> Vec<Run> {
    let mut left = ranges;
    let mut runs = Vec::new();
    while !left.is_empty() {
        let (run, behind) = left.split_at(run_length(window, left));
        runs.push(Run { window: window.clone(), ranges: run.to_vec() });
        left = behind;
    }
    runs
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

    /// All of its bits: its ranges follow each other.
    fn bits(&self) -> Range<usize> {
        let (first, last) = (self.ranges.first(), self.ranges.last());
        first.map_or(0, |range| range.start)..last.map_or(0, |range| range.end)
    }

    /// Whether it can be one at all.
    fn is_sound(&self, info: &VolumeInfo) -> bool {
        self.length > 0 && self.length <= MAX_RECORD + RECORD_OVERHEAD && self.end() <= info.size
    }
}

/// Reads runs of frames, on a thread of its own beside others.
pub struct Fetcher<'a> {
    pub shared: &'a Shared<'a>,
    pub objects: &'a dyn Objects,
    pub tasks: Sender<Task>,
}

impl Fetcher<'_> {
    /// Until there are no more, or no more is wanted.
    pub fn work(&self, runs: &Receiver<Run>) {
        while let Ok(run) = runs.recv() {
            if !self.bring(&run) {
                return;
            }
        }
    }

    /// Whether more is wanted.
    fn bring(&self, run: &Run) -> bool {
        let window = &run.window;
        let volume = first(window, &run.ranges).and_then(|bit| self.shared.catalog.index.volumes.get(bit.volume as usize));
        let Some(info) = volume else { return true };
        let frame_of = |range: &Range<usize>| window.bits.get(range.start).map(Bit::frame);
        let frames = run.ranges.chunk_by(|a, b| frame_of(a) == frame_of(b)).filter_map(|ranges| {
            let bit = first(window, ranges)?;
            Some(Frame { offset: bit.frame_offset, length: bit.frame_length as usize, ranges })
        });
        let (sound, other): (Vec<_>, Vec<_>) = frames.partition(|frame| frame.is_sound(info));
        let name = self.shared.catalog.volume_name(&info.volume);
        let went_on = if sound.len() < FEW {
            sound.iter().all(|frame| self.read(window, &name, frame))
        } else {
            self.stream(window, &name, info, &sound)
        };
        // What is no frame, its worker says.
        went_on && other.iter().all(|frame| self.give(window, frame.bits(), Work::Read))
    }

    /// Reads a run of frames by one request, and those that it did not bring one by one.
    fn stream(&self, window: &Arc<Window>, name: &str, info: &VolumeInfo, frames: &[Frame<'_>]) -> bool {
        let (Some(first), Some(end)) = (frames.first(), frames.iter().map(Frame::end).max()) else { return true };
        let mut at = if first.offset <= GAP { 0 } else { first.offset };
        let end = if info.size - end <= GAP { info.size } else { end };
        let mut left = frames.iter().peekable();
        let mut within = Vec::new();
        let mut record = Vec::new();
        let mut went_on = true;
        let read = self.objects.read_through(name, at, end, &mut |mut piece| {
            while let Some(frame) = left.peek()
                && !piece.is_empty()
            {
                // In a list of somebody else's making they may lie within each other.
                if record.is_empty() && frame.offset < at {
                    within.extend(left.next());
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
                    went_on &= self.give_read(window, frame, std::mem::take(&mut record));
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
        went_on && within.into_iter().chain(left).all(|frame| self.read(window, name, frame))
    }

    fn read(&self, window: &Arc<Window>, name: &str, frame: &Frame<'_>) -> bool {
        if self.shared.tally.is_stopped() {
            return false;
        }
        let mut record = vec![0; frame.length];
        match self.objects.read_at(name, frame.offset, &mut record) {
            Ok(()) => self.give_read(window, frame, record),
            Err(error) => self.give(window, frame.bits(), Work::Lose(Error::reading(name, error))),
        }
    }

    /// To several workers, where it is in several ranges.
    fn give_read(&self, window: &Arc<Window>, frame: &Frame<'_>, record: Vec<u8>) -> bool {
        let record = Arc::new(record);
        frame.ranges.iter().all(|range| self.give(window, range.clone(), Work::Open(record.clone())))
    }

    fn give(&self, window: &Arc<Window>, bits: Range<usize>, work: Work) -> bool {
        !self.shared.tally.is_stopped() && self.tasks.send(Task::Frame(window.clone(), bits, work)).is_ok()
    }
}

fn first<'w>(window: &'w Window, ranges: &[Range<usize>]) -> Option<&'w Bit> {
    window.bits.get(ranges.first()?.start)
}
