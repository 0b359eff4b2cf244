//! `strongroom backup`

use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::follow::{follow, new_run_id};
use super::output::Output;
use super::plan::find_plan;
use super::{args, new_plan, password, place, report, server};
use crate::engine::message::{Command, NewSecrets, Overview, PlanAt};
use crate::model::history::HistoryFilter;
use crate::model::location::Location;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Place, PlanChoice};
use crate::model::run::{Outcome, RunDetail, RunKind, RunReport};
use crate::model::snapshot::BackupType;

pub fn run(args: args::Backup, output: Output) -> Result<Exit, Problem> {
    if args.base.is_some() && matches!(args.kind, args::Type::Full | args::Type::Differential) {
        return Err(Problem::new(
            Code::Usage,
            "--base goes with incremental versions only.",
            "A full version builds on none, a differential one on the last full one.",
        ));
    }
    if args.sources.source.is_empty() { plans(&args, output) } else { with_home(|session| once(session, &args, output)) }
}

/// Plans of this home, one after the other; one that fails does not stop the others.
fn plans(args: &args::Backup, output: Output) -> Result<Exit, Problem> {
    let chosen = with_home(|session| {
        session.tell_notices(output);
        chosen(&session.handle().overview(), args)
    })?;
    if chosen.is_empty() {
        return Err(Problem::new(
            Code::NothingThere,
            "There is no plan yet.",
            "Make one with `strongroom plan add`, or give --source and --to.",
        ));
    }
    let all: Vec<Location> = chosen.iter().flat_map(|plan| plan.destinations.iter().cloned()).collect();
    let mut exits = Vec::new();
    for plan in &chosen {
        let exit = match with_home(|session| back_up(session, plan, &all, args, output)) {
            Ok(exit) => exit,
            Err(problem) if chosen.len() == 1 => return Err(problem),
            Err(problem) => output.problem(&problem),
        };
        exits.push(exit);
        if exit == Exit::Cancelled {
            break;
        }
    }
    let worst = exits.iter().copied().max().unwrap_or(Exit::Done);
    if chosen.len() > 1 {
        report::overall(output, &exits, worst);
    }
    Ok(worst)
}

fn chosen(overview: &Overview, args: &args::Backup) -> Result<Vec<Plan>, Problem> {
    if args.all {
        return Ok(overview.plans.iter().map(|p| p.plan.clone()).collect());
    }
    let mut chosen: Vec<Plan> = Vec::new();
    for name in &args.plans {
        let plan = &find_plan(overview, name)?.plan;
        // Named twice, by name and id perhaps.
        if !chosen.contains(plan) {
            chosen.push(plan.clone());
        }
    }
    Ok(chosen)
}

/// `all`: the destinations of all plans that were asked for.
fn back_up(session: &Session, plan: &Plan, all: &[Location], args: &args::Backup, output: Output) -> Result<Exit, Problem> {
    server::tell_of_plans(session.handle(), &plan.destinations, all, &args.server)?;
    if plan.seal.is_some() {
        let secret = password::given(&args.seal.opens)?.map(|given| given.secret);
        for location in &plan.destinations {
            unlock_known(session, location, plan, secret.clone())?;
        }
    }
    let last = session.handle().overview().plans.iter().find(|p| p.plan.id == plan.id).and_then(|p| p.last_run.clone());
    if last.is_some_and(|run| run.outcome == Outcome::LeftRunning) {
        output.note(format!("The last run of \"{}\" was cut off. This one goes on from what it had finished.", plan.name));
    }
    let run = new_run_id()?;
    let (kind, base, take_over) = (args.kind.into(), args.base.clone(), args.take_over);
    let accept_shrunk = args.accept_shrunk;
    let command = Command::BackUp { run, plan: plan.id.clone(), kind, base, take_over, accept_shrunk };
    Ok(told(&follow(session.handle(), run, command, output)?, args.kind, output))
}

/// Prints how it ended, and why its version is none of the kind that was asked for.
fn told(report: &RunReport, wanted: args::Type, output: Output) -> Exit {
    let is_full = matches!(report.detail, RunDetail::Backup { backup_type: BackupType::Full, .. });
    if report.outcome.is_success() && is_full && matches!(wanted, args::Type::Differential | args::Type::Incremental) {
        output.remark("There was no version to build on: this one is full.");
    }
    report::print(report, output)
}

/// Makes sure that the engine has the plan's key: from this machine's keyring, else by password. What stands in the way
/// besides (a missing drive) is told by the run itself.
fn unlock_known(
    session: &Session,
    location: &Location,
    plan: &Plan,
    secret: Option<crate::model::secret::Secret>,
) -> Result<(), Problem> {
    let mut place = Place { location: location.clone(), plan: PlanChoice::Id(plan.id.clone()), secret };
    match place::unlock(session.handle(), &mut place, &plan.name) {
        Err(problem) if matches!(problem.code, Code::WrongPassword | Code::PasswordNeeded | Code::Usage) => Err(problem),
        _ => Ok(()),
    }
}

