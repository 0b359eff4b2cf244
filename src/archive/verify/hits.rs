//! Which files of which versions damage hits.

use std::collections::BTreeSet;

use super::VerifyJob;
use super::findings::Findings;
use crate::archive::object::{catalog_file_name, run_folder};
use crate::archive::{Error, Result};

/// Looks through the catalogs of the versions that need something damaged. Costs nothing where nothing is.
pub fn find(job: &VerifyJob<'_>, findings: &Findings) -> Result<()> {
    let found = findings.places();
    if found.is_empty() {
        return Ok(());
    }
    for version in job.versions {
        job.check_cancel()?;
        // One that cannot be opened was told of before.
        let Ok(catalog) =
            crate::archive::catalog_io::CatalogReader::open(job.objects.clone(), job.ring.clone(), &job.plan, version)
        else {
            continue;
        };
        if !found.catalogs && !catalog.index.volumes.iter().any(|info| found.concerns(&info.volume)) {
            continue;
        }
        for (number, segment) in catalog.index.segments.iter().enumerate() {
            job.check_cancel()?;
            let entries = match catalog.segment(number) {
                Ok(entries) => entries,
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(_) => {
                    let object = format!("{}/{}", run_folder(&segment.run), catalog_file_name(version.sealed));
                    findings.hit_unnamed(&object, segment.files);
                    continue;
                }
            };
            for entry in entries {
                let objects: BTreeSet<_> =
                    entry.pieces.iter().filter(|piece| found.hits(piece)).map(|piece| &piece.volume).collect();
                for volume in objects {
                    findings.hit(&catalog.volume_name(volume), &version.id, &entry.path);
                }
            }
        }
    }
    Ok(())
}
