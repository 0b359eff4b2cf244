//! Owner, mode, attributes and times of what was restored. What cannot be set is told, and is no failure.

use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags};
use rustix::io::Errno;

use crate::model::catalog::{Entry, FileTime, Xattr};

/// Whose process restores, and what the system gives to files that it makes.
#[derive(Clone, Copy, Debug)]
pub struct Maker {
    uid: u32,
    gid: u32,
    /// `None` where it could not be read.
    umask: Option<u32>,
}

/// What is to be set.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime: FileTime,
    pub xattrs: &'a [Xattr],
}

impl<'a> From<&'a Entry> for Wanted<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self { mode: entry.mode & 0o7777, uid: entry.uid, gid: entry.gid, mtime: entry.mtime, xattrs: &entry.xattrs }
    }
}

/// Access lists that a new thing may have got from the folder it was made in.
const INHERITED: [&str; 2] = ["system.posix_acl_default", "system.posix_acl_access"];

impl Maker {
    pub fn of_this_process() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let umask =
            status.lines().find_map(|line| line.strip_prefix("Umask:")).and_then(|text| u32::from_str_radix(text.trim(), 8).ok());
        Self { uid: rustix::process::geteuid().as_raw(), gid: rustix::process::getegid().as_raw(), umask }
    }

    pub fn is_root(&self) -> bool {
        self.uid == 0
    }

    pub fn group(&self) -> u32 {
        self.gid
    }

    /// The mode to make a file with, so that it mostly is the final one and never more than that: special bits only come after
    /// the owner, and attributes can only be written while the owner may write.
    pub fn first_mode(&self, wanted: &Wanted<'_>) -> u32 {
        if wanted.xattrs.is_empty() || self.is_root() { wanted.mode & 0o777 } else { 0o600 }
    }

    /// Sets everything on an open file or folder. `made_with`: the mode it was made with, `None` where that says nothing about what
    /// it has. `odd_group`: its group may differ from the process's. The error says what could not be set.
    pub fn set(&self, fd: BorrowedFd<'_>, wanted: &Wanted<'_>, made_with: Option<u32>, odd_group: bool) -> Result<(), String> {
        let mut troubles = Troubles::default();
        let owned = self.set_owner(wanted, odd_group, &mut troubles, |uid, gid| rustix::fs::fchown(fd, uid, gid));
        // A file that runs as its owner must not do so as somebody else.
        let mode = if owned { wanted.mode } else { wanted.mode & !0o6000 };
        let has = made_with.and_then(|made| self.umask.map(|umask| made & 0o777 & !umask));
        let set_mode = |troubles: &mut Troubles| {
            if has != Some(mode) {
                troubles.note("mode", rustix::fs::fchmod(fd, Mode::from_raw_mode(mode)));
            }
        };
        let set_xattrs = |troubles: &mut Troubles| {
            for xattr in wanted.xattrs {
                let result = rustix::fs::fsetxattr(fd, xattr.name.as_slice(), &xattr.value, XattrFlags::empty());
                troubles.note_xattr(xattr, result);
            }
        };
        if mode & 0o200 == 0 && !self.is_root() {
            // Without the permission to write, a plain user cannot give a file attributes any more.
            set_xattrs(&mut troubles);
            set_mode(&mut troubles);
        } else {
            set_mode(&mut troubles);
            set_xattrs(&mut troubles);
        }
        troubles.note("time", rustix::fs::futimens(fd, &times(wanted.mtime)));
        troubles.result()
    }

    /// The same for what cannot be opened: symbolic links (`mode` stays), pipes and devices.
    pub fn set_at(&self, folder: BorrowedFd<'_>, name: &[u8], wanted: &Wanted<'_>, has_mode: bool) -> Result<(), String> {
        let mut troubles = Troubles::default();
        let owned = self.set_owner(wanted, true, &mut troubles, |uid, gid| {
            rustix::fs::chownat(folder, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)
        });
        if has_mode {
            let mode = if owned { wanted.mode } else { wanted.mode & !0o6000 };
            troubles.note("mode", chmod_itself(folder, name, mode));
        }
        for xattr in wanted.xattrs {
            let path = [format!("/proc/self/fd/{}/", folder.as_raw_fd()).as_bytes(), name].concat();
            let result = rustix::fs::lsetxattr(path.as_slice(), xattr.name.as_slice(), &xattr.value, XattrFlags::empty());
            troubles.note_xattr(xattr, result);
        }
        troubles.note("time", rustix::fs::utimensat(folder, name, &times(wanted.mtime), AtFlags::SYMLINK_NOFOLLOW));
        troubles.result()
    }

    /// Sets the owner where it differs. Whether the thing belongs to whom it should afterwards.
    fn set_owner(
        &self,
        wanted: &Wanted<'_>,
        odd_group: bool,
        troubles: &mut Troubles,
        chown: impl Fn(Option<Uid>, Option<Gid>) -> Result<(), Errno>,
    ) -> bool {
        // The highest numbers mean "leave it" to the kernel.
        if wanted.uid == u32::MAX || wanted.gid == u32::MAX {
            troubles.note("owner", Err(Errno::INVAL));
            return false;
        }
        if wanted.uid == self.uid && wanted.gid == self.gid && !odd_group {
            return true;
        }
        let (uid, gid) = (Uid::from_raw(wanted.uid), Gid::from_raw(wanted.gid));
        // One's own files need no right to give files away.
        let result = chown((wanted.uid != self.uid).then_some(uid), Some(gid));
        if result.is_err() && wanted.uid != self.uid && wanted.gid != self.gid {
            // The group alone may be one of this person's.
            let _ = chown(None, Some(gid));
        }
        let owned = result.is_ok();
        troubles.note("owner", result);
        owned
    }
}

