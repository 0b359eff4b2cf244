//! Windows has neither numbers for people nor modes: of these, whether a file may be written to.

use std::fs::{Metadata, Permissions};
use std::io;
use std::os::windows::io::AsHandle;

use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_READONLY, FILE_BASIC_INFO, FILE_READ_ATTRIBUTES,
    FILE_WRITE_ATTRIBUTES, FileBasicInfo, SYNCHRONIZE,
};

use super::User;
use crate::model::catalog::FileTime;
use crate::os::account;
use crate::os::folder::Folder;
use crate::os::nt;
use crate::os::reason::Reason;
use crate::os::stat::{Stat, mode};
use crate::os::windows_time::to_windows;

const CHANGING: u32 = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;

pub(super) fn this_user() -> User {
    User { uid: 0, gid: 0 }
}

pub(super) fn umask() -> Option<u32> {
    None
}

/// Who may write there besides is for the folder to say; nobody but this person made it.
pub(super) fn is_own(open: &impl AsHandle, _stat: &Stat) -> io::Result<bool> {
    account::owns(&open.as_handle(), account::Kind::File)
}

pub(super) fn set_owner(_open: &impl AsHandle, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    without_numbers(uid, gid)
}

pub(super) fn set_owner_at(_folder: &Folder, _name: &[u8], uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    without_numbers(uid, gid)
}

/// What has those of [`this_user`] came from a system without them.
fn without_numbers(uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    let User { uid: own, gid: own_group } = this_user();
    let is_own = uid.is_none_or(|uid| uid == own) && gid.is_none_or(|gid| gid == own_group);
    if is_own { Ok(()) } else { Err(Reason::NotSupported.into()) }
}

pub(super) fn set_mode(open: &impl AsHandle, wanted: u32) -> io::Result<()> {
    let basic: FILE_BASIC_INFO = nt::get(open, FileBasicInfo)?;
    let is_folder = basic.FileAttributes & FILE_ATTRIBUTE_DIRECTORY != 0;
    let mut attributes = basic.FileAttributes;
    if !is_folder {
        attributes &= !FILE_ATTRIBUTE_READONLY;
        if wanted & 0o200 == 0 {
            attributes |= FILE_ATTRIBUTE_READONLY;
        }
    }
    if attributes != basic.FileAttributes {
        // None at all would mean that they stay.
        let attributes = if attributes == 0 { FILE_ATTRIBUTE_NORMAL } else { attributes };
        change(open, &FILE_BASIC_INFO { FileAttributes: attributes, ..FILE_BASIC_INFO::default() })?;
    }
    if mode(is_folder, attributes) != wanted & 0o7777 {
        return Err(Reason::NotSupported.into());
    }
    Ok(())
}

pub(super) fn set_mode_at(folder: &Folder, name: &[u8], wanted: u32) -> io::Result<()> {
    let open = folder.itself(name, FILE_WRITE_ATTRIBUTES)?;
    if crate::os::stat::is_name_surrogate(&open)? {
        return Err(Reason::ALink.into());
    }
    set_mode(&open, wanted)
}

pub(super) fn without_special(of: &Metadata) -> Permissions {
    of.permissions()
}

pub(super) fn set_modified(open: &impl AsHandle, time: FileTime) -> io::Result<()> {
    let time = to_windows(time).ok_or(Reason::Invalid)?;
    // Zeros leave what they stand for.
    change(open, &FILE_BASIC_INFO { LastWriteTime: time, ..FILE_BASIC_INFO::default() })
}

pub(super) fn set_modified_at(folder: &Folder, name: &[u8], time: FileTime) -> io::Result<()> {
    set_modified(&folder.itself(name, FILE_WRITE_ATTRIBUTES)?, time)
}

fn change(open: &impl AsHandle, to: &FILE_BASIC_INFO) -> io::Result<()> {
    nt::with_right(open, CHANGING, |open| nt::set(open, FileBasicInfo, to))
}
