//! Regular files: read between two looks at their metadata, again where these differ.

use std::collections::HashMap;
use std::fs::File;
use std::io;

use super::{Assembler, Task, open};
use crate::archive::changes::Keeper;
use crate::archive::run_journal::Fresh;
use crate::archive::scan::{Kind, Meta, status_of};
use crate::archive::writer::container::Container;
use crate::archive::writer::content::{self, Data, Layout, WHOLE};
use crate::archive::writer::frames::{Share, Stopped};
use crate::archive::{Error, tar_stream};
use crate::model::catalog::{Entry, EntryKind, Piece};
use crate::model::path::PathBytes;
use crate::model::problem::Cause;

/// How often a file that changes meanwhile is read.
const READINGS: u32 = 2;
const BLOCK: usize = 512;

/// A file that was read.
struct Reading {
    entry: Entry,
    meta: Meta,
    /// Lies whole in a volume of this run.
    whole_here: bool,
    /// Bytes that were read and not stored: they were there.
    known_bytes: u64,
    /// Something had to be said of it.
    warned: bool,
}

/// Reading fails by the file, which is a warning, or by what ends the run.
enum Failed {
    File(io::Error),
    Run(Stopped),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<Stopped> for Failed {
    fn from(stopped: Stopped) -> Self {
        Self::Run(stopped)
    }
}

/// Pieces that need not be stored again, by hash and length. Those of an earlier reading in this run with their part's number.
type Known = HashMap<([u8; 32], u32), (Piece, Option<u64>)>;

impl Assembler<'_> {
    /// Another name of what stands whole in this run's volumes: a link in tar. Zip has none, so it is the thing once more, where
    /// anybody opens it without us; in a sealed one the catalog has the name.
    pub(super) fn further_name(&mut self, link: &Entry) -> Result<(), Stopped> {
        match (self.container, &link.kind) {
            (Container::Tar, _) => self.append_header(link),
            (Container::Zip, _) if self.job.seal.is_some() => Ok(()),
            (Container::Zip, EntryKind::File) => {
                let mark = self.frames.mark();
                match self.copy_again(link) {
                    Err(Failed::Run(stopped)) => Err(stopped),
                    // It was there, and may be gone now. Its first name has it.
                    Err(Failed::File(_)) => {
                        self.frames.go_back(mark);
                        Ok(())
                    }
                    Ok(()) => Ok(()),
                }
            }
            (Container::Zip, _) => self.append_header(link),
        }
    }

    fn copy_again(&mut self, link: &Entry) -> Result<(), Failed> {
        let (folder, name) = self.folders.parent_of(&link.path)?;
        let file = content::open(folder, name, self.user.may_hide_access(link.uid))?;
        let meta = status_of(&file)?;
        if meta.kind != Kind::File || meta.size > WHOLE {
            return Err(Failed::File(io::ErrorKind::NotFound.into()));
        }
        let layout = Layout::of(&file, &meta);
        self.frames.make_room(layout.data() as usize)?;
        let length = Data::new(&file, &layout).read(self.frames.content(), layout.data() as usize)?;
        self.frames.end_member(link, &link.path, length);
        Ok(())
    }

    pub(super) fn file(&mut self, task: Task, opened: Option<io::Result<File>>, keeper: &mut Keeper<'_>) -> Result<(), Stopped> {
        if let Some((link, share)) = self.links.link(&task.path, &task.meta).map_err(Some)? {
            return self.push(link, share, None);
        }
        self.job.progress.set_current(&task.path);
        let opened = opened.unwrap_or_else(|| open(&mut self.folders, &task.path, self.user, &task.meta));
        let mark = self.frames.mark();
        match opened.map_err(Failed::File).and_then(|file| self.read(&file, &task, keeper)) {
            Ok(reading) => self.finish_file(&task, reading),
            Err(Failed::Run(stopped)) => Err(stopped),
            Err(Failed::File(error)) => {
                self.frames.go_back(mark);
                self.unreadable(task, &error, keeper)
            }
        }
    }

    fn finish_file(&mut self, task: &Task, reading: Reading) -> Result<(), Stopped> {
        let Reading { mut entry, meta, whole_here, known_bytes, warned } = reading;
        if entry.torn {
            self.totals.warnings += 1;
            self.warnings.add(Cause::ChangedWhileRead, task.path.as_bytes(), "it changed each time it was read");
        }
        self.totals.new_files += 1;
        self.totals.new_bytes += entry.size;
        self.totals.dedup_bytes += known_bytes;
        // Another file than the one whose names the scan met.
        let same_inode = (meta.device, meta.inode) == (task.meta.device, task.meta.inode);
        let share = if same_inode { self.links.first(&entry, &meta, whole_here).map_err(Some)? } else { Share::Alone };
        entry.pieces.shrink_to_fit();
        let fresh = Fresh { known_bytes, whole_here };
        // Whoever goes on with the run has a warning to say again.
        self.push(entry, share, (!warned).then_some(fresh))
    }

