//! How the machine stands, for the conditions of schedules: power, network, whether somebody is at it, how busy it is.
//!
//! Each is asked where the desktops of this system keep it. What does not answer within a few seconds is not known.

#[cfg(target_os = "linux")]
mod bus;
#[cfg(target_os = "linux")]
mod idle;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod power;
#[cfg(target_os = "linux")]
mod work;

use crate::model::conditions::Surroundings;

/// Whether more than the clock can be a condition here.
pub const KNOWN: bool = cfg!(target_os = "linux");

/// Looks. May take seconds. `programs`: those that are asked for, by the names of their files.
#[cfg(target_os = "linux")]
pub fn look(programs: &[String]) -> Surroundings {
    let system = bus::system();
    let (on_mains, battery) = power::power(system.as_ref());
    Surroundings {
        on_mains,
        battery,
        metered: system.as_ref().and_then(network::is_metered),
        idle_minutes: idle::minutes(system.as_ref()),
        load: work::load(),
        programs: work::running(programs),
    }
}

#[cfg(not(target_os = "linux"))]
pub fn look(_programs: &[String]) -> Surroundings {
    Surroundings::default()
}

#[cfg(target_os = "linux")]
pub use self::bus::hold_awake;

/// Nothing is held here.
#[cfg(not(target_os = "linux"))]
pub fn hold_awake(_why: &str) -> Option<std::convert::Infallible> {
    None
}
