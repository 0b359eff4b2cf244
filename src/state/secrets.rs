//! Where plan keys are kept on this machine.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::paths::Home;

/// The system's keyring, a 0600 file where there is none, or a test's memory. Keys are plan ids, values text.
pub trait SecretStore: Send + Sync {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, Error>;
    fn set(&self, name: &str, value: &str) -> Result<(), Error>;
    fn delete(&self, name: &str) -> Result<(), Error>;
    /// For people: "System keyring", "File (only you can read it)".
    fn describe(&self) -> String;
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);

/// Nothing outlives the process: for tests.
#[derive(Default)]
pub struct MemoryStore;

impl SecretStore for MemoryStore {
    fn get(&self, _name: &str) -> Result<Option<Zeroizing<String>>, Error> {
        todo!()
    }
    fn set(&self, _name: &str, _value: &str) -> Result<(), Error> {
        todo!()
    }
    fn delete(&self, _name: &str) -> Result<(), Error> {
        todo!()
    }
    fn describe(&self) -> String {
        "Memory".into()
    }
}

/// The best store of this machine: the keyring if it takes a secret within five seconds, else files. Blocks; calls on the
/// store may block too. `prefer_file` leaves the keyring alone.
pub fn open_store(_home: &Home, _prefer_file: bool) -> Arc<dyn SecretStore> {
    todo!()
}
