//! A version's list: every file, its metadata, its pieces.

use serde::{Deserialize, Serialize};

use super::path::PathBytes;
use super::snapshot::VersionId;

/// Seconds and nanoseconds since 1970, also before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct FileTime {
    pub seconds: i64,
    /// 0 to 999,999,999.
    pub nanos: u32,
}

impl FileTime {
    /// Nanoseconds since 1970.
    pub fn as_nanosecond(self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Folder,
    Symlink { target: PathBytes },
    Fifo,
    CharDevice { major: u32, minor: u32 },
    BlockDevice { major: u32, minor: u32 },
}

/// One file, folder or other thing in a version.
///
/// A file's content is its pieces' bytes in order, with `holes` of zeros put in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Absolute original path without the leading `/`.
    pub path: PathBytes,
    pub kind: EntryKind,
    /// Permission bits with setuid, setgid and sticky; not the file type.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Length of a file's content, holes included; 0 for all others.
    pub size: u64,
    pub mtime: FileTime,
    pub ctime: FileTime,
    pub inode: u64,
    /// For a hard link: the path of the entry, earlier in the order, whose file it is. Its pieces are repeated here.
    pub link: Option<PathBytes>,
    pub xattrs: Vec<Xattr>,
    /// Offset and length of each run of zeros, in order.
    pub holes: Vec<(u64, u64)>,
    pub pieces: Vec<Piece>,
    /// Changed while it was read.
    pub torn: bool,
    /// Read too soon after its last change to be trusted as unchanged next time.
    pub unsettled: bool,
    /// Could not be read in this run: content and metadata are those of this older version.
    pub kept_from: Option<VersionId>,
}

impl Entry {
    /// An entry of which nothing more is known: what is, is put beside that.
    pub fn bare(path: PathBytes, kind: EntryKind) -> Self {
        Self {
            path,
            kind,
            mode: 0,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: FileTime::default(),
            ctime: FileTime::default(),
            inode: 0,
            link: None,
            xattrs: Vec::new(),
            holes: Vec::new(),
            pieces: Vec::new(),
            torn: false,
            unsettled: false,
            kept_from: None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xattr {
    pub name: Vec<u8>,
    pub value: Vec<u8>,
}

/// A run of bytes of some file, and where they lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub volume: VolumeRef,
    /// The frame's offset in the stored volume file. For a sealed volume: of its record.
    pub frame_offset: u64,
    /// The frame's length in the stored volume file. For a sealed volume: of the whole record.
    pub frame_length: u32,
    /// Where the piece begins in the unpacked frame.
    pub offset: u32,
    /// Length in bytes, at most 4 MiB.
    pub length: u32,
    /// BLAKE3 of the piece's bytes.
    pub hash: [u8; 32],
}

/// A volume of some run: `data/<run>/v<number>…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VolumeRef {
    pub run: VersionId,
    /// From 1.
    pub number: u32,
}

/// What the browser of a version shows of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub path: PathBytes,
    pub kind: RowKind,
    /// A file's size; for a folder the sum below it where known.
    pub size: Option<u64>,
    /// Files below a folder, where known.
    pub files: Option<u64>,
    pub mtime: FileTime,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Symbolic link's target.
    pub target: Option<PathBytes>,
    pub kept_from: Option<VersionId>,
    pub torn: bool,
}

/// A file that was found by its name in one or more versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundFile {
    pub path: PathBytes,
    /// As it was in the newest version that has it, then as it was before; never empty.
    pub states: Vec<FileState>,
}

/// What a file was in some versions: told apart by kind, size and time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// The newest version that has it so.
    pub version: VersionId,
    /// How many versions have it so.
    pub versions: u64,
    pub kind: RowKind,
    /// A file's size.
    pub size: Option<u64>,
    pub mtime: FileTime,
    /// Could not be read then: this is what an older version has.
    pub kept: bool,
    /// Changed while it was read.
    pub torn: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowKind {
    File,
    Folder,
    Symlink,
    Fifo,
    CharDevice,
    BlockDevice,
}

impl From<&EntryKind> for RowKind {
    fn from(kind: &EntryKind) -> Self {
        match kind {
            EntryKind::File => Self::File,
            EntryKind::Folder => Self::Folder,
            EntryKind::Symlink { .. } => Self::Symlink,
            EntryKind::Fifo => Self::Fifo,
            EntryKind::CharDevice { .. } => Self::CharDevice,
            EntryKind::BlockDevice { .. } => Self::BlockDevice,
        }
    }
}

impl EntryKind {
    /// Where a symbolic link leads.
    pub fn target(&self) -> Option<&PathBytes> {
        match self {
            Self::Symlink { target } => Some(target),
            _ => None,
        }
    }
}
