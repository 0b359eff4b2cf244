//! Bzip2 streams, each one frame.

use ::bzip2::{Action, Compress, Compression, Decompress, Status};

use super::{TOO_LARGE, Wrong};

/// Longest growth: what bzip2 itself says of data that cannot be compressed, and some more.
const SLACK: usize = 4096;

pub struct Bzip2 {
    level: Compression,
}

impl Bzip2 {
    /// `level` 1 to 9: hundreds of kilobytes that are sorted at once.
    pub fn new(level: u32) -> Self {
        Self { level: Compression::new(level) }
    }

    pub fn compress(&self, content: &[u8], out: &mut Vec<u8>) {
        let mut stream = Compress::new(self.level, 30);
        out.reserve(content.len() / 2 + SLACK);
        loop {
            let rest = content.get(stream.total_in() as usize..).unwrap_or_default();
            match stream.compress_vec(rest, out, Action::Finish).expect("bzip2 fails only where it is misused") {
                Status::StreamEnd => return,
                _ => out.reserve(content.len() / 2 + SLACK),
            }
        }
    }
}

pub fn decompress(frame: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<(), Wrong> {
    const BROKEN: Wrong = "a frame does not unpack by bzip2";
    let mut stream = Decompress::new(false);
    // It does not tell its size: one byte more than is allowed shows that it is too large.
    out.reserve(limit + 1);
    loop {
        let (read, length) = (stream.total_in(), out.len());
        let rest = frame.get(read as usize..).unwrap_or_default();
        let status = stream.decompress_vec(rest, out).map_err(|_| BROKEN)?;
        if out.len() > limit {
            return Err(TOO_LARGE);
        }
        if status == Status::StreamEnd {
            return if stream.total_in() == frame.len() as u64 { Ok(()) } else { Err("something follows a frame") };
        }
        if (stream.total_in(), out.len()) == (read, length) {
            return Err(BROKEN);
        }
    }
}
