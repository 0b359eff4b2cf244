//! Messages that reach somebody who is not looking: what is told, to whom, when, how often, and in which words.
//!
//! An [`Alert`] is one thing that happened. [`words`] makes it of a run or of a look at how things stand; [`storm`] says whether it is
//! news; each [`Channel`] says whether it wants it and whether it keeps quiet hours; [`request`] is what a webhook sends. All of it is
//! judged against the time that is given.

mod channel;
mod check;
mod email;
pub mod late;
pub mod quiet;
pub mod request;
pub mod retry;
pub mod storm;
mod template;
mod topic;
mod webhook;
pub mod words;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::channel::{Channel, ChannelId, Way};
pub use self::email::{Email, Security};
pub use self::topic::Topic;
pub use self::webhook::{Method, Preset, Webhook};
use super::limits::Hours;
use super::plan::PlanId;
use super::run::RunId;

/// Who is told of what; in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Messages {
    /// When channels that heed them wait, by this machine's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Hours>,
    #[serde(rename = "channel")]
    pub channels: Vec<Channel>,
}

impl Default for Messages {
    /// Where nobody has said otherwise, troubles are told on the desktop.
    fn default() -> Self {
        Self { quiet: None, channels: vec![Channel::desktop()] }
    }
}

impl Messages {
    /// Of all ways together.
    pub const MOST_CHANNELS: usize = 16;

    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub fn channel(&self, id: &ChannelId) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == *id)
    }

    /// Puts a channel in the place of the one with its id, or behind all others.
    pub fn put(&mut self, channel: Channel) {
        match self.channels.iter_mut().find(|known| known.id == channel.id) {
            Some(place) => *place = channel,
            None => self.channels.push(channel),
        }
    }
}

/// One thing that happened, in words. Never a secret, never a list of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is, the weightiest first: a backup that failed since its drive is away is a failure, and a drive that is away.
    pub topics: Vec<Topic>,
    /// Troubles that it ends; whoever was told of them is told this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<Topic>,
    /// Was told already, and is not worth another word; only a service that counts our runs is told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
    pub plan: Option<PlanId>,
    /// The plan's name; empty where it is about none.
    pub plan_name: String,
    pub run: Option<RunId>,
    pub at: Timestamp,
    /// One line.
    pub subject: String,
    pub body: String,
}

impl Alert {
    /// What it is in the first place; a test is nothing that happened.
    pub fn topic(&self) -> Option<Topic> {
        self.topics.first().copied()
    }

    /// The name that scripts and receivers have for it: "failure", "recovery", "test".
    pub fn name(&self) -> &'static str {
        match self.topic() {
            Some(topic) => topic.name(),
            None if self.ends.is_empty() => "test",
            None => "recovery",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_told_and_so_is_the_end_of_what_was() {
        let channel = Channel { on: vec![Topic::Failure], ..Channel::desktop() };
        let alert = |topics: &[Topic], ends: &[Topic]| Alert {
            topics: topics.to_vec(),
            ends: ends.to_vec(),
            repeats: false,
            plan: None,
            plan_name: String::new(),
            run: None,
            at: Timestamp::UNIX_EPOCH,
            subject: String::new(),
            body: String::new(),
        };
        assert!(channel.wants(&alert(&[Topic::Failure, Topic::Unreachable], &[])));
        assert!(channel.wants(&alert(&[Topic::LowRoom, Topic::Failure], &[])));
        assert!(!channel.wants(&alert(&[Topic::Success], &[])));
        assert!(channel.wants(&alert(&[Topic::Success], &[Topic::Failure])), "it was told of the failure");
        assert!(!channel.wants(&alert(&[Topic::Success], &[Topic::LowRoom])));
        let again = Alert { repeats: true, ..alert(&[Topic::Failure], &[]) };
        assert!(!channel.wants(&again), "no storms");
        let watching = Channel { way: Way::Webhook(Webhook::new(Preset::Healthchecks, String::new())), ..channel };
        assert!(watching.wants(&again), "who counts our runs hears of each");
        assert_eq!((alert(&[], &[]).name(), alert(&[], &[Topic::Failure]).name()), ("test", "recovery"));
    }

    #[test]
    fn settings_without_messages_tell_troubles_on_the_desktop() {
        let messages: Messages = serde_json::from_str("{}").unwrap();
        assert!(messages.is_default());
        assert!(messages.channels[0].on.contains(&Topic::Overdue) && !messages.channels[0].on.contains(&Topic::Success));
        let none: Messages = serde_json::from_str(r#"{"channel":[]}"#).unwrap();
        assert!(none.channels.is_empty() && !none.is_default());
    }
}
