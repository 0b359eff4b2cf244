//! There are none. Further streams of a file are not kept.

use std::io;
use std::os::windows::io::AsHandle;

use crate::model::catalog::Xattr;
use crate::os::folder::Folder;
use crate::os::reason::Reason;

pub struct Reader;

impl Reader {
    #[expect(clippy::new_without_default, reason = "elsewhere it takes memory")]
    pub fn new() -> Self {
        Self
    }

    /// Of an open file.
    pub fn of_file(&mut self, _file: &impl AsHandle) -> io::Result<Vec<Xattr>> {
        Ok(Vec::new())
    }

    /// Of what lies in `folder`.
    pub fn of_name(&mut self, _folder: &Folder, _name: &[u8]) -> io::Result<Vec<Xattr>> {
        Ok(Vec::new())
    }
}

pub(super) fn set(_open: &impl AsHandle, _attribute: &Xattr) -> io::Result<()> {
    Err(Reason::NotSupported.into())
}

pub(super) fn set_at(_folder: &Folder, _name: &[u8], _attribute: &Xattr) -> io::Result<()> {
    Err(Reason::NotSupported.into())
}

pub(super) fn forget_inherited(_open: &impl AsHandle) {}
