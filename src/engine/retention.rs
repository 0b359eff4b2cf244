//! Which versions stay at each destination, by the plan's rule; and letting the others go.

mod room;

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::clean_up::{CleanUpSpec, CleanedUp, PlaceJudged, RetentionPreview};
use crate::model::keeping::Keeper;
use crate::model::location::Location;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Cause, Code, Problem, Warning};
use crate::model::prune::DeleteSpec;
use crate::model::restore::Place;
use crate::model::retention::{self, Doubt, Judged, Retention, Rules, Version, VersionState, simulate};
use crate::model::run::{RunDetail, Stage, Trigger};
use crate::model::schedule::{ScheduleId, Upcoming};
use crate::model::snapshot::{Manifest, VersionId};

use self::room::Taken;
use super::append_only;
use super::core::{Core, OpenPlace};
use super::deletion;
use super::explain;
use super::folder::{Folder, Listed};
use super::held;
use super::run::{Done, Run, Stages};
use super::schedules;

/// Whether the plan's rules ever let a version go.
fn lets_go(plan: &Plan) -> bool {
    let ever = |rule: &Retention| !rule.keeps_all() || rule.most_bytes().is_some();
    ever(&plan.retention) || plan.schedules.iter().any(|schedule| schedule.retention.as_ref().is_some_and(ever))
}

/// Of its schedules that have a rule of their own.
fn own_rules(plan: &Plan) -> Vec<(&ScheduleId, &Retention)> {
    plan.schedules.iter().filter_map(|schedule| Some((&schedule.id, schedule.retention.as_ref()?))).collect()
}

/// What the rule says of one destination. Fails where nothing may be deleted there by itself: what cannot be read is perhaps what others
/// need, and a version that vanished is somebody else's doing.
struct Looked {
    versions: Vec<Version>,
    judged: Judged,
}

fn look(core: &Core, plan: &Plan, location: &Location) -> Result<Looked, Problem> {
    let place = Place::of(&plan.id, location);
    let OpenPlace { folder, ring } = core.open_place(&place)?;
    let listed = folder.manifests(ring.as_deref())?;
    let manifests = readable(&listed)?;
    let versions = versions(core, plan, &folder, location, &manifests)?;
    let now = core.env.clock.now();
    let own = own_rules(plan);
    let rules = Rules { plan: &plan.retention, schedules: &own };
    // What lies where is asked for only where it counts: a question for each version.
    let taken = match plan.retention.most_bytes() {
        Some(_) => Some(Taken::look(&folder, &manifests)?),
        None => None,
    };
    let stored = |staying: &[&Version]| match &taken {
        Some(taken) => taken.by(staying.iter().map(|version| &version.id)),
        None => retention::own_bytes(staying),
    };
    let mut judged = retention::judge(rules, &versions, &stored, now, &core.env.clock.zone());
    if !judged.going.is_empty() && held::why(core, &plan.id)?.is_some() {
        judged.doubts.push(Doubt::Held);
    }
    Ok(Looked { versions, judged })
}

fn readable(listed: &[Listed]) -> Result<Vec<&Manifest>, Problem> {
    let all: Option<Vec<&Manifest>> = listed.iter().map(|entry| entry.manifest.as_ref().ok()).collect();
    all.ok_or_else(explain::unreadable_stops_deletion)
}

fn versions(
    core: &Core,
    plan: &Plan,
    folder: &Folder,
    location: &Location,
    manifests: &[&Manifest],
) -> Result<Vec<Version>, Problem> {
    let pins = folder.pins()?;
    let made_for = core.history.schedules_of_versions(&plan.id).map_err(explain::history)?;
    let damaged = core.history.damaged(&plan.id, location).map_err(explain::history)?;
    let is_damaged = |id: &VersionId| damaged.iter().any(|name| name.starts_with(&crate::archive::object::run_folder(id)));
    let version = |manifest: &&Manifest| Version {
        id: manifest.id.clone(),
        sequence: manifest.sequence,
        time: manifest.started,
        state: match manifest.is_good() {
            _ if is_damaged(&manifest.id) || manifest.needs.iter().any(|need| is_damaged(&need.run)) => VersionState::Damaged,
            true => VersionState::Good,
            false => VersionState::Incomplete,
        },
        pinned: pins.contains(&manifest.id),
        schedules: made_for.get(&manifest.id).cloned().unwrap_or_default(),
        own_bytes: manifest.totals.stored_bytes,
    };
    Ok(manifests.iter().map(version).collect())
}

