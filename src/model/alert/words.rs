//! What happened, as it is told: plain words, the backup named, never a secret nor whole lists of files.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::storm::Key;
use super::{Alert, Topic};
use crate::model::human;
use crate::model::location::Location;
use crate::model::names::one_line;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Cause, Code, Problem};
use crate::model::run::{Outcome, RunDetail, RunKind, RunReport};

/// Characters of a name in a message.
const LONGEST_NAME: usize = 100;
/// Destinations of a run that are told of by name.
const MOST_NAMED: usize = 5;

/// What a run's end has to tell, and under what it is kept from becoming a storm; nothing of what was cancelled, and of what somebody
/// sits in front of: restores and single files.
pub fn of_run(report: &RunReport, machine: &str) -> Option<(Alert, Vec<Key>)> {
    let key = |topic: Topic, about: &str| Key { topic, plan: report.plan.clone(), about: about.into() };
    let (topics, keys, subject, body) = match (report.kind, &report.outcome) {
        (_, Outcome::Cancelled) => return None,
        (RunKind::Backup, Outcome::Completed) => {
            (vec![Topic::Success], Vec::new(), format!("{} is backed up", name(report)), backed_up(report))
        }
        (RunKind::Backup, Outcome::CompletedWithWarnings) => {
            let away = report.warnings.iter().filter(|warning| warning.cause == Cause::Destination);
            let away: Vec<String> = away.map(|warning| one_line(&warning.detail)).collect();
            let mut topics = vec![Topic::Warning];
            let mut keys = Vec::new();
            if !away.is_empty() {
                topics.push(Topic::Unreachable);
                // Sorted, so that the same ones are the same trouble.
                let mut about = away.clone();
                about.sort();
                keys.push(key(Topic::Unreachable, &about.join("\n")));
            }
            if report.warning_count > away.len() as u64 {
                keys.push(key(Topic::Warning, ""));
            }
            (topics, keys, format!("{} is backed up, with warnings", name(report)), warned(report, &away))
        }
        (RunKind::Verify, Outcome::Failed(problem)) if found_damage(report) => {
            (vec![Topic::Damage], vec![key(Topic::Damage, "")], format!("{} is damaged", name(report)), problem_text(problem))
        }
        (RunKind::Backup | RunKind::Verify | RunKind::Delete | RunKind::Replicate, Outcome::Failed(problem)) => {
            let mut topics = vec![Topic::Failure];
            topics.extend(of_problem(problem));
            let about = format!("{}: {}", report.kind.name(), code(problem.code));
            let how = if problem.code == Code::SourceShrank { "is held" } else { "failed" };
            let subject = format!("{} {} {how}", report.kind.noun(), name(report));
            (topics, vec![key(Topic::Failure, &about)], subject, problem_text(problem))
        }
        (RunKind::Backup, Outcome::LeftRunning) => {
            let text = "Strongroom or this computer ended in the middle of it. The next run goes on with what was finished.";
            let subject = format!("{} {} was cut off", report.kind.noun(), name(report));
            (vec![Topic::Failure], vec![key(Topic::Failure, "left-running")], subject, text.into())
        }
        (RunKind::Delete, outcome) if outcome.is_success() => {
            (vec![Topic::Retention], Vec::new(), format!("Old versions of {} were deleted", name(report)), deleted(report))
        }
        _ => return None,
    };
    let alert = of_report(report, topics, subject, &body, machine);
    Some((alert, keys))
}

fn of_report(report: &RunReport, topics: Vec<Topic>, subject: String, body: &str, machine: &str) -> Alert {
    Alert {
        topics,
        ends: Vec::new(),
        repeats: false,
        plan: report.plan.clone(),
        plan_name: short(&report.plan_name),
        run: Some(report.run),
        at: report.finished,
        subject,
        body: signed(body, machine),
    }
}

