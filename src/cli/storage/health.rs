//! `strongroom storage health`

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{destinations, with_destination};
use crate::cli::engine_access::Session;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, clean};
use crate::cli::{args, parse, server};
use crate::engine::message::{DestinationStatus, KeysOwed, Overview};
use crate::model::clean_up::append_only_in_words;
use crate::model::health::{Sample, Told, latency_in_words};
use crate::model::human;
use crate::model::location::Location;
use crate::model::max_size;
use crate::model::plan::Plan;
use crate::model::problem::Problem;
use crate::model::room;
use crate::model::status::Why;

/// Days that are looked back at where nobody says how many.
const DAYS: u32 = 30;
/// Days that say how the room goes.
const OF_TREND: u32 = 60;

pub fn run(args: &args::StorageHealth, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let handle = session.handle();
    let overview = handle.overview();
    let locations = match &args.to[..] {
        [] => destinations(&overview).into_iter().map(|(location, _)| location).collect(),
        named => named.iter().map(|text| parse::destination(text)).collect::<Result<Vec<_>, _>>()?,
    };
    match (&args.to[..], args.history) {
        // No server is asked.
        (_, true) => {}
        ([], false) => server::tell_of_plans(handle, &locations, &locations, &args.server)?,
        (_, false) => server::tell_all(handle, &locations, &args.server, false)?,
    }
    let mut exit = Exit::Done;
    for location in &locations {
        let ended = if args.history {
            let samples = handle.health(location.clone(), args.days.unwrap_or(DAYS)).wait()?;
            if history(location, &samples, is_missed(&overview, location), output) { Exit::Done } else { Exit::Failed }
        } else {
            let status = handle.destination_status(location.clone()).wait()?;
            let told = Told::of(&handle.health(location.clone(), OF_TREND).wait()?, Timestamp::now());
            // Where it is there again, nobody waits for it any more.
            let is_missed = status.problem.is_some() && is_missed(&overview, location);
            let owed = handle.keys_owed(location.clone()).wait()?;
            now(&overview, &status, &told, &owed, is_missed, output);
            status.problem.map_or(Exit::Done, |problem| problem.code.into())
        };
        exit = exit.max(ended);
    }
    let result = if exit == Exit::Done { "completed" } else { "failed" };
    output.result(result, json!({ "destinations": locations.len() }));
    Ok(exit)
}

/// Whether a backup that runs by itself needs attention for its sake.
fn is_missed(overview: &Overview, location: &Location) -> bool {
    let is_it = |why: &Why| matches!(why, Why::Away { destination, .. } if destination.place() == location.place());
    overview.plans.iter().any(|plan| is_it(&plan.why))
}

/// How it is now.
fn now(overview: &Overview, status: &DestinationStatus, told: &Told, owed: &[KeysOwed], is_missed: bool, output: Output) {
    shown(overview, status, output);
    let owed: Vec<&Plan> = overview.plans.iter().map(|known| &known.plan).filter(|plan| is_owed(plan, owed)).collect();
    for plan in &owed {
        let text = format!("  \"{}\" opens here with its former password or keys until it is caught up", plan.name);
        output.line(clean(&text));
    }
    words(&[told.away_in_words(Timestamp::now(), &TimeZone::system()), told.trend_in_words()], is_missed, output);
    let mut line = with_destination(&status.location, serde_json::to_value(status).unwrap_or_default());
    add(&mut line, told, is_missed);
    if let Value::Object(line) = &mut line {
        line.insert("keys_owed".into(), owed.iter().map(|plan| json!(plan.id)).collect());
    }
    output.object(&line);
}

fn is_owed(plan: &Plan, owed: &[KeysOwed]) -> bool {
    owed.iter().any(|owed| owed.plan == plan.id)
}

