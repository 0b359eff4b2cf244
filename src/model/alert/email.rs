//! A mail server, and whom it is to bring messages to.

use serde::{Deserialize, Serialize};

use crate::model::path::PathBytes;

/// The password of `user` lies among this machine's secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    pub to: Vec<String>,
    pub from: String,
    /// Its name or address.
    pub server: String,
    pub port: u16,
    #[serde(default)]
    pub security: Security,
    /// `None`: the server takes messages from anybody it knows by its line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Certificates (PEM) that may vouch for the server, beside those the system trusts; a whole path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBytes>,
}

/// How the line to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// Begins in the open and must change to TLS before anything is told: port 587.
    #[default]
    StartTls,
    /// TLS from the start: port 465.
    Tls,
    /// Only within this machine.
    None,
}

impl Security {
    pub const fn name(self) -> &'static str {
        match self {
            Self::StartTls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
    }

    /// What a port usually means.
    pub const fn of_port(port: u16) -> Self {
        match port {
            465 => Self::Tls,
            _ => Self::StartTls,
        }
    }

    pub const fn usual_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

impl Email {
    /// "smtp.example.org:587" in its two parts; the port may be missing.
    pub fn server_and_port(text: &str) -> Option<(String, Option<u16>)> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix('[') {
            let (host, after) = rest.split_once(']')?;
            let port = match after.strip_prefix(':') {
                Some(port) => Some(port.parse().ok()?),
                None if after.is_empty() => None,
                None => return None,
            };
            return Some((host.to_owned(), port));
        }
        match text.split_once(':') {
            // An IPv6 address without brackets.
            Some((_, rest)) if rest.contains(':') => Some((text.to_owned(), None)),
            Some((host, port)) => Some((host.to_owned(), Some(port.parse().ok()?))),
            None => Some((text.to_owned(), None)),
        }
        .filter(|(host, _)| !host.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_name_its_port() {
        let read = Email::server_and_port;
        assert_eq!(read("smtp.example.org:587"), Some(("smtp.example.org".into(), Some(587))));
        assert_eq!(read(" mail "), Some(("mail".into(), None)));
        assert_eq!(read("[::1]:25"), Some(("::1".into(), Some(25))));
        assert_eq!(read("::1"), Some(("::1".into(), None)));
        for bad in ["", ":25", "a:b", "a:70000", "[::1]x", "[::1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