/// Which of a plan's standing troubles a run's end puts an end to.
pub fn ended_by(report: &RunReport, key: &Key) -> bool {
    if key.plan != report.plan || !report.outcome.is_success() {
        return false;
    }
    let of_kind = key.about.split(':').next() == Some(report.kind.name());
    match (report.kind, key.topic) {
        (RunKind::Backup, Topic::Failure) => of_kind || key.about == "left-running",
        (RunKind::Backup, Topic::Overdue) => true,
        (RunKind::Backup, Topic::Warning | Topic::Unreachable) => report.outcome == Outcome::Completed,
        (RunKind::Verify, Topic::Damage) => matches!(report.detail, RunDetail::Verify { .. }),
        (_, Topic::Failure) => of_kind,
        _ => false,
    }
}

/// The subject of the news that troubles are over.
pub fn over(alert: Alert, ended: &[Key]) -> Alert {
    let mut ends: Vec<Topic> = ended.iter().map(|key| key.topic).collect();
    ends.sort_unstable();
    ends.dedup();
    let subject = match (alert.topic(), ends.is_empty()) {
        (Some(Topic::Success | Topic::Warning), false) => format!("{} again", alert.subject.replace(", with warnings", "")),
        _ => alert.subject.clone(),
    };
    Alert { ends, subject, ..alert }
}

/// The end of a trouble by a run that says nothing by itself: a verification that found all whole, versions that were copied.
pub fn well_again(report: &RunReport, machine: &str) -> Alert {
    let (subject, body) = match report.kind {
        RunKind::Verify => (format!("{} is whole again", name(report)), "All that was looked at is as it should be."),
        _ => (format!("{} {} works again", report.kind.noun(), name(report)), "What failed before has gone well."),
    };
    of_report(report, Vec::new(), subject, body, machine)
}

/// There has been no backup since long after one was due.
pub fn overdue(
    plan: &Plan,
    last_success: Option<Timestamp>,
    due: Timestamp,
    now: Timestamp,
    zone: &TimeZone,
    machine: &str,
) -> Alert {
    let last = match last_success {
        Some(at) => format!("The last backup is from {}.", human::moment(at, now, zone)),
        None => "There has been none yet.".into(),
    };
    let body = format!(
        "{last} The next one was due {}. Check that this computer runs at that time, and that the destination can be reached.",
        human::moment(due, now, zone)
    );
    of_plan(
        Topic::Overdue,
        &plan.id,
        &plan.name,
        now,
        format!("{} has not been backed up for too long", short(&plan.name)),
        &body,
        machine,
    )
}

/// A destination of a plan, by its short name, has little room left.
pub fn low_room(plan: &Plan, destination: &str, free: u64, total: u64, now: Timestamp, machine: &str) -> Alert {
    let body = format!(
        "{} of {} are free. Delete old versions, or make room there, before backups fail.",
        human::bytes(free),
        human::bytes(total)
    );
    let subject = format!("{} is nearly full", short(destination));
    of_plan(Topic::LowRoom, &plan.id, &plan.name, now, subject, &body, machine)
}

/// There is enough again.
pub fn room_again(plan: &Plan, destination: &str, free: u64, now: Timestamp, machine: &str) -> Alert {
    let subject = format!("{} has room again", short(destination));
    let alert =
        of_plan(Topic::LowRoom, &plan.id, &plan.name, now, subject, &format!("{} are free.", human::bytes(free)), machine);
    Alert { topics: Vec::new(), ends: vec![Topic::LowRoom], ..alert }
}

/// A destination that plans wait for has been away for too long.
pub fn away(destination: &Location, since: Timestamp, plans: &[String], now: Timestamp, zone: &TimeZone, machine: &str) -> Alert {
    let named: Vec<String> = plans.iter().take(MOST_NAMED).map(|plan| short(plan)).collect();
    let more = plans.len().saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let fix = match destination.path() {
        Some(_) => "Plug the drive in, or see that the folder is mounted.",
        None => "Check the network and that the server runs.",
    };
    let body = format!(
        "It could not be used since {}. What is backed up meanwhile does not lie there: {}{more}. {fix}",
        human::moment(since, now, zone),
        named.join(", "),
    );
    let subject =
        format!("{} has been away for {}", short(&destination.short_name()), human::duration(now.duration_since(since)));
    Alert { topics: vec![Topic::Away], ..of_none(now, subject, &body, machine) }
}

