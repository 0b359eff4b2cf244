//! What reaches the window from other threads: that there is something new, and what somebody wishes of it.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::engine::Waker;
use crate::model::plan::PlanId;

/// What somebody wishes of the window, whether or not there is one just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To the front.
    Open,
    /// The restore pages: for a backup, or to look for one.
    Restore(Option<PlanId>),
    /// The program's end; asks while something runs.
    Quit,
}

/// Made before the window is, and outlives it: the engine keeps one waker while windows come and go.
#[derive(Clone, Default)]
pub struct WindowWaker {
    window: Arc<Mutex<Option<egui::Context>>>,
    quit: Arc<AtomicBool>,
    wishes: Arc<Mutex<Vec<Wish>>>,
    wished: Arc<Notify>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl WindowWaker {
    /// For the engine.
    pub fn waker(&self) -> Waker {
        let this = self.clone();
        Arc::new(move || this.wake())
    }

    fn wake(&self) {
        let context = lock(&self.window).clone();
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

    /// Wishes something of the window; where there is none it waits for the next.
    pub fn wish(&self, wish: Wish) {
        let mut wishes = lock(&self.wishes);
        if !wishes.contains(&wish) {
            wishes.push(wish);
        }
        drop(wishes);
        self.wished.notify_one();
        self.wake();
    }

    /// Until something is wished.
    pub async fn wished(&self) {
        while lock(&self.wishes).is_empty() {
            self.wished.notified().await;
        }
    }

    /// What is wished and was not heeded yet; it stays.
    pub fn wishes(&self) -> Vec<Wish> {
        lock(&self.wishes).clone()
    }

    /// The same, and none of it is left.
    pub fn take_wishes(&self) -> Vec<Wish> {
        std::mem::take(&mut *lock(&self.wishes))
    }

    /// A window is there (or gone again).
    pub(super) fn attach(&self, context: Option<egui::Context>) {
        *lock(&self.window) = context;
    }
}
