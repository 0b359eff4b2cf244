//! Writes a version: scan → changes → read, cut, hash, tar → compress → seal → volumes → catalog.

mod adopted;
mod aside;
mod assemble;
mod container;
mod content;
mod elsewhere;
mod finishing;
mod folders;
mod frames;
mod fresh;
mod guard;
mod hard_links;
mod pipeline;
mod placing;
mod shared;
mod volumes;
mod warnings;

use std::path::Path;
use std::sync::Arc;

pub use fresh::FreshPieces;

use super::Result;
use super::before::Before;
use super::catalog_io::{CatalogIndex, CatalogReader};
use super::key::PlanKey;
use super::object::Objects;
use super::run_journal::LeftRun;
use crate::model::catalog::VolumeRef;
use crate::model::format::{Cipher, Format, Packing};
use crate::model::plan::PlanId;
use crate::model::problem::Warning;
use crate::model::run::{Cancel, Progress};
use crate::model::snapshot::{CatalogRef, Need, ObjectInfo, Totals, VersionId};
use crate::model::source_spec::SourceSpec;

/// Everything a version is made from.
pub struct BackupJob<'a> {
    pub plan: PlanId,
    pub run: VersionId,
    pub sources: &'a SourceSpec,
    /// Device and inode of folders that are never part of a source: destinations, own state.
    pub avoid: &'a [(u64, u64)],
    pub format: Format,
    /// As the format's codec counts.
    pub level: i32,
    pub seal: Option<(PlanKey, Cipher)>,
    pub parent: Option<Arc<CatalogReader>>,
    /// Whether a volume of the parent's may be referred to: it lies there whole, and not mostly dead.
    pub offered: &'a (dyn Fn(&VolumeRef) -> bool + Sync),
    /// Whether a volume of the parent's lies there whole: enough for what cannot be read now.
    pub whole: &'a (dyn Fn(&VolumeRef) -> bool + Sync),
    /// Whether a run's catalog may be read and referred to: it is not known to be damaged.
    pub catalogs: &'a (dyn Fn(&VersionId) -> bool + Sync),
    /// What the newest version has of the sources: the run ends with `Shrunk` where one has too little of it. `None`: it may have any.
    pub before: Option<&'a Before>,
    /// What a source had that is not there any more is let go; else it is kept as what cannot be read.
    pub lets_go: bool,
    pub objects: Arc<dyn Objects>,
    /// Volumes that may become durable at the same time, at least one.
    pub finish_at_once: usize,
    /// This machine's folder for what is known of the plan's stored pieces; `None`: what is stored under another name is not found.
    pub pieces: Option<&'a Path>,
    /// Where the run notes what it has finished, to be gone on with if it is cut off; `None`: it is not.
    pub journal: Option<&'a Path>,
    /// What the same run had finished when it was cut off: all of its volumes lie there.
    pub left: Option<&'a LeftRun>,
    pub progress: &'a Progress,
    pub cancel: &'a Cancel,
    /// Fills salts.
    pub random: &'a (dyn Fn(&mut [u8]) + Sync),
    /// Nanoseconds since 1970 now, to know what is unsettled.
    pub now: &'a (dyn Fn() -> i128 + Sync),
}

/// What came of it. The manifest is not written yet: there is no version before it is.
pub struct Written {
    pub totals: Totals,
    pub catalog: CatalogRef,
    pub index: CatalogIndex,
    /// Volumes and catalog of this run, for `objects.json`.
    pub objects: Vec<ObjectInfo>,
    pub needs: Vec<Need>,
    pub pieces: FreshPieces,
    pub packed: Packing,
    /// The first thousand.
    pub warnings: Vec<Warning>,
    pub warning_count: u64,
}

/// Writes volumes and catalog under `data/<run>/`.
///
/// Memory is bounded, whatever the size: by a fixed number of frames on their way, and one entry's pieces for each file that is
/// worked on. Fails with the first error of any stage; then what was begun is dropped, and what was finished is litter.
pub fn write_version(job: &BackupJob<'_>) -> Result<Written> {
    pipeline::run(job)
}

#[cfg(test)]
mod tests;
