//! What a process that was killed leaves: it is said, gone on with, and ends well.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{PASSWORD, Random, World};
use crate::tree;

/// A process that ends with its test.
struct Started(Child);

impl Started {
    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A display of its own, and its name.
fn screen() -> (Started, String) {
    let mut server = Command::new("Xvfb");
    // It would start afresh whenever its last client leaves, and take a window with it that is just arriving.
    server.args(["-displayfd", "1", "-screen", "0", "1000x700x24", "-nolisten", "tcp", "-noreset"]);
    let mut server = Started(server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("Xvfb"));
    let mut number = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut number).unwrap();
    (server, format!(":{}", number.trim()))
}

fn window(world: &World, display: &str) -> Started {
    let mut command = world.command();
    command.env("DISPLAY", display).stdout(Stdio::null()).stderr(Stdio::null());
    Started(command.spawn().unwrap())
}

fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "waited for {what}");
        sleep(Duration::from_millis(2));
    }
}

/// A plan "Docs" whose backup takes a while.
fn planned() -> World {
    let world = World::new();
    let mut random = Random(9);
    tree::plain(&world.source(), 200, &mut random);
    fs::write(world.source().join("big"), random.bytes(200 << 20)).unwrap();
    fs::create_dir(world.dest()).unwrap();
    world.run("plan add Docs --source @source --to @dest").ok();
    world
}

/// Whether a run has begun to write at the destination.
fn is_writing(world: &World) -> Option<()> {
    let folders = fs::read_dir(world.plan_folder().join("data")).ok()?.flatten();
    let mut volumes = folders.filter_map(|run| fs::read_dir(run.path()).ok()).flat_map(|run| run.flatten());
    volumes.any(|file| file.metadata().is_ok_and(|m| m.len() > 1 << 20)).then_some(())
}

fn history(world: &World) -> Vec<Value> {
    world.run("history --kind backup --json").ok().lines().into_iter().filter(|line| line.get("run").is_some()).collect()
}

/// One version, whole, and nothing of the run that was killed.
fn ended_well(world: &World) {
    assert_eq!(world.versions().len(), 1);
    assert_eq!(fs::read_dir(world.plan_folder().join("data")).unwrap().count(), 1, "what was left is gone on with");
    world.run("verify --from @dest --depth full").ok();
    world.restore_and_compare("latest", &world.source());
}

