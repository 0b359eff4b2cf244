//! A stream between two processes of one person on one machine: a Unix socket, or on Windows a named pipe.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{Listener, Place, Reader, Stream, Writer, connect, folder_for, listen};
#[cfg(windows)]
pub use windows::{Listener, Place, Reader, Stream, Writer, connect, folder_for, listen};

/// The socket's name in its folder.
pub const NAME: &str = "engine.sock";
