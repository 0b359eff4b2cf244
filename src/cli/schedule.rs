//! `strongroom schedule …`

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::{Value, json};

use super::args;
use super::engine_access::{Session, with_home};
use super::exit::Exit;
use super::output::{Output, clean};
use super::plan::find_plan;
use crate::engine::message::{NewSecrets, PlanOverview};
use crate::model::human;
use crate::model::pause::Span;
use crate::model::plan::Plan;
use crate::model::problem::{Code, Problem};
use crate::model::schedule::{self, Schedule, ScheduleId, Schedules, Upcoming, When};

/// Minutes between two runs that follow changes, where nothing is said.
const CHANGES: u16 = 15;

pub fn run(args: args::Schedule, output: Output) -> Result<Exit, Problem> {
    match args {
        args::Schedule::List { plan } => list(plan.as_deref(), output),
        args::Schedule::Next { plan, count } => next(&plan, count.into(), output),
        args::Schedule::Add(args) => with_home(|session| {
            change(session, &args.plan, output, |plan| {
                let when = when(&args.when)?;
                let now = Timestamp::now();
                let mut new = Schedule::new(plan.schedules.new_id(now), when, now);
                set_how(&mut new, &args.how);
                let said = format!("\"{}\" runs {}.", plan.name, new.in_words());
                Ok((plan.schedules.with(new.clone()).map_err(usage)?, new, said))
            })
        }),
        args::Schedule::Edit(args) => with_home(|session| {
            change(session, &args.of.plan, output, |plan| {
                let mut changed = find(plan, args.of.schedule.as_deref())?.clone();
                changed.when = changed_when(&changed.when, &args.when)?;
                set_how(&mut changed, &args.how);
                replaced(plan, changed)
            })
        }),
        args::Schedule::Enable(args) => with_home(|session| switch(session, &args, true, output)),
        args::Schedule::Disable(args) => with_home(|session| switch(session, &args, false, output)),
        args::Schedule::Remove(args) => with_home(|session| {
            change(session, &args.plan, output, |plan| {
                let gone = find(plan, args.schedule.as_deref())?.clone();
                let said = format!("\"{}\" does not run {} any more.", plan.name, gone.when.in_words());
                Ok((plan.schedules.without(&gone.id), gone, said))
            })
        }),
    }
}

fn switch(session: &Session, args: &args::ScheduleOf, on: bool, output: Output) -> Result<Exit, Problem> {
    change(session, &args.plan, output, |plan| {
        let known = find(plan, args.schedule.as_deref())?;
        replaced(plan, Schedule { on, ..known.clone() })
    })
}

/// What becomes of the plan's schedules, the one that it is about, and what is said of it.
type Changed = (Schedules, Schedule, String);

fn change(
    session: &Session,
    name: &str,
    output: Output,
    mut change: impl FnMut(&Plan) -> Result<Changed, Problem>,
) -> Result<Exit, Problem> {
    let handle = session.handle();
    let plan = find_plan(&handle.overview(), name)?.plan.clone();
    let (schedules, about, said) = change(&plan)?;
    let (id, name) = (plan.id.clone(), plan.name.clone());
    handle.save_plan(Plan { schedules, ..plan }, NewSecrets::default()).wait()?;
    output.line(clean(&said));
    output.result("completed", json!({ "plan": id, "name": name, "schedule": about }));
    Ok(Exit::Done)
}

fn replaced(plan: &Plan, schedule: Schedule) -> Result<Changed, Problem> {
    let said = match schedule.on {
        true => format!("\"{}\" now runs {}.", plan.name, schedule.in_words()),
        false => format!("\"{}\" does not run {} for the present.", plan.name, schedule.when.in_words()),
    };
    Ok((plan.schedules.with(schedule.clone()).map_err(usage)?, schedule, said))
}

/// The one that is named, or the only one.
fn find<'p>(plan: &'p Plan, name: Option<&str>) -> Result<&'p Schedule, Problem> {
    let all = plan.schedules.as_slice();
    let found = match (name, all) {
        (Some(name), _) => plan.schedules.find(name),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    found.ok_or_else(|| {
        let what = match (name, all) {
            (_, []) => format!("\"{}\" has no schedule.", plan.name),
            (None, _) => format!("\"{}\" has {} schedules.", plan.name, all.len()),
            (Some(name), _) => format!("\"{}\" has no schedule \"{name}\", or several that begin so.", plan.name),
        };
        Problem::new(Code::Usage, what, "`strongroom schedule list` shows their ids; give one of them.")
    })
}

