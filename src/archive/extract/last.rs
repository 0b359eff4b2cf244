//! The last pass, backwards through the catalog: links and all that is neither file nor folder, and folders' metadata after
//! everything in them is done.

use std::io;
use std::sync::Arc;

use super::Shared;
use super::content::{DATED, LATER, OWN_NAME, Spot, WRITTEN};
use super::find::Finder;
use super::names::Names;
use super::plan::Planner;
use super::put::{Inside, Settled};
use crate::archive::target::metadata::{Maker, Wanted, set_time};
use crate::archive::target::root::{Folder, OpenFolders};
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind};
use crate::model::path::PathBytes;
use crate::model::problem::Cause;
use crate::os::folder::{self, Node};
use crate::os::reason::Reason;
use crate::os::stat::{self, Stat};

pub struct Last<'a> {
    shared: &'a Shared<'a>,
    planned: &'a Planner<'a>,
    folders: OpenFolders<'a>,
    finder: Finder<'a>,
    names: Names,
    /// The folder of the entry before.
    parent: Option<(PathBytes, Arc<Folder>)>,
}

impl<'a> Last<'a> {
    pub fn new(shared: &'a Shared<'a>, planned: &'a Planner<'a>) -> Self {
        let folders = OpenFolders::new(&shared.roots);
        Self { shared, planned, folders, finder: Finder::new(shared.catalog), names: Names::default(), parent: None }
    }

    /// After a restore that was stopped, only the folders that were made get their modes.
    pub fn walk(&mut self) -> Result<()> {
        for segment in (0..self.shared.catalog.index.segments.len()).rev() {
            if !self.shared.marks.any(segment, LATER | OWN_NAME | DATED) {
                continue;
            }
            let entries = match self.shared.catalog.segment(segment) {
                Ok(entries) => entries,
                // It could be read a while ago.
                Err(e @ (Error::Object { .. } | Error::Damaged { .. } | Error::Missing { .. })) => {
                    let first = self.shared.catalog.index.segments.get(segment).map(|s| s.first.clone()).unwrap_or_default();
                    let what = format!("links and folders' metadata from here on were not restored: {e}");
                    self.shared.tally.lost(Cause::Damaged, &first, what);
                    continue;
                }
                Err(e) => return Err(e),
            };
            for (number, entry) in entries.iter().enumerate().rev() {
                let spot = Spot { segment, entry: number };
                if entry.kind == EntryKind::Folder {
                    if self.shared.marks.has(spot, OWN_NAME) {
                        self.folder(entry);
                    } else if self.shared.marks.has(spot, DATED) {
                        self.date(entry);
                    }
                } else if self.shared.marks.has(spot, LATER) && !self.shared.tally.is_stopped() {
                    self.other(entry, spot);
                }
            }
        }
        Ok(())
    }

    fn folder(&mut self, entry: &Entry) {
        self.set(entry, |maker, fd| maker.set(fd, &Wanted::from(entry), None, true));
    }

    /// What was put into it has changed its time.
    fn date(&mut self, entry: &Entry) {
        self.set(entry, |_, fd| set_time(fd, entry.mtime).map_err(|e| format!("time: {e}")));
    }

    fn set(&mut self, entry: &Entry, set: impl FnOnce(&Maker, &folder::Folder) -> std::result::Result<(), String>) {
        if !self.shared.metadata {
            return;
        }
        let opened = match self.planned.places.locate(entry.path.as_bytes()) {
            Some((root, path)) => {
                self.shared.roots.get(root).ok_or(io::Error::from(Reason::NotThere)).and_then(|r| r.folder_itself(&path))
            }
            None => return,
        };
        let set = opened.map_err(|e| e.to_string()).and_then(|fd| set(&self.shared.maker, &fd));
        if let Err(what) = set {
            self.shared.tally.warn(Cause::MetadataNotSet, &entry.path, what);
        }
    }

    fn other(&mut self, entry: &Entry, spot: Spot) {
        let made = match &entry.kind {
            EntryKind::File => self.link(entry, spot),
            EntryKind::Symlink { target } => {
                let is = |fd: &folder::Folder, name: &[u8], _: &Stat| fd.is_link_to(name, target.as_bytes());
                self.make(entry, false, is, |into, name| into.fd.new_link(name, target.as_bytes()))
            }
            EntryKind::Fifo => self.node(entry, Node::Fifo),
            EntryKind::CharDevice { major, minor } => self.node(entry, Node::CharDevice { major: *major, minor: *minor }),
            EntryKind::BlockDevice { major, minor } => self.node(entry, Node::BlockDevice { major: *major, minor: *minor }),
            EntryKind::Folder => Ok(()),
        };
        if let Err(e) = made {
            self.shared.tally.not_written(&entry.path, e);
        }
    }

    fn node(&mut self, entry: &Entry, node: Node) -> io::Result<()> {
        if node != Node::Fifo && !self.shared.maker.is_root() {
            self.shared.tally.lost(Cause::NotWritten, &entry.path, "only root can make device files");
            return Ok(());
        }
        let mode = if self.shared.metadata { 0o600 } else { 0o666 };
        let is = |_: &folder::Folder, _: &[u8], stat: &Stat| stat.kind.is(&entry.kind);
        self.make(entry, true, is, |into, name| into.fd.new_node(name, node, mode))
    }

