//! The log: a file of ours that only its owner can read, begun anew when it has grown. Secrets never come here: their types
//! print nothing.

use std::fs::{self, File};
use std::io;
use std::panic;
use std::path::Path;
use std::sync::Mutex;

use strongroom::os::private;
use strongroom::state::paths::Home;
use tracing_subscriber::EnvFilter;

/// A log past this many bytes becomes `strongroom.log.old` at the next start.
const LONGEST: u64 = 2 << 20;

/// Starts logging; without a home nothing is logged. `STRONGROOM_LOG` sets what is (`debug`, `strongroom::engine=trace` …).
pub fn start() {
    let root = std::env::var_os("STRONGROOM_HOME").filter(|root| !root.is_empty());
    let Ok(home) = Home::locate(root.as_deref().map(Path::new)) else { return };
    let Ok(file) = open(&home.data) else { return };
    let filter = EnvFilter::try_from_env("STRONGROOM_LOG").unwrap_or_else(|_| EnvFilter::new("warn,strongroom=info"));
    // Fails only where there is a logger already.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file));
    // A full disk is no news to whoever reads our standard error.
    let _ = log.log_internal_errors(false).try_init();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        // Where, not what: a panic's message can hold anything.
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!("panic at {place} in thread {}", std::thread::current().name().unwrap_or("unnamed"));
        before(info);
    }));
}

fn open(folder: &Path) -> io::Result<File> {
    let path = folder.join("strongroom.log");
    if fs::metadata(&path).is_ok_and(|m| m.len() > LONGEST) {
        fs::rename(&path, folder.join("strongroom.log.old"))?;
    }
    private::options().create(true).append(true).open(path)
}
