//! Several names of one file, symbolic link, pipe or device: the first in catalog order is the thing, the others are links to it.

use std::io;
use std::path::Path;

use super::aside::Aside;
use super::frames::Share;
use crate::archive::Result;
use crate::archive::catalog_io::index;
use crate::archive::catalog_io::line::EntryLine;
use crate::archive::pieces::Table;
use crate::archive::scan::Meta;
use crate::model::catalog::Entry;
use crate::model::path::PathBytes;

/// Slots for things with several names, eight bytes each: 16 MiB for 1.8 million. Names of what lies beyond stand for themselves.
const MOST: usize = 1 << 21;

/// Knows things with several names. What it knows of each lies aside, so that a million of them take little memory.
pub(super) struct HardLinks {
    /// By device and inode.
    table: Table,
    firsts: Aside,
    /// Of those that follow in the run's last volume: their first stands whole in one before.
    in_tar: Aside,
    next_id: u64,
    /// How many it had no room for.
    pub without_room: u64,
}

/// A thing as it is laid aside. Its first bytes are what changes.
struct First {
    /// Names that may still come.
    left: u32,
    key: (u64, u64),
    id: u64,
    in_tar: bool,
    /// Without its pieces.
    entry: Entry,
}

const HEAD: usize = 4 + 8 + 8 + 8 + 1;

impl HardLinks {
    /// `folder`: where things are laid aside.
    pub(super) fn new(folder: Option<&Path>) -> Self {
        let (firsts, in_tar) = (Aside::new(folder, "firsts.new"), Aside::new(folder, "links.new"));
        Self { table: Table::new(MOST), firsts, in_tar, next_id: 0, without_room: 0 }
    }

    /// The entry for another name of a thing that was met before.
    pub(super) fn link(&mut self, path: &PathBytes, meta: &Meta) -> Result<Option<(Entry, Share)>> {
        if meta.links < 2 {
            return Ok(None);
        }
        let key = (meta.device, meta.inode);
        let Some((number, first)) = self.find(key)? else { return Ok(None) };
        // Where inode numbers are made up they may meet by chance, and a number may be given anew.
        if !meta.kind.is(&first.entry.kind) || (!meta.stable && (meta.size, meta.mtime) != (first.entry.size, first.entry.mtime))
        {
            return Ok(None);
        }
        let share = Share::Link { id: first.id };
        self.firsts.change(number, &(first.left - 1).to_le_bytes())?;
        let entry = Entry { path: path.clone(), link: Some(first.entry.path.clone()), ..first.entry };
        if first.in_tar {
            self.in_tar.append(&line(&entry))?;
        }
        Ok(Some((entry, share)))
    }

    /// Remembers the first name of a thing. `in_tar`: it stands whole in a volume of this run.
    pub(super) fn first(&mut self, entry: &Entry, meta: &Meta, in_tar: bool) -> Result<Share> {
        let left = meta.links.saturating_sub(1);
        if left == 0 {
            return Ok(Share::Alone);
        }
        let key = (meta.device, meta.inode);
        if self.table.wants_more() {
            self.enlarge()?;
        }
        let id = self.next_id;
        let mut record = Vec::with_capacity(HEAD + 256);
        record.extend_from_slice(&left.to_le_bytes());
        for number in [key.0, key.1, id] {
            record.extend_from_slice(&number.to_le_bytes());
        }
        record.push(in_tar.into());
        record.extend_from_slice(&line(entry));
        let number = self.firsts.append(&record)?;
        if !self.table.insert(fingerprint(key), number) {
            self.without_room += 1;
            return Ok(Share::Alone);
        }
        self.next_id += 1;
        Ok(Share::First { id })
    }

    /// The links that follow behind all else, in order. `None` at the end.
    pub(super) fn next_in_tar(&self, before: Option<(u32, usize)>) -> Result<Option<(u32, usize, Entry)>> {
        let Some((number, content)) = self.in_tar.next(before)? else { return Ok(None) };
        Ok(Some((number, content.len(), entry(&content).ok_or_else(|| self.in_tar.lost(io::ErrorKind::InvalidData.into()))?)))
    }

    /// The one that was met last, if names of it may still come.
    fn find(&self, key: (u64, u64)) -> Result<Option<(u32, First)>> {
        let mut found = None;
        for number in self.table.all(fingerprint(key)) {
            let first =
                First::read(&self.firsts.read(number)?).ok_or_else(|| self.firsts.lost(io::ErrorKind::InvalidData.into()))?;
            if first.key == key && first.left > 0 {
                found = Some((number, first));
            }
        }
        Ok(found)
    }

    fn enlarge(&mut self) -> Result<()> {
        let small = std::mem::replace(&mut self.table, Table::new(0));
        self.table = small.larger();
        let mut before = None;
        while let Some((number, content)) = self.firsts.next(before)? {
            // Those of which all names were met are not asked for again.
            if let Some(first) = content.first_chunk().is_none_or(|left| *left != [0; 4]).then(|| key_of(&content)).flatten() {
                self.table.insert(fingerprint(first), number);
            }
            before = Some((number, content.len()));
        }
        Ok(())
    }
}

impl First {
    fn read(content: &[u8]) -> Option<Self> {
        let (head, line) = content.split_at_checked(HEAD)?;
        Some(Self {
            left: u32::from_le_bytes(*head.first_chunk()?),
            key: key_of(content)?,
            id: number(head, 20)?,
            in_tar: *head.last()? == 1,
            entry: entry(line)?,
        })
    }
}

fn key_of(content: &[u8]) -> Option<(u64, u64)> {
    Some((number(content, 4)?, number(content, 12)?))
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn fingerprint((device, inode): (u64, u64)) -> u32 {
    let mixed = (inode ^ device.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}

/// An entry as it is laid aside, without its pieces.
fn line(entry: &Entry) -> Vec<u8> {
    let mut out = Vec::new();
    index::push(&mut out, &EntryLine::new(entry, &entry.holes, Vec::new()));
    out
}

fn entry(line: &[u8]) -> Option<Entry> {
    serde_json::from_slice::<EntryLine<'_>>(line).ok()?.entry(&[]).ok()
}
