//! To whom files belong, what may be done with them, and when they were changed.

use std::fs::{Metadata, Permissions};
use std::io;

use super::folder::Folder;
use super::handle::AsHandle;
use super::stat::Stat;
use crate::model::catalog::FileTime;

#[cfg(unix)]
#[path = "owner/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "owner/windows.rs"]
mod system;

/// Whose process this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

impl User {
    #[inline]
    pub fn of_this_process() -> Self {
        system::this_user()
    }

    /// Whether everything is allowed to it.
    pub fn is_root(self) -> bool {
        cfg!(unix) && self.uid == 0
    }

    /// Whether it may read what is `owner`'s without leaving an access time.
    pub fn may_hide_access(self, owner: u32) -> bool {
        self.uid == 0 || self.uid == owner
    }
}

/// The permissions that the system leaves out of files that are made; `None` where that cannot be read.
pub fn umask() -> Option<u32> {
    system::umask()
}

/// Whether nobody but this person can have written an open file.
pub fn is_own(open: &impl AsHandle, stat: &Stat) -> io::Result<bool> {
    system::is_own(open, stat)
}

/// `None` leaves it.
pub fn set_owner(open: &impl AsHandle, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    system::set_owner(open, uid, gid)
}

/// Of what `name` itself is.
pub fn set_owner_at(folder: &Folder, name: &[u8], uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    system::set_owner_at(folder, name, uid, gid)
}

/// `NotSupported` where the system does not keep all of it; then as much of it as it does is set.
pub fn set_mode(open: &impl AsHandle, mode: u32) -> io::Result<()> {
    system::set_mode(open, mode)
}

/// A file's permissions without those that have it run as its owner or group.
pub fn without_special(of: &Metadata) -> Permissions {
    system::without_special(of)
}

/// Of what `name` itself is; not of a link.
pub fn set_mode_at(folder: &Folder, name: &[u8], mode: u32) -> io::Result<()> {
    system::set_mode_at(folder, name, mode)
}

pub fn set_modified(open: &impl AsHandle, time: FileTime) -> io::Result<()> {
    system::set_modified(open, time)
}

/// Of what `name` itself is.
pub fn set_modified_at(folder: &Folder, name: &[u8], time: FileTime) -> io::Result<()> {
    system::set_modified_at(folder, name, time)
}
