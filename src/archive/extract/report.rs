//! What came of a restore so far: counts, warnings, and whether to go on. Shared by all that work on it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::put::Settled;
use crate::archive::{Error, Result};
use crate::model::path::PathBytes;
use crate::model::problem::{Cause, Warning};
use crate::model::restore::RestoreCounts;
use crate::model::run::{Cancel, Progress};

/// So many warnings are kept; all are counted.
const KEPT: usize = 1000;
/// After so many failures to read the destination with no success between them it is taken for gone.
const PATIENCE: u32 = 16;

#[derive(Default)]
pub struct Counts {
    pub created: AtomicU64,
    pub replaced: AtomicU64,
    pub skipped: AtomicU64,
    pub beside: AtomicU64,
    pub failed: AtomicU64,
    pub folders: AtomicU64,
    pub bytes: AtomicU64,
    pub fetched: AtomicU64,
}

impl Counts {
    /// Counts how a thing came to its name.
    pub fn count(&self, settled: &Settled) {
        let count = match settled {
            Settled::Created => &self.created,
            Settled::Replaced => &self.replaced,
            Settled::Beside(_) => &self.beside,
            Settled::Skipped => &self.skipped,
        };
        count.fetch_add(1, Relaxed);
    }

    /// Whether anything was made at the target.
    pub fn has_made(&self) -> bool {
        [&self.created, &self.replaced, &self.beside, &self.folders].iter().any(|count| count.load(Relaxed) > 0)
    }
}

pub struct Tally<'a> {
    pub counts: Counts,
    progress: &'a Progress,
    cancel: &'a Cancel,
    warnings: Mutex<Vec<Warning>>,
    warning_count: AtomicU64,
    unread: AtomicU32,
    /// Objects of the backup in which something was not as it should be.
    damaged: Mutex<BTreeSet<String>>,
    stopped: AtomicBool,
    error: Mutex<Option<Error>>,
}

impl<'a> Tally<'a> {
    pub fn new(progress: &'a Progress, cancel: &'a Cancel) -> Self {
        Self {
            counts: Counts::default(),
            progress,
            cancel,
            warnings: Mutex::default(),
            warning_count: AtomicU64::new(0),
            unread: AtomicU32::new(0),
            damaged: Mutex::default(),
            stopped: AtomicBool::new(false),
            error: Mutex::default(),
        }
    }

    pub fn warn(&self, cause: Cause, path: &PathBytes, detail: impl Into<String>) {
        self.progress.warnings.fetch_add(1, Relaxed);
        if self.warning_count.fetch_add(1, Relaxed) < KEPT as u64 {
            let warning = Warning { cause, path: path.clone(), detail: detail.into() };
            self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning);
        }
    }

    /// A file, link or other that could not be restored.
    pub fn lost(&self, cause: Cause, path: &PathBytes, detail: impl Into<String>) {
        self.counts.failed.fetch_add(1, Relaxed);
        self.warn(cause, path, detail);
    }

    /// Something at the target failed: no room ends the restore, everything else is told and gone on from.
    pub fn not_written(&self, path: &PathBytes, e: std::io::Error) {
        if matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) {
            self.fail(Error::file(path.as_path(), e));
        } else {
            self.lost(Cause::NotWritten, path, e.to_string());
        }
    }

    /// Whether a failure to read content is that of the files concerned; else it ends the restore.
    pub fn is_local(&self, e: &Error) -> bool {
        match e {
            Error::Object { .. } => self.unread.fetch_add(1, Relaxed) + 1 < PATIENCE,
            Error::Damaged { .. }
            | Error::Missing { .. }
            | Error::NotSealed { .. }
            | Error::UnknownKey { .. }
            | Error::TooNew { .. }
            | Error::Limit(_) => true,
            _ => false,
        }
    }

    /// Remembers an object by its name within the plan's folder.
    pub fn found_damaged(&self, object: impl Into<String>) {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner).insert(object.into());
    }

    pub fn take_damaged(&self) -> Vec<String> {
        std::mem::take(&mut *self.damaged.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }

    pub fn was_read(&self) {
        // A plain look first: the counter is everybody's, and almost always 0.
        if self.unread.load(Relaxed) != 0 {
            self.unread.store(0, Relaxed);
        }
    }

    /// Ends the restore; the first reason stays.
    pub fn fail(&self, e: Error) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
        self.stopped.store(true, Relaxed);
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Relaxed) || self.cancel.should_end()
    }

    pub fn progress(&self) -> &'a Progress {
        self.progress
    }

    /// A regular file is done with, whatever came of it; `bytes` of it were not reported yet.
    pub fn file_done(&self, bytes: u64) {
        self.progress.files_done.fetch_add(1, Relaxed);
        self.progress.bytes_done.fetch_add(bytes, Relaxed);
    }

    pub fn finish(self) -> Result<(RestoreCounts, Vec<Warning>, u64)> {
        if let Some(e) = self.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(e);
        }
        if self.cancel.should_end() {
            return Err(Error::Cancelled);
        }
        let c = self.counts;
        let counts = RestoreCounts {
            created: c.created.into_inner(),
            replaced: c.replaced.into_inner(),
            skipped: c.skipped.into_inner(),
            beside: c.beside.into_inner(),
            failed: c.failed.into_inner(),
            folders: c.folders.into_inner(),
            bytes: c.bytes.into_inner(),
            fetched: c.fetched.into_inner(),
            free: None,
        };
        Ok((counts, self.warnings.into_inner().unwrap_or_else(PoisonError::into_inner), self.warning_count.into_inner()))
    }
}
