//! Notifications on the desktop of whoever is logged in.

#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;
#[cfg(not(any(target_os = "macos", windows)))]
mod xdg;

#[cfg(target_os = "macos")]
pub use macos::Desktop;
#[cfg(windows)]
pub use windows::Desktop;
#[cfg(not(any(target_os = "macos", windows)))]
pub use xdg::Desktop;
