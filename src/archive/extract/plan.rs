//! The walk through the catalog: makes folders, decides what happens to each file, and fills windows with the pieces that are
//! needed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;

use super::Shared;
use super::content::{Bit, DATED, Item, LATER, Layout, OWN_NAME, Spot, State, WRITTEN, Window, volume_numbers};
use super::decide::Decision;
use super::find::Finder;
use super::place::{Fate, MAX_PATH, Places};
use super::put::{How, Inside, Settled};
use crate::archive::select::within;
use crate::archive::target::name::is_safe_path;
use crate::archive::target::root::{Folder, OpenFolders};
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind, FileTime, VolumeRef};
use crate::model::path::PathBytes;
use crate::model::problem::Cause;
use crate::model::restore::Conflict;
use crate::os::attributes::forget_inherited;
use crate::os::owner::set_mode_at;
use crate::os::stat::{Stat, look};

/// Hard links whose first name is not restored get a new first name; so many are remembered.
const MOST_SUBSTITUTES: usize = 100_000;

/// Receives full windows. `false`: there is no need for more.
pub type Send<'a> = dyn FnMut(Window) -> bool + 'a;

pub struct Planner<'a> {
    pub shared: &'a Shared<'a>,
    pub places: Places,
    pub folders: OpenFolders<'a>,
    volumes: HashMap<&'a VolumeRef, u32>,
    finder: Finder<'a>,
    /// The folders above the current entry, outermost first.
    stack: Vec<Level>,
    /// Number of the source the stack belongs to.
    source: usize,
    /// First names of hard links, and the names that stand in for them.
    pub substitutes: HashMap<PathBytes, PathBytes>,
    window: Window,
}

struct Level {
    /// Length of its catalog path, which is the beginning of the current one.
    length: usize,
    path: PathBytes,
    folder: std::result::Result<Arc<Folder>, Fate>,
}

impl<'a> Planner<'a> {
    pub fn new(shared: &'a Shared<'a>, places: Places) -> Self {
        Self {
            shared,
            places,
            folders: OpenFolders::new(&shared.roots),
            volumes: volume_numbers(&shared.catalog.index.volumes),
            finder: Finder::new(shared.catalog),
            stack: Vec::new(),
            source: usize::MAX,
            substitutes: HashMap::new(),
            window: Window::default(),
        }
    }

    /// Walks all segments of which something is wanted.
    pub fn walk(&mut self, send: &mut Send<'_>) -> Result<()> {
        let (catalog, tally) = (self.shared.catalog, &self.shared.tally);
        for segment in 0..catalog.index.segments.len() {
            let answer = self.shared.selection.segment(catalog, segment);
            if answer == Some(false) {
                continue;
            }
            let entries = match catalog.segment(segment) {
                Ok(entries) => entries,
                Err(e @ (Error::Damaged { .. } | Error::Missing { .. } | Error::NotSealed { .. } | Error::UnknownKey { .. })) => {
                    let first = catalog.index.segments.get(segment).map(|s| s.first.clone()).unwrap_or_default();
                    tally.lost(
                        Cause::Damaged,
                        &first,
                        format!("a part of the list of files that begins here cannot be read: {e}"),
                    );
                    continue;
                }
                Err(e) => return Err(e),
            };
            self.shared.marks.begin(segment, entries.len());
            for (number, entry) in entries.into_iter().enumerate() {
                if tally.is_stopped() {
                    return Ok(());
                }
                if answer == Some(true) || self.shared.selection.takes(entry.path.as_bytes()) {
                    self.entry(entry, Spot { segment, entry: number }, send);
                }
            }
        }
        self.flush(send);
        Ok(())
    }

