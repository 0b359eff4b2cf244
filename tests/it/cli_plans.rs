//! Plans of a home, its history, and the forms in which a password comes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::{PASSWORD, Random, World, walk};
use crate::tree;

#[test]
fn a_plan_is_made_shown_run_changed_and_removed() {
    let world = World::new();
    tree::plain(&world.source(), 30, &mut Random(1));
    world.run("plan add Docs --source @source --to @dest --schedule daily@20:00 --level 5 --exclude *.tmp").ok();
    world.run("plan add Docs --source @source --to @dest").code(2);
    let shown = world.run("plan show Docs --json").ok().last();
    assert_eq!((&shown["plan"]["schedule"][0]["when"]["at"], &shown["plan"]["format"]["level"]), (&json!(["20:00"]), &json!(5)));
    assert_eq!(shown["status"], "waiting-for-first");

    let ran = world.run_with("backup Docs --json", |c| _ = c.env_remove("STRONGROOM_PASSWORD")).ok().last();
    assert_eq!((&ran["result"], &ran["plan_name"]), (&json!("completed"), &json!("Docs")));
    assert_eq!(world.run("plan show Docs --json").ok().last()["status"], "protected");
    world.run("backup --all --json").ok();

    let home_files = fs::read_to_string(
        walk(&world.home()).iter().map(|p| world.home().join(p)).find(|p| p.ends_with("settings.toml")).unwrap(),
    );
    assert!(!home_files.unwrap().contains(PASSWORD));

    world.run("plan edit Docs --name Papers --schedule 6h").ok();
    world.run("plan show Docs").code(10);
    assert_eq!(world.run("plan show Papers --json").ok().last()["plan"]["schedule"][0]["when"]["hours"], 6);
    assert_eq!(world.run("backup Papers --json").ok().last()["type"], "incremental");

    let history = world.run("history --kind backup --json").ok().lines();
    assert_eq!(history.len(), 4, "{history:?}");
    assert_eq!(history[0]["type"], "incremental");
    world.run("plan remove Papers").ok();
    world.run("backup Papers").code(10);
    assert_eq!(world.versions().len(), 3);
}

#[test]
fn what_is_read_back_is_chosen_shown_and_told() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(9));
    world.run("plan add Docs --source @source --to @dest --kdf pbkdf2").ok();
    let chosen = || world.run("plan show Docs --json").ok().last()["plan"]["read_back"].clone();
    assert_eq!(chosen(), "always");
    world.run("plan edit Docs --read-back never").ok();
    assert_eq!(chosen(), "never");
    let shown = world.run("plan show Docs").ok().out;
    assert!(shown.lines().any(|line| line.starts_with("Read back ") && line.ends_with(" nothing")), "{shown}");

    let ran = world.run("backup Docs").ok();
    assert!(ran.out.contains("not read back, as was chosen"), "{}", ran.out);
    let told = world.run("history --kind backup --json").ok().lines().remove(0);
    assert_eq!((&told["result"], &told["read_back"]), (&json!("completed"), &json!("not-wanted")));
    let report = world.run(&format!("history show {}", told["run"])).ok().out;
    assert!(report.contains("Read back: no, as was chosen: verify it to be certain"), "{report}");

    // The destination is a folder of this machine.
    world.run("plan edit Docs --read-back local").ok();
    assert_eq!(chosen(), "local");
    assert_ne!(world.run("backup Docs --json").ok().last()["read_back"], "not-wanted");

    let once = "backup --source @source --to @other --no-encryption --json";
    assert_ne!(world.run(once).ok().last()["read_back"], "not-wanted");
    assert_eq!(world.run(&format!("{once} --read-back never")).ok().last()["read_back"], "not-wanted");
    for line in ["replicate --from @dest --to", "download @dest --to"] {
        let word = line.split(' ').next().unwrap();
        let told = |more: &str| world.run(&format!("{line} @{word}{more} --plan Docs --json")).ok().last()["read_back"].clone();
        assert_eq!((told("1 --read-back never"), told("2") == "not-wanted"), (json!("not-wanted"), false), "{line}");
    }
}

#[test]
fn the_file_that_a_plan_is_opened_with_is_checked_and_can_be_taken_back() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(8));
    world.run("plan add Docs --source @source --to @dest --kdf pbkdf2").ok();
    let file = || world.run("plan show Docs --json").ok().last()["plan"].get("secret_file").cloned();
    world.run("key new @stick").ok();
    world.run("plan edit Docs --key-file @stick").ok();
    let kept = file();
    assert!(kept.as_ref().is_some_and(|file| !file.is_null()));
    fs::write(world.path("empty"), "").unwrap();
    for line in ["--key-file @none", "--password-file @none", "--password-file @empty", "--key-file @empty"] {
        assert_eq!(world.run(&format!("plan edit Docs {line} --json")).code(2).problem(), "usage", "{line}");
    }
    assert_eq!(file(), kept);
    for ends in ["--password-file=", "--key-file="] {
        world.run("plan edit Docs --key-file @stick").ok();
        world.run(&format!("plan edit Docs {ends}")).ok();
        assert!(file().is_none_or(|file| file.is_null()), "{ends}");
    }
}

