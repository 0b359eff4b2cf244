//! `strongroom verify`

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::output::Output;
use super::{args, place, report};
use crate::engine::message::Command;
use crate::model::plan::PlanId;
use crate::model::problem::{Code, Problem};
use crate::model::restore::{PlanChoice, VerifySpec};

pub fn run(args: args::Verify, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let Some(plan) = own_plan(&session, &args)? else { return verify(&session, &args, None, output) };
    // What is found in a backup of this home goes into its history, and is told; another one's is only read.
    match with_home(|home| verify(home, &args, Some(&plan), output)) {
        Err(problem) if problem.code == Code::Settings => verify(&session, &args, Some(&plan), output),
        ended => ended,
    }
}

/// The plan of this home that is meant, if it is one.
fn own_plan(session: &Session, args: &args::Verify) -> Result<Option<PlanId>, Problem> {
    let handle = session.handle();
    let place = place::place(handle, &args.from)?;
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

fn verify(session: &Session, args: &args::Verify, own: Option<&PlanId>, output: Output) -> Result<Exit, Problem> {
    let mut from = place::unlocked(session.handle(), &args.from)?;
    if let Some(id) = own {
        from.plan = PlanChoice::Id(id.clone());
    }
    let spec = VerifySpec { from, version: args.version.clone(), depth: args.depth.into() };
    let run = new_run_id()?;
    let ended = follow(session.handle(), run, Command::Verify { run, spec }, output)?;
    Ok(report::print(&ended, output))
}
