//! A folder opened once, and what lies beneath it opened without following any symbolic link.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::path::as_path;
use crate::os::beneath::Beneath;
use crate::os::durable;
use crate::os::folder::{self, For};
use crate::os::reason::Reason;
use crate::os::stat::stat_of;

/// The folder beneath which everything is written.
pub struct Root {
    beneath: Beneath,
    /// As it was opened; for messages and for the undo folder's name.
    pub path: PathBuf,
    /// File systems that folders beneath it were opened on, each with a folder of it; `None` where that may be entered but not read.
    disks: Mutex<Vec<(u64, Option<folder::Folder>)>>,
}

impl Root {
    /// Opens an existing folder. Symbolic links in `path` itself are followed: it is the person's own.
    pub fn open(path: &Path) -> io::Result<Self> {
        let beneath = Beneath::new(folder::Folder::open(path, For::Reaching)?);
        let root = Self { beneath, path: path.to_path_buf(), disks: Mutex::default() };
        root.meet(root.fd())?;
        Ok(root)
    }

    /// The folder at `relative` (safe components; empty: the root itself), for operations relative to it.
    pub fn folder(&self, relative: &[u8]) -> io::Result<folder::Folder> {
        let folder = self.beneath.folder(relative, For::Reaching)?;
        self.meet(&folder)?;
        Ok(folder)
    }

    /// The same, for its metadata.
    pub fn folder_itself(&self, relative: &[u8]) -> io::Result<folder::Folder> {
        self.beneath.folder(relative, For::Reading)
    }

    /// Notes the file system of a folder. What is kept open from before anything is written is told of all that could not be.
    fn meet(&self, folder: &folder::Folder) -> io::Result<()> {
        let device = stat_of(folder)?.device;
        let mut disks = self.disks.lock().unwrap_or_else(PoisonError::into_inner);
        if disks.iter().all(|(known, _)| *known != device) {
            disks.push((device, folder.again(For::Reading).ok()));
        }
        Ok(())
    }

    pub fn fd(&self) -> &folder::Folder {
        self.beneath.top()
    }

    /// The whole path of something beneath, for messages.
    pub fn absolute(&self, relative: &[u8]) -> PathBuf {
        if relative.is_empty() { self.path.clone() } else { self.path.join(as_path(relative)) }
    }

    /// Makes everything durable that was written so far into folders beneath it, on whatever file systems they lie.
    pub fn sync(&self) -> io::Result<()> {
        let disks = self.disks.lock().unwrap_or_else(PoisonError::into_inner);
        let synced = disks.iter().map(|(_, folder)| match folder {
            Some(folder) => durable::sync_disk(folder),
            None => {
                durable::sync_all_disks();
                Ok(())
            }
        });
        synced.fold(Ok(()), Result::and)
    }

    #[cfg(test)]
    fn forget_openat2(&self) {
        self.beneath.by_steps();
    }
}

/// A folder beneath a root, as things are restored into it.
#[derive(Debug)]
pub struct Folder {
    /// Number of its root.
    pub root: usize,
    /// Path beneath the root; empty: the root itself.
    pub path: Box<[u8]>,
    /// Made by this run: nothing of anybody else's is in it.
    pub fresh: bool,
    /// What is made in it may get another group than the process has.
    pub odd_group: bool,
}

/// Keeps a few folders open: things that are restored one after the other mostly lie in the same one.
pub struct OpenFolders<'a> {
    roots: &'a [Root],
    /// The one used last at the end.
    open: Vec<(Arc<Folder>, folder::Folder)>,
}

impl<'a> OpenFolders<'a> {
    const KEPT: usize = 12;

    pub fn new(roots: &'a [Root]) -> Self {
        Self { roots, open: Vec::with_capacity(Self::KEPT + 1) }
    }

    pub fn root(&self, folder: &Folder) -> io::Result<&'a Root> {
        self.roots.get(folder.root).ok_or_else(|| Reason::NotThere.into())
    }

    pub fn get(&mut self, folder: &Arc<Folder>) -> io::Result<&folder::Folder> {
        match self.open.iter().rposition(|(known, _)| Arc::ptr_eq(known, folder)) {
            Some(at) if at + 1 == self.open.len() => {}
            Some(at) => {
                let found = self.open.remove(at);
                self.open.push(found);
            }
            None => {
                let fd = self.root(folder)?.folder(&folder.path)?;
                if self.open.len() >= Self::KEPT {
                    self.open.remove(0);
                }
                self.open.push((folder.clone(), fd));
            }
        }
        self.open.last().map(|(_, fd)| fd).ok_or_else(|| Reason::NotThere.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn both(check: impl Fn(&Root, &Path)) {
        for openat2 in [true, false] {
            let dir = tempfile::tempdir().unwrap();
            let root = Root::open(dir.path()).unwrap();
            if !openat2 {
                root.forget_openat2();
            }
            check(&root, dir.path());
        }
    }

    #[test]
    fn links_and_parents_are_never_followed() {
        both(|root, path| {
            std::fs::create_dir_all(path.join("a/b")).unwrap();
            symlink("a", path.join("inside")).unwrap();
            symlink("/", path.join("a/outside")).unwrap();
            root.folder(b"a/b").unwrap();
            root.folder(b"").unwrap();
            for bad in [&b"inside"[..], b"inside/b", b"a/outside", b"a/outside/etc", b"..", b"a/../../x", b"/etc", b"a/none"] {
                assert!(root.folder(bad).is_err(), "{}", String::from_utf8_lossy(bad));
            }
        });
    }

    #[test]
    fn paths_longer_than_the_kernel_takes_are_opened() {
        both(|root, _| {
            let name = "n".repeat(100);
            let mut at = root.folder(b"").unwrap();
            let mut path = Vec::new();
            for _ in 0..90 {
                at.new_folder(name.as_str(), 0o700).unwrap();
                at = at.folder(name.as_str(), For::Reaching).unwrap();
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(name.as_bytes());
            }
            assert!(path.len() > 9000);
            let found = stat_of(&root.folder(&path).unwrap()).unwrap();
            assert_eq!(found.identity(), stat_of(&at).unwrap().identity());
        });
    }
}
