//! Whether the network costs by what is sent over it: as NetworkManager says.

use zbus::blocking::Connection;

use super::bus::property;

/// `NMMetered`: unknown, yes, no, and the same two guessed from the kind of connection.
/// <https://networkmanager.dev/docs/api/latest/nm-dbus-types.html#NMMetered>
pub fn is_metered(bus: &Connection) -> Option<bool> {
    const SERVICE: &str = "org.freedesktop.NetworkManager";
    match property::<u32>(bus, SERVICE, "/org/freedesktop/NetworkManager", SERVICE, "Metered")? {
        1 | 3 => Some(true),
        2 | 4 => Some(false),
        _ => None,
    }
}
