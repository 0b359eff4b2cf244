//! `strongroom adopt`

use std::io::{self, IsTerminal};

use serde_json::json;

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::output::{Output, ask, clean};
use super::{args, new_plan, place, server};
use crate::engine::message::PlanAt;
use crate::model::human;
use crate::model::problem::{Code, Problem};

pub fn run(args: &args::Adopt, output: Output) -> Result<Exit, Problem> {
    with_home(|session| adopt(session, args, output))
}

fn adopt(session: &Session, args: &args::Adopt, output: Output) -> Result<Exit, Problem> {
    let handle = session.handle();
    let from = args::Origin { from: args.from.clone(), there: args.there.clone() };
    let name = args.name.clone().map(new_plan::checked_name).transpose()?;
    let (mut place, found) = place::found(handle, &from)?;
    told(&found, output);
    if !found.ours && !args.yes {
        confirm(&found)?;
    }
    place::open(handle, &mut place, &args.there.opens, &args.from)?;
    // Runs that nobody attends need the server's password too.
    server::tell(handle, &place.location, &args.there.server, true)?;
    let plan = handle.adopt(place, name).wait()?;
    output.line(clean(&format!("\"{}\" is a plan here now. `strongroom backup` with its name goes on with it.", plan.name)));
    for source in plan.sources.paths.iter().filter(|path| !path.as_path().exists()) {
        output.note(clean(&format!(
            "{} is not on this machine: say with `strongroom plan edit` what is to be backed up.",
            source.display()
        )));
    }
    let sources: Vec<String> = plan.sources.paths.iter().map(|path| path.display().into_owned()).collect();
    output.result("completed", json!({ "plan": plan.id, "name": plan.name, "sources": sources }));
    Ok(Exit::Done)
}

fn told(found: &PlanAt, output: Output) {
    let versions = human::counted(found.versions as u64, "version", "versions");
    output.line(clean(&format!("\"{}\": {versions}, written by {}", found.name, found.machine)));
}

/// What writes there now must stop: a person says so.
fn confirm(found: &PlanAt) -> Result<(), Problem> {
    let refused = || {
        let what = format!("\"{}\" belongs to {}: taking it over needs a confirmation.", found.name, found.machine);
        Problem::new(Code::OtherOwner, what, "Answer yes when asked, or give --yes.")
    };
    if !io::stdin().is_terminal() {
        return Err(refused());
    }
    ask(&format!("{} must no longer write this backup. Take it over? (yes/no) ", found.machine));
    let mut typed = String::new();
    io::stdin().read_line(&mut typed).map_err(|_| refused())?;
    if typed.trim().eq_ignore_ascii_case("yes") { Ok(()) } else { Err(refused()) }
}
