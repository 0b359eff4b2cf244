//! One connection to a server, and the requests that go over it.

use std::borrow::Cow;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use russh::{Preferred, cipher, client};
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::client::rawsession::Limits;
use russh_sftp::protocol::{FileAttributes, OpenFlags, StatusCode};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::failure::Failure;
use super::log_in::log_in;
use super::server_key::{Checked, ServerKey};
use crate::model::location::{Location, Server, SftpFolder};
use crate::storage::access::Access;
use crate::storage::throttle::{Throttle, pause};
use crate::storage::{Error, Kind};

/// Until a server takes the call, and for each step of the greeting.
const CONNECT: Duration = Duration::from_secs(20);
/// For the answer to a request. A server that looks at its disk first may take its time.
const ANSWER: u64 = 60;
/// So that routers on the way, and we, know that the other side is there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Requests on their way at once, as OpenSSH's `sftp` has them.
pub(super) const AT_ONCE: usize = 64;
/// Bytes of one request, where the server says nothing of its limits: what every server takes.
const USUAL: u32 = 32 << 10;
/// At most, whatever it says.
const MOST: u32 = 255 << 10;

pub struct Line {
    /// Carries the connection; `None` while it is taken down.
    runtime: Option<Runtime>,
    sftp: Arc<RawSftpSession>,
    /// Changes when the connection has ended.
    ended: watch::Receiver<()>,
    /// Ends the connection with it.
    _ssh: client::Handle<ServerKey>,
    /// Bytes of one read or write.
    piece: usize,
    /// Whether the server can be told to make a file durable.
    syncs: bool,
    throttle: Arc<Throttle>,
}

impl Line {
    pub fn open(folder: &SftpFolder, access: &dyn Access) -> Result<Self, Error> {
        let shown = Location::Sftp(folder.clone()).display();
        let unreachable = |why: String| Error { kind: Kind::ServerAway, context: shown.clone(), source: io::Error::other(why) };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("sftp")
            .enable_all()
            .build()
            .map_err(|e| unreachable(e.to_string()))?;
        let server = Server { host: folder.host.clone(), port: folder.port };
        let (key, checked, ended) = ServerKey::new(&server, access);
        let config = client::Config {
            keepalive_interval: Some(KEEP_ALIVE),
            nodelay: true,
            preferred: Preferred { cipher: ciphers(), ..Preferred::DEFAULT },
            ..client::Config::default()
        };
        let address = (folder.host.as_str(), folder.port);
        let greeting =
            runtime.block_on(async { tokio::time::timeout(CONNECT, client::connect(Arc::new(config), address, key)).await });
        let mut ssh = match greeting {
            Ok(Ok(ssh)) => ssh,
            Ok(Err(e)) => match checked.refused() {
                Some(refused) => return Err(refused.explained(&server, &shown)),
                None => return Err(unreachable(e.to_string())),
            },
            Err(_) => return Err(unreachable("no answer".into())),
        };
        // Only now is it known that this server holds the key.
        match checked.key() {
            Checked::Known(key) => access.seen(&server, &key),
            Checked::New(key) if !access.trust(&server, &key) => return Err(Checked::New(key).explained(&server, &shown)),
            _ => {}
        }
        runtime.block_on(log_in(&mut ssh, folder, access))?;
        let opened = runtime.block_on(async { tokio::time::timeout(CONNECT, begin(&ssh)).await });
        let (sftp, piece, syncs) = match opened {
            Ok(opened) => {
                opened.map_err(|e| Error { kind: Kind::ServerAway, context: shown.clone(), source: io::Error::other(e) })?
            }
            Err(_) => return Err(unreachable("no answer".into())),
        };
        Ok(Self { runtime: Some(runtime), sftp: Arc::new(sftp), ended, _ssh: ssh, piece, syncs, throttle: access.throttle() })
    }

    pub fn sftp(&self) -> &RawSftpSession {
        &self.sftp
    }

    /// Bytes of one read or write.
    pub fn piece(&self) -> usize {
        self.piece
    }

    /// Waits for the answer to a request. Never from an async task.
    pub fn ask<T>(&self, request: impl Future<Output = Result<T, SftpError>>) -> Result<T, Failure> {
        self.wait(request)?.map_err(Failure::from)
    }

