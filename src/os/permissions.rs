//! Who may do what, by path.

use std::fs::Metadata;
use std::io;
use std::path::Path;

/// Whether this person may make files and folders in a folder.
#[cfg(unix)]
pub fn may_make_in(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok()
}

#[cfg(windows)]
pub fn may_make_in(folder: &Path) -> bool {
    use std::os::windows::fs::OpenOptionsExt;
    use windows_sys::Win32::Storage::FileSystem::{FILE_ADD_FILE, FILE_ADD_SUBDIRECTORY, FILE_FLAG_BACKUP_SEMANTICS};
    let wanted = FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY;
    std::fs::OpenOptions::new().access_mode(wanted).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(folder).is_ok()
}

/// Whether two files have the same permissions, as far as metadata tells: on Windows whether both can be written to.
pub fn are_same(a: &Metadata, b: &Metadata) -> bool {
    if cfg!(windows) { a.permissions().readonly() == b.permissions().readonly() } else { a.permissions() == b.permissions() }
}

/// Makes a file one that can be run: on Windows its name says that, and nothing else.
#[cfg(unix)]
pub fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

#[cfg(windows)]
pub fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}