/// `chmod` of what `name` itself is: older kernels cannot say so in one call, but the path of an open file cannot lead elsewhere.
pub fn chmod_itself(folder: BorrowedFd<'_>, name: &[u8], mode: u32) -> Result<(), Errno> {
    let fd = rustix::fs::openat(folder, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    if FileType::from_raw_mode(rustix::fs::fstat(&fd)?.st_mode).is_symlink() {
        return Err(Errno::LOOP);
    }
    rustix::fs::chmod(format!("/proc/self/fd/{}", fd.as_raw_fd()), Mode::from_raw_mode(mode))
}

/// Takes away the access lists that a new file or folder inherits from a folder that was there before.
pub fn forget_inherited(fd: BorrowedFd<'_>) {
    for name in INHERITED {
        // Mostly there is none.
        let _ = rustix::fs::fremovexattr(fd, name);
    }
}

/// Sets when something was modified, where that is not so already.
pub fn set_time(fd: BorrowedFd<'_>, mtime: FileTime) -> Result<(), Errno> {
    let stat = rustix::fs::fstat(fd)?;
    let wanted = times(mtime);
    let is_so = stat.st_mtime == mtime.seconds && i64::try_from(stat.st_mtime_nsec) == Ok(wanted.last_modification.tv_nsec);
    if is_so { Ok(()) } else { rustix::fs::futimens(fd, &wanted) }
}

fn times(mtime: FileTime) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        // Larger numbers have a meaning of their own to the kernel.
        last_modification: Timespec { tv_sec: mtime.seconds, tv_nsec: mtime.nanos.min(999_999_999).into() },
    }
}

/// What could not be set, in words: at most one warning comes of it.
#[derive(Default)]
struct Troubles(String);

impl Troubles {
    fn note(&mut self, what: &str, result: Result<(), Errno>) {
        if let Err(e) = result {
            let e = std::io::Error::from(e);
            self.0.push_str(&format!("{}{what} not set: {e}", if self.0.is_empty() { "" } else { "; " }));
        }
    }

    fn note_xattr(&mut self, xattr: &Xattr, result: Result<(), Errno>) {
        if result.is_err() {
            self.note(&format!("attribute {}", String::from_utf8_lossy(&xattr.name)), result);
        }
    }

    fn result(self) -> Result<(), String> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}
