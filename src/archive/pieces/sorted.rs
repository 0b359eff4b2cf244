//! Records in the order of their hashes, in a file that is written once.
//!
//! ```text
//! records, 64 bytes each, sorted by hash, none twice
//! tail     key of the checksums, 32 bytes; length of the JSON, 4; {"records":…,"runs":[…],"volumes":[[run,number],…]};
//!          the first eight bytes of each 64th hash; the filter
//! end      length of the tail, 8; its BLAKE3, 32; "SRPIECE1"
//! ```
//!
//! Numbers are little-endian. The tail is read whole: a look-up takes one reading of 4 KiB, if the filter lets it through.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::log::Log;
use super::record::{Key, LENGTH, Record};
use crate::model::catalog::VolumeRef;
use crate::model::snapshot::VersionId;
use crate::os::at::FileExt;
use crate::os::private;
use crate::os::temporary::nameless;

const MAGIC: [u8; 8] = *b"SRPIECE1";
const END: usize = 48;
/// Records of a block, which is what a look-up reads.
const BLOCK: usize = 64;
/// Longest tail that is read: that of 100 million records.
const MOST_TAIL: u64 = 96 << 20;
const FILTER_BITS: u64 = 10;
/// 16 MiB; beyond, the filter lets more through.
const MOST_WORDS: u64 = 2 << 20;
/// Logs up to this many records are sorted in memory, others by the first byte of their hashes first.
const SORT_AT_ONCE: u64 = 1 << 16;

#[derive(Serialize, Deserialize)]
struct Meta {
    records: u64,
    /// Runs of which everything is here that was stored, or that was still referred to.
    runs: Vec<VersionId>,
    volumes: Vec<(VersionId, u32)>,
}

/// A file that was opened for looking up.
pub struct Sorted {
    pub path: PathBuf,
    pub runs: Vec<VersionId>,
    pub volumes: Vec<VolumeRef>,
    pub records: u64,
    file: File,
    key: Key,
    fences: Vec<u64>,
    filter: Filter,
}

impl Sorted {
    /// `InvalidData` where it is not whole.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut end = [0; END];
        file.read_exact_at(&mut end, size.checked_sub(END as u64).ok_or_else(invalid)?)?;
        let length = u64::from_le_bytes(*end.first_chunk().ok_or_else(invalid)?);
        if end[40..] != MAGIC || length > MOST_TAIL {
            return Err(invalid());
        }
        let begin = (size - END as u64).checked_sub(length).ok_or_else(invalid)?;
        let mut tail = vec![0; length as usize];
        file.read_exact_at(&mut tail, begin)?;
        if blake3::hash(&tail).as_bytes()[..] != end[8..40] {
            return Err(invalid());
        }
        let (key, rest) = tail.split_first_chunk::<32>().ok_or_else(invalid)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(invalid)?;
        let (meta, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(invalid)?;
        let meta: Meta = serde_json::from_slice(meta)?;
        let fences = meta.records.div_ceil(BLOCK as u64) as usize;
        let words: Vec<u64> = rest.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        if meta.records.checked_mul(LENGTH as u64) != Some(begin) || words.len() <= fences {
            return Err(invalid());
        }
        let (fences, filter) = words.split_at(fences);
        Ok(Self {
            path: path.into(),
            runs: meta.runs,
            volumes: meta.volumes.into_iter().map(|(run, number)| VolumeRef { run, number }).collect(),
            records: meta.records,
            file,
            key: *key,
            fences: fences.to_vec(),
            filter: Filter(filter.to_vec()),
        })
    }

    /// The piece with this hash and length; also `None` where that cannot be read.
    pub fn find(&self, hash: &[u8; 32], length: u32) -> Option<Record> {
        if !self.filter.may_have(hash) {
            return None;
        }
        let block = self.fences.partition_point(|fence| *fence <= prefix(hash)).checked_sub(1)? as u64;
        let first = block * BLOCK as u64;
        let mut bytes = [0; BLOCK * LENGTH];
        let many = (self.records - first).min(BLOCK as u64) as usize;
        let bytes = bytes.get_mut(..many * LENGTH)?;
        self.file.read_exact_at(bytes, first * LENGTH as u64).ok()?;
        let record = bytes.as_chunks::<LENGTH>().0.iter().find(|record| record.starts_with(hash))?;
        Record::from_bytes(record, &self.key).filter(|record| record.length == length)
    }

