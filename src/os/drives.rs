//! Drives and shares where a person would put backups.

use crate::model::drive::Mount;
use crate::model::path::PathBytes;

#[cfg(all(unix, not(target_os = "macos")))]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(all(unix, not(target_os = "macos")))]
use linux as native;
#[cfg(target_os = "macos")]
use macos as native;
#[cfg(windows)]
use windows as native;

/// A file system that can be reached now, and written to.
pub struct Mounted {
    pub point: PathBytes,
    /// What the drive is called; `None` where its point's name says it.
    pub label: Option<String>,
    /// As the system names the file system's kind: `ext4`, `apfs`, `NTFS`.
    pub kind: String,
    /// Device or address.
    pub source: String,
    pub is_network: bool,
    /// Bytes that this person may still fill.
    pub free: u64,
    /// Bytes.
    pub total: u64,
}

/// All of them; where the system does not say, none.
pub fn mounted() -> Vec<Mounted> {
    native::mounted()
}

/// What is mounted that may hold files of people, drive or share, whether it can be written to or not: in the order in which it was, with
/// what tells the volumes of drives from each other where the system says it. Asks no server.
pub fn mounts() -> Vec<Mount> {
    native::mounts()
}

/// Where the system itself lies.
pub fn system_root() -> std::path::PathBuf {
    native::system_root()
}