/// Whether a rule of the saved plan lets a version go now, at a destination that can be looked at.
pub fn has_work(core: &Core, plan: &PlanId) -> bool {
    let Some(plan) = core.plan(plan).filter(lets_go) else { return false };
    let goes = |location: &Location| look(core, &plan, location).is_ok_and(|looked| !looked.judged.going.is_empty());
    // Where nothing can be deleted that was said once: no run begins for it until it can, which each backup tries again.
    plan.destinations.iter().any(|location| !append_only::is_known(core, location) && goes(location))
}

/// What the plan's rule would do, whether or not it is saved; nothing is touched.
pub fn preview(core: &Core, plan: &Plan) -> RetentionPreview {
    let mut simulation = None;
    let judge = |location: &Location| {
        let looked = look(core, plan, location).map(|looked| {
            simulation.get_or_insert_with(|| year(core, plan, &looked.versions));
            looked.judged
        });
        PlaceJudged { location: location.clone(), judged: looked }
    };
    let places = plan.destinations.iter().map(judge).collect();
    RetentionPreview { places, simulation: simulation.unwrap_or_default() }
}

/// What becomes of these over the next year, if each new version adds what the last ones did.
fn year(core: &Core, plan: &Plan, versions: &[Version]) -> retention::Simulation {
    const LAST: usize = 10;
    let (now, zone) = (core.env.clock.now(), core.env.clock.zone());
    let mut newest: Vec<&Version> = versions.iter().collect();
    newest.sort_by_key(|version| std::cmp::Reverse(version.sequence));
    newest.truncate(LAST);
    // A full one among them would count for many.
    newest.sort_by_key(|version| version.own_bytes);
    let usual = newest.get(newest.len() / 2).map_or(0, |version| version.own_bytes);
    let own = own_rules(plan);
    let rules = Rules { plan: &plan.retention, schedules: &own };
    let pasts = schedules::pasts(core, plan);
    simulate(rules, Upcoming::new(&pasts, plan.created, now, &zone), versions, usual, now, &zone)
}

/// Lets go what the saved plan's rule does not keep, at each destination by itself.
pub fn run(core: &Arc<Core>, run: &Run, spec: &CleanUpSpec, stages: &mut Stages<'_>) -> Result<Done, Problem> {
    stages.enter(Stage::Preparing);
    let plan = core.plan(&spec.plan).ok_or_else(explain::no_such_plan)?;
    let (mut cleaned, mut warnings) = (Vec::new(), Vec::new());
    let mut sum = Sum::default();
    let mut doubts = Vec::new();
    for location in &plan.destinations {
        let was_known = append_only::is_known(core, location);
        match clean(core, run, &plan, location, spec.despite_doubts, &mut sum, stages) {
            Ok(at) => {
                doubts.extend(at.doubts.iter().map(|doubt| doubt.in_words(&core.env.clock.zone())));
                cleaned.push(at);
            }
            Err(problem) if problem.code == Code::Cancelled => return Err(problem),
            // By itself it is tried again after the next backup.
            Err(problem) if problem.is_away() && run.trigger == Trigger::Retention => {}
            Err(problem) if problem.code == Code::NotWritable && append_only::is_known(core, location) => {
                if !was_known || run.trigger != Trigger::Retention {
                    warnings.push(Warning::of_all(Cause::NotCleared, problem.what));
                }
            }
            Err(problem) => {
                let detail = format!("{}: nothing is cleared away there. {}", location.display(), problem.what);
                warnings.push(Warning::of_all(Cause::NotCleared, detail));
            }
        }
    }
    doubts.sort_unstable();
    doubts.dedup();
    let warning_count = warnings.len() as u64;
    let finding = (!doubts.is_empty()).then(|| explain::doubtful(&plan.name, &doubts));
    let mut versions: Vec<VersionId> = cleaned.iter().flat_map(|at| at.verdicts.iter().map(|v| v.id.clone())).collect();
    versions.sort_unstable();
    versions.dedup();
    let detail = RunDetail::Delete {
        versions,
        bytes: sum.bytes,
        kept_bytes: sum.kept_bytes,
        destination: plan.destinations.iter().map(Location::display).collect::<Vec<_>>().join(", "),
        left: sum.left,
        plan_bytes: sum.plan_bytes,
        cleaned,
        keepers: sum.keepers,
    };
    Ok(Done { detail, warnings, warning_count, finding })
}

