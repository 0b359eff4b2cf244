//! A desktop that shows messages, on a bus of its own: notes what it is told, and presses buttons.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::zvariant::OwnedValue;

const PATH: &str = "/org/freedesktop/Notifications";

/// A message as it was shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub id: u32,
    pub replaces: u32,
    pub summary: String,
    pub body: String,
    /// Keys and labels in turn.
    pub actions: Vec<String>,
    pub urgency: Option<u8>,
}

/// A session's bus without anything on it; it ends with this.
pub struct Bus {
    daemon: Child,
    pub address: String,
}

impl Bus {
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Where one was that has gone.
    pub fn start_at(address: &str) -> Self {
        let path = address.strip_prefix("unix:path=").map(|rest| rest.split(',').next().unwrap_or(rest));
        let _ = path.map(std::fs::remove_file);
        Self::with(&[format!("--address={}", address.split(',').next().unwrap_or(address))])
    }

    pub fn pid(&self) -> u32 {
        self.daemon.id()
    }

    fn with(more: &[String]) -> Self {
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/window/bus.conf");
        let mut daemon = Command::new("dbus-daemon")
            .args([&format!("--config-file={config}"), "--nofork", "--print-address"])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon: tests/run installs it");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { daemon, address: address.trim().to_owned() }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

pub struct Desktop {
    shown: Arc<Mutex<Vec<Shown>>>,
    connection: Connection,
}

struct Served {
    shown: Arc<Mutex<Vec<Shown>>>,
    can: Vec<String>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Served {
    #[allow(clippy::too_many_arguments, reason = "as the specification has it")]
    fn notify(
        &self,
        _app: &str,
        replaces: u32,
        _icon: &str,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let mut shown = self.shown.lock().unwrap();
        let id = if replaces > 0 { replaces } else { 40 + shown.len() as u32 };
        let urgency = hints.get("urgency").and_then(|value| u8::try_from(value).ok());
        shown.push(Shown { id, replaces, summary, body, actions, urgency });
        id
    }

    fn close_notification(&self, _id: u32) {}

    fn get_capabilities(&self) -> Vec<String> {
        self.can.clone()
    }

    fn get_server_information(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        ("strongroom's tests", "none", "1", "1.2")
    }
}

impl Desktop {
    /// `can`: its capabilities.
    pub fn start(bus: &Bus, can: &[&str]) -> Self {
        let shown: Arc<Mutex<Vec<Shown>>> = Arc::default();
        let served = Served { shown: shown.clone(), can: can.iter().map(ToString::to_string).collect() };
        let builder = Builder::address(bus.address.as_str()).unwrap().name("org.freedesktop.Notifications").unwrap();
        let connection = builder.serve_at(PATH, served).unwrap().build().unwrap();
        Self { shown, connection }
    }

    pub fn shown(&self) -> Vec<Shown> {
        self.shown.lock().unwrap().clone()
    }

    /// Waits until so many have been shown.
    pub fn wait_for(&self, count: usize) -> Vec<Shown> {
        self.wait_until(|shown| shown.len() >= count)
    }

    /// Waits until one with this summary has been shown.
    pub fn wait_for_one(&self, summary: &str) -> Shown {
        let is_it = |one: &Shown| one.summary == summary;
        self.wait_until(|shown| shown.iter().any(is_it)).into_iter().find(is_it).unwrap()
    }

    fn wait_until(&self, fits: impl Fn(&[Shown]) -> bool) -> Vec<Shown> {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let shown = self.shown();
            if fits(&shown) {
                return shown;
            }
            assert!(Instant::now() < end, "{shown:?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn press(&self, id: u32, key: &str) {
        self.signal("ActionInvoked", &(id, key));
    }

    pub fn close(&self, id: u32) {
        self.signal("NotificationClosed", &(id, 2u32));
    }

    fn signal<B: serde::Serialize + zbus::zvariant::DynamicType>(&self, name: &str, body: &B) {
        self.connection.emit_signal(None::<&str>, PATH, "org.freedesktop.Notifications", name, body).unwrap();
    }
}
