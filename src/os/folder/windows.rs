//! By `NtCreateFile` relative to a handle, a component at a time: nothing is followed that was not looked at.
//!
//! Names that Windows takes for something else than what they say are refused before it sees them.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::path::Path;

use windows_sys::Wdk::Storage::FileSystem::{
    FILE_CREATE, FILE_DIRECTORY_FILE, FILE_OPEN, FILE_OPEN_REPARSE_POINT, FileLinkInformation,
};
use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_APPEND_DATA, FILE_DISPOSITION_FLAG_DELETE, FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE,
    FILE_DISPOSITION_FLAG_POSIX_SEMANTICS, FILE_DISPOSITION_INFO_EX, FILE_FLAG_BACKUP_SEMANTICS, FILE_LIST_DIRECTORY,
    FILE_READ_ATTRIBUTES, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_TRAVERSE, FILE_WRITE_ATTRIBUTES, FileDispositionInfo,
    FileDispositionInfoEx, SYNCHRONIZE,
};
use windows_sys::Win32::System::Ioctl::FSCTL_GET_REPARSE_POINT;

use super::{For, Node};
use crate::model::names::windows_takes;
use crate::model::path::{as_path, from_wide, to_wide};
use crate::os::nt::{self, How, Plain};
use crate::os::reason::Reason;
use crate::os::reparse;
use crate::os::stat::{stat_of, tag};

/// `FileRenameInformation`, which windows-sys has for kernels only.
const RENAME: i32 = 10;
/// The most that a reparse point holds.
const LONGEST_REPARSE: usize = 16 << 10;

// SAFETY: numbers.
unsafe impl Plain for FILE_DISPOSITION_INFO_EX {}
// SAFETY: a number.
unsafe impl Plain for u8 {}

/// A name as it is at hand.
pub trait Name {
    fn bytes(&self) -> &[u8];
}

impl Name for &[u8] {
    fn bytes(&self) -> &[u8] {
        self
    }
}

impl Name for &str {
    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Name for &String {
    fn bytes(&self) -> &[u8] {
        self.as_str().as_bytes()
    }
}

impl Name for &CStr {
    fn bytes(&self) -> &[u8] {
        self.to_bytes()
    }
}

#[derive(Debug)]
pub struct Folder(OwnedHandle);

impl AsHandle for Folder {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.0.as_handle()
    }
}

impl For {
    fn access(self) -> u32 {
        match self {
            Self::Reaching => FILE_TRAVERSE | FILE_READ_ATTRIBUTES,
            Self::Reading => FILE_TRAVERSE | FILE_READ_ATTRIBUTES | FILE_LIST_DIRECTORY,
        }
    }
}

impl Folder {
    /// Opens the folder at a path of any length, following links.
    pub fn open(path: &Path, what_for: For) -> io::Result<Self> {
        let mut options = std::fs::OpenOptions::new();
        options.access_mode(what_for.access() | SYNCHRONIZE).share_mode(nt::SHARE_ALL).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
        let open = options.open(path)?;
        if !stat_of(&open)?.is_folder() {
            return Err(Reason::NotAFolder.into());
        }
        Ok(Self(open.into()))
    }

    /// A folder in this one.
    pub fn folder(&self, name: impl Name, what_for: For) -> io::Result<Self> {
        let how = How { access: what_for.access(), disposition: FILE_OPEN, options: FILE_DIRECTORY_FILE };
        self.not_elsewhere(&name, &how, Reason::NotAFolder).map(Self)
    }

    /// A folder in this one, for reading. Windows mostly keeps no access times.
    pub fn folder_quietly(&self, name: impl Name + Copy) -> io::Result<Self> {
        self.folder(name, For::Reading)
    }

    /// This folder opened once more.
    pub fn again(&self, what_for: For) -> io::Result<Self> {
        Ok(Self(nt::reopen(self, what_for.access() | SYNCHRONIZE, nt::SHARE_ALL, 0)?))
    }

    /// The same, for reading.
    pub fn again_quietly(&self) -> io::Result<Self> {
        self.again(For::Reading)
    }

    /// A file for reading, or whatever else has the name.
    pub fn file(&self, name: impl Name) -> io::Result<File> {
        let how = How { access: GENERIC_READ, disposition: FILE_OPEN, options: 0 };
        self.not_elsewhere(&name, &how, Reason::ALink).map(nt::file)
    }

    /// The same. Windows mostly keeps no access times.
    pub fn file_quietly(&self, name: impl Name + Copy) -> io::Result<File> {
        self.file(name)
    }

