//! The file system that something open lies on.

use std::io;

use super::handle::AsHandle;

mod written;

pub use written::Written;

#[cfg(target_os = "linux")]
#[path = "disk/linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "disk/macos.rs"]
mod system;
#[cfg(windows)]
#[path = "disk/windows.rs"]
mod system;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that this person may still write.
    pub free: u64,
    /// 0 where the file system does not count.
    pub total: u64,
}

pub fn room(open: &impl AsHandle) -> io::Result<Room> {
    system::room(open)
}

/// Whether it keeps the time of change and inode numbers stable: not FAT, FUSE and network shares without them.
pub fn keeps_inodes(open: &impl AsHandle) -> bool {
    system::keeps_inodes(open)
}

/// Whether it holds no files, but views of the running system: reading them is endless (`/proc/kcore`) or does something, and
/// nobody could restore them.
pub fn is_pseudo(open: &impl AsHandle) -> bool {
    system::is_pseudo(open)
}

/// Whether what is read past the system's memory comes from a medium: not where the files live in memory, nor where the file system
/// keeps copies of its own, which we cannot make it drop.
pub fn has_medium(open: &impl AsHandle) -> bool {
    system::has_medium(open)
}
