//! Frames: independent pieces of a compressed stream, concatenated as each codec's standard allows, so that its own program
//! reads them all and we any one of them.
//!
//! | kind of volume | a frame is | its checksum |
//! |---|---|---|
//! | tar | a slice of the archive | none: pieces have BLAKE3, volumes SHA-256 |
//! | tar.gz | a gzip member (RFC 1952) | CRC-32 and length |
//! | tar.bz2 | a bzip2 stream | CRC of each block and of all |
//! | tar.lz4 | an LZ4 frame | xxHash-32 |
//! | tar.zst | a zstd frame (RFC 8878) | xxHash-64 |
//! | zip | whole members, each with its local header | CRC-32 and length of each |
//!
//! What is read is taken for hostile: exactly one frame (for zip: whole members and nothing else), no byte beside it, and never
//! more memory than the limit that is given.

mod bzip2;
mod deflate;
mod gzip;
mod lz4;
mod probe;
pub mod zstd;

pub use self::deflate::{Deflater, inflate};
pub use self::gzip::crc32;
pub use self::probe::is_dense;

use self::bzip2::Bzip2;
use self::gzip::Gzip;
use super::{Error, Result, zip};
use crate::model::format::Kind;

/// A frame is closed at the first piece boundary past this many bytes.
pub const FRAME_TARGET: usize = 4 << 20;
/// And never holds more than this.
pub const FRAME_MAX: usize = 8 << 20;

/// Compresses frames of tar; keeps its context between them.
pub enum Compressor {
    Stored,
    Gzip(Box<Gzip>),
    Bzip2(Bzip2),
    Lz4 { level: u32 },
    Zstd(zstd::Compressor),
}

impl Compressor {
    /// `level` as the codec counts them; out of its range it is the nearest. Zip's members are packed by [`super::zip`]; what
    /// stands between them is stored.
    pub fn new(kind: Kind, level: i32) -> Self {
        let level = level.clamp(*kind.levels().start(), *kind.levels().end());
        match kind {
            Kind::Tar | Kind::Zip | Kind::ZipZstd => Self::Stored,
            Kind::TarGz => Self::Gzip(Box::new(Gzip::new(level as u32))),
            Kind::TarBz2 => Self::Bzip2(Bzip2::new(level as u32)),
            Kind::TarLz4 => Self::Lz4 { level: level as u32 },
            Kind::TarZst => Self::Zstd(zstd::Compressor::new(level)),
        }
    }

    /// Appends the frame of `content` to `out`.
    pub fn compress(&mut self, content: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Stored => out.extend_from_slice(content),
            Self::Gzip(gzip) => gzip.compress(content, out),
            Self::Bzip2(bzip2) => bzip2.compress(content, out),
            Self::Lz4 { level } => lz4::compress(content, *level, out),
            Self::Zstd(zstd) => zstd.compress(content, out),
        }
    }
}

/// Unpacks frames of any kind; keeps zstd's context between them.
#[derive(Default)]
pub struct Decompressor {
    zstd: zstd::Decompressor,
}

impl Decompressor {
    /// Unpacks exactly one frame, of at most `limit` bytes, into `out`, which is cleared before. `object` names it in errors.
    ///
    /// `Damaged` for anything else than one whole frame whose checksum fits. After an error `out` holds nothing.
    pub fn decompress(&mut self, kind: Kind, object: &str, frame: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        let unpacked = match kind {
            Kind::TarZst => return self.zstd.decompress(object, frame, limit, out),
            Kind::Tar => stored(frame, limit, out),
            Kind::TarGz => gzip::decompress(frame, limit, out),
            Kind::TarBz2 => bzip2::decompress(frame, limit, out),
            Kind::TarLz4 => lz4::decompress(frame, limit, out),
            Kind::Zip | Kind::ZipZstd => zip::unpack(frame, limit, &mut self.zstd, out),
        };
        unpacked.map_err(|what| {
            out.clear();
            Error::damaged(object, what)
        })
    }
}

/// What is wrong with a frame.
pub type Wrong = &'static str;

const TOO_LARGE: Wrong = "a frame unpacks to more than is allowed";

fn stored(frame: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<(), Wrong> {
    if frame.len() > limit {
        return Err(TOO_LARGE);
    }
    out.extend_from_slice(frame);
    Ok(())
}

#[cfg(test)]
mod tests;