    /// A file that is there, for writing.
    pub fn file_to_write(&self, name: impl Name) -> io::Result<File> {
        let how = How { access: GENERIC_WRITE | FILE_READ_ATTRIBUTES, disposition: FILE_OPEN, options: 0 };
        self.not_elsewhere(&name, &how, Reason::ALink).map(nt::file)
    }

    /// A file that is there, for reading and writing at its end.
    pub fn file_to_append(&self, name: impl Name) -> io::Result<File> {
        let how = How { access: GENERIC_READ | FILE_APPEND_DATA, disposition: FILE_OPEN, options: 0 };
        self.not_elsewhere(&name, &how, Reason::ALink).map(nt::file)
    }

    /// Makes a file and opens it for writing. `AlreadyExists` where anything has the name. Its mode is not set.
    pub fn new_file(&self, name: impl Name, _mode: u32) -> io::Result<File> {
        self.made(&name, GENERIC_WRITE | FILE_READ_ATTRIBUTES, 0).map(nt::file)
    }

    /// Makes a file and opens it for reading and for writing at its end. Who may read it is as in its folder.
    pub fn new_file_to_append(&self, name: impl Name) -> io::Result<File> {
        self.made(&name, GENERIC_READ | FILE_APPEND_DATA, 0).map(nt::file)
    }

    /// Who may enter it is as in this one.
    pub fn new_folder(&self, name: impl Name, _mode: u32) -> io::Result<()> {
        self.made(&name, FILE_READ_ATTRIBUTES, FILE_DIRECTORY_FILE).map(drop)
    }

    /// A symbolic link to `target`, to a folder where it is one now.
    pub fn new_link(&self, name: impl Name, target: &[u8]) -> io::Result<()> {
        let name = to_wide(checked(&name)?).ok_or(Reason::BadName)?;
        // Links are made by path alone. While it is open and not shared for that, nobody can move a folder, nor those it lies in.
        let fixed = nt::reopen(self, FILE_READ_ATTRIBUTES | SYNCHRONIZE, FILE_SHARE_READ | FILE_SHARE_WRITE, 0)?;
        let mut path = nt::path(&fixed)?;
        path.push(u16::from(b'\\'));
        path.extend_from_slice(&name);
        let (path, target) = (from_wide(path), native(target));
        let (path, target) = (as_path(&path), as_path(&target));
        let is_folder = path.parent().is_some_and(|folder| folder.join(&target).is_dir());
        let make = if is_folder { std::os::windows::fs::symlink_dir } else { std::os::windows::fs::symlink_file };
        make(&target, &path)
    }

