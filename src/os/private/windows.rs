use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, READ_CONTROL, WRITE_DAC,
};

use crate::os::account::{self, Access, Kind};

/// Makes a folder that only its owner can enter (and, as everywhere, the system and administrators); `AlreadyExists` where
/// anything has the name.
pub fn make_folder(path: &Path) -> io::Result<()> {
    Access::ours_alone()?.make_folder(path)
}

/// Closes a folder that is there to everybody else. `false` where it is none, a link to one, or somebody else's: nothing is changed then.
pub fn claim_folder(path: &Path) -> io::Result<bool> {
    // The folder itself, not what a link of whichever kind leads to.
    let folder = OpenOptions::new()
        .access_mode(READ_CONTROL | WRITE_DAC)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path);
    let folder = match folder {
        Ok(folder) => folder,
        // An owner may always read and change who has access.
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => return Ok(false),
        Err(e) => return Err(e),
    };
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() || found.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 || !account::owns(&folder, Kind::File)? {
        return Ok(false);
    }
    if !account::is_ours_alone(&folder)? {
        Access::ours_alone()?.set(&folder)?;
    }
    Ok(true)
}

/// Makes a file to write to that only its owner can open; `AlreadyExists` where anything has the name.
pub fn create_file(path: &Path) -> io::Result<File> {
    // Shared with nobody: whoever opened it before it has its access list could read what is written afterwards.
    let file = OpenOptions::new()
        .write(true)
        .access_mode(GENERIC_READ | GENERIC_WRITE | WRITE_DAC)
        .share_mode(0)
        .create_new(true)
        .open(path)?;
    let closed = Access::ours_alone().and_then(|access| access.set(&file));
    if let Err(e) = closed {
        drop(file);
        let _ = fs::remove_file(path);
        return Err(e);
    }
    Ok(file)
}

/// What a file in a private folder is opened with: a new one has its access list from the folder.
pub fn options() -> OpenOptions {
    OpenOptions::new()
}
