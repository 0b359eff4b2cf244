//! Keeps the machine from going to sleep while something runs.

use std::sync::{Arc, Mutex};

use super::core::lock;
use crate::os::surroundings::hold_awake;

#[derive(Default)]
pub struct Awake {
    is_wanted: bool,
    held: Arc<Mutex<Held>>,
}

/// What is held, and how often that was changed: an answer that comes too late is let go at once.
#[derive(Default)]
struct Held {
    changes: u64,
    hold: Option<Hold>,
}

type Hold = Box<dyn Send>;

impl Awake {
    /// Asks the system on a thread of its own. Within the engine's runtime.
    pub fn keep(&mut self, wanted: bool) {
        if wanted == self.is_wanted {
            return;
        }
        self.is_wanted = wanted;
        let change = {
            let mut held = lock(&self.held);
            (held.changes, held.hold) = (held.changes + 1, None);
            held.changes
        };
        if wanted {
            let held = self.held.clone();
            tokio::task::spawn_blocking(move || {
                let hold = hold_awake("A backup or a restore is running").map(|hold| Box::new(hold) as Hold);
                let mut held = lock(&held);
                if held.changes == change {
                    held.hold = hold;
                }
            });
        }
    }
}
