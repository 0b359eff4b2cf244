//! `strongroom history`

use jiff::tz::TimeZone;
use serde_json::json;

use super::engine_access::Session;
use super::exit::Exit;
use super::output::{Output, clean};
use super::plan::find_plan;
use super::{args, report};
use crate::engine::Handle;
use crate::model::history::HistoryFilter;
use crate::model::plan::PlanId;
use crate::model::problem::{Code, Problem};

pub fn run(args: args::History, output: Output) -> Result<Exit, Problem> {
    let session = Session::reading_home()?;
    session.tell_notices(output);
    let plan = args.plan.as_deref().map(|name| meant(session.handle(), name)).transpose()?;
    let filter = HistoryFilter {
        plan,
        kind: args.kind.map(Into::into),
        troubled: args.troubled,
        text: args.search,
        skip: 0,
        limit: args.limit as usize,
    };
    let page = session.handle().history(filter).wait()?;
    let zone = TimeZone::system();
    for run in &page.runs {
        output.object(&report::object(run, run.into()));
        let kind = run.kind.name();
        let at = run.started.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        output.line(format!("{at}  {kind:<10} {:<20} {}", clean(&run.plan_name), report::summary(run)));
    }
    if page.runs.is_empty() {
        output.line("No runs yet.");
    } else if page.total > page.runs.len() {
        output.note(format!("{} of {} runs; --limit shows more", page.runs.len(), page.total));
    }
    output.result("completed", json!({ "count": page.runs.len(), "total": page.total }));
    Ok(Exit::Done)
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
