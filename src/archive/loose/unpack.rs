//! Compressed streams of any program's making: frames one after the other, each by whatever of its codec's features, and what can be
//! had of them behind damage.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;

use super::Input;
use crate::archive::codec::FRAME_MAX;
use crate::model::format::Codec;

impl Codec {
    /// Whether a frame begins so. Enough bytes for any of them: [`HEAD`].
    pub fn fits(self, head: &[u8]) -> bool {
        match self {
            Self::Gzip => matches!(head, [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0),
            Self::Bzip2 => match head {
                [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] => {
                    rest.starts_with(b"\x31\x41\x59\x26\x53\x59") || rest.starts_with(b"\x17\x72\x45\x38\x50\x90")
                }
                _ => false,
            },
            // Version 1; the reserved bit is not set.
            Self::Lz4 => matches!(head, [0x04, 0x22, 0x4d, 0x18, flags, ..] if flags & 0xc2 == 0x40),
            Self::Zstd => head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
        }
    }

    /// Lz4 and zstd have frames that hold nothing for them.
    pub fn is_skippable(self, head: &[u8]) -> bool {
        matches!(self, Self::Lz4 | Self::Zstd) && matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
    }
}

/// Bytes that tell whether a frame begins.
pub const HEAD: usize = 10;

/// A stream out of its codec, or as it is. Reading fails with `InvalidData` or `UnexpectedEof` where it is damaged; [`Unpacked::resume`]
/// then finds where it goes on.
pub struct Unpacked {
    codec: Option<Codec>,
    state: State,
    /// Where the frame that is being read begins.
    frame_at: u64,
    /// What was unpacked of it already and is proven.
    ready: Vec<u8>,
    ready_at: usize,
    /// What reading fails with once all of that is given out.
    pending: Option<io::Error>,
    /// Something was given out of the frame before its checksum was seen.
    pub unproven: bool,
}

enum State {
    /// No codec, or between two frames.
    Between(Input),
    Gzip(Box<GzDecoder<Input>>),
    Bzip2(Box<BzDecoder<Input>>),
    Lz4(Box<lz4::Decoder<Input>>),
    Zstd(Box<zstd::Decoder<'static, Input>>),
    Broken(Input),
    /// The file, where nothing failed that took it along.
    Ended(Option<Input>),
}

impl Unpacked {
    /// `input` stands where the stream begins.
    pub fn new(input: Input, codec: Option<Codec>) -> Self {
        Self { codec, state: State::Between(input), frame_at: 0, ready: Vec::new(), ready_at: 0, pending: None, unproven: false }
    }

    /// About where in the file it reads, or where it could not go on.
    pub fn place(&mut self) -> u64 {
        match &mut self.state {
            State::Between(input) if self.codec.is_none() => input.stream_position().unwrap_or(self.frame_at),
            State::Broken(input) => input.stream_position().unwrap_or(self.frame_at),
            _ => self.frame_at,
        }
    }

