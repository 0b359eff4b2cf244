//! Frames: independent zstd frames, concatenated as the standard allows (RFC 8878).

use super::Result;

/// A frame is closed at the first piece boundary past this many bytes.
pub const FRAME_TARGET: usize = 4 << 20;
/// And never holds more than this.
pub const FRAME_MAX: usize = 8 << 20;

/// Compresses frames; keeps its context between them.
pub struct Compressor;

impl Compressor {
    pub fn new(_level: i32) -> Self {
        todo!()
    }

    /// Appends the frame of `content` to `out`: with content size and checksum.
    pub fn compress(&mut self, _content: &[u8], _out: &mut Vec<u8>) {
        todo!()
    }
}

/// Unpacks frames; keeps its context between them.
pub struct Decompressor;

impl Decompressor {
    pub fn new() -> Self {
        todo!()
    }

    /// Unpacks exactly one frame, of at most `limit` bytes, into `out`, which is cleared before. `object` names it in errors.
    pub fn decompress(&mut self, _object: &str, _frame: &[u8], _limit: usize, _out: &mut Vec<u8>) -> Result<()> {
        todo!()
    }
}
