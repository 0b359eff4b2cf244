//! A run: one execution of something, how far it is and how it ended.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::format::Packing;
use super::human;
use super::path::PathBytes;
use super::plan::PlanId;
use super::problem::{Problem, Warning};
use super::restore::{RestoreCounts, VerifyReport};
use super::snapshot::{BackupType, Totals, VersionId};
use super::tool::ToolDone;

/// Chosen by whoever asks for the run, so that it can be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    Backup,
    Restore,
    Verify,
    /// Of versions.
    Delete,
    /// Of single files, as are the three below.
    Encrypt,
    Decrypt,
    Compress,
    Decompress,
}

impl RunKind {
    /// Works on a single file, not on a backup.
    pub const fn is_tool(self) -> bool {
        matches!(self, Self::Encrypt | Self::Decrypt | Self::Compress | Self::Decompress)
    }

    /// The name that scripts and the history have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Restore => "restore",
            Self::Verify => "verify",
            Self::Delete => "delete",
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
            Self::Compress => "compress",
            Self::Decompress => "decompress",
        }
    }

    /// What such a run is called before the name of what it is about: "Backup of".
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Backup => "Backup of",
            Self::Restore => "Restore of",
            Self::Verify => "Verification of",
            Self::Delete => "Deletion of versions of",
            Self::Encrypt => "Encryption of",
            Self::Decrypt => "Decryption of",
            Self::Compress => "Compression of",
            Self::Decompress => "Decompression of",
        }
    }

    /// What it does while it runs: "Backing up".
    pub const fn doing(self) -> &'static str {
        match self {
            Self::Backup => "Backing up",
            Self::Restore => "Restoring",
            Self::Verify => "Verifying",
            Self::Delete => "Deleting versions",
            Self::Encrypt => "Encrypting",
            Self::Decrypt => "Decrypting",
            Self::Compress => "Compressing",
            Self::Decompress => "Decompressing",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    ByHand,
    Schedule,
    /// Gone on with after a crash.
    Resumed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Stage {
    #[default]
    Waiting,
    Preparing,
    /// Scanning and writing go on together.
    Copying,
    Finishing,
    ReadingBack,
    Checking,
    Restoring,
    Deleting,
    /// A single file.
    Converting,
}

impl Stage {
    const ALL: [Self; 9] = [
        Self::Waiting,
        Self::Preparing,
        Self::Copying,
        Self::Finishing,
        Self::ReadingBack,
        Self::Checking,
        Self::Restoring,
        Self::Deleting,
        Self::Converting,
    ];

    pub fn in_words(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Preparing => "Getting ready",
            Self::Copying => "Backing up",
            Self::Finishing => "Finishing",
            Self::ReadingBack => "Reading back",
            Self::Checking => "Checking",
            Self::Restoring => "Restoring",
            Self::Deleting => "Deleting",
            Self::Converting => "Working",
        }
    }
}

/// A run's live state: atomics that workers write and whoever draws reads. Nothing is ever sent per file.
#[derive(Debug, Default)]
pub struct Progress {
    stage: AtomicU8,
    /// Regular files met and done.
    pub files_done: AtomicU64,
    pub files_total: AtomicU64,
    /// Bytes of content met (read, or known unchanged) and done.
    pub bytes_done: AtomicU64,
    pub bytes_total: AtomicU64,
    /// Whether the totals are final.
    pub totals_known: AtomicBool,
    /// Bytes written to the destination or the restore target.
    pub bytes_written: AtomicU64,
    pub warnings: AtomicU64,
    /// Stands still by somebody's wish.
    pub paused: AtomicBool,
    current: Mutex<PathBytes>,
}

impl Progress {
    pub fn set_stage(&self, stage: Stage) {
        self.stage.store(stage as u8, Relaxed);
    }

    pub fn stage(&self) -> Stage {
        Stage::ALL.get(usize::from(self.stage.load(Relaxed))).copied().unwrap_or_default()
    }

    /// Names the file that is worked on. Skipped where somebody is just reading the name: a worker never waits for a screen.
    pub fn set_current(&self, path: &PathBytes) {
        if let Ok(mut current) = self.current.try_lock() {
            current.clone_from(path);
        }
    }