#[derive(Default)]
struct Sum {
    bytes: u64,
    kept_bytes: u64,
    /// Versions and bytes that are left at the first destination that was cleaned.
    left: u64,
    plan_bytes: u64,
    keepers: Vec<Keeper>,
}

fn clean(
    core: &Arc<Core>,
    run: &Run,
    plan: &Plan,
    location: &Location,
    despite_doubts: bool,
    sum: &mut Sum,
    stages: &mut Stages<'_>,
) -> Result<CleanedUp, Problem> {
    let judged = look(core, plan, location)?.judged;
    let destination = location.display();
    if judged.going.is_empty() {
        return Ok(CleanedUp { destination, verdicts: Vec::new(), doubts: Vec::new() });
    }
    if !judged.doubts.is_empty() && !despite_doubts {
        return Ok(CleanedUp { destination, verdicts: Vec::new(), doubts: judged.doubts });
    }
    let place = Place::of(&plan.id, location);
    let spec = DeleteSpec { from: place, versions: judged.going.clone(), everywhere: false };
    let gone = deletion::delete(core, run, &spec, stages)?;
    sum.bytes = sum.bytes.saturating_add(gone.plan.bytes);
    sum.kept_bytes = sum.kept_bytes.saturating_add(gone.plan.kept_bytes);
    sum.keepers.extend(gone.keeper);
    if sum.left == 0 {
        (sum.left, sum.plan_bytes) = (gone.plan.left, gone.folder.stored_with_lists()?);
    }
    let mut by_id: HashMap<&VersionId, _> = judged.verdicts.iter().map(|verdict| (&verdict.id, verdict)).collect();
    let verdicts = judged.going.iter().filter_map(|id| by_id.remove(id).cloned()).collect();
    Ok(CleanedUp { destination, verdicts, doubts: Vec::new() })
}

/// Pins a version at all destinations where it lies, or takes the pin away. Says at which it could not be; fails where it could at none.
pub fn pin(core: &Core, plan: &Plan, id: &VersionId, pinned: bool) -> Result<Vec<(Location, Problem)>, Problem> {
    let (mut done, mut away) = (0, Vec::new());
    for location in &plan.destinations {
        let place = Place::of(&plan.id, location);
        let change = || -> Result<bool, Problem> {
            let OpenPlace { folder, ring } = core.open_place(&place)?;
            if !folder.versions()?.contains(id) {
                return Ok(false);
            }
            super::destination::check_owner(core, &folder, ring.as_deref())?;
            match pinned {
                true => folder.put_pin(id, core.env.clock.now(), &core.home_id, ring.as_deref())?,
                false => folder.delete_pin(id)?,
            }
            Ok(true)
        };
        match change() {
            Ok(there) => done += usize::from(there),
            Err(problem) => away.push((location.clone(), problem)),
        }
    }
    match (done, away.first()) {
        (0, Some((_, problem))) => Err(problem.clone()),
        (0, None) => Err(explain::no_such_version(id.as_str())),
        _ => Ok(away),
    }
}
