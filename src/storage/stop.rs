//! Ends what a storage does for somebody who wants it no more: while it sends, and while it waits for a server.
//!
//! A destination that is open is shared: who asks says so for what it asks itself, on its own thread.

use std::cell::RefCell;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Error, Kind};
use crate::model::run::Cancel;

/// Between two looks whether it is over.
pub const SLICE: Duration = Duration::from_millis(100);

/// Tells whether something is over that is being done. It is asked often, by any thread, and must not wait.
#[derive(Clone, Default)]
pub struct Stop(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

thread_local! {
    static CURRENT: RefCell<Stop> = RefCell::default();
}

impl Stop {
    pub fn when(is_over: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(is_over)))
    }

    /// Over once a run is cancelled. One that only stands still is not: what is on its way then arrives.
    pub fn of(cancel: &Cancel) -> Self {
        let cancel = cancel.clone();
        Self::when(move || cancel.is_cancelled())
    }

    /// Over when it is asked for the time after so many.
    #[cfg(test)]
    pub fn after(times: usize) -> Self {
        use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
        let asked = AtomicUsize::new(0);
        Self::when(move || asked.fetch_add(1, SeqCst) >= times)
    }

    /// For what this thread does now; where nobody has said anything, it is never over.
    pub fn current() -> Self {
        CURRENT.with_borrow(Self::clone)
    }

    pub fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(|is_over| is_over())
    }

    /// Does something that ends early once it is over. What fails then is an error of kind `Cancelled`, whatever the failure.
    pub fn during<T>(&self, act: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.within(act).map_err(|error| match error.kind {
            Kind::Cancelled => error,
            _ if self.is_over() => Error::new(Kind::Cancelled, error.context, "cancelled"),
            _ => error,
        })
    }

    /// The same of a part of it, for instance on another thread: its failures stay what they are.
    pub fn within<T>(&self, act: impl FnOnce() -> T) -> T {
        let _before = Before(CURRENT.replace(self.clone()));
        act()
    }

    /// Does to its end what must be done all the same, as taking away what was half sent.
    pub fn never<T>(act: impl FnOnce() -> T) -> T {
        Self::default().within(act)
    }

    /// Waits that long; `false` where it is over before.
    pub fn pause(&self, pause: Duration) -> bool {
        let Some(is_over) = &self.0 else {
            thread::sleep(pause);
            return true;
        };
        let begun = Instant::now();
        while !is_over() {
            match pause.saturating_sub(begun.elapsed()) {
                Duration::ZERO => return true,
                left => thread::sleep(left.min(SLICE)),
            }
        }
        false
    }

    /// Ends once it is over.
    pub async fn over(&self) {
        if self.0.is_none() {
            std::future::pending::<()>().await;
        }
        while !self.is_over() {
            tokio::time::sleep(SLICE).await;
        }
    }
}

/// Waits that long before another try; `false` where nobody wants it any more.
pub fn pause(pause: Duration) -> bool {
    Stop::current().pause(pause)
}

/// What held before, and holds again when this is dropped.
struct Before(Stop);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(std::mem::take(&mut self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(100_000);

    #[test]
    fn a_pause_ends_when_it_is_over() {
        assert!(pause(Duration::ZERO) && Stop::after(1).pause(Duration::ZERO));
        assert!(!Stop::after(0).pause(Duration::ZERO) && !Stop::after(3).pause(LONG));
        assert!(!Stop::after(3).within(|| pause(LONG)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(Stop::after(3).over());
    }

    #[test]
    fn it_holds_for_what_this_thread_does_meanwhile() {
        let over = Stop::after(0);
        over.within(|| {
            assert!(Stop::current().is_over());
            Stop::never(|| assert!(!Stop::current().is_over()));
            assert!(Stop::current().is_over(), "what held before holds again");
            thread::scope(|scope| scope.spawn(|| assert!(!Stop::current().is_over())).join()).unwrap();
        });
        let _ = std::panic::catch_unwind(|| Stop::after(0).within::<()>(|| panic!("in the midst of it")));
        assert!(!Stop::current().is_over());
    }

    #[test]
    fn what_fails_once_it_is_over_is_cancelled() {
        let fails = || Err::<(), _>(Error::new(Kind::ServerAway, "a", "cut"));
        let error = Stop::after(0).during(fails).unwrap_err();
        assert_eq!((error.kind, &*error.context), (Kind::Cancelled, "a"));
        assert_eq!(Stop::default().during(fails).unwrap_err().kind, Kind::ServerAway);
        let cancel = Cancel::default();
        cancel.pause(true);
        assert!(!Stop::of(&cancel).is_over(), "nor does it wait");
        cancel.cancel();
        assert_eq!(Stop::of(&cancel).during(fails).unwrap_err().kind, Kind::Cancelled);
        assert_eq!(Stop::after(0).during(|| Ok(7)).unwrap(), 7, "what was done is done");
    }
}
