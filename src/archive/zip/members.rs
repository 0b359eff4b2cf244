//! The members of a frame that is being filled: local headers without what only compression tells.

use super::{LOCAL, LOCAL_LENGTH, UTF8};
use crate::model::catalog::{Entry, EntryKind, FileTime};

/// Longest name that a header can hold.
const NAME_MOST: usize = 0xffff;

/// In the order in which their contents stand in the frame.
#[derive(Default)]
pub struct Members {
    headers: Vec<u8>,
    pub(super) list: Vec<Member>,
}

#[derive(Clone, Copy)]
pub(super) struct Member {
    /// Length of its local header.
    pub header: u32,
    /// Bytes of its content.
    pub length: u32,
    /// For the central directory.
    pub attributes: u32,
}

impl Member {
    pub fn is_link(&self) -> bool {
        self.attributes >> 16 & 0o170_000 == 0o120_000
    }
}

/// A point to go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    headers: usize,
    members: usize,
}

impl Members {
    /// A member of `length` bytes, which end the frame so far, under `name`. Of a kind that zip does not have it is none.
    pub fn add(&mut self, entry: &Entry, name: &[u8], length: usize) {
        let Some(kind) = kind_bits(&entry.kind) else { return };
        let mut name = name.to_vec();
        if entry.kind == EntryKind::Folder {
            name.push(b'/');
        }
        if name.len() > NAME_MOST {
            // No program could make it. The catalog has the path.
            name = format!(".strongroom-long-name/{}", blake3::hash(&name).to_hex()).into_bytes();
        }
        let flags = if !name.is_ascii() && std::str::from_utf8(&name).is_ok() { UTF8 } else { 0 };
        let extra = extra(entry);
        let (time, date) = dos_time(entry.mtime);
        let before = self.headers.len();
        let out = &mut self.headers;
        out.extend_from_slice(&LOCAL);
        // Version, method, checksum and packed size are known when it is packed.
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&flags.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&time.to_le_bytes());
        out.extend_from_slice(&date.to_le_bytes());
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(&(length as u32).to_le_bytes());
        out.extend_from_slice(&(name.len() as u16).to_le_bytes());
        out.extend_from_slice(&(extra.len() as u16).to_le_bytes());
        debug_assert_eq!(out.len() - before, LOCAL_LENGTH);
        out.extend_from_slice(&name);
        out.extend_from_slice(&extra);
        let folder = if entry.kind == EntryKind::Folder { 0x10 } else { 0 };
        self.list.push(Member {
            header: (self.headers.len() - before) as u32,
            length: length as u32,
            attributes: (kind_bits_and_mode(kind, entry.mode) << 16) | folder,
        });
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn clear(&mut self) {
        self.headers.clear();
        self.list.clear();
    }

    /// Bytes of headers.
    pub fn weight(&self) -> usize {
        self.headers.len()
    }

    pub fn mark(&self) -> Mark {
        Mark { headers: self.headers.len(), members: self.list.len() }
    }

    /// Forgets what was added since.
    pub fn go_back(&mut self, mark: Mark) {
        self.headers.truncate(mark.headers);
        self.list.truncate(mark.members);
    }

    /// Each member with its local header.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], Member)> {
        let mut rest = &self.headers[..];
        self.list.iter().map_while(move |member| {
            let (header, after) = rest.split_at_checked(member.header as usize)?;
            rest = after;
            Some((header, *member))
        })
    }
}

/// File type as Unix has it; `None` for what only the catalog holds.
fn kind_bits(kind: &EntryKind) -> Option<u32> {
    match kind {
        EntryKind::File => Some(0o100_000),
        EntryKind::Folder => Some(0o040_000),
        EntryKind::Symlink { .. } => Some(0o120_000),
        EntryKind::Fifo | EntryKind::CharDevice { .. } | EntryKind::BlockDevice { .. } => None,
    }
}

fn kind_bits_and_mode(kind: u32, mode: u32) -> u32 {
    kind | (mode & 0o7777)
}

/// Info-ZIP's extra fields, in local header and central directory alike: time of change in seconds where 31 bits hold it, owner and group.
fn extra(entry: &Entry) -> Vec<u8> {
    let mut out = Vec::with_capacity(24);
    if let Ok(seconds @ 0..) = i32::try_from(entry.mtime.seconds) {
        out.extend_from_slice(b"UT\x05\x00\x01");
        out.extend_from_slice(&seconds.to_le_bytes());
    }
    out.extend_from_slice(b"ux\x0b\x00\x01\x04");
    out.extend_from_slice(&entry.uid.to_le_bytes());
    out.push(4);
    out.extend_from_slice(&entry.gid.to_le_bytes());
    out
}

/// Time and date as MS-DOS has them, taken as UTC, within 1980 to 2107. Readers that know `UT` do not look at it.
fn dos_time(time: FileTime) -> (u16, u16) {
    const FIRST: i64 = 315_532_800;
    const LAST: i64 = 4_354_819_198;
    let Ok(at) = jiff::Timestamp::from_second(time.seconds.clamp(FIRST, LAST)) else { return (0, 0x21) };
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let field = |value: i8| u16::from(value.unsigned_abs());
    let time = field(at.hour()) << 11 | field(at.minute()) << 5 | (field(at.second()) / 2);
    let date = (at.year().clamp(1980, 2107) - 1980).unsigned_abs() << 9 | field(at.month()) << 5 | field(at.day());
    (time, date)
}
