//! `strongroom storage …`

mod health;
mod moving;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::output::{Output, clean};
use super::plan::find_plan;
use super::{args, parse, server};
use crate::engine::message::{NewSecrets, Overview, TestResult};
use crate::model::clean_up::append_only_in_words;
use crate::model::health::latency_in_words;
use crate::model::human;
use crate::model::keeping::Keeping;
use crate::model::location::Location;
use crate::model::max_size;
use crate::model::plan::Plan;
use crate::model::problem::{Code, Problem};

pub fn run(args: args::Storage, output: Output) -> Result<Exit, Problem> {
    match args {
        args::Storage::List => list(output),
        args::Storage::Add(args) => with_home(|session| add(session, &args, output)),
        args::Storage::Edit(args) => with_home(|session| edit(session, &args, output)),
        args::Storage::Remove(args) => with_home(|session| remove(session, &args, output)),
        args::Storage::Move(args) => with_home(|session| moving::run(session, &args, output)),
        args::Storage::Test(args) => test(&args, output),
        args::Storage::Health(args) => health::run(&args, output),
    }
}

/// Destinations, each once, with the plans that have it.
fn destinations(overview: &Overview) -> Vec<(Location, Vec<&Plan>)> {
    let mut found: Vec<(Location, Vec<&Plan>)> = Vec::new();
    for plan in overview.plans.iter().map(|shown| &shown.plan) {
        for location in &plan.destinations {
            match found.iter_mut().find(|(known, _)| known == location) {
                Some((_, plans)) => plans.push(plan),
                None => found.push((location.clone(), vec![plan])),
            }
        }
    }
    found
}

fn list(output: Output) -> Result<Exit, Problem> {
    let session = Session::reading_home()?;
    session.tell_notices(output);
    let overview = session.handle().overview();
    let found = destinations(&overview);
    for (location, plans) in &found {
        let names: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
        let most = |plan: &&Plan| Some((plan.name.clone(), plan.max_sizes.at(location)?));
        let max_sizes: BTreeMap<String, u64> = plans.iter().filter_map(most).collect();
        let share = session.handle().share(location.clone()).wait()?;
        let deletable = !overview.is_append_only(location);
        let mut object =
            json!({ "destination": location.display(), "plans": names, "max_sizes": max_sizes, "deletable": deletable });
        if let Some(share) = &share {
            object["share"] = json!(share);
        }
        output.object(&object);
        let shown: Vec<String> = names
            .iter()
            .map(|name| match max_sizes.get(*name) {
                Some(max) => format!("{name} ({})", max_size::in_words(*max)),
                None => (*name).to_owned(),
            })
            .collect();
        let on = share.map_or_else(String::new, |share| format!(" \u{b7} {}", share.in_words()));
        output.line(clean(&format!("{}  {}{on}", location.display(), shown.join(", "))));
        if !deletable {
            output.line(clean(&format!("  {}", append_only_in_words(location))));
        }
    }
    if found.is_empty() {
        output.line("No destinations yet. `strongroom plan add` makes a plan that goes to one.");
    }
    output.result("completed", json!({ "destinations": found.len() }));
    Ok(Exit::Done)
}

/// Changes a plan at one of its destinations.
fn change(
    session: &Session,
    (plan, location): (&str, Location),
    output: Output,
    change: impl FnOnce(&mut Plan, &Location) -> Result<String, Problem>,
) -> Result<Exit, Problem> {
    let handle = session.handle();
    let mut plan = find_plan(&handle.overview(), plan)?.plan.clone();
    let said = change(&mut plan, &location)?;
    let (name, id, max_size) = (plan.name.clone(), plan.id.clone(), plan.max_sizes.at(&location));
    let all: Vec<String> = plan.destinations.iter().map(Location::display).collect();
    handle.save_plan(plan, NewSecrets::default()).wait()?;
    output.line(clean(&said));
    output.result("completed", json!({ "plan": id, "name": name, "destinations": all, "max_size": max_size }));
    Ok(Exit::Done)
}

