//! A restore run, and what it would do.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::archive::extract::{RestoreJob, Restored, restore};
use crate::archive::loose::extract::Job;
use crate::archive::object::Objects;
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::restore::{ArchiveFile, Origin, RestoreCounts, RestoreSpec, Target};
use crate::model::run::{Cancel, Progress, RunDetail, Stage};

use super::core::{Core, OpenVersion};
use super::run::{Done, Run, Stages};
use super::single::explain;
use super::stoppable::Stoppable;

/// Carries out a restore.
pub fn run(core: &Core, run: &Run, spec: &RestoreSpec, stages: &mut Stages<'_>) -> Result<Done, Problem> {
    stages.enter(Stage::Preparing);
    let (version, restored) = match &spec.from {
        Origin::Version { place, version } => {
            let version = core.open_version(place, version)?;
            stages.enter(Stage::Restoring);
            let objects = Arc::new(version.objects.noting());
            let restored = {
                let objects = Arc::new(Stoppable::new(objects.clone(), &run.cancel));
                extract(core, spec, &version, objects, spec.dry_run, &run.progress, &run.cancel)?
            };
            // The next version does not refer to it. What another destination gave in its place is damaged there.
            for (location, damaged) in objects.by_place(&restored.damaged) {
                core.remember_damage(version.folder.plan(), location, &damaged, false);
            }
            (Some(version.manifest.id.clone()), restored)
        }
        Origin::Archive(file) => {
            stages.enter(Stage::Restoring);
            (None, unpack(core, spec, file, spec.dry_run, &run.progress, &run.cancel)?)
        }
    };
    let target = match &spec.target {
        Target::InPlace => "the original place".into(),
        Target::Folder { path, .. } => path.display().into_owned(),
    };
    Ok(Done {
        detail: RunDetail::Restore { version, counts: restored.counts, target, dry_run: spec.dry_run, undo: restored.undo },
        warnings: restored.warnings,
        warning_count: restored.warning_count,
        finding: None,
    })
}

/// What a restore would do; nothing is touched.
pub fn plan(core: &Core, spec: &RestoreSpec, cancel: &Cancel) -> Result<RestoreCounts, Problem> {
    let progress = Progress::default();
    let restored = match &spec.from {
        Origin::Version { place, version } => {
            let version = core.open_version(place, version)?;
            extract(core, spec, &version, version.objects.clone(), true, &progress, cancel)?
        }
        Origin::Archive(file) => unpack(core, spec, file, true, &progress, cancel)?,
    };
    Ok(restored.counts)
}

fn extract(
    core: &Core,
    spec: &RestoreSpec,
    version: &OpenVersion,
    objects: Arc<dyn Objects>,
    dry_run: bool,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Restored, Problem> {
    let (paths, except) = (catalog_paths(&spec.paths)?, catalog_paths(&spec.except)?);
    let (tag, date) = (tag(core), date(core));
    Ok(restore(&RestoreJob {
        plan: version.folder.plan().clone(),
        objects,
        ring: version.ring.clone(),
        catalog: &version.catalog,
        paths: &paths,
        except: &except,
        target: &spec.target,
        conflict: spec.conflict,
        metadata: spec.metadata,
        dry_run,
        tag: &tag,
        date: &date,
        progress,
        cancel,
    })?)
}

/// Out of one archive, as far as it is whole.
fn unpack(
    core: &Core,
    spec: &RestoreSpec,
    file: &ArchiveFile,
    dry_run: bool,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Restored, Problem> {
    let Target::Folder { path: target, .. } = &spec.target else {
        let what = "A single archive does not say where its files were.";
        return Err(Problem::new(Code::Usage, what, "Choose a folder to restore to."));
    };
    let (paths, except) = (catalog_paths(&spec.paths)?, catalog_paths(&spec.except)?);
    if let Some(listing) = core.known_listing(file) {
        let (files, bytes) = listing.sum(&paths, &except, cancel)?;
        progress.files_total.store(files, Relaxed);
        progress.bytes_total.store(bytes, Relaxed);
        progress.totals_known.store(true, Relaxed);
    }
    let opened = core.open_archive(file)?;
    let (tag, date) = (tag(core), date(core));
    let job = Job {
        container: opened.container,
        target: &target.as_path(),
        paths: &paths,
        except: &except,
        conflict: spec.conflict,
        dry_run,
        any_size: spec.any_size,
        tag: &tag,
        date: &date,
        progress,
        cancel,
    };
    opened.restore(&job).map_err(|error| explain::not_restored(error, &file.path.as_path(), dry_run))
}

/// For a run's temporary files and undo folder.
fn tag(core: &Core) -> String {
    data_encoding::HEXLOWER.encode(&core.random::<4>())
}

/// Today, for the names of files that are put beside existing ones.
fn date(core: &Core) -> String {
    core.env.clock.now().to_zoned(core.env.clock.zone()).date().to_string()
}

/// Original absolute paths as the catalog has them.
pub fn catalog_paths(paths: &[PathBytes]) -> Result<Vec<PathBytes>, Problem> {
    paths.iter().map(catalog_path).collect()
}

/// Also of a catalog path with a `/` before it, on whatever system.
pub fn catalog_path(path: &PathBytes) -> Result<PathBytes, Problem> {
    if let Some(catalog) = names::catalog_path(path.as_bytes()) {
        return Ok(PathBytes::new(catalog));
    }
    let parts: Vec<&[u8]> = path.as_bytes().split(|b| *b == b'/').filter(|p| !p.is_empty() && *p != b".").collect();
    if parts.contains(&&b".."[..]) {
        return Err(Problem::new(
            Code::Usage,
            format!("{} is not an original path.", path.display()),
            "Give it without \u{201c}..\u{201d}.",
        ));
    }
    Ok(PathBytes::new(parts.join(&b'/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_catalog_paths() {
        assert_eq!(catalog_path(&"/home/u//a/".into()).unwrap(), PathBytes::from("home/u/a"));
        assert_eq!(catalog_path(&"/".into()).unwrap(), PathBytes::from(""));
        assert!(catalog_path(&"/home/../etc".into()).is_err());
    }
}
