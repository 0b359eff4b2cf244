//! Which file a path leads to.

use std::io;
use std::path::Path;

/// Device and inode of what a path leads to: what no other file has.
#[cfg(unix)]
pub fn of(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

#[cfg(windows)]
pub fn of(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::windows::fs::OpenOptionsExt;
    use windows_sys::Win32::Storage::FileSystem::FILE_FLAG_BACKUP_SEMANTICS;
    // To be asked about, not to be read; with this flag folders too.
    let open = std::fs::OpenOptions::new().access_mode(0).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path)?;
    super::stat::stat_of(&open).map(|stat| stat.identity())
}

/// Device of what a path leads to; `None` where it leads nowhere.
pub fn device(path: &Path) -> Option<u64> {
    of(path).ok().map(|(device, _)| device)
}
