//! `strongroom versions`

use serde_json::{Value, json};

use super::engine_access::Session;
use super::exit::Exit;
use super::output::{Output, clean};
use super::report::type_name;
use super::{args, path_history, place};
use crate::engine::message::VersionList;
use crate::model::human;
use crate::model::location::Location;
use crate::model::problem::Problem;
use crate::model::restore::VersionChoice;
use crate::model::snapshot::Manifest;
use crate::model::sum;
use crate::model::whereabouts::{Lies, Whereabouts};

pub fn run(args: &args::Versions, output: Output) -> Result<Exit, Problem> {
    let session = Session::guest()?;
    let from = args.from.meant();
    if let Some(path) = &args.of {
        return path_history::run(&session, &from, path, output);
    }
    // A manifest says nothing of files: it is listed without a password.
    let place = place::read(session.handle(), &from, &VersionChoice::Latest)?;
    let VersionList { manifests: versions, whereabouts } = session.handle().version_list(place.clone()).wait()?;
    let unreadable = session.handle().unreadable_versions(place.clone()).wait()?;
    // What the versions stored is not what lies there: what a deleted one stored stays as long as another needs it.
    let stored = session.handle().stored(place).wait()?;
    for version in &versions {
        output.object(&object(version, &whereabouts.of(version)));
    }
    if !output.json {
        table(&versions, &whereabouts, output);
    }
    for version in &unreadable {
        output.line(format!("{}  cannot be read: {}", version.id, version.problem.what));
        output.object(&json!({ "id": version.id, "unreadable": version.problem }));
    }
    for id in &whereabouts.elsewhere {
        let at = shown(&whereabouts.at(id));
        output.line(clean(&format!("{id}  not here, but at {}", at.join(", "))));
        output.object(&json!({ "id": id, "only_at": at }));
    }
    let bytes = sum::saturating(versions.iter().map(|version| version.totals.bytes));
    let saved = bytes.saturating_sub(stored);
    if !versions.is_empty() {
        output.line(format!(
            "{} of {} in {} stored: {} saved",
            human::counted(versions.len() as u64, "version", "versions"),
            human::bytes(bytes),
            human::bytes(stored),
            human::bytes(saved),
        ));
    }
    let totals = json!({ "bytes": bytes, "stored_bytes": stored, "saved_bytes": saved });
    let counts = json!({
        "count": versions.len(),
        "unreadable": unreadable.len(),
        "elsewhere": whereabouts.elsewhere.len(),
        "totals": totals,
    });
    output.result("completed", counts);
    Ok(if unreadable.is_empty() { Exit::Done } else { Exit::Warnings })
}

fn object(version: &Manifest, lies: &Lies<'_>) -> Value {
    let totals = &version.totals;
    json!({
        "id": version.id,
        "type": type_name(version.backup_type),
        "created": version.started,
        "finished": version.finished,
        "sequence": version.sequence,
        "parent": version.parent,
        "plan": version.plan,
        "sealed": version.sealed,
        "files": totals.files,
        "folders": totals.folders,
        "others": totals.others,
        "bytes": totals.bytes,
        "new_files": totals.new_files,
        "new_bytes": totals.new_bytes,
        "dedup_bytes": totals.dedup_bytes,
        "stored_bytes": totals.stored_bytes,
        "saved_bytes": totals.saved_bytes(),
        "warnings": totals.warnings,
        "at": shown(&lies.at),
        "missing_at": shown(&lies.missing()),
        "unknown_at": shown(&lies.unknown),
    })
}

fn shown(places: &[&Location]) -> Vec<String> {
    places.iter().map(|place| place.display()).collect()
}

/// "/media/red, /mnt/nas (not seen yet)"; "-" where it lies at all of them.
fn lacking(lies: &Lies<'_>) -> String {
    let mut places = shown(&lies.missing());
    places.extend(lies.unknown.iter().map(|place| format!("{} (not seen yet)", place.display())));
    if places.is_empty() { "-".into() } else { clean(&places.join(", ")) }
}

fn table(versions: &[Manifest], whereabouts: &Whereabouts, output: Output) {
    if versions.is_empty() {
        output.line(if whereabouts.elsewhere.is_empty() { "No versions yet." } else { "No version that can be read lies here." });
        return;
    }
    let has_others = whereabouts.is_of_several();
    output.line(format!(
        "{:<32} {:<12} {:<19} {:>11} {:>9} {:>9} {:>9}{}",
        "VERSION",
        "TYPE",
        "CREATED",
        "FILES",
        "SIZE",
        "STORED",
        "SAVED",
        if has_others { "  LACKING AT" } else { "" }
    ));
    let zone = jiff::tz::TimeZone::system();
    for version in versions {
        let created = version.started.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let lacking = if has_others { format!("  {}", lacking(&whereabouts.of(version))) } else { String::new() };
        let warned = if version.totals.warnings > 0 { "  with warnings" } else { "" };
        output.line(format!(
            "{:<32} {:<12} {:<19} {:>11} {:>9} {:>9} {:>9}{lacking}{warned}",
            version.id.as_str(),
            type_name(version.backup_type),
            created,
            human::count(version.totals.files),
            human::bytes(version.totals.bytes),
            human::bytes(version.totals.stored_bytes),
            human::bytes(version.totals.saved_bytes()),
        ));
    }
}