    fn entry(&mut self, entry: Entry, spot: Spot, send: &mut Send<'_>) {
        let tally = &self.shared.tally;
        let path = entry.path.as_bytes();
        let is_file = entry.kind == EntryKind::File;
        let refuse = |why: &str| {
            tally.lost(Cause::NotWritten, &entry.path, why);
            if is_file {
                tally.file_done(entry.size);
            }
        };
        if path.len() > MAX_PATH {
            return refuse("the path is too long");
        }
        if !path.is_empty() && !is_safe_path(path) {
            return refuse("the path is not one that may be written to");
        }
        // Mostly it is the same source as before.
        let same = self.places.get(self.source).filter(|place| within(path, &place.source)).map(|place| (self.source, place));
        let Some((source, place)) = same.or_else(|| self.places.of(path)) else {
            return refuse("the path lies outside every source");
        };
        if path.len() <= place.above || path.is_empty() {
            // The target itself stands for this folder.
            return;
        }
        if source != self.source {
            self.source = source;
            let folder = Folder { root: place.root, path: Box::default(), fresh: place.missing, odd_group: true };
            let length = place.above;
            let folder = Arc::new(folder);
            if self.shared.before.is_some()
                && let Ok(fd) = self.folders.get(&folder)
            {
                self.shared.sweep(fd);
            }
            self.stack = vec![Level { length, path: PathBytes::new(&path[..length]), folder: Ok(folder) }];
        }
        while self.stack.len() > 1
            && self.stack.last().is_some_and(|l| !entry.path.is_within(l.path.as_bytes()) || l.length >= path.len())
        {
            self.stack.pop();
        }
        self.descend(entry.path.parent());
        let Some(level) = self.stack.last() else { return };
        let parent = match &level.folder {
            Ok(parent) => parent.clone(),
            Err(fate) => {
                if entry.kind != EntryKind::Folder {
                    let count = if *fate == Fate::Skipped { &tally.counts.skipped } else { &tally.counts.failed };
                    count.fetch_add(1, Relaxed);
                }
                if is_file {
                    tally.file_done(entry.size);
                }
                return;
            }
        };
        match entry.kind {
            EntryKind::Folder => {
                let folder = self.make_folder(&parent, &entry.path, Some((&entry, spot)));
                self.stack.push(Level { length: path.len(), path: entry.path.clone(), folder });
            }
            EntryKind::File => self.file(entry, spot, parent, send),
            _ if self.shared.dry_run => {
                self.foresee(&parent, &entry);
            }
            _ => self.shared.marks.set(spot, LATER),
        }
    }

    /// Brings the stack down to `folder`, making folders that have no entry of their own or whose entry is not wanted.
    fn descend(&mut self, folder: &[u8]) {
        while let Some(level) = self.stack.last() {
            if level.length >= folder.len() {
                return;
            }
            let start = if level.length == 0 { 0 } else { level.length + 1 };
            let length = folder[start..].iter().position(|b| *b == b'/').map_or(folder.len(), |at| start + at);
            let path = PathBytes::new(&folder[..length]);
            let made = match &level.folder {
                Ok(parent) => {
                    let parent = parent.clone();
                    self.make_folder(&parent, &path, None)
                }
                Err(fate) => Err(fate.clone()),
            };
            self.stack.push(Level { length, path, folder: made });
        }
    }

    fn make_folder(
        &mut self,
        parent: &Arc<Folder>,
        path: &PathBytes,
        entry: Option<(&Entry, Spot)>,
    ) -> std::result::Result<Arc<Folder>, Fate> {
        let name = self.places.get(self.source).map(|place| place.name_of(path.as_bytes()).to_vec()).unwrap_or_default();
        let made =
            if self.shared.dry_run { self.foresee_folder(parent, &name, entry) } else { self.try_folder(parent, &name, entry) };
        match made {
            Ok(Ok((folder, name_there))) => {
                if name_there != name {
                    self.set_fate(path, Fate::Renamed(name_there));
                }
                Ok(Arc::new(folder))
            }
            Ok(Err(())) => {
                self.shared.tally.warn(
                    Cause::Skipped,
                    path,
                    "something else than a folder stands there; what lies below was left out",
                );
                self.set_fate(path, Fate::Skipped);
                Err(Fate::Skipped)
            }
            Err(e) => {
                self.shared.tally.not_written(path, e);
                self.set_fate(path, Fate::Failed);
                Err(Fate::Failed)
            }
        }
    }

    fn set_fate(&mut self, path: &PathBytes, fate: Fate) {
        if let Err(e) = self.places.set_fate(path.as_bytes(), fate) {
            self.shared.tally.fail(e);
        }
    }

