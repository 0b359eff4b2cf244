//! Ending a run early, and letting it stand still.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Asks a run to end early, or to stand still for a while: looked at per piece.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Wishes>);

#[derive(Debug, Default)]
struct Wishes {
    cancelled: AtomicBool,
    paused: AtomicBool,
    /// Told of every change, for those that stand still.
    lock: Mutex<()>,
    changed: Condvar,
}

impl Cancel {
    pub fn cancel(&self) {
        self.set(&self.0.cancelled, true);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Relaxed)
    }

    /// Lets the run stand still, or go on.
    pub fn pause(&self, paused: bool) {
        self.set(&self.0.paused, paused);
    }

    pub fn is_paused(&self) -> bool {
        self.0.paused.load(Relaxed)
    }

    /// For those who do the run's work: whether they are to end. Stands still as long as the run does.
    pub fn should_end(&self) -> bool {
        if self.is_paused() && !self.is_cancelled() {
            let mut guard = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
            while self.is_paused() && !self.is_cancelled() {
                guard = self.0.changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
            }
        }
        self.is_cancelled()
    }

    fn set(&self, what: &AtomicBool, to: bool) {
        let guard = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
        what.store(to, Relaxed);
        drop(guard);
        self.0.changed.notify_all();
    }
}
