//! Opening what lies below a folder, and never anything else.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::{Errno, Result};

/// The root, opened once: whatever is mounted over its path later, this stays the one.
pub(super) struct Root {
    fd: OwnedFd,
    /// Cleared where the kernel (before 5.6) or a sandbox's filter does not know `openat2`.
    in_one_step: AtomicBool,
}

impl Root {
    pub(super) fn new(fd: OwnedFd) -> Self {
        Self { fd, in_one_step: AtomicBool::new(true) }
    }

    pub(super) fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// Opens a checked name (empty: the root itself). Symbolic links are not followed, anywhere.
    pub(super) fn open(&self, name: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        if name.is_empty() {
            return openat(&self.fd, ".", flags, mode);
        }
        if self.in_one_step.load(Ordering::Relaxed) {
            // Moves within the tree while it is resolved make it start over.
            for _ in 0..32 {
                match openat2(&self.fd, name, flags, mode, ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS) {
                    Err(Errno::AGAIN) => {}
                    Err(Errno::NOSYS | Errno::PERM) => break,
                    other => return other,
                }
            }
            let found = self.step_by_step(name, flags, mode);
            if found.is_ok() {
                self.in_one_step.store(false, Ordering::Relaxed);
            }
            return found;
        }
        self.step_by_step(name, flags, mode)
    }

    pub(super) fn step_by_step(&self, name: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
        let (folders, last) = match name.rsplit_once('/') {
            Some((folders, last)) => (folders.split('/').collect(), last),
            None => (Vec::new(), name),
        };
        let step = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut at: Option<OwnedFd> = None;
        for folder in folders {
            at = Some(openat(at.as_ref().unwrap_or(&self.fd).as_fd(), folder, step, Mode::empty())?);
        }
        openat(at.as_ref().unwrap_or(&self.fd).as_fd(), last, flags, mode)
    }

    /// Opens a folder for working in it.
    pub(super) fn folder(&self, name: &str) -> Result<OwnedFd> {
        self.open(name, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())
    }
}
