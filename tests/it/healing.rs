//! What was damaged is stored anew by the next run, however it was found; and what still lies there is found without the rest.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Random, World, assert_same, tool, walk};

/// Two versions that share a volume, and the folder of the first one's run.
fn two_versions() -> (World, PathBuf) {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    for n in 0..6 {
        fs::write(world.source().join(n.to_string()), Random(n).bytes(400_000)).unwrap();
    }
    let first = world.back_up();
    let run = world.plan_folder().join("data").join(first["version"].as_str().unwrap());
    fs::write(world.source().join("new"), "new").unwrap();
    world.back_up();
    (world, run)
}

fn flip(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(file, bytes).unwrap();
}

fn volume(run: &Path) -> PathBuf {
    walk(run).into_iter().map(|name| run.join(name)).find(|path| path.to_string_lossy().contains("/v0001")).unwrap()
}

/// The next version is whole by itself and comes back.
fn heals(world: &World) -> Value {
    let report = world.back_up();
    world.run("verify --from @dest --version latest --depth full").ok();
    world.run("restore --from @dest --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));
    report
}

#[test]
fn a_run_whose_list_is_gone_is_not_referred_to_any_more() {
    let (world, run) = two_versions();
    fs::remove_file(run.join("objects.json")).unwrap();
    world.run("verify --from @dest --version latest --depth full").code(1);
    let report = heals(&world);
    assert!(report["totals"]["stored_bytes"].as_u64().unwrap() > 2_000_000, "{report}");
}

#[test]
fn a_run_whose_list_is_damaged_is_not_either_once_that_is_known() {
    let (world, run) = two_versions();
    flip(&run.join("objects.json"));
    world.run("verify --from @dest --depth full").code(1);
    heals(&world);
}

#[test]
fn what_a_restore_finds_damaged_is_stored_anew() {
    let (world, run) = two_versions();
    flip(&volume(&run));
    let found = world.run("restore --from @dest --to @damaged --json").code(3).last();
    assert!(found["counts"]["failed"].as_u64().unwrap() >= 1, "{found}");
    heals(&world);
}

#[test]
fn a_backup_is_found_without_its_marker() {
    let (world, _) = two_versions();
    fs::remove_file(world.plan_folder().join("strongroom.json")).unwrap();
    for home in ["home", "another home"] {
        let run = |line: &str| world.run_with(line, |command| _ = command.env("STRONGROOM_HOME", world.path(home))).ok();
        let versions = run("versions --from @dest --json").lines();
        assert_eq!(versions.iter().filter(|line| line.get("id").is_some()).count(), 2);
        run("restore --from @dest --to @out");
        assert_same(&world.source(), &world.path("out/source"));
        fs::remove_dir_all(world.path("out")).unwrap();
    }
    heals(&world);
    assert!(world.plan_folder().join("strongroom.json").exists(), "its owner has put it back");
}

#[test]
fn a_backups_own_folder_names_it_and_is_no_destination() {
    let (world, _) = two_versions();
    let folder = world.plan_folder();
    let from = folder.to_str().unwrap();
    world.run(&format!("restore --from {from} --to @out")).ok();
    assert_same(&world.source(), &world.path("out/source"));
    let refused = world.run(&format!("backup --source @source --name Other --to {from} --json")).code(2);
    assert_eq!(refused.problem(), "usage");
    assert!(!walk(&folder).iter().any(|path| path.to_string_lossy().starts_with("Other")));
}

#[test]
fn totals_are_of_what_lies_there() {
    let (world, run) = two_versions();
    let first = run.file_name().unwrap().to_str().unwrap();
    world.run(&format!("delete --from @dest --version {first}")).ok();
    let totals = world.run("versions --from @dest --json").ok().last()["totals"].clone();
    let lies: u64 = walk(&world.plan_folder().join("data"))
        .iter()
        .map(|path| world.plan_folder().join("data").join(path))
        .filter(|path| path.is_file() && !path.ends_with("objects.json"))
        .map(|path| fs::metadata(path).unwrap().len())
        .sum();
    assert_eq!(totals["stored_bytes"], lies, "{totals}");
    assert!(lies > 2_000_000, "the volume of the deleted one is still needed");
}

#[test]
fn a_version_is_chosen_by_the_time_that_is_shown() {
    let (world, _) = two_versions();
    let zone = |line: &str| world.run_with(line, |command| _ = command.env("TZ", "UTC")).ok();
    let versions: Vec<Value> = zone("versions --from @dest --json").lines();
    let versions: Vec<&Value> = versions.iter().filter(|line| line.get("id").is_some()).collect();
    let newest = versions.last().unwrap();
    // As people see it: without fractions of a second.
    let shown = &newest["created"].as_str().unwrap()[..19];
    zone(&format!("restore --from @dest --version {shown} --to @out"));
    assert!(world.path("out/source/new").exists(), "{shown} is the newest: {versions:?}");
}

#[test]
fn nothing_is_not_well() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    world.back_up();
    let versions = world.plan_folder().join("versions");
    let first = walk(&versions)[0].clone();
    fs::remove_file(versions.join(first)).unwrap();
    let other = |line: &str| world.run_with(line, |command| _ = command.env("STRONGROOM_HOME", world.path("other")));
    assert_eq!(other("verify --from @dest --json").code(10).problem(), "nothing-there");
    // Who wrote it knows that there was one.
    let found = world.run("verify --from @dest").code(1);
    assert!(found.out.contains("versions/") || found.err.contains("versions/"), "{}{}", found.out, found.err);
}

#[test]
fn pipes_and_devices_are_listed_as_what_they_are() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    tool("mkfifo", [world.source().join("pipe")]);
    world.back_up();
    let listed = world.run("ls --from @dest -R").ok().out;
    assert!(listed.lines().any(|line| line.starts_with("prw") && line.ends_with("pipe")), "{listed}");
    let rows = world.run("ls --from @dest -R --json").ok().lines();
    assert!(rows.iter().any(|row| row["kind"] == "fifo"), "{rows:?}");
}