    /// Passes over `count` bytes.
    pub fn skip(&mut self, count: u64) -> io::Result<()> {
        if self.codec.is_none()
            && let State::Between(input) = &mut self.state
        {
            let at = input.stream_position()?;
            let end = at.checked_add(count).filter(|end| *end <= input.get_ref().length());
            let by = i64::try_from(count).ok().filter(|_| end.is_some()).ok_or(io::ErrorKind::UnexpectedEof)?;
            return input.seek_relative(by);
        }
        let passed = io::copy(&mut self.by_ref().take(count), &mut io::sink())?;
        if passed == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// After damage: goes to the next place where something can be read. False where there is none.
    pub fn resume(&mut self) -> io::Result<bool> {
        (self.ready, self.ready_at, self.pending, self.unproven) = (Vec::new(), 0, None, false);
        let mut input = match std::mem::replace(&mut self.state, State::Ended(None)) {
            State::Between(input) | State::Broken(input) => input,
            State::Gzip(decoder) => decoder.into_inner(),
            State::Bzip2(decoder) => decoder.into_inner(),
            State::Lz4(decoder) => decoder.finish().0,
            State::Zstd(decoder) => decoder.finish(),
            State::Ended(input) => {
                self.state = State::Ended(input);
                return Ok(false);
            }
        };
        let found = match self.codec {
            None => {
                let at = input.stream_position()?;
                input.get_ref().past_damage(at)
            }
            Some(codec) => find(&mut input, self.frame_at + 1, codec)?,
        };
        if let Some(at) = found {
            input.seek(SeekFrom::Start(at))?;
        }
        self.state = if found.is_some() { State::Between(input) } else { State::Ended(Some(input)) };
        Ok(found.is_some())
    }

    /// The file again, wherever it stands; `None` after its end.
    pub fn into_input(mut self) -> Option<Input> {
        self.break_off();
        match self.state {
            State::Between(input) | State::Broken(input) | State::Ended(Some(input)) => Some(input),
            _ => None,
        }
    }

    /// Begins the next frame. False at the end.
    fn begin(&mut self) -> io::Result<bool> {
        let Some(codec) = self.codec else { return Ok(false) };
        let mut input = match std::mem::replace(&mut self.state, State::Ended(None)) {
            State::Between(input) => input,
            other => {
                self.state = other;
                return Ok(false);
            }
        };
        let begun = loop {
            let (at, head) = match peek(&mut input) {
                Ok(found) => found,
                Err(error) => break Err(error),
            };
            self.frame_at = at;
            if head.is_empty() {
                self.state = State::Ended(Some(input));
                return Ok(false);
            }
            if codec.is_skippable(&head) {
                let length = head.get(4..8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
                let end = at + 8 + u64::from(length);
                if end > input.get_ref().length() {
                    break Err(io::ErrorKind::UnexpectedEof.into());
                }
                input.seek(SeekFrom::Start(end))?;
                continue;
            }
            if codec.fits(&head) {
                break Ok(());
            }
            match only_zeros(&mut input) {
                Ok(true) => {
                    self.state = State::Ended(Some(input));
                    return Ok(false);
                }
                Ok(false) => break Err(io::Error::new(io::ErrorKind::InvalidData, "something follows that is no frame")),
                Err(error) => break Err(error),
            }
        };
        if let Err(error) = begun {
            self.state = State::Broken(input);
            return Err(error);
        }
        self.state = match codec {
            Codec::Gzip => State::Gzip(Box::new(GzDecoder::new(input))),
            Codec::Bzip2 => State::Bzip2(Box::new(BzDecoder::new(input))),
            Codec::Lz4 => State::Lz4(Box::new(lz4::Decoder::new(input)?)),
            Codec::Zstd => State::Zstd(Box::new(zstd::Decoder::with_buffer(input)?.single_frame())),
        };
        // Small frames are proven before anything of them is given out.
        let mut ready = std::mem::take(&mut self.ready);
        ready.clear();
        self.ready_at = 0;
        let read = self.by_frame().take(FRAME_MAX as u64 + 1).read_to_end(&mut ready);
        let length = ready.len();
        self.ready = ready;
        if let Err(error) = read {
            // What came before it is given out first: where the stream is only cut short it is right, else nobody knows.
            let error = damage(error);
            self.unproven = error.kind() != io::ErrorKind::UnexpectedEof;
            self.pending = Some(error);
            self.break_off();
        } else if length > FRAME_MAX {
            self.unproven = true;
        } else if let Err(error) = self.end_frame() {
            self.pending = Some(error);
        }
        Ok(true)
    }

    /// Reads of the frame alone.
    fn by_frame(&mut self) -> Frame<'_> {
        Frame(&mut self.state)
    }

    /// The frame has given all it has: whether it ended as it should.
    fn end_frame(&mut self) -> io::Result<()> {
        let (input, whole) = match std::mem::replace(&mut self.state, State::Ended(None)) {
            State::Gzip(decoder) => (decoder.into_inner(), true),
            State::Bzip2(decoder) => (decoder.into_inner(), true),
            State::Lz4(decoder) => {
                let (input, ended) = decoder.finish();
                (input, ended.is_ok())
            }
            State::Zstd(decoder) => (decoder.finish(), true),
            State::Between(input) | State::Broken(input) => (input, true),
            State::Ended(input) => {
                self.state = State::Ended(input);
                return Ok(());
            }
        };
        if whole {
            self.state = State::Between(input);
            return Ok(());
        }
        self.state = State::Broken(input);
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    fn break_off(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Ended(None)) {
            State::Gzip(decoder) => State::Broken(decoder.into_inner()),
            State::Bzip2(decoder) => State::Broken(decoder.into_inner()),
            State::Lz4(decoder) => State::Broken(decoder.finish().0),
            State::Zstd(decoder) => State::Broken(decoder.finish()),
            other => other,
        };
    }
}

/// The decoder of a frame.
struct Frame<'a>(&'a mut State);

impl Read for Frame<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0 {
            State::Gzip(decoder) => decoder.read(buffer),
            State::Bzip2(decoder) => decoder.read(buffer),
            State::Lz4(decoder) => decoder.read(buffer),
            State::Zstd(decoder) => decoder.read(buffer),
            State::Between(_) | State::Broken(_) | State::Ended(_) => Ok(0),
        }
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.codec.is_none() {
            return match &mut self.state {
                State::Between(input) => input.read(buffer),
                _ => Ok(0),
            };
        }
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let rest = self.ready.get(self.ready_at..).unwrap_or_default();
            if !rest.is_empty() {
                let count = rest.len().min(buffer.len());
                buffer[..count].copy_from_slice(&rest[..count]);
                self.ready_at += count;
                return Ok(count);
            }
            if let Some(error) = self.pending.take() {
                return Err(error);
            }
            match self.state {
                State::Ended(_) => return Ok(0),
                State::Broken(_) => return Err(io::ErrorKind::InvalidData.into()),
                State::Between(_) => {
                    self.unproven = false;
                    if !self.begin()? {
                        return Ok(0);
                    }
                }
                _ => match self.by_frame().read(buffer) {
                    Ok(0) => self.end_frame()?,
                    Ok(count) => return Ok(count),
                    Err(error) => {
                        self.break_off();
                        return Err(damage(error));
                    }
                },
            }
        }
    }
}

