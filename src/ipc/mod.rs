//! The engine's `Handle` over the home's local socket: served beside the engine, attached to by whoever comes second.

pub mod connection;

use crate::engine::{Handle, Waker};
use crate::state::paths::Home;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: {source}", path = path.display())]
    Socket { path: std::path::PathBuf, source: std::io::Error },
    /// The other side is a Strongroom of another version.
    #[error("the running Strongroom speaks protocol {found}")]
    OtherVersion { found: u32 },
    /// What the other side sent is no Strongroom's, or it is another person's.
    #[error("{0}")]
    Foreign(String),
}

/// Serves until dropped; the socket is removed then.
pub struct Server;

/// Serves the handle on the home's socket. To be called on the engine's runtime and by the holder of the home's lock only:
/// a socket that lies there already is a dead one's and is replaced.
pub fn serve(_handle: Handle, _home: &Home) -> Result<Server, Error> {
    todo!()
}

/// A handle to the engine that holds this home; `None` where none serves. Waits at most a few seconds. `waker` is called
/// for everything that arrives.
pub fn attach(_home: &Home, _waker: Waker) -> Result<Option<Handle>, Error> {
    todo!()
}