    /// All records in order, without those that are damaged.
    fn all(&self) -> io::Result<impl Iterator<Item = Record>> {
        let mut reader = io::BufReader::with_capacity(256 << 10, File::open(&self.path)?);
        let (mut left, key) = (self.records, self.key);
        let next = move || {
            let mut bytes = [0; LENGTH];
            left = left.checked_sub(1)?;
            reader.read_exact(&mut bytes).ok()?;
            Some(Record::from_bytes(&bytes, &key))
        };
        Ok(std::iter::from_fn(next).flatten())
    }
}

/// Writes what a log holds. `place` gives each record its final form, or leaves it out.
pub fn write_log(
    path: &Path,
    key: Key,
    log: &Log,
    runs: Vec<VersionId>,
    volumes: Vec<VolumeRef>,
    mut place: impl FnMut(Record) -> Option<Record>,
) -> io::Result<()> {
    let mut writer = Writer::new(path, key, log.len())?;
    if log.len() <= SORT_AT_ONCE {
        let mut records = Vec::with_capacity(log.len() as usize);
        log.for_each(|record| {
            records.push(record);
            Ok(())
        })?;
        writer.push_sorted(records, &mut place)?;
    } else {
        let mut buckets = Buckets::new(path, log)?;
        log.for_each(|record| buckets.push(record))?;
        for first in 0..=255 {
            writer.push_sorted(buckets.take(first)?, &mut place)?;
        }
    }
    writer.finish(runs, volumes)
}

/// Writes what several files hold, `files` from the one whose records count to those that count less, without runs that nobody wants.
pub fn write_merged(path: &Path, key: Key, files: &[Sorted], wanted: impl Fn(&VersionId) -> bool) -> io::Result<()> {
    let mut runs: Vec<VersionId> = files.iter().flat_map(|f| f.runs.iter().filter(|run| wanted(run)).cloned()).collect();
    runs.sort_unstable();
    runs.dedup();
    let mut volumes: Vec<VolumeRef> = files.iter().flat_map(|f| f.volumes.iter().filter(|v| wanted(&v.run)).cloned()).collect();
    volumes.sort_unstable();
    volumes.dedup();
    let mut writer = Writer::new(path, key, files.iter().map(|f| f.records).sum())?;
    let place = |file: &Sorted, record: Record| {
        let volume = volumes.binary_search(file.volumes.get(record.volume as usize)?).ok()?;
        Some(Record { volume: volume as u32, ..record })
    };
    let sources = files.iter().map(|file| Ok(file.all()?.filter_map(move |record| place(file, record)).peekable()));
    let mut sources = sources.collect::<io::Result<Vec<_>>>()?;
    loop {
        let heads = sources.iter_mut().enumerate().filter_map(|(n, source)| Some((source.peek()?.hash, n)));
        let Some((_, n)) = heads.min() else { break };
        if let Some(record) = sources[n].next() {
            writer.push(record)?;
        }
    }
    writer.finish(runs, volumes)
}

/// A log by the first byte of the hashes, in one file without a name: as much memory as the largest bucket takes.
struct Buckets<'a> {
    log: &'a Log,
    file: File,
    /// Where each begins, ends so far, and what is not written yet.
    buckets: Vec<(u64, u64, Vec<Record>)>,
    key: Key,
}

impl<'a> Buckets<'a> {
    fn new(path: &Path, log: &'a Log) -> io::Result<Self> {
        let mut counts = [0u64; 256];
        log.for_each(|record| {
            counts[usize::from(record.hash[0])] += 1;
            Ok(())
        })?;
        let mut begin = 0;
        let buckets = counts.map(|count| {
            let bucket = (begin, begin, Vec::new());
            begin += count;
            bucket
        });
        let path = path.with_extension("sort.new");
        let file = nameless(&path)?;
        Ok(Self { log, file, buckets: buckets.into(), key: [0; 32] })
    }

    fn push(&mut self, record: Record) -> io::Result<()> {
        let (_, end, waiting) = &mut self.buckets[usize::from(record.hash[0])];
        waiting.push(record);
        if waiting.len() >= BLOCK {
            let bytes: Vec<u8> = waiting.drain(..).flat_map(|record| record.to_bytes(&self.key)).collect();
            self.file.write_all_at(&bytes, *end * LENGTH as u64)?;
            *end += (bytes.len() / LENGTH) as u64;
        }
        Ok(())
    }

