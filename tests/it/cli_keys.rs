//! `strongroom key …`: what opens a backup is added, removed, changed; keys are rotated; killed anywhere, something opens still.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::recover::{below, recover, recover_with};
use crate::support::{PASSWORD, Ran, Random, World, assert_same, is_callers, tool};
use crate::tree;

/// A small source with one version of it.
fn backed_up(options: &str) -> World {
    let world = World::new();
    tree::plain(&world.source(), 20, &mut Random(31));
    world.run(&format!("backup --source @source --to @dest --json {options}")).ok();
    world
}

fn slots(world: &World) -> Vec<Value> {
    let lines = world.run("key list --from @dest --json").ok().lines();
    lines.into_iter().filter(|line| line.get("id").is_some()).collect()
}

fn kinds(world: &World) -> Vec<String> {
    slots(world).iter().map(|slot| slot["kind"].as_str().unwrap().to_string()).collect()
}

/// Runs it with another password in the environment, in a home that knows nothing: what opens is what is given.
fn stranger(world: &World, line: &str, variables: &[(&str, &Path)]) -> Ran {
    let home = world.path("stranger");
    let _ = fs::remove_dir_all(&home);
    world.run_with(line, |command| {
        command.env("STRONGROOM_HOME", &home).env_remove("STRONGROOM_PASSWORD").envs(variables.iter().copied());
    })
}

fn opens_with(world: &World, password: &str) -> Ran {
    stranger(world, "ls --from @dest --json", &[("STRONGROOM_PASSWORD", Path::new(password))])
}

/// Names of the files of key slots.
fn key_files(world: &World) -> BTreeSet<String> {
    let names = fs::read_dir(world.plan_folder()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("keys-")).collect()
}

#[test]
fn passwords_come_and_go_one_by_one() {
    let world = backed_up("--kdf pbkdf2");
    let one = slots(&world);
    assert_eq!((one.len(), &one[0]["kind"]), (1, &"password".into()));
    let iterations = one[0]["function"].as_str().unwrap().strip_prefix("PBKDF2-HMAC-SHA256 ").unwrap().replace(',', "");
    assert!(iterations.parse::<u64>().unwrap() >= 600_000, "{iterations}");
    assert!(one[0]["created"].as_str().is_some_and(|at| at.ends_with('Z')));
    let first = one[0]["id"].as_str().unwrap();
    let last = world.run(&format!("key remove {first} --from @dest --yes --json")).code(2);
    assert!(last.last()["error"]["what"].as_str().unwrap().contains("last way"), "{}", last.out);

    fs::write(world.path("new"), "the second one\n").unwrap();
    let data = fs::metadata(world.plan_folder().join("data")).unwrap().mtime_nsec();
    let added = world.run("key add --from @dest --new-password-file @new --kdf pbkdf2 --json").ok().last();
    assert_eq!((added["slots"].as_array().unwrap().len(), added["keys_number"].as_u64()), (2, Some(2)));
    assert_eq!(key_files(&world), ["keys-2.copy.json", "keys-2.json"].map(String::from).into());
    assert_eq!(fs::metadata(world.plan_folder().join("data")).unwrap().mtime_nsec(), data, "volumes are left alone");
    opens_with(&world, PASSWORD).ok();
    opens_with(&world, "the second one").ok();
    opens_with(&world, "a third").code(12);

    // Without a terminal a confirmation is needed, and nothing goes before it.
    world.run(&format!("key remove {first} --from @dest --json")).code(2);
    world.run("key remove 00000000 --from @dest --yes --json").code(10);
    opens_with(&world, PASSWORD).ok();
    world.run(&format!("key remove {first} --from @dest --yes --json")).ok();
    opens_with(&world, PASSWORD).code(12);
    opens_with(&world, "the second one").ok();
    assert_eq!(slots(&world).len(), 1);
    // A copy that is damaged is made whole by the next run.
    let copy = world.plan_folder().join("keys-3.copy.json");
    let whole = fs::read(&copy).unwrap();
    fs::write(&copy, "not a key file\n").unwrap();
    with(&world, "verify --from @dest", &[]).code(1);
    with(&world, "backup --source @source --to @dest", &[]).ok();
    assert_eq!(fs::read(&copy).unwrap(), whole);
    // The home knows the key itself and goes on.
    with(&world, "backup --source @source --to @dest --json", &[]).ok();
    with(&world, "verify --from @dest --depth full", &[]).ok();
}

