//! No storms: what stands is told once, then again after ever longer times, until it ends.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Topic;
use crate::model::plan::PlanId;

/// Until the second telling, the third and so on; the last one from then on.
const AGAIN: [SignedDuration; 4] = [
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(3 * 24),
    SignedDuration::from_hours(7 * 24),
];

/// What stands: this trouble of this plan, and what it is about, so that another cause is news.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    pub topic: Topic,
    pub plan: Option<PlanId>,
    /// A problem's code, a destination.
    pub about: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// When it was told last, and how often it was.
    pub told: Timestamp,
    pub times: u32,
}

/// All that stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storms(BTreeMap<Key, Standing>);

impl Storms {
    pub fn of(known: impl IntoIterator<Item = (Key, Standing)>) -> Self {
        Self(known.into_iter().collect())
    }

    /// Whether it is to be told now; then it counts as told.
    pub fn happens(&mut self, key: Key, now: Timestamp) -> Option<Standing> {
        let standing = match self.0.get(&key) {
            // A clock that was set back long after would keep us silent until it comes round again.
            Some(known) if known.told > now => Standing { told: now, ..*known },
            Some(known) if now.duration_since(known.told) < again(known.times) => return None,
            Some(known) => Standing { told: now, times: known.times.saturating_add(1) },
            None => Standing { told: now, times: 1 },
        };
        let is_news = self.0.get(&key).is_none_or(|known| known.times != standing.times);
        self.0.insert(key, standing);
        is_news.then_some(standing)
    }

    /// Ends what fits, and gives it.
    pub fn end(&mut self, fits: impl Fn(&Key) -> bool) -> Vec<Key> {
        let ended: Vec<Key> = self.0.keys().filter(|key| fits(key)).cloned().collect();
        self.0.retain(|key, _| !fits(key));
        ended
    }

    pub fn stands(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }
}

fn again(times: u32) -> SignedDuration {
    let at = usize::try_from(times.saturating_sub(1)).unwrap_or(usize::MAX);
    AGAIN[at.min(AGAIN.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(topic: Topic, about: &str) -> Key {
        Key { topic, plan: None, about: about.into() }
    }

    fn hour(n: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(n)
    }

    #[test]
    fn what_happens_each_hour_is_told_ever_more_seldom() {
        let mut storms = Storms::default();
        let told: Vec<i64> =
            (0..24 * 30).filter(|n| storms.happens(key(Topic::Failure, "no-room"), hour(*n)).is_some()).collect();
        assert_eq!(told, [0, 6, 30, 102, 270, 438, 606]);
        assert!(storms.happens(key(Topic::Failure, "destination-missing"), hour(720)).is_some(), "another cause is news");
    }

    #[test]
    fn what_ended_is_news_when_it_comes_again() {
        let mut storms = Storms::default();
        assert!(storms.happens(key(Topic::Overdue, ""), hour(0)).is_some());
        assert!(storms.happens(key(Topic::Failure, "a"), hour(1)).is_some());
        assert!(storms.happens(key(Topic::Failure, "b"), hour(2)).is_some());
        let ended = storms.end(|key| key.topic == Topic::Failure);
        assert_eq!(ended.len(), 2);
        assert!(storms.end(|key| key.topic == Topic::Failure).is_empty(), "it ends once");
        assert!(storms.stands(&key(Topic::Overdue, "")));
        assert!(storms.happens(key(Topic::Failure, "a"), hour(3)).is_some());
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_silence_us() {
        let mut storms = Storms::default();
        assert!(storms.happens(key(Topic::Failure, "a"), hour(24 * 365)).is_some());
        assert!(storms.happens(key(Topic::Failure, "a"), hour(0)).is_none(), "it was just told");
        assert!(storms.happens(key(Topic::Failure, "a"), hour(6)).is_some());
    }
}
