//! Files: written under a name of their own, which they lose when they are whole.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::resume::{Compared, file_before, settled_before};
use super::{Extractor, hash};
use crate::archive::extract::put::{How, Inside, Settled, remove};
use crate::archive::target::metadata::Wanted;
use crate::archive::target::root::Folder;
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, Xattr};
use crate::model::path::PathBytes;
use crate::model::problem::Cause;
use crate::os::at::FileExt;
use crate::os::content::will_have_holes;
use crate::os::durable;
use crate::os::owner::User;
use crate::os::stat::{Stat, look};

const BUFFER: usize = 256 << 10;
/// Why a file or link was left out.
pub const A_FOLDER: &str = "a folder stands there";

/// Takes bytes of content and their place in the file.
type Sink<'a> = dyn FnMut(&[u8], u64) -> io::Result<()> + 'a;

/// Why a file did not come to be.
enum Failed {
    /// Its content is damaged: the walk tells of it.
    Content,
    Target(io::Error),
    Ended(Error),
}

impl Extractor<'_> {
    pub(super) fn file(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<()> {
        match self.try_file(entry, content) {
            Ok(()) | Err(Failed::Content) => Ok(()),
            Err(Failed::Ended(error)) => Err(error),
            Err(Failed::Target(error)) if is_full(&error) => Err(Error::file(self.job.target.join(entry.path.as_path()), error)),
            Err(Failed::Target(error)) => {
                self.not_written(&entry.path, error);
                Ok(())
            }
        }
    }

    /// A failure at the target that is only this member's.
    pub(super) fn not_written(&self, path: &PathBytes, error: io::Error) {
        match error.kind() {
            io::ErrorKind::Unsupported => {
                let what = "something that is no folder stands where its folder would be";
                self.tally.counts.skipped.fetch_add(1, Relaxed);
                self.tally.warn(Cause::Skipped, path, what);
            }
            _ => self.tally.not_written(path, error),
        }
    }

    fn try_file(&mut self, entry: &Entry, content: &mut dyn Read) -> Result<(), Failed> {
        let name = entry.path.file_name().to_vec();
        let mut how = How::New;
        if self.job.dry_run {
            how = match self.foresee(entry) {
                Some(how) => how,
                None => return Ok(()),
            };
            self.copy(entry, content, &mut |_, _| Ok(()))?;
            self.remember(&entry.path);
            self.tally.counts.count(&match how {
                How::New => Settled::Created,
                How::Replace => Settled::Replaced,
                How::Beside => Settled::Beside(name),
            });
            return Ok(());
        }
        let parent = self.folders.make(entry.path.parent(), &self.put, self.before.as_ref()).map_err(Failed::Target)?;
        let root = self.folders.root().map_err(Failed::Target)?;
        // A later member of the same name takes the place of an earlier one.
        let again = self.written.contains_key(&hash(&entry.path));
        let fd = self.folders.open(&parent).map_err(Failed::Target)?;
        let into = Inside { root, folder: &parent, fd };
        let before = self.before.as_ref().filter(|_| !again);
        if let Some((standing, made)) = file_before(before, &self.put, into, &name, entry).map_err(Failed::Target)? {
            return self.compare(entry, content, &parent, standing, &made);
        }
        if let Some(existing) = look(fd, name.as_slice()).map_err(Failed::Target)?
            && !again
        {
            match self.put.decide(entry.mtime, &existing) {
                Some(decided) => how = decided,
                None => {
                    self.left(&entry.path, &existing);
                    return Ok(());
                }
            }
        }
        let (file, temporary) = self.put.create_temporary(fd, 0o600).map_err(Failed::Target)?;
        let copied = self.copy_into(entry, content, &file);
        if copied.is_ok() {
            self.set_metadata(&file, entry);
        }
        let fd = self.folders.open(&parent).map_err(Failed::Target)?;
        if let Err(failed) = copied {
            remove(fd, &temporary);
            return Err(failed);
        }
        if again {
            remove(fd, &name);
        }
        let into = Inside { root, folder: &parent, fd };
        let settled = self.put.settle(into, &temporary, &name, entry.mtime, how).map_err(Failed::Target)?;
        self.finished(entry, &settled);
        Ok(())
    }

    /// Something is left as it is. A folder is not what the file was restored as before: the file is lost, so it is named.
    fn left(&self, path: &PathBytes, standing: &Stat) {
        self.tally.counts.count(&Settled::Skipped);
        if standing.is_folder() {
            self.tally.warn(Cause::Skipped, path, A_FOLDER);
        }
    }

    /// What would become of a file.
    fn foresee(&mut self, entry: &Entry) -> Option<How> {
        let there = self.folders.root().and_then(|root| {
            let folder = root.folder(entry.path.parent())?;
            look(&folder, entry.path.file_name())
        });
        match there {
            Ok(Some(existing)) => {
                let how = self.put.decide(entry.mtime, &existing);
                if how.is_none() {
                    self.left(&entry.path, &existing);
                }
                how
            }
            _ => Some(How::New),
        }
    }

    /// A file that the restore before has made stays if it has the member's content.
    fn compare(
        &mut self,
        entry: &Entry,
        content: &mut dyn Read,
        parent: &Arc<Folder>,
        standing: File,
        made: &[u8],
    ) -> Result<(), Failed> {
        let name = entry.path.file_name();
        let root = self.folders.root().map_err(Failed::Target)?;
        let folder = root.folder(&parent.path).map_err(Failed::Target)?;
        let put = self.put.clone();
        let create = || put.create_temporary(&folder, 0o600);
        let mut compared = Compared::new(standing, entry, &create);
        let taken = self.copy(entry, content, &mut |bytes, at| compared.take(bytes, at));
        let taken = taken.and_then(|length| compared.end(length).map_err(Failed::Target));
        let into = Inside { root, folder: parent, fd: &folder };
        let settled = match (taken, compared.anew) {
            (Err(failed), anew) => {
                if let Some((_, temporary)) = anew {
                    remove(into.fd, &temporary);
                }
                return Err(failed);
            }
            (Ok(()), None) => settled_before(made, name),
            (Ok(()), Some((file, temporary))) => {
                durable::is_whole(&file).map_err(Failed::Target)?;
                self.set_metadata(&file, entry);
                // Ours, and wrong.
                remove(into.fd, made);
                let how = if made == name { How::New } else { How::Beside };
                self.put.settle(into, &temporary, name, entry.mtime, how).map_err(Failed::Target)?
            }
        };
        self.finished(entry, &settled);
        Ok(())
    }

    /// Counts a file that has its name, and remembers that it may be wrong.
    fn finished(&mut self, entry: &Entry, settled: &Settled) {
        if matches!(settled, Settled::Created | Settled::Replaced) {
            self.remember(&entry.path);
        }
        if !matches!(settled, Settled::Skipped) && self.unproven.len() < super::MOST_UNPROVEN {
            self.unproven.push(entry.path.clone());
        }
        self.tally.counts.count(settled);
    }

    fn set_metadata(&self, file: &File, entry: &Entry) {
        let (entry, troubles) = believed(entry, self.maker.is_root());
        let set = self.maker.set(file, &Wanted::from(&entry), None, true);
        for what in troubles.into_iter().chain(set.err()) {
            self.tally.warn(Cause::MetadataNotSet, &entry.path, what);
        }
    }

    /// Content into a new file, holes left out.
    fn copy_into(&mut self, entry: &Entry, content: &mut dyn Read, file: &File) -> Result<(), Failed> {
        if !entry.holes.is_empty() {
            will_have_holes(file);
        }
        self.copy(entry, content, &mut |bytes, at| file.write_all_at(bytes, at))?;
        if !entry.holes.is_empty() {
            file.set_len(entry.size).map_err(Failed::Target)?;
        }
        durable::is_whole(file).map_err(Failed::Target)
    }

    /// Content to wherever it goes, with its place in the file; holes are left out. How long it is with them.
    fn copy(&mut self, entry: &Entry, content: &mut dyn Read, to: &mut Sink<'_>) -> Result<u64, Failed> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(BUFFER, 0);
        let copied = self.copy_by(&mut buffer, entry, content, to);
        self.buffer = buffer;
        copied
    }

    fn copy_by(&mut self, buffer: &mut [u8], entry: &Entry, content: &mut dyn Read, to: &mut Sink<'_>) -> Result<u64, Failed> {
        let (mut at, mut data) = (0u64, 0u64);
        let mut holes = entry.holes.iter().copied().peekable();
        loop {
            while let Some((_, length)) = holes.next_if(|(offset, _)| *offset == at) {
                at = at.saturating_add(length);
            }
            let room = holes.peek().map_or(u64::MAX, |(offset, _)| offset.saturating_sub(at));
            let most = usize::try_from(room).unwrap_or(BUFFER).clamp(1, BUFFER);
            let count = content.read(&mut buffer[..most]).map_err(|_| Failed::Content)?;
            if count == 0 {
                break;
            }
            self.count_unpacked(count as u64).map_err(Failed::Ended)?;
            if self.job.cancel.should_end() {
                return Err(Failed::Ended(Error::Cancelled));
            }
            to(&buffer[..count], at).map_err(Failed::Target)?;
            at += count as u64;
            data += count as u64;
        }
        self.tally.counts.bytes.fetch_add(data, Relaxed);
        Ok(if entry.holes.is_empty() { at } else { entry.size })
    }
}

pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// What is taken over of an entry that somebody else may have made, and what is not.
pub fn believed(entry: &Entry, is_root: bool) -> (Entry, Vec<String>) {
    let mut troubles = Vec::new();
    let mut entry = Entry { pieces: Vec::new(), holes: Vec::new(), ..entry.clone() };
    if entry.mode & 0o6000 != 0 {
        troubles.push("that it runs as its owner or group was left out".into());
        entry.mode &= !0o6000;
    }
    let harmless = |xattr: &Xattr| xattr.name.starts_with(b"user.") || xattr.name.starts_with(b"system.posix_acl_");
    let before = entry.xattrs.len();
    entry.xattrs.retain(harmless);
    if entry.xattrs.len() < before {
        troubles.push("attributes of the system's security were left out".into());
    }
    if !is_root {
        // Numbers of another machine: what this person restores is theirs.
        User { uid: entry.uid, gid: entry.gid } = User::of_this_process();
    }
    (entry, troubles)
}
