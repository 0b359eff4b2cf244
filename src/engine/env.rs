//! How time, chance and the outside come in, so that tests can bring their own.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::location::Location;
use crate::notify::{self, Notifier};
use crate::state::secrets::SecretStore;
use crate::storage::access::Access;
use crate::storage::{self, Storage};

/// Called whenever something changed that a front end may want to draw. Cheap; from any thread.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Opens a destination; with `true` its folder is made where it does not exist: only for a destination that is new.
pub type OpenStorage = Arc<dyn Fn(&Location, bool, &Arc<dyn Access>) -> Result<Arc<dyn Storage>, storage::Error> + Send + Sync>;

/// Fills with random bytes that nobody can guess.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The time and the zone.
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
    pub entropy: Entropy,
    pub secrets: Arc<dyn SecretStore>,
    pub open_storage: OpenStorage,
    /// Sends messages; from threads of its own only.
    pub notifier: Arc<dyn Notifier>,
    pub waker: Waker,
}

impl Env {
    /// This machine's own clock, chance and destinations.
    pub fn system(secrets: Arc<dyn SecretStore>, waker: Waker) -> Self {
        Self {
            clock: Arc::new(SystemClock),
            // Without chance there is no safe key or salt: nothing could go on.
            entropy: Arc::new(|bytes| getrandom::fill(bytes).expect("the system gives random bytes")),
            secrets,
            open_storage: Arc::new(|location, create, access| {
                let open = if create { storage::create_and_open } else { storage::open };
                let storage = open(location, access)?;
                Ok(Arc::from(storage))
            }),
            notifier: Arc::new(notify::System::default()),
            waker,
        }
    }
}
