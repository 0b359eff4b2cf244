//! Copying versions from one destination to another.

use serde::{Deserialize, Serialize};

use super::location::Location;
use super::read_back::WantedReadBack;
use super::restore::Place;
use super::run::ReadBack;
use super::snapshot::VersionId;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplicateSpec {
    pub from: Place,
    pub to: Location,
    /// Empty: all that the target lacks.
    pub versions: Vec<VersionId>,
    /// Once all of it lies there, the plan goes there instead of where it was copied from.
    #[serde(default)]
    pub instead: bool,
    /// A target that held versions and is gone is made anew: it is no drive that may be plugged in again.
    #[serde(default)]
    pub anew: bool,
    /// What is read back there; `None`: what the plan wishes, and everything where none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_back: Option<WantedReadBack>,
}

impl ReplicateSpec {
    /// All that is lacking there, and nothing else.
    pub fn all(from: Place, to: Location) -> Self {
        Self { from, to, versions: Vec::new(), instead: false, anew: false, read_back: None }
    }
}

/// What was copied to a destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replicated {
    pub destination: String,
    /// Versions that it has now and had not before, oldest first.
    pub versions: Vec<VersionId>,
    /// Objects that were sent, and their bytes; what lay there already is not sent again.
    pub objects: u64,
    pub bytes: u64,
    /// Whether what was sent was read back there before it became a version; `None`: nothing was sent, or it is not known of an older run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_back: Option<ReadBack>,
}
