//! A folder opened once, and what lies beneath it opened without following any symbolic link.

use std::fs::File;
use std::io;

use super::folder::{Folder, For};
use super::reason::Reason;
use crate::model::names::is_component;

/// Whatever is mounted over its path later, this stays the one.
pub struct Beneath {
    folder: Folder,
    #[cfg(target_os = "linux")]
    steps: linux::Steps,
}

impl Beneath {
    pub fn new(folder: Folder) -> Self {
        Self {
            folder,
            #[cfg(target_os = "linux")]
            steps: linux::Steps::default(),
        }
    }

    /// The folder itself.
    pub fn top(&self) -> &Folder {
        &self.folder
    }

    /// The folder at `relative`: components joined by `/`, any number; empty: the folder itself, once more.
    pub fn folder(&self, relative: &[u8], what_for: For) -> io::Result<Folder> {
        #[cfg(target_os = "linux")]
        return self.steps.folder(&self.folder, relative, what_for);
        #[cfg(not(target_os = "linux"))]
        folder_by_steps(&self.folder, relative, what_for)
    }

    /// The file at `relative` for reading, or whatever else lies there. Never waits for the other end of a pipe.
    pub fn file(&self, relative: &[u8]) -> io::Result<File> {
        #[cfg(target_os = "linux")]
        return self.steps.file(&self.folder, relative);
        #[cfg(not(target_os = "linux"))]
        file_by_steps(&self.folder, relative)
    }

    #[cfg(all(test, target_os = "linux"))]
    pub(crate) fn by_steps(&self) {
        self.steps.forget_openat2();
    }
}

/// A component at a time, none of which may be a link.
fn folder_by_steps(from: &Folder, relative: &[u8], what_for: For) -> io::Result<Folder> {
    if relative.is_empty() {
        return from.again(what_for);
    }
    let mut at: Option<Folder> = None;
    let mut components = relative.split(|b| *b == b'/').peekable();
    while let Some(component) = components.next() {
        if !is_component(component) {
            return Err(Reason::Invalid.into());
        }
        let step = if components.peek().is_some() { For::Reaching } else { what_for };
        at = Some(at.as_ref().unwrap_or(from).folder(component, step)?);
    }
    at.ok_or_else(|| Reason::Invalid.into())
}

fn file_by_steps(from: &Folder, relative: &[u8]) -> io::Result<File> {
    let cut = relative.iter().rposition(|b| *b == b'/');
    let name = cut.and_then(|at| relative.get(at + 1..)).unwrap_or(relative);
    if !is_component(name) {
        return Err(Reason::Invalid.into());
    }
    match cut.and_then(|at| relative.get(..at)) {
        Some(above) => folder_by_steps(from, above, For::Reaching)?.file(name),
        None => from.file(name),
    }
}

/// In one call to the kernel, where it knows that.
#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
    use rustix::io::Errno;

    use super::{file_by_steps, folder_by_steps};
    use crate::os::folder::{Folder, For};
    use crate::os::reason::Reason;

    /// Longest path that the kernel takes (4,096 with the final NUL).
    const LONGEST_PATH: usize = 4000;
    /// Moves within the tree while it is resolved make it start over.
    const ROUNDS: usize = 32;

    /// Whether the kernel (before 5.6) or a sandbox's filter turned out not to know `openat2`.
    #[derive(Default)]
    pub(super) struct Steps(AtomicBool);

    impl Steps {
        pub(super) fn folder(&self, from: &Folder, relative: &[u8], what_for: For) -> io::Result<Folder> {
            let mut at: Option<Folder> = None;
            let mut rest = relative;
            while rest.len() > LONGEST_PATH {
                let cut = rest[..LONGEST_PATH].iter().rposition(|b| *b == b'/').ok_or(Reason::BadName)?;
                at = Some(self.short(at.as_ref().unwrap_or(from), &rest[..cut], For::Reaching)?);
                rest = &rest[cut + 1..];
            }
            self.short(at.as_ref().unwrap_or(from), rest, what_for)
        }

        fn short(&self, from: &Folder, relative: &[u8], what_for: For) -> io::Result<Folder> {
            let path = if relative.is_empty() { b"." } else { relative };
            if let Some(opened) = self.in_one(from.as_fd(), path, what_for.flags()) {
                return Ok(Folder(opened?));
            }
            let found = folder_by_steps(from, relative, what_for);
            self.0.fetch_or(found.is_ok(), Relaxed);
            found
        }

        pub(super) fn file(&self, from: &Folder, relative: &[u8]) -> io::Result<File> {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            if relative.len() <= LONGEST_PATH
                && let Some(opened) = self.in_one(from.as_fd(), relative, flags)
            {
                return Ok(opened?.into());
            }
            let found = file_by_steps(from, relative);
            self.0.fetch_or(found.is_ok() && relative.len() <= LONGEST_PATH, Relaxed);
            found
        }

        /// `None`: not in this way.
        fn in_one(&self, from: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Option<io::Result<OwnedFd>> {
            if self.0.load(Relaxed) {
                return None;
            }
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            for _ in 0..ROUNDS {
                match openat2(from, path, flags | OFlags::NOFOLLOW, Mode::empty(), resolve) {
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    Err(Errno::NOSYS | Errno::PERM) => return None,
                    result => return Some(result.map_err(io::Error::from)),
                }
            }
            None
        }

        #[cfg(test)]
        pub(super) fn forget_openat2(&self) {
            self.0.store(true, Relaxed);
        }
    }
}
