//! Symbolic links by path.

use std::io;
use std::path::Path;

/// Makes a link to a folder. `PermissionDenied` on a Windows that lets only administrators make links.
#[cfg(unix)]
pub fn link_to_folder(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
pub fn link_to_folder(target: &Path, link: &Path) -> io::Result<()> {
    use windows_sys::Win32::Foundation::ERROR_PRIVILEGE_NOT_HELD;
    std::os::windows::fs::symlink_dir(target, link).map_err(|e| match e.raw_os_error() {
        Some(error) if error == ERROR_PRIVILEGE_NOT_HELD as i32 => io::ErrorKind::PermissionDenied.into(),
        _ => e,
    })
}
