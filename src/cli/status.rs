//! `strongroom status`: how each plan stands, for people and scripts.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::engine_access::Session;
use super::exit::Exit;
use super::output::{Output, clean};
use super::plan::{find_plan, status_in_words};
use crate::engine::message::PlanOverview;
use crate::model::conditions::Wait;
use crate::model::human;
use crate::model::problem::Problem;
use crate::model::status::{Status, Why};

pub fn run(plan: Option<&str>, output: Output) -> Result<Exit, Problem> {
    // What a schedule waits for only the engine knows that runs it.
    let session = Session::running().ok().flatten().map_or_else(Session::reading_home, Ok)?;
    session.tell_notices(output);
    let overview = session.handle().overview();
    let shown: Vec<&PlanOverview> = match plan {
        Some(name) => vec![find_plan(&overview, name)?],
        None => overview.plans.iter().collect(),
    };
    let (now, zone) = (Timestamp::now(), TimeZone::system());
    let mut worst = Status::Protected;
    for plan in &shown {
        worst = worst.max(plan.status);
        let why = why(&plan.why, now, &zone);
        output.object(&json!({
            "plan": plan.plan.id, "name": plan.plan.name, "status": plan.status, "why": why, "last_success": plan.last_success,
            "next": plan.next, "waits": plan.waits, "at_risk": plan.at_risk,
            "behind": plan.behind.iter().map(|place| place.display()).collect::<Vec<_>>(),
        }));
        let last = plan.last_success.map_or("never".into(), |at| human::ago(at, now));
        let why = if why.is_empty() { why } else { format!(": {why}") };
        let waits: Vec<String> = plan.waits.iter().map(Wait::in_words).collect();
        let waits = if waits.is_empty() { String::new() } else { format!(" · due, but {}", waits.join(" and ")) };
        let risk = risk(plan, now, &zone);
        let status = status_in_words(plan.status);
        output.line(clean(&format!("{:<20} {status}{why} · last success {last}{risk}{waits}", plan.plan.name)));
    }
    if let Some(paused) = &overview.paused {
        output.line(format!("Schedules are {}.", paused.in_words(now, &zone)));
    }
    if shown.is_empty() {
        output.line("No plans yet. `strongroom plan add` makes one.");
    }
    if plan.is_none()
        && shown.len() > 1
        && let Some(risk) = overview.at_risk
    {
        output.line(format!("Would be lost now: {} ({}).", risk.in_words(), risk.when(now, &zone)));
    }
    let at_risk = if plan.is_some() { shown.first().and_then(|plan| plan.at_risk) } else { overview.at_risk };
    let result = json!({ "status": worst, "count": shown.len(), "paused": overview.paused, "at_risk": at_risk });
    output.result("completed", result);
    Ok(match worst {
        Status::Protected => Exit::Done,
        Status::ProtectedWithWarnings | Status::WaitingForFirst | Status::Paused => Exit::Warnings,
        Status::NeedsAttention => Exit::Failed,
    })
}

/// What of it would be lost with the disk: nothing is said where no running Strongroom has measured it.
fn risk(plan: &PlanOverview, now: Timestamp, zone: &TimeZone) -> String {
    plan.at_risk.map_or(String::new(), |risk| format!(" · would be lost now: {} ({})", risk.in_words(), risk.when(now, zone)))
}

fn why(why: &Why, now: Timestamp, zone: &TimeZone) -> String {
    match why {
        Why::Nothing => String::new(),
        Why::Failed(problem) if problem.code.is_held() => format!("held. {}", problem.what),
        Why::Failed(problem) => problem.what.clone(),
        Why::LeftRunning => "the last run was cut off".into(),
        Why::Damaged => "damage was found".into(),
        Why::Away { destination, since } => {
            format!("{} cannot be used since {}", destination.display(), human::moment(*since, now, zone))
        }
        Why::Overdue { since } => format!("overdue since {}", human::moment(*since, now, zone)),
    }
}
