//! `strongroom storage move`: a plan goes to another destination, with all that it has.

use serde_json::json;

use super::check_goes_to;
use crate::cli::engine_access::Session;
use crate::cli::exit::Exit;
use crate::cli::follow::{follow, new_run_id};
use crate::cli::output::{Output, clean};
use crate::cli::plan::find_plan;
use crate::cli::{args, parse, report, server};
use crate::engine::message::{Command, NewSecrets};
use crate::engine::moving::instead;
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::problem::{Code, Problem};
use crate::model::replicate::ReplicateSpec;
use crate::model::restore::Place;
use crate::model::run::Outcome;

/// The old destination is left only when everything lies at the new one; cut off before, the same command goes on.
pub fn run(session: &Session, args: &args::StorageMove, output: Output) -> Result<Exit, Problem> {
    let handle = session.handle();
    let (from, to) = (parse::destination(&args.from)?, parse::destination(&args.to)?);
    server::tell_all(handle, &[from.clone(), to.clone()], &args.server, true)?;
    let overview = handle.overview();
    let shown = find_plan(&overview, &args.plan)?;
    let plan = shown.plan.clone();
    check_goes_to(&plan, &from)?;
    if from == to {
        return Err(Problem::new(Code::Usage, "That is where it goes already.", "Give another destination with --to."));
    }
    if to.is_same_place(&from) {
        let fix = "Nothing is to be moved: `strongroom plan edit --to` changes how the plan's destinations are written.";
        return Err(Problem::new(Code::Usage, to.twice_in_words(&from), fix));
    }
    // Asked there alone: what another destination has is not what is moved.
    let there = handle.plans_at(from.clone()).wait()?.into_iter().find(|there| there.id == plan.id);
    if there.is_none() && plan.destinations.len() == 1 && shown.last_success.is_some() {
        let what = format!("Nothing of \"{}\" lies at {}.", plan.name, from.display());
        return Err(Problem::new(
            Code::NothingThere,
            what,
            "Look whether that is the right drive or folder; nothing was changed.",
        ));
    }
    if !plan.destinations.contains(&to) {
        let mut both = plan.clone();
        both.destinations.push(to.clone());
        both.max_sizes.set(&to, plan.max_sizes.at(&from));
        handle.save_plan(both, NewSecrets::default()).wait()?;
    }
    let place = Place::of(&plan.id, &from);
    // A plan that has not run yet has nothing to be copied.
    if there.is_some_and(|there| there.versions > 0) {
        let run = new_run_id()?;
        let spec = Box::new(ReplicateSpec::all(place, to.clone()));
        let copied = follow(handle, run, Command::Replicate { run, spec }, output)?;
        if copied.outcome != Outcome::Completed {
            output.note(clean(&format!("\"{}\" goes to both for now. The same command goes on with it.", plan.name)));
            return Ok(report::print(&copied, output));
        }
    }
    let now = find_plan(&handle.overview(), plan.id.as_str())?.plan.clone();
    let moved = Plan { destinations: instead(&now.destinations, &from, &to), ..now };
    let all: Vec<String> = moved.destinations.iter().map(Location::display).collect();
    handle.save_plan(moved, NewSecrets::default()).wait()?;
    output.line(clean(&format!("\"{}\" now goes to {}. What lies at {} stays there.", plan.name, to.display(), from.display())));
    output.result("completed", json!({ "plan": plan.id, "name": plan.name, "destinations": all }));
    Ok(Exit::Done)
}
