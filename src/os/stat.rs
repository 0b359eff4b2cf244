//! What the system says of a file, without following links.

use std::io;
use std::path::Path;

#[cfg(unix)]
use rustix::fs::FileType;

use super::folder::{Folder, Name};
use super::handle::AsHandle;
use crate::model::catalog::{EntryKind, FileTime};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(all(unix, not(target_os = "linux")))]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(all(unix, not(target_os = "linux")))]
use unix as system;
#[cfg(windows)]
use windows as system;
#[cfg(windows)]
pub(super) use windows::{is_name_surrogate, mode, tag};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    /// On Windows also a junction.
    Symlink,
    Fifo,
    CharDevice {
        major: u32,
        minor: u32,
    },
    BlockDevice {
        major: u32,
        minor: u32,
    },
    /// Lives only as long as its owner: no archive holds it.
    Socket,
}

impl Kind {
    /// `major`, `minor`: of a device.
    #[cfg(unix)]
    #[inline]
    fn of(is: FileType, major: u32, minor: u32) -> Self {
        match is {
            FileType::Directory => Self::Folder,
            FileType::Symlink => Self::Symlink,
            FileType::Fifo => Self::Fifo,
            FileType::CharacterDevice => Self::CharDevice { major, minor },
            FileType::BlockDevice => Self::BlockDevice { major, minor },
            FileType::Socket => Self::Socket,
            _ => Self::File,
        }
    }

    /// Whether a catalog entry is of this kind. A symlink's target is not looked at.
    pub fn is(self, kind: &EntryKind) -> bool {
        match (self, kind) {
            (Self::File, EntryKind::File)
            | (Self::Folder, EntryKind::Folder)
            | (Self::Symlink, EntryKind::Symlink { .. })
            | (Self::Fifo, EntryKind::Fifo) => true,
            (Self::CharDevice { major, minor }, EntryKind::CharDevice { major: a, minor: b })
            | (Self::BlockDevice { major, minor }, EntryKind::BlockDevice { major: a, minor: b }) => major == *a && minor == *b,
            _ => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    pub kind: Kind,
    /// Permission bits with setuid, setgid and sticky. On Windows those of which the read-only flag tells.
    pub mode: u32,
    /// 0 on Windows, as the group.
    pub uid: u32,
    pub gid: u32,
    /// Length in bytes of a regular file, else 0.
    pub size: u64,
    pub mtime: FileTime,
    /// Of the last change of the file or of what it is called.
    pub ctime: FileTime,
    pub device: u64,
    pub inode: u64,
    /// Names of the inode.
    pub links: u32,
    /// Allocated blocks of 512 bytes.
    pub blocks: u64,
}

impl Stat {
    pub fn is_file(&self) -> bool {
        self.kind == Kind::File
    }

    pub fn is_folder(&self) -> bool {
        self.kind == Kind::Folder
    }

    /// Device and inode: what no other file has.
    pub fn identity(&self) -> (u64, u64) {
        (self.device, self.inode)
    }
}

/// Looks at `name` within `folder`, never at what it may link to.
#[inline]
pub fn stat(folder: &Folder, name: impl Name) -> io::Result<Stat> {
    system::stat(folder, name)
}

/// The same; `None` where there is nothing.
#[inline]
pub fn look(folder: &Folder, name: impl Name) -> io::Result<Option<Stat>> {
    match stat(folder, name) {
        Ok(stat) => Ok(Some(stat)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Looks at what is open.
#[inline]
pub fn stat_of(open: &impl AsHandle) -> io::Result<Stat> {
    system::stat_of(open)
}

/// Looks at what a path leads to.
pub fn of_path(path: &Path) -> io::Result<Stat> {
    system::of_path(path)
}

/// When what `name` is was made; `None` where the file system does not say.
pub fn born(folder: &Folder, name: impl Name) -> Option<FileTime> {
    system::born(folder, name)
}

/// Whether `name` is a folder or a link that leads to one.
pub fn leads_to_folder(folder: &Folder, name: impl Name) -> bool {
    system::leads_to_folder(folder, name)
}
