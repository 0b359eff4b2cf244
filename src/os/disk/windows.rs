//! By the names that file systems give themselves.

use std::io;
use std::iter::once;
use std::os::windows::io::AsHandle;

use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;

use super::Room;
use crate::os::nt;

pub(super) fn room(open: &impl AsHandle) -> io::Result<Room> {
    let path: Vec<u16> = nt::path(open)?.into_iter().chain(once(0)).collect();
    let (mut free, mut total) = (0, 0);
    // SAFETY: the path ends with a zero; the numbers are written where the call succeeds.
    if unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &mut free, &mut total, std::ptr::null_mut()) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Room { free, total })
}

pub(super) fn keeps_inodes(open: &impl AsHandle) -> bool {
    nt::file_system(open).is_ok_and(|name| ["NTFS", "ReFS"].contains(&name.as_str()))
}

/// There are none among the files.
pub(super) fn is_pseudo(_open: &impl AsHandle) -> bool {
    false
}

/// Not what lies on another machine.
pub(super) fn has_medium(open: &impl AsHandle) -> bool {
    let is_known = nt::file_system(open).is_ok_and(|name| ["NTFS", "ReFS", "exFAT", "FAT32", "FAT"].contains(&name.as_str()));
    let is_here = nt::path(open).is_ok_and(|path| !String::from_utf16_lossy(&path).starts_with(r"\\?\UNC\"));
    is_known && is_here
}
