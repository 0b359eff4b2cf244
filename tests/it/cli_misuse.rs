//! Arguments that people get wrong, and ends that they do not expect: each with its exit code and a sentence that helps.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{PASSWORD, Random, World, walk};
use crate::tree;

fn world() -> World {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(11));
    fs::create_dir(world.dest()).unwrap();
    world
}

#[test]
fn a_destination_that_cannot_be_one_is_named() {
    let world = world();
    fs::write(world.path("file"), "x").unwrap();
    for to in ["@file", "@file/below"] {
        let ran = world.run(&format!("backup --source @source --to {to} --json")).code(2);
        assert!(ran.last()["error"]["what"].as_str().unwrap().contains("is not a folder"), "{}", ran.out);
    }
    assert_eq!(fs::read(world.path("file")).unwrap(), b"x");
    // Two levels at once are rather a drive that is not mounted than a wish.
    assert_eq!(world.run("backup --source @source --to @not/mounted --json").code(10).problem(), "destination-missing");
    world.run("restore --from @file --to @out --json").code(2);
    world.run("backup --source @source --to @dest").ok();
    world.run("restore --from @dest --to @file").code(2);
}

#[test]
fn results_that_nobody_can_have_got_are_a_failure() {
    let world = world();
    world.run("backup --source @source --to @dest").ok();
    for line in ["ls --from @dest", "versions --from @dest --json", "restore --from @dest --to @out --json"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ran = world.run_with(line, |c| _ = c.stdout(full)).code(1);
        assert_eq!(ran.err.matches("cannot be written: No space left").count(), 1, "{}", ran.err);
    }
    // What was asked for was done all the same.
    crate::support::assert_same(&world.source(), &world.path("out/source"));
}

#[test]
fn a_source_is_not_backed_up_into_itself() {
    let world = world();
    for line in ["backup --source @dest --to @dest --json", "plan add P --source @dest --to @dest --json"] {
        assert_eq!(world.run(line).code(2).problem(), "usage", "{line}");
    }
    assert_eq!(fs::read_dir(world.dest()).unwrap().count(), 0, "nothing was begun");
    world.run("backup --source @home/config --to @dest").code(2);

    // A destination within the source is left out; a source within the destination is one like any other.
    world.run("backup --source @source --to @source/backups --name inner").ok();
    let listed = world.run("ls --from @source/backups -R").ok().out;
    assert!(listed.contains("/source/") && !listed.contains("/backups/"), "{listed}");
    world.run("backup --source @source/backups --to @source --name around --no-encryption").ok();
    let listed = world.run("ls --from @source --plan around -R").ok().out;
    assert!(listed.contains("/backups/inner-"), "{listed}");
}

#[test]
fn one_folder_however_it_is_written_is_one_backup() {
    let world = world();
    symlink("source", world.path("link")).unwrap();
    let source = world.source().into_os_string().into_string().unwrap();
    for from in [format!("{source}/"), format!("{source}/../source"), "source".into(), "./source/.".into(), "link".into()] {
        let line = format!("backup --name one --source {from} --to dest/ --json");
        world.run_with(&line, |c| _ = c.current_dir(world.path(""))).ok();
    }
    assert_eq!(world.versions().len(), 5);
    let roots = world.run("ls --from @dest --json").ok();
    let paths: Vec<Value> = roots.lines().iter().filter_map(|l| l.get("path").cloned()).collect();
    assert_eq!(paths.len(), 1, "{}", roots.out);
    for path in ["source", "source/", "./source", "source/../source"] {
        world.run_with(&format!("ls --from dest {path}"), |c| _ = c.current_dir(world.path(""))).ok();
    }
}

#[test]
fn several_backups_at_one_destination_are_told_apart() {
    let world = world();
    for name in ["one", "two"] {
        world.run(&format!("backup --source @source --to @dest --name {name}")).ok();
    }
    for line in ["versions --from @dest", "ls --from @dest", "verify --from @dest", "restore --from @dest --to @out"] {
        let ran = world.run(line).code(2);
        assert!(["“one”", "“two”", "--plan"].iter().all(|word| ran.err.contains(word)), "{line}: {}", ran.err);
        world.run(&format!("{line} --plan one")).ok();
        let none = world.run(&format!("{line} --plan three")).code(10);
        assert!(none.err.contains("“one”") && none.err.contains("of that name"), "{line}: {}", none.err);
    }
}

