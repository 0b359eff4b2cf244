//! What a run lays aside until it is asked for again: in a file without a name, so that memory stays bounded and nothing is left of it.
//! Where the file cannot be written any more, a full disk say, what comes then stays in memory, up to a bound.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::archive::{Error, Result};
use crate::os::at::FileExt;
use crate::os::temporary::nameless;

/// Records begin at multiples of this, so that 32 bits number them in a file of up to 64 GiB.
const ALIGN: u64 = 16;
const PREFIX: usize = 4;
/// Bytes that stay in memory at most where there should be a file.
const MOST_IN_MEMORY: usize = 64 << 20;
/// Beginnings of records in the file that are kept in memory at most.
const MOST_CHANGED: usize = 200_000;

/// Records of any length, by number.
pub(super) struct Aside {
    store: Store,
    /// Its name for a moment; empty where there is no folder.
    path: PathBuf,
    /// Why it takes no more.
    failed: Option<io::ErrorKind>,
    /// Where what is in memory begins; what comes before is in the file.
    in_file: u64,
    memory: Vec<u8>,
    /// Beginnings of records in the file that could not be written anew.
    changed: HashMap<u32, Vec<u8>>,
    end: u64,
}

enum Store {
    /// There is no folder, or none that can be written to.
    Memory,
    /// Made when it is needed.
    None,
    File(File),
}

impl Aside {
    /// `name`: of a file in `folder` that nobody else makes meanwhile.
    pub(super) fn new(folder: Option<&Path>, name: &str) -> Self {
        let (store, path) = folder.map_or((Store::Memory, PathBuf::new()), |folder| (Store::None, folder.join(name)));
        Self { store, path, failed: None, in_file: 0, memory: Vec::new(), changed: HashMap::new(), end: 0 }
    }

    /// Returns the record's number.
    pub(super) fn append(&mut self, content: &[u8]) -> Result<u32> {
        let full = || Error::Limit("too much is laid aside of files with several names".into());
        let number = u32::try_from(self.end / ALIGN).map_err(|_| full())?;
        let length = u32::try_from(content.len()).map_err(|_| full())?;
        let whole = (PREFIX + content.len()).next_multiple_of(ALIGN as usize);
        let mut record = Vec::with_capacity(whole);
        record.extend_from_slice(&length.to_le_bytes());
        record.extend_from_slice(content);
        record.resize(whole, 0);
        if let Store::None = &self.store {
            self.store = create(&self.path).map_or_else(|error| self.without_file(&error), Store::File);
        }
        let written = match &self.store {
            Store::File(file) if self.failed.is_none() => {
                file.write_all_at(&record, self.end).map_err(|error| self.failed = Some(error.kind()))
            }
            _ => Err(()),
        };
        match written {
            Ok(()) => self.in_file += record.len() as u64,
            Err(()) => self.keep(&record)?,
        }
        self.end += record.len() as u64;
        Ok(number)
    }

    fn without_file(&mut self, error: &io::Error) -> Store {
        self.failed = Some(error.kind());
        Store::Memory
    }

    fn keep(&mut self, record: &[u8]) -> Result<()> {
        match self.failed {
            Some(kind) if self.memory.len() + record.len() > MOST_IN_MEMORY => Err(self.lost(kind.into())),
            _ => {
                self.memory.extend_from_slice(record);
                Ok(())
            }
        }
    }

    pub(super) fn read(&self, number: u32) -> Result<Vec<u8>> {
        let at = u64::from(number) * ALIGN;
        let mut prefix = [0; PREFIX];
        self.read_at(at, &mut prefix)?;
        let length = u32::from_le_bytes(prefix);
        if at + PREFIX as u64 + u64::from(length) > self.end {
            return Err(self.lost(io::ErrorKind::InvalidData.into()));
        }
        let mut content = vec![0; length as usize];
        self.read_at(at + PREFIX as u64, &mut content)?;
        if let Some(beginning) = self.changed.get(&number) {
            content.iter_mut().zip(beginning).for_each(|(old, new)| *old = *new);
        }
        Ok(content)
    }

    /// Writes the beginning of a record anew; it is no longer than the record.
    pub(super) fn change(&mut self, number: u32, beginning: &[u8]) -> Result<()> {
        let at = u64::from(number) * ALIGN + PREFIX as u64;
        if at >= self.in_file {
            let place = self.in_memory(at, beginning.len());
            let place = place.and_then(|place| self.memory.get_mut(place));
            return match place {
                Some(place) => {
                    place.copy_from_slice(beginning);
                    Ok(())
                }
                None => Err(self.lost(io::ErrorKind::UnexpectedEof.into())),
            };
        }
        let Store::File(file) = &self.store else { return Err(self.lost(io::ErrorKind::NotFound.into())) };
        match file.write_all_at(beginning, at) {
            Ok(()) => {
                self.changed.remove(&number);
            }
            // Some file systems need room for that, too.
            Err(_) if self.changed.len() < MOST_CHANGED => {
                self.changed.insert(number, beginning.to_vec());
            }
            Err(error) => return Err(self.lost(error)),
        }
        Ok(())
    }

