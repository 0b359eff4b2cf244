//! A schedule of a plan.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::when::When;
use crate::model::conditions::Conditions;
use crate::model::retention::Retention;
use crate::model::snapshot::WantedType;

/// Four bytes in lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScheduleId(String);

impl ScheduleId {
    pub fn from_random(bytes: [u8; 4]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&bytes))
    }

    /// Of the one schedule that plans had before they had several.
    pub fn first() -> Self {
        Self::from_random([0; 4])
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ScheduleId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if fits { Ok(Self(text)) } else { Err("a schedule's id is 8 lower-case hex digits".into()) }
    }
}

impl From<ScheduleId> for String {
    fn from(id: ScheduleId) -> Self {
        id.0
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub id: ScheduleId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default = "yes")]
    pub on: bool,
    #[serde(default, rename = "type")]
    pub wanted: WantedType,
    /// When it was made, changed or switched on: nothing before was missed. `None`: when the plan was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    pub when: When,
    /// For the versions that it makes; `None`: the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// What must hold when it is due; until then it waits.
    #[serde(default, rename = "if", skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
}

fn yes() -> bool {
    true
}

impl Schedule {
    const LONGEST_NAME: usize = 200;

    /// Switched on, automatic, without a name.
    pub fn new(id: ScheduleId, when: When, since: Timestamp) -> Self {
        Self {
            id,
            name: None,
            on: true,
            wanted: WantedType::Auto,
            since: Some(since),
            when,
            retention: None,
            conditions: Conditions::default(),
        }
    }

    pub fn check(&self) -> Result<(), String> {
        if self.name.as_ref().is_some_and(|name| name.len() > Self::LONGEST_NAME) {
            return Err("a schedule's name is too long".into());
        }
        if let Some(retention) = &self.retention {
            retention.check()?;
            if retention.max_bytes.is_some() {
                return Err("the room that versions may take is the backup's, not one schedule's".into());
            }
        }
        self.when.check()
    }

    /// "every day at 20:00, full".
    pub fn in_words(&self) -> String {
        let when = self.when.in_words();
        let when = match self.wanted {
            WantedType::Auto => when,
            WantedType::Full => format!("{when}, full"),
            WantedType::Differential => format!("{when}, differential"),
            WantedType::Incremental => format!("{when}, incremental"),
        };
        let when = if self.conditions.is_empty() { when } else { format!("{when}, only {}", self.conditions.in_words()) };
        if self.on { when } else { format!("{when} (off)") }
    }
}
