//! `strongroom download`

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::output::{Output, clean};
use super::{args, parse, place, report, server};
use crate::engine::Handle;
use crate::engine::message::Command;
use crate::model::human;
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::replicate::ReplicateSpec;
use crate::model::restore::{Place, PlanChoice};
use crate::model::run::{Outcome, RunDetail, RunReport};
use crate::model::tool::{Tool, ToolSpec};

pub fn run(args: &args::Download, output: Output) -> Result<Exit, Problem> {
    with_home(|session| download(session, args, output))
}

fn download(session: &Session, args: &args::Download, output: Output) -> Result<Exit, Problem> {
    let handle = session.handle();
    let made = not_there(&parse::absolute(&args.to)?);
    let ended = match args.reading().origin() {
        Some(origin) => at_address(handle, args, &origin, output),
        None => of_plan(handle, args, output),
    };
    if !matches!(ended, Ok(Exit::Done | Exit::Warnings)) {
        // Only what is empty: the first that is not keeps those above it.
        let _ = made.iter().try_for_each(fs::remove_dir);
    }
    ended
}

fn at_address(handle: &Handle, args: &args::Download, origin: &args::Origin, output: Output) -> Result<Exit, Problem> {
    let location = parse::destination(&origin.from)?;
    server::tell(handle, &location, &args.there.server, false)?;
    let from = match what(handle, &location)? {
        What::Destination => place::found(handle, origin)?.0,
        What::Backup(place) => place,
        What::Object(at, name) => return object(handle, args, at, &name, output),
    };
    Ok(report::print(&version(handle, args, from, output)?, output))
}

/// From the healthiest destination of the plan that is named; the next one goes on where it fails.
fn of_plan(handle: &Handle, args: &args::Download, output: Output) -> Result<Exit, Problem> {
    let plan = place::plan_named(handle, &args.reading())?;
    let mut from = handle.healthiest(plan.id.clone(), args.version.clone()).wait()?;
    let others: Vec<Location> = plan.destinations.into_iter().filter(|location| *location != from).collect();
    let mut others = others.into_iter();
    loop {
        let ended = version(handle, args, Place::of(&plan.id, &from), output);
        match (lacks(&ended), others.next()) {
            (Some(why), Some(next)) => {
                output.remark(clean(&format!("{}: {why} Another destination is tried.", from.display())));
                from = next;
            }
            _ => return Ok(report::print(&ended?, output)),
        }
    }
}

/// Why a destination did not give the version: it is away, or what lies there is damaged.
fn lacks(ended: &Result<RunReport, Problem>) -> Option<String> {
    match ended {
        Ok(RunReport { outcome: Outcome::Failed(problem), .. }) | Err(problem) => {
            let is_of_one = problem.is_away() || problem.code == Code::Damaged;
            is_of_one.then(|| problem.what.clone())
        }
        // A version that cannot be read there is a warning, and only one was wanted.
        Ok(RunReport { detail: RunDetail::Replicate { replicated, .. }, warnings, .. }) if replicated.versions.is_empty() => {
            warnings.first().map(|warning| format!("{}.", warning.detail.trim_end_matches('.')))
        }
        Ok(_) => None,
    }
}

/// Of a folder and those above it the ones that do not exist, the innermost first.
fn not_there(folder: &Path) -> Vec<PathBuf> {
    let is_missing = |folder: &&Path| folder.symlink_metadata().is_err_and(|e| e.kind() == ErrorKind::NotFound);
    folder.ancestors().take_while(is_missing).map(Path::to_path_buf).collect()
}

/// What an address leads to.
enum What {
    Destination,
    Backup(Place),
    /// By the folder that it lies in, and its name.
    Object(Location, String),
}

fn what(handle: &Handle, location: &Location) -> Result<What, Problem> {
    let may_be_less = |problem: &Problem| matches!(problem.code, Code::DestinationMissing | Code::NothingThere | Code::Usage);
    match handle.plans_at(location.clone()).wait() {
        Ok(plans) if !plans.is_empty() => return Ok(What::Destination),
        Err(problem) if !may_be_less(&problem) => return Err(problem),
        _ => {}
    }
    let Some((above, name)) = location.split() else { return Ok(What::Destination) };
    let plans = match handle.plans_at(above.clone()).wait() {
        Err(problem) if !may_be_less(&problem) => return Err(problem),
        plans => plans.unwrap_or_default(),
    };
    Ok(match plans.into_iter().find(|plan| plan.folder == name) {
        Some(plan) => What::Backup(Place { location: above, plan: PlanChoice::Id(plan.id), secret: None }),
        None => What::Object(above, name),
    })
}

fn version(handle: &Handle, args: &args::Download, mut from: Place, output: Output) -> Result<RunReport, Problem> {
    let meant = args.reading();
    place::open(handle, &mut from, &meant.there.opens, meant.name())?;
    let versions = vec![handle.choose_version(from.clone(), args.version.clone()).wait()?];
    let to = Location::local(parse::absolute(&args.to)?);
    let run = new_run_id()?;
    let spec = Box::new(ReplicateSpec {
        versions,
        anew: true,
        read_back: args.read_back.map(Into::into),
        ..ReplicateSpec::all(from, to)
    });
    follow(handle, run, Command::Replicate { run, spec }, output)
}

fn object(handle: &Handle, args: &args::Download, at: Location, name: &str, output: Output) -> Result<Exit, Problem> {
    let folder = parse::absolute(&args.to)?;
    fs::create_dir_all(&folder).map_err(|e| {
        let what = format!("The folder {} cannot be made.", folder.display());
        Problem::new(Code::Io, what, "Choose another one.").with_detail(e.to_string())
    })?;
    let to = PathBytes::from(&*folder.join(name));
    let tool = Tool::Download { at };
    let spec = Box::new(ToolSpec { file: PathBytes::from(name), to, overwrite: args.overwrite, tool });
    let run = new_run_id()?;
    let ended = follow(handle, run, Command::UseTool { run, spec }, output)?;
    let exit = report::print(&ended, output);
    if let RunDetail::Tool(done) = &ended.detail {
        let (size, to) = (human::bytes(done.after), clean(&done.to.display()));
        output.line(format!("Downloaded {to} ({size})"));
        output.result("completed", json!({ "file": done.to, "bytes": done.after }));
    }
    Ok(exit)
}