#[test]
fn another_homes_backup_is_read_freely_and_written_after_take_over() {
    let world = world();
    world.run("backup --source @source --to @dest").ok();
    let elsewhere = |line: &str| world.run_with(line, |c| _ = c.env("STRONGROOM_HOME", world.path("other")));
    elsewhere("restore --from @dest --to @out").ok();
    assert_eq!(elsewhere("backup --source @source --to @dest --json").code(1).problem(), "other-owner");
    elsewhere("backup --source @source --to @dest --take-over").ok();
    assert_eq!(world.run("backup --source @source --to @dest --json").code(1).problem(), "other-owner");
    assert_eq!(world.versions().len(), 2);
}

#[test]
fn what_changes_nothing_or_cannot_be_had_is_remarked() {
    let world = world();
    let first = world.run("backup --source @source --to @dest --type incremental").ok();
    assert!(first.err.contains("no version to build on") && first.out.contains("full version"), "{}{}", first.out, first.err);
    let again = "backup --source @source --to @dest --make-password @made --kdf pbkdf2 --type incremental";
    let said = world.run(again).ok().err;
    assert!(said.contains("--make-password, --kdf changed nothing") && !said.contains("to build on"), "{said}");
    let lines = world.run(&format!("{again} --json")).ok().lines();
    let notes = lines.iter().filter_map(|line| line["note"].as_str()).filter(|note| note.contains("--make-password"));
    assert_eq!(notes.count(), 1, "{lines:?}");
    assert!(!world.path("made").exists());
    world.run("plan add source --source @source --to @dest --recovery-key-file @paper").ok();
    assert!(!world.path("paper").exists());
    // Who has no such option is sent to the command that has.
    let elsewhere =
        world.run_with("key rotate --from @dest --yes", |c| _ = c.env("STRONGROOM_HOME", world.path("other"))).code(1);
    assert!(elsewhere.err.contains("`strongroom backup` with --take-over"), "{}", elsewhere.err);
}

#[test]
fn what_is_for_people_is_no_damage_to_their_files() {
    let world = world();
    world.run("backup --source @source --to @dest --no-encryption").ok();
    let at = |name: &str| world.plan_folder().join(name);
    fs::remove_file(at("recover.py")).unwrap();
    fs::write(at("README.txt"), "call 555").unwrap();
    let said = world.run("verify --from @dest").code(1).err;
    assert!(said.contains("Damaged: recover.py: it is missing"), "{said}");
    assert!(said.contains("Damaged: README.txt: it is not what"), "{said}");
    let fix = || world.run("verify --from @dest --json").code(1).last()["error"]["fix"].as_str().unwrap().to_string();
    let of_people = fix();
    assert!(of_people.contains("Your files are whole") && !of_people.contains("drive"), "{of_people}");
    world.run("backup --source @source --to @dest --no-encryption").ok();
    assert!(at("recover.py").exists(), "as it was said");
    let volume = walk(&world.dest()).into_iter().find(|path| path.ends_with("v0001.tar.zst")).unwrap();
    fs::write(world.dest().join(volume), "x").unwrap();
    assert!(fix().contains("check the drive"));
}

#[test]
fn plans_are_asked_for_by_names_that_exist() {
    let world = world();
    world.run("plan add One --source @source --to @dest").ok();
    assert!(world.run("backup Two").code(10).err.contains("there is only \"One\""));
    assert_eq!(world.run("plan edit One --json").code(2).problem(), "usage");
    let twice = world.run("backup One One --json").ok();
    assert_eq!(twice.lines().iter().filter(|l| l.get("version").is_some()).count(), 1, "{}", twice.out);
    world.run("plan remove One --delete-versions").code(2);
    world.run("plan remove One").ok();
    // Its runs stay, and so do those of folders that never were a plan.
    world.run("backup --source @source --to @dest --name loose").ok();
    for name in ["One", "loose"] {
        assert!(world.run(&format!("history --plan {name}")).ok().out.contains(name));
    }
    world.run("history --plan never").code(10);
}

#[test]
fn an_empty_variable_is_none() {
    let world = world();
    world.run("backup --source @source --to @dest").ok();
    fs::write(world.path("pw"), format!("{PASSWORD}\n")).unwrap();
    let with = |name: &str, value: &str| {
        let other = world.path("other");
        let line = "ls --from @dest --json";
        world.run_with(line, |c| _ = c.env("STRONGROOM_PASSWORD", "").env(name, value).env("STRONGROOM_HOME", other))
    };
    with("STRONGROOM_PASSWORD_FILE", world.path("pw").to_str().unwrap()).ok();
    assert_eq!(with("STRONGROOM_PASSWORD_FILE", "").code(12).problem(), "password-needed");
}

