//! A plan: what is set up. On screen: a backup.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::format::{Format, SealSpec};
use super::location::Location;
use super::max_size::MaxSizes;
use super::path::PathBytes;
use super::read_back::WantedReadBack;
use super::retention::Retention;
use super::schedule::Schedules;
use super::source_spec::SourceSpec;

/// 16 random bytes in lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlanId(String);

impl PlanId {
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&bytes))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn bytes(&self) -> [u8; 16] {
        let mut out = [0; 16];
        // The constructor admits 32 hex digits only.
        let _ = data_encoding::HEXLOWER.decode_mut(self.0.as_bytes(), &mut out);
        out
    }

    /// The first eight digits, as they stand in folder names.
    pub fn short(&self) -> &str {
        &self.0[..8]
    }
}

impl TryFrom<String> for PlanId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if fits { Ok(Self(text)) } else { Err("a plan id is 32 lower-case hex digits".into()) }
    }
}

impl From<PlanId> for String {
    fn from(id: PlanId) -> Self {
        id.0
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A file that opens a plan's key slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretFile {
    /// Holds a password.
    Password(PathBytes),
    /// Is a key file.
    Key(PathBytes),
}

impl SecretFile {
    pub fn path(&self) -> &PathBytes {
        match self {
            Self::Password(path) | Self::Key(path) => path,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub id: PlanId,
    pub name: String,
    pub created: Timestamp,
    pub sources: SourceSpec,
    /// Each version is complete on each of them. Today exactly one.
    pub destinations: Vec<Location>,
    #[serde(default)]
    pub format: Format,
    /// `None`: not encrypted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<SealSpec>,
    /// Where the secret is read for runs that nobody attends, when this machine keeps no key that fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<SecretFile>,
    /// When it runs by itself.
    #[serde(default, rename = "schedule")]
    pub schedules: Schedules,
    /// Which of its versions stay.
    #[serde(default, skip_serializing_if = "Retention::is_default")]
    pub retention: Retention,
    /// What it may take at its destinations.
    #[serde(default, skip_serializing_if = "MaxSizes::is_empty")]
    pub max_sizes: MaxSizes,
    /// What is read back after a backup; as before this could be chosen, everything.
    #[serde(default)]
    pub read_back: WantedReadBack,
}

impl Plan {
    /// A plan of nothing to nowhere, not encrypted, that does not run by itself: what is wanted is put beside that.
    pub fn new(id: PlanId, name: impl Into<String>, created: Timestamp) -> Self {
        Self {
            id,
            name: name.into(),
            created,
            sources: SourceSpec::default(),
            destinations: Vec::new(),
            format: Format::default(),
            seal: None,
            secret_file: None,
            schedules: Schedules::default(),
            retention: Retention::default(),
            max_sizes: MaxSizes::default(),
            read_back: WantedReadBack::default(),
        }
    }

    /// The plan's folder at a destination: `<name>-<short id>`, the name reduced to what every file system takes.
    pub fn folder_name(&self) -> String {
        folder_name(&self.name, &self.id)
    }

    /// Whether it has runs that nobody begins.
    pub fn runs_by_itself(&self) -> bool {
        self.schedules.on().next().is_some()
    }

    /// The level at which its runs compress.
    pub fn level(&self) -> i32 {
        self.format.level_for(self.schedules.period_hours())
    }
}

/// See [`Plan::folder_name`].
pub fn folder_name(name: &str, id: &PlanId) -> String {
    let mut safe: String =
        name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ') { c } else { '_' }).collect();
    while safe.len() > 80 {
        safe.pop();
    }
    let safe = safe.trim_matches(|c| c == '.' || c == ' ');
    format!("{}-{}", if safe.is_empty() { "backup" } else { safe }, id.short())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_safe() {
        let id = PlanId::from_random([0xab; 16]);
        assert_eq!(folder_name("Documents", &id), "Documents-abababab");
        assert_eq!(folder_name("../a/b:c", &id), "_a_b_c-abababab");
        assert_eq!(folder_name("  ", &id), "backup-abababab");
        assert!(folder_name(&"ä".repeat(200), &id).len() < 100);
    }

    #[test]
    fn ids_are_checked() {
        assert!(PlanId::try_from("xyz".to_string()).is_err());
        assert!(PlanId::try_from("AB".repeat(16)).is_err());
        let id = PlanId::try_from("ab".repeat(16)).unwrap();
        assert_eq!(id.bytes(), [0xab; 16]);
    }
}
