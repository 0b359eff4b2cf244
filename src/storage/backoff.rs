//! Pauses between tries.

use std::time::Duration;

/// Between half and all of it, by chance: whoever waits for the same server does not come back at the same moment.
pub fn spread(pause: Duration) -> Duration {
    let mut byte = [0; 1];
    // Without chance everybody waits the longest.
    let share = getrandom::fill(&mut byte).map_or(1.0, |()| f64::from(byte[0]) / 255.0);
    pause.mul_f64(0.5 + share / 2.0)
}
