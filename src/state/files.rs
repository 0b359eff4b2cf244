//! Files and folders that only their owner may read, written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;

use super::{Error, Result};
use crate::os::durable::sync_folder;
use crate::os::folder::{Folder, For};
use crate::os::private;

/// Makes a folder (0700; parents as the umask has it) or takes the one that is there, if it is a real folder of ours.
pub(super) fn private_folder(path: &Path) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|e| Error::file(parent, e))?;
    }
    match private::make_folder(path) {
        Ok(()) => return Ok(()),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(Error::file(path, e)),
    }
    match private::claim_folder(path) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::NotOurs { path: path.into() }),
        Err(e) => Err(Error::file(path, e)),
    }
}

/// Replaces a file durably: temporary name in the same folder, fsync, rename, folder fsynced. Mode 0600.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = write_beside(path, bytes)?;
    fs::rename(&temporary, path).map_err(|e| give_up(&temporary, path, e))?;
    sync_parent(path)
}

/// Writes a file durably if there is none; `false` where there is one, which then stays as it is.
pub(super) fn write_first(path: &Path, bytes: &[u8]) -> Result<bool> {
    let temporary = write_beside(path, bytes)?;
    let first = match fs::hard_link(&temporary, path) {
        Ok(()) => true,
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => false,
        Err(e) => return Err(give_up(&temporary, path, e)),
    };
    fs::remove_file(&temporary).map_err(|e| Error::file(&temporary, e))?;
    sync_parent(path)?;
    Ok(first)
}

fn write_beside(path: &Path, bytes: &[u8]) -> Result<PathBuf> {
    // One name per process and thread: whoever else writes the same file has its own.
    let thread: String = format!("{:?}", thread::current().id()).chars().filter(char::is_ascii_digit).collect();
    let temporary = path.with_added_extension(format!("new-{}-{thread}", std::process::id()));
    let write = || -> io::Result<()> {
        let _ = fs::remove_file(&temporary);
        let mut file = private::create_file(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    match write() {
        Ok(()) => Ok(temporary),
        Err(e) => Err(give_up(&temporary, path, e)),
    }
}

fn give_up(temporary: &Path, path: &Path, error: io::Error) -> Error {
    let _ = fs::remove_file(temporary);
    Error::file(path, error)
}

pub(super) fn sync_parent(path: &Path) -> Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    Folder::open(parent, For::Reading).and_then(|folder| sync_folder(&folder)).map_err(|e| Error::file(parent, e))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn files_and_folders_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        private_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        private_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700, "a folder that others could read is closed");
        let file = folder.join("f");
        write_whole(&file, b"one").unwrap();
        write_whole(&file, b"two").unwrap();
        assert_eq!((fs::read(&file).unwrap(), mode(&file)), (b"two".to_vec(), 0o600));
        assert!(!write_first(&file, b"three").unwrap());
        assert!(write_first(&folder.join("g"), b"three").unwrap());
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no temporary files stay");
    }

    #[test]
    fn links_are_not_taken_for_folders() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        assert!(matches!(private_folder(&link), Err(Error::NotOurs { .. })));
    }
}
