//! A backup that lies at a destination becomes a plan of this home: on a new machine, or after the old home was lost.

use crate::model::event::What;
use crate::model::format::{Format, SealSpec};
use crate::model::names;
use crate::model::plan::Plan;
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Place, PlanChoice, VersionChoice};
use crate::model::retention::Retention;
use crate::model::run::Cancel;
use crate::model::schedule::Schedules;
use crate::model::source_spec::SourceSpec;

use super::answer;
use super::core::{Core, OpenPlace, lock};
use super::destination;
use super::events::{self, About};
use super::explain;
use super::message::NewSecrets;

/// Sources that a version can have.
const MOST_SOURCES: usize = 10_000;

/// Makes a plan of a backup and saves it; whoever wrote it before must no longer do so. What it backs up is what its newest version holds;
/// rules and schedule are not known at a destination.
pub fn adopt(core: &Core, place: &Place, name: Option<String>) -> Result<Plan, Problem> {
    let OpenPlace { folder, ring } = core.open_place(place)?;
    let id = folder.plan().clone();
    if let Some(plan) = core.plan(&id) {
        let what = format!("This backup is a plan here already: \u{201c}{}\u{201d}.", plan.name);
        return Err(Problem::new(Code::Usage, what, "Go on with that one."));
    }
    let place = Place { plan: PlanChoice::Id(id.clone()), ..place.clone() };
    let newest = core.open_version(&place, &VersionChoice::Latest)?;
    let (roots, _) = newest.browser.children(b"", 0, MOST_SOURCES, &Cancel::default())?;
    let kind = newest.catalog.index.volumes.last().map(|volume| volume.kind);
    let usual = Format::default();
    let plan = Plan {
        id,
        name: name.unwrap_or_else(|| folder.marker.name.clone()),
        created: core.env.clock.now(),
        sources: SourceSpec {
            paths: roots.iter().map(|row| names::system_path(row.path.as_bytes())).collect(),
            ..SourceSpec::default()
        },
        destinations: vec![place.location.clone()],
        format: Format { kind: kind.unwrap_or(usual.kind), ..usual },
        seal: folder.marker.sealed.then(SealSpec::default),
        secret_file: None,
        schedules: Schedules::default(),
        retention: Retention::default(),
        max_sizes: Default::default(),
        read_back: Default::default(),
    };
    answer::check(&plan)?;
    if lock(&core.config).plans.iter().any(|known| known.name == plan.name) {
        return Err(explain::name_taken(&plan.name));
    }
    let owner = folder.owner(ring.as_deref())?;
    let is_ours = owner.as_ref().is_some_and(|owner| owner.home == core.home_id);
    let secrets = place.secret.clone().map(NewSecrets::of).unwrap_or_default();
    destination::open_for_writing(core, &plan, &place.location, &secrets, !is_ours)?;
    let mut config = lock(&core.config);
    let mut changed = config.clone();
    changed.plans.push(plan.clone());
    answer::save_config(core, &changed)?;
    *config = changed;
    drop(config);
    let mut details = vec![format!("From {}", place.location.display())];
    details.extend(owner.filter(|_| !is_ours).map(|owner| format!("Until now written by {}", owner.machine)));
    events::note(core, About::plan(&plan), What::Adopted, details);
    Ok(plan)
}