/// Decoders fail in many ways; all are the data's fault but those of the disk.
fn damage(error: io::Error) -> io::Error {
    match error.kind() {
        _ if error.raw_os_error().is_some() => error,
        _ if error.to_string().contains("Dictionary mismatch") => {
            io::Error::new(io::ErrorKind::InvalidData, "it refers to a dictionary that lies elsewhere")
        }
        io::ErrorKind::UnexpectedEof => io::Error::new(io::ErrorKind::UnexpectedEof, error.to_string()),
        _ => io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
    }
}

/// The place, and the bytes that come, without taking them.
fn peek(input: &mut Input) -> io::Result<(u64, Vec<u8>)> {
    let at = input.stream_position()?;
    let mut head = Vec::with_capacity(HEAD);
    let read = input.by_ref().take(HEAD as u64).read_to_end(&mut head);
    input.seek_relative(-(head.len() as i64))?;
    read.map(|_| (at, head))
}

/// So many bytes from a place, fewer at the end; `None` where they cannot be read.
pub fn bytes_at(input: &mut Input, at: u64, count: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    go(input, at)?;
    match input.by_ref().take(count).read_to_end(&mut bytes) {
        Err(error) if super::member::is_damage(&error) => Ok(None),
        read => read.map(|_| Some(bytes)),
    }
}

/// Whether nothing but zeros follows, as tapes and some programs fill up with.
fn only_zeros(input: &mut Input) -> io::Result<bool> {
    let at = input.stream_position()?;
    let all = loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            break true;
        }
        if buffer.iter().any(|b| *b != 0) {
            break false;
        }
        let length = buffer.len();
        input.consume(length);
    };
    input.seek(SeekFrom::Start(at))?;
    Ok(all)
}

/// Goes to a place; what was read ahead stays where it can.
pub fn go(input: &mut Input, to: u64) -> io::Result<()> {
    let at = input.stream_position()?;
    match i64::try_from(to.abs_diff(at)) {
        Ok(by) => input.seek_relative(if to < at { -by } else { by }),
        Err(_) => input.seek(SeekFrom::Start(to)).map(drop),
    }
}

/// The first place at or after `from` where a frame may begin.
fn find(input: &mut Input, from: u64, codec: Codec) -> io::Result<Option<u64>> {
    find_by(input, from, HEAD, u64::MAX, |head| codec.fits(head))
}

/// The first place at or after `from` where `fits` holds for the bytes that begin there: `length` of them, fewer at the end. Past
/// `most` bytes it need not be found.
pub fn find_by(input: &mut Input, from: u64, length: usize, most: u64, fits: impl Fn(&[u8]) -> bool) -> io::Result<Option<u64>> {
    // What is looked for is mostly near.
    let mut step = 4 << 10;
    let mut at = from;
    let mut window: Vec<u8> = Vec::new();
    go(input, at)?;
    loop {
        let before = window.len();
        let read = input.by_ref().take(step).read_to_end(&mut window);
        step = (2 * step).min(1 << 20);
        let ended = window.len() == before;
        let last = if ended { window.len() } else { window.len().saturating_sub(length) };
        for offset in 0..last {
            if window.get(offset..).is_some_and(|rest| fits(&rest[..rest.len().min(length)])) {
                return Ok(Some(at + offset as u64));
            }
        }
        match read {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let broken = at + window.len() as u64;
                let Some(next) = input.get_ref().past_damage(broken) else { return Ok(None) };
                window.clear();
                at = next;
                go(input, at)?;
                continue;
            }
            read => _ = read?,
        }
        if ended || at - from > most {
            return Ok(None);
        }
        window.drain(..last);
        at += last as u64;
    }
}

/// For tests and tools: all of some bytes.
pub fn input_of(bytes: Box<dyn super::Bytes>) -> Input {
    BufReader::with_capacity(256 << 10, bytes)
}

#[cfg(test)]
#[path = "unpack_tests.rs"]
mod tests;
