//! An open folder, and what is done relative to it: nothing then depends on what its path leads to meanwhile, nor on its length.
//!
//! A name is one component. None of these follows a link that stands under it.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::{Folder, Name};
#[cfg(windows)]
pub use windows::{Folder, Name};

/// What a folder is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// To reach what lies in it: where the system can tell that apart, it need not be readable.
    Reaching,
    /// To list it, to set its metadata, or to make its names durable.
    Reading,
}

/// What is neither file, folder nor link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    Fifo,
    CharDevice { major: u32, minor: u32 },
    BlockDevice { major: u32, minor: u32 },
}
