//! Who shows windows: one process of a home. Whoever comes second asks it for its window.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use strongroom::engine::Handle;
use strongroom::engine::message::{Command, Event};
use strongroom::ipc::attach;
use strongroom::model::problem::{Code, Problem};
use strongroom::state::paths::Home;
use tokio::sync::broadcast::error::RecvError;

/// How long a second start waits for the first one's window.
const PATIENCE: Duration = Duration::from_secs(15);

/// The right to show windows for a home, held until it is dropped. Without a file where none can be made: then a second window may open.
pub struct Turn {
    held: Option<File>,
}

impl Turn {
    /// `None` where another process shows them.
    pub fn take(home: &Home) -> Option<Self> {
        take(&home.runtime)
    }

    /// The same, where another process is asked to come to the front. Only attaches: an engine of our own would be in the way of the
    /// window that is there and may just be looking for one.
    pub fn take_or_raise(home: &Home) -> Result<Option<Self>, Problem> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(turn) = Self::take(home) {
                return Ok(Some(turn));
            }
            // The window's engine may be another process's that has just ended, or the window's own that is just starting.
            if let Ok(Some(handle)) = attach(home, Arc::new(|| {}))
                && raise(&handle)?
            {
                return Ok(None);
            }
            if Instant::now() > until {
                let what = "Strongroom is running already, but does not answer.";
                return Err(Problem::new(Code::Busy, what, "Try again in a moment."));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Without keeping others from it: nothing can be shown here.
    pub fn none() -> Self {
        Self { held: None }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Closing it is not enough: a program that is being started has every open file for a moment.
        let _ = self.held.as_ref().map(File::unlock);
    }
}

fn take(folder: &Path) -> Option<Turn> {
    let path = folder.join("window.lock");
    // Windows locks nothing that is open for appending alone.
    match File::options().read(true).append(true).create(true).open(&path) {
        Ok(file) => match file.try_lock() {
            Ok(()) => Some(Turn { held: Some(file) }),
            Err(_) => None,
        },
        Err(error) => {
            tracing::warn!("{}: {error}", path.display());
            Some(Turn { held: None })
        }
    }
}

/// Asks for the window that another process shows, and waits until the engine has passed it on: the request itself travels
/// behind our back and would be lost with this process. `false` where the engine ended meanwhile or does not answer.
fn raise(handle: &Handle) -> Result<bool, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(super::system)?;
    let mut events = handle.events();
    if handle.send(Command::Raise).is_err() {
        return Ok(false);
    }
    let passed_on = async {
        loop {
            match events.recv().await {
                Ok(Event::Raise) => return true,
                Err(RecvError::Closed) => return false,
                Ok(_) | Err(RecvError::Lagged(_)) => {}
            }
        }
    };
    Ok(runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), passed_on).await }).unwrap_or(false))
}
