//! Frames on their way from the assembler through the compressors to the volumes, and the entries that wait for them.

use crossbeam_channel::{Receiver, Sender};

use super::container::Container;
use crate::archive::Error;
use crate::archive::codec::FRAME_TARGET;
use crate::archive::pieces::{Log, Record};
use crate::archive::run_journal::Fresh;
use crate::archive::zip::{self, Members};
use crate::model::catalog::{Entry, Piece, VolumeRef};
use crate::model::path::PathBytes;
use crate::model::snapshot::VersionId;

/// Why a stage ended before its work was done; `None`: because another one did.
pub(super) type Stopped = Option<Error>;

/// Entries that wait for one frame at most, so that memory stays bounded where much is unchanged.
const MOST_ENTRIES: usize = 8 << 10;
/// Entries that need no frame are handed on after this many.
const SOME_ENTRIES: usize = 1 << 10;
/// A frame is closed before a piece with which it would come to more, so that no buffer has to be larger than about this: a piece of
/// the greatest length with its header and padding. Only headers of absurd length go past it, and as far as a frame may.
const FRAME_FULL: usize = FRAME_TARGET + (256 << 10);

/// A piece whose frame has no place yet: volume 0, and the frame's number for its offset.
const NO_VOLUME: u32 = 0;

/// How an entry shares its content with hard links to the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    Alone,
    /// Others may follow. Ids count from 0, in the order of the catalog.
    First {
        id: u64,
    },
    /// Takes over the pieces of the first.
    Link {
        id: u64,
    },
}

pub(super) struct Waiting {
    pub entry: Entry,
    pub share: Share,
    /// Where the run has read it, how it is stored.
    pub fresh: Option<Fresh>,
}

/// A part of a file that is cut, as it lies in a frame.
pub(super) struct Part {
    pub path: PathBytes,
    pub number: u64,
    pub offset: u32,
    pub length: u32,
    pub hash: [u8; 32],
}

/// What goes round from stage to stage. Its large buffers do so by themselves, that they are not held where nothing is in them.
#[derive(Default)]
pub(super) struct Frame {
    /// All frames are numbered without gaps in the order in which their entries go into the catalog.
    pub number: u64,
    /// From the assembler to a compressor.
    pub content: Vec<u8>,
    /// Of zip: whose contents they are.
    pub members: Members,
    /// Compressed, then sealed: from a compressor to the volumes. Empty where there was no content.
    pub record: Vec<u8>,
    /// Of zip: the members' headers for the volume's directory.
    pub central: Vec<u8>,
    /// Bytes of pieces in it.
    pub stored: u64,
    pub entries: Vec<Waiting>,
    pub parts: Vec<Part>,
}

impl Frame {
    /// A buffer for content. Memory is only reserved here; it is taken as it is written to.
    pub(super) fn room() -> Vec<u8> {
        Vec::with_capacity(FRAME_FULL)
    }

    /// Before it is compressed: whether anything of it will go into a volume.
    fn is_empty(&self) -> bool {
        self.content.is_empty() && self.members.is_empty()
    }

    /// Bytes of content and headers.
    fn weight(&self) -> usize {
        self.content.len() + self.members.weight()
    }

    fn restart(&mut self, number: u64) {
        self.number = number;
        self.members.clear();
        self.central.clear();
        self.stored = 0;
        self.entries.clear();
        self.parts.clear();
    }
}

/// What the volumes' stage receives.
pub(super) enum Packed {
    Frame(Frame),
    /// A compressor fell over: its frame will never come.
    Broken,
}

/// The frame that is being filled, and the ways it can go.
pub(super) struct Frames {
    current: Frame,
    free: Receiver<Frame>,
    /// Buffers for content.
    rooms: Receiver<Vec<u8>>,
    to_compress: Sender<Frame>,
    /// For frames without content.
    to_place: Sender<Packed>,
    run: VersionId,
    /// Number of the first frame; those before it were stored before the run was cut off.
    first: u64,
    container: Container,
    /// What is in frames, this one and those before.
    log: Log,
}

/// A point to go back to within a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    number: u64,
    length: usize,
    members: zip::Mark,
    stored: u64,
}

impl Frames {
    pub(super) fn new(
        run: VersionId,
        first: u64,
        container: Container,
        (free, rooms): (Receiver<Frame>, Receiver<Vec<u8>>),
        to_compress: Sender<Frame>,
        to_place: Sender<Packed>,
        log: Log,
    ) -> Result<Self, Stopped> {
        let mut current = free.recv().map_err(|_| None)?;
        current.restart(first);
        current.content = rooms.recv().map_err(|_| None)?;
        Ok(Self { current, free, rooms, to_compress, to_place, run, first, container, log })
    }

