//! How far a run is.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::model::path::PathBytes;

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
    /// Copying versions from one destination to another.
    Replicating,
    /// A single file.
    Converting,
}

impl Stage {
    const ALL: [Self; 10] = [
        Self::Waiting,
        Self::Preparing,
        Self::Copying,
        Self::Finishing,
        Self::ReadingBack,
        Self::Checking,
        Self::Restoring,
        Self::Deleting,
        Self::Replicating,
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
            Self::Replicating => "Copying versions",
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

    /// Nothing is done yet, again.
    pub fn begin_anew(&self) {
        for count in
            [&self.files_done, &self.files_total, &self.bytes_done, &self.bytes_total, &self.bytes_written, &self.warnings]
        {
            count.store(0, Relaxed);
        }
        self.totals_known.store(false, Relaxed);
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
