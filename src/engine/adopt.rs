//! A backup that lies at a destination becomes a plan of this home: on a new machine, or after the old home was lost.

use crate::model::event::What;
use crate::model::format::{Format, SealSpec};
use crate::model::names;
use crate::model::plan::Plan;
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Place, PlanChoice, VersionChoice};
use crate::model::run::Cancel;
use crate::model::source_spec::SourceSpec;
use crate::state::config::Config;

use super::answer;
use super::core::{Core, OpenPlace, lock};
use super::destination;
use super::events::{self, About};
use super::message::NewSecrets;

/// Sources that a version can have.
const MOST_SOURCES: usize = 10_000;

/// Makes a plan of a backup and saves it; whoever wrote it before must no longer do so. What it backs up is what its newest version holds;
/// rules and schedule are not known at a destination.
pub fn adopt(core: &Core, place: &Place, name: Option<String>) -> Result<Plan, Problem> {
    let OpenPlace { folder, ring } = core.open_place(place)?;
    let id = folder.plan().clone();
    if let Some(plan) = core.plan(&id) {
        return Err(is_here(&plan));
    }
    let place = Place { plan: PlanChoice::Id(id.clone()), ..place.clone() };
    let newest = core.open_version(&place, &VersionChoice::Latest)?;
    let (roots, _) = newest.browser.children(b"", 0, MOST_SOURCES, &Cancel::default())?;
    let kind = newest.catalog.index.volumes.last().map(|volume| volume.kind);
    let usual = Format::default();
    let plan = Plan {
        sources: SourceSpec {
            paths: roots.iter().map(|row| names::system_path(row.path.as_bytes())).collect(),
            ..SourceSpec::default()
        },
        destinations: vec![place.location.clone()],
        format: Format { kind: kind.unwrap_or(usual.kind), ..usual },
        seal: folder.marker.sealed.then(SealSpec::default),
        // Whoever can write there can call it what they like.
        ..Plan::new(id, name.unwrap_or_else(|| names::one_line(&folder.marker.name)), core.env.clock.now())
    };
    answer::check(&plan)?;
    answer::check_name(&lock(&core.config), &plan)?;
    let owner = folder.owner(ring.as_deref())?;
    let is_ours = owner.as_ref().is_some_and(|owner| owner.home == core.home_id);
    let secrets = place.secret.clone().map(NewSecrets::of).unwrap_or_default();
    destination::open_for_writing(core, &plan, &place.location, &secrets, !is_ours)?;
    let mut config = lock(&core.config);
    let mut changed = config.clone();
    add(&mut changed, &plan)?;
    answer::save_config(core, &changed)?;
    *config = changed;
    drop(config);
    let mut details = vec![format!("From {}", place.location.display())];
    details.extend(owner.filter(|_| !is_ours).map(|owner| format!("Until now written by {}", owner.machine)));
    events::note(core, About::plan(&plan), What::Adopted, details);
    Ok(plan)
}

/// Somebody else may have done the same while the destination was asked: of two plans with one id the next start would read only one.
fn add(config: &mut Config, plan: &Plan) -> Result<(), Problem> {
    if let Some(known) = config.plans.iter().find(|known| known.id == plan.id) {
        return Err(is_here(known));
    }
    answer::check_name(config, plan)?;
    config.plans.push(plan.clone());
    Ok(())
}

fn is_here(plan: &Plan) -> Problem {
    let what = format!("This backup is a plan here already: \u{201c}{}\u{201d}.", plan.name);
    Problem::new(Code::Usage, what, "Go on with that one.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::location::Location;
    use crate::model::plan::PlanId;

    #[test]
    fn what_was_adopted_meanwhile_is_not_adopted_twice() {
        let plan = |n: u8, name: &str| Plan {
            destinations: vec![Location::local("/d")],
            ..Plan::new(PlanId::from_random([n; 16]), name, jiff::Timestamp::UNIX_EPOCH)
        };
        let mut config = Config::default();
        add(&mut config, &plan(1, "a")).unwrap();
        add(&mut config, &plan(2, "b")).unwrap();
        for (n, name) in [(1, "c"), (3, "a")] {
            assert_eq!(add(&mut config, &plan(n, name)).unwrap_err().code, Code::Usage, "{n} {name}");
        }
        assert_eq!(config.plans, [plan(1, "a"), plan(2, "b")]);
    }
}
