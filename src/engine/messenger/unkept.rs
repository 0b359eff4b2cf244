//! What the history does not take, of messages: held here for as long as the process lives. A message that was sent and cannot be taken out
//! of the history must not be sent again and again, and one that cannot wait there must not be lost, least of all where a disk is full.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::model::alert::{Alert, ChannelId};
use crate::state::history::Waiting;

/// Messages that wait here; the oldest give way.
const MOST: usize = 500;

#[derive(Default)]
pub struct Unkept {
    /// Sent or given up, though the history has them.
    over: BTreeSet<i64>,
    /// With when they are due. Their numbers are below zero, where none of the history's are.
    waiting: Vec<(Timestamp, Waiting)>,
    /// Nothing of these goes before then.
    closed: HashMap<ChannelId, Timestamp>,
    number: i64,
}

impl Unkept {
    /// Lets a message wait that the history did not take.
    pub fn queue(&mut self, channel: &ChannelId, alert: &Alert, tries: u32, due: Timestamp) {
        self.number -= 1;
        let message = Waiting { id: self.number, channel: channel.clone(), tries, alert: alert.clone() };
        self.waiting.push((due, message));
        let old = self.waiting.len().saturating_sub(MOST);
        self.waiting.drain(..old);
    }

    /// Whether it waits here and nowhere else.
    pub fn has(&self, message: &Waiting) -> bool {
        message.id < 0
    }

    /// It was sent, or is given up.
    pub fn forget(&mut self, message: &Waiting) {
        if self.has(message) {
            self.waiting.retain(|(_, waiting)| waiting.id != message.id);
        } else {
            self.over.insert(message.id);
        }
    }

    /// It could not be sent: nothing is tried on its channel before then.
    pub fn put_off(&mut self, message: &Waiting, until: Timestamp) {
        self.forget(message);
        self.queue(&message.channel, &message.alert, message.tries.saturating_add(1), until);
        self.close(message.channel.clone(), until);
    }

    /// Nothing is tried on a channel before then.
    pub fn close(&mut self, channel: ChannelId, until: Timestamp) {
        self.closed.insert(channel, until);
    }

    /// The channel is gone.
    pub fn forget_channel(&mut self, channel: &ChannelId) {
        self.waiting.retain(|(_, waiting)| waiting.channel != *channel);
        self.closed.remove(channel);
    }

    /// Before anything is handed out: `forgets` takes a message out of the history, if that can be done by now.
    pub fn settle(&mut self, now: Timestamp, forgets: impl Fn(i64) -> bool) {
        // Where one is not taken out, neither are the others, and each try may wait for a lock.
        let mut is_writable = true;
        self.over.retain(|id| {
            is_writable = is_writable && forgets(*id);
            !is_writable
        });
        self.closed.retain(|_, until| *until > now);
    }

    /// What is due, of the history's and of these.
    pub fn due(&self, mut of_history: Vec<Waiting>, now: Timestamp) -> Vec<Waiting> {
        of_history.retain(|message| !self.over.contains(&message.id));
        let here = self.waiting.iter().filter(|(due, _)| *due <= now).map(|(_, message)| message.clone());
        of_history.into_iter().chain(here).filter(|message| !self.closed.contains_key(&message.channel)).collect()
    }

    /// When the next one of these is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.waiting.iter().map(|(due, message)| self.closed.get(&message.channel).copied().unwrap_or(*due).max(*due)).min()
    }

    /// Whether what the history says of when a message is due says nothing.
    pub fn doubts_history(&self) -> bool {
        !self.over.is_empty() || !self.closed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::{Channel, words};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn message(id: i64) -> Waiting {
        Waiting { id, channel: Channel::desktop().id, tries: 0, alert: words::test(at(0), "here") }
    }

    fn due(unkept: &Unkept, of_history: &[i64], now: i64) -> Vec<i64> {
        let of_history = of_history.iter().copied().map(message).collect();
        unkept.due(of_history, at(now)).iter().map(|message| message.id).collect()
    }

    #[test]
    fn what_was_sent_is_not_sent_again_though_the_history_has_it() {
        let mut unkept = Unkept::default();
        assert!(!unkept.doubts_history());
        unkept.forget(&message(3));
        assert_eq!(due(&unkept, &[3, 4], 1), [4]);
        unkept.settle(at(1), |_| false);
        assert_eq!(due(&unkept, &[3], 1), [0; 0]);
        assert!(unkept.doubts_history());
        // Its number may come again once it is gone from there.
        unkept.settle(at(1), |id| id == 3);
        assert_eq!(due(&unkept, &[3], 1), [3]);
        assert!(!unkept.doubts_history());
    }

    #[test]
    fn what_cannot_wait_in_the_history_waits_here() {
        let mut unkept = Unkept::default();
        let Waiting { channel, alert, .. } = message(0);
        unkept.queue(&channel, &alert, 0, at(5));
        assert_eq!((due(&unkept, &[], 4), due(&unkept, &[], 5), unkept.next()), (vec![], vec![-1], Some(at(5))));
        unkept.put_off(&message(-1), at(60));
        unkept.put_off(&message(7), at(70));
        assert_eq!(due(&unkept, &[7, 8], 65), [0; 0], "nothing goes to that channel before");
        assert_eq!(unkept.next(), Some(at(70)));
        unkept.settle(at(70), |_| false);
        let again = unkept.due(vec![message(7), message(8)], at(70));
        assert_eq!(again.iter().map(|message| (message.id, message.tries)).collect::<Vec<_>>(), [(8, 0), (-2, 1), (-3, 1)]);
        unkept.forget(&message(-2));
        assert_eq!(due(&unkept, &[7], 70), [-3]);
        unkept.forget_channel(&channel);
        assert_eq!((due(&unkept, &[7], 70), unkept.next()), (vec![], None));
        (0..600).for_each(|_| unkept.queue(&channel, &alert, 0, at(0)));
        assert_eq!(unkept.waiting.len(), MOST);
    }
}
