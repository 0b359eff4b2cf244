//! Where replaced things go: a folder beside them on the same file system. Nothing is deleted.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::name::numbered;
use super::root::{Folder, Root};
use crate::os::folder::{self, For};
use crate::os::reason::Reason;

/// The undo folder of a restore, made when it is first needed.
pub struct Undo {
    name: Vec<u8>,
    /// Where the first replaced thing went.
    used: Mutex<Option<PathBuf>>,
}

/// A replaced thing, where it lies now.
pub struct PutAway {
    folder: folder::Folder,
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
    pub fn put_away(&self, root: &Root, folder: &Folder, fd: &folder::Folder, name: &[u8]) -> io::Result<PutAway> {
        let path: &[u8] = &folder.path;
        let first = path.iter().position(|b| *b == b'/').unwrap_or(path.len());
        let mut bases = vec![0, first, path.len()];
        bases.dedup();
        let mut failed = io::Error::from(Reason::OtherDisk);
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
    fn folder(&self, root: &Root, above: &[u8], below: &[u8]) -> io::Result<folder::Folder> {
        let undo = join(above, &self.name);
        let whole = if below.is_empty() { undo } else { join(&undo, below) };
        if let Ok(fd) = root.folder(&whole) {
            return Ok(fd);
        }
        let mut at = root.folder(above)?;
        let components = below.split(|b| *b == b'/').filter(|component| !component.is_empty());
        for component in std::iter::once(self.name.as_slice()).chain(components) {
            match at.new_folder(component, 0o700) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
                _ => {}
            }
            at = at.folder(component, For::Reaching)?;
        }
        Ok(at)
    }
}

impl PutAway {
    /// Moves it back: what should have replaced it did not come.
    pub fn bring_back(&self, folder: &folder::Folder, name: &[u8]) -> io::Result<()> {
        self.folder.rename_new(self.name.as_slice(), folder, name)
    }
}

/// Renames to the first free of `new`, `new (2)`, … and returns it.
fn rename_to_free(from: &folder::Folder, old: &[u8], to: &folder::Folder, new: &[u8]) -> io::Result<Vec<u8>> {
    for n in 1..1000 {
        let name = numbered(new, n);
        match from.rename_new(old, to, name.as_slice()) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|()| name),
        }
    }
    Err(Reason::Exists.into())
}

fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}
