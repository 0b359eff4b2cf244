//! Where plan keys are kept on this machine.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::paths::Home;

mod file;
mod keyring;

pub use file::FileStore;
pub use keyring::KeyringStore;

/// The system's keyring, a 0600 file where there is none, or a test's memory. Keys are plan ids, values text.
///
/// Calls may block (a keyring may ask a person): never from the window's thread, nor from an async task.
pub trait SecretStore: Send + Sync {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, Error>;
    fn set(&self, name: &str, value: &str) -> Result<(), Error>;
    /// Removing what is not there is no error.
    fn delete(&self, name: &str) -> Result<(), Error>;
    /// For people: "System keyring", "File (only you can read it)".
    fn describe(&self) -> String;
}

/// Says what failed, never what was kept.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);

/// The best store of this machine: the keyring if it takes a secret within five seconds, else files. `prefer_file` leaves
/// the keyring alone.
pub fn open_store(home: &Home, prefer_file: bool) -> Arc<dyn SecretStore> {
    let files = FileStore::new(home.secrets_folder());
    if prefer_file { Arc::new(files) } else { Arc::new(KeyringStore::open(files)) }
}

/// Nothing outlives the process: for tests.
#[derive(Default)]
pub struct MemoryStore {
    values: Mutex<HashMap<String, Zeroizing<String>>>,
}

impl SecretStore for MemoryStore {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, Error> {
        Ok(self.values.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned())
    }

    fn set(&self, name: &str, value: &str) -> Result<(), Error> {
        let value = Zeroizing::new(value.to_string());
        self.values.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_string(), value);
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        Ok(())
    }

    fn describe(&self) -> String {
        "Memory".into()
    }
}

/// What every store must do.
#[cfg(test)]
fn contract(store: &dyn SecretStore) {
    let text = |name: &str| store.get(name).unwrap().map(|v| v.to_string());
    assert_eq!(text("a"), None);
    store.set("a", "one").unwrap();
    store.set("b", "two äöü").unwrap();
    store.set("a", "three").unwrap();
    assert_eq!((text("a"), text("b")), (Some("three".into()), Some("two äöü".into())));
    store.delete("a").unwrap();
    store.delete("a").unwrap();
    assert_eq!((text("a"), text("b")), (None, Some("two äöü".into())));
    store.delete("b").unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_keeps_the_contract() {
        contract(&MemoryStore::default());
    }
}
