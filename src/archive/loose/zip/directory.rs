//! The central directory, a piece at a time.

use std::io::{self, Read};

use super::super::Input;
use super::super::unpack::go;
use super::fields::{Central, common};
use super::local;
use crate::archive::zip::{CENTRAL, CENTRAL_LENGTH, LOCAL, get16, get32};

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
const END_LENGTH: usize = 22;

fn wrong() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Finds the record that ends an archive. A comment of at most 64 KiB may follow it.
pub fn find_end(input: &mut Input) -> io::Result<Option<End>> {
    let (tail, from) = tail(input)?;
    for (at, record) in records(&tail) {
        if let Some(end) = read_end(input, record, from + at as u64)? {
            // A member in front is none of a program's: its own end is cut off, and this is that of an archive within it.
            if end.base == 0 || !local::starts(input, 0)? {
                return Ok(Some(end));
            }
        }
    }
    Ok(None)
}

/// The file's end, as far as it can be read, and where that begins.
fn tail(input: &mut Input) -> io::Result<(Vec<u8>, u64)> {
    let length = input.get_ref().length();
    let from = length.saturating_sub(END_LENGTH as u64 + 0xffff);
    let mut tail = Vec::new();
    go(input, from)?;
    match input.by_ref().take(length - from).read_to_end(&mut tail) {
        Err(error) if super::is_damage(&error) => Ok((Vec::new(), from)),
        read => read.map(|_| (tail, from)),
    }
}

/// What may be the record that ends an archive, the last first.
fn records(tail: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let last = tail.len().saturating_sub(END_LENGTH);
    let record = |at: usize| Some((at, tail.get(at..at + END_LENGTH).filter(|record| record.starts_with(b"PK\x05\x06"))?));
    (0..=last).rev().filter_map(record)
}

/// A zip that was made in several files.
#[derive(Debug, PartialEq, Eq)]
pub enum Parts {
    /// One of them. Only the first and the last tell.
    One(String),
    /// All of them, put behind each other: what the directory says of places is of each by itself.
    Joined,
}

/// Whether this is, or was made of, parts.
pub fn parts(input: &mut Input) -> io::Result<Option<Parts>> {
    let (tail, _) = tail(input)?;
    let ends =
        |at: usize, record: &[u8]| get16(record, 20).is_some_and(|comment| at + END_LENGTH + usize::from(comment) == tail.len());
    let end = records(&tail).find(|(at, record)| ends(*at, record));
    let number = end.and_then(|(_, record)| get16(record, 4)).filter(|number| *number != u16::MAX);
    let mut head = Vec::new();
    go(input, 0)?;
    match input.by_ref().take(8).read_to_end(&mut head) {
        Err(error) if super::is_damage(&error) => return Ok(None),
        read => _ = read?,
    }
    // What the first part begins with, before its first member.
    let is_first = head.strip_prefix(b"PK\x07\x08").is_some_and(|rest| rest == LOCAL);
    let of = "of a zip that was made in several parts";
    Ok(match number {
        None if is_first => Some(Parts::One(format!("it is the first {of}"))),
        Some(1..) if is_first => Some(Parts::Joined),
        // One that begins with a member is whole whatever it says of itself.
        Some(number @ 1..) if !head.starts_with(&LOCAL) => {
            Some(Parts::One(format!("it is part {}, the last, {of}", u32::from(number) + 1)))
        }
        _ => None,
    })
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
    pub fn open(input: &mut Input) -> io::Result<Option<Self>> {
        let Some(end) = find_end(input)? else { return Ok(None) };
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
