//! A way to somebody, and what they want to hear.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Alert, Email, Preset, Topic, Webhook, check};

/// Names a channel in settings, on the command line and among secrets: letters, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChannelId(String);

impl ChannelId {
    /// "email-1f09": what it is, and enough chance to tell two apart.
    pub fn new(way: &Way, random: [u8; 2]) -> Self {
        Self(format!("{}-{}", way.name(), data_encoding::HEXLOWER.encode(&random)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ChannelId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(plain);
        if fits { Ok(Self(text)) } else { Err("a channel's id is made of a-z, 0-9 and -") }
    }
}

impl From<ChannelId> for String {
    fn from(id: ChannelId) -> Self {
        id.0
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    pub id: ChannelId,
    /// What is told there.
    pub on: Vec<Topic>,
    /// Whether it waits until the quiet hours are over. A service that watches over us would take that for silence.
    pub quiet: bool,
    #[serde(flatten)]
    pub way: Way,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "kebab-case")]
pub enum Way {
    /// On the screen of whoever is logged in.
    Desktop,
    Email(Email),
    Webhook(Webhook),
}

impl Way {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Email(_) => "email",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Whom it reaches: "E-mail to ada@example.org", "ntfy at https://ntfy.example.org".
    pub fn in_words(&self) -> String {
        match self {
            Self::Desktop => "This desktop".into(),
            Self::Email(email) => format!("E-mail to {}", email.to.join(", ")),
            Self::Webhook(hook) => format!("{} at {}", hook.preset.in_words(), hook.server),
        }
    }

    /// What is told there where nobody says otherwise.
    pub fn usual_topics(&self) -> Vec<Topic> {
        match self {
            Self::Webhook(hook) => hook.preset.usual_topics(),
            Self::Desktop | Self::Email(_) => Topic::TROUBLES.to_vec(),
        }
    }

    /// Whether it is a service that hears of every run, and takes silence for trouble.
    pub fn counts_runs(&self) -> bool {
        matches!(self, Self::Webhook(hook) if hook.preset == Preset::Healthchecks)
    }

    /// Whether it reaches somebody who may be asleep.
    pub fn reaches_a_person(&self) -> bool {
        match self {
            Self::Webhook(hook) => hook.preset.reaches_a_person(),
            Self::Desktop | Self::Email(_) => true,
        }
    }
}

impl Channel {
    /// What there is before anybody has chosen.
    pub fn desktop() -> Self {
        Self { id: ChannelId("desktop".into()), on: Topic::TROUBLES.to_vec(), quiet: true, way: Way::Desktop }
    }

    /// A new one, with what such channels usually tell.
    pub fn new(way: Way, random: [u8; 2]) -> Self {
        let id = if way == Way::Desktop { Self::desktop().id } else { ChannelId::new(&way, random) };
        Self { id, on: way.usual_topics(), quiet: way.reaches_a_person(), way }
    }

    /// Whether it is to be told of something, or of the end of something it was told.
    pub fn wants(&self, alert: &Alert) -> bool {
        let is_news = !alert.repeats || self.way.counts_runs();
        is_news && alert.topics.iter().chain(&alert.ends).any(|topic| self.on.contains(topic))
    }

    /// What is wrong with it, in words.
    pub fn check(&self) -> Result<(), String> {
        check::channel(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_names_of_secrets_too() {
        let id = ChannelId::new(&Way::Desktop, [0x1f, 9]);
        assert_eq!(id.as_str(), "desktop-1f09");
        for bad in ["", "A", "a/b", "a b", "../x", &"x".repeat(33)] {
            assert!(ChannelId::try_from(bad.to_string()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_channel_is_one_table_of_the_settings() {
        let channel = Channel::desktop();
        let text = toml::to_string(&channel).unwrap();
        assert!(text.contains("way = \"desktop\"") && text.contains("low-room"), "{text}");
        assert_eq!(toml::from_str::<Channel>(&text).unwrap(), channel);
    }
}
