//! `strongroom plan …`

use std::io::{self, IsTerminal};
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::engine_access::Session;
use super::exit::Exit;
use super::output::{Output, ask, clean};
use super::{args, backup, new_plan, parse, password, server};
use crate::engine::message::{NewSecrets, Overview, PlanOverview};
use crate::model::human;
use crate::model::path::PathBytes;
use crate::model::plan::{PlanId, SecretFile};
use crate::model::problem::{Code, Problem};
use crate::model::status::Status;
use crate::model::volume_size::VolumeSize;

pub fn run(args: args::Plan, output: Output) -> Result<Exit, Problem> {
    match args {
        args::Plan::List => list(output),
        args::Plan::Show { plan } => show(&plan, output),
        args::Plan::Add(args) => add(*args, output),
        args::Plan::Edit(args) => edit(*args, output),
        args::Plan::Remove { plan, delete_versions, yes } => remove(&plan, delete_versions, yes, output),
    }
}

/// A plan by name or id.
pub fn find_plan<'a>(overview: &'a Overview, name: &str) -> Result<&'a PlanOverview, Problem> {
    let by_id = PlanId::try_from(name.to_string()).ok();
    let mut found = overview.plans.iter().filter(|p| p.plan.name == name || by_id.as_ref() == Some(&p.plan.id));
    match (found.next(), found.next()) {
        (Some(plan), None) => Ok(plan),
        (Some(_), Some(_)) => Err(Problem::new(
            Code::SeveralPlans,
            format!("Several plans are named \"{name}\"."),
            "Give the id that `strongroom plan list --json` shows.",
        )),
        (None, _) => {
            let names: Vec<String> = overview.plans.iter().map(|p| format!("\"{}\"", p.plan.name)).collect();
            let there = match &names[..] {
                [] => "there is none yet".into(),
                [one] => format!("there is only {one}"),
                _ => format!("there are {}", names.join(", ")),
            };
            Err(Problem::new(Code::NothingThere, format!("There is no plan \"{name}\": {there}."), "See `strongroom plan list`."))
        }
    }
}

fn list(output: Output) -> Result<Exit, Problem> {
    let session = Session::reading_home()?;
    let overview = session.handle().overview();
    session.tell_notices(output);
    for plan in &overview.plans {
        output.object(&object(plan));
        let to: Vec<String> = plan.plan.destinations.iter().map(|d| d.display()).collect();
        output.line(clean(&format!(
            "{:<20} {:<24} {} · to {}",
            plan.plan.name,
            status_in_words(plan.status),
            plan.plan.schedules.in_words(),
            to.join(", ")
        )));
    }
    if overview.plans.is_empty() {
        output.line("No plans yet. `strongroom plan add` makes one.");
    }
    output.result("completed", json!({ "count": overview.plans.len() }));
    Ok(Exit::Done)
}

fn object(overview: &PlanOverview) -> Value {
    json!({
        "plan": overview.plan,
        "status": overview.status,
        "last_success": overview.last_success,
        "next_run": overview.next_run(),
        "versions": overview.versions,
        "source_bytes": overview.source_bytes,
        "stored_bytes": overview.stored_bytes,
    })
}

/// As people are told.
pub fn status_in_words(status: Status) -> &'static str {
    match status {
        Status::Protected => "protected",
        Status::ProtectedWithWarnings => "protected with warnings",
        Status::WaitingForFirst => "waiting for first backup",
        Status::Paused => "paused",
        Status::NeedsAttention => "needs attention",
    }
}

fn show(name: &str, output: Output) -> Result<Exit, Problem> {
    let session = Session::reading_home()?;
    let overview = session.handle().overview();
    let found = find_plan(&overview, name)?;
    let plan = &found.plan;
    let when = |at: Option<Timestamp>| match at {
        Some(at) => human::exact(at, &jiff::tz::TimeZone::system()),
        None => "never".into(),
    };
    let mut lines = vec![
        ("Name", plan.name.clone()),
        ("Id", plan.id.to_string()),
        ("Status", status_in_words(found.status).to_string()),
        ("Sources", plan.sources.paths.iter().map(|p| p.display().into_owned()).collect::<Vec<_>>().join(", ")),
        ("Left out", plan.sources.patterns().collect::<Vec<_>>().join("  ")),
        ("Destination", plan.destinations.iter().map(|d| d.display()).collect::<Vec<_>>().join(", ")),
        ("Encryption", plan.seal.map_or("none", |seal| seal.cipher.in_words()).into()),
        ("Opened with", plan.secret_file.as_ref().map_or(String::new(), |file| file.path().display().into_owned())),
        ("Format", plan.format.in_words(plan.schedules.period_hours())),
        ("Volumes", plan.format.volume_size.map_or_else(|| "grow with the backup".into(), VolumeSize::in_words)),
        ("Read back", plan.read_back.in_words().into()),
        ("Schedule", plan.schedules.in_words()),
        ("Kept", plan.retention.in_words()),
        ("Last success", when(found.last_success)),
    ];
    if found.next_run().is_some() {
        lines.push(("Next run", when(found.next_run())));
    }
    if let Some(versions) = found.versions {
        lines.push(("Versions", human::count(versions)));
    }
    for (label, value) in lines.into_iter().filter(|(_, value)| !value.is_empty()) {
        output.line(format!("{label:<14} {}", clean(&value)));
    }
    output.result("completed", object(found));
    Ok(Exit::Done)
}

