//! By the `…at` calls.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::unlinkat;
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, RenameFlags, linkat, mkdirat, openat, readlinkat, renameat, renameat_with, symlinkat,
};
use rustix::io::Errno;

use super::{For, Node};
use crate::os::reason::Reason;
use crate::os::stat::look;

/// A name as it is at hand; one with its NUL need not be copied.
pub use rustix::path::Arg as Name;

/// Longest path that is given to the system in one piece (Linux takes 4,096 with the final NUL, macOS 1,024).
pub(in crate::os) const LONGEST_PATH: usize = if cfg!(target_os = "linux") { 4000 } else { 1000 };

#[cfg(target_os = "linux")]
const REACHING: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const REACHING: OFlags = OFlags::RDONLY;

/// Without waiting for the other end of a pipe.
const READ: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const NEW: OFlags = OFlags::CREATE.union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl For {
    pub(in crate::os) const fn flags(self) -> OFlags {
        let flags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
        match self {
            Self::Reaching => flags.union(REACHING),
            Self::Reading => flags.union(OFlags::RDONLY),
        }
    }
}

#[derive(Debug)]
pub struct Folder(pub(in crate::os) OwnedFd);

impl AsFd for Folder {
    #[inline]
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Folder {
    /// Opens the folder at a path of any length, following links.
    pub fn open(path: &Path, what_for: For) -> io::Result<Self> {
        let mut from: Option<OwnedFd> = None;
        let mut rest = path.as_os_str().as_bytes();
        while rest.len() > LONGEST_PATH {
            let split = rest[..LONGEST_PATH].iter().rposition(|b| *b == b'/').filter(|at| *at > 0);
            let split = split.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
            let at = from.as_ref().map_or(CWD, |folder| folder.as_fd());
            from = Some(openat(at, &rest[..split], For::Reaching.flags(), Mode::empty())?);
            rest = &rest[split + 1..];
        }
        let rest = if from.is_some() && rest.is_empty() { b"." } else { rest };
        let at = from.as_ref().map_or(CWD, |folder| folder.as_fd());
        Ok(Self(openat(at, rest, what_for.flags(), Mode::empty())?))
    }

    /// A folder in this one.
    #[inline]
    pub fn folder(&self, name: impl Name, what_for: For) -> io::Result<Self> {
        Ok(Self(openat(self, name, what_for.flags() | OFlags::NOFOLLOW, Mode::empty())?))
    }

    /// A folder in this one, for reading, without leaving an access time where that is permitted.
    #[inline]
    pub fn folder_quietly(&self, name: impl Name + Copy) -> io::Result<Self> {
        Ok(Self(self.quietly(name, For::Reading.flags() | OFlags::NOFOLLOW)?))
    }

    /// This folder opened once more.
    pub fn again(&self, what_for: For) -> io::Result<Self> {
        Ok(Self(openat(self, c".", what_for.flags(), Mode::empty())?))
    }

    /// The same, for reading, without leaving an access time where that is permitted.
    pub fn again_quietly(&self) -> io::Result<Self> {
        Ok(Self(self.quietly(c".", For::Reading.flags())?))
    }

    /// A file for reading, or whatever else has the name. Never waits for the other end of a pipe.
    #[inline]
    pub fn file(&self, name: impl Name) -> io::Result<File> {
        Ok(openat(self, name, READ, Mode::empty())?.into())
    }

    /// The same, without leaving an access time where that is permitted.
    #[inline]
    pub fn file_quietly(&self, name: impl Name + Copy) -> io::Result<File> {
        Ok(self.quietly(name, READ)?.into())
    }

    #[cfg(target_os = "linux")]
    #[inline]
    fn quietly(&self, name: impl Name + Copy, flags: OFlags) -> io::Result<OwnedFd> {
        match openat(self, name, flags | OFlags::NOATIME, Mode::empty()) {
            Err(Errno::PERM) => Ok(openat(self, name, flags, Mode::empty())?),
            opened => Ok(opened?),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn quietly(&self, name: impl Name + Copy, flags: OFlags) -> io::Result<OwnedFd> {
        Ok(openat(self, name, flags, Mode::empty())?)
    }

    /// A file that is there, for writing.
    pub fn file_to_write(&self, name: impl Name) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(openat(self, name, flags, Mode::empty())?.into())
    }

    /// A file that is there, for reading and writing at its end.
    pub fn file_to_append(&self, name: impl Name) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::APPEND;
        Ok(openat(self, name, flags, Mode::empty())?.into())
    }

    /// Makes a file and opens it for writing. `AlreadyExists` where anything has the name.
    #[inline]
    pub fn new_file(&self, name: impl Name, mode: u32) -> io::Result<File> {
        Ok(openat(self, name, NEW | OFlags::WRONLY, mode_of(mode))?.into())
    }

    /// Makes a file that only this person may read, and opens it for reading and for writing at its end.
    pub fn new_file_to_append(&self, name: impl Name) -> io::Result<File> {
        Ok(openat(self, name, NEW | OFlags::RDWR | OFlags::APPEND, Mode::RUSR | Mode::WUSR)?.into())
    }

    #[inline]
    pub fn new_folder(&self, name: impl Name, mode: u32) -> io::Result<()> {
        Ok(mkdirat(self, name, mode_of(mode))?)
    }

    /// A symbolic link to `target`, whatever that is.
    pub fn new_link(&self, name: impl Name, target: &[u8]) -> io::Result<()> {
        Ok(symlinkat(target, self, name)?)
    }

    pub fn read_link(&self, name: impl Name) -> io::Result<Vec<u8>> {
        Ok(readlinkat(self, name, Vec::new())?.into_bytes())
    }

    /// Whether a symbolic link to `target` has the name.
    pub fn is_link_to(&self, name: impl Name, target: &[u8]) -> bool {
        readlinkat(self, name, Vec::new()).is_ok_and(|there| there.to_bytes() == target)
    }

    #[cfg(target_os = "linux")]
    pub fn new_node(&self, name: impl Name, node: Node, mode: u32) -> io::Result<()> {
        use rustix::fs::{FileType, makedev};
        let (kind, device) = match node {
            Node::Fifo => (FileType::Fifo, 0),
            Node::CharDevice { major, minor } => (FileType::CharacterDevice, makedev(major, minor)),
            Node::BlockDevice { major, minor } => (FileType::BlockDevice, makedev(major, minor)),
        };
        Ok(rustix::fs::mknodat(self, name, kind, mode_of(mode), device)?)
    }

    /// Since macOS 13; rustix does not have it there.
    #[cfg(target_os = "macos")]
    pub fn new_node(&self, name: impl Name, node: Node, mode: u32) -> io::Result<()> {
        use std::os::fd::AsRawFd;
        let (kind, device) = match node {
            Node::Fifo => (libc::S_IFIFO, 0),
            Node::CharDevice { major, minor } => (libc::S_IFCHR, rustix::fs::makedev(major, minor)),
            Node::BlockDevice { major, minor } => (libc::S_IFBLK, rustix::fs::makedev(major, minor)),
        };
        let mode = kind | (mode & 0o7777) as libc::mode_t;
        let made = name.into_with_c_str(|name| {
            // SAFETY: the folder is open as long as `self` lives, and the name ends with its NUL.
            Ok(unsafe { libc::mknodat(self.0.as_raw_fd(), name.as_ptr(), mode, device as libc::dev_t) })
        })?;
        if made == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Gives what `name` is, and is no folder, one more name. `AlreadyExists` where anything has that.
    #[inline]
    pub fn link(&self, name: impl Name, to: &Self, new: impl Name) -> io::Result<()> {
        Ok(linkat(self, name, to, new, AtFlags::empty())?)
    }

    /// Takes a name away that is no folder's.
    pub fn remove_file(&self, name: impl Name) -> io::Result<()> {
        Ok(unlinkat(self, name, AtFlags::empty())?)
    }

    pub fn remove_folder(&self, name: impl Name) -> io::Result<()> {
        Ok(unlinkat(self, name, AtFlags::REMOVEDIR)?)
    }

    /// Renames, but never over something: `AlreadyExists` then.
    pub fn rename_new(&self, old: impl Name + Copy, to: &Self, new: impl Name + Copy) -> io::Result<()> {
        match renameat_with(self, old, to, new, RenameFlags::NOREPLACE) {
            // Not every file system knows the flag.
            Err(e) if [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&e) => {}
            result => return Ok(result?),
        }
        match linkat(self, old, to, new, AtFlags::empty()) {
            Ok(()) => return self.remove_file(old),
            Err(e) if Reason::of(&e.into()).is_without_links() => {}
            Err(e) => return Err(e.into()),
        }
        // FAT and some network shares have neither. Looking first is what can be done.
        match look(to, new)? {
            Some(_) => Err(Reason::Exists.into()),
            None => Ok(renameat(self, old, to, new)?),
        }
    }

    /// The names in it, in no order, without `.` and `..`.
    pub fn names(&self) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
        let names = rustix::fs::Dir::new(self.again(For::Reading)?.0)?.map(|entry| Ok(entry?.file_name().to_bytes().to_vec()));
        Ok(names.filter(|name| !matches!(name.as_deref(), Ok(b"." | b".."))))
    }

    /// The same of a folder that was opened for reading, from where it was read to; by `buffer`, which needs some KiB of capacity.
    #[cfg(target_os = "linux")]
    #[inline]
    pub fn each_name(&self, buffer: &mut Vec<u8>, mut each: impl FnMut(&CStr)) -> io::Result<()> {
        buffer.clear();
        let mut entries = rustix::fs::RawDir::new(self, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name();
            if name != c"." && name != c".." {
                each(name);
            }
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    pub fn each_name(&self, _buffer: &mut Vec<u8>, mut each: impl FnMut(&CStr)) -> io::Result<()> {
        for entry in rustix::fs::Dir::read_from(self)? {
            let entry = entry?;
            let name = entry.file_name();
            if name != c"." && name != c".." {
                each(name);
            }
        }
        Ok(())
    }

    /// The next [`Folder::each_name`] begins at the beginning.
    pub fn rewind(&self) -> io::Result<()> {
        rustix::fs::seek(self, rustix::fs::SeekFrom::Start(0))?;
        Ok(())
    }
}

fn mode_of(mode: u32) -> Mode {
    Mode::from_raw_mode((mode & 0o7777) as rustix::fs::RawMode)
}
