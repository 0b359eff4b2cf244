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
