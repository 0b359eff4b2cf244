//! Links and pipes, made when all files stand, so that nothing was ever written through one.

use std::io;

use super::file::{A_FOLDER, believed, is_full};
use super::resume::{made_as_before, settled_before};
use super::{Extractor, hash};
use crate::archive::extract::put::{Inside, Settled, remove};
use crate::archive::target::metadata::Wanted;
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind};
use crate::model::problem::Cause;
use crate::os::folder::Node;
use crate::os::reason::Reason;
use crate::os::stat::{Kind, Stat, look};

/// So many wait at most.
const MOST: usize = 200_000;

/// In the order in which they stand in the archive, each with its number.
#[derive(Default)]
pub struct Later(Vec<(u64, Entry)>);

impl Extractor<'_> {
    /// Puts something off. Where very many wait they are made at once: no link is followed then either.
    pub(super) fn put_off(&mut self, entry: &Entry) -> Result<()> {
        self.later.0.push((self.number, entry.clone()));
        if self.later.0.len() >= MOST { self.finish_links() } else { Ok(()) }
    }

    pub(super) fn finish_links(&mut self) -> Result<()> {
        for (number, entry) in std::mem::take(&mut self.later.0) {
            if self.job.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            // A later member of the same name has its place.
            if self.written.get(&hash(&entry.path)).is_some_and(|written| *written > number) {
                continue;
            }
            self.number = number;
            match self.make(&entry) {
                Ok(()) => {}
                Err(error) if is_full(&error) => return Err(Error::file(self.job.target.join(entry.path.as_path()), error)),
                Err(error) => self.not_written(&entry.path, error),
            }
        }
        Ok(())
    }

    fn make(&mut self, entry: &Entry) -> io::Result<()> {
        if let Some(first) = &entry.link
            && !self.written.contains_key(&hash(first))
        {
            let what = format!("the file it is a further name of was not restored: {}", first.display());
            self.tally.lost(Cause::NotWritten, &entry.path, what);
            return Ok(());
        }
        if self.job.dry_run {
            self.tally.counts.count(&Settled::Created);
            return Ok(());
        }
        let parent = self.folders.make(entry.path.parent(), &self.put, self.before.as_ref())?;
        let root = self.folders.root()?;
        // Where the file that it is a further name of lies.
        let first = match &entry.link {
            Some(first) => {
                let folder = self.folders.make(first.parent(), &self.put, self.before.as_ref())?;
                Some((root.folder(&folder.path)?, first.file_name().to_vec()))
            }
            None => None,
        };
        let name = entry.path.file_name().to_vec();
        let fd = self.folders.open(&parent)?;
        if self.written.contains_key(&hash(&entry.path)) && first.as_ref().is_none_or(|(_, of)| *of != name) {
            remove(fd, &name);
        }
        let into = Inside { root, folder: &parent, fd };
        let first_stat = match &first {
            Some((folder, first)) => look(folder, first.as_slice())?,
            None => None,
        };
        let is = |name: &[u8], stat: &Stat| match &entry.kind {
            _ if entry.link.is_some() => first_stat.is_some_and(|of| of.identity() == stat.identity()),
            EntryKind::Symlink { target } => fd.is_link_to(name, target.as_bytes()),
            _ => stat.kind == Kind::Fifo,
        };
        let before = made_as_before(self.before.as_ref(), &self.put, into, &name, is)?.map(|made| settled_before(&made, &name));
        // One to a file that had to be made again.
        let dated = |_: &[u8], stat: &Stat| entry.link.is_some() && stat.is_file() && stat.mtime == entry.mtime;
        if before.is_none()
            && let Some(old) = made_as_before(self.before.as_ref(), &self.put, into, &name, dated)?
        {
            remove(fd, &old);
        }
        let place = |name: &[u8]| match (&entry.kind, &first) {
            (_, Some((folder, first))) => match look(folder, first.as_slice()) {
                // Only files that this run wrote.
                Ok(Some(stat)) if stat.is_folder() => Err(Reason::AFolder.into()),
                _ => folder.link(first.as_slice(), fd, name),
            },
            (EntryKind::Symlink { target }, _) => fd.new_link(name, target.as_bytes()),
            (EntryKind::Fifo, _) => fd.new_node(name, Node::Fifo, 0o600),
            _ => Err(Reason::NotSupported.into()),
        };
        let settled = match before {
            Some(settled) => settled,
            None => self.put.place(into, &name, entry.mtime, place)?,
        };
        if settled == Settled::Skipped && look(fd, name.as_slice())?.is_some_and(|standing| standing.is_folder()) {
            self.tally.warn(Cause::Skipped, &entry.path, A_FOLDER);
        }
        let made = match &settled {
            Settled::Created | Settled::Replaced => Some(name.as_slice()),
            Settled::Beside(name) => Some(name.as_slice()),
            Settled::Skipped => None,
        };
        if let Some(made) = made
            && entry.link.is_none()
        {
            let (entry, troubles) = believed(entry, self.maker.is_root());
            let set = self.maker.set_at(fd, made, &Wanted::from(&entry), entry.kind == EntryKind::Fifo);
            for what in troubles.into_iter().chain(set.err()) {
                self.tally.warn(Cause::MetadataNotSet, &entry.path, what);
            }
        }
        if matches!(settled, Settled::Created | Settled::Replaced) {
            self.remember(&entry.path);
        }
        self.tally.counts.count(&settled);
        Ok(())
    }
}
