//! One connection to a server, and the requests that go over it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use russh::{Preferred, cipher, client};
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::StatusCode;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::CHANNELS_EACH;
use super::children::Children;
use super::failure::{Failure, is_end};
use super::log_in::log_in;
use super::patience::Patience;
use super::server_key::{Checked, ServerKey};
use super::session::{Session, Sessions, Taken, USUAL};
use crate::model::location::{Location, Server, SftpFolder};
use crate::storage::access::Access;
use crate::storage::counted::Counted;
use crate::storage::stop::{self, Stop};
use crate::storage::throttle::{Throttle, pause};
use crate::storage::{Error, Kind, Take};

/// Requests on their way at once, as OpenSSH's `sftp` has them,
pub const AT_ONCE: usize = 64;
/// and writes of one upload, of which there may be several.
const WRITES: usize = 32;
/// Bytes that are asked for before they are wanted, of all files that are being read: what fills a line of a gigabit that takes 100 ms there
/// and back. More is no longer in the processors' caches when it is wanted.
const AHEAD: usize = 12 << 20;
/// Where a limit of speed holds, no more is asked for ahead than may come within this.
const SOON: Duration = Duration::from_secs(1);
/// Bytes that the server may send over one channel before we say that they have come: what is on its way on a long line.
const WINDOW: u32 = 32 << 20;

/// What a request has for a result.
type Answer<T> = Result<T, Failure>;

/// Why a file was not read to its end.
pub enum Stopped {
    Read(Failure),
    /// Whoever takes the pieces wants no more.
    Taker(Error),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Read(failure)
    }
}

pub struct Line {
    /// Carries the connection; `None` while it is taken down.
    runtime: Option<Runtime>,
    sessions: Sessions,
    /// Changes when the connection has ended.
    ended: watch::Receiver<()>,
    /// Ends the connection with it.
    ssh: client::Handle<ServerKey>,
    patience: Patience,
    throttle: Arc<Throttle>,
    /// Files that are being read.
    readers: AtomicUsize,
}

/// A connection over which somebody has been let in.
struct Connected {
    first: Session,
    ended: watch::Receiver<()>,
    ssh: client::Handle<ServerKey>,
}

impl Line {
    pub fn open(folder: &SftpFolder, access: &dyn Access, patience: Patience) -> Result<Self, Error> {
        let shown = Location::Sftp(folder.clone()).display();
        let unreachable = |why: String| Error { kind: Kind::ServerAway, context: shown.clone(), source: io::Error::other(why) };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("sftp")
            .enable_all()
            .build()
            .map_err(|e| unreachable(e.to_string()))?;
        let (runtime, connected) = carried(runtime, |runtime| Self::connect(runtime, folder, access, patience))?;
        let Connected { first, ended, ssh } = connected;
        let sessions = Sessions::new(first, access.connections().max(1) * CHANNELS_EACH);
        let (throttle, readers) = (access.throttle(), AtomicUsize::new(0));
        Ok(Self { runtime: Some(runtime), sessions, ended, ssh, patience, throttle, readers })
    }

    fn connect(runtime: &Runtime, folder: &SftpFolder, access: &dyn Access, patience: Patience) -> Result<Connected, Error> {
        let shown = Location::Sftp(folder.clone()).display();
        let unreachable = |why: String| Error { kind: Kind::ServerAway, context: shown.clone(), source: io::Error::other(why) };
        let server = Server { host: folder.host.clone(), port: folder.port };
        let (key, checked, ended) = ServerKey::new(&server, access);
        let config = client::Config {
            keepalive_interval: Some(patience.keep_alive),
            nodelay: true,
            window_size: WINDOW,
            preferred: Preferred { cipher: ciphers(), ..Preferred::DEFAULT },
            ..client::Config::default()
        };
        let address = (folder.host.as_str(), folder.port);
        let greeting = async { tokio::time::timeout(patience.connect, client::connect(Arc::new(config), address, key)).await };
        let mut ssh = match wait(runtime, greeting) {
            Some(Ok(Ok(ssh))) => ssh,
            Some(Ok(Err(e))) => match checked.refused() {
                Some(refused) => return Err(refused.explained(&server, &shown)),
                None => return Err(unreachable(e.to_string())),
            },
            Some(Err(_)) | None => return Err(unreachable("no answer".into())),
        };
        // Only now is it known that this server holds the key.
        match checked.key() {
            Checked::Known(key) => access.seen(&server, &key),
            Checked::New(key) if !access.trust(&server, &key) => return Err(Checked::New(key).explained(&server, &shown)),
            _ => {}
        }
        log_in(runtime, &mut ssh, folder, access, &checked, patience.log_in)?;
        let unanswered = || unreachable("no answer".into());
        let first = wait(runtime, begin(&ssh, patience, None)).ok_or_else(unanswered)?.map_err(unreachable)?;
        Ok(Connected { first, ended, ssh })
    }

    /// The channel for all that is short.
    pub fn session(&self) -> Arc<Session> {
        self.sessions.first()
    }

