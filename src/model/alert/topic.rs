//! What somebody can be told of.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// A backup went well.
    Success,
    /// A backup was made, but not all of it as it should be.
    Warning,
    /// A run failed.
    Failure,
    /// There has been no backup for longer than the schedule has it: the watchman that finds silence.
    Overdue,
    /// A verification met damage.
    Damage,
    /// A destination has little room left.
    LowRoom,
    /// A destination could not be reached.
    Unreachable,
    /// One that backups go to by themselves has been away for longer than the settings are patient.
    Away,
    /// Old versions were cleaned up.
    Retention,
}

impl Topic {
    pub const ALL: [Self; 9] = [
        Self::Success,
        Self::Warning,
        Self::Failure,
        Self::Overdue,
        Self::Damage,
        Self::LowRoom,
        Self::Unreachable,
        Self::Away,
        Self::Retention,
    ];

    /// What nobody should miss.
    pub const TROUBLES: [Self; 5] = [Self::Failure, Self::Overdue, Self::Damage, Self::LowRoom, Self::Away];

    /// The name that scripts have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Failure => "failure",
            Self::Overdue => "overdue",
            Self::Damage => "damage",
            Self::LowRoom => "low-room",
            Self::Unreachable => "unreachable",
            Self::Away => "away",
            Self::Retention => "retention",
        }
    }

    /// The line beside its box: "A backup failed".
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Success => "A backup was made",
            Self::Warning => "A backup was made with warnings",
            Self::Failure => "A backup failed",
            Self::Overdue => "There has been no backup for too long",
            Self::Damage => "A verification found damage",
            Self::LowRoom => "A destination has little room left",
            Self::Unreachable => "A destination cannot be reached",
            Self::Away => "A destination has been away for too long",
            Self::Retention => "Old versions were deleted",
        }
    }

    /// Stands until something ends it, and is told again only after a while.
    pub const fn stands(self) -> bool {
        !matches!(self, Self::Success | Self::Retention)
    }

    /// Something to worry about now, and not only to know.
    pub const fn is_urgent(self) -> bool {
        matches!(self, Self::Failure | Self::Overdue | Self::Damage)
    }
}

impl FromStr for Topic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|topic| topic.name() == text.trim()).ok_or_else(|| format!("expected some of {}", known()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_settings_have_the_same_names() {
        for topic in Topic::ALL {
            assert_eq!(serde_json::to_string(&topic).unwrap(), format!("\"{}\"", topic.name()));
            assert_eq!(topic.name().parse(), Ok(topic));
        }
        assert!("failures".parse::<Topic>().unwrap_err().contains("failure, overdue"));
    }
}
