//! The system's bus.

use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{OwnedFd, OwnedValue};

/// For one answer: a service that hangs must not hold a schedule back.
const PATIENCE: Duration = Duration::from_secs(3);

/// `None`: a machine without one.
pub fn system() -> Option<Connection> {
    Builder::system().ok()?.method_timeout(PATIENCE).build().ok()
}

/// The same of whoever is logged in.
pub fn session() -> Option<Connection> {
    Builder::session().ok()?.method_timeout(PATIENCE).build().ok()
}

/// What a service says of something; `None` where it is not there, or knows nothing of it.
pub fn property<T: TryFrom<OwnedValue>>(bus: &Connection, service: &str, path: &str, interface: &str, name: &str) -> Option<T> {
    // One property by itself: a proxy that caches all of them asks for more than is wanted, and listens.
    let proxy = Proxy::new(bus, service, path, "org.freedesktop.DBus.Properties").ok()?;
    let value: OwnedValue = proxy.call("Get", &(interface, name)).ok()?;
    T::try_from(value).ok()
}

/// Asks logind to keep the machine from going to sleep, until what is returned is dropped. `why`: as the desktop shows it. `None`
/// where there is no logind, or it refuses. <https://systemd.io/INHIBITOR_LOCKS/>
pub fn hold_awake(why: &str) -> Option<OwnedFd> {
    let bus = system()?;
    let manager = Proxy::new(&bus, "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager").ok()?;
    let hold = manager.call("Inhibit", &("sleep", "Strongroom", why, "block"));
    hold.inspect_err(|error| tracing::debug!("the machine is not kept awake: {error}")).ok()
}
