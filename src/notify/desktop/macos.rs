//! The desktop of macOS: by the system's own script runner, as a program that is not in a bundle may.

use std::process::{Command, Stdio};

use crate::model::alert::Alert;
use crate::notify::{Error, Kind, OnPress};

#[derive(Clone, Default)]
pub struct Desktop;

/// The words come as arguments, never as part of the script.
const SCRIPT: [&str; 3] = ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];

impl Desktop {
    /// There is no bus.
    pub fn on(_: &str) -> Self {
        Self
    }

    #[allow(clippy::unused_self, reason = "the same on every desktop")]
    pub fn show(&self, alert: &Alert) -> Result<(), Error> {
        let nobody = |why: String| Error::new(Kind::Nobody, format!("no desktop shows messages here: {why}"));
        let mut command = Command::new("/usr/bin/osascript");
        SCRIPT.iter().for_each(|line| {
            command.args(["-e", line]);
        });
        let quiet = command
            .arg("--")
            .args([&alert.subject, &alert.body])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match quiet.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(nobody(status.to_string())),
            Err(error) => Err(nobody(error.to_string())),
        }
    }

    /// Messages have no buttons here.
    #[allow(clippy::unused_self, reason = "the same on every desktop")]
    pub fn on_press(&self, _: OnPress) {}
}
