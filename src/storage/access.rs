//! What a server asks for besides its address.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::model::location::{Location, Server};
use crate::model::path::PathBytes;
use crate::model::secret::Secret;
use crate::model::settings::CONNECTIONS;

use super::throttle::Throttle;

/// Answers for the person whose destinations they are. Calls may block. Who says nothing else knows nothing and trusts nobody.
pub trait Access: Send + Sync {
    /// The password of the account, which may also be the passphrase of the key that opens it.
    fn password(&self, _: &Location) -> Option<Secret> {
        None
    }
    /// Files of private keys that may open the account, the best first; they need not exist.
    fn key_files(&self, _: &Location) -> Vec<PathBuf> {
        Vec::new()
    }
    /// Where the person's own ssh keeps the servers that it knows.
    fn known_hosts(&self) -> Option<PathBuf> {
        None
    }
    /// By which key a server was known before.
    fn host_key(&self, _: &Server) -> Option<Fingerprint> {
        None
    }
    /// The key that somebody says it has, where it is not known by that one.
    fn named_key(&self, _: &Server) -> Option<Fingerprint> {
        None
    }
    /// Whether a server that was not known is trusted with this key; then it is kept.
    fn trust(&self, _: &Server, _: &Fingerprint) -> bool {
        false
    }
    /// A server has shown the key that it should: by what was said of it, or as the person's own ssh knows it. It is kept.
    fn seen(&self, _: &Server, _: &Fingerprint) {}
    /// A file of certificates (PEM) that may vouch for the server, beside those the system trusts.
    fn ca_file(&self, _: &Location) -> Option<PathBuf> {
        None
    }
    /// How fast bytes may go there and come from there.
    fn throttle(&self) -> Arc<Throttle> {
        Arc::default()
    }
    /// Where the drive that a folder of this machine lies on is mounted elsewhere now: the folder there.
    fn found_at(&self, _: &PathBytes) -> Option<PathBytes> {
        None
    }
    /// How many requests with files may be on their way to one server at the same time.
    fn connections(&self) -> usize {
        CONNECTIONS.into()
    }
    /// How long a server may say nothing before it counts as away, where that is not what is usual with its kind.
    fn patience(&self) -> Option<Duration> {
        None
    }
}

/// SHA-256 of a server's public key as OpenSSH shows it: `SHA256:` and base64 without padding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub String);

/// Knows nothing and trusts nobody: for folders.
pub struct NoAccess;

impl Access for NoAccess {}
