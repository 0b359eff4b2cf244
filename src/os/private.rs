//! Files and folders for one person alone: mode 0600 and 0700 on Unix, an access list without anybody else on Windows.

#[cfg(any(windows, test))]
pub(super) mod access_text;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::ourselves;
#[cfg(unix)]
pub use unix::{claim_folder, create_file, make_folder, options};
#[cfg(windows)]
pub use windows::{claim_folder, create_file, make_folder, options};