#[test]
fn a_password_is_changed_alone_and_stretched_anew() {
    let world = backed_up("--kdf pbkdf2 --recovery-key-file @paper");
    fs::write(world.path("other"), "of somebody else").unwrap();
    world.run("key add --from @dest --new-password-file @other --kdf pbkdf2").ok();
    let paper = fs::read_to_string(world.path("paper")).unwrap();
    let change = |old: &str, new: &str| {
        with(
            &world,
            "key change --from @dest --kdf pbkdf2 --json",
            &[("STRONGROOM_PASSWORD", old), ("STRONGROOM_NEW_PASSWORD", new)],
        )
    };
    change("wrong", "new").code(12);
    assert_eq!(change(PASSWORD, "the new one").ok().last()["keys_number"], 3);
    opens_with(&world, PASSWORD).code(12);
    for good in ["the new one", "of somebody else", paper.trim()] {
        opens_with(&world, good).ok();
    }
    // By the recovery key: whoever has forgotten them all sets one anew.
    change(paper.trim(), "the last one").ok();
    opens_with(&world, "of somebody else").code(12);
    opens_with(&world, "the new one").code(12);
    opens_with(&world, "the last one").ok();

    let stretch = |password| {
        with(&world, "key change --from @dest --same-password --kdf scrypt --json", &[("STRONGROOM_PASSWORD", password)])
    };
    stretch(paper.trim()).code(12);
    stretch("the last one").ok();
    let functions: Vec<String> = slots(&world).iter().map(|slot| slot["function"].as_str().unwrap().to_string()).collect();
    assert!(functions[1].starts_with("scrypt 2^1") && functions.len() == 2, "{functions:?}");
    opens_with(&world, "the last one").ok();

    // A new recovery key takes the place of the old one.
    with(&world, "key recovery @paper --from @dest --json", &[("STRONGROOM_PASSWORD", "the last one")]).code(2);
    with(&world, "key recovery @paper2 --from @dest --json", &[("STRONGROOM_PASSWORD", "the last one")]).ok();
    assert_eq!(fs::metadata(world.path("paper2")).unwrap().permissions().mode() & 0o777, 0o600);
    opens_with(&world, paper.trim()).code(12);
    opens_with(&world, fs::read_to_string(world.path("paper2")).unwrap().trim()).ok();
}

/// In the world's own home, with these variables and no password but among them.
fn with(world: &World, line: &str, variables: &[(&str, &str)]) -> Ran {
    world.run_with(line, |command| {
        command.env_remove("STRONGROOM_PASSWORD").envs(variables.iter().copied());
    })
}

