//! What the system says of a file, without following links.

use std::io;

use crate::model::catalog::FileTime;
use crate::os::folder::{Folder, Name};
use crate::os::handle::AsHandle;
pub use crate::os::stat::Kind;
use crate::os::stat::{self, Stat};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    pub kind: Kind,
    /// Permission bits with setuid, setgid and sticky.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Length in bytes of a regular file, else 0.
    pub size: u64,
    pub mtime: FileTime,
    pub ctime: FileTime,
    pub device: u64,
    pub inode: u64,
    /// Names of the inode.
    pub links: u32,
    /// Allocated blocks of 512 bytes.
    pub blocks: u64,
    /// Whether ctime and inode can be relied on: not on FAT, FUSE and network shares without them.
    pub stable: bool,
}

impl Meta {
    fn new(stat: &Stat) -> Self {
        Self {
            kind: stat.kind,
            mode: stat.mode,
            uid: stat.uid,
            gid: stat.gid,
            size: stat.size,
            mtime: stat.mtime,
            ctime: stat.ctime,
            device: stat.device,
            inode: stat.inode,
            links: stat.links,
            blocks: stat.blocks,
            stable: true,
        }
    }

    /// Whether content that was read between two such looks is of one state.
    pub fn same_content_as(&self, other: &Self) -> bool {
        self.size == other.size && self.mtime == other.mtime && self.ctime == other.ctime
    }

    /// The time of the last change that can be known of: ctime, or mtime where ctime means nothing.
    pub fn changed(&self) -> FileTime {
        if self.stable { self.ctime } else { self.mtime }
    }
}

/// Looks at `name` within `folder`. `stable` is set to true.
pub fn status(folder: &Folder, name: impl Name) -> io::Result<Meta> {
    Ok(Meta::new(&stat::stat(folder, name)?))
}

/// The same of what is open.
pub fn status_of(open: &impl AsHandle) -> io::Result<Meta> {
    Ok(Meta::new(&stat::stat_of(open)?))
}
