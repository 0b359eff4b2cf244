//! A restore run, and what it would do.

use std::sync::Arc;

use crate::archive::extract::{RestoreJob, Restored, restore};
use crate::archive::object::Objects;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::restore::{RestoreCounts, RestoreSpec, Target};
use crate::model::run::{Cancel, Progress, RunDetail, Stage};

use super::core::{Core, OpenVersion};
use super::run::{Done, Run, Stages};

/// Carries out a restore.
pub fn run(core: &Core, run: &Run, spec: &RestoreSpec, stages: &mut Stages<'_>) -> Result<Done, Problem> {
    stages.enter(Stage::Preparing);
    let version = core.open_version(&spec.from, &spec.version)?;
    stages.enter(Stage::Restoring);
    let restored = extract(core, spec, &version, spec.dry_run, &run.progress, &run.cancel)?;
    let target = match &spec.target {
        Target::InPlace => "the original place".into(),
        Target::Folder { path, .. } => path.display().into_owned(),
    };
    Ok(Done {
        detail: RunDetail::Restore {
            version: version.manifest.id.clone(),
            counts: restored.counts,
            target,
            dry_run: spec.dry_run,
            undo: restored.undo,
        },
        warnings: restored.warnings,
        warning_count: restored.warning_count,
        finding: None,
    })
}

/// What a restore would do; nothing is touched.
pub fn plan(core: &Core, spec: &RestoreSpec) -> Result<RestoreCounts, Problem> {
    let version = core.open_version(&spec.from, &spec.version)?;
    Ok(extract(core, spec, &version, true, &Progress::default(), &Cancel::default())?.counts)
}

fn extract(
    core: &Core,
    spec: &RestoreSpec,
    version: &OpenVersion,
    dry_run: bool,
    progress: &Progress,
    cancel: &Cancel,
) -> Result<Restored, Problem> {
    let objects: Arc<dyn Objects> = version.folder.clone();
    let (paths, except) = (catalog_paths(&spec.paths)?, catalog_paths(&spec.except)?);
    let tag = data_encoding::HEXLOWER.encode(&core.random::<4>());
    let date = core.env.clock.now().to_zoned(core.env.clock.zone()).date().to_string();
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

/// Original absolute paths as the catalog has them.
pub fn catalog_paths(paths: &[PathBytes]) -> Result<Vec<PathBytes>, Problem> {
    paths.iter().map(catalog_path).collect()
}

pub fn catalog_path(path: &PathBytes) -> Result<PathBytes, Problem> {
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
