//! A destination takes the place of another one, once everything lies there.

use crate::model::location::Location;
use crate::model::plan::PlanId;
use crate::model::problem::Problem;

use super::answer::save_config;
use super::core::{Core, lock};

/// From now on a plan that is saved here goes to `to` instead of `from`, and may take as much there. What lies at `from` stays.
pub fn take_place(core: &Core, plan: &PlanId, from: &Location, to: &Location) -> Result<(), Problem> {
    let mut config = lock(&core.config);
    let mut changed = config.clone();
    let Some(plan) = changed.plans.iter_mut().find(|known| known.id == *plan) else { return Ok(()) };
    // Meanwhile somebody may have changed where it goes.
    if !plan.destinations.contains(from) {
        return Ok(());
    }
    if !plan.destinations.contains(to) {
        plan.max_sizes.set(to, plan.max_sizes.at(from));
    }
    plan.destinations = instead(&plan.destinations, from, to);
    plan.max_sizes = plan.max_sizes.of(&plan.destinations);
    save_config(core, &changed)?;
    *config = changed;
    Ok(())
}

/// The new one in the old one's place.
pub fn instead(all: &[Location], from: &Location, to: &Location) -> Vec<Location> {
    all.iter().filter(|place| *place != to).map(|place| if place == from { to.clone() } else { place.clone() }).collect()
}
