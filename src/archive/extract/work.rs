//! The workers: each unpacks frames, checks every piece in them and writes it where it belongs.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;

use super::Shared;
use super::content::{Bit, Item, WRITTEN, Window};
use super::put::{Inside, Settled, remove};
use crate::archive::Error;
use crate::archive::frame_reader::FrameReader;
use crate::archive::target::metadata::Wanted;
use crate::archive::target::root::OpenFolders;
use crate::model::problem::Cause;
use crate::os::at::FileExt;
use crate::os::attributes::forget_inherited;
use crate::os::content::will_have_holes;
use crate::os::durable;
use crate::os::stat::stat_of;

/// Written data is made durable each time so many bytes more have come.
const SYNC_EVERY: u64 = 1 << 30;

/// A part of a window for one worker.
pub enum Task {
    /// Bits of one frame.
    Frame(Arc<Window>, Range<usize>, Work),
    /// Numbers of files without content.
    Empty(Arc<Window>, Range<usize>),
}

/// What is to be done with a frame.
pub enum Work {
    Read,
    /// It has been read, as it is stored.
    Open(Arc<Vec<u8>>),
    /// It could not be read.
    Lose(Error),
}

pub struct Worker<'a> {
    shared: &'a Shared<'a>,
    reader: FrameReader,
    hands: Hands<'a>,
}

/// What writes.
struct Hands<'a> {
    shared: &'a Shared<'a>,
    folders: OpenFolders<'a>,
    /// The file of several pieces that was written to last: mostly the next piece is of the same one.
    current: Option<(Arc<Item>, File)>,
}

impl<'a> Worker<'a> {
    pub fn new(shared: &'a Shared<'a>, reader: FrameReader) -> Self {
        Self { shared, reader, hands: Hands { shared, folders: OpenFolders::new(&shared.roots), current: None } }
    }

    pub fn run(&mut self, tasks: &crossbeam_channel::Receiver<Task>) {
        while let Ok(task) = tasks.recv() {
            match task {
                Task::Frame(window, range, work) => self.frame(&window, range, work),
                Task::Empty(window, range) => {
                    for item in window.empty.get(range).unwrap_or_default() {
                        if self.shared.tally.is_stopped() {
                            break;
                        }
                        if let Some(item) = window.items.get(*item as usize) {
                            self.hands.whole(item, &[]);
                        }
                    }
                }
            }
            // Dropped here, the window's ticket is free before the next task is waited for.
        }
    }

    fn frame(&mut self, window: &Window, range: Range<usize>, work: Work) {
        let tally = &self.shared.tally;
        let bits = window.bits.get(range).unwrap_or_default();
        let Some(first) = bits.first() else { return };
        if tally.is_stopped() {
            return;
        }
        let item_of = |bit: &Bit| window.items.get(bit.item as usize);
        if let Some(item) = item_of(first) {
            tally.progress().set_current(&item.entry.path);
        }
        let Some(info) = self.shared.catalog.index.volumes.get(first.volume as usize) else { return };
        let (catalog, volume, offset, length) = (self.shared.catalog, &info.volume, first.frame_offset, first.frame_length);
        let content = match work {
            Work::Read => self.reader.frame(catalog, volume, offset, length),
            Work::Open(record) => self.reader.frame_of(catalog, volume, offset, &record),
            Work::Lose(error) => Err(error),
        };
        let content = match content {
            Ok(content) => content,
            Err(e) if tally.is_local(&e) => {
                let cause = if matches!(e, Error::Object { .. }) { Cause::NotWritten } else { Cause::Damaged };
                if let Error::Damaged { object, .. } | Error::Missing { object } = &e {
                    tally.found_damaged(object);
                }
                for bit in bits {
                    if let Some(item) = item_of(bit) {
                        self.hands.lose(item, bit, cause, &e.to_string());
                    }
                }
                return;
            }
            Err(e) => return tally.fail(e),
        };
        tally.was_read();
        let volume = || self.shared.catalog.volume_name(&info.volume);
        let mut checked: Option<&Bit> = None;
        for bit in bits {
            if tally.is_stopped() {
                return;
            }
            let Some(item) = item_of(bit) else { continue };
            let end = bit.offset as usize + bit.length as usize;
            let Some(piece) = content.get(bit.offset as usize..end) else {
                tally.found_damaged(volume());
                self.hands.lose(item, bit, Cause::Damaged, "a piece lies outside its frame");
                continue;
            };
            // Copies of one file follow each other.
            let same = checked.is_some_and(|c| (c.offset, c.length, c.hash) == (bit.offset, bit.length, bit.hash));
            if !same && *blake3::hash(piece).as_bytes() != bit.hash {
                tally.found_damaged(volume());
                self.hands.lose(item, bit, Cause::Damaged, "a piece does not have the checksum it should have");
                continue;
            }
            checked = Some(bit);
            if item.pieces == 1 { self.hands.whole(item, piece) } else { self.hands.part(item, bit, piece) }
        }
    }
}