    /// A channel for an upload.
    pub fn channel(&self) -> Taken {
        let like = self.session();
        let open = begin(&self.ssh, self.patience, Some(&like));
        // One that nobody waited for would look as if the server let us have no more.
        let opened = || Stop::never(|| self.wait(open)).unwrap_or_else(|_| Err("the line has ended".into()));
        self.sessions.take(opened)
    }

    /// That are open.
    #[cfg(test)]
    pub fn channels(&self) -> usize {
        self.sessions.count()
    }

    /// Waits for the answer to a request. Never from an async task.
    pub fn ask<T>(&self, request: impl Future<Output = Result<T, SftpError>>) -> Result<T, Failure> {
        self.wait(request)?.map_err(Failure::from)
    }

    /// A connection that ends meanwhile gives no answer any more, and one that nobody wants is not waited for.
    fn wait<T>(&self, what: impl Future<Output = T>) -> Result<T, Failure> {
        let Some(runtime) = &self.runtime else { return Err(Failure::Silent) };
        let mut ended = self.ended.clone();
        let answered = wait(runtime, async {
            tokio::select! {
                biased;
                answer = what => Some(answer),
                _ = ended.changed() => None,
            }
        });
        answered.flatten().ok_or(Failure::Silent)
    }

    /// The same for two that need not wait for each other.
    pub fn ask_both<T, U>(
        &self,
        one: impl Future<Output = Result<T, SftpError>>,
        other: impl Future<Output = Result<U, SftpError>>,
    ) -> Answer<(Answer<T>, Answer<U>)> {
        let (one, other) = self.wait(async { tokio::join!(one, other) })?;
        Ok((one.map_err(Failure::from), other.map_err(Failure::from)))
    }

    /// Closes a handle without waiting until that is done: for what was only read.
    pub fn forget(&self, session: &Arc<Session>, handle: String) {
        let session = session.clone();
        if let Some(runtime) = &self.runtime {
            runtime.spawn(async move { session.sftp.close(handle).await });
        }
    }

    /// All children of a folder that was opened; `None` where there are more than there may be. Several requests are on their way, more
    /// the longer it goes on.
    pub fn read_folder(&self, session: &Arc<Session>, handle: &str) -> Result<Option<Children>, Failure> {
        let Some(runtime) = &self.runtime else { return Err(Failure::Silent) };
        let (mut children, mut asked, mut at_once) = (Children::default(), JoinSet::new(), 2);
        let mut has_ended = false;
        loop {
            while !has_ended && asked.len() < at_once {
                let (session, handle) = (session.clone(), handle.to_owned());
                asked.spawn_on(async move { session.sftp.readdir(handle).await.map_err(Failure::from) }, runtime.handle());
            }
            match self.wait(asked.join_next())? {
                // Some servers end so, and those that lie would go on for ever.
                Some(Ok(Ok(names))) if names.files.is_empty() => has_ended = true,
                Some(Ok(Ok(names))) => {
                    if !names.files.into_iter().all(|file| children.take(file)) {
                        return Ok(None);
                    }
                }
                // Those that were asked for besides may still bring some.
                Some(Ok(Err(failure))) if is_end(&failure) => has_ended = true,
                Some(Ok(Err(failure))) => return Err(failure),
                Some(Err(_)) => return Err(Failure::Silent),
                None => return Ok(Some(children)),
            }
            at_once = (at_once + 1).min(AT_ONCE);
        }
    }