/// How it was. Gives whether it could be used when it was last looked at.
fn history(location: &Location, samples: &[Sample], is_missed: bool, output: Output) -> bool {
    let zone = TimeZone::system();
    let told = Told::of(samples, Timestamp::now());
    output.line(clean(&location.display()));
    for sample in samples {
        output.line(clean(&format!(
            "  {}  {}",
            sample.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S"),
            in_words(sample)
        )));
        output.object(&with_destination(location, serde_json::to_value(sample).unwrap_or_default()));
    }
    if samples.is_empty() {
        output.line("  It has not been checked in that time.");
    }
    let now = Timestamp::now();
    words(&[told.share_in_words(), told.away_in_words(now, &zone), told.trend_in_words()], is_missed, output);
    let mut line = with_destination(location, json!({ "looks": told.looks, "good_looks": told.good }));
    add(&mut line, &told, is_missed);
    output.object(&line);
    told.away_since.is_none()
}

fn words(all: &[Option<String>], is_missed: bool, output: Output) {
    for text in all.iter().flatten() {
        output.line(format!("  {text}"));
    }
    if is_missed {
        output.line("  It has been away for too long: what is backed up meanwhile does not lie there.");
    }
}

fn add(line: &mut Value, told: &Told, is_missed: bool) {
    let all = json!({ "away_since": told.away_since, "full_in_days": told.full_in_days, "needs_attention": is_missed });
    if let (Value::Object(line), Value::Object(all)) = (line, all) {
        line.extend(all);
    }
}

/// "588.0 GB free of 1.0 TB · in 8 ms"; where it could not be used, why.
fn in_words(sample: &Sample) -> String {
    let mut parts = vec![sample.failure.as_ref().map_or_else(|| "well".to_owned(), |failure| failure.what.clone())];
    if let (Some(free), Some(total)) = (sample.free, sample.total) {
        parts.push(format!("{} free of {}", human::bytes(free), human::bytes(total)));
    }
    parts.extend(sample.used.map(|used| format!("{} of backups", human::bytes(used))));
    parts.extend(sample.latency_ms.map(|ms| format!("in {ms} ms")));
    parts.extend(sample.speed.map(|speed| format!("{}/s written", human::bytes(speed))));
    parts.extend(sample.read_speed.map(|speed| format!("{}/s read", human::bytes(speed))));
    if sample.looks > 1 {
        parts.push(human::counted(sample.looks, "check", "checks"));
    }
    parts.join(" · ")
}

fn shown(overview: &Overview, status: &DestinationStatus, output: Output) {
    output.line(clean(&status.location.display()));
    if let Some(problem) = &status.problem {
        output.line(clean(&format!("  {} {}", problem.what, problem.fix)));
    } else {
        output.line(format!("  {}", status.latency_ms.map_or_else(|| "answers".into(), latency_in_words)));
    }
    if let Some(found) = &status.found_at {
        output.line(clean(&format!("  found at {}", found.display())));
    }
    if let Some(share) = &status.share {
        output.line(clean(&format!("  {}", share.in_words())));
    }
    if let (Some(free), Some(total)) = (status.free, status.total) {
        let low = if room::is_low(free, total) { ": low on room" } else { "" };
        output.line(format!("  {} free of {}{low}", human::bytes(free), human::bytes(total)));
    }
    if !status.deletable {
        output.line(clean(&format!("  {}", append_only_in_words(&status.location))));
    }
    if let Some(cid) = &status.cid {
        output.line(clean(&format!("  /ipfs/{cid}")));
    }
    for plan in &status.plans {
        let versions = human::counted(plan.versions as u64, "version", "versions");
        let whose = if plan.ours { String::new() } else { format!(", written by {}", plan.machine) };
        let ours = overview.plans.iter().find(|known| known.plan.id == plan.id);
        let max = ours.and_then(|known| known.plan.max_sizes.at(&status.location));
        let size = match (plan.stored, max) {
            (Some(stored), Some(max)) => format!(", {} of {}", human::bytes(stored), max_size::in_words(max)),
            (Some(stored), None) => format!(", {}", human::bytes(stored)),
            _ => String::new(),
        };
        let seen = if plan.remembered { ", when it was last seen" } else { "" };
        output.line(clean(&format!("  \"{}\": {versions}{size}{whose}{seen}", plan.name)));
    }
}
