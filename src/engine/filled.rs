//! Plans that were kept with placeholders in their addresses: these are filled as they are meant here and now, once, before the machine
//! is called otherwise.

use crate::model::location::Location;
use crate::model::location::placeholder::Placeholders;
use crate::model::plan::Plan;
use crate::state::config::Config;
use crate::state::history::History;

/// Whether an address became another one. What cannot be filled stays as it is: whoever opens it hears why.
pub fn fill(config: &mut Config, history: &History, placeholders: &Placeholders) -> bool {
    let mut changed = false;
    for plan in &mut config.plans {
        for at in 0..plan.destinations.len() {
            changed |= fill_one(plan, at, history, placeholders).is_some();
        }
    }
    changed
}

fn fill_one(plan: &mut Plan, at: usize, history: &History, placeholders: &Placeholders) -> Option<()> {
    let known: &Location = plan.destinations.get(at)?;
    let filled = placeholders.fill(known.clone()).ok()?;
    if plan.destinations.contains(&filled) {
        return None;
    }
    // What is known of the old address is known of the new one; where that cannot be noted, all stays as it was.
    if let Err(error) = history.rename_destination(known, &filled) {
        tracing::warn!("{} keeps its placeholders: {error}", known.display());
        return None;
    }
    let max_size = plan.max_sizes.at(known);
    plan.max_sizes.set(known, None);
    plan.max_sizes.set(&filled, max_size);
    *plan.destinations.get_mut(at)? = filled;
    Some(())
}