#[test]
fn a_killed_command_is_said_and_the_next_one_ends_well() {
    let world = planned();
    let mut command = world.command();
    command.args(["backup", "Docs"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut killed = Started(command.spawn().unwrap());
    wait("the run to write", || is_writing(&world));
    killed.kill();
    assert_eq!(world.versions().len(), 0);

    let next = world.run("backup Docs").ok();
    assert!(next.err.contains("was cut off"), "{}", next.err);
    let outcomes: Vec<Value> = history(&world).iter().map(|run| run["result"].clone()).collect();
    assert!(outcomes.contains(&"left-running".into()) && outcomes.contains(&"completed".into()), "{outcomes:?}");
    ended_well(&world);
    assert!(!world.run("backup Docs").ok().err.contains("was cut off"), "said once");
}

#[test]
fn a_killed_window_goes_on_with_its_run_when_it_is_started_again() {
    let world = planned();
    let (_server, display) = screen();
    let mut first = window(&world, &display);
    wait("the window's engine", || socket(&world.home()).exists().then_some(()));
    let mut command = world.command();
    command.args(["backup", "Docs"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut asking = Started(command.spawn().unwrap());
    wait("the run to write", || is_writing(&world));
    // The run is the window's: it goes on without whoever asked for it.
    asking.kill();
    first.kill();
    assert_eq!(world.versions().len(), 0);

    let _second = window(&world, &display);
    let runs = wait("the run to be gone on with", || {
        let runs = history(&world);
        runs.iter().any(|run| run["trigger"] == "resumed").then_some(runs)
    });
    let of = |trigger: &str| runs.iter().find(|run| run["trigger"] == trigger).unwrap()["result"].clone();
    assert_eq!((of("by-hand"), of("resumed")), ("left-running".into(), "completed".into()));
    ended_well(&world);
}

fn socket(home: &Path) -> std::path::PathBuf {
    home.join("run/engine.sock")
}

#[test]
fn a_damaged_home_is_said_and_nothing_of_it_is_lost() {
    let world = World::new();
    tree::plain(&world.source(), 3, &mut Random(4));
    fs::create_dir(world.dest()).unwrap();
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("backup Docs").ok();
    let data = world.home().join("data");

    // The history: set aside, said, and the next run takes what it finds at the destination.
    let database = data.join("history.sqlite");
    let mut bytes = fs::read(&database).unwrap();
    bytes.truncate(5000);
    fs::write(&database, &bytes).unwrap();
    // Whoever only reads leaves it alone: another process may hold it.
    assert!(world.run("history").ok().err.contains("The history cannot be read"));
    assert_eq!(fs::read(&database).unwrap(), bytes);
    let said = world.run("backup Docs").ok();
    assert!(said.err.contains("The history was damaged"), "{}", said.err);
    // Not its journal, which is set aside with it.
    let is_it = |name: &str| name.contains(".broken-") && name.ends_with('Z');
    let aside = fs::read_dir(&data).unwrap().flatten().find(|e| is_it(&e.file_name().to_string_lossy())).unwrap();
    assert_eq!(fs::read(aside.path()).unwrap(), bytes);
    assert!(!world.run("backup Docs").ok().err.contains("damaged"));
    assert_eq!(world.versions().len(), 3);

    // The key: without it the password opens, and the key is kept again.
    let secret = fs::read_dir(data.join("secrets")).unwrap().flatten().next().unwrap().path();
    fs::write(&secret, "").unwrap();
    world.run_with("backup Docs", |c| _ = c.env_remove("STRONGROOM_PASSWORD")).code(12);
    world.run_with("backup Docs", |c| _ = c.env("STRONGROOM_PASSWORD", PASSWORD)).ok();
    world.run_with("backup Docs", |c| _ = c.env_remove("STRONGROOM_PASSWORD")).ok();

    // The settings: nothing runs on half of them, nothing replaces them, and the copy beside them is what it was.
    let settings = world.home().join("config/settings.toml");
    world.run("plan edit Docs --level 4").ok();
    let copy = fs::read(settings.with_file_name("settings.toml.bak")).unwrap();
    let text = fs::read_to_string(&settings).unwrap();
    for left in ["", "\0\0\0\0", text[..text.len() / 2].trim_end_matches(|c| c != '=')] {
        fs::write(&settings, left).unwrap();
        for line in ["backup Docs --json", "plan edit Docs --level 5 --json", "plan remove Docs --yes --json"] {
            assert_eq!(world.run(line).code(1).problem(), "settings", "{left:?}");
        }
        assert_eq!(fs::read_to_string(&settings).unwrap(), left);
        assert_eq!(fs::read(settings.with_file_name("settings.toml.bak")).unwrap(), copy);
    }
    fs::write(&settings, copy).unwrap();
    world.run("backup Docs").ok();
    world.run("verify --from @dest --depth full").ok();
}

#[test]
fn a_window_that_cannot_start_says_why_and_tries_again() {
    let world = World::new();
    world.run("plan add Docs --source @dest --to @other --no-encryption").ok();
    let settings = world.home().join("config/settings.toml");
    let good = fs::read(&settings).unwrap();
    fs::write(&settings, "").unwrap();
    let (_server, display) = screen();
    let mut program = window(&world, &display);
    let xdotool = |args: &[&str]| Command::new("xdotool").args(args).env("DISPLAY", &display).output().expect("xdotool");
    let shown = || {
        sleep(Duration::from_millis(50));
        assert!(program.0.try_wait().unwrap().is_none(), "it ended");
        let found = xdotool(&["search", "--onlyvisible", "--name", "^Strongroom$"]).stdout;
        String::from_utf8(found).unwrap().split_whitespace().next_back().map(String::from)
    };
    let id = wait("a window that says why", shown);
    assert!(!socket(&world.home()).exists());
    fs::write(&settings, good).unwrap();
    wait("the engine after another try", || {
        xdotool(&["windowfocus", &id, "key", "Tab", "key", "Return"]);
        sleep(Duration::from_millis(300));
        socket(&world.home()).exists().then_some(())
    });
}
