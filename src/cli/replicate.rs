//! `strongroom replicate`

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::output::Output;
use super::{args, parse, place, report, server};
use crate::engine::message::Command;
use crate::model::problem::Problem;
use crate::model::replicate::ReplicateSpec;

pub fn run(args: &args::Replicate, output: Output) -> Result<Exit, Problem> {
    with_home(|session| replicate(session, args, output))
}

fn replicate(session: &Session, args: &args::Replicate, output: Output) -> Result<Exit, Problem> {
    let handle = session.handle();
    let (from, to) = (parse::destination(&args.from.from)?, parse::destination(&args.to)?);
    server::tell_all(handle, &[from.clone(), to.clone()], &args.from.there.server, false)?;
    let (mut from, _) = place::one_of(handle, place::at(from, &args.from))?;
    place::open(handle, &mut from, &args.from.there.opens, &args.from.from)?;
    let (versions, read_back) = (args.versions.clone(), args.read_back.map(Into::into));
    let spec = Box::new(ReplicateSpec { versions, read_back, ..ReplicateSpec::all(from, to) });
    let run = new_run_id()?;
    Ok(report::print(&follow(handle, run, Command::Replicate { run, spec }, output)?, output))
}
