//! `strongroom restore`

use serde_json::json;

use super::engine_access::Session;
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::output::{Output, clean};
use super::{args, loose, loose_restore, parse, place, report};
use crate::engine::message::Command;
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Origin, RestoreSpec, Target};

pub fn run(args: args::Restore, output: Output) -> Result<Exit, Problem> {
    let from = args.from.meant();
    if let Some(file) = loose::meant(&from) {
        return loose_restore::run(&args, file, &from, output);
    }
    loose::refuse_options(args.keys.is_some() || args.any_size)?;
    let session = Session::guest()?;
    let target = match &args.to {
        Some(folder) => Target::Folder { path: PathBytes::from(parse::real(folder)?), full_paths: args.full_paths },
        None => Target::InPlace,
    };
    let paths = args.path.iter().map(|p| parse::absolute(p).map(PathBytes::from)).collect::<Result<_, _>>()?;
    let place = place::read_unlocked(session.handle(), &from, &args.version)?;
    let spec = RestoreSpec {
        from: Origin::Version { place, version: args.version },
        paths,
        except: Vec::new(),
        target,
        conflict: args.conflict.into(),
        dry_run: args.dry_run,
        metadata: true,
        any_size: false,
    };
    if args.dry_run {
        return dry_run(&session, spec, output);
    }
    let run = new_run_id()?;
    let ended = follow(session.handle(), run, Command::Restore { run, spec: Box::new(spec) }, output)?;
    Ok(report::print(&ended, output))
}

fn dry_run(session: &Session, spec: RestoreSpec, output: Output) -> Result<Exit, Problem> {
    let target = match &spec.target {
        Target::InPlace => "the original place".to_string(),
        Target::Folder { path, .. } => path.display().into_owned(),
    };
    let counts = session.handle().plan_restore(spec).wait()?;
    output.line(format!("Would restore to {} (nothing has been written):", clean(&target)));
    report::restored(output, &counts, true);
    if let Some(free) = counts.free.filter(|free| *free < counts.bytes) {
        let problem =
            Problem::new(Code::NoRoom, "There is not enough room at the target.", "Restore elsewhere, or make room first.");
        return Err(problem.with_detail(format!("{} bytes needed, {free} free", counts.bytes)));
    }
    output.result("completed", json!({ "dry_run": true, "counts": counts, "target": target }));
    Ok(Exit::Done)
}