    fn take(&mut self, first: usize) -> io::Result<Vec<Record>> {
        debug_assert!(!self.log.is_empty());
        let (begin, end, waiting) = &mut self.buckets[first];
        let mut bytes = vec![0; (*end - *begin) as usize * LENGTH];
        self.file.read_exact_at(&mut bytes, *begin * LENGTH as u64)?;
        let written = bytes.as_chunks().0.iter().filter_map(|record| Record::from_bytes(record, &self.key));
        Ok(written.chain(waiting.drain(..)).collect())
    }
}

/// Takes records in order and makes the file of them; it has its name only when it is whole.
struct Writer {
    out: BufWriter<File>,
    path: PathBuf,
    key: Key,
    fences: Vec<u64>,
    filter: Filter,
    records: u64,
    last: Option<[u8; 32]>,
}

impl Writer {
    fn new(path: &Path, key: Key, most: u64) -> io::Result<Self> {
        let file = private::options().write(true).create(true).truncate(true).open(unfinished(path))?;
        let out = BufWriter::with_capacity(256 << 10, file);
        let filter = Filter::of(most);
        Ok(Self { out, path: path.into(), key, fences: Vec::new(), filter, records: 0, last: None })
    }

    fn push_sorted(&mut self, mut records: Vec<Record>, place: &mut impl FnMut(Record) -> Option<Record>) -> io::Result<()> {
        records.sort_unstable_by_key(|record| record.hash);
        records.into_iter().filter_map(place).try_for_each(|record| self.push(record))
    }

    /// Of several with the same hash the first stays.
    fn push(&mut self, record: Record) -> io::Result<()> {
        if self.last == Some(record.hash) {
            return Ok(());
        }
        self.last = Some(record.hash);
        if self.records.is_multiple_of(BLOCK as u64) {
            self.fences.push(prefix(&record.hash));
        }
        self.filter.add(&record.hash);
        self.records += 1;
        self.out.write_all(&record.to_bytes(&self.key))
    }

    /// Not made durable: a file that a power cut damages is found out and made anew.
    fn finish(mut self, runs: Vec<VersionId>, volumes: Vec<VolumeRef>) -> io::Result<()> {
        let volumes = volumes.into_iter().map(|v| (v.run, v.number)).collect();
        let meta = serde_json::to_vec(&Meta { records: self.records, runs, volumes })?;
        let mut tail = self.key.to_vec();
        tail.extend_from_slice(&(meta.len() as u32).to_le_bytes());
        tail.extend_from_slice(&meta);
        for word in self.fences.iter().chain(&self.filter.0) {
            tail.extend_from_slice(&word.to_le_bytes());
        }
        self.out.write_all(&tail)?;
        self.out.write_all(&(tail.len() as u64).to_le_bytes())?;
        self.out.write_all(blake3::hash(&tail).as_bytes())?;
        self.out.write_all(&MAGIC)?;
        self.out.flush()?;
        fs::rename(unfinished(&self.path), &self.path)
    }
}

/// Says of most hashes that are not there that they are not. Four bits of one word for each hash.
struct Filter(Vec<u64>);

impl Filter {
    fn of(records: u64) -> Self {
        let words = (records.saturating_mul(FILTER_BITS) / 64 + 1).min(MOST_WORDS);
        Self(vec![0; words as usize])
    }

    fn place(&self, hash: &[u8; 32]) -> (usize, u64) {
        let number = |at: usize| u64::from_le_bytes(hash[at..].first_chunk().copied().unwrap_or_default());
        let word = (u128::from(number(8)) * self.0.len() as u128) >> 64;
        let bits = number(16);
        let mask = (0..4).fold(0, |mask, n| mask | 1 << (bits >> (n * 6) & 63));
        (word as usize, mask)
    }

    fn add(&mut self, hash: &[u8; 32]) {
        let (word, mask) = self.place(hash);
        if let Some(word) = self.0.get_mut(word) {
            *word |= mask;
        }
    }

    fn may_have(&self, hash: &[u8; 32]) -> bool {
        let (word, mask) = self.place(hash);
        self.0.get(word).is_some_and(|word| word & mask == mask)
    }
}

fn prefix(hash: &[u8; 32]) -> u64 {
    u64::from_be_bytes(hash.first_chunk().copied().unwrap_or_default())
}

fn unfinished(path: &Path) -> PathBuf {
    path.with_extension("new")
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
