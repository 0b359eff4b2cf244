//! The central directory, a piece at a time.

use std::io::{self, Read};

use super::super::Input;
use super::super::unpack::go;
use super::fields::{Central, common};
use super::local;
use super::tail::Tail;
use crate::archive::zip::{CENTRAL, CENTRAL_LENGTH, get16, get32};

/// Where the directory lies.
pub struct End {
    /// What its offsets are counted from.
    pub base: u64,
    pub offset: u64,
    pub size: u64,
    pub members: u64,
}

pub struct Directory {
    pub base: u64,
    /// Of the file that is read into the window next.
    at: u64,
    end: u64,
    left: u64,
    window: Vec<u8>,
    used: usize,
}

const STEP: u64 = 1 << 20;

fn wrong() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Finds the record that ends an archive.
pub fn find_end(input: &mut Input, tail: &Tail) -> io::Result<Option<End>> {
    for (place, record) in tail.records() {
        if let Some(end) = read_end(input, record, place)? {
            // A member in front is none of a program's: its own end is cut off, and this is that of an archive within it.
            if end.base == 0 || !local::starts(input, 0)? {
                return Ok(Some(end));
            }
        }
    }
    Ok(None)
}

fn read_end(input: &mut Input, record: &[u8], place: u64) -> io::Result<Option<End>> {
    let (Some(members), Some(size), Some(offset)) = (get16(record, 10), get32(record, 12), get32(record, 16)) else {
        return Ok(None);
    };
    let mut end = End { base: 0, offset: offset.into(), size: size.into(), members: members.into() };
    let mut ends_at = place;
    if let Some((wide, at)) = read_wide(input, place)? {
        (end, ends_at) = (wide, at);
    }
    let Some(begins) = ends_at.checked_sub(end.size) else { return Ok(None) };
    // Info-ZIP refers to a wide record that it does not write where it writes into a pipe.
    if end.offset == u64::from(u32::MAX) && ends_at == place {
        end.offset = begins;
    }
    // What stands before the archive moves everything by its length.
    let Some(base) = begins.checked_sub(end.offset) else { return Ok(None) };
    end.base = base;
    let mut magic = [0; 4];
    go(input, begins)?;
    let fits = end.size == 0 || input.read_exact(&mut magic).is_ok() && magic == CENTRAL;
    Ok(fits.then_some(end))
}

/// Zip64's record, and where it stands: its locator stands right before the ordinary one.
fn read_wide(input: &mut Input, place: u64) -> io::Result<Option<(End, u64)>> {
    let Some(locator_at) = place.checked_sub(20) else { return Ok(None) };
    let mut locator = [0; 20];
    go(input, locator_at)?;
    if input.read_exact(&mut locator).is_err() || !locator.starts_with(b"PK\x06\x07") {
        return Ok(None);
    }
    // The record has no comment that anybody writes: it stands right before, wherever it says that it stands.
    let Some(at) = locator_at.checked_sub(56) else { return Ok(None) };
    let mut record = [0; 56];
    go(input, at)?;
    if input.read_exact(&mut record).is_err() || !record.starts_with(b"PK\x06\x06") {
        return Ok(None);
    }
    let long = |at: usize| record.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes);
    Ok(Some((End { base: 0, members: long(32), size: long(40), offset: long(48) }, at)))
}

impl Directory {
    pub fn open(input: &mut Input, tail: &Tail) -> io::Result<Option<Self>> {
        let Some(end) = find_end(input, tail)? else { return Ok(None) };
        let at = end.base + end.offset;
        Ok(Some(Self { base: end.base, at, end: at + end.size, left: end.members, window: Vec::new(), used: 0 }))
    }

    /// Where in the file it reads.
    pub fn place(&self) -> u64 {
        self.at - (self.window.len() - self.used) as u64
    }

    /// The next member; `None` after the last.
    pub fn next(&mut self, input: &mut Input) -> io::Result<Option<Central>> {
        let header = self.peek(input, CENTRAL_LENGTH)?;
        if header.is_empty() {
            return if self.left == 0 { Ok(None) } else { Err(wrong()) };
        }
        if !header.starts_with(&CENTRAL) || header.len() < CENTRAL_LENGTH {
            return Err(wrong());
        }
        let short = |at| get16(header, at).map(usize::from).ok_or_else(wrong);
        let (name, extra, comment) = (short(28)?, short(30)?, short(32)?);
        let length = CENTRAL_LENGTH + name + extra + comment;
        let header = self.peek(input, length)?;
        let mut central = common(header, 8).ok_or_else(wrong)?;
        central.made_by = get16(header, 4).ok_or_else(wrong)?;
        central.attributes = get32(header, 38).ok_or_else(wrong)?;
        central.offset = get32(header, 42).ok_or_else(wrong)?.into();
        let rest = header.get(CENTRAL_LENGTH..length).ok_or_else(wrong)?;
        central.name = rest[..name].to_vec();
        central.extra = rest[name..name + extra].to_vec();
        central.widen().ok_or_else(wrong)?;
        self.used += length;
        // Where there are more than 16 bits count, some programs let the number run over.
        self.left = self.left.saturating_sub(1);
        Ok(Some(central))
    }

    /// So many bytes that come next, or as many as there are.
    fn peek(&mut self, input: &mut Input, length: usize) -> io::Result<&[u8]> {
        if self.window.len() - self.used < length && self.at < self.end {
            self.window.drain(..self.used);
            self.used = 0;
            go(input, self.at)?;
            let more = STEP.min(self.end - self.at);
            let before = self.window.len();
            input.by_ref().take(more).read_to_end(&mut self.window)?;
            self.at += (self.window.len() - before) as u64;
        }
        let rest = self.window.get(self.used..).unwrap_or_default();
        Ok(&rest[..rest.len().min(length)])
    }
}