    fn read(&mut self, file: &File, task: &Task, keeper: &mut Keeper<'_>) -> Result<Reading, Failed> {
        let mut known = Known::new();
        let mut warned = false;
        let mut reading = 1;
        // The scan's look serves as the first one where reading again costs little.
        let mut scanned = task.meta.size <= WHOLE;
        loop {
            let (looked_at, meta) = if scanned {
                (task.looked_at, task.meta)
            } else {
                let now = (self.job.now)();
                (now, Meta { stable: task.meta.stable, ..status_of(file)? })
            };
            if meta.kind != Kind::File {
                return Err(Failed::File(io::ErrorKind::NotFound.into()));
            }
            let mut entry = self.entry(&task.path, &meta, EntryKind::File, looked_at);
            match self.attributes.of_file(file) {
                Ok(xattrs) => entry.xattrs = xattrs,
                // Said once.
                Err(_) if reading > 1 => {}
                Err(error) => {
                    self.warnings.add(Cause::Unreadable, task.path.as_bytes(), format!("extended attributes: {error}"));
                    warned = true;
                }
            }
            let mut layout = Layout::of(file, &meta);
            entry.holes.clone_from(&layout.holes);
            let mark = self.frames.mark();
            let parent = task.parent.as_ref().filter(|p| p.kind == EntryKind::File);
            let mut known_bytes = 0;
            // Where `cat` joins what lies in the volumes, a file of which parts are there stays one of parts.
            let in_parts = self.job.seal.is_none() && !task.parts.is_empty();
            let fits = layout.data() <= WHOLE && (layout.holes.is_empty() || self.container.has_holes());
            let whole_here = if fits && !in_parts {
                let stored = self.whole(file, &mut layout, &mut entry, parent, keeper)?;
                // What was stored before the run was cut off counts as stored by it.
                let is_own = stored || entry.pieces.iter().all(|piece| self.frames.was_left(piece));
                known_bytes += if is_own { 0 } else { layout.data() };
                stored
            } else {
                if reading == 1 {
                    known = known_pieces(parent, keeper);
                }
                known_bytes += self.cut(file, &mut layout, &mut entry, &mut known, &task.parts, keeper)?;
                false
            };
            #[cfg(test)]
            super::interfere::after_reading(&task.path);
            let after = status_of(file)?;
            if after.same_content_as(&meta) && (after.device, after.inode) == (meta.device, meta.inode) {
                return Ok(Reading { entry, meta, whole_here, known_bytes, warned });
            }
            if reading == READINGS && !scanned {
                entry.torn = true;
                return Ok(Reading { entry, meta, whole_here, known_bytes, warned: true });
            }
            self.frames.go_back(mark);
            if self.frames.mark() == mark {
                // Nothing of the first reading has gone on: its pieces are taken back.
                known.retain(|_, (_, number)| number.is_none());
            }
            // What changed since the scan did not change while it was read.
            reading += u32::from(!scanned);
            scanned = false;
        }
    }

    /// Stores a file as one piece under its own path. Returns false where its content is stored already.
    fn whole(
        &mut self,
        file: &File,
        layout: &mut Layout,
        entry: &mut Entry,
        parent: Option<&Entry>,
        keeper: &mut Keeper<'_>,
    ) -> Result<bool, Failed> {
        self.header.clear();
        self.container.append_header(entry, &mut self.header);
        let expected = layout.data() as usize;
        self.frames.make_room(self.header.len() + expected + BLOCK)?;
        let content = self.frames.content();
        let begin = content.len();
        content.extend_from_slice(&self.header);
        let mut start = content.len();
        let mut data = Data::new(file, layout);
        let length = data.read(content, expected)?;
        if let Some(end) = data.ended_at {
            // Shorter than it said; then its header says so as well.
            layout.cut_at(end);
            entry.size = end;
            entry.holes.clone_from(&layout.holes);
            let read = content.split_off(start);
            content.truncate(begin);
            self.container.append_header(entry, content);
            start = content.len();
            content.extend_from_slice(&read);
        }
        if length > 0 {
            let hash: [u8; 32] = *blake3::hash(&content[start..]).as_bytes();
            let same = match parent.map(|parent| &parent.pieces[..]) {
                Some([piece]) if (piece.hash, piece.length as usize) == (hash, length) && keeper.offers(&piece.volume) => {
                    Some(piece.clone())
                }
                _ => self.elsewhere.find(&self.frames, &hash, length, keeper),
            };
            let content = self.frames.content();
            if let Some(piece) = same {
                content.truncate(begin);
                entry.pieces = vec![piece];
                return Ok(false);
            }
            self.container.append_padding(length as u64, content);
            entry.pieces = vec![self.frames.piece(start, length, hash)];
        }
        self.frames.end_member(entry, &entry.path, length);
        Ok(true)
    }