impl Hands<'_> {
    /// A file whose content is at hand: made, written and finished in one go.
    fn whole(&mut self, item: &Arc<Item>, piece: &[u8]) {
        if let Err(e) = self.try_whole(item, piece) {
            self.shared.tally.not_written(&item.entry.path, e);
        }
        self.shared.tally.file_done(item.entry.size);
    }

    fn try_whole(&mut self, item: &Item, piece: &[u8]) -> io::Result<()> {
        let shared = self.shared;
        let into = Inside { root: self.folders.root(&item.folder)?, folder: &item.folder, fd: self.folders.get(&item.folder)? };
        let wanted = Wanted::from(&item.entry);
        let mode = if shared.metadata { shared.maker.first_mode(&wanted) } else { 0o666 };
        let how = if item.again { shared.clear(into, item, piece)? } else { Some(item.how) };
        let made = match how {
            Some(how) => shared.put.create(into, &item.name, item.entry.mtime, how, mode)?.map(|made| (made, how)),
            None => None,
        };
        let Some((made, how)) = made else {
            shared.settled(item, &Settled::Skipped);
            return Ok(());
        };
        let written = (|| {
            if !item.entry.holes.is_empty() {
                will_have_holes(&made.file);
                made.file.set_len(item.entry.size)?;
            }
            for (offset, start, length) in item.layout.runs(0, piece.len() as u64) {
                made.file.write_all_at(piece.get(start..start + length).unwrap_or_default(), offset)?;
            }
            durable::is_whole(&made.file)
        })();
        if let Err(e) = written {
            remove(into.fd, &made.name);
            return Err(e);
        }
        shared.wrote(piece.len() as u64, &made.file);
        shared.set_metadata(item, &made.file, Some(mode));
        let settled = match made.settled {
            Some(settled) => settled,
            None => shared.put.settle(into, &made.name, &item.name, item.entry.mtime, how)?,
        };
        shared.settled(item, &settled);
        Ok(())
    }

    /// One of several pieces of a file, which has a temporary name until the last has come.
    fn part(&mut self, item: &Arc<Item>, bit: &Bit, piece: &[u8]) {
        if item.state.lock().unwrap_or_else(PoisonError::into_inner).failed {
            return self.passed(item, bit);
        }
        let shared = self.shared;
        let written = self.open(item).and_then(|file| {
            for (offset, start, length) in item.layout.runs(bit.at, piece.len() as u64) {
                file.write_all_at(piece.get(start..start + length).unwrap_or_default(), offset)?;
            }
            shared.wrote(piece.len() as u64, file);
            Ok(())
        });
        if let Err(e) = written
            && self.give_up(item)
        {
            shared.tally.not_written(&item.entry.path, e);
        }
        self.passed(item, bit);
    }

    /// The file of several pieces, open for writing under its temporary name.
    fn open(&mut self, item: &Arc<Item>) -> io::Result<&File> {
        if !self.current.as_ref().is_some_and(|(current, _)| Arc::ptr_eq(current, item)) {
            self.current = None;
            let fd = self.folders.get(&item.folder)?;
            let mut state = item.state.lock().unwrap_or_else(PoisonError::into_inner);
            let file = match &state.temporary {
                Some((name, inode)) => {
                    let file = fd.file_to_write(name.as_slice())?;
                    if stat_of(&file)?.inode != *inode {
                        return Err(io::Error::other("somebody else put another file in its place while it was restored"));
                    }
                    file
                }
                None => {
                    let (file, name) = self.shared.put.create_temporary(fd, 0o600)?;
                    state.temporary = Some((name, stat_of(&file)?.inode));
                    self.shared.begun(item);
                    if !item.entry.holes.is_empty() {
                        will_have_holes(&file);
                        file.set_len(item.entry.size)?;
                    }
                    file
                }
            };
            drop(state);
            self.current = Some((item.clone(), file));
        }
        self.current.as_ref().map(|(_, file)| file).ok_or_else(|| io::Error::other("no file"))
    }

    /// A piece that cannot be had: its file is taken away again and named, once.
    fn lose(&mut self, item: &Arc<Item>, bit: &Bit, cause: Cause, why: &str) {
        if item.pieces == 1 {
            self.shared.tally.lost(cause, &item.entry.path, why);
            return self.shared.tally.file_done(item.entry.size);
        }
        if self.give_up(item) {
            self.shared.tally.lost(cause, &item.entry.path, why);
        }
        self.passed(item, bit);
    }

    /// Marks a file as one that cannot be completed and takes away what is there of it. Whether that is news.
    fn give_up(&mut self, item: &Arc<Item>) -> bool {
        let mut state = item.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, _)) = state.temporary.take()
            && let Ok(fd) = self.folders.get(&item.folder)
        {
            remove(fd, &name);
        }
        !std::mem::replace(&mut state.failed, true)
    }

    /// Counts a piece as done with; with the last one the file gets its metadata and its name.
    fn passed(&mut self, item: &Arc<Item>, bit: &Bit) {
        let tally = &self.shared.tally;
        tally.progress().bytes_done.fetch_add(u64::from(bit.length), Relaxed);
        let (last, failed) = {
            let mut state = item.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.remaining = state.remaining.saturating_sub(1);
            (state.remaining == 0, state.failed)
        };
        if !last {
            return;
        }
        if !failed && let Err(e) = self.complete(item) {
            self.give_up(item);
            tally.not_written(&item.entry.path, e);
        }
        self.current = None;
        self.shared.ended(item);
        tally.file_done(item.entry.size - item.layout.data);
    }

    fn complete(&mut self, item: &Arc<Item>) -> io::Result<()> {
        let shared = self.shared;
        self.open(item)?;
        if let Some((_, file)) = &self.current {
            durable::is_whole(file)?;
            shared.set_metadata(item, file, None);
        }
        let temporary = item.state.lock().unwrap_or_else(PoisonError::into_inner).temporary.take();
        let Some((name, _)) = temporary else { return Err(io::Error::other("it has vanished while it was restored")) };
        let into = Inside { root: self.folders.root(&item.folder)?, folder: &item.folder, fd: self.folders.get(&item.folder)? };
        let settled = shared.put.settle(into, &name, &item.name, item.entry.mtime, item.how)?;
        shared.settled(item, &settled);
        Ok(())
    }
}

