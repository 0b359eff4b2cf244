//! A folder of this machine.

use std::fs::File;
use std::io;
use std::path::Path;

use jiff::Timestamp;

use super::{Error, Kind, Listed, Room, Storage, Upload, name};
use crate::os::at::FileExt;
use crate::os::beneath::Beneath;
use crate::os::durable::sync_folder;
use crate::os::folder::{Folder, For};
use crate::os::reason::Reason;
use crate::os::stat::{Stat, stat, stat_of};
use crate::os::{disk, private};

mod medium;
mod upload;

use upload::LocalUpload;

/// Folders within folders that are removed; ours are three deep.
const DEEPEST: usize = 32;

/// The folder is opened once and everything reached relative to it. Files are 0600, folders 0700.
pub struct Local {
    root: Beneath,
    path: String,
    identity: (u64, u64),
}

/// An open folder and what `stat` says of its children, sorted by name.
struct Children {
    folder: Folder,
    entries: Vec<(String, Stat)>,
}

/// What is not found is the destination itself.
fn of_root(kind: Kind, not_a_folder: bool) -> Kind {
    match kind {
        Kind::NotFound if not_a_folder => Kind::NotAFolder,
        Kind::NotFound => Kind::Unreachable,
        kind => kind,
    }
}

impl Local {
    /// `Unreachable` where the folder does not exist, `NotAFolder` where something else does.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let shown = path.display().to_string();
        let failed = |e: io::Error| {
            let not_a_folder = Reason::of(&e) == Reason::NotAFolder;
            let mut error = Error::from_read(&shown, e);
            error.kind = of_root(error.kind, not_a_folder);
            error
        };
        let folder = Folder::open(path, For::Reading).map_err(failed)?;
        let stat = stat_of(&folder).map_err(failed)?;
        Ok(Self { root: Beneath::new(folder), path: shown, identity: stat.identity() })
    }

    /// Makes the folder if it does not exist; its parent must.
    pub fn create_and_open(path: &Path) -> Result<Self, Error> {
        match private::make_folder(path) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                let below_a_file = e.kind() == io::ErrorKind::NotADirectory;
                let mut error = Error::from_io(path.display().to_string(), e);
                error.kind = of_root(error.kind, below_a_file);
                Err(error)
            }
            _ => Self::open(path),
        }
    }

    fn unread(&self, name: &str, error: io::Error) -> Error {
        self.judged(Error::from_read(name, error))
    }

    fn unwritten(&self, name: &str, error: io::Error) -> Error {
        self.judged(Error::from_io(name, error))
    }

    /// What is not found in a root that is gone itself is no answer about the object.
    fn judged(&self, mut error: Error) -> Error {
        if error.kind == Kind::NotFound && !self.is_there() {
            error.kind = Kind::Unreachable;
        }
        error
    }

    /// Whether the root has not been removed since it was opened.
    fn is_there(&self) -> bool {
        stat_of(self.root.top()).is_ok_and(|stat| stat.links > 0)
    }

    /// A regular file for reading; a folder or anything else under its name is not the object.
    fn object(&self, name: &str) -> Result<File, Error> {
        name::check(name)?;
        let file = self.root.file(name.as_bytes()).map_err(|e| self.unread(name, e))?;
        if !stat_of(&file).map_err(|e| self.unread(name, e))?.is_file() {
            return Err(Error::new(Kind::NotFound, name, "not a regular file"));
        }
        Ok(file)
    }

    /// A folder, open for working in it.
    fn folder(&self, name: &str) -> io::Result<Folder> {
        self.root.folder(name.as_bytes(), For::Reading)
    }

    /// A folder to write into; made, and its name made durable, where it does not exist.
    fn folder_made(&self, folder: &str) -> Result<Folder, Error> {
        match self.folder(folder) {
            Err(e) if is_missing(&e) && !folder.is_empty() => {}
            other => return other.map_err(|e| self.unwritten(folder, e)),
        }
        let (parent, last) = name::split(folder);
        let parent = self.folder_made(parent)?;
        match parent.new_folder(last, 0o700) {
            Ok(()) => sync_folder(&parent).map_err(|e| self.unwritten(folder, e))?,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(self.unwritten(folder, e)),
        }
        self.folder(folder).map_err(|e| self.unwritten(folder, e))
    }

    /// `None` where the folder does not exist.
    fn children(&self, folder: &str) -> Result<Option<Children>, Error> {
        let fd = match self.folder(folder) {
            Err(e) if is_missing(&e) && self.is_there() => return Ok(None),
            other => other.map_err(|e| self.unread(folder, e))?,
        };
        let mut children = Vec::new();
        for child in fd.names().map_err(|e| self.unread(folder, e))? {
            // Ours are all UTF-8; others' are nothing to us.
            let Ok(name) = String::from_utf8(child.map_err(|e| self.unread(folder, e))?) else { continue };
            match stat(&fd, name.as_str()) {
                Ok(stat) => children.push((name, stat)),
                // Gone meanwhile.
                Err(e) if is_missing(&e) => {}
                Err(e) => return Err(self.unread(&name, e)),
            }
        }
        if folder.is_empty() && children.is_empty() && !self.is_there() {
            return Err(self.unread(&self.path, Reason::NotThere.into()));
        }
        children.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Some(Children { folder: fd, entries: children }))
    }
}

