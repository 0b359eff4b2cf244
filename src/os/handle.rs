//! What is open: files and folders alike.

#[cfg(unix)]
pub use std::os::fd::AsFd as AsHandle;
#[cfg(windows)]
pub use std::os::windows::io::AsHandle;