    /// Reads a file from `offset` to its byte `end`, one piece after the other, while those that follow are on their way already.
    pub fn read(&self, session: &Arc<Session>, handle: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Stopped> {
        let Some(runtime) = &self.runtime else { return Err(Failure::Silent.into()) };
        let mut ahead = Ahead(VecDeque::new());
        let _reader = Counted::of(&self.readers);
        let mut at = offset;
        loop {
            let most = (AHEAD / self.readers.load(Relaxed).max(1) / session.piece).max(1);
            while at < end && ahead.0.len() < most {
                let length = session.piece.min(usize::try_from(end - at).unwrap_or(session.piece));
                // What is asked for ahead takes no time from others that would only pass much later, or never.
                let wait = match ahead.0.is_empty() {
                    true => self.throttle.down(length),
                    false => match self.throttle.down_within(SOON, length) {
                        Some(wait) => wait,
                        None => break,
                    },
                };
                let piece = read_piece(session.clone(), handle.to_owned(), at, length);
                ahead.0.push_back(runtime.spawn(async move {
                    pause(wait).await;
                    piece.await
                }));
                at += length as u64;
            }
            let Some(mut next) = ahead.0.pop_front() else { return Ok(()) };
            let bytes = self.wait(&mut next)?.unwrap_or(Err(Failure::Silent))?;
            take(&bytes).map_err(Stopped::Taker)?;
        }
    }

    /// Sends a piece of a file on its way.
    pub fn send(
        &self,
        session: &Arc<Session>,
        writes: &mut Writes,
        handle: &str,
        offset: u64,
        bytes: Vec<u8>,
    ) -> Result<(), Failure> {
        let Some(runtime) = &self.runtime else { return Err(Failure::Silent) };
        while writes.0.len() >= WRITES {
            self.settle_one(writes)?;
        }
        if !stop::pause(self.throttle.up(bytes.len())) {
            return Err(Failure::Silent);
        }
        let (session, handle) = (session.clone(), handle.to_owned());
        writes.0.spawn_on(async move { session.sftp.write(handle, offset, bytes).await.map(drop) }, runtime.handle());
        Ok(())
    }

    /// Waits until all of it has arrived.
    pub fn settle(&self, writes: &mut Writes) -> Result<(), Failure> {
        while !writes.0.is_empty() {
            self.settle_one(writes)?;
        }
        Ok(())
    }

    fn settle_one(&self, writes: &mut Writes) -> Result<(), Failure> {
        match self.wait(writes.0.join_next())? {
            Some(Ok(written)) => written.map_err(Failure::from),
            Some(Err(_)) => Err(Failure::Silent),
            None => Ok(()),
        }
    }

    /// Asks for a file to be made durable, where the server knows of such a thing, how long it is, and closes it: servers do in their order
    /// what concerns one file.
    pub fn end(&self, session: &Arc<Session>, handle: &str) -> Result<Option<u64>, Failure> {
        let _syncing = session.syncs.then(|| session.syncing());
        let sync = async {
            match session.syncs {
                true => session.sftp.fsync(handle).await.map(drop),
                false => Ok(()),
            }
        };
        let (synced, told, closed) =
            self.wait(async { tokio::join!(sync, session.sftp.fstat(handle), session.sftp.close(handle)) })?;
        match synced {
            Err(SftpError::Status(status)) if status.status_code == StatusCode::OpUnsupported => {}
            synced => synced?,
        }
        closed?;
        Ok(told?.attrs.size)
    }
}

/// What begins something within threads that carry it from then on. Where that fails they are not waited for: one may still be looking up a
/// name that nobody knows, which takes as long as the system likes.
fn carried<T>(runtime: Runtime, begin: impl FnOnce(&Runtime) -> Result<T, Error>) -> Result<(Runtime, T), Error> {
    match begin(&runtime) {
        Ok(begun) => Ok((runtime, begun)),
        Err(error) => {
            runtime.shutdown_background();
            Err(error)
        }
    }
}

/// `None` where nobody wants it any more.
pub fn wait<T>(runtime: &Runtime, what: impl Future<Output = T>) -> Option<T> {
    let stop = Stop::current();
    runtime.block_on(async {
        tokio::select! {
            biased;
            answer = what => Some(answer),
            () = stop.over() => None,
        }
    })
}

/// SFTP on another channel.
async fn begin(ssh: &client::Handle<ServerKey>, patience: Patience, like: Option<&Session>) -> Result<Session, String> {
    tokio::time::timeout(patience.connect, Session::begin(ssh, patience, like)).await.unwrap_or_else(|_| Err("no answer".into()))
}

/// Where the processor has AES, AES-GCM takes a third of ChaCha20's time, at both ends. What else there is follows.
fn ciphers() -> Cow<'static, [cipher::Name]> {
    let usual = Preferred::DEFAULT.cipher;
    if !has_aes() {
        return usual;
    }
    let first = [cipher::AES_128_GCM, cipher::AES_256_GCM];
    let others = usual.iter().copied().filter(|cipher| !first.contains(cipher));
    first.into_iter().chain(others).collect::<Vec<_>>().into()
}

fn has_aes() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("pclmulqdq");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes") && std::arch::is_aarch64_feature_detected!("pmull");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    false
}

impl Drop for Line {
    fn drop(&mut self) {
        // Not waited for: the other side may be dead.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Pieces that are on their way to the server.
#[derive(Default)]
pub struct Writes(JoinSet<Result<(), SftpError>>);

/// Pieces that are read in advance, in their order; nobody waits for what is dropped.
struct Ahead(VecDeque<JoinHandle<Result<Vec<u8>, Failure>>>);

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Servers may answer with less than was asked for.
async fn read_piece(session: Arc<Session>, handle: String, offset: u64, length: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let left = u32::try_from(length - bytes.len()).unwrap_or(USUAL);
        let data = session.sftp.read(handle.as_str(), offset + bytes.len() as u64, left).await?.data;
        if data.is_empty() || data.len() > length - bytes.len() {
            return Err(Failure::Said(SftpError::UnexpectedPacket));
        }
        if bytes.is_empty() { bytes = data } else { bytes.extend_from_slice(&data) }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn whoever_is_not_let_in_does_not_wait_for_what_was_begun() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (begun, has_begun) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let failed = carried(runtime, |runtime| {
            // As the system looks up a name.
            runtime.spawn_blocking(move || {
                begun.send(()).unwrap();
                end.send(goes_on.recv_timeout(Duration::from_secs(10))).unwrap();
            });
            has_begun.recv().unwrap();
            Err::<(), _>(Error::new(Kind::ServerAway, "nas", "no answer"))
        });
        assert_eq!(failed.unwrap_err().kind, Kind::ServerAway);
        let _ = go_on.send(());
        assert_eq!(ended.recv().unwrap(), Ok(()), "it goes on by itself");
    }
}
