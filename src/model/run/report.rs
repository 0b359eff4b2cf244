//! How a run ended, and what came of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{RunId, RunKind, Stage, Trigger};
use crate::model::clean_up::CleanedUp;
use crate::model::event::Event;
use crate::model::format::Packing;
use crate::model::history::Ending;
use crate::model::human;
use crate::model::keeping::Keeper;
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::problem::{Problem, Warning};
use crate::model::replicate::Replicated;
use crate::model::restore::{RestoreCounts, VerifyReport};
use crate::model::schedule::ScheduleId;
use crate::model::snapshot::{BackupType, Totals, VersionId};
use crate::model::tool::ToolDone;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "problem", rename_all = "kebab-case")]
pub enum Outcome {
    Completed,
    CompletedWithWarnings,
    Failed(Problem),
    Cancelled,
    /// The process ended in the middle; found at the next start.
    LeftRunning,
}

impl Outcome {
    /// A version, restore or verification that can be relied on came of it.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithWarnings)
    }

    pub fn in_words(&self) -> &'static str {
        match self {
            Self::Completed => "Completed",
            Self::CompletedWithWarnings => "Completed with warnings",
            Self::Failed(_) => "Failed",
            Self::Cancelled => "Cancelled",
            Self::LeftRunning => "Left running",
        }
    }
}

/// What is known of a run, in the history and after it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    pub run: RunId,
    pub kind: RunKind,
    pub trigger: Trigger,
    /// The schedules that it was started for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<ScheduleId>,
    pub plan: Option<PlanId>,
    /// The plan's name then.
    pub plan_name: String,
    pub started: Timestamp,
    /// How far the clock on the wall was from UTC when it started: seconds east. `None`: not known, of older runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utc_offset: Option<i32>,
    pub finished: Timestamp,
    /// Milliseconds between the two in which it stood still by somebody's wish.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub paused_ms: u64,
    #[serde(flatten)]
    pub outcome: Outcome,
    pub detail: RunDetail,
    /// At most a thousand are kept; `warning_count` counts all.
    pub warnings: Vec<Warning>,
    pub warning_count: u64,
    /// Stage and milliseconds it took.
    pub stages: Vec<(Stage, u64)>,
}

impl RunReport {
    /// What was made, of a backup that came to its end.
    pub fn made(&self) -> Option<BackupType> {
        match &self.detail {
            RunDetail::Backup { backup_type, .. } => Some(*backup_type),
            _ => None,
        }
    }

    /// How it ended; `None`: it was no run.
    pub fn ending(&self) -> Option<Ending> {
        (self.kind != RunKind::Event).then(|| Ending::from(&self.outcome))
    }

    /// How long it worked: without what it stood still.
    pub fn took(&self) -> SignedDuration {
        self.finished.duration_since(self.started).saturating_sub(self.paused()).max(SignedDuration::ZERO)
    }

    pub fn paused(&self) -> SignedDuration {
        SignedDuration::from_millis(i64::try_from(self.paused_ms).unwrap_or(i64::MAX))
    }

    /// ", paused 3 s", where it was for a second or more.
    pub fn paused_in_words(&self) -> String {
        let paused = self.paused();
        if paused.as_secs() == 0 { String::new() } else { format!(", paused {}", human::duration(paused)) }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum RunDetail {
    None,
    Backup {
        version: VersionId,
        #[serde(rename = "type")]
        backup_type: BackupType,
        totals: Totals,
        /// Where it lies.
        destination: String,
        /// Versions of the plan there now, and the bytes they take in all.
        versions: u64,
        plan_bytes: u64,
        /// Whether it was read back there, and whether that reached the medium itself.
        read_back: ReadBack,
        /// Of older runs it is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        packed: Option<Packing>,
        /// Bytes of volumes that the run had finished before it was cut off and gone on with.
        #[serde(default, skip_serializing_if = "is_zero")]
        resumed_bytes: u64,
        /// What its other destinations got.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        copies: Vec<Replicated>,
    },
    Restore {
        /// `None`: out of one archive, whose name the run has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<VersionId>,
        counts: RestoreCounts,
        target: String,
        dry_run: bool,
        /// Where replaced files were moved.
        undo: Option<PathBytes>,
    },
    Verify {
        report: VerifyReport,
    },
    Delete {
        versions: Vec<VersionId>,
        /// Bytes that became free.
        bytes: u64,
        /// Bytes of theirs that stay, since other versions need them.
        kept_bytes: u64,
        destination: String,
        /// Versions that are left, and the bytes that they take in all.
        left: u64,
        plan_bytes: u64,
        /// By the plan's rule: what went at each destination and why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cleaned: Vec<CleanedUp>,
        /// Destinations that keep what was deleted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        keepers: Vec<Keeper>,
    },
    Replicate {
        /// Where it was copied from.
        from: String,
        #[serde(flatten)]
        replicated: Replicated,
    },
    Tool(ToolDone),
    Event(Event),
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// How far it was read back what was written; the greater, the less that proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBack {
    /// Read past the cache.
    Medium,
    /// The file system does not allow that: what was checked may have come from memory.
    Cache,
    /// Cancelled in the middle; the version was there and whole already.
    Stopped,
    /// The plan does not want it there.
    NotWanted,
}
