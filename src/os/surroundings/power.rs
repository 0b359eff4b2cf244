//! Mains or battery: as UPower says, else as the kernel does.

use std::fs;
use std::path::Path;

use zbus::blocking::Connection;

use super::bus::property;

const SERVICE: &str = "org.freedesktop.UPower";
/// What desktops show: all batteries of the machine as one.
const DISPLAY: &str = "/org/freedesktop/UPower/devices/DisplayDevice";
/// Of the kernel; Documentation/ABI/testing/sysfs-class-power.
const SUPPLIES: &str = "/sys/class/power_supply";

/// Whether the machine is plugged in, and percent in its battery.
pub fn power(bus: Option<&Connection>) -> (Option<bool>, Option<u8>) {
    let upower = |bus: &Connection| {
        let on_battery: bool = property(bus, SERVICE, "/org/freedesktop/UPower", SERVICE, "OnBattery")?;
        let device = "org.freedesktop.UPower.Device";
        let is_present: bool = property(bus, SERVICE, DISPLAY, device, "IsPresent").unwrap_or(false);
        let percent: Option<f64> = property(bus, SERVICE, DISPLAY, device, "Percentage").filter(|_| is_present);
        Some((Some(!on_battery), percent.map(|percent| percent.clamp(0.0, 100.0) as u8)))
    };
    bus.and_then(upower).unwrap_or_else(|| supplies(Path::new(SUPPLIES)))
}

fn supplies(folder: &Path) -> (Option<bool>, Option<u8>) {
    let (mut mains, mut battery, mut discharging) = (None, None, false);
    for supply in fs::read_dir(folder).into_iter().flatten().flatten() {
        let read = |name: &str| fs::read_to_string(supply.path().join(name)).map(|text| text.trim().to_owned()).ok();
        // A mouse has a battery too.
        if read("scope").is_some_and(|scope| scope == "Device") {
            continue;
        }
        match read("type").as_deref() {
            Some("Mains" | "USB") => mains = Some(mains.unwrap_or(false) || read("online").is_some_and(|online| online == "1")),
            Some("Battery") => {
                battery = read("capacity").and_then(|percent| percent.parse().ok()).or(battery);
                discharging |= read("status").is_some_and(|status| status == "Discharging");
            }
            _ => {}
        }
    }
    (mains.or(battery.map(|_| !discharging)), battery)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(supplies_there: &[(&str, &[(&str, &str)])]) -> (Option<bool>, Option<u8>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, facts) in supplies_there {
            let supply = folder.path().join(name);
            fs::create_dir(&supply).unwrap();
            for (fact, text) in *facts {
                fs::write(supply.join(fact), format!("{text}\n")).unwrap();
            }
        }
        supplies(folder.path())
    }

    #[test]
    fn the_kernels_supplies_say_it() {
        let battery: (&str, &[(&str, &str)]) = ("BAT0", &[("type", "Battery"), ("capacity", "41"), ("status", "Discharging")]);
        let mouse: (&str, &[(&str, &str)]) =
            ("hid", &[("type", "Battery"), ("scope", "Device"), ("capacity", "3"), ("status", "Discharging")]);
        assert_eq!(with(&[]), (None, None), "a desktop says nothing");
        assert_eq!(with(&[mouse]), (None, None));
        assert_eq!(with(&[battery]), (Some(false), Some(41)));
        assert_eq!(with(&[battery, mouse, ("AC", &[("type", "Mains"), ("online", "0")])]), (Some(false), Some(41)));
        assert_eq!(with(&[battery, ("AC", &[("type", "Mains"), ("online", "1")])]), (Some(true), Some(41)));
    }
}
