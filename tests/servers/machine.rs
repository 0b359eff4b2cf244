//! What a desktop says of the machine, on a bus of its own: UPower, NetworkManager and logind as far as they are asked.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::zvariant::OwnedFd;

use super::notifications::Bus;

/// As it stands now.
#[derive(Clone, Debug)]
pub struct Stands {
    pub on_battery: bool,
    pub percent: f64,
    /// `NMMetered`.
    pub metered: u32,
    /// Microseconds since 1970; `None`: somebody is at it.
    pub idle_since: Option<u64>,
}

/// Who keeps it awake: what for, and our end of it.
type Holds = Arc<Mutex<Vec<(String, UnixStream)>>>;

pub struct Machine {
    pub stands: Arc<Mutex<Stands>>,
    holds: Holds,
    _connection: Connection,
}

struct Power(Arc<Mutex<Stands>>);
struct Battery(Arc<Mutex<Stands>>);
struct Network(Arc<Mutex<Stands>>);
struct User(Arc<Mutex<Stands>>);
struct Login(Holds);

#[zbus::interface(name = "org.freedesktop.UPower")]
impl Power {
    #[zbus(property)]
    fn on_battery(&self) -> bool {
        self.0.lock().unwrap().on_battery
    }
}

#[zbus::interface(name = "org.freedesktop.UPower.Device")]
impl Battery {
    #[zbus(property)]
    fn is_present(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn percentage(&self) -> f64 {
        self.0.lock().unwrap().percent
    }
}

#[zbus::interface(name = "org.freedesktop.NetworkManager")]
impl Network {
    #[zbus(property)]
    fn metered(&self) -> u32 {
        self.0.lock().unwrap().metered
    }
}

#[zbus::interface(name = "org.freedesktop.login1.User")]
impl User {
    #[zbus(property)]
    fn idle_hint(&self) -> bool {
        self.0.lock().unwrap().idle_since.is_some()
    }

    #[zbus(property)]
    fn idle_since_hint(&self) -> u64 {
        self.0.lock().unwrap().idle_since.unwrap_or(0)
    }
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Login {
    fn inhibit(&self, what: &str, who: &str, why: &str, mode: &str) -> OwnedFd {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        self.0.lock().unwrap().push((format!("{what} {who}: {why} ({mode})"), ours));
        OwnedFd::from(theirs.as_fd().try_clone_to_owned().unwrap())
    }
}

impl Machine {
    pub fn start(bus: &Bus, stands: Stands) -> Self {
        let (stands, holds) = (Arc::new(Mutex::new(stands)), Holds::default());
        let mut builder = Builder::address(bus.address.as_str()).unwrap();
        for name in ["UPower", "NetworkManager", "login1"] {
            builder = builder.name(format!("org.freedesktop.{name}")).unwrap();
        }
        let at = |path: &str| format!("/org/freedesktop/{path}");
        let builder = builder.serve_at(at("UPower"), Power(stands.clone())).unwrap();
        let builder = builder.serve_at(at("UPower/devices/DisplayDevice"), Battery(stands.clone())).unwrap();
        let builder = builder.serve_at(at("NetworkManager"), Network(stands.clone())).unwrap();
        let builder = builder.serve_at(at("login1/user/self"), User(stands.clone())).unwrap();
        let builder = builder.serve_at(at("login1"), Login(holds.clone())).unwrap();
        Self { stands, holds, _connection: builder.build().unwrap() }
    }

    pub fn change(&self, change: impl FnOnce(&mut Stands)) {
        change(&mut self.stands.lock().unwrap());
    }

    /// All who asked to keep it awake up to now, each with whether they still do.
    pub fn holds(&self) -> Vec<(String, bool)> {
        let still = |end: &UnixStream| std::io::Read::read(&mut &*end, &mut [0]).is_err();
        self.holds.lock().unwrap().iter().map(|(why, end)| (why.clone(), still(end))).collect()
    }
}
