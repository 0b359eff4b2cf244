//! Speed and time left, from successive looks at a run's progress.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::engine::Handle;
use crate::model::run::{ProgressView, RunId};

/// How far a run is, how fast, and how long still.
#[derive(Clone, Debug)]
pub struct Pace {
    pub view: ProgressView,
    /// Bytes a second.
    pub speed: Option<f64>,
    pub left: Option<SignedDuration>,
}

struct Known {
    pace: Pace,
    at: Timestamp,
}

/// The paces of all live runs.
#[derive(Default)]
pub struct Paces {
    known: HashMap<RunId, Known>,
}

/// Between two looks.
const INTERVAL: SignedDuration = SignedDuration::from_millis(250);

impl Paces {
    pub fn of(&mut self, handle: &Handle, run: RunId, now: Timestamp) -> Option<Pace> {
        match self.known.get(&run) {
            Some(known) if now.duration_since(known.at).abs() < INTERVAL => Some(known.pace.clone()),
            known => {
                let Some(view) = handle.progress(run) else {
                    self.known.remove(&run);
                    return None;
                };
                let pace = next(known.map(|known| (&known.pace, now.duration_since(known.at))), view);
                self.known.insert(run, Known { pace: pace.clone(), at: now });
                Some(pace)
            }
        }
    }
}

/// The pace after a further look, `passed` after the one before.
fn next(before: Option<(&Pace, SignedDuration)>, view: ProgressView) -> Pace {
    let speed = before.and_then(|(pace, passed)| {
        let seconds = passed.as_secs_f64();
        if pace.view.stage != view.stage || seconds <= 0.0 {
            return None;
        }
        if view.paused || pace.view.paused {
            // It goes on as fast as it was.
            return pace.speed;
        }
        let fresh = view.bytes_done.saturating_sub(pace.view.bytes_done) as f64 / seconds;
        // Smoothed over about three seconds, whatever the distance of the looks is.
        let weight = 1.0 - (-seconds / 3.0).exp();
        Some(pace.speed.map_or(fresh, |old| old + (fresh - old) * weight))
    });
    let left = speed.filter(|speed| *speed > 1.0 && view.totals_known).map(|speed| {
        let bytes = view.bytes_total.saturating_sub(view.bytes_done);
        // A year is "for ever"; more would overflow further on.
        SignedDuration::from_secs_f64((bytes as f64 / speed).min(31_536_000.0))
    });
    Pace { view, speed, left }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_settles_and_time_left_follows() {
        let view =
            |done: u64| ProgressView { bytes_done: done, bytes_total: 1000, totals_known: true, ..ProgressView::default() };
        let mut pace = next(None, view(0));
        assert!(pace.speed.is_none() && pace.left.is_none());
        for second in 1..=5 {
            pace = next(Some((&pace, SignedDuration::from_secs(1))), view(second * 100));
        }
        assert!((pace.speed.unwrap() - 100.0).abs() < 1.0);
        assert_eq!(pace.left.unwrap().as_secs(), 5);
        let paused = next(Some((&pace, SignedDuration::from_secs(900))), ProgressView { paused: true, ..view(500) });
        let again = next(Some((&paused, SignedDuration::from_secs(1))), view(500));
        assert_eq!((paused.speed, again.speed, again.left), (pace.speed, pace.speed, pace.left));
        let stalled = next(Some((&pace, SignedDuration::from_secs(1))), view(500));
        assert!(stalled.speed.unwrap() < 100.0 && stalled.left > pace.left);
    }
}