fn add(session: &Session, args: &args::StorageOf, output: Output) -> Result<Exit, Problem> {
    let location = parse::destination(&args.to)?;
    let is_set = server::set(session.handle(), &location, &args.server)?;
    change(session, (args.plan.as_str(), location), output, |plan, location| {
        let shown = location.display();
        if plan.destinations.contains(location) {
            if is_set && args.max_size.is_none() {
                return Ok(format!("\"{}\" goes to {shown} already; what opens it is remembered now.", plan.name));
            }
            let fix = "`strongroom storage edit` changes how much it may take there.";
            return Err(Problem::new(Code::Usage, format!("\"{}\" goes to {shown} already.", plan.name), fix));
        }
        plan.destinations.push(location.clone());
        plan.max_sizes.set(location, args.max_size.and_then(|max| max.0));
        Ok(format!("\"{}\" goes to {shown} too. Its next backup copies there what lies at the others.", plan.name))
    })
}

fn edit(session: &Session, args: &args::StorageEdit, output: Output) -> Result<Exit, Problem> {
    change(session, (args.plan.as_str(), parse::destination(&args.to)?), output, |plan, location| {
        check_goes_to(plan, location)?;
        plan.max_sizes.set(location, args.max_size.0);
        let most = args.max_size.0.map_or_else(|| "all there is room for".into(), max_size::in_words);
        Ok(format!("\"{}\" may take {most} at {}.", plan.name, location.display()))
    })
}

fn remove(session: &Session, args: &args::StorageRemove, output: Output) -> Result<Exit, Problem> {
    change(session, (args.plan.as_str(), parse::destination(&args.to)?), output, |plan, location| {
        check_goes_to(plan, location)?;
        if plan.destinations.len() == 1 {
            let fix = "Add another one first, or remove the plan.";
            return Err(Problem::new(Code::Usage, format!("\"{}\" has no other destination.", plan.name), fix));
        }
        plan.destinations.retain(|known| known != location);
        Ok(format!("\"{}\" goes to {} no more. What lies there stays.", plan.name, location.display()))
    })
}

fn check_goes_to(plan: &Plan, location: &Location) -> Result<(), Problem> {
    if plan.destinations.contains(location) {
        return Ok(());
    }
    let there: Vec<String> = plan.destinations.iter().map(Location::display).collect();
    let fix = format!("It goes to {}.", there.join(", "));
    Err(Problem::new(Code::NothingThere, format!("\"{}\" does not go to {}.", plan.name, location.display()), fix))
}

fn test(args: &args::StorageAt, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let location = parse::destination(&args.to)?;
    server::tell(session.handle(), &location, &args.server, false)?;
    let result = session.handle().test_destination(location.clone()).wait()?;
    let what = match (result.to_be_made, result.writable) {
        (true, None) => "is not there yet: the first backup makes it, which was not tried",
        (true, _) => "is not there yet: the first backup makes it",
        (false, _) => "can be read and written",
    };
    output.line(clean(&format!("{} {what}", location.display())));
    for line in tested(&result) {
        output.line(format!("  {line}"));
    }
    output.result("completed", with_destination(&location, serde_json::to_value(&result).unwrap_or_default()));
    Ok(Exit::Done)
}

fn tested(result: &TestResult) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(result.latency_ms.map(latency_in_words));
    lines.extend(result.write_speed.map(|speed| format!("{}/s written", human::bytes(speed as u64))));
    lines.extend(result.read_speed.map(|speed| format!("{}/s read", human::bytes(speed as u64))));
    lines.push(match (result.free, result.total) {
        (Some(free), Some(total)) => format!("{} free of {}", human::bytes(free), human::bytes(total)),
        (Some(free), None) => format!("{} free", human::bytes(free)),
        (None, _) => "the server does not say how much room there is".into(),
    });
    if result.deletable == Some(false) {
        lines.push(
            "nothing can be deleted there: backups work, but old versions and unfinished ones stay until somebody with the right to \
             delete removes them"
                .into(),
        );
    }
    lines.extend(result.keeps.map(Keeping::in_words));
    if result.on_system_disk {
        lines.push("on the disk that the system is on: if that breaks, the backup goes with it".into());
    }
    if result.plans > 0 {
        lines.push(format!("{} there", human::counted(result.plans as u64, "backup lies", "backups lie")));
    }
    lines
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
