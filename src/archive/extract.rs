//! Restores entries of a version to a target: every piece checked before it is written.

use std::sync::Arc;

use super::Result;
use super::catalog_io::CatalogReader;
use super::key::KeyRing;
use super::object::Objects;
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::problem::Warning;
use crate::model::restore::{Conflict, RestoreCounts, Target};
use crate::model::run::{Cancel, Progress};

pub struct RestoreJob<'a> {
    pub plan: PlanId,
    pub objects: Arc<dyn Objects>,
    pub ring: Option<Arc<KeyRing>>,
    pub catalog: &'a CatalogReader,
    /// Catalog paths (no leading `/`); empty: everything.
    pub paths: &'a [PathBytes],
    pub except: &'a [PathBytes],
    pub target: &'a Target,
    pub conflict: Conflict,
    pub metadata: bool,
    pub dry_run: bool,
    /// Name for this run's temporary files and undo folder.
    pub tag: &'a str,
    /// Today, for the names of files that are put beside existing ones: `2026-11-21`.
    pub date: &'a str,
    pub progress: &'a Progress,
    pub cancel: &'a Cancel,
}

pub struct Restored {
    pub counts: RestoreCounts,
    /// The first thousand.
    pub warnings: Vec<Warning>,
    pub warning_count: u64,
    pub undo: Option<PathBytes>,
}

/// Restores, or with `dry_run` only counts what would be done. Files that cannot be completed are taken away and named.
pub fn restore(_job: &RestoreJob<'_>) -> Result<Restored> {
    todo!()
}
