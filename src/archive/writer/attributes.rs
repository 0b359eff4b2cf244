//! Extended attributes, POSIX ACLs among them.

use std::io;

use rustix::buffer::spare_capacity;
use rustix::fd::{AsFd, AsRawFd, BorrowedFd};
use rustix::fs::{fgetxattr, flistxattr, lgetxattr, llistxattr};
use rustix::io::Errno;

use crate::model::catalog::Xattr;

/// The longest list and the longest value that Linux has.
const LONGEST: usize = 64 << 10;
/// All attributes of one file: a header has to fit into a frame beside its content.
const MOST: usize = 1 << 20;

/// Reads them, sorted by name, with buffers of its own.
pub(super) struct Attributes {
    names: Vec<u8>,
    value: Vec<u8>,
}

enum Of<'a> {
    File(BorrowedFd<'a>),
    Path(&'a [u8]),
}

impl Attributes {
    pub(super) fn new() -> Self {
        Self { names: Vec::with_capacity(LONGEST), value: Vec::with_capacity(LONGEST) }
    }

    /// Of an open file.
    pub(super) fn of_file(&mut self, file: impl AsFd) -> io::Result<Vec<Xattr>> {
        self.read(&Of::File(file.as_fd()))
    }

    /// Of what lies in `folder`, without opening or following it.
    pub(super) fn of_name(&mut self, folder: BorrowedFd<'_>, name: &[u8]) -> io::Result<Vec<Xattr>> {
        let mut path = format!("/proc/self/fd/{}/", folder.as_raw_fd()).into_bytes();
        path.extend_from_slice(name);
        self.read(&Of::Path(&path))
    }

    fn read(&mut self, of: &Of<'_>) -> io::Result<Vec<Xattr>> {
        self.names.clear();
        let listed = match of {
            Of::File(file) => flistxattr(file, spare_capacity(&mut self.names)),
            Of::Path(path) => llistxattr(*path, spare_capacity(&mut self.names)),
        };
        match listed {
            Ok(0) | Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Vec::new()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut all = Vec::new();
        let mut sum = 0;
        for name in self.names.split(|b| *b == 0).filter(|n| !n.is_empty()) {
            self.value.clear();
            let read = match of {
                Of::File(file) => fgetxattr(file, name, spare_capacity(&mut self.value)),
                Of::Path(path) => lgetxattr(*path, name, spare_capacity(&mut self.value)),
            };
            match read {
                Ok(_) => {}
                // Gone since it was listed, or listed where it can never be read.
                Err(Errno::NODATA | Errno::NOTSUP) => continue,
                Err(error) => return Err(error.into()),
            }
            sum += name.len() + self.value.len();
            if sum > MOST {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, "more than 1 MiB of extended attributes"));
            }
            all.push(Xattr { name: name.to_vec(), value: self.value.clone() });
        }
        all.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }
}
