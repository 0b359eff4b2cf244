//! What belongs to a person's session.

use std::path::PathBuf;

/// The session's folder, gone when it ends, if it is ours: after `su` the variable may still name another's. Without the
/// variable (cron) the usual place, so that all processes of one person meet.
#[cfg(all(unix, not(target_os = "macos")))]
pub fn folder() -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let us = super::private::ourselves();
    let named = directories::BaseDirs::new().and_then(|dirs| dirs.runtime_dir().map(std::path::Path::to_path_buf));
    let usual = PathBuf::from(format!("/run/user/{us}"));
    let is_ours = |folder: &PathBuf| std::fs::metadata(folder).is_ok_and(|m| m.is_dir() && m.uid() == us);
    named.into_iter().chain([usual]).find(is_ours)
}

/// macOS and Windows have none.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn folder() -> Option<PathBuf> {
    None
}
