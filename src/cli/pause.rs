//! `strongroom pause` and `strongroom resume`

use std::thread::sleep;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::args::{self, Until};
use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::output::{Output, clean};
use crate::engine::Handle;
use crate::engine::message::{Command, Overview, RunOverview};
use crate::model::human;
use crate::model::pause::{PauseFor, Paused};
use crate::model::problem::{Code, Problem};
use crate::model::run::{RunId, RunKind};

/// How long an engine may take to say that it has heard.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

pub fn pause(args: &args::Pause, output: Output) -> Result<Exit, Problem> {
    let (now, zone) = (Timestamp::now(), TimeZone::system());
    let wanted = match (args.span, args.until) {
        (Some(span), _) => PauseFor::Until(now.saturating_add(span.0).unwrap_or(Timestamp::MAX)),
        (None, Some(Until::Tomorrow)) => PauseFor::Tomorrow,
        (None, Some(Until::Told)) => PauseFor::UntilTold,
        (None, Some(Until::At(at))) => {
            let at = at.to_zoned(zone.clone()).map(|at| at.timestamp()).ok().filter(|at| *at > now);
            PauseFor::Until(
                at.ok_or_else(|| Problem::new(Code::Usage, "That time has passed.", "Give one that is still to come."))?,
            )
        }
        (None, None) => return stand(args.plan.as_deref(), true, output),
    };
    with_home(|session| {
        let paused = schedules(session.handle(), Command::PauseSchedules(wanted), |before, now| now.is_some() && now != before)?;
        if let Some(paused) = &paused {
            output.line(human::capital(&format!("{}.", paused.in_words(now, &zone))));
        }
        output.result("completed", json!({ "since": paused.map(|p| p.since), "until": paused.and_then(|p| p.until) }));
        Ok(Exit::Done)
    })
}

pub fn resume(plan: Option<&str>, output: Output) -> Result<Exit, Problem> {
    let is_paused = plan.is_none() && Session::reading_home()?.handle().overview().paused.is_some();
    if !is_paused {
        return stand(plan, false, output);
    }
    with_home(|session| {
        schedules(session.handle(), Command::ResumeSchedules, |_, now| now.is_none())?;
        output.line("Schedules run again; what was missed is made up for.");
        output.result("completed", json!({ "runs": [] }));
        Ok(Exit::Done)
    })
}

/// Tells the engine to pause or resume everything, until it shows it: `shows` is given how it was and how it is.
fn schedules(
    handle: &Handle,
    command: Command,
    shows: fn(Option<Paused>, Option<Paused>) -> bool,
) -> Result<Option<Paused>, Problem> {
    let before = handle.overview();
    handle.send(command)?;
    let begun = Instant::now();
    loop {
        let overview = handle.overview();
        if shows(before.paused, overview.paused) {
            return Ok(overview.paused);
        }
        // It says why it could not keep it.
        if let Some(notice) = overview.notices.iter().find(|notice| !before.notices.contains(notice)) {
            return Err(Problem::new(Code::Settings, notice.clone(), ""));
        }
        if handle.is_closed() || begun.elapsed() > PATIENCE {
            return Err(silent());
        }
        sleep(LOOK);
    }
}

/// `paused`: whether the runs are to stand still, or to go on.
fn stand(plan: Option<&str>, paused: bool, output: Output) -> Result<Exit, Problem> {
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
            return Err(silent());
        }
        sleep(LOOK);
    }
    Ok(())
}

fn silent() -> Problem {
    Problem::new(Code::Busy, "The running Strongroom does not answer.", "Try again in a moment.")
}

fn already_so(plan: Option<&str>, paused: bool) -> Problem {
    let what = plan.map_or("What runs".to_owned(), |name| format!("What runs of \"{name}\""));
    let (is, fix) = if paused { ("paused", "`strongroom resume` lets it go on.") } else { ("not paused", "") };
    Problem::new(Code::NothingThere, format!("{what} is {is} already."), fix)
}

fn nothing(plan: Option<&str>, paused: bool) -> Problem {
    let of = plan.map_or(String::new(), |name| format!(" of \"{name}\""));
    let (is, fix) =
        if paused { ("running", "`strongroom pause --for 1h` keeps schedules from beginning anything.") } else { ("paused", "") };
    Problem::new(Code::NothingThere, format!("Nothing{of} is {is}."), fix)
}
