//! How long a server is waited for, and how often it is asked again.

use std::time::Duration;

use super::failure::Failure;
use crate::storage::access::Access;
use crate::storage::backoff::spread;
use crate::storage::stop;

#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Without any sign of life on an open connection.
    pub stall: Duration,
    /// Before the second try; twice that before each further one.
    pub first: Duration,
    /// Longest wait of our own accord.
    pub longest: Duration,
    /// Longest wait that a server may ask for.
    pub obeyed: Duration,
    /// How often a failure that may pass is tried again.
    pub tries: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            stall: Duration::from_secs(120),
            first: Duration::from_millis(500),
            longest: Duration::from_secs(8),
            obeyed: Duration::from_secs(120),
            tries: 6,
        }
    }
}

impl Pace {
    pub fn of(access: &dyn Access) -> Self {
        let usual = Self::default();
        Self { stall: access.patience().unwrap_or(usual.stall), ..usual }
    }
}

/// What is left of the tries for one thing.
pub struct Tries {
    pace: Pace,
    left: u32,
    wait: Duration,
}

impl Tries {
    pub fn new(pace: Pace) -> Self {
        Self { pace, left: pace.tries, wait: pace.first }
    }

    /// For what is not worth waiting for.
    pub fn single(pace: Pace) -> Self {
        Self { pace, left: 0, wait: pace.first }
    }

    /// Something was achieved: what fails from here on is another failure.
    pub fn refill(&mut self) {
        *self = Self::new(self.pace);
    }

    /// Waits where the failure may pass; gives it back where it does not, lasted too long, or nobody wants it any more.
    pub fn again(&mut self, failure: Failure) -> Result<(), Failure> {
        let (cost, asked) = match &failure {
            Failure::Busy { wait, .. } => (1, *wait),
            Failure::Cut(_) => (1, None),
            // Much time has passed already.
            Failure::Silent => (self.pace.tries.div_ceil(2), None),
            _ => return Err(failure),
        };
        if self.left < cost || asked.is_some_and(|wait| wait > self.pace.obeyed) {
            return Err(failure);
        }
        self.left -= cost;
        if !stop::pause(asked.unwrap_or(Duration::ZERO).max(spread(self.wait))) {
            return Err(failure);
        }
        self.wait = (self.wait * 2).min(self.pace.longest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasty() -> Pace {
        Pace { first: Duration::ZERO, ..Pace::default() }
    }

    #[test]
    fn what_may_pass_is_tried_again_a_few_times() {
        let count = |failure: fn() -> Failure| {
            let mut tries = Tries::new(hasty());
            (0..100).take_while(|_| tries.again(failure()).is_ok()).count()
        };
        assert_eq!(count(|| Failure::Cut("cut".into())), 6);
        assert_eq!(count(|| Failure::Silent), 2);
        assert_eq!(count(|| Failure::Refused), 0);
        let status = ureq::http::StatusCode::SERVICE_UNAVAILABLE;
        assert!(Tries::single(hasty()).again(Failure::Cut("cut".into())).is_err());
        let too_long = Failure::Busy { status, wait: Some(Duration::from_secs(3600)) };
        assert!(Tries::new(hasty()).again(too_long).is_err(), "nobody waits an hour");
    }
}