fn when(args: &args::When) -> Result<When, Problem> {
    if args.every.is_none() && (args.at.is_some() || args.on.is_some()) {
        return Err(usage("--at and --on go with --every".into()));
    }
    if args.at_most_every.is_some() && args.when_plugged.is_none() && args.when_changed.is_none() {
        return Err(usage("--at-most-every goes with --when-plugged or --when-changed".into()));
    }
    let when = match (&args.every, args.at_start, &args.when_plugged, args.when_changed) {
        (Some(every), ..) => {
            return schedule::parse(every, args.at.as_deref(), args.on.as_deref(), Zoned::now().date()).map_err(usage);
        }
        (_, Some(delay_minutes), ..) => When::Start { delay_minutes },
        (_, _, Some(drive), _) => {
            let drive = Some(drive.trim().to_owned()).filter(|drive| !drive.is_empty());
            When::Drive { drive, at_most_hours: args.at_most_every.map_or(0, hours) }
        }
        (_, _, _, Some(settle_seconds)) => {
            When::Change { settle_seconds, at_most_minutes: args.at_most_every.map_or(CHANGES, minutes) }
        }
        _ => return Err(usage("it is not said when".into())),
    };
    when.check().map_err(usage)?;
    Ok(when)
}

/// Another kind, or the same with what is given changed.
fn changed_when(old: &When, args: &args::When) -> Result<When, Problem> {
    if args.every.is_some() || args.at_start.is_some() || args.when_plugged.is_some() || args.when_changed.is_some() {
        return when(args);
    }
    let mut changed = schedule::adjust(old, args.at.as_deref(), args.on.as_deref()).map_err(usage)?;
    match (&mut changed, args.at_most_every) {
        (_, None) => {}
        (When::Drive { at_most_hours, .. }, Some(span)) => *at_most_hours = hours(span),
        (When::Change { at_most_minutes, .. }, Some(span)) => *at_most_minutes = minutes(span),
        (_, Some(_)) => return Err(usage("--at-most-every goes with --when-plugged or --when-changed".into())),
    }
    changed.check().map_err(usage)?;
    Ok(changed)
}

fn hours(span: Span) -> u16 {
    u16::try_from(span.0.as_secs().div_euclid(3600)).unwrap_or(u16::MAX)
}

fn minutes(span: Span) -> u16 {
    u16::try_from(span.0.as_secs().div_euclid(60)).unwrap_or(u16::MAX)
}

fn set_how(schedule: &mut Schedule, how: &args::How) {
    if let Some(kind) = how.kind {
        schedule.wanted = kind.into();
    }
    if let Some(name) = &how.name {
        schedule.name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    }
    if let Some(conditions) = &how.conditions {
        schedule.conditions = conditions.clone();
    }
}

fn usage(what: String) -> Problem {
    Problem::new(Code::Usage, format!("This cannot be: {what}."), "See `strongroom schedule add --help`.")
}

fn list(plan: Option<&str>, output: Output) -> Result<Exit, Problem> {
    let session = Session::reading_home()?;
    session.tell_notices(output);
    let overview = session.handle().overview();
    let (now, zone) = (Timestamp::now(), TimeZone::system());
    let shown: Vec<&PlanOverview> = match plan {
        Some(name) => vec![find_plan(&overview, name)?],
        None => overview.plans.iter().collect(),
    };
    let mut count = 0;
    for plan in shown {
        for (schedule, past) in plan.schedules() {
            count += 1;
            let next = Upcoming::new(&[(schedule, past)], plan.plan.created, now, &zone).next().map(|(at, _)| at);
            output.object(&json!({
                "plan": plan.plan.id, "name": plan.plan.name, "schedule": schedule, "in_words": schedule.in_words(), "next": next,
                "failures": past.failures,
            }));
            let named = schedule.name.as_ref().map_or_else(String::new, |name| format!(" \u{201c}{name}\u{201d}"));
            let next = next.map_or_else(String::new, |at| format!(" · next {}", human::moment(at, now, &zone)));
            let words = schedule.in_words();
            output.line(clean(&format!("{}  {:<20} {words}{named}{next}", schedule.id.as_str(), plan.plan.name)));
        }
    }
    if count == 0 {
        output.line("No schedules: nothing runs by itself. `strongroom schedule add` makes one.");
    }
    output.result("completed", json!({ "count": count }));
    Ok(Exit::Done)
}

fn next(name: &str, count: usize, output: Output) -> Result<Exit, Problem> {
    let session = Session::reading_home()?;
    session.tell_notices(output);
    let overview = session.handle().overview();
    let plan = find_plan(&overview, name)?;
    let (now, zone) = (Timestamp::now(), TimeZone::system());
    let mut told = 0;
    for (at, ids) in Upcoming::new(&plan.schedules(), plan.plan.created, now, &zone).take(count) {
        told += 1;
        let of = |id: &ScheduleId| plan.plan.schedules.iter().find(|schedule| schedule.id == *id).map(Schedule::in_words);
        let words: Vec<String> = ids.iter().filter_map(of).collect();
        output.object(&json!({ "at": at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), "schedules": ids }));
        output.line(clean(&format!("{}  {}", human::exact(at, &zone), words.join(" · "))));
    }
    if told == 0 {
        output.line(match plan.plan.schedules.on().next() {
            Some(_) => "It runs when something happens: no time is known beforehand.",
            None => "Nothing of it runs by itself.",
        });
    }
    let count: Value = told.into();
    output.result("completed", json!({ "plan": plan.plan.id, "count": count }));
    Ok(Exit::Done)
}
