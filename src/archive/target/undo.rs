//! Where replaced things go: a folder beside them on the same file system. Nothing is deleted.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{Mode, RenameFlags};
use rustix::io::Errno;

use super::name::numbered;
use super::root::{FOLDER, Folder, Root, look};

/// The undo folder of a restore, made when it is first needed.
pub struct Undo {
    name: Vec<u8>,
    /// Where the first replaced thing went.
    used: Mutex<Option<PathBuf>>,
}

/// A replaced thing, where it lies now.
pub struct PutAway {
    folder: OwnedFd,
    name: Vec<u8>,
}

impl Undo {
    pub fn new(tag: &str) -> Self {
        Self { name: format!(".strongroom-undo-{tag}").into_bytes(), used: Mutex::new(None) }
    }

    /// The first undo folder that was used.
    pub fn used(&self) -> Option<PathBuf> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// There may be one already, of the same restore when it did not end.
    pub fn recall(&self, root: &Root) {
        if root.folder(&self.name).is_ok() {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.get_or_insert_with(|| root.absolute(&self.name));
        }
    }

    /// Moves `name` out of `folder`, which is open as `fd`: into the undo folder beneath the root, under its own path; where that is
    /// not possible (another file system, no right to write there) beneath the first folder of its path, then in its own folder.
    pub fn put_away(&self, root: &Root, folder: &Folder, fd: BorrowedFd<'_>, name: &[u8]) -> io::Result<PutAway> {
        let path: &[u8] = &folder.path;
        let first = path.iter().position(|b| *b == b'/').unwrap_or(path.len());
        let mut bases = vec![0, first, path.len()];
        bases.dedup();
        let mut failed = io::Error::from(Errno::XDEV);
        for base in bases {
            let (above, below) = path.split_at(base);
            let moved = self.folder(root, above, below.strip_prefix(b"/").unwrap_or(below)).and_then(|undo| {
                let name = rename_to_free(fd, name, &undo, name)?;
                Ok(PutAway { folder: undo, name })
            });
            match moved {
                Ok(away) => {
                    let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
                    used.get_or_insert_with(|| root.absolute(&join(above, &self.name)));
                    return Ok(away);
                }
                Err(e) => failed = e,
            }
        }
        Err(failed)
    }

    /// Opens (and makes) the folder for `below` in the undo folder that lies in `above`.
    fn folder(&self, root: &Root, above: &[u8], below: &[u8]) -> io::Result<OwnedFd> {
        let undo = join(above, &self.name);
        let whole = if below.is_empty() { undo } else { join(&undo, below) };
        if let Ok(fd) = root.folder(&whole) {
            return Ok(fd);
        }
        let mut at = root.folder(above)?;
        let components = below.split(|b| *b == b'/').filter(|component| !component.is_empty());
        for component in std::iter::once(self.name.as_slice()).chain(components) {
            match rustix::fs::mkdirat(&at, component, Mode::RWXU) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(e) => return Err(e.into()),
            }
            at = rustix::fs::openat(&at, component, FOLDER, Mode::empty())?;
        }
        Ok(at)
    }
}

impl PutAway {
    /// Moves it back: what should have replaced it did not come.
    pub fn bring_back(&self, folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<()> {
        rename_new(self.folder.as_fd(), &self.name, folder, name)
    }
}

/// Renames, but never over something: `AlreadyExists` then.
pub fn rename_new(from: BorrowedFd<'_>, old: &[u8], to: BorrowedFd<'_>, new: &[u8]) -> io::Result<()> {
    match rustix::fs::renameat_with(from, old, to, new, RenameFlags::NOREPLACE) {
        // Not every file system knows the flag.
        Err(Errno::INVAL | Errno::NOSYS) => {
            if look(to, new)?.is_some() {
                return Err(Errno::EXIST.into());
            }
            Ok(rustix::fs::renameat(from, old, to, new)?)
        }
        result => Ok(result?),
    }
}

/// Renames to the first free of `new`, `new (2)`, … and returns it.
fn rename_to_free(from: BorrowedFd<'_>, old: &[u8], to: &OwnedFd, new: &[u8]) -> io::Result<Vec<u8>> {
    for n in 1..1000 {
        let name = numbered(new, n);
        match rename_new(from, old, to.as_fd(), &name) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|()| name),
        }
    }
    Err(Errno::EXIST.into())
}

fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}
