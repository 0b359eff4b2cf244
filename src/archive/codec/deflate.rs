//! Deflate (RFC 1951), raw: what gzip and zip have around it stands with them.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::{Wrong, is_dense};

/// So much is looked at together: compressed, or stored as it is.
const BLOCK: usize = 128 << 10;
/// Longest stored block.
const STORED_MOST: usize = 0xffff;
/// What a call of the compressor may need beside a share of its input.
const SLACK: usize = 1024;

/// Makes streams; keeps its context between them.
pub struct Deflater {
    compress: Compress,
    level: u32,
}

impl Deflater {
    /// `level` 1 to 9; 0 stores.
    pub fn new(level: u32) -> Self {
        Self { compress: Compress::new(Compression::new(level), false), level }
    }

    /// Appends one stream of `content`. What looks compressed already is stored, block by block: deflate would only take time.
    pub fn compress(&mut self, content: &[u8], out: &mut Vec<u8>) {
        let mut rest = content;
        loop {
            let dense = self.is_stored(rest.get(..BLOCK).unwrap_or(rest));
            let mut length = BLOCK.min(rest.len());
            while length < rest.len() {
                let next = rest.get(length..length + BLOCK).or(rest.get(length..)).unwrap_or_default();
                if self.is_stored(next) != dense {
                    break;
                }
                length += next.len();
            }
            let (run, after) = rest.split_at(length);
            let last = after.is_empty();
            let before = out.len();
            if dense {
                store(run, last, out);
            } else {
                self.deflate(run, last, out);
                // A guess that was wrong.
                if out.len() - before > run.len() + SLACK {
                    out.truncate(before);
                    store(run, last, out);
                }
            }
            if last {
                return;
            }
            rest = after;
        }
    }

    fn is_stored(&self, block: &[u8]) -> bool {
        self.level == 0 || is_dense(block)
    }

    /// A run of blocks that ends at a whole byte.
    fn deflate(&mut self, run: &[u8], last: bool, out: &mut Vec<u8>) {
        self.compress.reset();
        let flush = if last { FlushCompress::Finish } else { FlushCompress::Sync };
        out.reserve(run.len() / 2 + SLACK);
        loop {
            let rest = run.get(self.compress.total_in() as usize..).unwrap_or_default();
            let status = self.compress.compress_vec(rest, out, flush).expect("deflate fails only where it is misused");
            // A flush is done when it leaves room.
            let flushed = !last && self.compress.total_in() == run.len() as u64 && out.len() < out.capacity();
            if status == Status::StreamEnd || flushed {
                return;
            }
            out.reserve(run.len() / 2 + SLACK);
        }
    }
}

/// Stored blocks, beginning and ending at a whole byte.
fn store(run: &[u8], last: bool, out: &mut Vec<u8>) {
    let mut rest = run;
    loop {
        let (block, after) = rest.split_at(rest.len().min(STORED_MOST));
        out.push(u8::from(last && after.is_empty()));
        out.extend_from_slice(&(block.len() as u16).to_le_bytes());
        out.extend_from_slice(&(!(block.len() as u16)).to_le_bytes());
        out.extend_from_slice(block);
        if after.is_empty() {
            return;
        }
        rest = after;
    }
}

/// Appends what one stream, which is all of `stream`, unpacks to: exactly `size` bytes.
pub fn inflate(stream: &[u8], size: usize, out: &mut Vec<u8>) -> Result<(), Wrong> {
    const BROKEN: Wrong = "a frame does not unpack by deflate";
    let begin = out.len();
    let mut inflater = Decompress::new(false);
    // One more shows that there is more.
    out.reserve(size + 1);
    loop {
        let (read, length) = (inflater.total_in(), out.len());
        let rest = stream.get(read as usize..).unwrap_or_default();
        let status = inflater.decompress_vec(rest, out, FlushDecompress::Finish).map_err(|_| BROKEN)?;
        if out.len() - begin > size {
            return Err("a frame unpacks to more than it tells");
        }
        if status == Status::StreamEnd {
            return match inflater.total_in() == stream.len() as u64 && out.len() - begin == size {
                true => Ok(()),
                false => Err("a frame has not the length it should have"),
            };
        }
        if (inflater.total_in(), out.len()) == (read, length) {
            return Err(BROKEN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_already_is_stored_and_the_rest_is_not() {
        let mut noise = vec![0; 3 * BLOCK + 777];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        let text = b"a line of some text\n".repeat(30_000);
        for level in [0, 1, 6, 9] {
            for content in [&[&noise[..], &text, &noise, &text].concat(), &noise, &text, &text[..10].to_vec(), &Vec::new()] {
                let mut stream = vec![7];
                Deflater::new(level).compress(content, &mut stream);
                let mut out = vec![8];
                inflate(&stream[1..], content.len(), &mut out).unwrap();
                assert!(out[0] == 8 && out[1..] == content[..], "level {level}");
                if level > 0 && content.len() > noise.len() + text.len() {
                    let stored = 2 * noise.len();
                    assert!((stored..stored + stored / 10).contains(&stream.len()), "{} of {stored}", stream.len());
                }
            }
        }
    }
}
