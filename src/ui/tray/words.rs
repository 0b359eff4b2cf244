//! What the tray says.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::engine::message::{Overview, PlanOverview, RunOverview};
use crate::model::human;
use crate::model::status::{Status, Why};
use crate::ui::tabs::backups::card_data::{Header, sentence};

/// Longest name of a backup that is shown whole.
const NAME: usize = 48;

/// "Backing up Documents, 43 %", "Paused until 21:30", "Protected · 2 of 2".
pub fn line(overview: &Overview, run: Option<&RunOverview>, percent: Option<u8>, now: Timestamp, zone: &TimeZone) -> String {
    let header = || match Header::of(overview) {
        Some(header) => header.text(),
        None => "No backup is set up yet".to_owned(),
    };
    let running = |run: &RunOverview| {
        let what = format!("{} {}", run.kind.doing(), name(&run.name));
        let how_far = match (run.paused, percent) {
            _ if run.turn.is_some() => run.turn.as_ref().map_or_else(String::new, |turn| format!(": {}", turn.in_words())),
            (true, Some(percent)) => format!(", paused at {percent} %"),
            (true, None) => ", paused".to_owned(),
            (false, Some(percent)) => format!(", {percent} %"),
            (false, None) => String::new(),
        };
        let others = match overview.runs.len() {
            0 | 1 => String::new(),
            several => format!(", and {} more", several - 1),
        };
        format!("{what}{how_far}{others}")
    };
    match (run, overview.paused) {
        (Some(run), _) if !run.paused => running(run),
        (_, Some(paused)) => human::capital(&paused.in_words(now, zone)),
        (Some(run), None) => running(run),
        (None, None) => header(),
    }
}

/// What is wrong; else what comes next. `runs`: the line says something of a run.
pub fn more(overview: &Overview, runs: bool, now: Timestamp, zone: &TimeZone) -> String {
    let mut lines = Vec::new();
    // The line speaks of something else.
    if (runs || overview.paused.is_some())
        && let Some(header) = Header::of(overview)
    {
        lines.push(header.text());
    }
    if let Some(plan) = overview.plans.iter().find(|plan| plan.status == Status::NeedsAttention) {
        lines.push(format!("{}: {}", name(&plan.plan.name), trouble(plan, now, zone)));
    }
    let next = overview.plans.iter().filter_map(|plan| Some((plan.next_run()?, plan))).min_by_key(|(at, _)| *at);
    if let (Some((at, plan)), None) = (next, overview.paused) {
        let when = if at <= now { "due now".to_owned() } else { human::moment(at, now, zone) };
        lines.push(format!("Next: {}, {when}", name(&plan.plan.name)));
    }
    lines.join("\n")
}

fn trouble(plan: &PlanOverview, now: Timestamp, zone: &TimeZone) -> String {
    match &plan.why {
        Why::Failed(problem) => problem.what.clone(),
        _ => sentence(plan, now, zone),
    }
}

/// A backup's name in one line that is not too long.
pub fn name(name: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = name.chars().map(plain).take(NAME).collect();
    if name.chars().count() > NAME {
        short.pop();
        short.push('…');
    }
    short
}
