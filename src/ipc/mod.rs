//! The engine's `Handle` over the home's local socket: served beside the engine, attached to by whoever comes second.

pub mod connection;

mod client;
mod frame;
mod server;
#[cfg(test)]
mod tests;
mod wire;

use std::io;
use std::path::PathBuf;

use tokio::net::UnixStream;

pub use client::attach;
pub use server::{Server, serve};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: {source}", path = path.display())]
    Socket { path: PathBuf, source: io::Error },
    /// The other side is a Strongroom of another version.
    #[error("the running Strongroom speaks protocol {found}")]
    OtherVersion { found: u32 },
    /// What the other side sent is no Strongroom's, or it is another person's.
    #[error("{0}")]
    Foreign(String),
}

/// Whether the process at the other end is this person's: whoever could read the folder of the socket could be there.
fn is_ours(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::geteuid().as_raw())
}
