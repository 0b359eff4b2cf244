use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes a folder that only its owner can enter; `AlreadyExists` where anything has the name.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Closes a folder that is there to everybody else. `false` where it is none, a link to one, or somebody else's: nothing is changed then.
pub fn claim_folder(path: &Path) -> io::Result<bool> {
    // Not through a symbolic link: in a shared folder somebody else may have laid one.
    let found = fs::symlink_metadata(path)?;
    if found.uid() != ourselves() || !found.is_dir() {
        return Ok(false);
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    Ok(true)
}

/// Makes a file to write to that only its owner can open; `AlreadyExists` where anything has the name.
pub fn create_file(path: &Path) -> io::Result<File> {
    options().write(true).create_new(true).open(path)
}

/// What a file in a private folder is opened with: a new one is private by itself too, where files have modes.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

pub(in crate::os) fn ourselves() -> u32 {
    rustix::process::geteuid().as_raw()
}
