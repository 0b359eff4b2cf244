use std::ffi::c_void;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use data_encoding::HEXLOWER;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, ReadHalf, WriteHalf, split};
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};
use tokio::time::sleep;
use windows_sys::Win32::Foundation::ERROR_PIPE_BUSY;

use crate::os::account::{Access, Kind, owns};

pub type Reader = ReadHalf<Stream>;
pub type Writer = WriteHalf<Stream>;

/// Any folder will do: a pipe's name is short.
pub fn folder_for(folder: PathBuf) -> PathBuf {
    folder
}

/// Pipes lie in one place for the whole machine: ours is named after the folder of the socket, as it is really called.
fn name(path: &Path) -> io::Result<String> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?.canonicalize()?;
    let hash = blake3::hash(folder.as_os_str().as_encoded_bytes());
    Ok(format!(r"\\.\pipe\strongroom-{}", HEXLOWER.encode(&hash.as_bytes()[..16])))
}

/// Takes connections, in the place that is given back beside it. On a tokio runtime. Fails where anybody has the name already.
pub fn listen(path: &Path) -> io::Result<(Listener, Place)> {
    let name = name(path)?;
    let next = instance(&name, true)?;
    Ok((Listener { name, next }, Place))
}

fn instance(name: &str, first: bool) -> io::Result<NamedPipeServer> {
    let access = Access::ours_alone()?;
    let mut attributes = access.attributes();
    let attributes = (&raw mut attributes).cast::<c_void>();
    // SAFETY: the attributes and the access list live until the call is over.
    unsafe {
        ServerOptions::new()
            .first_pipe_instance(first)
            .reject_remote_clients(true)
            .create_with_security_attributes_raw(name, attributes)
    }
}

/// A connection to whoever listens there; `NotFound` where nobody does.
pub async fn connect(path: &Path) -> io::Result<Stream> {
    let name = name(path)?;
    loop {
        match ClientOptions::new().open(&name) {
            // Between one connection and the next there is none to be had for a moment.
            Err(e) if e.raw_os_error() == Some(ERROR_PIPE_BUSY as i32) => sleep(Duration::from_millis(20)).await,
            opened => return opened.map(Stream::Client),
        }
    }
}

pub struct Listener {
    name: String,
    /// What the next one connects to.
    next: NamedPipeServer,
}

impl Listener {
    /// Waits for a connection; may be given up while it waits.
    pub async fn accept(&mut self) -> io::Result<Stream> {
        self.next.connect().await?;
        let fresh = instance(&self.name, false)?;
        Ok(Stream::Server(std::mem::replace(&mut self.next, fresh)))
    }
}

/// Where a listener is found: a pipe goes with its last handle.
pub struct Place;

pub enum Stream {
    Server(NamedPipeServer),
    Client(NamedPipeClient),
}

impl Stream {
    /// Whether the process at the other end is this person's.
    pub fn is_ours(&self) -> bool {
        match self {
            // The pipe's access list lets nobody else in.
            Self::Server(_) => true,
            // Anybody may have made a pipe of this name.
            Self::Client(pipe) => owns(pipe, Kind::Pipe).unwrap_or(false),
        }
    }

    pub fn into_split(self) -> (Reader, Writer) {
        split(self)
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Server(pipe) => Pin::new(pipe).poll_read(context, buffer),
            Self::Client(pipe) => Pin::new(pipe).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Server(pipe) => Pin::new(pipe).poll_write(context, bytes),
            Self::Client(pipe) => Pin::new(pipe).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Server(pipe) => Pin::new(pipe).poll_flush(context),
            Self::Client(pipe) => Pin::new(pipe).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Server(pipe) => Pin::new(pipe).poll_shutdown(context),
            Self::Client(pipe) => Pin::new(pipe).poll_shutdown(context),
        }
    }
}
