//! Whether a server is the one that it was.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use russh::Disconnect;
use russh::client::{self, DisconnectReason};
use russh::keys::{HashAlg, PublicKey, PublicKeyOrCertificate, check_known_hosts_path};

use tokio::sync::watch;

use crate::model::location::Server;
use crate::storage::access::{Access, Fingerprint};
use crate::storage::{Error, Kind};

/// Judges the key that a server proves to have.
pub struct ServerKey {
    server: Server,
    pinned: Option<Fingerprint>,
    /// Whether it was never seen there: somebody says so.
    is_named: bool,
    /// What the person's own ssh knows.
    known_hosts: Option<PathBuf>,
    verdict: Verdict,
    /// Held as long as the connection lives: whoever waits for an answer sees it dropped.
    _alive: watch::Sender<()>,
}

/// What a server's key turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// To us or to the person's own ssh.
    Known(Fingerprint),
    /// Nobody has seen this server before.
    New(Fingerprint),
    Changed {
        was: Fingerprint,
        is: Fingerprint,
    },
    /// It was named, and the server shows another one.
    NotNamed {
        named: Fingerprint,
        is: Fingerprint,
    },
    /// It has shown none.
    Nothing,
}

#[derive(Clone)]
pub struct Verdict {
    key: Arc<Mutex<Checked>>,
    sent_away: Arc<AtomicBool>,
}

impl Verdict {
    /// Whether the server itself has ended the connection, in so many words, since it does not let us in: as after too many tries.
    pub fn is_sent_away(&self) -> bool {
        self.sent_away.load(Relaxed)
    }

    pub fn key(&self) -> Checked {
        self.key.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The verdict, where it ended the connection.
    pub fn refused(&self) -> Option<Checked> {
        let checked = self.key();
        matches!(checked, Checked::Changed { .. } | Checked::NotNamed { .. }).then_some(checked)
    }
}

impl Checked {
    /// As the reason for which nothing is sent to it.
    pub fn explained(self, server: &Server, shown: &str) -> Error {
        let (kind, why) = match self {
            Self::Changed { was, is } => {
                (Kind::ServerChanged, format!("the key of {} was {} and is now {}", server.host, was.0, is.0))
            }
            Self::NotNamed { named, is } => {
                (Kind::ServerNotNamed, format!("the key of {} is {}, and {} was named", server.host, is.0, named.0))
            }
            Self::New(key) => (Kind::ServerUnknown, key.0),
            Self::Known(_) | Self::Nothing => (Kind::ServerAway, "it has not shown its key".into()),
        };
        Error { kind, context: shown.into(), source: io::Error::other(why) }
    }
}

impl ServerKey {
    /// With the verdict it will come to, and what tells when the connection has ended.
    pub fn new(server: &Server, access: &dyn Access) -> (Self, Verdict, watch::Receiver<()>) {
        let verdict = Verdict { key: Arc::new(Mutex::new(Checked::Nothing)), sent_away: Arc::default() };
        let (alive, ended) = watch::channel(());
        let pinned = access.host_key(server);
        let key = Self {
            server: server.clone(),
            is_named: pinned.is_some() && access.named_key(server) == pinned,
            pinned,
            known_hosts: access.known_hosts(),
            verdict: verdict.clone(),
            _alive: alive,
        };
        (key, verdict, ended)
    }

    fn check(&self, key: &PublicKey) -> Checked {
        let is = Fingerprint(key.fingerprint(HashAlg::Sha256).to_string());
        match &self.pinned {
            Some(was) if *was == is => Checked::Known(is),
            Some(named) if self.is_named => Checked::NotNamed { named: named.clone(), is },
            Some(was) => Checked::Changed { was: was.clone(), is },
            None => self.as_ssh_knows(key, is),
        }
    }
}

impl ServerKey {
    /// Servers that the person's own ssh knows are known here too.
    fn as_ssh_knows(&self, key: &PublicKey, is: Fingerprint) -> Checked {
        let Some(file) = self.known_hosts.as_ref().filter(|file| file.is_file()) else { return Checked::New(is) };
        match check_known_hosts_path(&self.server.host, self.server.port, key, file) {
            Ok(true) => Checked::Known(is),
            Err(russh::keys::Error::KeyChanged { .. }) => {
                Checked::Changed { was: Fingerprint(format!("another one in {}", file.display())), is }
            }
            _ => Checked::New(is),
        }
    }
}

impl client::Handler for ServerKey {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else { return Ok(false) };
        let checked = self.check(key);
        let goes_on = matches!(checked, Checked::Known(_) | Checked::New(_));
        *self.verdict.key.lock().unwrap_or_else(PoisonError::into_inner) = checked;
        Ok(goes_on)
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Self::Error>) -> Result<(), Self::Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(said) => {
                // OpenSSH calls too many tries the first of these.
                use Disconnect::{IllegalUserName, NoMoreAuthMethodsAvailable, ProtocolError};
                let is_of_log_in = matches!(said.reason_code, ProtocolError | NoMoreAuthMethodsAvailable | IllegalUserName);
                self.verdict.sent_away.store(is_of_log_in, Relaxed);
                Ok(())
            }
            DisconnectReason::Error(error) => Err(error),
        }
    }
}