    pub fn view(&self) -> ProgressView {
        ProgressView {
            stage: self.stage(),
            files_done: self.files_done.load(Relaxed),
            files_total: self.files_total.load(Relaxed),
            bytes_done: self.bytes_done.load(Relaxed),
            bytes_total: self.bytes_total.load(Relaxed),
            totals_known: self.totals_known.load(Relaxed),
            bytes_written: self.bytes_written.load(Relaxed),
            warnings: self.warnings.load(Relaxed),
            paused: self.paused.load(Relaxed),
            current: self.current.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// A moment of a run's [`Progress`].
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProgressView {
    pub stage: Stage,
    pub files_done: u64,
    pub files_total: u64,
    pub bytes_done: u64,
    pub bytes_total: u64,
    pub totals_known: bool,
    pub bytes_written: u64,
    pub warnings: u64,
    pub paused: bool,
    pub current: PathBytes,
}

impl ProgressView {
    /// 0 to 1 by bytes, then by files; `None` while the total is not known.
    pub fn fraction(&self) -> Option<f32> {
        let of = |done: u64, total: u64| (done as f64 / total as f64).clamp(0.0, 1.0) as f32;
        match (self.totals_known, self.bytes_total, self.files_total) {
            (false, ..) => None,
            (true, 0, 0) => Some(1.0),
            (true, 0, files) => Some(of(self.files_done, files)),
            (true, bytes, _) => Some(of(self.bytes_done, bytes)),
        }
    }
}

/// Asks a run to end early, or to stand still for a while: looked at per piece.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Wishes>);

#[derive(Debug, Default)]
struct Wishes {
    cancelled: AtomicBool,
    paused: AtomicBool,
    /// Told of every change, for those that stand still.
    lock: Mutex<()>,
    changed: Condvar,
}

impl Cancel {
    pub fn cancel(&self) {
        self.set(&self.0.cancelled, true);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Relaxed)
    }

    /// Lets the run stand still, or go on.
    pub fn pause(&self, paused: bool) {
        self.set(&self.0.paused, paused);
    }

    pub fn is_paused(&self) -> bool {
        self.0.paused.load(Relaxed)
    }

    /// For those who do the run's work: whether they are to end. Stands still as long as the run does.
    pub fn should_end(&self) -> bool {
        if self.is_paused() && !self.is_cancelled() {
            let mut guard = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
            while self.is_paused() && !self.is_cancelled() {
                guard = self.0.changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
            }
        }
        self.is_cancelled()
    }

    fn set(&self, what: &AtomicBool, to: bool) {
        let guard = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner);
        what.store(to, Relaxed);
        drop(guard);
        self.0.changed.notify_all();
    }
}

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
    pub plan: Option<PlanId>,
    /// The plan's name then.
    pub plan_name: String,
    pub started: Timestamp,
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
        /// Whether the read-back reached the medium itself.
        read_back: ReadBack,
        /// Of older runs it is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        packed: Option<Packing>,
        /// Bytes of volumes that the run had finished before it was cut off and gone on with.
        #[serde(default, skip_serializing_if = "is_zero")]
        resumed_bytes: u64,
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
    },
    Tool(ToolDone),
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBack {
    /// Read past the cache.
    Medium,
    /// The file system does not allow that: what was checked may have come from memory.
    Cache,
    /// Cancelled in the middle; the version was there and whole already.
    Stopped,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fraction_is_by_bytes_then_files() {
        let view = |known, bytes_done, bytes_total, files_done, files_total| ProgressView {
            totals_known: known,
            bytes_done,
            bytes_total,
            files_done,
            files_total,
            ..ProgressView::default()
        };
        assert_eq!(view(false, 1, 2, 0, 0).fraction(), None);
        assert_eq!(view(true, 1, 2, 0, 0).fraction(), Some(0.5));
        assert_eq!(view(true, 0, 0, 1, 4).fraction(), Some(0.25));
        assert_eq!(view(true, 0, 0, 0, 0).fraction(), Some(1.0));
        assert_eq!(view(true, 9, 2, 0, 0).fraction(), Some(1.0));
    }
}
