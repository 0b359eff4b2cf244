//! `strongroom verify`

use super::engine_access::Session;
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::output::Output;
use super::{args, place, report};
use crate::engine::message::Command;
use crate::model::problem::{Code, Problem};
use crate::model::restore::VerifySpec;

pub fn run(args: args::Verify, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let from = place::unlocked(session.handle(), &args.from)?;
    let spec = VerifySpec { from, version: args.version, depth: args.depth.into() };
    // A folder that a first run has left before it made a version: nothing in it is well.
    if spec.version.is_none() && session.handle().versions(spec.from.clone()).wait()?.is_empty() {
        let unreadable = session.handle().unreadable_versions(spec.from.clone()).wait()?;
        if unreadable.is_empty() {
            let fix = "Back up: there is nothing yet that could be restored.";
            return Err(Problem::new(Code::NothingThere, "This backup has no versions.", fix));
        }
    }
    let run = new_run_id()?;
    let ended = follow(session.handle(), run, Command::Verify { run, spec }, output)?;
    Ok(report::print(&ended, output))
}
