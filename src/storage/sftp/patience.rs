//! How long a server is waited for.

use std::time::Duration;

use crate::storage::access::Access;

/// Times after which a server counts as away.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until a server takes the call, and for each step of the greeting.
    pub connect: Duration,
    /// Until we are let in: servers close the door after so long themselves, and whoever has to allow a key first needs a while.
    pub log_in: Duration,
    /// So that routers on the way, and we, know that the other side is there; some that go unanswered end the connection.
    pub keep_alive: Duration,
    /// For the answer to a request. A server that looks at its disk first may take its time.
    pub answer: Duration,
    /// The same while it makes a file durable: a slow disk may have much to write, and over that channel nothing else is answered meanwhile.
    pub sync: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(20), log_in: seconds(120), keep_alive: seconds(15), answer: seconds(60), sync: seconds(600) }
    }
}

impl Patience {
    pub fn of(access: &dyn Access) -> Self {
        let shorter = |most: Duration| Self { connect: most, log_in: most, keep_alive: most / 4, answer: most, sync: most };
        access.patience().map_or_else(Self::default, shorter)
    }
}