impl Storage for Local {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        if !folder.is_empty() {
            name::check(folder)?;
        }
        let Some(Children { entries, .. }) = self.children(folder)? else { return Ok(Vec::new()) };
        let listed = entries.into_iter().filter(|(name, _)| !name.starts_with(name::TEMPORARY)).filter_map(|(name, stat)| {
            // Links, pipes and devices are never ours and never followed.
            let is_ours = stat.is_folder() || stat.is_file();
            is_ours.then(|| Listed { name, is_folder: stat.is_folder(), size: stat.size, modified: modified(&stat) })
        });
        Ok(listed.collect())
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        Ok(self.object(name)?.metadata().map_err(|e| Error::from_read(name, e))?.len())
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        let file = self.object(name)?;
        let length = file.metadata().map_err(|e| Error::from_read(name, e))?.len();
        // Checked first: what the system says to an offset past its own bounds is not that the file is too short.
        if offset.checked_add(buffer.len() as u64).is_none_or(|end| end > length) {
            return Err(Error::new(Kind::TooShort, name, &format!("it has {length} bytes")));
        }
        file.read_exact_at(buffer, offset).map_err(|e| Error::from_read(name, e))
    }

    fn file(&self, name: &str) -> Result<Option<File>, Error> {
        self.object(name).map(Some)
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        name::check(name)?;
        let folder = self.folder_made(name::split(name).0)?;
        Ok(Box::new(LocalUpload::begin(name, folder).map_err(|e| self.judged(e))?))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        name::check(name)?;
        let (folder, last) = name::split(name);
        let folder = match self.folder(folder) {
            Err(e) if is_missing(&e) && self.is_there() => return Ok(()),
            other => other.map_err(|e| self.unwritten(name, e))?,
        };
        match folder.remove_file(last) {
            Ok(()) => sync_folder(&folder).map_err(|e| self.unwritten(name, e)),
            Err(e) if is_missing(&e) && self.is_there() => Ok(()),
            Err(e) => Err(self.unwritten(name, e)),
        }
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        name::check(name)?;
        let (parent, last) = name::split(name);
        let parent = match self.folder(parent) {
            Err(e) if is_missing(&e) && self.is_there() => return Ok(()),
            other => other.map_err(|e| self.unwritten(name, e))?,
        };
        match remove_tree(&parent, last, DEEPEST) {
            Ok(()) => sync_folder(&parent).map_err(|e| self.unwritten(name, e)),
            Err(e) if is_missing(&e) && self.is_there() => Ok(()),
            Err(e) => Err(self.unwritten(name, e)),
        }
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        let disk::Room { free, total } = disk::room(self.root.top()).map_err(|e| self.unread(&self.path, e))?;
        // A file system that does not count (some FUSE) says zero of zero.
        Ok((total > 0).then_some(Room { free, total }))
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        let file = self.object(name)?;
        medium::sha256(&file, each).map_err(|failure| match failure {
            medium::Failure::Io(e) => Error::from_read(name, e),
            medium::Failure::Cancelled => Error::new(Kind::Cancelled, name, "cancelled"),
        })
    }

    fn identity(&self) -> Option<(u64, u64)> {
        Some(self.identity)
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        if !folder.is_empty() {
            name::check(folder)?;
        }
        let Some(Children { folder: fd, entries }) = self.children(folder)? else { return Ok(0) };
        let mut swept = 0;
        for (name, stat) in entries {
            if stat.is_file() && name::is_left(&name, modified(&stat), before) {
                fd.remove_file(&name).map_err(|e| self.unwritten(&name, e))?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

fn modified(stat: &Stat) -> Option<Timestamp> {
    Timestamp::new(stat.mtime.seconds, i32::try_from(stat.mtime.nanos).ok()?).ok()
}

fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Removes what lies under a name, without following links and no deeper than `depth` folders.
fn remove_tree(parent: &Folder, last: &str, depth: usize) -> io::Result<()> {
    let folder = parent.folder(last, For::Reading)?;
    if depth == 0 {
        return Err(Reason::NotEmpty.into());
    }
    // All names first: removing while reading makes some file systems skip.
    let names = folder.names()?.collect::<io::Result<Vec<_>>>()?;
    for name in names {
        match folder.remove_file(name.as_slice()) {
            Err(e) if is_missing(&e) => {}
            Err(e) if matches!(Reason::of(&e), Reason::AFolder | Reason::NotPermitted | Reason::Refused) => {
                // A folder, or else what may not be removed.
                if !stat(&folder, name.as_slice())?.is_folder() {
                    return Err(e);
                }
                let Ok(name) = String::from_utf8(name) else { return Err(Reason::NotEmpty.into()) };
                remove_tree(&folder, &name, depth - 1)?;
            }
            removed => removed?,
        }
    }
    drop(folder);
    parent.remove_folder(last)
}

#[cfg(test)]
mod tests;
