//! `strongroom storage …`

use serde_json::{Value, json};

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::output::{Output, clean};
use super::plan::find_plan;
use super::{args, parse, server};
use crate::engine::message::{DestinationStatus, NewSecrets, Overview, TestResult};
use crate::model::human;
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::problem::{Code, Problem};
use crate::model::room;

pub fn run(args: args::Storage, output: Output) -> Result<Exit, Problem> {
    match args {
        args::Storage::List => list(output),
        args::Storage::Add(args) => with_home(|session| change(session, &args, output, add)),
        args::Storage::Remove(args) => with_home(|session| change(session, &args, output, remove)),
        args::Storage::Test(args) => test(&args, output),
        args::Storage::Health(args) => health(&args, output),
    }
}

/// Destinations, each once, with the names of the plans that have it.
fn destinations(overview: &Overview) -> Vec<(Location, Vec<String>)> {
    let mut found: Vec<(Location, Vec<String>)> = Vec::new();
    for plan in overview.plans.iter().map(|shown| &shown.plan) {
        for location in &plan.destinations {
            match found.iter_mut().find(|(known, _)| known == location) {
                Some((_, plans)) => plans.push(plan.name.clone()),
                None => found.push((location.clone(), vec![plan.name.clone()])),
            }
        }
    }
    found
}

fn list(output: Output) -> Result<Exit, Problem> {
    let session = Session::reading_home()?;
    session.tell_notices(output);
    let found = destinations(&session.handle().overview());
    for (location, plans) in &found {
        output.object(&json!({ "destination": location.display(), "plans": plans }));
        output.line(clean(&format!("{}  {}", location.display(), plans.join(", "))));
    }
    output.result("completed", json!({ "destinations": found.len() }));
    Ok(Exit::Done)
}

fn change(
    session: &Session,
    args: &args::StorageOf,
    output: Output,
    change: fn(&mut Plan, Location) -> Result<String, Problem>,
) -> Result<Exit, Problem> {
    let handle = session.handle();
    let mut plan = find_plan(&handle.overview(), &args.plan)?.plan.clone();
    let location = parse::destination(&args.to)?;
    server::tell(handle, &location, &args.server, true)?;
    let said = change(&mut plan, location)?;
    let (name, id) = (plan.name.clone(), plan.id.clone());
    let all: Vec<String> = plan.destinations.iter().map(Location::display).collect();
    handle.save_plan(plan, NewSecrets::default()).wait()?;
    output.line(clean(&said));
    output.result("completed", json!({ "plan": id, "name": name, "destinations": all }));
    Ok(Exit::Done)
}

fn add(plan: &mut Plan, location: Location) -> Result<String, Problem> {
    let shown = location.display();
    if plan.destinations.contains(&location) {
        return Err(Problem::new(Code::Usage, format!("\"{}\" goes to {shown} already.", plan.name), ""));
    }
    plan.destinations.push(location);
    Ok(format!("\"{}\" goes to {shown} too. Its next backup copies there what lies at the others.", plan.name))
}

fn remove(plan: &mut Plan, location: Location) -> Result<String, Problem> {
    let shown = location.display();
    if !plan.destinations.contains(&location) {
        let there: Vec<String> = plan.destinations.iter().map(Location::display).collect();
        let fix = format!("It goes to {}.", there.join(", "));
        return Err(Problem::new(Code::NothingThere, format!("\"{}\" does not go to {shown}.", plan.name), fix));
    }
    if plan.destinations.len() == 1 {
        let fix = "Add another one first, or remove the plan.";
        return Err(Problem::new(Code::Usage, format!("\"{}\" has no other destination.", plan.name), fix));
    }
    plan.destinations.retain(|known| *known != location);
    Ok(format!("\"{}\" goes to {shown} no more. What lies there stays.", plan.name))
}

fn test(args: &args::StorageAt, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let location = parse::destination(&args.to)?;
    server::tell(session.handle(), &location, &args.server, false)?;
    let result = session.handle().test_destination(location.clone()).wait()?;
    output.line(clean(&format!("{} can be written", location.display())));
    for line in tested(&result) {
        output.line(format!("  {line}"));
    }
    output.result("completed", with_destination(&location, serde_json::to_value(&result).unwrap_or_default()));
    Ok(Exit::Done)
}

fn tested(result: &TestResult) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(result.write_speed.map(|speed| format!("{}/s written", human::bytes(speed as u64))));
    if let (Some(free), Some(total)) = (result.free, result.total) {
        lines.push(format!("{} free of {}", human::bytes(free), human::bytes(total)));
    }
    if !result.deletable {
        lines.push("nothing can be deleted there: backups work, but old versions and unfinished ones stay for ever".into());
    }
    if result.on_system_disk {
        lines.push("on the disk that the system is on: if that breaks, the backup goes with it".into());
    }
    if result.plans > 0 {
        lines.push(format!("{} there", human::counted(result.plans as u64, "backup lies", "backups lie")));
    }
    lines
}

fn health(args: &args::StorageHealth, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let handle = session.handle();
    let locations = match &args.to[..] {
        [] => destinations(&handle.overview()).into_iter().map(|(location, _)| location).collect(),
        named => named.iter().map(|text| parse::destination(text)).collect::<Result<Vec<_>, _>>()?,
    };
    let mut exit = Exit::Done;
    for location in &locations {
        server::tell(handle, location, &args.server, false)?;
        let status = handle.destination_status(location.clone()).wait()?;
        if status.problem.is_some() {
            exit = Exit::Failed;
        }
        shown(&status, output);
        output.object(&with_destination(location, serde_json::to_value(&status).unwrap_or_default()));
    }
    let result = if exit == Exit::Done { "completed" } else { "failed" };
    output.result(result, json!({ "destinations": locations.len() }));
    Ok(exit)
}

fn shown(status: &DestinationStatus, output: Output) {
    output.line(clean(&status.location.display()));
    if let Some(problem) = &status.problem {
        output.line(clean(&format!("  {} {}", problem.what, problem.fix)));
    } else {
        let latency = status.latency_ms.map(|ms| if ms == 0 { "at once".into() } else { format!("in {ms} ms") });
        output.line(format!("  answers {}", latency.unwrap_or_default()));
    }
    if let (Some(free), Some(total)) = (status.free, status.total) {
        let low = if room::is_low(free, total) { ": low on room" } else { "" };
        output.line(format!("  {} free of {}{low}", human::bytes(free), human::bytes(total)));
    }
    if let Some(cid) = &status.cid {
        output.line(clean(&format!("  /ipfs/{cid}")));
    }
    for plan in &status.plans {
        let versions = human::counted(plan.versions as u64, "version", "versions");
        let whose = if plan.ours { String::new() } else { format!(", written by {}", plan.machine) };
        output.line(clean(&format!("  \"{}\": {versions}{whose}", plan.name)));
    }
}

/// The fields of a value, with the destination as it is typed.
fn with_destination(location: &Location, value: Value) -> Value {
    let mut line = json!({ "destination": location.display() });
    if let (Value::Object(line), Value::Object(mut value)) = (&mut line, value) {
        value.remove("location");
        line.extend(value);
    }
    line
}
