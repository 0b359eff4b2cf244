//! Gzip members (RFC 1952), each one frame: deflate between a header that never differs, and checksum and length.

use flate2::Crc;

use super::deflate::{Deflater, inflate};
use super::{TOO_LARGE, Wrong};

/// Magic, deflate, no flags, no time, nothing about the level, system unknown.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
const TRAILER: usize = 8;

pub struct Gzip {
    deflater: Deflater,
}

impl Gzip {
    pub fn new(level: u32) -> Self {
        Self { deflater: Deflater::new(level) }
    }

    pub fn compress(&mut self, content: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&HEADER);
        self.deflater.compress(content, out);
        out.extend_from_slice(&crc32(content).to_le_bytes());
        out.extend_from_slice(&(content.len() as u32).to_le_bytes());
    }
}

pub fn decompress(frame: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<(), Wrong> {
    let Some(rest) = frame.strip_prefix(&HEADER) else { return Err("a frame does not begin as gzip") };
    let (stream, trailer) = rest.split_at_checked(rest.len().wrapping_sub(TRAILER)).ok_or("a frame is cut short")?;
    let number = |at| trailer.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    let size = number(4) as usize;
    if size > limit {
        return Err(TOO_LARGE);
    }
    inflate(stream, size, out)?;
    if crc32(out) == number(0) { Ok(()) } else { Err("a frame does not have the checksum it should have") }
}

pub fn crc32(content: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(content);
    crc.sum()
}
