//! Turns changes into frames and entries: reads, hashes, cuts, builds tar.

mod file;
#[cfg(test)]
pub(super) mod interfere;

use std::fs::File;
use std::io;
use std::sync::atomic::Ordering::Relaxed;

use super::BackupJob;
use super::container::Container;
use super::content::{self, Cutter};
use super::elsewhere::Elsewhere;
use super::folders::Folders;
use super::frames::{Frames, Share, Stopped};
use super::guard::Guard;
use super::hard_links::HardLinks;
use super::warnings::Warnings;
use crate::archive::Error;
use crate::archive::changes::{Change, Changes, Keeper};
use crate::archive::pieces::Log;
use crate::archive::run_journal::Fresh;
use crate::archive::scan::{Kind, Meta, Roots, is_gone};
use crate::archive::tar_stream;
use crate::model::catalog::{Entry, EntryKind, Piece};
use crate::model::names::system_path;
use crate::model::path::PathBytes;
use crate::model::problem::Cause;
use crate::model::snapshot::Totals;
use crate::os::attributes::Reader;
use crate::os::content::{is_cached, will_need};
use crate::os::owner::User;

/// Files that are opened and asked for ahead of their turn: cold, that reads three times as fast.
const AHEAD_FILES: usize = 128;
const AHEAD_BYTES: u64 = 16 << 20;
const AHEAD_CHANGES: usize = 1024;
/// One file of so many is asked whether it is in memory already; then its neighbours are taken to be.
const ASK_EVERY: usize = 8;
/// What changed less than this before it was read may change again with the same time stamp.
const UNSETTLED_NANOS: i128 = 3_000_000_000;
/// Unchanged files between two names shown.
const SHOW_EVERY: u64 = 64;

pub(super) struct Assembler<'a> {
    job: &'a BackupJob<'a>,
    frames: Frames,
    container: Container,
    folders: Folders,
    attributes: Reader,
    cutter: Cutter,
    elsewhere: Elsewhere<'a>,
    links: HardLinks,
    guard: Guard<'a>,
    pub warnings: Warnings<'a>,
    pub totals: Totals,
    /// First component of the paths of parts.
    parts: String,
    header: Vec<u8>,
    /// Bytes of the file at hand that progress tells of already.
    shown: u64,
    user: User,
    /// The files at hand lie on the medium, not in memory.
    cold: bool,
}

struct Item {
    change: Change,
    opened: Option<io::Result<File>>,
}

/// Something to be read that is met in the scan.
struct Task {
    path: PathBytes,
    meta: Meta,
    looked_at: i128,
    parent: Option<Entry>,
    parts: Vec<(u64, Piece)>,
}

impl<'a> Assembler<'a> {
    pub(super) fn new(job: &'a BackupJob<'a>, roots: Roots, frames: Frames) -> Self {
        let parts = reserved_name(&roots);
        Self {
            job,
            frames,
            container: Container::of(job.format.kind),
            folders: Folders::new(roots.all),
            attributes: Reader::new(),
            cutter: Cutter::default(),
            elsewhere: Elsewhere::new(job),
            links: HardLinks::new(job.pieces),
            guard: Guard::new(job.before),
            warnings: Warnings::new(job.progress),
            totals: Totals::default(),
            parts,
            header: Vec::new(),
            shown: 0,
            cold: true,
            user: User::of_this_process(),
        }
    }

    /// Works through all changes. Also returns what was stored.
    pub(super) fn run(mut self, mut changes: Changes<'_>) -> Result<(Totals, Warnings<'a>, Log), Stopped> {
        let mut items = Vec::new();
        loop {
            let more = self.gather(&mut changes, &mut items)?;
            for item in items.drain(..) {
                if self.job.cancel.should_end() {
                    return Err(Some(Error::Cancelled));
                }
                self.change(item, changes.keeper())?;
            }
            if !more {
                break;
            }
        }
        self.guard.finish().map_err(Some)?;
        // Behind everything they may link to.
        let mut before = None;
        while let Some((number, length, link)) = self.links.next_in_tar(before).map_err(Some)? {
            self.further_name(&link)?;
            self.frames.settle()?;
            before = Some((number, length));
        }
        if self.links.without_room > 0 {
            let what = "very many files have several names: the further names of some of them are kept as files of their own";
            self.warnings.add(Cause::Incomplete, b"", what);
        }
        let log = self.frames.finish()?;
        Ok((self.totals, self.warnings, log))
    }

    /// Takes some changes and opens the files among them. Returns whether there are more.
    fn gather(&mut self, changes: &mut Changes<'_>, items: &mut Vec<Item>) -> Result<bool, Stopped> {
        let (mut files, mut bytes) = (0, 0);
        while items.len() < AHEAD_CHANGES && files < AHEAD_FILES && bytes < AHEAD_BYTES {
            let Some(change) = changes.advance()? else { return Ok(false) };
            let mut opened = None;
            // What may turn out to be a link, or takes long anyway, waits for its turn.
            if let Change::Read { path, meta, .. } = &change
                && meta.kind == Kind::File
                && meta.links == 1
                && meta.size <= content::WHOLE
            {
                let file = open(&mut self.folders, path, self.user, meta);
                if let Ok(file) = &file
                    && meta.size > 0
                {
                    if files % ASK_EVERY == 0 {
                        self.cold = !is_cached(file);
                    }
                    if self.cold {
                        will_need(file);
                    }
                }
                opened = Some(file);
                files += 1;
                bytes += meta.size;
            }
            items.push(Item { change, opened });
        }
        Ok(true)
    }

