//! The central directory and the records that end an archive.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{CENTRAL_LENGTH, MADE_BY, ZIP64_VERSION, get16, get32, put16, put32};

use crate::archive::{Error, Result};
use crate::os::temporary::nameless;

/// Past so many bytes of directory a volume is closed, or they are laid aside: they are held in memory, and are one frame in the end.
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
    /// Of an archive that holds all there is.
    whole: bool,
    /// The name of [`Directory::file`] for a moment.
    path: Option<PathBuf>,
    /// What stands before `bytes`.
    file: Option<File>,
    /// Its length.
    aside: u64,
}

impl Directory {
    /// Of any length. `aside`: the name that a file may have for a moment, in which what is not held in memory waits; without
    /// one, all is.
    pub fn whole(aside: Option<PathBuf>) -> Self {
        Self { whole: true, path: aside, ..Self::default() }
    }

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
        if self.whole && self.bytes.len() >= BYTES {
            self.lay_aside();
        }
    }

    /// What cannot be laid aside, on a full disk say, stays in memory.
    fn lay_aside(&mut self) {
        if self.file.is_none() {
            self.file = self.path.as_deref().and_then(|path| nameless(path).ok());
        }
        let Some(file) = &mut self.file else { return };
        let written = file.seek(SeekFrom::Start(self.aside)).and_then(|_| file.write_all(&self.bytes));
        if written.is_ok() {
            self.aside += self.bytes.len() as u64;
            self.bytes.clear();
        }
    }

    /// Whether the volume is to be closed for its sake.
    pub fn is_full(&self) -> bool {
        !self.whole && (self.bytes.len() >= BYTES || self.members >= MEMBERS)
    }

    /// The directory and what ends the archive, for a volume of `offset` bytes so far: in parts that fit into a record each, the
    /// last of them being told of.
    pub fn finish(mut self, offset: u64, mut part: impl FnMut(&[u8], bool) -> Result<()>) -> Result<()> {
        let size = self.aside + self.bytes.len() as u64;
        if let Some(mut file) = self.file.take() {
            let lost = |source| {
                let folder = self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_path_buf();
                Error::Aside { folder, source }
            };
            file.seek(SeekFrom::Start(0)).map_err(lost)?;
            let mut buffer = vec![0; BYTES];
            let mut left = self.aside;
            while left > 0 {
                let length = left.min(BYTES as u64) as usize;
                let Some(buffer) = buffer.get_mut(..length) else { break };
                file.read_exact(buffer).map_err(lost)?;
                part(buffer, false)?;
                left -= length as u64;
            }
        }
        // More than one part only where nothing could be laid aside.
        let mut rest = self.bytes.as_slice();
        while let Some((first, behind)) = rest.split_at_checked(BYTES).filter(|(_, behind)| !behind.is_empty()) {
            part(first, false)?;
            rest = behind;
        }
        let mut last = rest.to_vec();
        end(&mut last, self.members, size, offset);
        part(&last, true)
    }
}

/// The records behind the directory, which has `size` bytes and begins at `offset`.
fn end(out: &mut Vec<u8>, members: u64, size: u64, offset: u64) {
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
}
