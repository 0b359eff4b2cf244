//! Reading an object as it lies on the medium, not as memory remembers it.

use std::fs::File;
use std::io;
use std::thread;

use crossbeam_channel::bounded;
use sha2::{Digest, Sha256};

use crate::os::at::FileExt;
use crate::os::{content, disk};

/// Bytes read at a time.
const BLOCK: usize = 4 << 20;
/// What direct reads want: addresses, offsets and lengths by the largest logical block there is.
const ALIGNMENT: usize = 4096;
/// Blocks on their way between reading and hashing.
const BLOCKS: usize = 3;

/// What reading ended with.
pub(super) enum Failure {
    Io(io::Error),
    Cancelled,
}

/// SHA-256 of a file that was synced before, and whether it certainly came from the medium.
pub(super) fn sha256(file: &File, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Failure> {
    let certain = disk::has_medium(file);
    // Also before direct reads: some file systems quietly answer those from the cache, as for compressed files.
    let forgotten = content::forget_cached(file);
    let length = file.metadata().map_err(Failure::Io)?.len();
    if certain && let Some(direct) = content::direct(file) {
        match hash(&direct, length, &mut *each) {
            Ok(hash) => return Ok((hash, true)),
            // Promised when it was opened, refused when it is used.
            Err(Failure::Io(e)) if e.kind() == io::ErrorKind::InvalidInput => {}
            Err(e) => return Err(e),
        }
    }
    Ok((hash(file, length, each)?, certain && forgotten))
}

/// One thread reads, this one hashes: together they are as fast as the slower of the two.
fn hash(file: &File, length: u64, each: &mut dyn FnMut(u64) -> bool) -> Result<[u8; 32], Failure> {
    if length <= BLOCK as u64 {
        let mut block = Block::new();
        let n = fill(file, &mut block, 0, length).map_err(Failure::Io)?;
        return if each(n as u64) { Ok(Sha256::digest(block.bytes(n)).into()) } else { Err(Failure::Cancelled) };
    }
    let (full_sender, full) = bounded::<io::Result<(Block, usize)>>(BLOCKS);
    let (empty_sender, empty) = bounded::<Block>(BLOCKS);
    for _ in 0..BLOCKS {
        // There is room for all of them.
        let _ = empty_sender.send(Block::new());
    }
    // The channels' ends belong to the threads: when one gives up, the other is not left waiting.
    thread::scope(move |scope| {
        scope.spawn(move || {
            let mut offset = 0;
            while offset < length {
                // The hashing side has given up where it no longer returns blocks or takes them.
                let Ok(mut block) = empty.recv() else { return };
                let read = fill(file, &mut block, offset, length).map(|n| (block, n));
                let n = read.as_ref().map_or(0, |(_, n)| *n);
                if full_sender.send(read).is_err() || n == 0 {
                    return;
                }
                offset += n as u64;
            }
        });
        let mut hasher = Sha256::new();
        for block in &full {
            let (block, n) = block.map_err(Failure::Io)?;
            hasher.update(block.bytes(n));
            if !each(n as u64) {
                return Err(Failure::Cancelled);
            }
            let _ = empty_sender.send(block);
        }
        Ok(hasher.finalize().into())
    })
}

/// Reads the block at `offset`: full, or up to the end of the file.
fn fill(file: &File, block: &mut Block, offset: u64, length: u64) -> io::Result<usize> {
    let wanted = usize::try_from(length - offset).map_or(BLOCK, |rest| rest.min(BLOCK));
    let mut done = 0;
    while done < wanted {
        // Asked for whole blocks, also past the end: a direct read takes no other length.
        match file.read_at(&mut block.whole()[done..], offset + done as u64) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(wanted)
}

/// A buffer of `BLOCK` bytes at an aligned address.
struct Block {
    memory: Vec<u8>,
    start: usize,
}

impl Block {
    fn new() -> Self {
        let memory = vec![0; BLOCK + ALIGNMENT];
        let start = memory.as_ptr().align_offset(ALIGNMENT);
        // `align_offset` may answer that it cannot tell; the read is then not direct.
        Self { memory, start: if start < ALIGNMENT { start } else { 0 } }
    }

    fn whole(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.start + BLOCK]
    }

    fn bytes(&self, n: usize) -> &[u8] {
        &self.memory[self.start..self.start + n.min(BLOCK)]
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn every_length_is_hashed_whole() {
        let lengths = [0, 1, 4095, 4096, 4097, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 12_345];
        for length in lengths {
            let bytes: Vec<u8> = (0..length).map(|n| (n * 31 % 251) as u8).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            file.sync_all().unwrap();
            let mut told = 0;
            let Ok((hash, _)) = sha256(&file, &mut |n| {
                told += n;
                true
            }) else {
                panic!("{length}");
            };
            assert_eq!((hash, told), (Sha256::digest(&bytes).into(), length as u64), "{length}");
        }
    }

    #[test]
    fn it_can_be_cancelled() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(8 * BLOCK as u64).unwrap();
        let mut calls = 0;
        let ended = sha256(&file, &mut |_| {
            calls += 1;
            calls < 2
        });
        assert!(matches!(ended, Err(Failure::Cancelled)));
        assert_eq!(calls, 2);
    }

    #[test]
    fn memory_is_not_taken_for_a_medium() {
        let file = tempfile::tempfile_in("/dev/shm").unwrap();
        assert!(matches!(sha256(&file, &mut |_| true), Ok((_, false))));
    }
}