#[test]
fn a_key_file_opens_wherever_a_password_is_asked_for() {
    let world = backed_up("");
    world.run("key new @stick").ok();
    world.run("key new @stick").code(2);
    let (path, other) = (world.path("stick"), world.path("other"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    world.run("key new @other").ok();
    fs::write(world.path("short"), "too short").unwrap();
    world.run("key add --from @dest --add-key-file @short").code(2);
    world.run("key add --from @dest --add-key-file @stick").ok();
    assert_eq!(kinds(&world), ["password", "key-file"]);

    stranger(&world, "ls --from @dest --key-file @stick", &[]).ok();
    stranger(&world, "ls --from @dest", &[("STRONGROOM_KEY_FILE", &path)]).ok();
    stranger(&world, "ls --from @dest --key-file @other", &[]).code(12);
    stranger(&world, "ls --from @dest --password-file @stick", &[]).code(2);
    stranger(&world, "ls --from @dest", &[]).code(12);
    stranger(&world, "restore --from @dest --to @by-file --key-file @stick", &[]).ok();
    assert_same(&world.source(), &world.path("by-file/source"));

    // Without Strongroom too.
    let folder = world.plan_folder();
    let target = world.path("by recover.py");
    recover_with(&folder, &[("STRONGROOM_KEY_FILE", &path)], &["--to", target.to_str().unwrap()]).ok();
    assert_same(&world.source(), &below(&target, &world.source()));
    recover_with(&folder, &[("STRONGROOM_KEY_FILE", &other)], &["--to", world.path("none").to_str().unwrap()]).code(12);
    recover(&folder, "wrong", &["--to", world.path("none").to_str().unwrap()]).code(12);

    let id = slots(&world)[1]["id"].as_str().unwrap().to_string();
    world.run(&format!("key remove {id} --from @dest --yes")).ok();
    stranger(&world, "ls --from @dest --key-file @stick", &[]).code(12);
}

#[test]
fn a_backup_may_have_a_key_file_and_no_password() {
    let world = World::new();
    tree::plain(&world.source(), 10, &mut Random(32));
    world.run("key new @stick").ok();
    let line = "backup --source @source --to @dest --key-file @stick --json";
    with(&world, line, &[]).ok();
    assert_eq!(kinds(&world), ["key-file"]);
    stranger(&world, "restore --from @dest --to @out", &[("STRONGROOM_KEY_FILE", &world.path("stick"))]).ok();
    assert_same(&world.source(), &world.path("out/source"));
    opens_with(&world, PASSWORD).code(12);
}

/// Id of the plan key that a sealed file names.
fn key_id(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap()[14..30].to_vec()
}

fn volume(world: &World, version: &str) -> PathBuf {
    world.plan_folder().join("data").join(version).join("v0001.tar.zst.sealed")
}

#[test]
fn after_a_rotation_new_versions_take_a_new_key_and_old_ones_stay_readable() {
    let world = backed_up("--kdf pbkdf2 --recovery-key-file @paper");
    let paper = fs::read_to_string(world.path("paper")).unwrap();
    let first = world.versions()[0]["id"].as_str().unwrap().to_string();
    tool("cp", ["-a".as_ref(), world.source().as_os_str(), world.path("before").as_os_str()]);
    // Another home that knows the key from before.
    tool("cp", ["-a".as_ref(), world.home().as_os_str(), world.path("home before").as_os_str()]);

    fs::create_dir(world.path("old keys")).unwrap();
    for name in key_files(&world) {
        fs::copy(world.plan_folder().join(&name), world.path("old keys").join(name)).unwrap();
    }

    world.run("key rotate --from @dest --kdf pbkdf2 --json").code(2);
    let rotated = world.run("key rotate --from @dest --kdf pbkdf2 --recovery-key-file @paper2 --yes --json").ok().last();
    assert_eq!((rotated["older_keys"].as_u64(), rotated["slots"].as_array().unwrap().len()), (Some(1), 2));
    fs::write(world.source().join("new"), "after the rotation").unwrap();
    let line = "backup --source @source --to @dest --json";
    let run = with(&world, line, &[]).ok().last();
    // What lies in volumes under the old key is not stored again.
    assert_eq!((&run["type"], run["packed"]["content"].as_u64()), (&"incremental".into(), Some(18)), "{run}");
    let second = run["version"].as_str().unwrap().to_string();
    assert_ne!(key_id(&volume(&world, &first)), key_id(&volume(&world, &second)));

    for (secret, version, tree) in [
        (PASSWORD, &first, world.path("before")),
        (PASSWORD, &second, world.source()),
        (fs::read_to_string(world.path("paper2")).unwrap().trim(), &first, world.path("before")),
    ] {
        let _ = fs::remove_dir_all(world.path("out"));
        let line = format!("restore --from @dest --version {version} --to @out");
        stranger(&world, &line, &[("STRONGROOM_PASSWORD", Path::new(secret))]).ok();
        assert_same(&tree, &world.path("out/source"));
    }
    // What was not given lapsed.
    opens_with(&world, paper.trim()).code(12);
    let target = world.path("by recover.py");
    recover(&world.plan_folder(), PASSWORD, &["--to", target.to_str().unwrap()]).ok();
    assert_same(&world.source(), &below(&target, &world.source()));
    world.run("verify --from @dest --depth full").ok();

    // A home that has the old key only asks, and does not take the new versions for foreign.
    let old_home = |line: &str, password: Option<&str>| {
        world.run_with(line, |command| {
            command.env("STRONGROOM_HOME", world.path("home before")).env_remove("STRONGROOM_PASSWORD");
            if let Some(password) = password {
                command.env("STRONGROOM_PASSWORD", password);
            }
        })
    };
    assert_eq!(old_home("ls --from @dest --json", None).code(12).problem(), "password-needed");
    assert_eq!(old_home("backup --source @source --to @dest --json", None).code(12).problem(), "password-needed");
    old_home("ls --from @dest", Some(PASSWORD)).ok();
    // Key files from before the rotation are not written with: who puts them back may have the old key.
    for name in key_files(&world) {
        fs::rename(world.plan_folder().join(&name), world.path(&name)).unwrap();
    }
    for name in ["keys-1.json", "keys-1.copy.json"] {
        fs::copy(world.path("old keys").join(name), world.plan_folder().join(name)).unwrap();
    }
    assert_eq!(world.run(line).code(1).problem(), "foreign-hand");
    assert_eq!(with(&world, line, &[]).code(1).problem(), "foreign-hand");
    assert_eq!(world.run("key rotate --from @dest --yes --json").code(1).problem(), "foreign-hand");
    with(&world, "verify --from @dest --depth full", &[]).ok();
    // Reading does not make the old key the newest.
    world.run("ls --from @dest").ok();
    assert_eq!(with(&world, line, &[]).code(1).problem(), "foreign-hand");
    for name in ["keys-1.json", "keys-1.copy.json"] {
        fs::remove_file(world.plan_folder().join(name)).unwrap();
    }
    for name in ["keys-2.json", "keys-2.copy.json"] {
        fs::rename(world.path(name), world.plan_folder().join(name)).unwrap();
    }
    world.run(line).ok();

    // Once more: a key of a key.
    world.run("key rotate --from @dest --kdf pbkdf2 --yes").ok();
    assert_eq!(world.run("key list --from @dest --json").ok().last()["older_keys"], 2);
    world.restore_and_compare(&first, &world.path("before"));

    // Where the drive itself was restored from a copy, the person says so. No key that is known here is lost.
    for name in key_files(&world) {
        fs::remove_file(world.plan_folder().join(name)).unwrap();
    }
    for name in ["keys-1.json", "keys-1.copy.json"] {
        fs::copy(world.path("old keys").join(name), world.plan_folder().join(name)).unwrap();
    }
    with(&world, line, &[]).code(1);
    with(&world, &format!("{line} --take-over"), &[]).ok();
    with(&world, line, &[]).ok();
    world.run("key rotate --from @dest --kdf pbkdf2 --yes").ok();
    assert_eq!(world.run("key list --from @dest --json").ok().last()["older_keys"], 3);
    stranger(
        &world,
        &format!("restore --from @dest --version {second} --to @last"),
        &[("STRONGROOM_PASSWORD", Path::new(PASSWORD))],
    )
    .ok();
}

#[test]
fn volumes_by_aes_128_are_made_and_read() {
    let world = backed_up("--cipher aes-128-gcm");
    fs::write(world.source().join("new"), "by the other cipher").unwrap();
    // Each object says what it is sealed with: a run may take another.
    let second = world.run("backup --source @source --to @dest --json").ok().last()["version"].as_str().unwrap().to_string();
    let first = world.versions()[0]["id"].as_str().unwrap().to_string();
    let cipher = |version: &str| fs::read(volume(&world, version)).unwrap()[12];
    assert_eq!((cipher(&first), cipher(&second)), (2, 1));
    world.run("verify --from @dest --depth full").ok();
    world.restore_and_compare("latest", &world.source());
    let target = world.path("by recover.py");
    recover(&world.plan_folder(), PASSWORD, &["--to", target.to_str().unwrap()]).ok();
    assert_same(&world.source(), &below(&target, &world.source()));
    world.run("backup --source @source --to @other --cipher rot13").code(2);
}

#[test]
fn a_plan_reads_the_password_that_was_made_for_it() {
    let world = World::new();
    tree::plain(&world.source(), 10, &mut Random(33));
    let bare = |line: &str| with(&world, line, &[]);
    bare("plan add n --source @source --to @dest --kdf pbkdf2 --make-password @made").ok();
    assert_eq!(fs::metadata(world.path("made")).unwrap().permissions().mode() & 0o777, 0o600);
    let made = fs::read_to_string(world.path("made")).unwrap();
    assert!(made.trim().len() > 30, "{made}");
    bare("backup n").ok();
    opens_with(&world, made.trim()).ok();

    // This machine loses its key: the file stands in for it.
    let forget = || {
        let secrets = world.home().join("data/secrets");
        assert!(secrets.is_dir(), "{:?}", fs::read_dir(world.home()).unwrap().collect::<Vec<_>>());
        fs::remove_dir_all(secrets).unwrap();
    };
    forget();
    bare("backup n").ok();
    bare("ls --from @dest").ok();
    fs::rename(world.path("made"), world.path("moved")).unwrap();
    let gone = bare("backup n --json").code(12);
    assert!(gone.last()["error"]["what"].as_str().unwrap().contains("/made"), "{}", gone.out);
    bare("plan edit n --password-file @moved").ok();
    bare("backup n").ok();
    bare("key new @stick").ok();
    with(&world, "key add --from @dest --add-key-file @stick", &[("STRONGROOM_PASSWORD", made.trim())]).ok();
    bare("plan edit n --key-file @stick").ok();
    fs::remove_file(world.path("moved")).unwrap();
    forget();
    bare("backup n").ok();
}

/// Whatever is set for key files changes nothing of a backup that is not encrypted.
#[test]
fn a_backup_without_encryption_has_no_keys() {
    let world = backed_up("--no-encryption");
    world.run("key new @stick").ok();
    world.run("key list --from @dest --json").code(2);
    world.run("key add --from @dest --add-key-file @stick --json").code(2);
    stranger(&world, "ls --from @dest", &[("STRONGROOM_KEY_FILE", &world.path("stick"))]).ok();
    world.run("backup --source @source --to @other --no-encryption --cipher aes-128-gcm").code(2);
}

/// Runs a command that is killed at the n-th call that changes or syncs a file; whether it was.
fn killed_at(world: &World, n: usize, line: &[&str]) -> bool {
    let mut command = Command::new("strace");
    let calls = "fsync,fdatasync,rename,renameat,renameat2,linkat,unlink,unlinkat";
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
    command.args(["-e", &format!("inject={calls}:signal=SIGKILL:when={n}"), env!("CARGO_BIN_EXE_strongroom")]);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_callers(name)) {
        command.env_remove(name);
    }
    command.args(line).arg("--from").arg(world.dest()).arg("--key-file").arg(world.path("stick"));
    command.env("STRONGROOM_HOME", world.home()).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(ended.success() || ended.signal() == Some(9) || ended.code() == Some(137), "{ended}");
    !ended.success()
}

#[test]
fn killed_at_each_step_of_a_rewrite_something_opens() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(34));
    for file in ["stick", "other"] {
        world.run(&format!("key new @{file}")).ok();
    }
    world.run("backup --source @source --to @dest --key-file @stick").ok();
    world.run("key add --from @dest --key-file @stick --add-key-file @other").ok();
    let slot = slots(&world)[1]["id"].as_str().unwrap().to_string();
    let kept = |name: &str, back: bool| {
        let there = world.path(&format!("kept {name}"));
        let here = world.path(name);
        let (from, to) = if back { (there, here) } else { (here, there) };
        let _ = fs::remove_dir_all(&to);
        tool("cp", ["-a".as_ref(), from.as_os_str(), to.as_os_str()]);
    };
    ["dest", "home"].into_iter().for_each(|name| kept(name, false));

    for change in [&["key", "remove", &slot, "--yes"][..], &["key", "rotate", "--yes"]] {
        let mut kills = 0;
        for n in 1.. {
            ["dest", "home"].into_iter().for_each(|name| kept(name, true));
            if !killed_at(&world, n, change) {
                break;
            }
            kills += 1;
            assert!(n < 200, "it never gets to its end");
            // For anybody, right after.
            stranger(&world, "ls --from @dest --key-file @stick", &[]).ok();
            // The next run cleans up: one file of slots, twice, the same.
            world.run("backup --source @source --to @dest --key-file @stick --json").ok();
            let files: Vec<String> = key_files(&world).into_iter().collect();
            assert_eq!(files.len(), 2, "killed at {n} of {change:?}: {files:?}");
            let [a, b] = [0, 1].map(|at| fs::read(world.plan_folder().join(&files[at])).unwrap());
            assert_eq!(a, b);
            let there = slots(&world).len();
            stranger(&world, "ls --from @dest --key-file @other", &[]).code(if there == 2 { 0 } else { 12 });
            stranger(&world, "restore --from @dest --to @out --key-file @stick", &[]).ok();
            assert_same(&world.source(), &world.path("out/source"));
            fs::remove_dir_all(world.path("out")).unwrap();
        }
        assert!(kills >= 6, "only {kills} steps of {change:?}");
        assert_eq!(slots(&world).len(), 1, "and in the end it is done");
    }
}

