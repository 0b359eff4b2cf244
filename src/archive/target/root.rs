//! A folder opened once, and what lies beneath it opened without following any symbolic link.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

/// Longest path that is handed to the kernel in one go (PATH_MAX is 4096 with the final NUL).
const CHUNK: usize = 4000;

/// For operations relative to it; reading it is not needed and perhaps not allowed.
pub const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC).union(OFlags::NOFOLLOW);

/// The folder beneath which everything is written.
pub struct Root {
    fd: OwnedFd,
    /// As it was opened; for messages and for the undo folder's name.
    pub path: PathBuf,
    /// Kernels before 5.6 and some sandboxes lack it.
    has_openat2: AtomicBool,
    /// File systems that folders beneath it were opened on, each with a folder of it; `None` where that may be entered but not read.
    disks: Mutex<Vec<(u64, Option<OwnedFd>)>>,
}

impl Root {
    /// Opens an existing folder. Symbolic links in `path` itself are followed: it is the person's own.
    pub fn open(path: &Path) -> io::Result<Self> {
        let fd = rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let root = Self { fd, path: path.to_path_buf(), has_openat2: AtomicBool::new(true), disks: Mutex::default() };
        root.meet(root.fd())?;
        Ok(root)
    }

    /// The folder at `relative` (safe components; empty: the root itself), for operations relative to it.
    pub fn folder(&self, relative: &[u8]) -> io::Result<OwnedFd> {
        let folder = self.open_beneath(relative, FOLDER)?;
        self.meet(folder.as_fd())?;
        Ok(folder)
    }

    /// Notes the file system of a folder. What is kept open from before anything is written is told of all that could not be.
    fn meet(&self, folder: BorrowedFd<'_>) -> io::Result<()> {
        let device = rustix::fs::fstat(folder)?.st_dev;
        let mut disks = self.disks.lock().unwrap_or_else(PoisonError::into_inner);
        if disks.iter().all(|(known, _)| *known != device) {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            disks.push((device, rustix::fs::openat(folder, c".", flags, Mode::empty()).ok()));
        }
        Ok(())
    }

    /// Opens a folder with flags of one's own; longer paths than the kernel takes in one go are walked in steps.
    pub fn open_beneath(&self, relative: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
        let mut at: Option<OwnedFd> = None;
        let mut rest = relative;
        loop {
            let base = at.as_ref().map_or(self.fd.as_fd(), |fd| fd.as_fd());
            if rest.len() <= CHUNK {
                let last = if rest.is_empty() { &b"."[..] } else { rest };
                return self.step(base, last, flags);
            }
            let cut = rest[..CHUNK].iter().rposition(|b| *b == b'/').ok_or(Errno::NAMETOOLONG)?;
            let next = self.step(base, &rest[..cut], FOLDER)?;
            rest = &rest[cut + 1..];
            at = Some(next);
        }
    }

    fn step(&self, base: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
        if self.has_openat2.load(Relaxed) {
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            // EAGAIN: something beneath was renamed meanwhile, and the kernel could not be sure.
            for _ in 0..16 {
                match rustix::fs::openat2(base, path, flags, Mode::empty(), resolve) {
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    Err(Errno::NOSYS | Errno::PERM) => {
                        self.has_openat2.store(false, Relaxed);
                        return self.step_by_component(base, path, flags);
                    }
                    result => return Ok(result?),
                }
            }
            return Err(Errno::AGAIN.into());
        }
        self.step_by_component(base, path, flags)
    }

    /// Without `openat2`: a component at a time, none of which may be a link.
    fn step_by_component(&self, base: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
        let mut at: Option<OwnedFd> = None;
        let mut components = path.split(|b| *b == b'/').peekable();
        while let Some(component) = components.next() {
            if component != b"." && !super::name::is_safe(component) {
                return Err(Errno::INVAL.into());
            }
            let from = at.as_ref().map_or(base, |fd| fd.as_fd());
            let flags = if components.peek().is_some() { FOLDER } else { flags | OFlags::NOFOLLOW };
            at = Some(rustix::fs::openat(from, component, flags, Mode::empty())?);
        }
        at.ok_or_else(|| Errno::INVAL.into())
    }

    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The whole path of something beneath, for messages.
    pub fn absolute(&self, relative: &[u8]) -> PathBuf {
        use std::os::unix::ffi::OsStrExt;
        if relative.is_empty() { self.path.clone() } else { self.path.join(std::ffi::OsStr::from_bytes(relative)) }
    }

    /// Makes everything durable that was written so far into folders beneath it, on whatever file systems they lie.
    pub fn sync(&self) -> io::Result<()> {
        let disks = self.disks.lock().unwrap_or_else(PoisonError::into_inner);
        let synced = disks.iter().map(|(_, folder)| match folder {
            Some(folder) => rustix::fs::syncfs(folder),
            None => {
                rustix::fs::sync();
                Ok(())
            }
        });
        Ok(synced.fold(Ok(()), Result::and)?)
    }

    #[cfg(test)]
    fn forget_openat2(&self) {
        self.has_openat2.store(false, Relaxed);
    }
}

/// Metadata of `name` in `folder` itself, never of what it may link to; `None` where there is nothing.
pub fn look(folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<Option<Stat>> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(e) => Err(e.into()),
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
    open: Vec<(Arc<Folder>, OwnedFd)>,
}

impl<'a> OpenFolders<'a> {
    const KEPT: usize = 12;

    pub fn new(roots: &'a [Root]) -> Self {
        Self { roots, open: Vec::with_capacity(Self::KEPT + 1) }
    }

    pub fn root(&self, folder: &Folder) -> io::Result<&'a Root> {
        self.roots.get(folder.root).ok_or_else(|| Errno::NOENT.into())
    }

    pub fn get(&mut self, folder: &Arc<Folder>) -> io::Result<BorrowedFd<'_>> {
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
        self.open.last().map(|(_, fd)| fd.as_fd()).ok_or_else(|| Errno::BADF.into())
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
                rustix::fs::mkdirat(&at, name.as_str(), Mode::RWXU).unwrap();
                at = rustix::fs::openat(&at, name.as_str(), FOLDER, Mode::empty()).unwrap();
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(name.as_bytes());
            }
            assert!(path.len() > 9000);
            let found = rustix::fs::fstat(root.folder(&path).unwrap()).unwrap();
            assert_eq!(found.st_ino, rustix::fs::fstat(&at).unwrap().st_ino);
        });
    }
}
