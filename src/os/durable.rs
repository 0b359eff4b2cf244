//! What was written outlasts a loss of power. Of single files [`std::fs::File::sync_all`] is enough.

use std::fs::File;
use std::io;

use super::folder::Folder;
use super::handle::AsHandle;

/// Makes changes of names in a folder, which is open for reading, durable. Some network and FUSE file systems have no such thing.
#[cfg(target_os = "linux")]
pub fn sync_folder(folder: &Folder) -> io::Result<()> {
    use rustix::io::Errno;
    match rustix::fs::fsync(folder) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::BADF) => Ok(()),
        result => still_there(result.map(|()| folder)?),
    }
}

/// XFS, whose drive goes away while it syncs, may say that it did: what it could not write to its journal it lets go of, and then
/// finds nothing to wait for. Looking at something it refuses from then on.
#[cfg(target_os = "linux")]
fn still_there(open: &impl AsHandle) -> io::Result<()> {
    rustix::fs::fstat(open)?;
    Ok(())
}

/// Makes everything durable that was written so far to the file system of what is open.
#[cfg(target_os = "linux")]
pub fn sync_disk(open: &impl AsHandle) -> io::Result<()> {
    rustix::fs::syncfs(open)?;
    still_there(open)
}

/// Makes everything durable that was written so far, without being told whether that succeeded.
#[cfg(unix)]
pub fn sync_all_disks() {
    rustix::fs::sync();
}

/// Before a file that was written whole is given its name or time: where [`sync_disk`] has no power over other files, it is made
/// durable now.
#[cfg(unix)]
#[inline]
pub fn is_whole(_file: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "macos")]
pub fn sync_folder(folder: &Folder) -> io::Result<()> {
    use rustix::io::Errno;
    // `fsync` there leaves it in the drive's memory.
    match rustix::fs::fcntl_fullfsync(folder).or_else(|_| rustix::fs::fsync(folder)) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::OPNOTSUPP | Errno::BADF) => Ok(()),
        result => Ok(result?),
    }
}

#[cfg(target_os = "macos")]
pub fn sync_disk(open: &impl AsHandle) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    unsafe extern "C" {
        /// `unistd.h`, since 10.8; libc does not have it.
        fn fsync_volume_np(fd: libc::c_int, flags: libc::c_int) -> libc::c_int;
    }
    const FULLSYNC: libc::c_int = 1;
    const WAIT: libc::c_int = 2;
    let fd = open.as_fd();
    // SAFETY: it takes no memory, and the descriptor is open for as long as it is borrowed.
    match unsafe { fsync_volume_np(fd.as_raw_fd(), FULLSYNC | WAIT) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// NTFS writes names to its journal in order, before what follows them; what is flushed besides is what this person may.
#[cfg(windows)]
pub fn sync_folder(folder: &Folder) -> io::Result<()> {
    use windows_sys::Win32::Foundation::GENERIC_WRITE;

    use super::nt;
    use super::reason::Reason;
    let flushed = nt::reopen(folder, GENERIC_WRITE, nt::SHARE_ALL, 0).and_then(|open| nt::file(open).sync_all());
    match flushed {
        Err(e) if matches!(Reason::of(&e), Reason::Refused | Reason::Invalid | Reason::NotSupported) => Ok(()),
        flushed => flushed,
    }
}

/// Only administrators may do so on Windows; every file was made durable when it was whole.
#[cfg(windows)]
pub fn sync_disk(_open: &impl AsHandle) -> io::Result<()> {
    Ok(())
}

#[cfg(windows)]
pub fn sync_all_disks() {}

#[cfg(windows)]
pub fn is_whole(file: &File) -> io::Result<()> {
    file.sync_data()
}
