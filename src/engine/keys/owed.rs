//! Destinations that a change of a plan's keys has not reached: each opens as before it, until it has the new slots.

use crate::archive::key::KeyRing;
use crate::engine::core::{Core, lock};
use crate::engine::explain;
use crate::engine::folder::Folder;
use crate::engine::message::KeysOwed;
use crate::model::location::Location;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Problem;
use crate::model::restore::Place;
use crate::state;

/// Gives new slots of this number to the plan's other destinations. One that is away gets them with its next version or copy; that it lacks
/// them is remembered.
pub fn share(core: &Core, place: &Place, folder: &Folder, ring: &KeyRing, number: u32) {
    let plan = folder.plan();
    for other in core.others_of(place) {
        let shared = core.folder(&other).and_then(|other| folder.share_keys(&other, ring));
        noted(match shared {
            Ok(()) => core.history.forget_owed_keys(plan, &other.location),
            Err(problem) => {
                tracing::warn!("a destination has not got the new keys yet: {problem}");
                core.history.owe_keys(plan, &other.location, number)
            }
        });
    }
}

/// Nothing hangs on it but what is told.
fn noted(result: state::Result<()>) {
    if let Err(error) = result {
        tracing::warn!("which destinations lack new keys could not be noted: {error}");
    }
}

/// Plans whose newest slots a destination is known to lack. Only where that is so is it asked whether they have come since.
pub fn at(core: &Core, location: &Location) -> Result<Vec<KeysOwed>, Problem> {
    let mut plans = lock(&core.config).plans.clone();
    plans.retain(|plan| plan.destinations.contains(location));
    let mut all = Vec::new();
    for plan in plans {
        let Some(number) = owed(core, &plan.id, location)? else { continue };
        if has(core, &plan.id, location, number).unwrap_or(false) {
            noted(core.history.forget_owed_keys(&plan.id, location));
        } else {
            all.push(KeysOwed { from: source(core, &plan, location)?, plan: plan.id });
        }
    }
    Ok(all)
}

fn owed(core: &Core, plan: &PlanId, location: &Location) -> Result<Option<u32>, Problem> {
    core.history.owed_keys(plan, location).map_err(explain::history)
}

/// Whether slots of this number or a higher one lie there, proved by the plan's newest key.
fn has(core: &Core, plan: &PlanId, location: &Location, number: u32) -> Result<bool, Problem> {
    let Some(ring) = core.known_ring(plan)? else { return Ok(false) };
    let keys = core.folder(&Place::of(plan, location))?.proved_keys(&ring)?;
    Ok(keys.is_some_and(|keys| keys.n >= number))
}

/// Another destination of the plan, which lacks none.
fn source(core: &Core, plan: &Plan, location: &Location) -> Result<Option<Location>, Problem> {
    for other in plan.destinations.iter().filter(|other| *other != location) {
        if owed(core, &plan.id, other)?.is_none() {
            return Ok(Some(other.clone()));
        }
    }
    Ok(None)
}
