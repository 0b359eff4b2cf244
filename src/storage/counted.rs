//! How many of something go on.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts one until it is dropped.
pub struct Counted<'a> {
    count: &'a AtomicUsize,
    /// How many there were before it.
    pub before: usize,
}

impl<'a> Counted<'a> {
    pub fn of(count: &'a AtomicUsize) -> Self {
        Self { count, before: count.fetch_add(1, Relaxed) }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Relaxed);
    }
}
