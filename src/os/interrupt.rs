//! Being asked to end: Ctrl-C, and what a system sends when a session or the machine ends.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::Interrupts;
#[cfg(windows)]
pub use windows::Interrupts;