    /// Stores a file as pieces, each a part of its own, but for those that are known; returns how many bytes these have. `left`: parts
    /// that were stored before the run was cut off.
    fn cut(
        &mut self,
        file: &File,
        layout: &mut Layout,
        entry: &mut Entry,
        known: &mut Known,
        left: &[(u64, Piece)],
        keeper: &mut Keeper<'_>,
    ) -> Result<u64, Failed> {
        let mut known_bytes = 0;
        let mut data = Data::new(file, layout);
        self.cutter.restart(layout.data());
        let mut number = 0;
        while let Some(piece) = self.cutter.next(&mut data)? {
            if self.job.cancel.should_end() {
                return Err(Failed::Run(Some(Error::Cancelled)));
            }
            number += 1;
            let length = piece.len() as u64;
            let hash: [u8; 32] = *blake3::hash(piece).as_bytes();
            let key = (hash, piece.len() as u32);
            // Unsealed, `cat` has to find each part of this run under its own number.
            let usable = |at: &Option<u64>| self.job.seal.is_some() || at.is_none_or(|at| at == number);
            let same = left.binary_search_by_key(&number, |(at, _)| *at).ok().and_then(|at| left.get(at));
            let same = same.map(|(_, p)| p).filter(|p| (p.hash, p.length) == key && keeper.offers(&p.volume)).cloned();
            let there = same.or_else(|| known.get(&key).filter(|(_, at)| usable(at)).map(|(piece, _)| piece.clone()));
            if let Some(piece) = there.or_else(|| self.elsewhere.find(&self.frames, &hash, piece.len(), keeper)) {
                known_bytes += if self.frames.was_left(&piece) { 0 } else { length };
                entry.pieces.push(piece);
                self.show_read(length, entry.size);
                continue;
            }
            let path: PathBytes = tar_stream::part_path(&self.parts, &entry.path, number);
            self.header.clear();
            self.container.append_part_header(entry, &path, length, &mut self.header);
            self.frames.make_room(self.header.len() + piece.len() + BLOCK)?;
            let content = self.frames.content();
            content.extend_from_slice(&self.header);
            let start = content.len();
            content.extend_from_slice(piece);
            self.container.append_padding(length, content);
            let stored = self.frames.piece(start, piece.len(), hash);
            self.frames.end_member(entry, &path, piece.len());
            self.frames.is_part(&entry.path, number, &stored);
            known.insert(key, (stored.clone(), Some(number)));
            entry.pieces.push(stored);
            self.show_read(length, entry.size);
            self.frames.settle()?;
        }
        if let Some(end) = data.ended_at {
            layout.cut_at(end);
            entry.size = end;
            entry.holes.clone_from(&layout.holes);
        }
        if self.job.seal.is_none() {
            let stale: Vec<u64> = left.iter().map(|(at, _)| *at).filter(|at| *at > number).collect();
            stale.into_iter().try_for_each(|number| self.empty_part(entry, number))?;
        }
        Ok(known_bytes)
    }

    /// In place of a part that was stored when the file was longer, so that `cat` joins what it is now.
    fn empty_part(&mut self, entry: &Entry, number: u64) -> Result<(), Stopped> {
        let path = tar_stream::part_path(&self.parts, &entry.path, number);
        self.header.clear();
        self.container.append_part_header(entry, &path, 0, &mut self.header);
        self.frames.make_room(self.header.len())?;
        self.frames.content().extend_from_slice(&self.header);
        self.frames.end_member(entry, &path, 0);
        self.frames.settle()
    }
}

/// What the parent has of the same file, as far as it is offered.
fn known_pieces(parent: Option<&Entry>, keeper: &mut Keeper<'_>) -> Known {
    let pieces = parent.map_or(&[][..], |p| &p.pieces[..]);
    pieces.iter().filter(|p| keeper.offers(&p.volume)).map(|p| ((p.hash, p.length), (p.clone(), None))).collect()
}
