//! The central directory and the records that end an archive.

use super::{CENTRAL_LENGTH, MADE_BY, ZIP64_VERSION, get16, get32, put16, put32};

/// A volume is closed past so many bytes of directory: it is held in memory, and is one frame in the end.
const BYTES: usize = 8 << 20;
/// And past so many members: no reader needs zip64 for them then, since a frame has far fewer than are left up to 65,535.
const MEMBERS: u64 = 40_000;

/// What is larger stands in zip64's fields, and this in the ordinary one.
const MARK16: u64 = 0xffff;
const MARK32: u64 = 0xffff_ffff;

/// Grows with the members of a volume.
#[derive(Default)]
pub struct Directory {
    bytes: Vec<u8>,
    members: u64,
}

impl Directory {
    /// Takes the headers of members of one frame, whose offsets count from `base`.
    pub fn add(&mut self, mut headers: &[u8], base: u64) {
        while let (Some(name), Some(extra), Some(offset)) = (get16(headers, 28), get16(headers, 30), get32(headers, 42)) {
            let length = CENTRAL_LENGTH + usize::from(name) + usize::from(extra);
            let Some((header, rest)) = headers.split_at_checked(length) else { return };
            headers = rest;
            self.members += 1;
            let at = self.bytes.len();
            self.bytes.extend_from_slice(header);
            let offset = base + u64::from(offset);
            let Some(own) = self.bytes.get_mut(at..) else { return };
            if offset < MARK32 {
                put32(own, 42, offset as u32);
                continue;
            }
            put32(own, 42, MARK32 as u32);
            put16(own, 6, get16(own, 6).unwrap_or(0).max(ZIP64_VERSION));
            put16(own, 30, extra + 12);
            self.bytes.extend_from_slice(&[1, 0, 8, 0]);
            self.bytes.extend_from_slice(&offset.to_le_bytes());
        }
    }

    /// Whether the volume is to be closed for its sake.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= BYTES || self.members >= MEMBERS
    }

    /// The directory and what ends the archive, for a volume of `offset` bytes so far.
    pub fn finish(self, offset: u64) -> Vec<u8> {
        let Self { bytes: mut out, members } = self;
        let size = out.len() as u64;
        let end = offset + size;
        if offset >= MARK32 || size >= MARK32 || members >= MARK16 {
            out.extend_from_slice(b"PK\x06\x06");
            out.extend_from_slice(&44u64.to_le_bytes());
            out.extend_from_slice(&MADE_BY.to_le_bytes());
            out.extend_from_slice(&ZIP64_VERSION.to_le_bytes());
            out.extend_from_slice(&[0; 8]);
            for field in [members, members, size, offset] {
                out.extend_from_slice(&field.to_le_bytes());
            }
            out.extend_from_slice(b"PK\x06\x07\0\0\0\0");
            out.extend_from_slice(&end.to_le_bytes());
            out.extend_from_slice(&1u32.to_le_bytes());
        }
        out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for _ in 0..2 {
            out.extend_from_slice(&(members.min(MARK16) as u16).to_le_bytes());
        }
        out.extend_from_slice(&(size.min(MARK32) as u32).to_le_bytes());
        out.extend_from_slice(&(offset.min(MARK32) as u32).to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out
    }
}
