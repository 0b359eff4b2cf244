//! `strongroom verify`

use serde_json::json;

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::output::{Output, clean};
use super::{args, place, report};
use crate::engine::message::Command;
use crate::model::plan::PlanId;
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Place, PlanChoice, VerifySpec};

pub fn run(args: args::Verify, output: Output) -> Result<Exit, Problem> {
    let from = args.from.meant();
    let session = Session::guest()?;
    let Some(origin) = from.origin() else {
        return recorded(&session, |session| each(session, &from, &args, output));
    };
    let Some(plan) = own_plan(&session, &origin)? else { return one(&session, &origin, None, &args, output) };
    recorded(&session, |session| one(session, &origin, Some(&plan), &args, output))
}

/// What is found in a backup of this home goes into its history, and is told; another one's is only read.
fn recorded(guest: &Session, verify: impl Fn(&Session) -> Result<Exit, Problem>) -> Result<Exit, Problem> {
    match with_home(&verify) {
        Err(problem) if problem.code == Code::Settings => verify(guest),
        ended => ended,
    }
}

/// The plan of this home that is meant, if it is one.
fn own_plan(session: &Session, origin: &args::Origin) -> Result<Option<PlanId>, Problem> {
    let handle = session.handle();
    let place = place::place(handle, origin)?;
    let overview = handle.overview();
    let own = overview.plans.iter().map(|plan| &plan.plan).filter(|plan| plan.destinations.contains(&place.location));
    if own.clone().next().is_none() {
        return Ok(None);
    }
    let meant: Option<PlanId> = match &place.plan {
        PlanChoice::Id(id) => Some(id.clone()),
        PlanChoice::Name(name) => {
            own.clone().find(|plan| plan.name == *name || plan.folder_name() == *name).map(|plan| plan.id.clone())
        }
        // Which one that is, only the destination knows; what is wrong with it is said by the run.
        PlanChoice::Only => match handle.plans_at(place.location.clone()).wait().as_deref() {
            Ok([only]) => Some(only.id.clone()),
            _ => None,
        },
    };
    Ok(own.map(|plan| plan.id.clone()).find(|id| Some(id) == meant.as_ref()))
}

/// At the destination that is named. `own`: of which plan of this home.
fn one(
    session: &Session,
    origin: &args::Origin,
    own: Option<&PlanId>,
    args: &args::Verify,
    output: Output,
) -> Result<Exit, Problem> {
    let mut from = place::unlocked(session.handle(), origin)?;
    if let Some(id) = own {
        from.plan = PlanChoice::Id(id.clone());
    }
    verify(session, from, args, output)
}

/// At each destination of the plan that is named; one that fails does not stop the others.
fn each(session: &Session, from: &args::Reading, args: &args::Verify, output: Output) -> Result<Exit, Problem> {
    let handle = session.handle();
    let plan = place::plan_named(handle, from)?;
    let mut exits = Vec::new();
    for location in &plan.destinations {
        if plan.destinations.len() > 1 {
            let destination = location.display();
            output.line(clean(&format!("At {destination}:")));
            output.object(&json!({ "destination": destination }));
        }
        let mut at = Place::of(&plan.id, location);
        let ended = place::open(handle, &mut at, &from.there.opens, from.name()).and_then(|()| verify(session, at, args, output));
        let exit = match ended {
            Err(problem) if plan.destinations.len() == 1 || problem.code == Code::EngineGone => return Err(problem),
            Err(problem) => output.problem(&problem),
            Ok(exit) => exit,
        };
        exits.push(exit);
        if exit == Exit::Cancelled {
            break;
        }
    }
    let worst = exits.iter().copied().max().unwrap_or(Exit::Done);
    if plan.destinations.len() > 1 {
        report::overall(output, &exits, worst);
    }
    Ok(worst)
}

fn verify(session: &Session, from: Place, args: &args::Verify, output: Output) -> Result<Exit, Problem> {
    let spec = VerifySpec { from, version: args.version.clone(), depth: args.depth.into() };
    let run = new_run_id()?;
    let ended = follow(session.handle(), run, Command::Verify { run, spec }, output)?;
    Ok(report::print(&ended, output))
}