#[test]
fn what_is_added_is_named_and_nothing_is_added_twice() {
    let world = backed_up("--kdf pbkdf2");
    let first = slots(&world)[0]["id"].as_str().unwrap().to_string();
    let add = |password: &str, line: &str| {
        let line = format!("key add --from @dest --kdf pbkdf2 {line}");
        world.run_with(&line, |command| _ = command.env("STRONGROOM_NEW_PASSWORD", password))
    };
    let twice = add(PASSWORD, "--json").code(2);
    assert!(twice.last()["error"]["what"].as_str().unwrap().contains(&first), "{}", twice.out);
    let said = add("the second one", "").ok().out;
    let second = slots(&world)[1]["id"].as_str().unwrap().to_string();
    assert!(said.contains(&second) && !said.contains(&first), "{said}");
    let third = add("the third one", "--json").ok().last();
    let third = third["added"].as_array().unwrap()[0].as_str().unwrap().to_string();
    assert_eq!(slots(&world)[2]["id"], third.as_str());
    let said = world.run(&format!("key remove {second} --from @dest --yes")).ok();
    assert!(said.out.contains(&second) && said.err.contains("2 other passwords are left"), "{}{}", said.out, said.err);
    opens_with(&world, "the second one").code(12);
    let said = world.run(&format!("key remove {third} --from @dest --yes")).ok();
    assert!(said.err.contains("1 other password is left"), "{}", said.err);
    // What was made for a change that was refused does not lie about.
    with(&world, "key add --from @dest --make-password @made", &[("STRONGROOM_PASSWORD", "wrong")]).code(12);
    assert!(!world.path("made").exists());
}

