//! The damage matrix: every object of a backup × where × how it is damaged × every format, sealed and plain. Each is found and
//! named, nothing wrong is restored, and what verification does not name comes back.

use std::collections::{BTreeMap, BTreeSet};

use strongroom::engine::message::NewSecrets;
use strongroom::model::format::Kind;
use strongroom::model::path::PathBytes;
use strongroom::model::restore::{Depth, VersionChoice};
use strongroom::model::run::{Outcome, RunDetail};
use strongroom::model::snapshot::{VersionId, WantedType};

use super::*;
use crate::support::{Random, long};

type Files = BTreeMap<PathBuf, Vec<u8>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Start,
    Header,
    Record,
    Middle,
    End,
}

const PLACES: [Where; 5] = [Where::Start, Where::Header, Where::Record, Where::Middle, Where::End];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Flip(Where),
    Zero(Where),
    Truncate(Where),
    Extend(Where),
    /// Another object's content: the one of the same kind where there is one, else the next.
    Swap,
    /// What stood under this name in another plan, or before a run.
    Replay,
    Empty,
    Delete,
}

/// Of all cells every how-manieth when the long tests do not run.
const STRIDE: usize = 3;

struct Backup {
    world: World,
    plan: Plan,
    versions: Vec<(VersionId, Files)>,
    /// Of the plan's folder.
    objects: Files,
    /// The same after the first of two versions.
    before: Files,
}

fn backup(kind: Kind, sealed: bool) -> Backup {
    let world = World::in_memory();
    let mut random = Random(77);
    for n in 0..12 {
        write(&world.source().join(format!("folder {}/file {n}", n % 3)), random.bytes(300 + 700 * n));
    }
    write(&world.source().join("text"), b"the same line again\n".repeat(4_000));
    let mut plan = world.plan("Documents");
    plan.format.kind = kind;
    if !sealed {
        plan.seal = None;
    }
    let password = sealed.then(|| Secret::new(PASSWORD));
    world.handle().save_plan(plan.clone(), NewSecrets { password, ..NewSecrets::default() }).wait().unwrap();
    let mut versions = Vec::new();
    versions.push((version_of(&world.back_up(&plan, WantedType::Full)), tree(&world.source())));
    let before = tree(&world.destination().join(plan.folder_name()));
    write(&world.source().join("text"), b"another line\n".repeat(2_000));
    write(&world.source().join("folder 1/new"), random.bytes(3_000));
    versions.push((version_of(&world.back_up(&plan, WantedType::Incremental)), tree(&world.source())));
    let objects = tree(&world.destination().join(plan.folder_name()));
    Backup { world, plan, versions, objects, before }
}

/// All that can be done to an object, as far as it changes it. `None`: it is taken away.
fn cells(backup: &Backup, name: &Path) -> Vec<(How, Option<Vec<u8>>)> {
    let whole = &backup.objects[name];
    let mut all: Vec<(How, Option<Vec<u8>>)> = Vec::new();
    for place in PLACES {
        let at = match place {
            Where::Start => 0,
            Where::Header => 20,
            Where::Record => 110,
            Where::Middle => whole.len() / 2,
            Where::End => whole.len() - 1,
        };
        let at = at.min(whole.len() - 1);
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        let mut zeroed = whole.clone();
        zeroed[at..(at + 8).min(whole.len())].fill(0);
        let mut extended = whole.clone();
        let place_of_more = if place == Where::End { whole.len() } else { at };
        extended.splice(place_of_more..place_of_more, *b"garbage");
        all.push((How::Flip(place), Some(flipped)));
        all.push((How::Zero(place), Some(zeroed)));
        all.push((How::Truncate(place), Some(whole[..at].to_vec())));
        all.push((How::Extend(place), Some(extended)));
    }
    let extension = name.file_name().unwrap().to_string_lossy().chars().skip_while(|c| *c != '.').collect::<String>();
    let others = || backup.objects.iter().filter(|(other, _)| *other != name);
    let same = others().find(|(other, _)| other.to_string_lossy().ends_with(&extension) && other.parent() != name.parent());
    let (_, other) = same.or_else(|| others().next()).unwrap();
    all.push((How::Swap, Some(other.clone())));
    if let Some(old) = backup.before.get(name) {
        all.push((How::Replay, Some(old.clone())));
    }
    all.push((How::Empty, Some(Vec::new())));
    // Without an owner file nobody writes there, and whoever backs up next makes one.
    if !name.to_string_lossy().starts_with("owner-") {
        all.push((How::Delete, None));
    }
    let mut seen = BTreeSet::from([whole.clone()]);
    all.retain(|(_, bytes)| bytes.as_ref().is_none_or(|bytes| seen.insert(bytes.clone())));
    all
}

