//! `strongroom retention …`, `cleanup`, `pin` and `unpin`.

use jiff::tz::TimeZone;
use serde_json::json;

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::output::{Output, clean};
use super::plan::find_plan;
use super::{args, report};
use crate::engine::message::{Command, NewSecrets, Overview};
use crate::model::clean_up::{CleanUpSpec, PlaceJudged, RetentionPreview, append_only_in_words};
use crate::model::human;
use crate::model::plan::Plan;
use crate::model::problem::{Code, Problem};
use crate::model::retention::{Reason, Retention, Verdict};
use crate::model::schedule::Schedule;

pub fn run(args: args::Retention, output: Output) -> Result<Exit, Problem> {
    match args {
        args::Retention::Show { plan, schedule } => show(&plan, schedule.as_deref(), output),
        args::Retention::Set(args) => with_home(|session| set(session, &args, output)),
        args::Retention::Preview { rule } => {
            let session = Session::reading_home()?;
            session.tell_notices(output);
            let overview = session.handle().overview();
            let mut plan = find_plan(&overview, &rule.plan)?.plan.clone();
            change(&mut plan, &rule)?;
            let preview = session.handle().preview_retention(plan).wait()?;
            Ok(tell(&overview, &preview, true, output))
        }
    }
}

pub fn clean_up(args: &args::Cleanup, output: Output) -> Result<Exit, Problem> {
    if args.dry_run {
        let session = Session::reading_home()?;
        session.tell_notices(output);
        let overview = session.handle().overview();
        let plan = find_plan(&overview, &args.plan)?.plan.clone();
        let preview = session.handle().preview_retention(plan).wait()?;
        return Ok(tell(&overview, &preview, false, output));
    }
    with_home(|session| {
        let handle = session.handle();
        let plan = find_plan(&handle.overview(), &args.plan)?.plan.id.clone();
        let run = new_run_id()?;
        let spec = CleanUpSpec { plan, despite_doubts: args.anyway };
        Ok(report::print(&follow(handle, run, Command::CleanUp { run, spec }, output)?, output))
    })
}

pub fn pin(args: &args::Pin, pinned: bool, output: Output) -> Result<Exit, Problem> {
    with_home(|session| {
        let handle = session.handle();
        let plan = find_plan(&handle.overview(), &args.plan)?.plan.id.clone();
        let away = handle.pin(plan, args.version.clone(), pinned).wait()?;
        for (location, problem) in &away {
            output.remark(clean(&format!("{}: not there. {}", location.display(), problem.what)));
        }
        output.line(match pinned {
            true => format!("{} stays whatever is cleaned up.", args.version),
            false => format!("{} is kept as the rule says.", args.version),
        });
        output.result("completed", json!({ "version": args.version, "pinned": pinned, "missing": away.len() }));
        Ok(if away.is_empty() { Exit::Done } else { Exit::Warnings })
    })
}

/// The rule that is meant: the plan's, or that of one of its schedules.
fn rule<'p>(plan: &'p Plan, schedule: Option<&str>) -> Result<(Option<&'p Schedule>, Retention), Problem> {
    let Some(name) = schedule else { return Ok((None, plan.retention.clone())) };
    let found = plan.schedules.find(name).ok_or_else(|| {
        let what = format!("\"{}\" has no schedule \"{name}\", or several that begin so.", plan.name);
        Problem::new(Code::Usage, what, "`strongroom schedule list` shows their ids; give one of them.")
    })?;
    Ok((Some(found), found.retention.clone().unwrap_or_default()))
}

fn change(plan: &mut Plan, args: &args::RetentionSet) -> Result<Retention, Problem> {
    let usage =
        |why: String| Problem::new(Code::Usage, format!("This cannot be: {why}."), "See `strongroom retention set --help`.");
    let (schedule, mut changed) = rule(plan, args.schedule.as_deref())?;
    for (part, value) in args.parts() {
        changed.set(part, value).map_err(usage)?;
    }
    match schedule.cloned() {
        None => plan.retention = changed.clone(),
        Some(schedule) => {
            // A rule of its own that says nothing is none: then the plan's holds.
            let retention = (!changed.is_default()).then(|| changed.clone());
            plan.schedules = plan.schedules.with(Schedule { retention, ..schedule }).map_err(usage)?;
        }
    }
    Ok(changed)
}

