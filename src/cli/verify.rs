//! `strongroom verify`

use super::engine_access::Session;
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::output::Output;
use super::{args, place, report};
use crate::engine::message::Command;
use crate::model::problem::Problem;
use crate::model::restore::VerifySpec;

pub fn run(args: args::Verify, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let from = place::unlocked(session.handle(), &args.from)?;
    let spec = VerifySpec { from, version: args.version, depth: args.depth.into() };
    let run = new_run_id()?;
    let ended = follow(session.handle(), run, Command::Verify { run, spec }, output)?;
    Ok(report::print(&ended, output))
}
