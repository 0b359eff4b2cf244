//! `strongroom history`

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::engine_access::Session;
use super::exit::Exit;
use super::output::{Output, clean};
use super::plan::find_plan;
use super::{args, parse, report};
use crate::engine::Handle;
use crate::model::history::HistoryFilter;
use crate::model::history::export::Export;
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::problem::{Code, Problem};
use crate::model::run::{Outcome, RunId, RunReport, words};

/// Runs that an export to standard output asks for at a time.
const PAGE: usize = 50;

pub fn run(args: args::History, output: Output) -> Result<Exit, Problem> {
    let session = Session::reading_home()?;
    match args.what {
        Some(args::HistoryWhat::Show(show_args)) => {
            session.tell_notices(output);
            show(session.handle(), show_args.run, output)
        }
        // What goes to standard output is the export alone.
        Some(args::HistoryWhat::Export(export_args)) => export(session.handle(), export_args, output),
        None => {
            session.tell_notices(output);
            list(session.handle(), args, output)
        }
    }
}

fn list(handle: &Handle, args: args::History, output: Output) -> Result<Exit, Problem> {
    if let Some(before) = args.before {
        known(handle, before)?;
    }
    let of = filter(handle, args.of)?;
    let is_set = of.is_set();
    let page = handle.history(HistoryFilter { past: args.before, limit: args.limit as usize, ..of }).wait()?;
    let zone = TimeZone::system();
    for run in &page.runs {
        output.object(&run.object());
        let (kind, id) = (run.kind.name(), run.run.0);
        let at = run.started.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        output.line(format!("{at}  {id:<20} {kind:<10} {:<20} {}", clean(&run.plan_name), report::summary(run)));
    }
    match page.runs.last() {
        Some(last) if page.left > 0 => {
            output.note(format!("{} of {}; {} are older: --before {}", page.runs.len(), page.total, page.left, last.run.0));
        }
        Some(_) => {}
        None if args.before.is_some() => output.line("Nothing older."),
        None if is_set => output.line("Nothing fits this."),
        None => output.line("Nothing has run yet."),
    }
    let next = page.runs.last().filter(|_| page.left > 0).map(|run| run.run);
    output.result("completed", json!({ "count": page.runs.len(), "total": page.total, "older": page.left, "before": next }));
    Ok(Exit::Done)
}

fn show(handle: &Handle, run: RunId, output: Output) -> Result<Exit, Problem> {
    let mut report = known(handle, run)?;
    if let Outcome::Failed(problem) = &mut report.outcome {
        *problem = problem.clone().on_command_line();
    }
    for line in words::as_text(&report, Timestamp::now(), &TimeZone::system()).lines() {
        output.line(line);
    }
    let mut object = report.object();
    if let Some(fields) = object.as_object_mut() {
        // The last line says how this command ended, not how that run did.
        let result = fields.remove("result");
        fields.extend(result.map(|result| ("outcome".to_owned(), result)));
    }
    output.object(&object);
    output.result("completed", json!({ "run": run }));
    Ok(Exit::Done)
}

fn export(handle: &Handle, args: args::HistoryExport, output: Output) -> Result<Exit, Problem> {
    let of = filter(handle, args.of)?;
    let format = args.format.into();
    let Some(to) = args.to else { return print(handle, of, Export::new(format, TimeZone::system(), Timestamp::now()), output) };
    let to = parse::absolute(&to)?;
    let runs = handle.export_history(of, format, PathBytes::from(to.as_path()), args.overwrite).wait()?;
    output.line(clean(&format!("{} in {}", crate::model::human::counted(runs, "entry", "entries"), to.display())));
    output.result("completed", json!({ "runs": runs, "to": PathBytes::from(to.as_path()) }));
    Ok(Exit::Done)
}

/// A page at a time, to standard output.
fn print(handle: &Handle, of: HistoryFilter, mut export: Export, output: Output) -> Result<Exit, Problem> {
    output.raw(&export.begin());
    let mut page = HistoryFilter { past: None, limit: PAGE, ..of };
    loop {
        let runs = handle.history(page.clone()).wait()?.runs;
        for short in &runs {
            let whole = if short.warning_count > 0 { handle.report(short.run).wait()? } else { None };
            output.raw(&export.run(whole.as_deref().unwrap_or(short)));
        }
        page.past = runs.last().map(|run| run.run);
        if runs.len() < PAGE {
            break;
        }
    }
    output.raw(export.end());
    Ok(Exit::Done)
}

fn filter(handle: &Handle, of: args::HistoryOf) -> Result<HistoryFilter, Problem> {
    Ok(HistoryFilter {
        plan: of.plan.as_deref().map(|name| meant(handle, name)).transpose()?,
        kind: of.kind.map(Into::into),
        ending: of.outcome.map(Into::into),
        troubled: of.troubled,
        text: of.search,
        since: of.since,
        until: of.until,
        ..HistoryFilter::default()
    })
}

fn known(handle: &Handle, run: RunId) -> Result<RunReport, Problem> {
    let report = handle.report(run).wait()?;
    report.map(|report| *report).ok_or_else(|| {
        let what = format!("The history has no run {}.", run.0);
        Problem::new(Code::NothingThere, what, "`strongroom history` shows the numbers of those that have ended.")
    })
}

/// A plan of this home, or one that it had: `backup --source` makes none, and a plan can be removed.
fn meant(handle: &Handle, name: &str) -> Result<PlanId, Problem> {
    match find_plan(&handle.overview(), name) {
        Err(problem) if problem.code == Code::NothingThere => {
            let filter = HistoryFilter { text: name.into(), limit: 1000, ..HistoryFilter::default() };
            let runs = handle.history(filter).wait()?.runs;
            runs.into_iter().filter(|run| run.plan_name == name).find_map(|run| run.plan).ok_or(problem)
        }
        found => Ok(found?.plan.id.clone()),
    }
}