fn set(session: &Session, args: &args::RetentionSet, output: Output) -> Result<Exit, Problem> {
    let handle = session.handle();
    let mut plan = find_plan(&handle.overview(), &args.plan)?.plan.clone();
    if args.parts().is_empty() {
        return Err(Problem::new(Code::Usage, "Nothing to change is given.", "See `strongroom retention set --help`."));
    }
    let changed = change(&mut plan, args)?;
    let (id, name) = (plan.id.clone(), plan.name.clone());
    handle.save_plan(plan, NewSecrets::default()).wait()?;
    output.line(clean(&format!("\"{name}\" keeps versions: {}.", changed.in_words())));
    output.result("completed", json!({ "plan": id, "name": name, "retention": changed }));
    Ok(Exit::Done)
}

fn show(name: &str, schedule: Option<&str>, output: Output) -> Result<Exit, Problem> {
    let session = Session::reading_home()?;
    let plan = find_plan(&session.handle().overview(), name)?.plan.clone();
    let (_, shown) = rule(&plan, schedule)?;
    output.line(human::capital(&shown.in_words()));
    if schedule.is_none() {
        for own in plan.schedules.iter().filter(|schedule| schedule.retention.is_some()) {
            let words = own.retention.as_ref().map(Retention::in_words).unwrap_or_default();
            output.line(clean(&format!("Versions made {}: {words}", own.in_words())));
        }
    }
    output.result("completed", json!({ "plan": plan.id, "retention": shown, "in_words": shown.in_words() }));
    Ok(Exit::Done)
}

/// Each version with why it stays or goes, and what is left over the next year.
fn tell(overview: &Overview, preview: &RetentionPreview, year: bool, output: Output) -> Exit {
    let mut exit = Exit::Done;
    let mut going = 0;
    let mut not_deletable = Vec::new();
    for PlaceJudged { location, judged } in &preview.places {
        output.line(clean(&location.display()));
        if overview.is_append_only(location) {
            output.line(clean(&format!("  {}", append_only_in_words(location))));
            not_deletable.push(location.display());
        }
        let judged = match judged {
            Ok(judged) => judged,
            Err(problem) => {
                exit = Exit::Warnings;
                output.remark(clean(&format!("{}: {}", location.display(), problem.what)));
                continue;
            }
        };
        for Verdict { id, stays, why } in &judged.verdicts {
            let words: Vec<String> = why.iter().map(Reason::in_words).collect();
            let place = location.display();
            output.object(&json!({ "destination": place, "version": id, "stays": stays, "why": words, "reasons": why }));
            output.line(format!("  {}  {id}  {}", if *stays { "stays" } else { "goes " }, words.join(", ")));
        }
        going += judged.going.len();
        for doubt in &judged.doubts {
            output.remark(format!("Asks first: {}", doubt.in_words(&TimeZone::system())));
        }
        if let Some(over) = judged.over {
            let (bytes, allowed) = (human::bytes(over.bytes), human::bytes(over.allowed));
            output.remark(format!("What must stay takes {bytes}, and {allowed} are allowed."));
        }
    }
    if year && !preview.simulation.months.is_empty() {
        output.line("Over the next year, if every run goes well:");
        for month in &preview.simulation.months {
            let (kept, bytes) = (human::counted(month.kept.into(), "version", "versions"), human::bytes(month.bytes));
            output.line(format!("  until {}  {:>4} made  {kept}, about {bytes}", month.until, month.made));
        }
    }
    output.result("completed", json!({ "going": going, "not_deletable": not_deletable, "simulation": preview.simulation }));
    exit
}
