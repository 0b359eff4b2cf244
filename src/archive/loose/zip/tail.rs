//! A zip's end: the records that may close it stand within its last 64 KiB.

use std::io;

use super::super::Input;
use super::super::unpack::bytes_at;

/// Of a closing record without its comment.
pub const END_LENGTH: usize = 22;

pub struct Tail {
    bytes: Vec<u8>,
    /// Where in the file it begins.
    from: u64,
}

impl Tail {
    /// Empty where it cannot be read.
    pub fn read(input: &mut Input) -> io::Result<Self> {
        let length = input.get_ref().length();
        // A comment of at most 64 KiB may follow the record.
        let from = length.saturating_sub(END_LENGTH as u64 + 0xffff);
        Ok(Self { bytes: bytes_at(input, from, length - from)?.unwrap_or_default(), from })
    }

    /// What may be the record that ends an archive, and where in the file it stands; the last first.
    pub fn records(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let last = self.bytes.len().saturating_sub(END_LENGTH);
        let record = |at: usize| {
            let record = self.bytes.get(at..at + END_LENGTH).filter(|record| record.starts_with(b"PK\x05\x06"))?;
            Some((self.from + at as u64, record))
        };
        (0..=last).rev().filter_map(record)
    }
}
