//! How long nobody has touched the machine: as GNOME says, else as logind does.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::OwnedValue;

use super::bus::{property, session};

/// Minutes; `None`: nobody is logged in, or the desktop does not say.
pub fn minutes(system: Option<&Connection>) -> Option<u32> {
    let idle = of_desktop().or_else(|| system.and_then(of_login))?;
    Some(u32::try_from(idle.as_secs() / 60).unwrap_or(u32::MAX))
}

/// GNOME's own watch knows to the millisecond; logind hears of it only when the screen goes dark.
fn of_desktop() -> Option<Duration> {
    let bus = session()?;
    let name = "org.gnome.Mutter.IdleMonitor";
    let watch = Proxy::new(&bus, name, "/org/gnome/Mutter/IdleMonitor/Core", name).ok()?;
    watch.call::<_, _, u64>("GetIdletime", &()).ok().map(Duration::from_millis)
}

/// All that this person's desktops told logind. <https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html>
fn of_login(bus: &Connection) -> Option<Duration> {
    if !of_user::<bool>(bus, "IdleHint")? {
        return Some(Duration::ZERO);
    }
    let since = UNIX_EPOCH + Duration::from_micros(of_user(bus, "IdleSinceHint")?);
    Some(SystemTime::now().duration_since(since).unwrap_or_default())
}

fn of_user<T: TryFrom<OwnedValue>>(bus: &Connection, name: &str) -> Option<T> {
    property(bus, "org.freedesktop.login1", "/org/freedesktop/login1/user/self", "org.freedesktop.login1.User", name)
}
