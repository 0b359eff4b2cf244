//! Where the bytes of a file by itself come from: the file, or what is in its seal.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::archive::seal::{Opener, RECORD_OVERHEAD, record_length};
use crate::archive::{Error, Result};
use crate::os::at::FileExt;

/// What can be read from any place. Damage is `InvalidData`.
pub trait Bytes: Read + Seek + Send {
    fn length(&self) -> u64;

    /// Where one can go on behind what cannot be read at `at`; `None` where nothing more can be.
    fn past_damage(&self, at: u64) -> Option<u64>;
}

/// A file as it stands.
pub struct Plain {
    file: File,
    length: u64,
}

impl Plain {
    pub fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    /// The first bytes, at most `count`.
    pub fn head(&self, count: usize) -> io::Result<Vec<u8>> {
        let mut head = vec![0; count.min(usize::try_from(self.length).unwrap_or(count))];
        self.file.read_exact_at(&mut head, 0)?;
        Ok(head)
    }
}

impl Read for Plain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for Plain {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

impl Bytes for Plain {
    fn length(&self) -> u64 {
        self.length
    }

    fn past_damage(&self, _: u64) -> Option<u64> {
        None
    }
}

/// A record of a sealed object.
#[derive(Clone, Copy)]
struct Record {
    /// Where its content begins among all content.
    content: u64,
    /// Where it stands in the object.
    at: u64,
    /// As it stands there.
    length: u32,
}

/// The content of a sealed object, record by record. One that does not open is damage; the others can be read.
pub struct SealedBytes {
    file: File,
    /// Where the object begins in the file.
    base: u64,
    opener: Opener,
    records: Vec<Record>,
    length: u64,
    /// Whether the records end as they should.
    whole: bool,
    at: u64,
    /// Number and content of the one that was opened last.
    open: Option<(usize, Vec<u8>)>,
}

/// More are not looked for: of 4 MiB each it would be 64 TiB.
const MAX_RECORDS: usize = 16 << 20;

/// The lengths of a sealed object's records, without opening any.
pub struct Lengths {
    pub records: u64,
    /// Of content.
    pub bytes: u64,
    /// The last says that it is the last, and nothing follows.
    pub whole: bool,
}

impl SealedBytes {
    /// `base`: where the object, whose header `opener` has read, begins in the file.
    pub fn new(file: File, base: u64, opener: Opener, path: &Path) -> Result<Self> {
        let begin = base + opener.header_length() as u64;
        let (mut records, mut content) = (Vec::new(), 0);
        let whole = each_record(&file, begin, &mut |at, length| {
            records.push(Record { content, at: at - base, length });
            content += u64::from(length) - RECORD_OVERHEAD as u64;
            records.len() < MAX_RECORDS
        })
        .map_err(|e| Error::file(path, e))?;
        Ok(Self { file, base, opener, records, length: content, whole, at: 0, open: None })
    }

    /// Whether the object ends as it should: false where its end is missing or something follows it.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether the first record opens, whatever it holds.
    pub fn opens_at_all(&mut self) -> Result<bool> {
        match self.load(0) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(false),
            loaded => loaded.map(|()| true).map_err(|e| Error::reading("the sealed file", e)),
        }
    }

    fn record_at(&self, at: u64) -> Option<usize> {
        if at >= self.length {
            return None;
        }
        // Records without content begin where the next does.
        self.records.partition_point(|record| record.content <= at).checked_sub(1)
    }

    fn load(&mut self, number: usize) -> io::Result<()> {
        if self.open.as_ref().is_some_and(|(open, _)| *open == number) {
            return Ok(());
        }
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a record of the seal does not open");
        let record = self.records.get(number).copied().ok_or_else(damaged)?;
        let mut bytes = vec![0; record.length as usize];
        self.file.read_exact_at(&mut bytes, self.base + record.at)?;
        let last = self.opener.open(record.at, &mut bytes).map_err(|_| damaged())?;
        if last && number + 1 != self.records.len() {
            return Err(damaged());
        }
        self.open = Some((number, bytes));
        Ok(())
    }
}

/// Calls `each` with place and length of each record; it says whether to go on. Whether they end as they should.
fn each_record(file: &File, begin: u64, each: &mut dyn FnMut(u64, u32) -> bool) -> io::Result<bool> {
    let end = file.metadata()?.len();
    let mut at = begin;
    loop {
        let mut prefix = [0; 4];
        if at + 4 > end {
            return Ok(false);
        }
        file.read_exact_at(&mut prefix, at)?;
        let last = prefix[0] & 0x80 != 0;
        let Some(length) = record_length(prefix).filter(|length| at + *length as u64 <= end) else { return Ok(false) };
        if !each(at, length as u32) {
            return Ok(false);
        }
        at += length as u64;
        if last {
            return Ok(at == end);
        }
    }
}

/// Walks the records from `begin`, where the header ends.
pub fn lengths(file: &File, begin: u64) -> io::Result<Lengths> {
    let mut found = Lengths { records: 0, bytes: 0, whole: false };
    found.whole = each_record(file, begin, &mut |_, length| {
        found.records += 1;
        found.bytes += u64::from(length) - RECORD_OVERHEAD as u64;
        true
    })?;
    Ok(found)
}

impl Read for SealedBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(number) = self.record_at(self.at) else { return Ok(0) };
        self.load(number)?;
        let begin = self.records.get(number).map_or(0, |record| record.content);
        let content = self.open.as_ref().map_or(&[][..], |(_, content)| content);
        let from = usize::try_from(self.at - begin).unwrap_or(usize::MAX);
        let rest = content.get(from..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for SealedBytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::Current(by) => (self.at, by),
            SeekFrom::End(by) => (self.length, by),
        };
        self.at = from.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl Bytes for SealedBytes {
    fn length(&self) -> u64 {
        self.length
    }

    fn past_damage(&self, at: u64) -> Option<u64> {
        let next = self.record_at(at)? + 1;
        self.records.get(next).map(|record| record.content)
    }
}
