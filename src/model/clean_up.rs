//! Carrying out what a plan's rule says of its versions, and looking at it beforehand.

use serde::{Deserialize, Serialize};

use super::location::Location;
use super::plan::PlanId;
use super::problem::Problem;
use super::retention::{Doubt, Judged, Simulation, Verdict};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanUpSpec {
    pub plan: PlanId,
    /// Somebody has seen what would go, and says that it may.
    pub despite_doubts: bool,
}

/// What a rule says now of all that lies at a plan's destinations, and what comes of it over the next year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetentionPreview {
    pub places: Vec<PlaceJudged>,
    /// Of the first destination that could be read; empty where none could.
    pub simulation: Simulation,
}

/// One destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaceJudged {
    pub location: Location,
    /// Or why it cannot be said.
    pub judged: Result<Judged, Problem>,
}

/// That nothing can be deleted at a destination, and what that means.
pub fn append_only_in_words(location: &Location) -> String {
    let at = location.display();
    format!("Nothing can be deleted at {at}: versions stay until somebody with the right to delete removes them.")
}

/// What was cleared away at one destination, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleanedUp {
    pub destination: String,
    /// Of those that went, oldest first.
    pub verdicts: Vec<Verdict>,
    /// What a person is to be asked about before anything goes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}
