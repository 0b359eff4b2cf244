//! Runs that are held since a source vanished or shrank sharply: no version is made of it, and nothing is cleaned up, before a person has
//! decided or the source is back.

use std::sync::Arc;

use crate::archive;
use crate::archive::before::Before;
use crate::archive::catalog_io::CatalogReader;
use crate::archive::object::Objects;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Problem;
use crate::model::snapshot::VersionId;
use crate::model::source_spec::SourceSpec;

use super::backup::BackupSpec;
use super::core::Core;
use super::destination::Opened;
use super::explain;
use super::folder::Listed;
use super::parent::Parent;

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
    let Some((version, mut before)) = newest(opened, &spec.plan.sources, parent, listed)? else { return Ok(None) };
    before.same_rules &= same_walk(core, &spec.plan, &version)?;
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
) -> Result<Option<(VersionId, Before)>, Problem> {
    for manifest in listed.iter().rev().filter_map(|listed| listed.manifest.as_ref().ok()) {
        let before = match parent.filter(|parent| parent.id == manifest.id) {
            Some(parent) => Before::of(&parent.catalog, sources),
            None => {
                let objects: Arc<dyn Objects> = opened.folder.clone();
                CatalogReader::open(objects, opened.ring.clone(), opened.folder.plan(), manifest)
                    .and_then(|catalog| Before::of(&catalog, sources))
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

/// Whether the plan's folders are gone through as they were for this version, beside the patterns, which its catalog has. Where this home
/// did not make it nobody knows.
fn same_walk(core: &Core, plan: &Plan, version: &VersionId) -> Result<bool, Problem> {
    let known = core.history.walked(&plan.id).map_err(explain::history)?;
    Ok(known.is_none_or(|(of, walk)| of != *version || walk == plan.sources.walk()))
}

/// Notes how the folders were gone through. Not being able to costs a question at most.
pub fn remember(core: &Core, plan: &Plan, version: &VersionId) {
    if let Err(error) = core.history.remember_walk(&plan.id, version, &plan.sources) {
        tracing::warn!("how the sources were gone through is not remembered: {error}");
    }
}

/// Why nothing of a plan is cleaned up by itself; `None`: its last backup that says anything went well.
pub fn why(core: &Core, plan: &PlanId) -> Result<Option<Problem>, Problem> {
    core.history.held(plan).map_err(explain::history)
}
