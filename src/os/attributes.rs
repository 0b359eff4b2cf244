//! Extended attributes: on Linux POSIX ACLs among them, on macOS resource forks. Windows has none.

use std::io;

use super::folder::Folder;
use super::handle::AsHandle;
use crate::model::catalog::Xattr;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

/// All attributes of one file: a header has to fit into a frame beside its content.
#[cfg(unix)]
const MOST: usize = 1 << 20;

pub use system::Reader;

/// Access lists that a new thing may have got from the folder it was made in.
pub const INHERITED: [&str; 2] = ["system.posix_acl_default", "system.posix_acl_access"];

/// Sets one of an open file or folder.
pub fn set(open: &impl AsHandle, attribute: &Xattr) -> io::Result<()> {
    system::set(open, attribute)
}

/// Sets one of what cannot be opened: symbolic links, pipes and devices.
pub fn set_at(folder: &Folder, name: &[u8], attribute: &Xattr) -> io::Result<()> {
    system::set_at(folder, name, attribute)
}

/// Takes away the access lists that a new file or folder inherits from a folder that was there before.
pub fn forget_inherited(open: &impl AsHandle) {
    system::forget_inherited(open);
}