    /// Closes the frame where `bytes` more would not fit.
    pub(super) fn make_room(&mut self, bytes: usize) -> Result<(), Stopped> {
        if !self.current.is_empty() && self.current.weight() + bytes > FRAME_FULL { self.close() } else { Ok(()) }
    }

    pub(super) fn content(&mut self) -> &mut Vec<u8> {
        &mut self.current.content
    }

    pub(super) fn mark(&self) -> Mark {
        let Frame { number, content, members, stored, .. } = &self.current;
        Mark { number: *number, length: content.len(), members: members.mark(), stored: *stored }
    }

    /// Takes back what was written since, as far as it has not gone on.
    pub(super) fn go_back(&mut self, mark: Mark) {
        if mark.number == self.current.number {
            self.current.content.truncate(mark.length);
            self.current.members.go_back(mark.members);
            self.current.stored = mark.stored;
            self.current.parts.retain(|part| (part.offset as usize) < mark.length);
            self.log.take_back(mark.number, mark.length as u32);
        }
    }

    /// The piece that stands at `start` of the content.
    pub(super) fn piece(&mut self, start: usize, length: usize, hash: [u8; 32]) -> Piece {
        self.current.stored += length as u64;
        let record = Record {
            hash,
            frame_offset: self.current.number,
            frame_length: 0,
            offset: start as u32,
            length: length as u32,
            volume: Record::UNPLACED,
        };
        self.log.push(record);
        self.unplaced(record)
    }

    /// Says that a piece which was just put there is a part of a file.
    pub(super) fn is_part(&mut self, path: &PathBytes, number: u64, piece: &Piece) {
        let Piece { offset, length, hash, .. } = *piece;
        self.current.parts.push(Part { path: path.clone(), number, offset, length, hash });
    }

    /// Whether a piece was stored by this run before it was cut off.
    pub(super) fn was_left(&self, piece: &Piece) -> bool {
        piece.volume.run == self.run && waits_for(piece).is_none_or(|frame| frame < self.first)
    }

    /// In zip, the last `length` bytes of content are a member under this name; in tar nothing is to be done.
    pub(super) fn end_member(&mut self, entry: &Entry, name: &PathBytes, length: usize) {
        if self.container == Container::Zip {
            self.current.members.add(entry, name.as_bytes(), length);
        }
    }

    /// A piece that this run has stored already.
    pub(super) fn stored(&self, hash: &[u8; 32], length: u32) -> Option<Piece> {
        self.log.find(hash, length).map(|record| self.unplaced(record))
    }

    fn unplaced(&self, record: Record) -> Piece {
        let Record { hash, frame_offset, offset, length, .. } = record;
        let volume = VolumeRef { run: self.run.clone(), number: NO_VOLUME };
        Piece { volume, frame_offset, frame_length: 0, offset, length, hash }
    }

    /// To be called after each piece and each header: closes the frame where it is full.
    pub(super) fn settle(&mut self) -> Result<(), Stopped> {
        if self.current.weight() >= FRAME_TARGET { self.close() } else { Ok(()) }
    }

    /// Hands an entry on, to go into the catalog after all before it and when all its pieces have their places.
    pub(super) fn push(&mut self, entry: Entry, share: Share, fresh: Option<Fresh>) -> Result<(), Stopped> {
        self.current.entries.push(Waiting { entry, share, fresh });
        let waiting = self.current.entries.len();
        if waiting >= MOST_ENTRIES || (waiting >= SOME_ENTRIES && self.current.is_empty()) {
            return self.close();
        }
        self.settle()
    }

    fn close(&mut self) -> Result<(), Stopped> {
        let next = self.free.recv().map_err(|_| None)?;
        let mut full = std::mem::replace(&mut self.current, next);
        self.current.restart(full.number + 1);
        if full.is_empty() {
            self.current.content = std::mem::take(&mut full.content);
            return self.to_place.send(Packed::Frame(full)).map_err(|_| None);
        }
        self.to_compress.send(full).map_err(|_| None)?;
        self.current.content = self.rooms.recv().map_err(|_| None)?;
        Ok(())
    }

    /// Sends the last one on its way. Returns what is in all of them.
    pub(super) fn finish(mut self) -> Result<Log, Stopped> {
        if !self.current.is_empty() || !self.current.entries.is_empty() {
            self.close()?;
        }
        Ok(self.log)
    }
}

/// The number of the frame in which a piece lies that has no place yet.
pub(super) fn waits_for(piece: &Piece) -> Option<u64> {
    (piece.volume.number == NO_VOLUME).then_some(piece.frame_offset)
}
