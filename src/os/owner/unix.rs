use std::fs::{Metadata, Permissions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;

use rustix::fs::{
    AtFlags, Gid, Mode, RawMode, Timespec, Timestamps, UTIME_OMIT, Uid, chownat, fchmod, fchown, futimens, utimensat,
};

use super::User;
use crate::model::catalog::FileTime;
use crate::os::folder::Folder;
use crate::os::reason::Reason;
use crate::os::stat::{Kind, Stat};

#[inline]
pub(super) fn this_user() -> User {
    User { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw() }
}

/// Where it can be read without being changed.
#[cfg(target_os = "linux")]
pub(super) fn umask() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let umask = status.lines().find_map(|line| line.strip_prefix("Umask:"))?;
    u32::from_str_radix(umask.trim(), 8).ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn umask() -> Option<u32> {
    None
}

pub(super) fn is_own(_open: &impl AsFd, stat: &Stat) -> io::Result<bool> {
    Ok(stat.uid == this_user().uid && stat.mode & 0o022 == 0)
}

pub(super) fn set_owner(open: &impl AsFd, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    Ok(fchown(open, uid.map(Uid::from_raw), gid.map(Gid::from_raw))?)
}

pub(super) fn set_owner_at(folder: &Folder, name: &[u8], uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    Ok(chownat(folder, name, uid.map(Uid::from_raw), gid.map(Gid::from_raw), AtFlags::SYMLINK_NOFOLLOW)?)
}

pub(super) fn set_mode(open: &impl AsFd, mode: u32) -> io::Result<()> {
    Ok(fchmod(open, Mode::from_raw_mode(mode as RawMode))?)
}

pub(super) fn without_special(of: &Metadata) -> Permissions {
    Permissions::from_mode(of.permissions().mode() & 0o777)
}

/// Older kernels cannot say so in one call, but the path of an open file cannot lead elsewhere.
#[cfg(target_os = "linux")]
pub(super) fn set_mode_at(folder: &Folder, name: &[u8], mode: u32) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::OFlags;

    let fd = rustix::fs::openat(folder, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    if crate::os::stat::stat_of(&fd)?.kind == Kind::Symlink {
        return Err(Reason::ALink.into());
    }
    Ok(rustix::fs::chmod(format!("/proc/self/fd/{}", fd.as_raw_fd()), Mode::from_raw_mode(mode))?)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn set_mode_at(folder: &Folder, name: &[u8], mode: u32) -> io::Result<()> {
    if crate::os::stat::stat(folder, name)?.kind == Kind::Symlink {
        return Err(Reason::ALink.into());
    }
    Ok(rustix::fs::chmodat(folder, name, Mode::from_raw_mode(mode as RawMode), AtFlags::SYMLINK_NOFOLLOW)?)
}

pub(super) fn set_modified(open: &impl AsFd, time: FileTime) -> io::Result<()> {
    Ok(futimens(open, &times(time))?)
}

pub(super) fn set_modified_at(folder: &Folder, name: &[u8], time: FileTime) -> io::Result<()> {
    Ok(utimensat(folder, name, &times(time), AtFlags::SYMLINK_NOFOLLOW)?)
}

fn times(mtime: FileTime) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        // Larger numbers have a meaning of their own to the kernel.
        last_modification: Timespec { tv_sec: mtime.seconds, tv_nsec: mtime.nanos.min(999_999_999).into() },
    }
}
