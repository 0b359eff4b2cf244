//! The desktops of Linux and the BSDs: X11 or Wayland, portals over D-Bus.

mod tray;

use std::env;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;

use strongroom::ui::SystemAppearance;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{OwnedValue, Value};

pub use self::tray::show as show_tray;

pub const FILE_MANAGER: &str = "xdg-open";

const PORTAL: &str = "org.freedesktop.portal.Desktop";

fn set(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Why no window can open here, if that can be told before trying.
pub fn no_display() -> Option<String> {
    if set("WAYLAND_DISPLAY").is_none() && set("DISPLAY").is_none() {
        return Some("neither WAYLAND_DISPLAY nor DISPLAY is set".into());
    }
    None
}

/// Whether the Wayland display that is named does not answer, while an X display is named too.
pub fn wayland_is_dead() -> bool {
    let (Some(name), Some(_)) = (set("WAYLAND_DISPLAY"), set("DISPLAY")) else { return false };
    let path = if name.is_absolute() { name } else { set("XDG_RUNTIME_DIR").unwrap_or_default().join(name) };
    UnixStream::connect(path).is_err()
}

/// Whether files dropped onto a window arrive: the window's maker does not take them in on Wayland.
pub fn drops_arrive() -> bool {
    set("WAYLAND_DISPLAY").is_none()
}

/// Follows what the desktop says about light and dark, on a thread of its own. Where there is no portal it says nothing.
pub fn watch_appearance(changed: impl Fn() + Send + 'static) -> SystemAppearance {
    let appearance = SystemAppearance::default();
    let shared = appearance.clone();
    let watching = thread::Builder::new().name("appearance".into()).spawn(move || {
        if let Err(error) = follow_appearance(&shared, &changed) {
            tracing::info!("the desktop does not say whether it is light or dark: {error}");
        }
    });
    if let Err(error) = watching {
        tracing::warn!("the appearance cannot be watched: {error}");
    }
    appearance
}

fn follow_appearance(appearance: &SystemAppearance, changed: &dyn Fn()) -> zbus::Result<()> {
    let bus = Connection::session()?;
    let settings = Proxy::new(&bus, PORTAL, "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Settings")?;
    let changes = settings.receive_signal("SettingChanged")?;
    let (space, key) = ("org.freedesktop.appearance", "color-scheme");
    // The older call wraps its answer once more.
    let now: OwnedValue = settings.call("ReadOne", &(space, key)).or_else(|_| settings.call("Read", &(space, key)))?;
    let tell = |value: &Value<'_>| {
        // 0: no preference, 1: dark, 2: light.
        appearance.set(match number(value) {
            Some(1) => Some(true),
            Some(2) => Some(false),
            _ => None,
        });
        changed();
    };
    tell(&now);
    for signal in changes {
        let body = signal.body();
        let Ok((of, name, value)) = body.deserialize::<(&str, &str, Value<'_>)>() else { continue };
        if (of, name) == (space, key) {
            tell(&value);
        }
    }
    Ok(())
}

fn number(value: &Value<'_>) -> Option<u32> {
    match value {
        Value::Value(inner) => number(inner),
        Value::U32(number) => Some(*number),
        _ => None,
    }
}

/// Whether there are dialogs for folders and files.
pub fn has_dialogs() -> bool {
    has_portal() || has_program("zenity")
}

fn has_portal() -> bool {
    let ask = || -> zbus::Result<bool> {
        let bus = DBusProxy::new(&Connection::session()?)?;
        let running = bus.list_names()?.iter().any(|name| name.as_str() == PORTAL);
        Ok(running || bus.list_activatable_names()?.iter().any(|name| name.as_str() == PORTAL))
    };
    ask().unwrap_or(false)
}

fn has_program(name: &str) -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