    /// The first record, or the one behind another of which number and length are given; `None` at the end.
    pub(super) fn next(&self, before: Option<(u32, usize)>) -> Result<Option<(u32, Vec<u8>)>> {
        let number = match before {
            None => 0,
            Some((number, length)) => number + ((PREFIX + length).next_multiple_of(ALIGN as usize) as u64 / ALIGN) as u32,
        };
        if u64::from(number) * ALIGN >= self.end {
            return Ok(None);
        }
        Ok(Some((number, self.read(number)?)))
    }

    fn read_at(&self, at: u64, out: &mut [u8]) -> Result<()> {
        let read = match &self.store {
            Store::File(file) if at < self.in_file => file.read_exact_at(out, at),
            _ => match self.in_memory(at, out.len()).and_then(|place| self.memory.get(place)) {
                Some(bytes) => {
                    out.copy_from_slice(bytes);
                    Ok(())
                }
                None => Err(io::ErrorKind::UnexpectedEof.into()),
            },
        };
        read.map_err(|error| self.lost(error))
    }

    fn in_memory(&self, at: u64, length: usize) -> Option<std::ops::Range<usize>> {
        let begin = usize::try_from(at.checked_sub(self.in_file)?).ok()?;
        Some(begin..begin.checked_add(length)?)
    }

    /// What lies aside, or should, cannot be had.
    pub(super) fn lost(&self, source: io::Error) -> Error {
        Error::Aside { folder: self.path.parent().unwrap_or(Path::new("")).to_path_buf(), source }
    }
}

fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    nameless(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_one_by_one_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        for folder in [None, Some(dir.path().join("new")), Some(dir.path().join("file/none"))] {
            let mut aside = Aside::new(folder.as_deref(), "links.new");
            assert!(aside.next(None).unwrap().is_none());
            let record = |n: usize| vec![n as u8; n * 7];
            let numbers: Vec<u32> = (0..100).map(|n| aside.append(&record(n)).unwrap()).collect();
            aside.change(numbers[50], b"new").unwrap();
            for (n, number) in numbers.iter().enumerate().filter(|(n, _)| *n != 50) {
                assert_eq!(aside.read(*number).unwrap(), record(n));
            }
            assert_eq!(aside.read(numbers[50]).unwrap(), [&b"new"[..], &record(50)[3..]].concat());
            let (mut before, mut found) = (None, Vec::new());
            while let Some((number, content)) = aside.next(before).unwrap() {
                found.push(number);
                before = Some((number, content.len()));
            }
            assert_eq!(found, numbers);
        }
        assert_eq!(fs::read_dir(dir.path().join("new")).unwrap().count(), 0, "nothing is left of it");
    }

    #[test]
    fn what_a_full_disk_does_not_take_stays_in_memory_up_to_a_bound() {
        let dir = tempfile::tempdir().unwrap();
        let mut aside = Aside::new(Some(dir.path()), "firsts.new");
        let record = |n: u8| vec![n; 20 + usize::from(n)];
        let mut numbers: Vec<u32> = (0..10).map(|n| aside.append(&record(n)).unwrap()).collect();
        // The same file, that takes no more.
        let Store::File(file) = &aside.store else { panic!("there is a folder") };
        aside.store = Store::File(File::open(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file))).unwrap());
        aside.change(numbers[3], b"new").unwrap();
        numbers.extend((10..20).map(|n| aside.append(&record(n)).unwrap()));
        aside.change(numbers[15], b"too").unwrap();
        assert!(!aside.memory.is_empty() && aside.in_file > 0);
        let (mut before, mut n) = (None, 0);
        while let Some((number, content)) = aside.next(before).unwrap() {
            let mut wanted = record(n);
            match n {
                3 => wanted[..3].copy_from_slice(b"new"),
                15 => wanted[..3].copy_from_slice(b"too"),
                _ => {}
            }
            assert_eq!((number, &content), (numbers[usize::from(n)], &wanted));
            before = Some((number, content.len()));
            n += 1;
        }
        assert_eq!(n, 20);
        let large = vec![0; MOST_IN_MEMORY / 4];
        let ended = (0..5).find_map(|_| aside.append(&large).err()).expect("memory is bounded");
        assert!(matches!(&ended, Error::Aside { folder, .. } if folder == dir.path()), "{ended}");
        assert_eq!(aside.read(numbers[19]).unwrap(), record(19), "what is there stays");
    }
}
