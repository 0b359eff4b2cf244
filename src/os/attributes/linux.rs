use std::io;
use std::os::fd::{AsFd, AsRawFd};

use rustix::buffer::spare_capacity;
use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fremovexattr, fsetxattr, lgetxattr, llistxattr, lsetxattr};

use super::{INHERITED, unix};
use crate::model::catalog::Xattr;
use crate::os::folder::Folder;

/// The longest list and the longest value that Linux has.
const LONGEST: usize = 64 << 10;

/// Reads them, sorted by name, with buffers of its own.
pub struct Reader {
    names: Vec<u8>,
    value: Vec<u8>,
}

impl Reader {
    #[expect(clippy::new_without_default, reason = "it takes memory")]
    pub fn new() -> Self {
        Self { names: Vec::with_capacity(LONGEST), value: Vec::with_capacity(LONGEST) }
    }

    /// Of an open file.
    pub fn of_file(&mut self, file: &impl AsFd) -> io::Result<Vec<Xattr>> {
        let get = |name: &[u8], value: &mut Vec<u8>| fgetxattr(file, name, spare_capacity(value));
        unix::read(&mut self.names, &mut self.value, |names| flistxattr(file, spare_capacity(names)), get)
    }

    /// Of what lies in `folder`, without opening or following it.
    pub fn of_name(&mut self, folder: &Folder, name: &[u8]) -> io::Result<Vec<Xattr>> {
        let path = itself(folder, name);
        let path = path.as_slice();
        let get = |name: &[u8], value: &mut Vec<u8>| lgetxattr(path, name, spare_capacity(value));
        unix::read(&mut self.names, &mut self.value, |names| llistxattr(path, spare_capacity(names)), get)
    }
}

pub(super) fn set(open: &impl AsFd, attribute: &Xattr) -> io::Result<()> {
    Ok(fsetxattr(open, attribute.name.as_slice(), &attribute.value, XattrFlags::empty())?)
}

pub(super) fn set_at(folder: &Folder, name: &[u8], attribute: &Xattr) -> io::Result<()> {
    Ok(lsetxattr(itself(folder, name).as_slice(), attribute.name.as_slice(), &attribute.value, XattrFlags::empty())?)
}

pub(super) fn forget_inherited(open: &impl AsFd) {
    for name in INHERITED {
        // Mostly there is none.
        let _ = fremovexattr(open, name);
    }
}

/// A path to what lies in an open folder: the calls here know no other.
fn itself(folder: &Folder, name: &[u8]) -> Vec<u8> {
    let mut path = format!("/proc/self/fd/{}/", folder.as_fd().as_raw_fd()).into_bytes();
    path.extend_from_slice(name);
    path
}
