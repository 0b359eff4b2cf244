//! Frames: independent zstd frames, concatenated as the standard allows (RFC 8878).

use std::io::Cursor;

use zstd::zstd_safe::{self, CCtx, CParameter, DCtx, compress_bound};

use super::{Error, Result};

/// A frame is closed at the first piece boundary past this many bytes.
pub const FRAME_TARGET: usize = 4 << 20;
/// And never holds more than this.
pub const FRAME_MAX: usize = 8 << 20;

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

    fn frame(content: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        Compressor::new(3).compress(content, &mut out);
        out
    }

    fn unpack(frame: &[u8], limit: usize) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        Decompressor::new().decompress("o", frame, limit, &mut out).map(|()| out)
    }

    #[test]
    fn frames_round_trip_and_are_appended() {
        let mut compressor = Compressor::new(3);
        let mut out = b"before".to_vec();
        let contents: [Vec<u8>; 3] = [vec![], b"abc".to_vec(), vec![7; 5 << 20]];
        let mut decompressor = Decompressor::new();
        let mut unpacked = b"rubbish".to_vec();
        for content in &contents {
            let from = out.len();
            compressor.compress(content, &mut out);
            decompressor.decompress("o", &out[from..], FRAME_MAX, &mut unpacked).unwrap();
            assert_eq!(&unpacked, content);
        }
        assert!(out.starts_with(b"before"));
        // All frames together are what `zstd -d` reads.
        assert_eq!(zstd::decode_all(&out[6..]).unwrap(), contents.concat());
    }

    #[test]
    fn only_one_whole_frame_is_taken() {
        let whole = frame(b"some content, some content");
        assert!(unpack(&whole, 26).is_ok());
        assert!(unpack(&whole, 25).is_err(), "limit");
        assert!(unpack(&[&whole[..], b"x"].concat(), 100).is_err(), "trailing byte");
        assert!(unpack(&[&whole[..], &whole[..]].concat(), 100).is_err(), "two frames");
        for end in 0..whole.len() {
            assert!(unpack(&whole[..end], 100).is_err(), "cut at {end}");
        }
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0][..], &whole[..]].concat();
        assert!(unpack(&skippable, 100).is_err());
        let without_checksum = zstd::bulk::compress(b"some content", 3).unwrap();
        assert!(unpack(&without_checksum, 100).is_err());
    }

    #[test]
    fn a_flip_never_gives_other_content() {
        let content = b"some content that repeats, some content that repeats";
        let whole = frame(content);
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bad = whole.clone();
                bad[at] ^= 1 << bit;
                assert!(unpack(&bad, 1000).map_or(true, |out| out == content), "byte {at} bit {bit}");
            }
        }
    }
}
