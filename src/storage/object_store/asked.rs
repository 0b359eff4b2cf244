//! Bounds of what is being asked, since a server may answer without end; and whether it is taken while it comes.

use std::cell::Cell;
use std::future::Future;

use super::fault::Fault;

/// Of an answer to anything but a reading: the longest page of a list.
const LONGEST_ANSWER: usize = 16 << 20;
/// Of an answer that says no.
pub const LONGEST_REFUSAL: usize = 64 << 10;
/// Pages of a list in which nothing new stands.
const EMPTY_PAGES: u32 = 100;

struct Bounds {
    longest: usize,
    /// Requests since there was something new.
    requests: Cell<u32>,
    streamed: bool,
}

tokio::task_local! {
    static BOUNDS: Bounds;
}

/// Lists: no page is longer than can be, and not too many follow one another without anything new.
pub async fn list<T>(what: impl Future<Output = T>) -> T {
    within(LONGEST_ANSWER, false, what).await
}

/// Reads a whole of at most so many bytes.
pub async fn whole<T>(longest: usize, what: impl Future<Output = T>) -> T {
    within(longest, false, what).await
}

/// Reads a part of an object, and takes it while it comes.
pub async fn streamed<T>(what: impl Future<Output = T>) -> T {
    within(LONGEST_ANSWER, true, what).await
}

async fn within<T>(longest: usize, streamed: bool, what: impl Future<Output = T>) -> T {
    BOUNDS.scope(Bounds { longest, requests: Cell::new(0), streamed }, what).await
}

/// There was something new.
pub fn progress() {
    let _ = BOUNDS.try_with(|bounds| bounds.requests.set(0));
}

pub(super) fn longest() -> usize {
    BOUNDS.try_with(|bounds| bounds.longest).unwrap_or(LONGEST_ANSWER)
}

pub(super) fn is_streamed() -> bool {
    BOUNDS.try_with(|bounds| bounds.streamed).unwrap_or(false)
}

/// One more request.
pub(super) fn count() -> opendal::Result<()> {
    let requests = BOUNDS.try_with(|bounds| {
        bounds.requests.set(bounds.requests.get() + 1);
        bounds.requests.get()
    });
    match requests {
        Ok(requests) if requests > EMPTY_PAGES => Err(Fault::TooLong("the list does not end".into()).into_error()),
        _ => Ok(()),
    }
}
