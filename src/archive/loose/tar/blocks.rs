//! A tar's stream in blocks, of which some can be put back.

use std::io::{self, Read};

use super::BLOCK;
use super::header::is_header;
use crate::archive::loose::member::is_damage;
use crate::archive::loose::unpack::Unpacked;
use crate::model::run::Cancel;

pub struct Blocks {
    stream: Unpacked,
    /// What was read ahead and comes first.
    back: Vec<u8>,
    back_at: usize,
}

/// Where the magic stands in a header.
const MAGIC_AT: usize = 257;
const MAGIC: &[u8] = b"ustar";

impl Blocks {
    pub fn new(stream: Unpacked) -> Self {
        Self { stream, back: Vec::new(), back_at: 0 }
    }

    pub fn place(&mut self) -> u64 {
        self.stream.place()
    }

    pub fn is_unproven(&self) -> bool {
        self.stream.unproven
    }

    /// The next block; `None` at the stream's end. One that is cut short is damage.
    pub fn block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.read(&mut block[filled..])? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        Ok(Some(block))
    }

    pub fn skip(&mut self, mut count: u64) -> io::Result<()> {
        let rest = (self.back.len() - self.back_at) as u64;
        let of_back = rest.min(count);
        self.back_at += of_back as usize;
        count -= of_back;
        if count > 0 { self.stream.skip(count) } else { Ok(()) }
    }

    /// What comes next.
    pub fn push_back(&mut self, bytes: &[u8]) {
        let mut back = bytes.to_vec();
        back.extend_from_slice(self.back.get(self.back_at..).unwrap_or_default());
        (self.back, self.back_at) = (back, 0);
    }

    /// After damage: what was read ahead is gone with it.
    pub fn resume(&mut self) -> io::Result<bool> {
        (self.back, self.back_at) = (Vec::new(), 0);
        self.stream.resume()
    }

    /// Passes over everything up to the next header that has a magic and the checksum it should have, at most about `most` bytes.
    /// `Interrupted`: cancelled.
    pub fn seek_header(&mut self, most: u64, cancel: &Cancel) -> io::Result<bool> {
        let mut window: Vec<u8> = Vec::new();
        let mut passed = 0;
        loop {
            if cancel.is_cancelled() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let before = window.len();
            let read = self.by_ref().take(256 << 10).read_to_end(&mut window);
            // A header may stand before damage as well: it is found before that is told.
            if let Some(at) = find_header(&window) {
                let rest = window.split_off(at);
                self.push_back(&rest);
                return Ok(true);
            }
            read?;
            passed += (window.len() - before) as u64;
            if window.len() == before || passed > most {
                return Ok(false);
            }
            window.drain(..window.len().saturating_sub(BLOCK - 1));
        }
    }
}

/// Whether there is a header anywhere in a stream, however broken that is.
pub fn holds_header(stream: &mut Unpacked, cancel: &Cancel) -> io::Result<bool> {
    let mut window: Vec<u8> = Vec::new();
    loop {
        if cancel.is_cancelled() {
            return Ok(false);
        }
        let before = window.len();
        let read = stream.by_ref().take(256 << 10).read_to_end(&mut window);
        if find_header(&window).is_some() {
            return Ok(true);
        }
        match read {
            Ok(_) if window.len() == before => return Ok(false),
            Ok(_) => drop(window.drain(..window.len().saturating_sub(BLOCK - 1))),
            Err(error) if is_damage(&error) => {
                window.clear();
                if !stream.resume()? {
                    return Ok(false);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

fn find_header(window: &[u8]) -> Option<usize> {
    let mut at = MAGIC_AT;
    while let Some(found) = window.get(at..).and_then(|rest| rest.windows(MAGIC.len()).position(|w| w == MAGIC)) {
        let begin = at + found - MAGIC_AT;
        if window.get(begin..begin + BLOCK).is_some_and(is_header) {
            return Some(begin);
        }
        at += found + 1;
    }
    None
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.back.get(self.back_at..).unwrap_or_default();
        if rest.is_empty() {
            if !self.back.is_empty() {
                (self.back, self.back_at) = (Vec::new(), 0);
            }
            return self.stream.read(buffer);
        }
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.back_at += count;
        Ok(count)
    }
}
