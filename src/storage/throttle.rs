//! How fast bytes may go to servers and come from them: all of this process's transfers share it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Handed over at a time where a limit holds, so that what several transfers share is shared evenly, and nothing stands still for long.
pub const PIECE: usize = 64 << 10;

#[derive(Default)]
pub struct Throttle {
    up: Mutex<Way>,
    down: Mutex<Way>,
}

/// One direction: a queue of all that wants to pass, at a speed.
#[derive(Default)]
struct Way {
    /// Bytes; `None`: no limit.
    per_second: Option<u64>,
    /// When all that was let in will have passed.
    free: Option<Instant>,
}

impl Throttle {
    /// Bytes per second from now on; `None`: no limit.
    pub fn set(&self, up: Option<u64>, down: Option<u64>) {
        for (way, per_second) in [(&self.up, up), (&self.down, down)] {
            let mut way = lock(way);
            if way.per_second != per_second {
                *way = Way { per_second, free: None };
            }
        }
    }

    /// How long whoever sends so many bytes waits before that.
    pub fn up(&self, bytes: usize) -> Duration {
        lock(&self.up).wait(Instant::now(), bytes)
    }

    /// The same of whoever has just got them, before more is asked for.
    pub fn down(&self, bytes: usize) -> Duration {
        lock(&self.down).wait(Instant::now(), bytes)
    }

    /// The same where they pass soon; `None` where they do not, then nothing is held for them.
    pub fn down_within(&self, soon: Duration, bytes: usize) -> Option<Duration> {
        let (mut way, now) = (lock(&self.down), Instant::now());
        way.free.is_none_or(|free| free.saturating_duration_since(now) <= soon).then(|| way.wait(now, bytes))
    }
}

/// Waits so long, where there is anything to wait for: a timer would make a millisecond of nothing.
pub async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

impl Way {
    fn wait(&mut self, now: Instant, bytes: usize) -> Duration {
        let Some(per_second) = self.per_second.filter(|limit| *limit > 0) else { return Duration::ZERO };
        let begin = self.free.map_or(now, |free| free.max(now));
        self.free = begin.checked_add(Duration::from_secs_f64(bytes as f64 / per_second as f64));
        begin - now
    }
}

fn lock(way: &Mutex<Way>) -> std::sync::MutexGuard<'_, Way> {
    // Nothing in here is ever half changed.
    way.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_waits_for_what_came_before_it() {
        let mut way = Way { per_second: Some(1000), free: None };
        let begin = Instant::now();
        let mut waits = |after: u64, bytes| way.wait(begin + Duration::from_millis(after), bytes).as_millis();
        assert_eq!([waits(0, 500), waits(0, 500), waits(0, 1000)], [0, 500, 1000]);
        assert_eq!(waits(1500, 100), 500);
        // What was not used is not saved up.
        assert_eq!([waits(9000, 100), waits(9000, 1)], [0, 100]);
    }

    #[test]
    fn who_asks_for_what_comes_later_takes_no_time_from_others() {
        let throttle = Throttle::default();
        let ask = |bytes| throttle.down_within(Duration::from_secs(1), bytes);
        assert!((0..100).all(|_| ask(1 << 40) == Some(Duration::ZERO)), "nothing limits it");
        throttle.set(None, Some(1000));
        let asked: Vec<Duration> = std::iter::from_fn(|| ask(1000)).take(100).collect();
        assert!((2..10).contains(&asked.len()), "{asked:?}");
        assert!(throttle.down(1) < Duration::from_secs(10));
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let throttle = Throttle::default();
        throttle.set(Some(1), None);
        assert_eq!(throttle.up(1 << 40), Duration::ZERO);
        assert!(throttle.up(1) > Duration::from_secs(1_000_000));
        assert_eq!([throttle.down(1 << 40), throttle.down(1)], [Duration::ZERO; 2]);
        throttle.set(None, None);
        assert_eq!(throttle.up(1), Duration::ZERO, "what was let in before is forgotten with its limit");
    }
}
