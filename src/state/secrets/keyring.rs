//! Secrets in the system's keyring (Secret Service, macOS's Keychain, Windows's Credential Manager), with files where it does
//! not take them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ::keyring::v1::{Entry, Error as KeyringError};
use zeroize::Zeroizing;

use super::{Error, FileStore, SecretStore};

const SERVICE: &str = "strongroom";
/// How long the start of the program waits for the keyring to prove itself.
const PROBE_LIMIT: Duration = Duration::from_secs(5);
/// How long a call waits: a person may have to type the keyring's password.
const CALL_LIMIT: Duration = Duration::from_secs(60);

/// The keyring as soon as it has taken a secret, and files until then.
///
/// A secret lies in one of the two. Files are looked into first: one there is newer, since whatever the keyring takes is
/// removed from the files.
pub struct KeyringStore {
    files: FileStore,
    /// Set by the probe, perhaps long after the start: when somebody has unlocked the keyring.
    ready: Arc<AtomicBool>,
}

impl KeyringStore {
    /// Probes the keyring, for five seconds at most. What takes longer goes on in the background.
    pub fn open(files: FileStore) -> Self {
        let ready = Arc::new(AtomicBool::new(false));
        let found = ready.clone();
        let probed = bounded(PROBE_LIMIT, move || probe().inspect(|()| found.store(true, Ordering::Release)));
        if let Err(error) = probed {
            tracing::info!("keys are kept in files: {error}");
        }
        Self { files, ready }
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }
}

impl SecretStore for KeyringStore {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, Error> {
        if let Some(value) = self.files.get(name)? {
            return Ok(Some(value));
        }
        if !self.is_ready() {
            return Ok(None);
        }
        let name = name.to_string();
        bounded(CALL_LIMIT, move || match entry(&name)?.get_password() {
            Ok(value) => Ok(Some(Zeroizing::new(value))),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(e) => Err(worded(&e)),
        })
    }

    fn set(&self, name: &str, value: &str) -> Result<(), Error> {
        if !self.is_ready() {
            return self.files.set(name, value);
        }
        let (key, secret) = (name.to_string(), Zeroizing::new(value.to_string()));
        match bounded(CALL_LIMIT, move || entry(&key)?.set_password(&secret).map_err(|e| worded(&e))) {
            Ok(()) => self.files.delete(name),
            Err(error) => {
                tracing::warn!("the keyring did not take a key, it is kept in a file: {error}");
                self.files.set(name, value)
            }
        }
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.files.delete(name)?;
        if !self.is_ready() {
            return Ok(());
        }
        let name = name.to_string();
        bounded(CALL_LIMIT, move || remove(&name))
    }

    fn describe(&self) -> String {
        if self.is_ready() { "System keyring".into() } else { self.files.describe() }
    }
}

/// Writes, reads and removes a secret. Only writing tells: a locked or missing collection answers a read like an empty one.
fn probe() -> Result<(), Error> {
    let name = format!("probe-{}", std::process::id());
    entry(&name)?.set_password("probe").map_err(|e| worded(&e))?;
    let read = entry(&name)?.get_password().map_err(|e| worded(&e))?;
    remove(&name)?;
    if read == "probe" { Ok(()) } else { Err(Error("the keyring gave back something else than it was given".into())) }
}

fn entry(name: &str) -> Result<Entry, Error> {
    Entry::new(SERVICE, name).map_err(|e| worded(&e))
}

fn remove(name: &str) -> Result<(), Error> {
    match entry(name)?.delete_credential() {
        Ok(()) | Err(KeyringError::NoEntry) => Ok(()),
        Err(e) => Err(worded(&e)),
    }
}

/// The library's words, except where its error carries the secret itself.
fn worded(error: &KeyringError) -> Error {
    Error(match error {
        KeyringError::BadEncoding(_) | KeyringError::BadDataFormat(..) => "keyring: not a text".into(),
        other => format!("keyring: {other}"),
    })
}

/// Runs a call that may hang (a bus that does not answer) on a thread of its own and stops waiting after `limit`.
fn bounded<T: Send + 'static>(limit: Duration, call: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let spawned = thread::Builder::new().name("keyring".into()).spawn(move || {
        // Nobody waits any more where the limit has passed.
        let _ = sender.send(call());
    });
    if let Err(e) = spawned {
        return Err(Error(format!("keyring: {e}")));
    }
    match receiver.recv_timeout(limit) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Error("keyring: no answer".into())),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Error("keyring: the call failed".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store whose probe has not succeeded: nothing of the tester's own keyring is touched.
    fn without_keyring(folder: &std::path::Path) -> KeyringStore {
        KeyringStore { files: FileStore::new(folder), ready: Arc::new(AtomicBool::new(false)) }
    }

    #[test]
    fn files_stand_in() {
        let dir = tempfile::tempdir().unwrap();
        let store = without_keyring(dir.path());
        assert_eq!(store.describe(), "File (only you can read it)");
        super::super::contract(&store);
    }

    #[test]
    fn a_hanging_call_is_left_behind() {
        let (_keep, never) = mpsc::channel::<()>();
        let waited = bounded(Duration::from_millis(20), move || {
            let _ = never.recv();
            Ok(())
        });
        assert!(waited.unwrap_err().to_string().contains("no answer"));
        let panicked: Result<(), _> = bounded(CALL_LIMIT, || panic!("expected in this test"));
        assert!(panicked.is_err());
    }

    #[test]
    fn errors_do_not_tell() {
        let error = worded(&KeyringError::BadEncoding(b"hush".to_vec()));
        assert!(!error.to_string().contains("hush"));
    }
}
