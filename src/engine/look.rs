//! A look at something that may answer late: on a thread of its own, one at a time, and not too often.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

pub struct Look<T> {
    every: Duration,
    last: Option<Instant>,
    is_looking: bool,
    found: (mpsc::Sender<T>, mpsc::Receiver<T>),
}

impl<T: Send + 'static> Look<T> {
    /// `every`: between the beginnings of two looks.
    pub fn new(every: Duration) -> Self {
        Self { every, last: None, is_looking: false, found: mpsc::channel(1) }
    }

    /// Begins one where it is time. Within the engine's runtime.
    pub fn begin(&mut self, work: impl FnOnce() -> T + Send + 'static) {
        if self.is_looking || self.last.is_some_and(|last| last.elapsed() < self.every) {
            return;
        }
        (self.last, self.is_looking) = (Some(Instant::now()), true);
        let found = self.found.0.clone();
        tokio::task::spawn_blocking(move || {
            // Nobody listens any more when the engine ends.
            let _ = found.blocking_send(work());
        });
    }

    /// Waits for the end of one.
    pub async fn found(&mut self) -> Option<T> {
        let found = self.found.1.recv().await?;
        self.is_looking = false;
        Some(found)
    }
}
