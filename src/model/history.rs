//! What the history is asked for, and what it gives.

use serde::{Deserialize, Serialize};

use super::plan::PlanId;
use super::run::{RunKind, RunReport};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HistoryFilter {
    pub plan: Option<PlanId>,
    pub kind: Option<RunKind>,
    /// Only runs that need somebody's attention: with warnings or failed.
    pub troubled: bool,
    /// Searched in plan names, problems and warnings.
    pub text: String,
    pub skip: usize,
    /// At most 1000.
    pub limit: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// Newest first, without their lists of warnings.
    pub runs: Vec<RunReport>,
    pub total: usize,
}
