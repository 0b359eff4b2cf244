//! Single files into a codec and out of it: frames as in volumes, so that they are made on all processors and any program unpacks them.

use std::io::{self, Read};
use std::thread;

use super::Input;
use super::sealed_file::{Copying, NEW};
use super::unpack::Unpacked;
use crate::archive::codec::{Compressor, FRAME_TARGET};
use crate::archive::{Error, Result};
use crate::model::format::Codec;

/// More are not worked on at once: each takes about twice a frame of memory.
const MAX_WORKERS: usize = 8;

/// Bytes of a file's beginning that tell whether it needs a dictionary.
pub const HEAD: usize = 18;

/// Whether a file that begins so is a stream of Zstandard that refers to a dictionary.
pub fn needs_dictionary(head: &[u8]) -> bool {
    Codec::Zstd.fits(head) && zstd::zstd_safe::get_dict_id_from_frame(head).is_some()
}

/// Compresses content; returns its bytes and those of what came of it.
pub fn compress(copying: Copying<'_>, codec: Codec, level: i32) -> Result<(u64, u64)> {
    let Copying { from, to, each, cancel } = copying;
    let workers = thread::available_parallelism().map_or(1, usize::from).min(MAX_WORKERS);
    let mut compressors: Vec<Compressor> = (0..workers).map(|_| Compressor::new(codec.kind(), level)).collect();
    let (mut read, mut written) = (0u64, 0u64);
    loop {
        let mut contents: Vec<Vec<u8>> = Vec::with_capacity(workers);
        for _ in 0..workers {
            let mut content = Vec::new();
            from.take(FRAME_TARGET as u64).read_to_end(&mut content).map_err(|e| Error::object("the file", e))?;
            if content.is_empty() {
                break;
            }
            read += content.len() as u64;
            contents.push(content);
        }
        let ended = contents.len() < workers;
        // A stream of nothing is one frame of nothing.
        if ended && read == 0 {
            contents.push(Vec::new());
        }
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let frames = thread::scope(|scope| {
            let jobs = compressors.iter_mut().zip(&contents);
            let running: Vec<_> = jobs
                .map(|(compressor, content)| {
                    scope.spawn(move || {
                        let mut frame = Vec::new();
                        compressor.compress(content, &mut frame);
                        frame
                    })
                })
                .collect();
            running.into_iter().map(|worker| worker.join().map_err(|_| io::Error::other("a worker failed"))).collect::<Vec<_>>()
        });
        for (frame, content) in frames.into_iter().zip(&contents) {
            let frame = frame.map_err(|e| Error::object(NEW, e))?;
            to.write_all(&frame).map_err(|e| Error::object(NEW, e))?;
            written += frame.len() as u64;
            each(content.len() as u64);
        }
        if ended {
            return Ok((read, written));
        }
    }
}

/// Gives out all content of a compressed stream, or fails. Returns its bytes.
pub fn decompress(input: Input, codec: Codec, copying: Copying<'_>) -> Result<u64> {
    let Copying { to, each, cancel, .. } = copying;
    let mut stream = Unpacked::new(input, Some(codec));
    let mut buffer = vec![0; 256 << 10];
    let mut total = 0;
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let count = stream.read(&mut buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::damaged("the file", "it is cut short"),
            io::ErrorKind::InvalidData => Error::damaged("the file", error.to_string()),
            _ => Error::object("the file", error),
        })?;
        if count == 0 {
            return Ok(total);
        }
        to.write_all(buffer.get(..count).unwrap_or_default()).map_err(|e| Error::object(NEW, e))?;
        total += count as u64;
        each(count as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_are_known() {
        let mut plain = Vec::new();
        Compressor::new(Codec::Zstd.kind(), 1).compress(b"text", &mut plain);
        assert!(!needs_dictionary(&plain));
        // The descriptor says that an identity of one byte follows the window's.
        assert!(needs_dictionary(&[0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x38, 0x07, 0, 0, 0]));
        for short in [&b""[..], b"\x28\xb5\x2f\xfd", b"\x02\x21"] {
            assert!(!needs_dictionary(short));
        }
    }
}
