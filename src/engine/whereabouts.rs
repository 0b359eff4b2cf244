//! The versions of a backup as they are listed at a destination, and at which of the others each lies: by what this home remembers.

use std::collections::BTreeSet;

use crate::model::location::Location;
use crate::model::plan::PlanId;
use crate::model::problem::Problem;
use crate::model::restore::Place;
use crate::model::snapshot::VersionId;
use crate::model::whereabouts::{Held, Whereabouts};
use crate::state;

use super::core::{Core, ListedAt};
use super::message::VersionList;

/// The versions that can be read, and where they lie.
pub fn versions(core: &Core, place: &Place) -> Result<VersionList, Problem> {
    let found = core.list_versions(place)?;
    let whereabouts = of(core, &found);
    Ok(VersionList { manifests: found.listed.into_iter().filter_map(|l| l.manifest.ok()).collect(), whereabouts })
}

fn of(core: &Core, found: &ListedAt) -> Whereabouts {
    let here: BTreeSet<VersionId> = found.listed.iter().map(|l| l.id.clone()).collect();
    let readable = found.listed.iter().filter_map(|l| l.manifest.as_ref().ok());
    let highest = readable.map(|manifest| manifest.sequence).max().unwrap_or(0);
    let is_here = |location: &Location| location.place() == found.location.place();
    let listed = |location: &Location| Held { location: location.clone(), versions: Some(here.clone()), highest };
    // A copy that no plan goes to says nothing of where the plan's versions should be.
    let Some(plan) = core.plan(&found.plan).filter(|plan| plan.destinations.iter().any(is_here)) else {
        return Whereabouts { destinations: vec![listed(&found.location)], elsewhere: Vec::new() };
    };
    let held = |location: &Location| if is_here(location) { listed(location) } else { remembered(core, &plan.id, location) };
    let destinations: Vec<Held> = plan.destinations.iter().map(held).collect();
    let known: BTreeSet<&VersionId> = destinations.iter().filter_map(|held| held.versions.as_ref()).flatten().collect();
    let elsewhere = known.into_iter().filter(|id| !here.contains(*id)).cloned().collect();
    Whereabouts { destinations, elsewhere }
}

/// Versions are listed also where the history cannot be read.
fn remembered(core: &Core, plan: &PlanId, location: &Location) -> Held {
    held(core, plan, location).unwrap_or_else(|error| {
        tracing::warn!(%error, "what lies at a destination is not known");
        Held { location: location.clone(), versions: None, highest: 0 }
    })
}

fn held(core: &Core, plan: &PlanId, location: &Location) -> state::Result<Held> {
    let versions = core.history.known_versions(plan, location)?.into_iter().map(|(id, _)| id).collect();
    let highest = core.history.highest_sequence(plan, location)?;
    // A copy may have been begun that never became a version.
    let is_known = highest > 0 || !core.history.begun_versions(plan, location)?.is_empty();
    Ok(Held { location: location.clone(), versions: is_known.then_some(versions), highest })
}