    fn change(&mut self, item: Item, keeper: &mut Keeper<'_>) -> Result<(), Stopped> {
        match item.change {
            Change::Unchanged { entry, meta, fresh } => self.unchanged(entry, &meta, fresh),
            Change::Kept(entry) => self.kept(entry),
            Change::Unreadable { path, error } => {
                let told = if is_gone(&error) { self.guard.missing(&path) } else { self.guard.hidden(&path) };
                told.map_err(Some)?;
                self.warnings.add(Cause::Unreadable, path.as_bytes(), error);
                Ok(())
            }
            Change::Read { path, meta, looked_at, parent, parts } => {
                let task = Task { path, meta, looked_at, parent, parts };
                if meta.kind == Kind::File { self.file(task, item.opened, keeper) } else { self.other(task, keeper) }
            }
        }
    }

    /// `fresh`: where not the parent has it, but this run from before it was cut off.
    fn unchanged(&mut self, mut entry: Entry, meta: &Meta, fresh: Option<Fresh>) -> Result<(), Stopped> {
        if meta.kind == Kind::Folder {
            return self.push(entry, Share::Alone, None);
        }
        if let Some((link, share)) = self.links.link(&entry.path, meta).map_err(Some)? {
            return self.push(link, share, None);
        }
        if let Some(fresh) = fresh.filter(|_| meta.kind == Kind::File) {
            self.totals.new_files += 1;
            self.totals.new_bytes += entry.size;
            self.totals.dedup_bytes += fresh.known_bytes;
        }
        if meta.kind == Kind::File && self.totals.files.is_multiple_of(SHOW_EVERY) {
            self.job.progress.set_current(&entry.path);
        }
        entry.link = None;
        let share = self.links.first(&entry, meta, fresh.is_some_and(|fresh| fresh.whole_here)).map_err(Some)?;
        self.push(entry, share, None)
    }

    /// An entry as the parent has it.
    fn kept(&mut self, entry: Entry) -> Result<(), Stopped> {
        if entry.kind == EntryKind::File {
            self.totals.warnings += 1;
        }
        self.count(&entry)?;
        self.frames.push(entry, Share::Alone, None)
    }

    /// What cannot be read now: as the parent has it, or not at all.
    fn unreadable(&mut self, task: Task, error: &io::Error, keeper: &mut Keeper<'_>) -> Result<(), Stopped> {
        if task.meta.kind == Kind::File {
            self.show_done(task.meta.size);
        }
        if is_gone(error) {
            self.warnings.add(Cause::Vanished, task.path.as_bytes(), "it was there when its folder was listed");
            return Ok(());
        }
        let fits = task.parent.filter(|entry| task.meta.kind.is(&entry.kind));
        match fits.and_then(|entry| keeper.keep(entry)) {
            // Whatever it was a link to may be another file by now.
            Some(entry) => {
                self.warnings.add(Cause::Unreadable, task.path.as_bytes(), format!("{error}; kept as the version before has it"));
                self.kept(Entry { link: None, ..entry })
            }
            None => {
                self.warnings.add(Cause::Unreadable, task.path.as_bytes(), format!("{error}; it is not in this version"));
                if task.meta.kind == Kind::File {
                    self.totals.warnings += 1;
                    self.guard.unread(&task.path, task.meta.size).map_err(Some)?;
                }
                Ok(())
            }
        }
    }

    /// Folders, links, pipes and devices: a header, and no content.
    fn other(&mut self, task: Task, keeper: &mut Keeper<'_>) -> Result<(), Stopped> {
        let is_folder = task.meta.kind == Kind::Folder;
        if !is_folder && let Some((link, share)) = self.links.link(&task.path, &task.meta).map_err(Some)? {
            return self.push(link, share, None);
        }
        let kind = match task.meta.kind {
            Kind::Folder => Ok(EntryKind::Folder),
            Kind::Fifo => Ok(EntryKind::Fifo),
            Kind::CharDevice { major, minor } => Ok(EntryKind::CharDevice { major, minor }),
            Kind::BlockDevice { major, minor } => Ok(EntryKind::BlockDevice { major, minor }),
            Kind::Symlink => self.read_link(&task.path),
            // Neither comes here: files are read, and a scan tells of no sockets.
            Kind::File | Kind::Socket => return Ok(()),
        };
        let kind = match kind {
            Ok(kind) => kind,
            Err(error) => return self.unreadable(task, &error, keeper),
        };
        let attributes = match self.folders.parent_of(&task.path) {
            Ok((folder, name)) => self.attributes.of_name(folder, name),
            Err(error) => Err(error),
        };
        let mut entry = self.entry(&task.path, &task.meta, kind, task.looked_at);
        let mut fresh = Some(Fresh { known_bytes: 0, whole_here: true });
        match attributes {
            Ok(xattrs) => entry.xattrs = xattrs,
            Err(error) if is_gone(&error) => return self.unreadable(task, &error, keeper),
            Err(error) => {
                self.warnings.add(Cause::Unreadable, task.path.as_bytes(), format!("extended attributes: {error}"));
                // Whoever goes on with the run has this to say again.
                fresh = None;
            }
        }
        self.append_header(&entry)?;
        let share = if is_folder { Share::Alone } else { self.links.first(&entry, &task.meta, true).map_err(Some)? };
        self.push(entry, share, fresh)
    }

