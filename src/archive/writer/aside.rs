//! What a run lays aside until it is asked for again: in a file without a name, so that memory stays bounded and nothing is left of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::archive::Error;
use crate::os::at::FileExt;
use crate::os::temporary::nameless;

/// Records begin at multiples of this, so that 32 bits number them in a file of up to 64 GiB.
const ALIGN: u64 = 16;
const PREFIX: usize = 4;

/// Records of any length, by number.
pub(super) struct Aside {
    store: Store,
    end: u64,
}

enum Store {
    /// Where there is no folder, or none that can be written to.
    Memory(Vec<u8>),
    /// Made when it is needed.
    None(PathBuf),
    File(File),
}

impl Aside {
    /// `name`: of a file in `folder` that nobody else makes meanwhile.
    pub(super) fn new(folder: Option<&Path>, name: &str) -> Self {
        let store = folder.map_or(Store::Memory(Vec::new()), |folder| Store::None(folder.join(name)));
        Self { store, end: 0 }
    }

    /// Returns the record's number.
    pub(super) fn append(&mut self, content: &[u8]) -> io::Result<u32> {
        let full = || io::Error::from(io::ErrorKind::FileTooLarge);
        let number = u32::try_from(self.end / ALIGN).map_err(|_| full())?;
        let length = u32::try_from(content.len()).map_err(|_| full())?;
        let whole = (PREFIX + content.len()).next_multiple_of(ALIGN as usize);
        let mut record = Vec::with_capacity(whole);
        record.extend_from_slice(&length.to_le_bytes());
        record.extend_from_slice(content);
        record.resize(whole, 0);
        if let Store::None(path) = &self.store {
            self.store = create(path).map_or_else(|_| Store::Memory(Vec::new()), Store::File);
        }
        match &mut self.store {
            Store::Memory(bytes) => bytes.extend_from_slice(&record),
            Store::File(file) => file.write_all_at(&record, self.end)?,
            Store::None(_) => return Err(io::ErrorKind::NotFound.into()),
        }
        self.end += record.len() as u64;
        Ok(number)
    }

    pub(super) fn read(&self, number: u32) -> io::Result<Vec<u8>> {
        let at = u64::from(number) * ALIGN;
        let mut prefix = [0; PREFIX];
        self.read_at(at, &mut prefix)?;
        let length = u32::from_le_bytes(prefix);
        if at + PREFIX as u64 + u64::from(length) > self.end {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut content = vec![0; length as usize];
        self.read_at(at + PREFIX as u64, &mut content)?;
        Ok(content)
    }

    /// Writes the beginning of a record anew; it is no longer than the record.
    pub(super) fn change(&mut self, number: u32, beginning: &[u8]) -> io::Result<()> {
        let at = u64::from(number) * ALIGN + PREFIX as u64;
        match &mut self.store {
            Store::Memory(bytes) => {
                let place = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at..at + beginning.len()));
                place.ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(beginning);
                Ok(())
            }
            Store::File(file) => file.write_all_at(beginning, at),
            Store::None(_) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// The first record, or the one behind another of which number and length are given; `None` at the end.
    pub(super) fn next(&self, before: Option<(u32, usize)>) -> io::Result<Option<(u32, Vec<u8>)>> {
        let number = match before {
            None => 0,
            Some((number, length)) => number + ((PREFIX + length).next_multiple_of(ALIGN as usize) as u64 / ALIGN) as u32,
        };
        if u64::from(number) * ALIGN >= self.end {
            return Ok(None);
        }
        Ok(Some((number, self.read(number)?)))
    }

    fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<()> {
        match &self.store {
            Store::Memory(bytes) => {
                let place = usize::try_from(at).ok().and_then(|at| bytes.get(at..at + out.len()));
                out.copy_from_slice(place.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
            Store::File(file) => file.read_exact_at(out, at),
            Store::None(_) => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// What lies aside, or should, cannot be had.
pub(super) fn lost(source: io::Error) -> Error {
    Error::Object { object: "what is laid aside of files with several names".into(), source }
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
}