impl Shared<'_> {
    /// Sets a file's metadata; what cannot be set is a warning.
    fn set_metadata(&self, item: &Item, file: &File, made_with: Option<u32>) {
        if !self.metadata {
            return;
        }
        if !item.folder.fresh {
            forget_inherited(file);
        }
        let made_with = made_with.filter(|_| item.folder.fresh);
        if let Err(what) = self.maker.set(file, &Wanted::from(&item.entry), made_with, item.folder.odd_group) {
            self.tally.warn(Cause::MetadataNotSet, &item.entry.path, what);
        }
    }

    fn wrote(&self, bytes: u64, file: &File) {
        self.tally.counts.bytes.fetch_add(bytes, Relaxed);
        let before = self.tally.progress().bytes_written.fetch_add(bytes, Relaxed);
        if before / SYNC_EVERY != (before + bytes) / SYNC_EVERY {
            let Ok(stat) = stat_of(file) else { return };
            match durable::sync_disk(file) {
                Ok(()) => self.journal.iter().for_each(|journal| journal.mark(stat.device, stat.ctime)),
                // Told only once: a later one succeeds though what was to be written is lost.
                Err(e) => {
                    self.unsynced.store(true, Relaxed);
                    let root = self.roots.first().map(|root| root.path.as_path()).unwrap_or(std::path::Path::new(""));
                    self.tally.fail(Error::file(root, e));
                }
            }
        }
    }

    /// Counts how a file came to its name.
    fn settled(&self, item: &Item, settled: &Settled) {
        if matches!(settled, Settled::Created | Settled::Replaced) {
            self.marks.set(item.spot, WRITTEN);
        }
        if *settled == Settled::Skipped && item.folder.fresh {
            // Nothing was there before: the file system takes two names of the backup for the same one.
            self.tally.warn(Cause::Skipped, &item.entry.path, "another file of the backup has the same name here");
        }
        self.tally.counts.count(settled);
    }
}
