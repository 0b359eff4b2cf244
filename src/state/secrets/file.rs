//! Secrets in files that only their owner can read: where there is no keyring.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{Error, SecretStore};
use crate::state::files::{private_folder, sync_parent, write_whole};

/// Longest secret that is read back.
const LONGEST: u64 = 1 << 20;

/// One 0600 file for each secret in a 0700 folder.
pub struct FileStore {
    folder: PathBuf,
}

impl FileStore {
    /// The folder is made with the first secret.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn path(&self, name: &str) -> Result<PathBuf, Error> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if name.is_empty() || name.len() > 200 || !name.bytes().all(plain) {
            return Err(Error("a secret's name is made of letters, digits, - and _".into()));
        }
        Ok(self.folder.join(format!("{name}.key")))
    }
}

impl SecretStore for FileStore {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, Error> {
        let path = self.path(name)?;
        let failed = |e: io::Error| Error(format!("{}: {e}", path.display()));
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(failed(e)),
        };
        let length = file.metadata().map_err(failed)?.len().min(LONGEST);
        // Room for all of it from the start: growing would leave copies behind that nobody zeroes.
        let mut text = Zeroizing::new(String::with_capacity(length as usize + 1));
        file.take(length).read_to_string(&mut text).map_err(failed)?;
        Ok(Some(text))
    }

    fn set(&self, name: &str, value: &str) -> Result<(), Error> {
        let path = self.path(name)?;
        private_folder(&self.folder).and_then(|()| write_whole(&path, value.as_bytes())).map_err(|e| Error(e.to_string()))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name)?;
        match fs::remove_file(&path) {
            Ok(()) => sync_parent(&path).map_err(|e| Error(e.to_string())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(Error(format!("{}: {e}", path.display()))),
        }
    }

    fn describe(&self) -> String {
        "File (only you can read it)".into()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn files_keep_the_contract() {
        let dir = tempfile::tempdir().unwrap();
        super::super::contract(&FileStore::new(dir.path().join("secrets")));
    }

    #[test]
    fn files_are_private_and_names_cannot_leave_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("secrets");
        let store = FileStore::new(&folder);
        store.set("abc", "hush").unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(folder.join("abc.key")).unwrap().mode() & 0o777, 0o600);
        for name in ["", "../x", "a/b", "a.b", &"x".repeat(201)] {
            assert!(store.set(name, "hush").is_err(), "{name}");
            assert!(store.get(name).is_err(), "{name}");
        }
    }

    #[test]
    fn errors_do_not_tell() {
        let dir = tempfile::tempdir().unwrap();
        let store = FileStore::new(dir.path().join("secrets"));
        store.set("abc", "hush").unwrap();
        fs::write(dir.path().join("secrets/abc.key"), b"hush\xff").unwrap();
        let error = store.get("abc").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}