fn add(args: args::PlanAdd, output: Output) -> Result<Exit, Problem> {
    let mut plan =
        new_plan::plan(Some(args.name), &args.sources, &args.to, &args.format, args.read_back, &args.seal, args.schedule.0)?;
    let session = Session::home()?;
    if find_plan(&session.handle().overview(), &plan.name).is_ok() {
        return Err(Problem::new(
            Code::Usage,
            format!("There is a plan \"{}\" already.", plan.name),
            "Change it with `strongroom plan edit`, or choose another name.",
        ));
    }
    server::tell_all(session.handle(), &plan.destinations, &args.server, true)?;
    // A destination that is away just now may come later: the plan is saved all the same.
    let mut continued = None;
    for location in &plan.destinations {
        if let Ok(there) = session.handle().plans_at(location.clone()).wait() {
            continued = continued.or(backup::continued(&there, &plan)?);
        }
    }
    let secrets = match continued {
        Some(id) => {
            plan.id = id;
            new_plan::note_unused(&args.seal, output);
            NewSecrets::default()
        }
        None => {
            let secrets = new_plan::new_secrets(session.handle(), &plan, &args.seal, output)?;
            if let Some(path) = &args.seal.make_password {
                plan.secret_file = Some(SecretFile::Password(PathBytes::from(parse::absolute(path)?)));
            }
            secrets
        }
    };
    let (name, id) = (plan.name.clone(), plan.id.clone());
    session.handle().save_plan(plan, secrets).wait()?;
    output.line(format!("Added the plan \"{}\". `strongroom backup` with its name makes the first version.", clean(&name)));
    output.result("completed", json!({ "plan": id, "name": name }));
    Ok(Exit::Done)
}

fn edit(args: args::PlanEdit, output: Output) -> Result<Exit, Problem> {
    let session = Session::home()?;
    let overview = session.handle().overview();
    let mut plan = find_plan(&overview, &args.plan)?.plan.clone();
    if let Some(name) = args.name {
        plan.name = new_plan::checked_name(name)?;
        if overview.plans.iter().any(|p| p.plan.name == plan.name && p.plan.id != plan.id) {
            return Err(Problem::new(Code::Usage, format!("There is a plan \"{}\" already.", plan.name), "Choose another name."));
        }
    }
    if !args.source.is_empty() {
        plan.sources.paths = new_plan::source_paths(&args.source)?;
    }
    if let Some(excludes) = args.exclude {
        plan.sources.excludes = excludes.into_iter().filter(|e| !e.is_empty()).collect();
    }
    if !args.to.is_empty() {
        plan.destinations = new_plan::destinations(&args.to)?;
        server::tell_all(session.handle(), &plan.destinations, &args.server, true)?;
    }
    if let Some(schedule) = args.schedule {
        plan.schedules = new_plan::schedules(schedule.0, Timestamp::now());
    }
    let whole = |path: &Path| parse::absolute(path).map(PathBytes::from);
    match (&args.password_file, &args.key_file) {
        (Some(path), _) | (None, Some(path)) if path.as_os_str().is_empty() => plan.secret_file = None,
        // When it is needed nobody may be there to hear that it cannot be read.
        (Some(path), _) => {
            password::from_file(path)?;
            plan.secret_file = Some(SecretFile::Password(whole(path)?));
        }
        (None, Some(path)) => {
            password::key_file(path)?;
            plan.secret_file = Some(SecretFile::Key(whole(path)?));
        }
        (None, None) => {}
    }
    new_plan::set_format(&mut plan, &args.format)?;
    if let Some(read_back) = args.read_back {
        plan.read_back = read_back.into();
    }
    let (name, id) = (plan.name.clone(), plan.id.clone());
    session.handle().save_plan(plan, NewSecrets::default()).wait()?;
    output.line(format!("Changed the plan \"{}\".", clean(&name)));
    output.result("completed", json!({ "plan": id, "name": name }));
    Ok(Exit::Done)
}

fn remove(name: &str, delete_versions: bool, yes: bool, output: Output) -> Result<Exit, Problem> {
    let session = Session::home()?;
    let plan = find_plan(&session.handle().overview(), name)?.plan.clone();
    if delete_versions && !yes {
        confirm(&plan.name)?;
    }
    session.handle().remove_plan(plan.id.clone(), delete_versions).wait()?;
    output.line(match delete_versions {
        true => format!("Removed the plan \"{}\" and all its versions.", clean(&plan.name)),
        false => format!("Removed the plan \"{}\". Its versions stay at the destination.", clean(&plan.name)),
    });
    output.result("completed", json!({ "plan": plan.id, "name": plan.name, "deleted_versions": delete_versions }));
    Ok(Exit::Done)
}

/// Deleting versions cannot be undone: the name is typed, or --yes given.
fn confirm(name: &str) -> Result<(), Problem> {
    let refused = || {
        Problem::new(
            Code::Usage,
            "Nothing was removed: deleting all versions needs a confirmation.",
            "Type the plan's name when asked, or give --yes.",
        )
    };
    if !io::stdin().is_terminal() {
        return Err(refused());
    }
    ask(&format!("This deletes all versions of \"{name}\" for ever. Type its name to go on: "));
    let mut typed = String::new();
    io::stdin().read_line(&mut typed).map_err(|_| refused())?;
    if typed.trim() == name { Ok(()) } else { Err(refused()) }
}
