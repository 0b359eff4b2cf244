//! What the history is asked for, and what it gives.

pub mod export;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::PlanId;
use super::run::{Outcome, RunId, RunKind, RunReport};

/// Which runs are meant, and events among them. Each part that says something must fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HistoryFilter {
    pub plan: Option<PlanId>,
    pub kind: Option<RunKind>,
    /// Only runs: an event has none.
    pub ending: Option<Ending>,
    /// Only runs that need somebody's attention: with warnings, failed or interrupted.
    pub troubled: bool,
    /// Searched in plan names, problems, warnings and what events say, whatever the case.
    pub text: String,
    /// Started then or later.
    pub since: Option<Timestamp>,
    /// Started before this.
    pub until: Option<Timestamp>,
    /// What comes after this run in the list: older ones. New runs shift nothing, as they would with a number of runs to pass over.
    pub past: Option<RunId>,
    /// At most 1000.
    pub limit: usize,
}

/// A part of the list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HistoryPage {
    /// Newest first, without their lists of warnings.
    pub runs: Vec<RunReport>,
    /// All that fit, on whichever page.
    pub total: usize,
    /// Those of them that are older than the last one here.
    pub left: usize,
}

/// How a run ended, as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    Success,
    Warnings,
    Failed,
    Cancelled,
    /// Its process ended in the middle.
    Interrupted,
}

impl Ending {
    pub const ALL: [Self; 5] = [Self::Success, Self::Warnings, Self::Failed, Self::Cancelled, Self::Interrupted];

    /// The name that scripts and the history have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Warnings => "warnings",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// As a choice.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Success => "Successful",
            Self::Warnings => "With warnings",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Interrupted => "Interrupted",
        }
    }
}

impl From<&Outcome> for Ending {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Completed => Self::Success,
            Outcome::CompletedWithWarnings => Self::Warnings,
            Outcome::Failed(_) => Self::Failed,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::LeftRunning => Self::Interrupted,
        }
    }
}

impl HistoryFilter {
    /// Whether it leaves anything out; which part of the list is shown is no matter.
    pub fn is_set(&self) -> bool {
        let all = Self { past: self.past, limit: self.limit, ..Self::default() };
        Self { text: self.text.trim().to_owned(), ..self.clone() } != all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_only_turns_pages_leaves_nothing_out() {
        assert!(!HistoryFilter { past: Some(RunId(1)), limit: 5, text: "  ".into(), ..HistoryFilter::default() }.is_set());
        assert!(HistoryFilter { ending: Some(Ending::Failed), ..HistoryFilter::default() }.is_set());
        assert!(HistoryFilter { until: Some(Timestamp::UNIX_EPOCH), ..HistoryFilter::default() }.is_set());
    }
}
