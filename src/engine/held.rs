//! Runs that are held since a source vanished or shrank sharply: no version is made of it, and nothing is cleaned up, before a person has
//! decided or the source is back.

use std::sync::Arc;

use crate::archive;
use crate::archive::before::Before;
use crate::archive::catalog_io::CatalogReader;
use crate::archive::object::Objects;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Problem;
use crate::model::snapshot::VersionId;
use crate::model::source_spec::SourceSpec;
use crate::os::drives;
use crate::state::history::Walked;

use super::backup::BackupSpec;
use super::core::Core;
use super::destination::Opened;
use super::explain;
use super::folder::Listed;
use super::parent::Parent;

/// Mount points within a plan's sources that are remembered.
const MOST_MOUNTS: usize = 1000;

/// What a run's sources are compared with: the newest version that can be read, whatever the run builds on. `None`: there is none, or
/// somebody has said that the sources are as they should be. Fails where a source is gone or empty: nothing has been touched yet.
pub fn before(
    core: &Core,
    opened: &Opened,
    spec: &BackupSpec,
    parent: Option<&Parent>,
    listed: &[Listed],
) -> Result<Option<Before>, Problem> {
    if spec.accept_shrunk {
        return Ok(None);
    }
    let known = core.history.walked(&spec.plan.id).map_err(explain::history)?;
    let Some((version, mut before)) = newest(opened, &spec.plan.sources, parent, listed, known.as_ref())? else {
        return Ok(None);
    };
    // Whether the plan's folders are gone through as they were, beside the patterns, which its catalog has. Where this home did not make
    // that version nobody knows.
    before.same_rules &= known.is_none_or(|known| known.version != version || known.walk == spec.plan.sources.walk());
    let shrunk = before.look();
    match shrunk.is_empty() {
        true => Ok(Some(before)),
        false => Err(explain::source_shrank(&shrunk)),
    }
}

fn newest(
    opened: &Opened,
    sources: &SourceSpec,
    parent: Option<&Parent>,
    listed: &[Listed],
    known: Option<&Walked>,
) -> Result<Option<(VersionId, Before)>, Problem> {
    let unmounted = known.map_or_else(Vec::new, |known| unmounted(&known.mounts));
    for manifest in listed.iter().rev().filter_map(|listed| listed.manifest.as_ref().ok()) {
        let unmounted = if known.is_some_and(|known| known.version == manifest.id) { &unmounted[..] } else { &[] };
        let before = match parent.filter(|parent| parent.id == manifest.id) {
            Some(parent) => Before::of(&parent.catalog, sources, unmounted),
            None => {
                let objects: Arc<dyn Objects> = opened.folder.clone();
                CatalogReader::open(objects, opened.ring.clone(), opened.folder.plan(), manifest)
                    .and_then(|catalog| Before::of(&catalog, sources, unmounted))
            }
        };
        match before {
            Ok(before) => return Ok(Some((manifest.id.clone(), before))),
            // An older one may tell.
            Err(archive::Error::Damaged { .. } | archive::Error::Missing { .. } | archive::Error::NotSealed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Those of them at which nothing is mounted now.
fn unmounted(mounts: &[PathBytes]) -> Vec<PathBytes> {
    if mounts.is_empty() {
        return Vec::new();
    }
    let now = drives::mounts();
    mounts.iter().filter(|point| !now.iter().any(|mount| mount.point == **point)).cloned().collect()
}

/// Where something is mounted within a plan's sources: to be known of when it is not any more.
pub fn mounts(sources: &SourceSpec) -> Vec<PathBytes> {
    let within = |point: &PathBytes| {
        let is_below = |source: &PathBytes| source != point && (source.as_bytes() == b"/" || point.is_within(source.as_bytes()));
        sources.paths.iter().any(is_below)
    };
    let mut mounts: Vec<PathBytes> = drives::mounts().into_iter().map(|mount| mount.point).filter(within).collect();
    mounts.sort();
    mounts.dedup();
    mounts.truncate(MOST_MOUNTS);
    mounts
}

/// Notes how the folders were gone through. Not being able to costs a question at most. `mounts`: as they were when the run began.
pub fn remember(core: &Core, plan: &Plan, version: &VersionId, mounts: Vec<PathBytes>) {
    let sources = plan.sources.clone();
    let walked = Walked { version: version.clone(), walk: sources.walk(), sources: Some(sources), mounts };
    if let Err(error) = core.history.remember_walk(&plan.id, &walked) {
        tracing::warn!("how the sources were gone through is not remembered: {error}");
    }
}

/// Why nothing of a plan is cleaned up by itself; `None`: its last backup that says anything went well.
pub fn why(core: &Core, plan: &PlanId) -> Result<Option<Problem>, Problem> {
    core.history.held(plan).map_err(explain::history)
}