    /// The folder and its name there; the inner error: left out because of the policy.
    fn try_folder(
        &mut self,
        parent: &Arc<Folder>,
        name: &[u8],
        entry: Option<(&Entry, Spot)>,
    ) -> std::io::Result<std::result::Result<(Folder, Vec<u8>), ()>> {
        let shared = self.shared;
        let into = Inside { root: self.folders.root(parent)?, folder: parent, fd: self.folders.get(parent)? };
        let mtime = entry.map_or(FileTime { seconds: i64::MIN, nanos: 0 }, |(entry, _)| entry.mtime);
        // Nobody else looks in before it is complete; a folder without an entry gets no other mode later.
        let mode = match entry {
            Some(_) if shared.metadata => 0o700,
            Some(_) => 0o777,
            None => 0o755,
        };
        let beneath =
            |name: &[u8]| if parent.path.is_empty() { name.into() } else { [&parent.path, &b"/"[..], name].concat().into() };
        let make = |name: &[u8]| into.fd.new_folder(name, mode);
        // What is there as a folder is merged into, whatever the policy.
        let first = match make(name) {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => match look(into.fd, name)? {
                Some(existing) if existing.is_folder() => {
                    let ours = shared.before.as_ref().is_some_and(|before| before.made_folder(into.fd, name, &existing));
                    return self.merge(parent, name, entry, ours, &existing).map(Ok);
                }
                _ => match shared.folder_beside(into, name)? {
                    Some((name, existing)) => return self.merge(parent, &name, entry, true, &existing).map(Ok),
                    None => None,
                },
            },
            Err(e) => return Err(e),
            Ok(()) => Some(Settled::Created),
        };
        let settled = match first {
            Some(settled) => settled,
            None => shared.put.place(into, name, mtime, make)?,
        };
        let name_there = match settled {
            Settled::Skipped => return Ok(Err(())),
            Settled::Beside(name) => name,
            Settled::Created | Settled::Replaced => name.to_vec(),
        };
        shared.tally.counts.folders.fetch_add(1, Relaxed);
        if let Some((_, spot)) = entry {
            shared.marks.set(spot, OWN_NAME);
        }
        let group = look(into.fd, name_there.as_slice())?.map(|stat| stat.gid);
        let folder =
            Folder { root: parent.root, path: beneath(&name_there), fresh: true, odd_group: group != Some(shared.maker.group()) };
        if !parent.fresh && shared.metadata {
            forget_inherited(&into.root.folder_itself(&folder.path)?);
        }
        Ok(Ok((folder, name_there)))
    }

    /// Takes a folder that is there already for the one that is wanted. `ours`: a restore that did not end has made it.
    fn merge(
        &mut self,
        parent: &Arc<Folder>,
        name: &[u8],
        entry: Option<(&Entry, Spot)>,
        ours: bool,
        existing: &Stat,
    ) -> std::io::Result<(Folder, Vec<u8>)> {
        let shared = self.shared;
        let fd = self.folders.get(parent)?;
        if let Some((entry, spot)) = entry {
            let take = match shared.put.conflict {
                _ if ours => true,
                Conflict::Overwrite => true,
                Conflict::Newer => shared.put.decide(entry.mtime, existing).is_some(),
                Conflict::Skip | Conflict::KeepBoth => false,
            };
            if take {
                shared.marks.set(spot, OWN_NAME);
            } else if existing.mtime == entry.mtime {
                shared.marks.set(spot, DATED);
            }
            if ours && shared.metadata && existing.mode & 0o700 != 0o700 {
                // It was done but for what it lost; its mode is set again in the end.
                set_mode_at(fd, name, 0o700)?;
            }
        }
        let path: Box<[u8]> = if parent.path.is_empty() { name.into() } else { [&parent.path, &b"/"[..], name].concat().into() };
        if shared.before.is_some()
            && let Ok(fd) = self.folders.root(parent)?.folder(&path)
        {
            shared.sweep(&fd);
        }
        Ok((Folder { root: parent.root, path, fresh: false, odd_group: true }, name.to_vec()))
    }

    /// What `try_folder` would do.
    fn foresee_folder(
        &mut self,
        parent: &Arc<Folder>,
        name: &[u8],
        entry: Option<(&Entry, Spot)>,
    ) -> std::io::Result<std::result::Result<(Folder, Vec<u8>), ()>> {
        let path: Box<[u8]> = if parent.path.is_empty() { name.into() } else { [&parent.path, &b"/"[..], name].concat().into() };
        let existing = if parent.fresh { None } else { look(self.folders.get(parent)?, name)? };
        let fresh = match existing {
            None => true,
            Some(existing) if existing.is_folder() => false,
            Some(existing) => {
                let mtime = entry.map_or(FileTime { seconds: i64::MIN, nanos: 0 }, |(entry, _)| entry.mtime);
                if self.shared.put.decide(mtime, &existing).is_none() {
                    return Ok(Err(()));
                }
                true
            }
        };
        if fresh {
            self.shared.tally.counts.folders.fetch_add(1, Relaxed);
        }
        Ok(Ok((Folder { root: parent.root, path, fresh, odd_group: false }, name.to_vec())))
    }

