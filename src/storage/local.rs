//! A folder of this machine.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::Path;

use jiff::Timestamp;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, fstatvfs, mkdirat, openat, statat, unlinkat};
use rustix::io::Errno;

use super::{Error, Kind, Listed, Room, Storage, Upload, name};

mod beneath;
mod medium;
mod upload;

use beneath::Root;
use upload::{LocalUpload, sync_folder};

/// Folders within folders that are removed; ours are three deep.
const DEEPEST: usize = 32;

/// The folder is opened once and everything reached relative to it. Files are 0600, folders 0700.
pub struct Local {
    root: Root,
    path: String,
    identity: (u64, u64),
}

/// An open folder and what `stat` says of its children, sorted by name.
struct Children {
    folder: OwnedFd,
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
        let failed = |e: Errno| {
            let mut error = Error::from_read(&shown, e.into());
            error.kind = of_root(error.kind, e == Errno::NOTDIR);
            error
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(failed)?;
        let stat = fstat(&fd).map_err(failed)?;
        Ok(Self { root: Root::new(fd), path: shown, identity: (stat.st_dev, stat.st_ino) })
    }

    /// Makes the folder if it does not exist; its parent must.
    pub fn create_and_open(path: &Path) -> Result<Self, Error> {
        match std::fs::DirBuilder::new().mode(0o700).create(path) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                let below_a_file = e.kind() == io::ErrorKind::NotADirectory;
                let mut error = Error::from_io(path.display().to_string(), e);
                error.kind = of_root(error.kind, below_a_file);
                Err(error)
            }
            _ => Self::open(path),
        }
    }

    fn unread(&self, name: &str, error: Errno) -> Error {
        self.judged(Error::from_read(name, error.into()))
    }

    fn unwritten(&self, name: &str, error: Errno) -> Error {
        self.judged(Error::from_io(name, error.into()))
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
        fstat(self.root.fd()).is_ok_and(|stat| stat.st_nlink > 0)
    }

    /// A regular file for reading; a folder or anything else under its name is not the object.
    fn object(&self, name: &str) -> Result<File, Error> {
        name::check(name)?;
        // A pipe under the name would block whoever opens it.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let fd = self.root.open(name, flags, Mode::empty()).map_err(|e| self.unread(name, e))?;
        let stat = fstat(&fd).map_err(|e| self.unread(name, e))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Error::new(Kind::NotFound, name, "not a regular file"));
        }
        Ok(File::from(fd))
    }

    /// A folder to write into; made, and its name made durable, where it does not exist.
    fn folder_made(&self, folder: &str) -> Result<OwnedFd, Error> {
        match self.root.folder(folder) {
            Err(Errno::NOENT) if !folder.is_empty() => {}
            other => return other.map_err(|e| self.unwritten(folder, e)),
        }
        let (parent, last) = name::split(folder);
        let parent = self.folder_made(parent)?;
        match mkdirat(&parent, last, Mode::RWXU) {
            Ok(()) => sync_folder(&parent).map_err(|e| self.unwritten(folder, e))?,
            Err(Errno::EXIST) => {}
            Err(e) => return Err(self.unwritten(folder, e)),
        }
        self.root.folder(folder).map_err(|e| self.unwritten(folder, e))
    }

    /// `None` where the folder does not exist.
    fn children(&self, folder: &str) -> Result<Option<Children>, Error> {
        let fd = match self.root.folder(folder) {
            Err(Errno::NOENT) if self.is_there() => return Ok(None),
            other => other.map_err(|e| self.unread(folder, e))?,
        };
        let mut children = Vec::new();
        for child in Dir::read_from(&fd).map_err(|e| self.unread(folder, e))? {
            let child = child.map_err(|e| self.unread(folder, e))?;
            // Ours are all UTF-8; others' are nothing to us.
            let Ok(name) = child.file_name().to_str() else { continue };
            if name == "." || name == ".." {
                continue;
            }
            match statat(&fd, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => children.push((name.to_string(), stat)),
                // Gone meanwhile.
                Err(Errno::NOENT) => {}
                Err(e) => return Err(self.unread(name, e)),
            }
        }
        if folder.is_empty() && children.is_empty() && !self.is_there() {
            return Err(self.unread(&self.path, Errno::NOENT));
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
            let is_folder = match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => true,
                FileType::RegularFile => false,
                // Links, pipes and devices are never ours and never followed.
                _ => return None,
            };
            let size = if is_folder { 0 } else { u64::try_from(stat.st_size).unwrap_or(0) };
            Some(Listed { name, is_folder, size, modified: modified(&stat) })
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

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        name::check(name)?;
        let folder = self.folder_made(name::split(name).0)?;
        Ok(Box::new(LocalUpload::begin(name, folder).map_err(|e| self.judged(e))?))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        name::check(name)?;
        let (folder, last) = name::split(name);
        let folder = match self.root.folder(folder) {
            Err(Errno::NOENT) if self.is_there() => return Ok(()),
            other => other.map_err(|e| self.unwritten(name, e))?,
        };
        match unlinkat(&folder, last, AtFlags::empty()) {
            Ok(()) => sync_folder(&folder).map_err(|e| self.unwritten(name, e)),
            Err(Errno::NOENT) if self.is_there() => Ok(()),
            Err(e) => Err(self.unwritten(name, e)),
        }
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        name::check(name)?;
        let (parent, last) = name::split(name);
        let parent = match self.root.folder(parent) {
            Err(Errno::NOENT) if self.is_there() => return Ok(()),
            other => other.map_err(|e| self.unwritten(name, e))?,
        };
        match remove_tree(&parent, last, DEEPEST) {
            Ok(()) => sync_folder(&parent).map_err(|e| self.unwritten(name, e)),
            Err(Errno::NOENT) if self.is_there() => Ok(()),
            Err(e) => Err(self.unwritten(name, e)),
        }
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        let found = fstatvfs(self.root.fd()).map_err(|e| self.unread(&self.path, e))?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        // A file system that does not count (some FUSE) says zero of zero.
        Ok((found.f_blocks > 0).then(|| Room { free: bytes(found.f_bavail), total: bytes(found.f_blocks) }))
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
            let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
            let old = before.is_none_or(|before| modified(&stat).is_some_and(|at| at < before));
            if is_file && old && name.starts_with(name::TEMPORARY) {
                unlinkat(&fd, &name, AtFlags::empty()).map_err(|e| self.unwritten(&name, e))?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

fn modified(stat: &Stat) -> Option<Timestamp> {
    Timestamp::new(stat.st_mtime, i32::try_from(stat.st_mtime_nsec).ok()?).ok()
}

/// Removes what lies under a name, without following links and no deeper than `depth` folders.
fn remove_tree(parent: &OwnedFd, last: &str, depth: usize) -> rustix::io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = openat(parent, last, flags, Mode::empty())?;
    if depth == 0 {
        return Err(Errno::NOTEMPTY);
    }
    // All names first: removing while reading makes some file systems skip.
    let mut names = Vec::new();
    for child in Dir::read_from(&folder)? {
        let name = child?.file_name().to_owned();
        if name.as_bytes() != b"." && name.as_bytes() != b".." {
            names.push(name);
        }
    }
    for name in names {
        match unlinkat(&folder, &name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::ISDIR | Errno::PERM) => {
                let Ok(name) = name.to_str() else { return Err(Errno::NOTEMPTY) };
                remove_tree(&folder, name, depth - 1)?;
            }
            Err(e) => return Err(e),
        }
    }
    unlinkat(parent, last, AtFlags::REMOVEDIR)
}

#[cfg(test)]
mod tests;
