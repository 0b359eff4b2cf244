//! What differs between a plan as it was and as it is, in words; what it is when it is new; and what became of its keys.

use crate::model::key::SlotKind;
use crate::model::location::Location;
use crate::model::max_size;
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, SecretFile};
use crate::model::schedule::Schedule;
use crate::model::source_spec::{Preset, SourceSpec};

/// A plan that was made. `opens`: what its key slots were made of.
pub fn created(plan: &Plan, opens: &[SlotKind]) -> Vec<String> {
    let mut lines = sources(&SourceSpec { honour_tags: plan.sources.honour_tags, ..SourceSpec::default() }, &plan.sources);
    lines.extend(plan.destinations.iter().map(|at| format!("Destination: {}", at.display())));
    lines.push(format!("Runs {}", plan.schedules.in_words()));
    lines.push(format!("Versions are kept {}", plan.retention.in_words()));
    lines.push(match plan.seal {
        Some(seal) => format!("Encrypted with {}", seal.cipher.in_words()),
        None => "Not encrypted".into(),
    });
    lines.extend(opens.iter().map(|kind| added(*kind)));
    lines
}

/// A plan that was changed; nothing where it is as it was, but for when its schedules began.
pub fn of_plan(before: &Plan, after: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if before.name != after.name {
        lines.push(format!("Name: {} (it was {})", after.name, before.name));
    }
    lines.extend(sources(&before.sources, &after.sources));
    lines.extend(destinations(before, after));
    lines.extend(schedules(before, after));
    if before.retention != after.retention {
        lines.push(format!("Versions are kept {} (it was {})", after.retention.in_words(), before.retention.in_words()));
    }
    let format = |plan: &Plan| plan.format.in_words(None);
    if format(before) != format(after) {
        lines.push(format!("Format: {} (it was {})", format(after), format(before)));
    }
    if before.format.volume_size != after.format.volume_size {
        lines.push("Another size of volumes".into());
    }
    if before.read_back != after.read_back {
        let (is, was) = (after.read_back.in_words(), before.read_back.in_words());
        lines.push(format!("Read back after a backup: {is} (it was {was})"));
    }
    if let (Some(was), Some(is)) = (before.seal, after.seal)
        && was != is
    {
        lines.push(format!("New volumes are encrypted with {}", is.cipher.in_words()));
    }
    if before.secret_file != after.secret_file {
        lines.push(match &after.secret_file {
            Some(SecretFile::Password(path)) => format!("Runs by itself with the password in {}", path.display()),
            Some(SecretFile::Key(path)) => format!("Runs by itself with the key file {}", path.display()),
            None => "Runs by itself with no file any more".into(),
        });
    }
    lines
}

fn sources(before: &SourceSpec, after: &SourceSpec) -> Vec<String> {
    let path = |path: &PathBytes| names::shown(path);
    let mut lines = differing(&before.paths, &after.paths, "Source added", "Source removed", path);
    let label = |preset: &Preset| preset.label().to_owned();
    lines.extend(differing(&before.presets, &after.presets, "Left out", "Left out no longer", label));
    lines.extend(differing(&before.excludes, &after.excludes, "Left out", "Left out no longer", String::clone));
    if before.honour_tags != after.honour_tags {
        let how = if after.honour_tags { "left out" } else { "backed up too" };
        lines.push(format!("Folders that are marked as caches are {how}"));
    }
    if before.one_file_system != after.one_file_system {
        let how = if after.one_file_system { "left out" } else { "backed up too" };
        lines.push(format!("What is mounted in its sources is {how}"));
    }
    lines
}

fn destinations(before: &Plan, after: &Plan) -> Vec<String> {
    let places = |plan: &Plan| plan.destinations.iter().map(Location::place).collect::<Vec<_>>();
    let (was, is) = (places(before), places(after));
    let mut lines = differing(&was, &is, "Destination added", "Destination removed", Location::display);
    if lines.is_empty() && was != is {
        let names = after.destinations.iter().map(Location::short_name).collect::<Vec<_>>().join(", ");
        lines.push(format!("Order of its destinations: {names}"));
    } else if lines.is_empty() && before.destinations != after.destinations {
        lines.push("Another way to a destination".into());
    }
    for at in &after.destinations {
        match (before.max_sizes.at(at), after.max_sizes.at(at)) {
            (was, is) if was == is => {}
            (_, Some(most)) => lines.push(format!("May take {} in {}", max_size::in_words(most), at.display())),
            (Some(_), None) if is.contains(&at.place()) => lines.push(format!("May take all there is in {}", at.display())),
            _ => {}
        }
    }
    lines
}

fn schedules(before: &Plan, after: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for known in before.schedules.iter() {
        let Some(now) = after.schedules.iter().find(|now| now.id == known.id) else {
            lines.push(format!("Schedule removed: {}", called(known)));
            continue;
        };
        let changes = lines.len();
        if called(known) != called(now) {
            lines.push(format!("Schedule changed: {} (it was {})", called(now), called(known)));
        }
        if known.on != now.on {
            lines.push(format!("Schedule switched {}: {}", if now.on { "on" } else { "off" }, called(now)));
        }
        if known.retention != now.retention {
            let kept = now.retention.as_ref().map_or("as all others".into(), |rule| rule.in_words());
            lines.push(format!("Versions of the schedule {} are kept {kept}", called(now)));
        }
        if changes == lines.len() && known.name != now.name {
            lines.push(format!("Schedule renamed: {}", called(now)));
        }
    }
    let is_known = |schedule: &&Schedule| before.schedules.iter().any(|known| known.id == schedule.id);
    lines.extend(after.schedules.iter().filter(|new| !is_known(new)).map(|new| format!("Schedule added: {}", called(new))));
    lines
}

/// A schedule in words, whether it is on or not.
fn called(schedule: &Schedule) -> String {
    let words = Schedule { on: true, ..schedule.clone() }.in_words();
    schedule.name.as_ref().map_or(words.clone(), |name| format!("{name}, {words}"))
}

/// What is in one list and not in the other.
fn differing<T: PartialEq>(before: &[T], after: &[T], new: &str, gone: &str, words: impl Fn(&T) -> String) -> Vec<String> {
    let added = after.iter().filter(|one| !before.contains(one)).map(|one| format!("{new}: {}", words(one)));
    let removed = before.iter().filter(|one| !after.contains(one)).map(|one| format!("{gone}: {}", words(one)));
    added.chain(removed).collect()
}

/// A further way to open the backup.
pub fn added(kind: SlotKind) -> String {
    match kind {
        SlotKind::Password => "A password opens it".into(),
        SlotKind::RecoveryKey => "A recovery key was made".into(),
        SlotKind::KeyFile => "A key file opens it".into(),
    }
}

/// One that took the place of what there was of its kind. `had`: whether there was.
pub fn replaced(kind: SlotKind, had: bool) -> String {
    match kind {
        _ if !had => added(kind),
        SlotKind::Password => "The password was changed".into(),
        SlotKind::RecoveryKey => "A new recovery key takes the place of the old one".into(),
        SlotKind::KeyFile => "A new key file takes the place of the old one".into(),
    }
}

/// A plan that was removed.
pub fn removed(with_versions: bool) -> Vec<String> {
    vec![if with_versions { "All its versions were deleted".into() } else { "Its versions stay where they are".into() }]
}

#[cfg(test)]
mod tests;
