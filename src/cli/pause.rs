//! `strongroom pause` and `strongroom resume`

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::engine_access::Session;
use super::exit::Exit;
use super::output::{Output, clean};
use crate::engine::Handle;
use crate::engine::message::{Command, Overview, RunOverview};
use crate::model::problem::{Code, Problem};
use crate::model::run::{RunId, RunKind};

/// How long an engine may take to say that it has heard.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// `paused`: whether the runs are to stand still, or to go on.
pub fn run(plan: Option<&str>, paused: bool, output: Output) -> Result<Exit, Problem> {
    let session = Session::running()?.ok_or_else(|| nothing(plan, paused))?;
    let handle = session.handle();
    let overview = handle.overview();
    let runs: Vec<&RunOverview> = overview.runs.iter().filter(|run| is_meant(&overview, run, plan, paused)).collect();
    if runs.is_empty() {
        let already = overview.runs.iter().any(|run| is_meant(&overview, run, plan, !paused));
        return Err(if already { already_so(plan, paused) } else { nothing(plan, paused) });
    }
    for run in &runs {
        handle.send(Command::Pause { run: run.run, paused })?;
    }
    let ids: Vec<RunId> = runs.iter().map(|run| run.run).collect();
    wait(handle, &ids, paused)?;
    for run in &runs {
        output.line(format!("{} \"{}\"", if paused { "Paused" } else { "Resumed" }, clean(&run.name)));
    }
    let runs: Vec<Value> = runs.iter().map(|run| json!({ "run": run.run, "kind": run.kind, "name": run.name })).collect();
    output.result("completed", json!({ "runs": runs }));
    Ok(Exit::Done)
}

fn is_meant(overview: &Overview, run: &RunOverview, plan: Option<&str>, paused: bool) -> bool {
    let listens = run.kind != RunKind::Delete && !run.cancelling && run.paused != paused;
    let named = |name: &str| {
        let of_plan = overview.plans.iter().any(|p| Some(&p.plan.id) == run.plan.as_ref() && p.plan.name == name);
        of_plan || run.name == name || run.plan.as_ref().is_some_and(|id| id.as_str() == name)
    };
    listens && plan.is_none_or(named)
}

/// Until the engine shows it, or the run has ended.
fn wait(handle: &Handle, runs: &[RunId], paused: bool) -> Result<(), Problem> {
    let begun = Instant::now();
    while handle.overview().runs.iter().any(|run| runs.contains(&run.run) && run.paused != paused) {
        if handle.is_closed() || begun.elapsed() > PATIENCE {
            return Err(Problem::new(Code::Busy, "The running Strongroom does not answer.", "Try again in a moment."));
        }
        sleep(LOOK);
    }
    Ok(())
}

fn already_so(plan: Option<&str>, paused: bool) -> Problem {
    let what = plan.map_or("What runs".to_owned(), |name| format!("What runs of \"{name}\""));
    let (is, fix) = if paused { ("paused", "`strongroom resume` lets it go on.") } else { ("not paused", "") };
    Problem::new(Code::NothingThere, format!("{what} is {is} already."), fix)
}

fn nothing(plan: Option<&str>, paused: bool) -> Problem {
    let of = plan.map_or(String::new(), |name| format!(" of \"{name}\""));
    let what = if paused { format!("Nothing{of} is running.") } else { format!("Nothing{of} is paused.") };
    Problem::new(Code::NothingThere, what, "")
}