    fn read_link(&mut self, path: &PathBytes) -> io::Result<EntryKind> {
        let (folder, name) = self.folders.parent_of(path)?;
        let target = folder.read_link(name)?;
        Ok(EntryKind::Symlink { target: PathBytes::new(target) })
    }

    /// A new entry without content. `looked_at`: when its metadata was read.
    fn entry(&self, path: &PathBytes, meta: &Meta, kind: EntryKind, looked_at: i128) -> Entry {
        Entry {
            mode: meta.mode,
            uid: meta.uid,
            gid: meta.gid,
            size: meta.size,
            mtime: meta.mtime,
            ctime: meta.ctime,
            inode: meta.inode,
            unsettled: meta.changed().as_nanosecond() > looked_at - UNSETTLED_NANOS,
            ..Entry::bare(path.clone(), kind)
        }
    }

    /// Appends what a volume has of an entry without content.
    fn append_header(&mut self, entry: &Entry) -> Result<(), Stopped> {
        self.header.clear();
        self.container.append_bare(entry, &mut self.header);
        self.frames.make_room(self.header.len())?;
        self.frames.content().extend_from_slice(&self.header);
        self.frames.end_member(entry, &entry.path, self.header.len());
        Ok(())
    }

    /// Counts an entry, and hands it on. `fresh`: it was read now.
    fn push(&mut self, entry: Entry, share: Share, fresh: Option<Fresh>) -> Result<(), Stopped> {
        self.count(&entry)?;
        if entry.kind == EntryKind::File {
            self.show_done(entry.size);
        }
        self.frames.push(entry, share, fresh)
    }

    /// Another file of this size is done.
    fn show_done(&mut self, size: u64) {
        self.job.progress.files_done.fetch_add(1, Relaxed);
        self.job.progress.bytes_done.fetch_add(size.saturating_sub(self.shown), Relaxed);
        self.shown = 0;
    }

    /// More of the file at hand, whose size is given, was read.
    fn show_read(&mut self, bytes: u64, size: u64) {
        let more = bytes.min(size.saturating_sub(self.shown));
        self.job.progress.bytes_done.fetch_add(more, Relaxed);
        self.shown += more;
    }

    fn count(&mut self, entry: &Entry) -> Result<(), Stopped> {
        match entry.kind {
            EntryKind::File => {
                self.totals.files += 1;
                self.totals.bytes += entry.size;
            }
            EntryKind::Folder => self.totals.folders += 1,
            _ => self.totals.others += 1,
        }
        self.guard.met(entry).map_err(Some)
    }
}

/// Opens a file by its catalog path.
fn open(folders: &mut Folders, path: &PathBytes, user: User, meta: &Meta) -> io::Result<File> {
    let (folder, name) = folders.parent_of(path)?;
    content::open(folder, name, user.may_hide_access(meta.uid))
}

/// `.strongroom-parts`, or where a source begins with that, the same with a number.
fn reserved_name(roots: &Roots) -> String {
    let taken = |name: &str| {
        roots.all.iter().any(|root| match root.path.as_bytes().split(|b| *b == b'/').next() {
            // The whole file system: what lies in it at the top.
            None | Some(b"") => system_path(name.as_bytes()).as_path().symlink_metadata().is_ok(),
            Some(first) => first == name.as_bytes(),
        })
    };
    let plain = tar_stream::PARTS.to_string();
    if !taken(&plain) {
        return plain;
    }
    let mut n = 1u64;
    while taken(&format!("{plain}-{n}")) {
        n += 1;
    }
    format!("{plain}-{n}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source_spec::SourceSpec;

    #[test]
    fn the_name_of_parts_is_no_sources() {
        let name = |paths: &[&str]| {
            let paths = paths.iter().map(|p| PathBytes::from(*p)).collect();
            reserved_name(&Roots::new(&SourceSpec { paths, ..SourceSpec::default() }).unwrap())
        };
        assert_eq!(name(&["/home/u", "/"]), ".strongroom-parts");
        assert_eq!(name(&["/.strongroom-parts-1/x", "/home"]), ".strongroom-parts");
        assert_eq!(name(&["/.strongroom-parts-1/x", "/.strongroom-parts"]), ".strongroom-parts-2");
    }
}
