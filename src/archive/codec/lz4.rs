//! LZ4 frames, with content size and checksum, without dictionary
//! (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>).

use std::io::{Read, Write};

use ::lz4::liblz4::BlockChecksum;
use ::lz4::{BlockSize, Decoder, EncoderBuilder};

use super::{TOO_LARGE, Wrong};

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
/// In the descriptor's first byte: version 1; checksums of blocks, content size and content checksum follow; bits that must not be set: reserved, dictionary.
const VERSION: u8 = 0b0100_0000;
const VERSION_BITS: u8 = 0b1100_0000;
const CONTENT_SIZE: u8 = 0b0000_1000;
const BLOCK_CHECKSUM: u8 = 0b0001_0000;
const CHECKSUM: u8 = 0b0000_0100;
const REFUSED: u8 = 0b0000_0011;

/// `level` 1 is fast, 3 to 12 are LZ4's high compression.
pub fn compress(content: &[u8], level: u32, out: &mut Vec<u8>) {
    let encoder = EncoderBuilder::new()
        .block_size(BlockSize::Max1MB)
        .block_checksum(BlockChecksum::NoBlockChecksum)
        .content_size(content.len() as u64)
        .auto_flush(true)
        .level(level)
        .build(out);
    let written = encoder.and_then(|mut encoder| {
        encoder.write_all(content)?;
        encoder.finish().1
    });
    written.expect("lz4 fails only without memory");
}

pub fn decompress(frame: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<(), Wrong> {
    const BROKEN: Wrong = "a frame does not unpack by LZ4";
    let flags = match frame {
        [a, b, c, d, flags, ..] if [*a, *b, *c, *d] == MAGIC => *flags,
        _ => return Err("a frame does not begin as LZ4"),
    };
    if flags & VERSION_BITS != VERSION || flags & CHECKSUM == 0 || flags & REFUSED != 0 {
        return Err("a frame is not of the kind that is written here");
    }
    // Without the field it is empty: that is how LZ4's own library says it.
    let size = match frame.get(6..14).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()) {
        Some(bytes) if flags & CONTENT_SIZE != 0 => u64::from_le_bytes(bytes),
        _ => 0,
    };
    if size > limit as u64 {
        return Err(TOO_LARGE);
    }
    // The decoder stops at the frame's end without a word about what follows.
    if length(frame, flags) != Some(frame.len()) {
        return Err("a frame has not the length it should have");
    }
    out.reserve(size as usize);
    let mut decoder = Decoder::new(frame).map_err(|_| BROKEN)?;
    let read = decoder.by_ref().take(size + 1).read_to_end(out).map_err(|_| BROKEN)?;
    // Its checksum is looked at when one more is asked for.
    let more = decoder.read(&mut [0]).map_err(|_| BROKEN)?;
    if read as u64 == size && more == 0 && decoder.finish().1.is_ok() { Ok(()) } else { Err(BROKEN) }
}

/// Length of the frame by what its blocks say of theirs; `None` where it is cut short.
fn length(frame: &[u8], flags: u8) -> Option<usize> {
    // Magic, two bytes of the descriptor, content size, the descriptor's checksum.
    let mut at = if flags & CONTENT_SIZE != 0 { 15 } else { 7 };
    let block_checksum = if flags & BLOCK_CHECKSUM != 0 { 4 } else { 0 };
    loop {
        let block = u32::from_le_bytes(frame.get(at..at + 4)?.try_into().ok()?);
        at += 4;
        if block == 0 {
            // The content's checksum.
            return Some(at + 4);
        }
        // The highest bit: not compressed.
        at += (block & 0x7fff_ffff) as usize + block_checksum;
    }
}