    pub fn read_link(&self, name: impl Name) -> io::Result<Vec<u8>> {
        let mut data = vec![0; LONGEST_REPARSE];
        let length = nt::control(&self.itself(name, FILE_READ_ATTRIBUTES)?, FSCTL_GET_REPARSE_POINT, &[], &mut data)?;
        let target = reparse::target(data.get(..length).unwrap_or_default());
        target.ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "a link of a kind that is not known"))
    }

    /// Whether a symbolic link to `target` has the name.
    pub fn is_link_to(&self, name: impl Name, target: &[u8]) -> bool {
        self.read_link(name).is_ok_and(|there| native(&there) == native(target))
    }

    /// There are none.
    pub fn new_node(&self, _name: impl Name, _node: Node, _mode: u32) -> io::Result<()> {
        Err(Reason::NotSupported.into())
    }

    /// Gives what `name` is, and is no folder, one more name. `AlreadyExists` where anything has that.
    pub fn link(&self, name: impl Name, to: &Self, new: impl Name) -> io::Result<()> {
        let new = to_wide(checked(&new)?).ok_or(Reason::BadName)?;
        nt::name_it(&self.itself(name, FILE_WRITE_ATTRIBUTES)?, FileLinkInformation, to, &new)
    }

    /// Takes a name away that is no folder's.
    pub fn remove_file(&self, name: impl Name) -> io::Result<()> {
        let open = self.itself(name, DELETE | FILE_READ_ATTRIBUTES)?;
        // Also links to folders are files in this.
        if stat_of(&open)?.is_folder() {
            return Err(Reason::AFolder.into());
        }
        remove(&open)
    }

    pub fn remove_folder(&self, name: impl Name) -> io::Result<()> {
        let open = self.itself(name, DELETE | FILE_READ_ATTRIBUTES)?;
        if !stat_of(&open)?.is_folder() {
            return Err(Reason::NotAFolder.into());
        }
        remove(&open)
    }

    /// Renames, but never over something: `AlreadyExists` then.
    pub fn rename_new(&self, old: impl Name + Copy, to: &Self, new: impl Name + Copy) -> io::Result<()> {
        let new = to_wide(checked(&new)?).ok_or(Reason::BadName)?;
        nt::name_it(&self.itself(old, DELETE)?, RENAME, to, &new)
    }

    /// The names in it, in no order, without `.` and `..`.
    pub fn names(&self) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
        let mut names = Vec::new();
        nt::each_name(&self.again(For::Reading)?, |name| names.push(from_wide(name.iter().copied())))?;
        names.retain(|name| name != b"." && name != b"..");
        Ok(names.into_iter().map(Ok))
    }

    /// The same of a folder that was opened for reading.
    pub fn each_name(&self, _buffer: &mut Vec<u8>, mut each: impl FnMut(&CStr)) -> io::Result<()> {
        nt::each_name(self, |name| {
            // None has a zero in it.
            if let Ok(name) = CString::new(from_wide(name.iter().copied()))
                && name.as_c_str() != c"."
                && name.as_c_str() != c".."
            {
                each(&name);
            }
        })
    }

    /// [`Folder::each_name`] always begins at the beginning.
    pub fn rewind(&self) -> io::Result<()> {
        Ok(())
    }

    /// Opens what `name` itself is, whatever that is.
    pub(in crate::os) fn itself(&self, name: impl Name, access: u32) -> io::Result<OwnedHandle> {
        let access = access | FILE_READ_ATTRIBUTES;
        self.at(checked(&name)?, &How { access, disposition: FILE_OPEN, options: FILE_OPEN_REPARSE_POINT })
    }

    /// Opens what `name` leads to, to be asked about.
    pub(in crate::os) fn followed(&self, name: impl Name) -> io::Result<OwnedHandle> {
        self.at(checked(&name)?, &How { access: FILE_READ_ATTRIBUTES, disposition: FILE_OPEN, options: 0 })
    }

    /// Opens what `name` itself is; fails for the reason where it stands for something elsewhere.
    fn not_elsewhere(&self, name: &impl Name, how: &How, otherwise: Reason) -> io::Result<OwnedHandle> {
        let name = checked(name)?;
        let open = self.at(name, &How { options: how.options | FILE_OPEN_REPARSE_POINT, ..*how })?;
        match tag(&open)? {
            None => Ok(open),
            Some(tag) if reparse::is_elsewhere(tag) => Err(otherwise.into()),
            // Its content comes by a filter, which has to be asked. In between it may have become another.
            Some(_) => {
                let filled = self.at(name, how)?;
                if stat_of(&filled)?.identity() != stat_of(&open)?.identity() {
                    return Err(otherwise.into());
                }
                Ok(filled)
            }
        }
    }

    fn made(&self, name: &impl Name, access: u32, options: u32) -> io::Result<OwnedHandle> {
        self.at(checked(name)?, &How { access, disposition: FILE_CREATE, options: options | FILE_OPEN_REPARSE_POINT })
    }

    fn at(&self, name: &[u8], how: &How) -> io::Result<OwnedHandle> {
        nt::open_at(self, &to_wide(name).ok_or(Reason::BadName)?, how)
    }
}

/// A name that Windows takes for just this one.
fn checked(name: &impl Name) -> io::Result<&[u8]> {
    let name = name.bytes();
    if windows_takes(name) {
        return Ok(name);
    }
    Err(io::Error::new(io::ErrorKind::InvalidFilename, "Windows has no files of this name"))
}

fn native(target: &[u8]) -> Vec<u8> {
    target.iter().map(|b| if *b == b'/' { b'\\' } else { *b }).collect()
}

/// Also what is read-only, as its folder decides it elsewhere. The name is free at once, whoever has it open.
fn remove(open: &OwnedHandle) -> io::Result<()> {
    let flags =
        FILE_DISPOSITION_FLAG_DELETE | FILE_DISPOSITION_FLAG_POSIX_SEMANTICS | FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE;
    match nt::set(open, FileDispositionInfoEx, &FILE_DISPOSITION_INFO_EX { Flags: flags }) {
        // FAT, and Windows before 10.
        Err(e) if matches!(Reason::of(&e), Reason::Invalid | Reason::NotSupported) => nt::set(open, FileDispositionInfo, &1u8),
        removed => removed,
    }
}