#[test]
fn every_cell_is_found_and_named_and_what_is_not_hit_comes_back() {
    let mut worlds: Vec<(Kind, bool)> = Kind::ALL.into_iter().flat_map(|kind| [(kind, true), (kind, false)]).collect();
    if !long() {
        worlds = vec![(Kind::TarZst, true), (Kind::Zip, false)];
    }
    let mut tried = 0;
    let mut wrong = Vec::new();
    for (kind, sealed) in worlds {
        let mut backup = backup(kind, sealed);
        let history = {
            let (home, _lock) = backup.world.free("home");
            std::fs::read(home.history_file()).unwrap()
        };
        let names: Vec<PathBuf> = backup.objects.keys().cloned().collect();
        let all: Vec<_> = names.iter().flat_map(|name| cells(&backup, name).into_iter().map(move |cell| (name, cell))).collect();
        let stride = if long() { 1 } else { STRIDE };
        for (name, (how, bytes)) in all.into_iter().step_by(stride) {
            tried += 1;
            let path = backup.world.destination().join(backup.plan.folder_name()).join(name);
            match &bytes {
                Some(bytes) => std::fs::write(&path, bytes).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            {
                let (home, _lock) = backup.world.free("home");
                std::fs::write(home.history_file(), &history).unwrap();
            }
            backup.world.start("home", false);
            if let Err(what) = judge(&backup, name) {
                wrong.push(format!("{} sealed {sealed} {} {how:?}: {what}", kind.name(), name.display()));
            }
            std::fs::write(&path, &backup.objects[name]).unwrap();
        }
        backup.world.start("home", false);
        assert_eq!(backup.world.verify(&backup.plan, Depth::Full).outcome, Outcome::Completed, "all is mended");
    }
    println!("{tried} cells");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried >= if long() { 2000 } else { 80 }, "{tried}");
}

fn judge(backup: &Backup, name: &Path) -> Result<(), String> {
    let Backup { world, plan, versions, .. } = backup;
    let name = name.to_str().unwrap();
    let report = world.verify(plan, Depth::Full);
    let mut hit: BTreeSet<(VersionId, PathBytes)> = BTreeSet::new();
    let mut named = false;
    if let RunDetail::Verify { report } = &report.detail {
        for damaged in &report.damaged {
            named |= damaged.object == name;
            hit.extend(damaged.hits.iter().cloned());
        }
    }
    if let Outcome::Failed(problem) = &report.outcome {
        named |= problem.what.contains(name) || problem.detail.contains(name);
    }
    if !named || !matches!(report.outcome, Outcome::Failed(_)) {
        return Err(format!("verification: {:?} {:?}", report.outcome, report.detail));
    }
    let source = world.source();
    for (version, files) in versions {
        let out = world.path("out");
        let restored = world.restore(world.place(plan), VersionChoice::Id(version.clone()), &out);
        let there = if out.join("source").exists() { tree(&out.join("source")) } else { Files::new() };
        let _ = std::fs::remove_dir_all(&out);
        if let Some((path, _)) = there.iter().find(|(path, content)| files.get(*path) != Some(*content)) {
            return Err(format!("{version}: {} is wrong", path.display()));
        }
        if there.len() < files.len() && restored.outcome == Outcome::Completed {
            return Err(format!("{version}: files are missing, and that is a success"));
        }
        let in_catalog = |path: &PathBuf| PathBytes::from(source.join(path).strip_prefix("/").unwrap());
        // The object's own name says which version cannot be read at all.
        let is_lost = name == format!("versions/{version}.json") || name.starts_with(&format!("data/{version}/catalog"));
        let spared = |path: &PathBuf| !is_lost && !hit.contains(&(version.clone(), in_catalog(path)));
        let lost: Vec<_> = files.keys().filter(|path| !there.contains_key(*path) && spared(path)).collect();
        if !lost.is_empty() {
            return Err(format!("{version}: not named, and not restored: {lost:?}: {:?}", restored.outcome));
        }
    }
    Ok(())
}