    /// `is`: whether what stands under a name is already that.
    fn make(
        &mut self,
        entry: &Entry,
        has_mode: bool,
        is: impl Fn(&folder::Folder, &[u8], &Stat) -> bool,
        make: impl Fn(Inside<'_>, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let shared = self.shared;
        let (parent, name) = self.parent_of(entry)?;
        let twin = self.names.twin(entry, &self.folders);
        let into = Inside { root: self.folders.root(&parent)?, folder: &parent, fd: self.folders.get(&parent)? };
        let settled = match shared.made_as(into, &name, |name, stat| is(into.fd, name, stat))? {
            Some(made) => made_before(made, &name),
            None => shared.put.place(into, &name, entry.mtime, |name| match &twin {
                Some(twin) => twin.link(into.fd, name, || make(into, name)),
                None => make(into, name),
            })?,
        };
        let made = match &settled {
            Settled::Created | Settled::Replaced => Some(&name),
            Settled::Beside(name) => Some(name),
            Settled::Skipped => None,
        };
        if let Some(name) = made.filter(|_| shared.metadata)
            && let Err(what) = shared.maker.set_at(into.fd, name, &Wanted::from(entry), has_mode)
        {
            shared.tally.warn(Cause::MetadataNotSet, &entry.path, what);
        }
        if let Some(name) = made {
            self.names.made(entry, &parent, name);
        }
        shared.tally.counts.count(&settled);
        Ok(())
    }

    /// A further name of a file that this run wrote.
    fn link(&mut self, entry: &Entry, spot: Spot) -> io::Result<()> {
        let shared = self.shared;
        let Some(link) = &entry.link else { return Ok(()) };
        let first = self.planned.substitutes.get(link).unwrap_or(link);
        if !self.finder.find(first).is_some_and(|first| shared.marks.has(first, WRITTEN)) {
            let cause = if shared.marks.has(spot, WRITTEN) { Cause::NotWritten } else { Cause::Damaged };
            shared.tally.lost(
                cause,
                &entry.path,
                format!("the file it is a further name of could not be restored: {}", first.display()),
            );
            return Ok(());
        }
        let Some((root, path)) = self.planned.places.locate(first.as_bytes()) else { return Err(Reason::NotThere.into()) };
        let path = PathBytes::new(path);
        let from = shared.roots.get(root).ok_or(Reason::NotThere)?.folder(path.parent())?;
        let (parent, name) = self.parent_of(entry)?;
        let into = Inside { root: self.folders.root(&parent)?, folder: &parent, fd: self.folders.get(&parent)? };
        let is_it = stat::stat(&from, path.file_name())?;
        let same = |_: &[u8], stat: &Stat| stat.identity() == is_it.identity();
        if let Some(made) = shared.made_as(into, &name, same)? {
            shared.tally.counts.count(&made_before(made, &name));
            return Ok(());
        }
        // One to a file that had to be made again.
        let dated = |_: &[u8], stat: &Stat| shared.metadata && stat.is_file() && stat.mtime == entry.mtime;
        if let Some(made) = shared.made_as(into, &name, dated)? {
            super::put::remove(into.fd, &made);
        }
        let linked = shared.put.place(into, &name, entry.mtime, |name| from.link(path.file_name(), into.fd, name));
        match linked {
            Ok(settled) => {
                shared.tally.counts.count(&settled);
                Ok(())
            }
            Err(e) if Reason::of(&e).is_without_links() => self.copy(entry, &from, path.file_name(), &parent, &name),
            Err(e) => Err(e),
        }
    }

    fn copy(&mut self, entry: &Entry, from: &folder::Folder, source: &[u8], parent: &Arc<Folder>, name: &[u8]) -> io::Result<()> {
        let shared = self.shared;
        let into = Inside { root: self.folders.root(parent)?, folder: parent, fd: self.folders.get(parent)? };
        let mut source = from.file(source)?;
        let (mut file, temporary) = shared.put.create_temporary(into.fd, 0o600)?;
        if let Err(e) = io::copy(&mut source, &mut file) {
            super::put::remove(into.fd, &temporary);
            return Err(e);
        }
        if shared.metadata
            && let Err(what) = shared.maker.set(&file, &Wanted::from(entry), None, true)
        {
            shared.tally.warn(Cause::MetadataNotSet, &entry.path, what);
        }
        let settled = shared.put.settle(into, &temporary, name, entry.mtime, super::put::How::New)?;
        shared.tally.counts.count(&settled);
        Ok(())
    }

    /// The folder an entry goes to, and its name there.
    fn parent_of(&mut self, entry: &Entry) -> io::Result<(Arc<Folder>, Vec<u8>)> {
        let path = entry.path.as_bytes();
        let (_, place) = self.planned.places.of(path).ok_or(Reason::NotThere)?;
        let name = place.name_of(path).to_vec();
        let above = entry.path.parent();
        if let Some((known, folder)) = &self.parent
            && known.as_bytes() == above
        {
            return Ok((folder.clone(), name));
        }
        let (root, path) = self.planned.places.locate(path).ok_or(Reason::NotThere)?;
        let beneath = PathBytes::new(path).parent().into();
        let folder = Arc::new(Folder { root, path: beneath, fresh: false, odd_group: true });
        self.parent = Some((PathBytes::new(above), folder.clone()));
        Ok((folder, name))
    }
}

/// How a thing has come to its name that a restore before has made.
fn made_before(made: Vec<u8>, name: &[u8]) -> Settled {
    if made == name { Settled::Created } else { Settled::Beside(made) }
}
