//! What the command line says when something cannot be done: an exit code, and one sentence what and one what to do.

use std::fs;

use crate::support::{Random, World};
use crate::tree;

#[test]
fn nothing_there_is_ten() {
    let world = World::new();
    assert_eq!(world.run("versions --from @nowhere --json").code(10).problem(), "destination-missing");
    fs::create_dir(world.dest()).unwrap();
    assert_eq!(world.run("versions --from @dest --json").code(10).problem(), "nothing-there");
    assert_eq!(world.run("restore --from @dest --to @out --json").code(10).problem(), "nothing-there");
    tree::plain(&world.source(), 3, &mut Random(1));
    world.back_up();
    for line in [
        "ls --from @dest --version 20200101T000000Z-full-00000000 --json",
        "ls --from @dest --version 2020-01-01 --json",
        "restore --from @dest --to @out --path /not/in/it --json",
        "verify --from @dest --version 2020-01-01 --json",
        "versions --from @dest --plan other --json",
        "backup other --json",
        "backup --all --json",
    ] {
        assert_eq!(world.run(line).code(10).problem(), "nothing-there", "{line}");
    }
}

#[test]
fn a_wrong_password_is_twelve() {
    let world = World::new();
    tree::plain(&world.source(), 3, &mut Random(2));
    world.back_up();
    for line in [
        "ls --from @dest --json",
        "restore --from @dest --to @out --json",
        "verify --from @dest --depth full --json",
        "backup --source @source --to @dest --json",
    ] {
        let wrong = world.run_with(line, |c| _ = c.env("STRONGROOM_PASSWORD", "hunter2")).code(12);
        assert_eq!(wrong.problem(), "wrong-password", "{line}");
        assert!(!wrong.out.contains("hunter2") && !wrong.err.contains("hunter2"));
    }
    assert!(!world.path("out").exists());
    let log = fs::read_to_string(world.home().join("data/strongroom.log")).unwrap_or_default();
    assert!(!log.contains("hunter2"));
}

#[test]
fn usage_is_two_also_for_scripts() {
    let world = World::new();
    assert_eq!(world.run("backup --json").code(2).problem(), "usage");
    assert_eq!(world.run("versions --from gopher://host/x --json").code(2).problem(), "usage");
    assert_eq!(world.run("nonsense --json").code(2).problem(), "usage");
    let people = world.run("versions --from gopher://host/x").code(2);
    assert!(people.out.is_empty() && people.err.contains("Give a folder"), "{}", people.err);
}

#[test]
fn a_missing_source_is_no_empty_version() {
    let world = World::new();
    let ran = world.run("backup --source @source --to @dest --name n --json").code(1);
    assert_eq!(ran.problem(), "source-missing");
    world.run("versions --from @dest").code(10);
}

#[test]
fn settings_that_cannot_be_read_are_left_alone() {
    let world = World::new();
    world.run("plan add Docs --source @dest --to @dest --no-encryption").ok();
    let found = crate::support::walk(&world.home()).into_iter().find(|p| p.ends_with("settings.toml")).unwrap();
    let file = world.home().join(found);
    fs::write(&file, "this is = not [toml").unwrap();
    assert_eq!(world.run("plan add More --source @dest --to @dest --no-encryption --json").code(1).problem(), "settings");
    assert_eq!(fs::read_to_string(&file).unwrap(), "this is = not [toml");
}
