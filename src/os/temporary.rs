//! Files without a name: nothing is left of them, however the program ends. One that is whole may be given one.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// A file for reading and writing that nobody else can open. `path`: the name that it has for a moment, or until it is closed.
pub fn nameless(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let file = options.mode(0o600).open(path)?;
        std::fs::remove_file(path)?;
        Ok(file)
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;

        use windows_sys::Win32::Storage::FileSystem::FILE_FLAG_DELETE_ON_CLOSE;
        options.share_mode(0).custom_flags(FILE_FLAG_DELETE_ON_CLOSE).open(path)
    }
}

/// A file for writing in a folder, that only this person may read. `Unsupported` where there is no such thing that may still be
/// given a name.
#[cfg(target_os = "linux")]
pub fn unnamed(folder: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).mode(0o600).custom_flags(rustix::fs::OFlags::TMPFILE.bits() as i32).open(folder)
}

/// Gives an [`unnamed`] file its name. `AlreadyExists` where anything has it.
#[cfg(target_os = "linux")]
pub fn give_name(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, linkat};
    let own = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, own.as_str(), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
pub fn unnamed(folder: &Path) -> io::Result<File> {
    // It says whether the folder is there.
    folder.metadata()?;
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
pub fn give_name(_file: &File, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
