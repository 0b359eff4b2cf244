//! `strongroom delete`

use serde_json::{Value, json};

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::output::{Output, clean};
use super::{args, place, report};
use crate::engine::message::Command;
use crate::model::clean_up::append_only_in_words;
use crate::model::human;
use crate::model::problem::Problem;
use crate::model::prune::{DeleteSpec, PrunePlan};

pub fn run(args: &args::Delete, output: Output) -> Result<Exit, Problem> {
    with_home(|session| delete(session, args, output))
}

fn delete(session: &Session, args: &args::Delete, output: Output) -> Result<Exit, Problem> {
    let handle = session.handle();
    let (mut from, _) = place::found(handle, &args.from)?;
    place::open(handle, &mut from, &args.from.there.opens, &args.from.from)?;
    let mut versions = args.versions.clone();
    versions.sort_unstable();
    versions.dedup();
    let spec = DeleteSpec { from, versions, everywhere: false };
    if args.dry_run {
        let location = spec.from.location.clone();
        let plan = handle.plan_deletion(spec).wait()?;
        if handle.overview().is_append_only(&location) {
            output.remark(clean(&append_only_in_words(&location)));
        }
        shown(output, &plan);
        return Ok(Exit::Done);
    }
    let run = new_run_id()?;
    Ok(report::print(&follow(handle, run, Command::Delete { run, spec }, output)?, output))
}

fn shown(output: Output, plan: &PrunePlan) {
    let versions = human::counted(plan.versions.len() as u64, "version", "versions");
    output.line(format!("Would delete {versions}, {}", human::bytes(plan.bytes)));
    for run in &plan.runs {
        let what = if run.whole { "all of it".into() } else { human::counted(run.objects.len() as u64, "object", "objects") };
        output.line(format!("  {}: {what}, {}", run.run, human::bytes(run.bytes)));
        if run.kept_bytes > 0 {
            let needed = human::counted(run.needed_by.len() as u64, "other version needs it", "other versions need it");
            output.line(format!("    {} stay: {needed}", human::bytes(run.kept_bytes)));
        }
    }
    output.line(format!("  {} left", human::counted(plan.left, "version", "versions")));
    let mut line = json!({ "dry_run": true });
    if let (Value::Object(line), Ok(Value::Object(plan))) = (&mut line, serde_json::to_value(plan)) {
        line.extend(plan);
    }
    output.result("completed", line);
}