/// Folders to a destination: goes on with the backup of that name there, or begins one.
fn once(session: &Session, args: &args::Backup, output: Output) -> Result<Exit, Problem> {
    session.tell_notices(output);
    let mut plan = new_plan::plan(args.name.clone(), &args.sources, &args.to, &args.format, args.read_back, &args.seal, None)?;
    let there = there(session, &plan, &args.server)?;
    let mut found = None;
    for (location, there) in &there {
        found = found.or(known(there, &plan.name)?.map(|found| (location, found)));
    }
    let secrets = match found {
        Some((location, found)) => {
            same_seal(found, &plan)?;
            plan.id = found.id.clone();
            new_plan::note_unused(&args.seal, output);
            let password = if found.sealed { password::given(&args.seal.opens)?.map(|given| given.secret) } else { None };
            if found.sealed && password.is_none() {
                unlock_known(session, location, &plan, None)?;
            }
            password.map(NewSecrets::of).unwrap_or_default()
        }
        None => match remembered(session, &plan)? {
            // Under its old id the engine sees that its folder has vanished, and says so.
            Some(id) if !args.take_over => {
                plan.id = id;
                NewSecrets::default()
            }
            _ => new_plan::new_secrets(session.handle(), &plan, &args.seal, output)?,
        },
    };
    let run = new_run_id()?;
    let (kind, base, take_over) = (args.kind.into(), args.base.clone(), args.take_over);
    let accept_shrunk = args.accept_shrunk;
    let command = Command::BackUpOnce { run, plan: Box::new(plan), secrets, kind, base, take_over, accept_shrunk };
    Ok(told(&follow(session.handle(), run, command, output)?, args.kind, output))
}

/// What lies at each destination. Of several one that cannot be reached is gone without.
fn there(session: &Session, plan: &Plan, options: &args::Server) -> Result<Vec<(Location, Vec<PlanAt>)>, Problem> {
    server::tell_all(session.handle(), &plan.destinations, options, false)?;
    let mut all = Vec::new();
    for location in &plan.destinations {
        let there = match session.handle().plans_at(location.clone()).wait() {
            // A first backup makes the folder.
            Err(problem) if problem.code == Code::DestinationMissing => Vec::new(),
            // The run says what is the matter.
            Err(_) if plan.destinations.len() > 1 => Vec::new(),
            there => there?,
        };
        all.push((location.clone(), there));
    }
    Ok(all)
}

/// The backup of that name at a destination: this home's own before another's.
fn known<'a>(there: &'a [PlanAt], name: &str) -> Result<Option<&'a PlanAt>, Problem> {
    let mut named: Vec<&PlanAt> = there.iter().filter(|p| p.name == name).collect();
    if named.iter().any(|p| p.ours) {
        named.retain(|p| p.ours);
    }
    match named[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(Problem::new(
            Code::SeveralPlans,
            format!("Several backups named \"{name}\" lie there."),
            "Choose another --name for this one.",
        )),
    }
}

fn same_seal(found: &PlanAt, plan: &Plan) -> Result<(), Problem> {
    match (found.sealed, plan.seal.is_some()) {
        (true, false) => Err(Problem::new(
            Code::Usage,
            format!("The backup \"{}\" there is encrypted.", found.name),
            "Leave out --no-encryption, or choose another --name.",
        )),
        (false, true) => Err(Problem::new(
            Code::Usage,
            format!("The backup \"{}\" there is not encrypted.", found.name),
            "Repeat with --no-encryption, or choose another --name.",
        )),
        _ => Ok(()),
    }
}

/// The backup of that name that this home made there before: where its folder is not found, a drive is probably not mounted.
fn remembered(session: &Session, plan: &Plan) -> Result<Option<PlanId>, Problem> {
    let filter = HistoryFilter { kind: Some(RunKind::Backup), text: plan.name.clone(), limit: 1000, ..HistoryFilter::default() };
    let page = session.handle().history(filter).wait()?;
    let there = |run: &RunReport| match &run.detail {
        RunDetail::Backup { destination, .. } => plan.destinations.iter().any(|location| *destination == location.display()),
        _ => false,
    };
    let run = page.runs.into_iter().find(|run| run.plan_name == plan.name && run.outcome.is_success() && there(run));
    Ok(run.and_then(|run| run.plan))
}

/// For `plan add`: the id of the backup of that name that this home already writes at the destination.
pub fn continued(there: &[PlanAt], plan: &Plan) -> Result<Option<PlanId>, Problem> {
    match known(there, &plan.name)? {
        Some(found) if found.ours => {
            same_seal(found, plan)?;
            Ok(Some(found.id.clone()))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: &str, id: u8, ours: bool) -> PlanAt {
        let id = PlanId::from_random([id; 16]);
        PlanAt {
            folder: name.into(),
            name: name.into(),
            id,
            machine: "m".into(),
            sealed: true,
            versions: 1,
            newest: None,
            ours,
            stored: None,
            remembered: false,
        }
    }

    #[test]
    fn the_own_backup_of_a_name_comes_before_anothers() {
        let there = [at("a", 1, false), at("a", 2, true), at("b", 3, false)];
        assert_eq!(known(&there, "a").unwrap().map(|p| &p.id), Some(&PlanId::from_random([2; 16])));
        assert_eq!(known(&there, "b").unwrap().map(|p| p.ours), Some(false));
        assert_eq!(known(&there, "c").unwrap(), None);
        let twice = [at("a", 1, false), at("a", 2, false)];
        assert_eq!(known(&twice, "a").unwrap_err().code, Code::SeveralPlans);
    }
}
