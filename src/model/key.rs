//! Key slots as a person deals with them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a slot is opened with, as it stands in `keys-<n>.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlotKind {
    Password,
    RecoveryKey,
    KeyFile,
}

impl SlotKind {
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Password => "Password",
            Self::RecoveryKey => "Recovery key",
            Self::KeyFile => "Key file",
        }
    }
}

/// A slot, without what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySlot {
    /// Eight hex digits; a rewrite of the key file leaves them as they are.
    pub id: String,
    pub kind: SlotKind,
    /// "scrypt 2^16/8/3", "PBKDF2-HMAC-SHA256 600,000", "HKDF-SHA256".
    pub function: String,
    /// `None`: made before that was written down.
    pub created: Option<Timestamp>,
}
