//! Where plan keys are kept on this machine.

use zeroize::Zeroizing;

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
