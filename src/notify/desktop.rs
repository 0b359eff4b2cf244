//! Notifications on the desktop of whoever is logged in.

#[cfg(any(target_os = "macos", windows))]
mod other;
#[cfg(not(any(target_os = "macos", windows)))]
mod xdg;

#[cfg(any(target_os = "macos", windows))]
pub use other::Desktop;
#[cfg(not(any(target_os = "macos", windows)))]
pub use xdg::Desktop;