    /// A connection that ends meanwhile gives no answer any more.
    fn wait<T>(&self, what: impl Future<Output = T>) -> Result<T, Failure> {
        let Some(runtime) = &self.runtime else { return Err(Failure::Silent) };
        let mut ended = self.ended.clone();
        runtime.block_on(async {
            tokio::select! {
                biased;
                answer = what => Ok(answer),
                _ = ended.changed() => Err(Failure::Silent),
            }
        })
    }

    pub fn open_to_read(&self, path: &str) -> Result<String, Failure> {
        Ok(self.ask(self.sftp.open(path, OpenFlags::READ, FileAttributes::empty()))?.handle)
    }

    /// Closes a handle without waiting until that is done: for what was only read.
    pub fn forget(&self, handle: String) {
        let sftp = self.sftp.clone();
        if let Some(runtime) = &self.runtime {
            runtime.spawn(async move { sftp.close(handle).await });
        }
    }

    /// Reads exactly as much as the buffer takes, many pieces at once.
    pub fn read(&self, handle: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Failure> {
        self.wait(async {
            let mut pieces = JoinSet::new();
            let mut asked = 0;
            let mut missing = buffer.len();
            while missing > 0 {
                while asked < buffer.len() && pieces.len() < AT_ONCE {
                    let length = self.piece.min(buffer.len() - asked);
                    let piece = read_piece(self.sftp.clone(), handle.to_owned(), offset, asked, length);
                    let wait = self.throttle.down(length);
                    pieces.spawn(async move {
                        pause(wait).await;
                        piece.await
                    });
                    asked += length;
                }
                match pieces.join_next().await {
                    Some(Ok(piece)) => {
                        let (at, bytes) = piece?;
                        buffer[at..at + bytes.len()].copy_from_slice(&bytes);
                        missing -= bytes.len();
                    }
                    _ => return Err(Failure::Silent),
                }
            }
            Ok(())
        })?
    }

    /// Sends a piece of a file on its way.
    pub fn send(&self, writes: &mut Writes, handle: &str, offset: u64, bytes: Vec<u8>) -> Result<(), Failure> {
        let Some(runtime) = &self.runtime else { return Err(Failure::Silent) };
        while writes.0.len() >= AT_ONCE {
            self.settle_one(writes)?;
        }
        thread::sleep(self.throttle.up(bytes.len()));
        let (sftp, handle) = (self.sftp.clone(), handle.to_owned());
        writes.0.spawn_on(async move { sftp.write(handle, offset, bytes).await.map(drop) }, runtime.handle());
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

    /// Asks for a file to be made durable, where the server knows of such a thing.
    pub fn sync(&self, handle: &str) -> Result<(), Failure> {
        if !self.syncs {
            return Ok(());
        }
        match self.ask(self.sftp.fsync(handle)) {
            Err(Failure::Said(SftpError::Status(status))) if status.status_code == StatusCode::OpUnsupported => Ok(()),
            synced => synced.map(drop),
        }
    }
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

/// One piece at its place in the buffer; servers may answer with less than was asked for.
async fn read_piece(
    sftp: Arc<RawSftpSession>,
    handle: String,
    offset: u64,
    at: usize,
    length: usize,
) -> Result<(usize, Vec<u8>), Failure> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let left = u32::try_from(length - bytes.len()).unwrap_or(USUAL);
        let data = sftp.read(handle.as_str(), offset + (at + bytes.len()) as u64, left).await?.data;
        if data.is_empty() || data.len() > length - bytes.len() {
            return Err(Failure::Said(SftpError::UnexpectedPacket));
        }
        bytes.extend_from_slice(&data);
    }
    Ok((at, bytes))
}

/// Begins SFTP on a channel of the connection; gives also the size of a piece and whether files can be synced.
async fn begin(ssh: &client::Handle<ServerKey>) -> Result<(RawSftpSession, usize, bool), String> {
    let channel = ssh.channel_open_session().await.map_err(|e| e.to_string())?;
    channel.request_subsystem(true, "sftp").await.map_err(|e| e.to_string())?;
    let mut sftp = RawSftpSession::new(channel.into_stream());
    sftp.set_timeout(ANSWER);
    let version = sftp.init().await.map_err(|e| e.to_string())?;
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
    Ok((sftp, piece as usize, has("fsync@openssh.com")))
}
