//! Pieces in the order in which they were stored, with a way to find those of the running run.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use super::record::{Key, LENGTH, Record};
use super::table::Table;
use crate::os::at::FileExt;
use crate::os::temporary::nameless;

/// Records that are kept in memory before they are written; the newest may have to be taken back.
const KEPT: usize = 1024;
/// Slots for pieces of a run that it finds again itself, eight bytes each, so 8 MiB for 900,000 pieces. What is stored beyond is found by
/// later runs.
const MOST_SLOTS: usize = 1 << 20;
const READ_AT_ONCE: usize = 1024;

/// A log that fails in any way is empty from then on: what would be found is stored again.
pub struct Log {
    /// `None`: nothing is kept.
    folder: Option<PathBuf>,
    key: Key,
    /// Has no name, so that nothing is left of it.
    file: Option<File>,
    /// Records in the file.
    written: u32,
    newest: Vec<Record>,
    table: Option<Table>,
}

impl Log {
    /// `findable`: whether [`Log::find`] is asked.
    pub fn new(folder: Option<PathBuf>, key: Key, findable: bool) -> Self {
        let table = (findable && folder.is_some()).then(|| Table::new(MOST_SLOTS));
        Self { folder, key, file: None, written: 0, newest: Vec::new(), table }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn len(&self) -> u64 {
        u64::from(self.written) + self.newest.len() as u64
    }

    pub fn push(&mut self, record: Record) {
        if self.folder.is_none() {
            return;
        }
        let Ok(number) = u32::try_from(self.len()) else { return };
        if self.table.as_ref().is_some_and(Table::wants_more) {
            self.enlarge();
        }
        if let Some(table) = &mut self.table {
            table.insert(fingerprint(&record.hash), number);
        }
        self.newest.push(record);
        if self.newest.len() >= 2 * KEPT && self.write(KEPT).is_err() {
            self.fail();
        }
    }

    /// What this run has stored with this hash and length.
    pub fn find(&self, hash: &[u8; 32], length: u32) -> Option<Record> {
        let table = self.table.as_ref()?;
        // What was taken back may still be in the table; by then the number is past the end or another record's.
        let records = table.all(fingerprint(hash)).filter_map(|number| self.get(number));
        records.into_iter().find(|record| record.hash == *hash && record.length == length)
    }

    /// Takes back what was stored last, as far as it lies in this frame at or past `from`.
    pub fn take_back(&mut self, frame: u64, from: u32) {
        while let Some(number) = self.len().checked_sub(1).and_then(|n| u32::try_from(n).ok()) {
            match self.get(number) {
                Some(record) if record.frame_offset == frame && record.offset >= from => {}
                Some(_) => return,
                // Unreadable: no telling what it was.
                None => return self.fail(),
            }
            if self.newest.pop().is_none() {
                self.written = self.written.saturating_sub(1);
            }
        }
    }

    fn enlarge(&mut self) {
        let Some(mut table) = self.table.take().map(Table::larger) else { return };
        let filled = self.for_each_numbered(|number, record| {
            table.insert(fingerprint(&record.hash), number);
            Ok(())
        });
        self.table = filled.is_ok().then_some(table);
    }

    /// All records in order.
    pub fn for_each(&self, mut each: impl FnMut(Record) -> io::Result<()>) -> io::Result<()> {
        self.for_each_numbered(|_, record| each(record))
    }

    fn for_each_numbered(&self, mut each: impl FnMut(u32, Record) -> io::Result<()>) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut at = 0;
        while let Some(file) = self.file.as_ref().filter(|_| at < self.written) {
            let many = (self.written - at).min(READ_AT_ONCE as u32);
            bytes.resize(many as usize * LENGTH, 0);
            file.read_exact_at(&mut bytes, u64::from(at) * LENGTH as u64)?;
            for (number, record) in (at..).zip(bytes.as_chunks().0) {
                // One that is damaged is as good as never stored.
                if let Some(record) = Record::from_bytes(record, &self.key) {
                    each(number, record)?;
                }
            }
            at += many;
        }
        (self.written..).zip(&self.newest).try_for_each(|(number, record)| each(number, *record))
    }

    fn get(&self, number: u32) -> Option<Record> {
        match number.checked_sub(self.written) {
            Some(at) => self.newest.get(at as usize).copied(),
            None => {
                let mut bytes = [0; LENGTH];
                self.file.as_ref()?.read_exact_at(&mut bytes, u64::from(number) * LENGTH as u64).ok()?;
                Record::from_bytes(&bytes, &self.key)
            }
        }
    }

    /// Writes the oldest of those that are in memory.
    fn write(&mut self, many: usize) -> io::Result<()> {
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(self.create()?),
        };
        let bytes: Vec<u8> = self.newest.iter().take(many).flat_map(|record| record.to_bytes(&self.key)).collect();
        file.write_all_at(&bytes, u64::from(self.written) * LENGTH as u64)?;
        self.newest.drain(..many.min(self.newest.len()));
        self.written += many as u32;
        Ok(())
    }

    fn create(&self) -> io::Result<File> {
        let folder = self.folder.as_ref().ok_or(io::ErrorKind::NotFound)?;
        fs::create_dir_all(folder)?;
        nameless(&folder.join("log.new"))
    }

    fn fail(&mut self) {
        *self = Self::new(None, self.key, false);
    }
}

fn fingerprint(hash: &[u8; 32]) -> u32 {
    u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]])
}
