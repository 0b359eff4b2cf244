//! Owner, mode, attributes and times of what was restored. What cannot be set is told, and is no failure.

use std::io;

use crate::model::catalog::{Entry, FileTime, Xattr};
use crate::os::attributes;
use crate::os::folder::Folder;
use crate::os::handle::AsHandle;
use crate::os::owner::{self, User};
use crate::os::reason::Reason;
use crate::os::stat::stat_of;

/// Whose process restores, and what the system gives to files that it makes.
#[derive(Clone, Copy, Debug)]
pub struct Maker {
    user: User,
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

impl Maker {
    pub fn of_this_process() -> Self {
        Self { user: User::of_this_process(), umask: owner::umask() }
    }

    pub fn is_root(&self) -> bool {
        self.user.is_root()
    }

    pub fn group(&self) -> u32 {
        self.user.gid
    }

    /// The mode to make a file with, so that it mostly is the final one and never more than that: special bits only come after
    /// the owner, and attributes can only be written while the owner may write.
    pub fn first_mode(&self, wanted: &Wanted<'_>) -> u32 {
        if wanted.xattrs.is_empty() || self.is_root() { wanted.mode & 0o777 } else { 0o600 }
    }

    /// Sets everything on an open file or folder. `made_with`: the mode it was made with, `None` where that says nothing about what
    /// it has. `odd_group`: its group may differ from the process's. The error says what could not be set.
    pub fn set(&self, open: &impl AsHandle, wanted: &Wanted<'_>, made_with: Option<u32>, odd_group: bool) -> Result<(), String> {
        let mut troubles = Troubles::default();
        let owned = self.set_owner(wanted, odd_group, &mut troubles, |uid, gid| owner::set_owner(open, uid, gid));
        // A file that runs as its owner must not do so as somebody else.
        let mode = if owned { wanted.mode } else { wanted.mode & !0o6000 };
        let has = made_with.and_then(|made| self.umask.map(|umask| made & 0o777 & !umask));
        let set_mode = |troubles: &mut Troubles| {
            if has != Some(mode) {
                troubles.note("mode", owner::set_mode(open, mode));
            }
        };
        let set_xattrs = |troubles: &mut Troubles| {
            for xattr in wanted.xattrs {
                troubles.note_xattr(xattr, attributes::set(open, xattr));
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
        troubles.note("time", owner::set_modified(open, wanted.mtime));
        troubles.result()
    }

    /// The same for what cannot be opened: symbolic links (`mode` stays), pipes and devices.
    pub fn set_at(&self, folder: &Folder, name: &[u8], wanted: &Wanted<'_>, has_mode: bool) -> Result<(), String> {
        let mut troubles = Troubles::default();
        let owned = self.set_owner(wanted, true, &mut troubles, |uid, gid| owner::set_owner_at(folder, name, uid, gid));
        if has_mode {
            let mode = if owned { wanted.mode } else { wanted.mode & !0o6000 };
            troubles.note("mode", owner::set_mode_at(folder, name, mode));
        }
        for xattr in wanted.xattrs {
            troubles.note_xattr(xattr, attributes::set_at(folder, name, xattr));
        }
        troubles.note("time", owner::set_modified_at(folder, name, wanted.mtime));
        troubles.result()
    }

    /// Sets the owner where it differs. Whether the thing belongs to whom it should afterwards.
    fn set_owner(
        &self,
        wanted: &Wanted<'_>,
        odd_group: bool,
        troubles: &mut Troubles,
        chown: impl Fn(Option<u32>, Option<u32>) -> io::Result<()>,
    ) -> bool {
        // The highest numbers mean "leave it" to the kernel.
        if wanted.uid == u32::MAX || wanted.gid == u32::MAX {
            troubles.note("owner", Err(Reason::Invalid.into()));
            return false;
        }
        if wanted.uid == self.user.uid && wanted.gid == self.user.gid && !odd_group {
            return true;
        }
        // One's own files need no right to give files away.
        let result = chown((wanted.uid != self.user.uid).then_some(wanted.uid), Some(wanted.gid));
        if result.is_err() && wanted.uid != self.user.uid && wanted.gid != self.user.gid {
            // The group alone may be one of this person's.
            let _ = chown(None, Some(wanted.gid));
        }
        let owned = result.is_ok();
        troubles.note("owner", result);
        owned
    }
}

/// Sets when something was modified, where that is not so already.
pub fn set_time(open: &impl AsHandle, mtime: FileTime) -> io::Result<()> {
    if stat_of(open)?.mtime == mtime { Ok(()) } else { owner::set_modified(open, mtime) }
}

/// What could not be set, in words: at most one warning comes of it.
#[derive(Default)]
struct Troubles(String);

impl Troubles {
    fn note(&mut self, what: &str, result: io::Result<()>) {
        if let Err(e) = result {
            self.0.push_str(&format!("{}{what} not set: {e}", if self.0.is_empty() { "" } else { "; " }));
        }
    }

    fn note_xattr(&mut self, xattr: &Xattr, result: io::Result<()>) {
        if result.is_err() {
            self.note(&format!("attribute {}", String::from_utf8_lossy(&xattr.name)), result);
        }
    }

    fn result(self) -> Result<(), String> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}
