//! How time, chance and the outside come in, so that tests can bring their own.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::location::Location;
use crate::state::secrets::SecretStore;
use crate::storage::{self, Storage};

/// Called whenever something changed that a front end may want to draw. Cheap; from any thread.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Opens a destination.
pub type OpenStorage = Arc<dyn Fn(&Location) -> Result<Arc<dyn Storage>, storage::Error> + Send + Sync>;

/// The time, and how to wait for it.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
    fn zone(&self) -> TimeZone;
}

/// This machine's clock and zone.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn zone(&self) -> TimeZone {
        TimeZone::system()
    }
}

/// Everything the engine takes from outside.
#[derive(Clone)]
pub struct Env {
    pub clock: Arc<dyn Clock>,
    /// Fills with random bytes that nobody can guess.
    pub entropy: Arc<dyn Fn(&mut [u8]) + Send + Sync>,
    pub secrets: Arc<dyn SecretStore>,
    pub open_storage: OpenStorage,
    pub waker: Waker,
}