#[test]
fn removing_with_versions_asks_and_then_leaves_nothing() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(2));
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("backup Docs").ok();
    world.run("plan remove Docs --delete-versions").code(2);
    assert_eq!(world.versions().len(), 1);
    world.run("plan remove Docs --delete-versions --yes").ok();
    world.run("versions --from @dest").code(10);
    assert_eq!(walk(&world.dest()), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_backup_by_folders_goes_on_under_its_name() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(3));
    world.run("backup --source @source --to @dest --name one").ok();
    let again =
        world.run_with("backup --source @source --to @dest --name one --json", |c| _ = c.env_remove("STRONGROOM_PASSWORD"));
    assert_eq!(again.ok().last()["type"], "incremental");
    world.run("backup --source @source --to @dest --name one --no-encryption").code(2);
    world.run("backup --source @source --to @dest --name two --no-encryption").ok();
    world.run("backup --source @source --to @dest --name two").code(2);

    let several = world.run("versions --from @dest --json").code(2);
    assert_eq!(several.problem(), "several-plans");
    assert!(several.out.contains("one") && several.out.contains("two"), "{}", several.out);
    world.run("versions --from @dest --plan one").ok();
    world.run("versions --from @dest --plan three").code(10);
    world.run("restore --from @dest --plan two --to @out").ok();
}

#[test]
fn passwords_come_from_files_and_commands() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(4));
    fs::write(world.path("pw"), "a b\n").unwrap();
    world.run_with("backup --source @source --to @dest --password-file @pw", |c| _ = c.env("STRONGROOM_PASSWORD", "other")).ok();
    fs::remove_dir_all(world.home()).unwrap();
    let sources: [(&str, &str); 3] =
        [("STRONGROOM_PASSWORD", "a b"), ("STRONGROOM_PASSWORD_COMMAND", "printf 'a b\\n'"), ("STRONGROOM_PASSWORD_FILE", "")];
    for (name, value) in sources {
        let file = world.path("pw").into_os_string().into_string().unwrap();
        let value = if value.is_empty() { &file } else { value };
        let only = |c: &mut std::process::Command| _ = c.env_remove("STRONGROOM_PASSWORD").env(name, value);
        world.run_with("ls --from @dest", only).ok();
        fs::remove_dir_all(world.home()).unwrap();
    }
    let none = world.run_with("ls --from @dest --json", |c| _ = c.env_remove("STRONGROOM_PASSWORD")).code(12);
    assert_eq!(none.problem(), "password-needed");
}

#[test]
fn a_recovery_key_opens_what_the_password_opens() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(5));
    world.run("backup --source @source --to @dest --kdf pbkdf2 --recovery-key-file @key").ok();
    assert_eq!(fs::metadata(world.path("key")).unwrap().permissions().mode() & 0o777, 0o600);
    fs::remove_dir_all(world.home()).unwrap();
    world.run("restore --from @dest --to @out --password-file @key").ok();
    crate::support::assert_same(&world.source(), &world.path("out/source"));
}

#[test]
fn another_home_reads_freely_and_writes_after_taking_over_only() {
    let world = World::new();
    tree::plain(&world.source(), 20, &mut Random(6));
    world.back_up();
    let other = |line: &str| world.run_with(line, |c| _ = c.env("STRONGROOM_HOME", world.path("other home")));
    other("ls --from @dest").ok();
    let line = "backup --source @source --to @dest --json";
    assert_eq!(other(line).code(1).problem(), "other-owner");
    assert_eq!(other(&format!("{line} --take-over")).ok().last()["type"], "incremental");
    assert_eq!(world.run(line).code(1).problem(), "other-owner");
    world.run(&format!("{line} --take-over")).ok();
    assert_eq!(world.versions().len(), 3);
    world.run("verify --from @dest --depth full").ok();
}

#[test]
fn two_at_once_share_the_homes_engine() {
    let world = World::new();
    tree::plain(&world.source(), 2000, &mut Random(7));
    let spawn = |name: &str| {
        let mut command = world.command();
        command.args(["backup", "--name", name, "--no-encryption", "--source"]).arg(world.source());
        command.arg("--to").arg(world.dest()).spawn().unwrap()
    };
    let mut both = [spawn("one"), spawn("two"), spawn("three")];
    for child in &mut both {
        assert!(child.wait().unwrap().success());
    }
    for name in ["one", "two", "three"] {
        world.run(&format!("verify --from @dest --plan {name} --depth full")).ok();
    }
}
