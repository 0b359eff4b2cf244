use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::fs::{Mode, OFlags, XattrFlags, fgetxattr, flistxattr, fsetxattr, openat};
use rustix::io::Errno;

use super::unix;
use crate::model::catalog::Xattr;
use crate::os::folder::Folder;
use crate::os::reason::Reason;
use crate::os::stat::{Kind, stat};

/// Reads them, sorted by name, with buffers of its own. A value may be as long as a file (resource forks).
pub struct Reader {
    names: Vec<u8>,
    value: Vec<u8>,
}

impl Reader {
    #[expect(clippy::new_without_default, reason = "it takes memory")]
    pub fn new() -> Self {
        // Both are read with one byte more than may be in all, so that one that is longer is seen.
        Self { names: Vec::with_capacity(64 << 10), value: Vec::with_capacity(super::MOST + 1) }
    }

    /// Of an open file.
    pub fn of_file(&mut self, file: &impl AsFd) -> io::Result<Vec<Xattr>> {
        let get = |name: &[u8], value: &mut Vec<u8>| match fgetxattr(file, name, spare_capacity(value)) {
            Err(Errno::RANGE) => Err(Errno::FBIG),
            got => got,
        };
        unix::read(&mut self.names, &mut self.value, |names| flistxattr(file, spare_capacity(names)), get)
    }

    /// Of what lies in `folder`, without following it. Pipes and devices have none there.
    pub fn of_name(&mut self, folder: &Folder, name: &[u8]) -> io::Result<Vec<Xattr>> {
        match itself(folder, name)? {
            Some(open) => self.of_file(&open),
            None => Ok(Vec::new()),
        }
    }
}

pub(super) fn set(open: &impl AsFd, attribute: &Xattr) -> io::Result<()> {
    Ok(fsetxattr(open, attribute.name.as_slice(), &attribute.value, XattrFlags::empty())?)
}

pub(super) fn set_at(folder: &Folder, name: &[u8], attribute: &Xattr) -> io::Result<()> {
    match itself(folder, name)? {
        Some(open) => set(&open, attribute),
        None => Err(Reason::NotSupported.into()),
    }
}

/// Its access lists are no attributes.
pub(super) fn forget_inherited(_open: &impl AsFd) {}

/// Opens a folder, or a link itself.
fn itself(folder: &Folder, name: &[u8]) -> io::Result<Option<OwnedFd>> {
    let what = match stat(folder, name)?.kind {
        Kind::Symlink => OFlags::from_bits_retain(libc::O_SYMLINK as _),
        Kind::Folder => OFlags::DIRECTORY | OFlags::NOFOLLOW,
        _ => return Ok(None),
    };
    Ok(Some(openat(folder, name, what | OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?))
}