#[test]
fn what_does_not_open_is_called_what_it_is() {
    let world = backed_up("--kdf pbkdf2 --recovery-key-file @paper");
    world.run("key new @stick").ok();
    let paper = fs::read_to_string(world.path("paper")).unwrap();
    let paper = paper.trim();
    let said = |ran: Ran| ran.code(12).last()["error"]["what"].as_str().unwrap().to_string();
    let by_file = said(stranger(&world, "ls --from @dest --key-file @stick --json", &[]));
    assert_eq!(by_file, "This key file does not open the backup.");
    let last = if paper.ends_with('A') { 'B' } else { 'A' };
    for mistyped in [&format!("{}{last}", &paper[..paper.len() - 1]), &paper[..paper.len() - 6]] {
        let by_paper = said(opens_with(&world, mistyped));
        assert!(by_paper.contains("checksum"), "{by_paper}");
    }
    assert_eq!(said(opens_with(&world, "wrong")), "This password does not open the backup.");
    world.run("key recovery @paper2 --from @dest").ok();
    assert_eq!(said(opens_with(&world, paper)), "This recovery key does not open the backup.");
    // A new password that is missing is asked for by its own names.
    let missing = world.run("key add --from @dest --json").code(12);
    assert!(missing.last()["error"]["fix"].as_str().unwrap().contains("STRONGROOM_NEW_PASSWORD"), "{}", missing.out);
}

/// Without its key files nothing opens a backup but a machine that knows the key; and that is what is said.
#[test]
fn where_both_key_files_are_gone_it_is_said_what_helps() {
    let world = backed_up("--kdf pbkdf2");
    for name in key_files(&world) {
        fs::remove_file(world.plan_folder().join(name)).unwrap();
    }
    for line in ["ls --from @dest --json", "verify --from @dest --json"] {
        let gone = opens_with_line(&world, line).code(1).last();
        let (what, fix) = (gone["error"]["what"].as_str().unwrap(), gone["error"]["fix"].as_str().unwrap());
        assert!(what.contains("keys-1.json") && fix.contains("Put one back") && !fix.contains("Verify"), "{what} {fix}");
    }
    with(&world, "restore --from @dest --to @out", &[]).ok();
    assert_same(&world.source(), &world.path("out/source"));
}

fn opens_with_line(world: &World, line: &str) -> Ran {
    stranger(world, line, &[("STRONGROOM_PASSWORD", Path::new(PASSWORD))])
}
