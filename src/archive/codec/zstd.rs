//! Zstd frames (RFC 8878), with content size and checksum, without dictionary. Catalogs are made of them too.

use std::io::Cursor;

use zstd::zstd_safe::{self, CCtx, CParameter, DCtx, compress_bound};

use crate::archive::{Error, Result};

/// First four bytes of every frame; skippable frames have others and are refused.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// In the frame header descriptor, the fifth byte: a checksum follows the content; a dictionary is needed; reserved.
const CHECKSUM: u8 = 0b0000_0100;
const DICTIONARY: u8 = 0b0000_0011;
const RESERVED: u8 = 0b0001_1000;

/// Compresses frames; keeps its context between them.
pub struct Compressor {
    context: CCtx<'static>,
}

impl Compressor {
    /// `level` as zstd counts them; out of its range it is the nearest.
    pub fn new(level: i32) -> Self {
        let mut context = CCtx::create();
        let level = level.clamp(zstd_safe::min_c_level(), zstd_safe::max_c_level());
        for parameter in [CParameter::CompressionLevel(level), CParameter::ChecksumFlag(true), CParameter::ContentSizeFlag(true)]
        {
            context.set_parameter(parameter).expect("a parameter within zstd's own bounds is accepted");
        }
        Self { context }
    }

    /// Appends the frame of `content` to `out`: with content size and checksum.
    pub fn compress(&mut self, content: &[u8], out: &mut Vec<u8>) {
        out.reserve(compress_bound(content.len()));
        let mut cursor = Cursor::new(std::mem::take(out));
        cursor.set_position(cursor.get_ref().len() as u64);
        self.context.compress2(&mut cursor, content).expect("with room for the worst case zstd fails only without memory");
        *out = cursor.into_inner();
    }
}

/// Unpacks frames; keeps its context between them.
pub struct Decompressor {
    context: DCtx<'static>,
}

impl Default for Decompressor {
    fn default() -> Self {
        Self::new()
    }
}

impl Decompressor {
    pub fn new() -> Self {
        Self { context: DCtx::create() }
    }

    /// Unpacks exactly one frame, of at most `limit` bytes, into `out`, which is cleared before. `object` names it in errors.
    ///
    /// `Damaged` for anything else than one whole frame with content size and a checksum that fits.
    pub fn decompress(&mut self, object: &str, frame: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        let damaged = |what: &str| Error::damaged(object, what);
        let descriptor = match frame {
            [a, b, c, d, descriptor, ..] if [*a, *b, *c, *d] == MAGIC => *descriptor,
            _ => return Err(damaged("a frame does not begin as zstd")),
        };
        if descriptor & CHECKSUM == 0 || descriptor & (DICTIONARY | RESERVED) != 0 {
            return Err(damaged("a frame is not of the kind that is written here"));
        }
        let size = match zstd_safe::get_frame_content_size(frame) {
            Ok(Some(size)) if size <= limit as u64 => size as usize,
            Ok(Some(_)) => return Err(damaged("a frame unpacks to more than is allowed")),
            _ => return Err(damaged("a frame does not tell its size")),
        };
        if zstd_safe::find_frame_compressed_size(frame) != Ok(frame.len()) {
            return Err(damaged("a frame has not the length it should have"));
        }
        out.reserve(size);
        match self.context.decompress(out, frame) {
            Ok(length) if length == size => Ok(()),
            Ok(_) => Err(damaged("a frame unpacks to another size than it tells")),
            Err(code) => {
                out.clear();
                Err(damaged(&format!("a frame does not unpack: {}", zstd_safe::get_error_name(code))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_frames_as_they_are_written_here_are_taken() {
        let unpack = |frame: &[u8]| Decompressor::new().decompress("o", frame, 100, &mut Vec::new());
        let mut whole = Vec::new();
        Compressor::new(3).compress(b"some content", &mut whole);
        assert!(unpack(&whole).is_ok());
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0][..], &whole[..]].concat();
        assert!(unpack(&skippable).is_err());
        assert!(unpack(&zstd::bulk::compress(b"some content", 3).unwrap()).is_err(), "without checksum");
    }
}
