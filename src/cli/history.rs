//! `strongroom history`

use jiff::tz::TimeZone;
use serde_json::json;

use super::engine_access::Session;
use super::exit::Exit;
use super::output::{Output, clean};
use super::plan::find_plan;
use super::{args, report};
use crate::model::history::HistoryFilter;
use crate::model::problem::Problem;
use crate::model::run::RunKind;

pub fn run(args: args::History, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let plan = match &args.plan {
        Some(name) => Some(find_plan(&session.handle().overview(), name)?.plan.id.clone()),
        None => None,
    };
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
        let kind = match run.kind {
            RunKind::Backup => "backup",
            RunKind::Restore => "restore",
            RunKind::Verify => "verify",
        };
        let at = run.started.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        output.line(format!("{at}  {kind:<8} {:<20} {}", clean(&run.plan_name), report::summary(run)));
    }
    if page.runs.is_empty() {
        output.line("No runs yet.");
    } else if page.total > page.runs.len() {
        output.note(format!("{} of {} runs; --limit shows more", page.runs.len(), page.total));
    }
    output.result("completed", json!({ "count": page.runs.len(), "total": page.total }));
    Ok(Exit::Done)
}
