//! How long a server is waited for, and how often something is tried.

use std::time::{Duration, Instant};

use crate::storage::access::Access;
use crate::storage::stop;

/// Times after which a server counts as away.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until a server takes the call, at whichever of its addresses.
    pub connect: Duration,
    /// Until anything comes, or goes, over a line.
    pub answer: Duration,
    /// For a command and its reply, or for a piece of a file, as a whole.
    pub whole: Duration,
    /// Before the second try; doubled each time.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(20), answer: seconds(60), whole: seconds(180), pause: Duration::from_millis(500) }
    }
}

impl Patience {
    pub fn of(access: &dyn Access) -> Self {
        let usual = Self::default();
        access.patience().map_or(usual, |most| Self { connect: most, answer: most, whole: most * 3, ..usual })
    }

    /// For many bytes: a line that carries fewer in a second than this is as good as dead.
    pub fn for_bytes(&self, bytes: usize) -> Duration {
        const LEAST: u64 = 1 << 10;
        self.whole + Duration::from_secs(bytes as u64 / LEAST)
    }
}

/// Tries after the first one.
const TRIES: u32 = 4;
/// Tries at once, over lines that may all have died while nobody used them.
const AT_ONCE: u32 = 1;

/// Tries of one thing.
pub struct Attempts {
    began: Instant,
    made: u32,
    at_once: u32,
    /// What lasted longer than one wait for an answer is not waited for again.
    longest: Duration,
    pause: Duration,
}

impl Attempts {
    pub fn new(patience: &Patience) -> Self {
        Self { began: Instant::now(), made: 0, at_once: 0, longest: patience.answer, pause: patience.pause }
    }

    /// Whether it is worth another try, and still wanted after the wait before it. `stale`: it failed over a line that had lain idle.
    pub fn again(&mut self, stale: bool) -> bool {
        if stale && self.at_once < AT_ONCE {
            self.at_once += 1;
            return true;
        }
        if self.made >= TRIES || self.began.elapsed() >= self.longest {
            return false;
        }
        let wait = self.wait();
        self.made += 1;
        stop::pause(wait)
    }

    /// So that many clients do not come back in the same instant: up to half as long again.
    fn wait(&self) -> Duration {
        let mut random = [0];
        // Without chance it is only less even.
        let _ = getrandom::fill(&mut random);
        let wait = self.pause * 2_u32.pow(self.made);
        wait + wait / 2 * u32::from(random[0]) / u32::from(u8::MAX)
    }

    pub fn begin_anew(&mut self) {
        (self.began, self.made, self.at_once) = (Instant::now(), 0, 0);
    }
}
