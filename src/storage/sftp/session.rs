//! SFTP on the channels of a connection. A server lets only so much be on its way to it over one channel (OpenSSH two MiB): over a long
//! line several carry more.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use russh::client;
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::rawsession::Limits;

use super::patience::Patience;
use super::server_key::ServerKey;

/// Bytes of one request, where the server says nothing of its limits: what every server takes.
pub const USUAL: u32 = 32 << 10;
/// At most, whatever it says.
const MOST: u32 = 255 << 10;

/// One channel. Handles of files are its own.
pub struct Session {
    pub sftp: RawSftpSession,
    patience: Patience,
    /// Files that the server is making durable.
    syncing: Mutex<usize>,
    /// Bytes of one read or write.
    pub piece: usize,
    /// Whether the server can be told to make a file durable.
    pub syncs: bool,
    /// Uploads that go over it.
    uploads: AtomicUsize,
}

impl Session {
    /// `like`: another on the same connection, which knows what the server can do.
    pub async fn begin(ssh: &client::Handle<ServerKey>, patience: Patience, like: Option<&Self>) -> Result<Self, String> {
        let channel = ssh.channel_open_session().await.map_err(|e| e.to_string())?;
        channel.request_subsystem(true, "sftp").await.map_err(|e| e.to_string())?;
        let mut sftp = RawSftpSession::new(channel.into_stream());
        sftp.set_timeout(patience.answer.as_secs().max(1));
        let version = sftp.init().await.map_err(|e| e.to_string())?;
        let (syncing, uploads) = (Mutex::new(0), AtomicUsize::new(0));
        if let Some(Self { piece, syncs, .. }) = like {
            return Ok(Self { sftp, patience, syncing, piece: *piece, syncs: *syncs, uploads });
        }
        let has = |name: &str| version.extensions.contains_key(name);
        let mut piece = USUAL;
        if has("limits@openssh.com")
            && let Ok(limits) = sftp.limits().await
        {
            let limits = Limits::from(limits);
            let both = limits.read_len.unwrap_or(USUAL.into()).min(limits.write_len.unwrap_or(USUAL.into()));
            piece = u32::try_from(both).unwrap_or(MOST).clamp(1 << 10, MOST);
            sftp.set_limits(limits);
        }
        let syncs = has("fsync@openssh.com");
        Ok(Self { sftp, patience, syncing, piece: piece as usize, syncs, uploads })
    }

    /// What is asked from now on may take as long as making a file durable does, until what is given is dropped.
    pub fn syncing(&self) -> Syncing<'_> {
        self.count_syncing(1);
        Syncing(self)
    }

    fn count_syncing(&self, change: isize) {
        let mut syncing = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        *syncing = syncing.saturating_add_signed(change);
        let patience = if *syncing > 0 { self.patience.sync } else { self.patience.answer };
        self.sftp.set_timeout(patience.as_secs().max(1));
    }
}

/// A file is being made durable.
pub struct Syncing<'a>(&'a Session);

impl Drop for Syncing<'_> {
    fn drop(&mut self) {
        self.0.count_syncing(-1);
    }
}

/// All channels of a connection: one at first, more where several uploads go at once.
pub struct Sessions(Mutex<State>);

struct State {
    all: Vec<Arc<Session>>,
    /// That are being opened.
    opening: usize,
    /// No more than the server takes, and than may be.
    most: usize,
}

impl Sessions {
    pub fn new(first: Session, most: usize) -> Self {
        Self(Mutex::new(State { all: vec![Arc::new(first)], opening: 0, most }))
    }

    /// The first, over which all that is short goes.
    pub fn first(&self) -> Arc<Session> {
        // There is always one.
        self.state().all[0].clone()
    }

    /// A channel for an upload: one that has none if possible, else the one with the fewest. `open` opens another.
    pub fn take(&self, open: impl FnOnce() -> Result<Session, String>) -> Taken {
        {
            let mut state = self.state();
            let least = least(&state.all);
            if least.0.uploads.load(Relaxed) == 1 || state.all.len() + state.opening >= state.most {
                return least;
            }
            state.opening += 1;
        }
        let opened = open();
        let mut state = self.state();
        state.opening -= 1;
        match opened {
            Ok(session) => {
                let session = Arc::new(session);
                state.all.push(session.clone());
                Taken::over(&session)
            }
            Err(why) => {
                tracing::debug!("no further channel is opened: {why}");
                state.most = state.all.len();
                least(&state.all)
            }
        }
    }

    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.state().all.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn least(all: &[Arc<Session>]) -> Taken {
    let least = all.iter().min_by_key(|session| session.uploads.load(Relaxed));
    Taken::over(least.unwrap_or(&all[0]))
}

/// An upload's share in a channel.
pub struct Taken(Arc<Session>);

impl Taken {
    fn over(session: &Arc<Session>) -> Self {
        session.uploads.fetch_add(1, Relaxed);
        Self(session.clone())
    }
}

impl std::ops::Deref for Taken {
    type Target = Arc<Session>;

    fn deref(&self) -> &Arc<Session> {
        &self.0
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.uploads.fetch_sub(1, Relaxed);
    }
}