    fn file(&mut self, mut entry: Entry, spot: Spot, parent: Arc<Folder>, send: &mut Send<'_>) {
        let shared = self.shared;
        let tally = &shared.tally;
        let first_name = entry.link.as_ref().map(|link| self.substitutes.get(link).unwrap_or(link).clone());
        if let Some(first) = &first_name
            && self.finder.find(first).is_some_and(|first| shared.marks.has(first, OWN_NAME))
        {
            tally.file_done(entry.size);
            if shared.dry_run {
                self.foresee(&parent, &entry);
            } else {
                shared.marks.set(spot, LATER);
            }
            return;
        }
        let Some(layout) = Layout::of(&entry) else {
            tally.lost(Cause::Damaged, &entry.path, "the list of its pieces does not fit its size");
            return tally.file_done(entry.size);
        };
        let decision =
            if shared.dry_run { self.foresee(&parent, &entry).map(Decision::Put) } else { self.decide(&parent, &entry, &layout) };
        let (how, again) = match decision {
            Some(Decision::Put(how)) => (how, false),
            Some(Decision::Again) => (How::New, true),
            Some(Decision::Whole { beside }) => {
                shared.tally.counts.count(&if beside { Settled::Beside(Vec::new()) } else { Settled::Created });
                if !beside {
                    shared.marks.set(spot, WRITTEN);
                    self.stands_in(&entry, spot);
                }
                return tally.file_done(entry.size);
            }
            Some(Decision::Left) => {
                tally.counts.skipped.fetch_add(1, Relaxed);
                return tally.file_done(entry.size);
            }
            None => return tally.file_done(entry.size),
        };
        let unknown = entry.pieces.iter().find(|piece| !self.volumes.contains_key(&piece.volume));
        if let Some(piece) = unknown {
            let what = format!(
                "a piece lies in volume {} of {}, which the catalog does not list",
                piece.volume.number, piece.volume.run
            );
            tally.lost(Cause::Damaged, &entry.path, what);
            return tally.file_done(entry.size);
        }
        if how != How::Beside {
            self.stands_in(&entry, spot);
        }
        let path = entry.path.as_bytes();
        let name = self.places.get(self.source).map(|place| Box::from(place.name_of(path))).unwrap_or_default();
        let pieces = std::mem::take(&mut entry.pieces);
        if shared.dry_run {
            tally.file_done(entry.size);
        }
        let state = Mutex::new(State { remaining: pieces.len(), failed: false, temporary: None });
        let item = Arc::new(Item { entry, layout, folder: parent, name, how, again, spot, pieces: pieces.len(), state });
        let mut number = self.window.add(&item);
        if pieces.is_empty() {
            self.window.empty.push(number);
        }
        let mut at = 0u64;
        for piece in &pieces {
            if self.window.is_full() {
                self.flush(send);
                if tally.is_stopped() {
                    return;
                }
                number = self.window.add(&item);
            }
            self.window.add_bit(Bit {
                item: number,
                volume: self.volumes.get(&piece.volume).copied().unwrap_or(u32::MAX),
                frame_offset: piece.frame_offset,
                frame_length: piece.frame_length,
                offset: piece.offset,
                length: piece.length,
                at,
                hash: piece.hash,
            });
            at += u64::from(piece.length);
        }
        if self.window.is_full() {
            self.flush(send);
        }
    }

    /// A file comes under its own name: further names of it link to that.
    fn stands_in(&mut self, entry: &Entry, spot: Spot) {
        self.shared.marks.set(spot, OWN_NAME);
        if let Some(first) = &entry.link
            && self.substitutes.len() < MOST_SUBSTITUTES
        {
            self.substitutes.insert(first.clone(), entry.path.clone());
        }
    }

    fn flush(&mut self, send: &mut Send<'_>) {
        if !self.window.is_empty() {
            send(std::mem::take(&mut self.window));
        }
    }
}
