//! An address on the web that is told, and in which shape.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::Topic;
use super::check::is_loopback;
use crate::model::path::PathBytes;

/// The address itself and what signs for us lie among this machine's secrets: whoever knows a topic's or a hook's address can use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    #[serde(default)]
    pub preset: Preset,
    /// Of the address what may be seen: "https://ntfy.example.org".
    pub server: String,
    #[serde(default)]
    pub method: Method,
    /// Besides those of the preset, or in their place. Values may hold the placeholders of the body, and `{secret}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// In the place of the preset's; with placeholders such as `{subject}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Certificates (PEM) that may vouch for the server, beside those the system trusts; a whole path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Post,
    Put,
    /// Without a body.
    Get,
}

impl Method {
    pub const ALL: [Self; 3] = [Self::Post, Self::Put, Self::Get];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Get => "GET",
        }
    }
}

/// Of which kind the receiver is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// One's own: gets all there is to know as JSON.
    #[default]
    Plain,
    /// Watches over us: success at the address itself, failure at `/fail`, all else at `/log`.
    Healthchecks,
    /// Brings messages to telephones: the text as it is, title and weight in headers.
    Ntfy,
    /// A hook of a chat, as Slack, Mattermost and others have it: `{"text": …}`.
    Slack,
}

impl Preset {
    pub const ALL: [Self; 4] = [Self::Plain, Self::Healthchecks, Self::Ntfy, Self::Slack];

    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Plain => "Webhook",
            Self::Healthchecks => "Healthchecks",
            Self::Ntfy => "ntfy",
            Self::Slack => "Chat (Slack and the like)",
        }
    }

    pub fn usual_topics(self) -> Vec<Topic> {
        match self {
            // It finds silence by itself, if it hears of every success.
            Self::Healthchecks => vec![Topic::Success, Topic::Warning, Topic::Failure, Topic::Damage],
            Self::Plain | Self::Ntfy | Self::Slack => Topic::TROUBLES.to_vec(),
        }
    }

    pub const fn reaches_a_person(self) -> bool {
        matches!(self, Self::Ntfy | Self::Slack)
    }
}

/// Why an address cannot be a webhook's; never the address itself.
pub fn check_address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text.trim()).map_err(|_| "it is no address")?;
    let host = url.host_str().unwrap_or_default();
    if host.is_empty() {
        return Err("it names no server");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a name or password in it would be written down elsewhere: give them in a header");
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(host) => Ok(url),
        "http" => Err("http:// protects nothing on its way: give https://"),
        _ => Err("it begins with neither https:// nor http://"),
    }
}

impl Webhook {
    /// Of an address what may be seen: scheme, host and port.
    pub fn server_of(address: &str) -> Result<String, &'static str> {
        Ok(check_address(address)?.origin().ascii_serialization())
    }

    /// A header as people write it, its name and a colon before it; `None` without a colon.
    pub fn header_of(line: &str) -> Option<(String, String)> {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    }

    /// Whether a header shows the secret, which then signs nothing.
    pub fn shows_secret(&self) -> bool {
        self.headers.values().any(|value| value.contains("{secret}"))
    }

    pub fn new(preset: Preset, server: String) -> Self {
        Self { preset, server, method: Method::Post, headers: BTreeMap::new(), body: None, ca_file: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_only_the_server_is_seen() {
        assert_eq!(Webhook::server_of("https://ntfy.example.org/topic?x=1").unwrap(), "https://ntfy.example.org");
        assert_eq!(Webhook::server_of("http://127.0.0.1:8080/a").unwrap(), "http://127.0.0.1:8080");
        for bad in ["", "ntfy", "http://example.org/a", "https://ada:pw@example.org", "ftp://example.org/", "file:///etc/passwd"]
        {
            let why = Webhook::server_of(bad).unwrap_err();
            assert!(!why.contains("pw"), "{bad}");
        }
    }
}