#[test]
fn what_is_not_there_is_said_as_it_was_asked() {
    let world = world();
    world.run("backup --source @source --to @dest").ok();
    let asked = world.path("source/none");
    for line in ["ls --from @dest @source/none", "restore --from @dest --to @out --path @source/none"] {
        let ran = world.run(line).code(10);
        assert!(ran.err.contains(&format!("{} is not in this version", asked.display())), "{line}: {}", ran.err);
    }
    let ran = world.run("ls --from @dest --version 2020-01-01").code(10);
    assert!(ran.err.contains("no version from 2020-01-01 23:59:59"), "{}", ran.err);
}

#[test]
fn nobody_reading_is_no_panic() {
    let world = world();
    world.run("backup --source @source --to @dest").ok();
    for (line, code) in [
        ("ls -R --from @dest", 0),
        ("versions --from @dest --json", 0),
        ("history", 0),
        ("history --limit 1", 0),
        ("plan list", 0),
        ("verify --from @dest", 0),
        ("--help", 0),
        ("backup --source @source --to @dest", 0),
        ("versions --from @none", 10),
        ("restore --from @dest --to @out --path /none", 10),
        ("nonsense", 2),
    ] {
        let mut command = world.command();
        command.args(line.split_whitespace().map(|word| match word.strip_prefix('@') {
            Some(name) => world.path(name).into_os_string(),
            None => word.into(),
        }));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Both ends are closed before anything is said.
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(code), "{line}");
    }
}

#[test]
fn every_commands_last_line_is_its_result() {
    let world = world();
    for (line, result) in [
        ("backup --source @source --to @dest", "completed"),
        ("versions --from @dest", "completed"),
        ("ls --from @dest", "completed"),
        ("ls --from @dest -R", "completed"),
        ("verify --from @dest", "completed"),
        ("restore --from @dest --to @out", "completed"),
        ("restore --from @dest --to @out --dry-run", "completed"),
        ("plan add P --source @source --to @dest", "completed"),
        ("plan list", "completed"),
        ("plan show P", "completed"),
        ("plan edit P --level 5", "completed"),
        ("backup P", "completed"),
        ("backup --all", "completed"),
        ("history", "completed"),
        ("plan remove P --delete-versions --yes", "completed"),
        ("tour", "completed"),
        ("plan show P", "failed"),
        ("ls --from @none", "failed"),
        ("restore --from @dest", "failed"),
    ] {
        let ran = world.run(&format!("{line} --json"));
        assert_eq!(ran.last()["result"], result, "{line}: {}{}", ran.out, ran.err);
        assert_eq!(ran.code == Some(0), result == "completed", "{line}");
        assert!(ran.err.is_empty(), "{line}: {}", ran.err);
        // Quiet changes nothing about it.
        assert!(ran.lines().iter().filter(|l| l.get("result").is_some() && l.get("run").is_none()).count() <= 1, "{}", ran.out);
    }
}

#[test]
fn without_any_home_destinations_are_still_read() {
    let world = world();
    world.run("backup --source @source --to @dest").ok();
    for line in ["versions --from @dest", "restore --from @dest --to @out", "verify --from @dest --depth full"] {
        let nowhere = world.run_with(line, |c| {
            c.env_remove("HOME").env("STRONGROOM_HOME", "/proc/nowhere");
        });
        nowhere.ok();
    }
    for line in ["plan list --json", "plan show P --json", "history --json", "plan add P --source @source --to @dest --json"] {
        let refused = world.run_with(line, |c| _ = c.env("STRONGROOM_HOME", "/proc/nowhere"));
        assert_eq!(refused.code(1).problem(), "settings", "{line}");
    }
}

#[test]
fn a_tilde_that_no_shell_has_read_is_the_home_folder() {
    let world = world();
    fs::create_dir(world.path("person")).unwrap();
    let at_home =
        |line: &str| world.run_with(line, |c| _ = c.env("HOME", world.path("person")).current_dir(world.path("source")));
    at_home("backup --source . --to=~/backups").ok();
    assert!(world.path("person/backups").is_dir() && !world.path("source/~").exists());
    at_home("restore --from=~/backups --to=~/back").ok();
    assert!(world.path("person/back/source").is_dir());
    fs::create_dir(world.path("source/~")).unwrap();
    at_home("backup --source . --to=~/backups").ok();
    assert!(world.path("source/~/backups").is_dir(), "a folder of that name is meant where there is one");
}
