//! One process at a time holds a home.

use std::fs::{File, TryLockError};
use std::io::Write;

use super::paths::Home;
use super::{Error, Result};
use crate::os::private;

/// Held until dropped, or until the process ends, however it ends.
#[derive(Debug)]
pub struct HomeLock {
    file: File,
}

impl Drop for HomeLock {
    fn drop(&mut self) {
        // Closing it is not enough: a program that is being started has every open file for a moment.
        let _ = self.file.unlock();
    }
}

impl HomeLock {
    /// `None` where another process (or another lock in this one) holds it.
    pub fn try_take(home: &Home) -> Result<Option<Self>> {
        let path = home.lock_file();
        let failed = |e: std::io::Error| Error::file(&path, e);
        let mut file = private::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        // For people who look who it is; nothing reads it. A full disk must not keep anybody from restoring.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Some(Self { file }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::locate(Some(dir.path())).unwrap();
        let held = HomeLock::try_take(&home).unwrap();
        assert!(held.is_some());
        assert!(HomeLock::try_take(&home).unwrap().is_none());
        assert_eq!(std::fs::read_to_string(home.lock_file()).unwrap(), format!("{}\n", std::process::id()));
        // As a program has it that is just being started.
        let file = held.as_ref().unwrap().file.try_clone().unwrap();
        drop(held);
        assert!(HomeLock::try_take(&home).unwrap().is_some());
        drop(file);
    }
}
