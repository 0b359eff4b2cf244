//! Checks versions at three depths and says which files damage hits.

mod checked;
mod findings;
mod hash;
mod hits;
mod lists;
mod pieces;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use self::findings::Findings;
use self::lists::Expected;
use super::catalog_io::CatalogReader;
use super::key::KeyRing;
use super::object::{Objects, run_folder};
use super::{Error, Result};
use crate::model::plan::PlanId;
use crate::model::restore::{Depth, VerifyReport};
use crate::model::run::{Cancel, Progress};
use crate::model::snapshot::Manifest;

pub struct VerifyJob<'a> {
    pub plan: PlanId,
    pub objects: Arc<dyn Objects>,
    pub ring: Option<Arc<KeyRing>>,
    /// The versions to check, already parsed and checked.
    pub versions: &'a [Manifest],
    pub depth: Depth,
    pub progress: &'a Progress,
    pub cancel: &'a Cancel,
}

impl VerifyJob<'_> {
    fn check_cancel(&self) -> Result<()> {
        if self.cancel.should_end() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// The version's catalog; one that cannot be opened is a finding.
    fn catalog(&self, version: &Manifest, findings: &Findings) -> Result<Option<CatalogReader>> {
        match CatalogReader::open(self.objects.clone(), self.ring.clone(), &self.plan, version) {
            Ok(catalog) => Ok(Some(catalog)),
            Err(Error::Cancelled) => Err(Error::Cancelled),
            Err(e) => {
                findings.unreadable_version(version, &catalog_name(version), &e);
                Ok(None)
            }
        }
    }
}

fn catalog_name(version: &Manifest) -> String {
    format!("{}/{}", run_folder(&version.id), version.catalog.name)
}

/// Damage is a result, not an error. Objects that several versions share are checked once.
pub fn verify(job: &VerifyJob<'_>) -> Result<VerifyReport> {
    let findings = Findings::default();
    let expected = Expected::of(job, &findings)?;
    let progress = job.progress;
    progress.files_total.store(expected.objects.len() as u64, Relaxed);
    let stored = match job.depth {
        Depth::Quick => 0,
        Depth::Checksums => expected.bytes(),
        // Hashed, then opened frame by frame.
        Depth::Full => expected.bytes().saturating_add(expected.volume_bytes()),
    };
    progress.bytes_total.store(stored, Relaxed);
    progress.totals_known.store(true, Relaxed);
    hash::check(job, &expected, &findings)?;
    let mut pieces = pieces::Pieces::new(job, &findings);
    for version in job.versions {
        job.check_cancel()?;
        let Some(catalog) = job.catalog(version, &findings)? else { continue };
        expected.compare(&catalog, version, &findings);
        if job.depth == Depth::Full {
            pieces.check(&catalog, version.sealed)?;
        }
    }
    let pieces = pieces.checked;
    hits::find(job, &findings)?;
    let (damaged, files_hit) = findings.into_report();
    Ok(VerifyReport {
        versions: job.versions.len() as u64,
        objects: expected.objects.len() as u64,
        bytes: expected.bytes(),
        pieces,
        damaged,
        files_hit,
    })
}
