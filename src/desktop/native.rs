//! The desktops of macOS and Windows: always there, and what they say of light and dark comes to the window by itself.

use std::sync::Arc;

use strongroom::ui::{Joined, SystemAppearance, TrayPresence, WindowWaker};

#[cfg(target_os = "macos")]
pub const FILE_MANAGER: &str = "open";
#[cfg(windows)]
pub const FILE_MANAGER: &str = "explorer";

/// Only trying tells.
pub fn no_display() -> Option<String> {
    None
}

pub fn wayland_is_dead() -> bool {
    false
}

/// Whether files dropped onto a window arrive.
pub fn drops_arrive() -> bool {
    true
}

/// Says nothing: the window then goes by what it is told itself.
pub fn watch_appearance(_changed: impl Fn() + Send + 'static) -> SystemAppearance {
    SystemAppearance::default()
}

/// There is none yet: closing the window then asks as where a desktop has no tray.
pub fn show_tray(_engine: Arc<dyn Fn() -> Joined + Send + Sync>, _windows: WindowWaker, _presence: TrayPresence) {}

/// Whether there are dialogs for folders and files.
pub fn has_dialogs() -> bool {
    true
}
