//! What the system says of a file, without following links.

use std::io;

use rustix::fd::AsFd;
use rustix::fs::{AtFlags, FileType, Statx, StatxFlags, makedev, statx};
use rustix::path::Arg;

use crate::model::catalog::{EntryKind, FileTime};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
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
    fn new(stat: &Statx) -> Self {
        let (major, minor) = (stat.stx_rdev_major, stat.stx_rdev_minor);
        let kind = match FileType::from_raw_mode(u32::from(stat.stx_mode)) {
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Symlink,
            FileType::Fifo => Kind::Fifo,
            FileType::CharacterDevice => Kind::CharDevice { major, minor },
            FileType::BlockDevice => Kind::BlockDevice { major, minor },
            FileType::Socket => Kind::Socket,
            _ => Kind::File,
        };
        // File systems in user space may say anything.
        let time = |t: &rustix::fs::StatxTimestamp| FileTime { seconds: t.tv_sec, nanos: t.tv_nsec.min(999_999_999) };
        Self {
            kind,
            mode: u32::from(stat.stx_mode) & 0o7777,
            uid: stat.stx_uid,
            gid: stat.stx_gid,
            size: if kind == Kind::File { stat.stx_size } else { 0 },
            mtime: time(&stat.stx_mtime),
            ctime: time(&stat.stx_ctime),
            device: makedev(stat.stx_dev_major, stat.stx_dev_minor),
            inode: stat.stx_ino,
            links: stat.stx_nlink,
            blocks: stat.stx_blocks,
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

/// Looks at `name` within `folder`, or with an empty name at the descriptor itself. `stable` is set to true.
pub fn status<P: Arg>(folder: impl AsFd, name: P) -> io::Result<Meta> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::EMPTY_PATH;
    Ok(Meta::new(&statx(folder, name, flags, StatxFlags::BASIC_STATS)?))
}

/// Whether the file system of an open file keeps ctime and inode numbers stable. Magic numbers: statfs(2).
pub(super) fn is_stable(file: impl AsFd) -> bool {
    const UNSTABLE: [u64; 7] = [
        0x4d44,      // FAT
        0x2011_bab0, // exFAT
        0x6573_5546, // FUSE
        0xff53_4d42, // CIFS
        0xfe53_4d42, // SMB2
        0x517b,      // SMB
        0x0102_1997, // 9p
    ];
    magic(file).is_some_and(|magic| !UNSTABLE.contains(&magic))
}

/// Whether an open folder belongs to a file system that holds no files, but views of the running kernel: reading
/// them is endless (`/proc/kcore`) or does something, and nobody could restore them.
pub(super) fn is_pseudo(folder: impl AsFd) -> bool {
    const PSEUDO: [u64; 17] = [
        0x9fa0,      // proc
        0x6265_6572, // sysfs
        0x6462_6720, // debugfs
        0x7472_6163, // tracefs
        0x7363_6673, // securityfs
        0x6265_6570, // configfs
        0x0027_e0eb, // cgroup
        0x6367_7270, // cgroup2
        0xcafe_4a11, // bpf
        0x1cd1,      // devpts
        0x6165_676c, // pstore
        0x6573_5543, // fusectl
        0x1980_0202, // mqueue
        0x9584_58f6, // hugetlbfs
        0xde5e_81e4, // efivarfs
        0x4249_4e4d, // binfmt_misc
        0xf97c_ff8c, // selinux
    ];
    magic(folder).is_some_and(|magic| PSEUDO.contains(&magic))
}

fn magic(file: impl AsFd) -> Option<u64> {
    // The field's type differs between architectures; the magic numbers have 32 bits.
    rustix::fs::fstatfs(file).ok().map(|s| s.f_type as u64 & 0xffff_ffff)
}
