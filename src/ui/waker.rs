//! Lets the engine ask for a frame without knowing the window.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::Waker;

/// Made before the window is, and outlives it: the engine keeps one waker while windows come and go.
#[derive(Clone, Default)]
pub struct WindowWaker {
    window: Arc<Mutex<Option<egui::Context>>>,
    quit: Arc<AtomicBool>,
}

impl WindowWaker {
    /// For the engine.
    pub fn waker(&self) -> Waker {
        let this = self.clone();
        Arc::new(move || this.wake())
    }

    fn wake(&self) {
        let context = self.window.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(context) = context {
            context.request_repaint();
        }
    }

    /// The system asks the program to end: closes the window without a question, and any that is opened later.
    pub fn quit(&self) {
        self.quit.store(true, Relaxed);
        self.wake();
    }

    pub(super) fn must_quit(&self) -> bool {
        self.quit.load(Relaxed)
    }

    /// A window is there (or gone again).
    pub(super) fn attach(&self, context: Option<egui::Context>) {
        *self.window.lock().unwrap_or_else(PoisonError::into_inner) = context;
    }
}
