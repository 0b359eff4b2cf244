//! What the system says of a file, without following links.

use std::io;
use std::ops::Deref;

use crate::model::catalog::FileTime;
use crate::os::folder::{Folder, Name};
use crate::os::handle::AsHandle;
pub use crate::os::stat::Kind;
use crate::os::stat::{self, Stat};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    pub stat: Stat,
    /// Whether ctime and inode can be relied on: not on FAT, FUSE and network shares without them.
    pub stable: bool,
}

impl Deref for Meta {
    type Target = Stat;

    fn deref(&self) -> &Stat {
        &self.stat
    }
}

impl Meta {
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
    Ok(Meta { stat: stat::stat(folder, name)?, stable: true })
}

/// The same of what is open.
pub fn status_of(open: &impl AsHandle) -> io::Result<Meta> {
    Ok(Meta { stat: stat::stat_of(open)?, stable: true })
}
