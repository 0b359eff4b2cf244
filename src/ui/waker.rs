//! Lets the engine ask for a frame without knowing the window.

use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::Waker;

/// Made before the window is, and outlives it: the engine keeps one waker while windows come and go.
#[derive(Clone, Default)]
pub struct WindowWaker(Arc<Mutex<Option<egui::Context>>>);

impl WindowWaker {
    /// For the engine.
    pub fn waker(&self) -> Waker {
        let slot = self.0.clone();
        Arc::new(move || {
            let context = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(context) = context {
                context.request_repaint();
            }
        })
    }

    /// A window is there (or gone again).
    pub(super) fn attach(&self, context: Option<egui::Context>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = context;
    }
}