/// It can be used again.
pub fn there_again(destination: &Location, now: Timestamp, machine: &str) -> Alert {
    let subject = format!("{} is there again", short(&destination.short_name()));
    Alert {
        ends: vec![Topic::Away],
        ..of_none(now, subject, "Backups go there again, and get what they lack by themselves.", machine)
    }
}

/// What "Send a test" sends.
pub fn test(now: Timestamp, machine: &str) -> Alert {
    of_none(now, "A test of Strongroom".into(), "If you can read this, messages from Strongroom reach you.", machine)
}

/// About no plan alone.
fn of_none(at: Timestamp, subject: String, body: &str, machine: &str) -> Alert {
    Alert {
        topics: Vec::new(),
        ends: Vec::new(),
        repeats: false,
        plan: None,
        plan_name: String::new(),
        run: None,
        at,
        subject,
        body: signed(body, machine),
    }
}

fn of_plan(topic: Topic, plan: &PlanId, name: &str, at: Timestamp, subject: String, body: &str, machine: &str) -> Alert {
    Alert {
        topics: vec![topic],
        ends: Vec::new(),
        repeats: false,
        plan: Some(plan.clone()),
        plan_name: short(name),
        run: None,
        at,
        subject,
        body: signed(body, machine),
    }
}

/// Beneath everything: which of somebody's computers it is.
fn signed(body: &str, machine: &str) -> String {
    if machine.is_empty() { body.into() } else { format!("{body}\n\n(Strongroom on {})", short(machine)) }
}

fn name(report: &RunReport) -> String {
    short(&report.plan_name)
}

/// In one line, and not longer than a line.
fn short(name: &str) -> String {
    let line = one_line(name);
    match line.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}\u{2026}", &line[..end]),
        None => line,
    }
}

fn problem_text(problem: &Problem) -> String {
    if problem.fix.is_empty() { problem.what.clone() } else { format!("{}\n{}", problem.what, problem.fix) }
}

/// What else a failure is.
fn of_problem(problem: &Problem) -> Option<Topic> {
    match problem.code {
        Code::NoRoom => Some(Topic::LowRoom),
        Code::DestinationMissing | Code::MarkerMissing => Some(Topic::Unreachable),
        Code::Damaged => Some(Topic::Damage),
        _ => None,
    }
}

fn code(code: Code) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn found_damage(report: &RunReport) -> bool {
    matches!(&report.detail, RunDetail::Verify { report } if !report.damaged.is_empty())
}

fn backed_up(report: &RunReport) -> String {
    let RunDetail::Backup { totals, destination, .. } = &report.detail else { return String::new() };
    format!(
        "{}, {} to {}: {} new, in {}.",
        human::counted(totals.files, "file", "files"),
        human::bytes(totals.bytes),
        short(destination),
        human::bytes(totals.new_bytes),
        if report.took().as_secs() < 1 { "under a second".into() } else { human::duration(report.took()) }
    )
}

fn warned(report: &RunReport, away: &[String]) -> String {
    let mut text = backed_up(report);
    for line in away.iter().take(MOST_NAMED) {
        text.push_str("\nNot brought to ");
        text.push_str(line);
    }
    let of_files = report.warning_count.saturating_sub(away.len() as u64);
    if of_files > 0 {
        text.push_str(&format!("\n{}: Activity in Strongroom names them.", human::counted(of_files, "warning", "warnings")));
    }
    text
}

fn deleted(report: &RunReport) -> String {
    let RunDetail::Delete { versions, bytes, destination, left, .. } = &report.detail else { return String::new() };
    format!(
        "{} deleted at {}, {} free. {} left.",
        human::counted(versions.len() as u64, "version", "versions"),
        short(destination),
        human::bytes(*bytes),
        human::counted(*left, "is", "are")
    )
}

#[cfg(test)]
mod tests;
