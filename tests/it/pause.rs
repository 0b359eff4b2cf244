//! `strongroom pause` and `strongroom resume` beside a command that runs.

use std::fs;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Random, World};
use crate::tree;

fn begin(world: &World) -> Child {
    let mut command = world.command();
    command
        .args(["backup", "--volume-size", "4M", "--level", "15", "--source"])
        .arg(world.source())
        .arg("--to")
        .arg(world.dest());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Pauses what has just been begun, as soon as it runs; returns what was said.
fn pause(world: &World) -> String {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let said = world.run("pause");
        if said.code == Some(0) {
            return said.out;
        }
        assert!(Instant::now() < until, "it does not begin: {}", said.err);
    }
}

fn world() -> World {
    let world = World::new();
    let mut random = Random(6);
    tree::plain(&world.source(), 200, &mut random);
    for n in 0..10 {
        fs::write(world.source().join(format!("large {n}")), random.bytes(8 << 20)).unwrap();
    }
    world
}

/// Processor time that a process has taken, in ticks of ten milliseconds.
fn ticks(child: &Child) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    [11, 12].map(|at| fields[at].parse::<u64>().unwrap()).iter().sum()
}

#[test]
fn a_command_is_paused_and_resumed_by_another() {
    let world = world();
    assert_eq!(world.run("pause --json").code(10).problem(), "nothing-there");
    let mut child = begin(&world);
    assert_eq!(pause(&world).trim(), "Paused \"source\"");
    assert_eq!(world.run("pause --json").code(10).problem(), "nothing-there", "it is already");
    assert_eq!(world.run("resume Pictures --json").code(10).problem(), "nothing-there");
    // What was on its way comes to an end; then nothing is done.
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let before = ticks(&child);
        sleep(Duration::from_millis(500));
        if ticks(&child) - before <= 2 {
            break;
        }
        assert!(Instant::now() < until, "it goes on working");
    }
    assert!(child.try_wait().unwrap().is_none() && world.versions().is_empty());
    let said = world.run("resume source --json").ok().last();
    assert_eq!((said["runs"][0]["name"].as_str(), said["runs"][0]["kind"].as_str()), (Some("source"), Some("backup")));
    assert!(child.wait().unwrap().success());
    world.run("verify --from @dest --depth full").ok();
    world.restore_and_compare("latest", &world.source());
}

#[test]
fn a_paused_command_is_cancelled_or_killed_and_gone_on_with() {
    let world = world();
    for signal in [Signal::INT, Signal::KILL] {
        let mut child = begin(&world);
        pause(&world);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ended = child.wait().unwrap();
        assert_eq!(ended.code(), (signal == Signal::INT).then_some(130));
        assert!(world.versions().is_empty());
    }
    assert_eq!(world.back_up()["result"], "completed");
    assert_eq!(world.versions().len(), 1);
    world.restore_and_compare("latest", &world.source());
}

#[test]
fn everything_is_paused_for_a_while_also_where_nothing_runs() {
    let world = world();
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("schedule add Docs --every daily").ok();
    for wrong in
        ["--for never", "--for 0h", "--until yesterday", "--until 2001-01-01T00:00", "Docs --for 1h", "--for 1h --until tomorrow"]
    {
        world.run(&format!("pause {wrong}")).code(2);
    }
    assert_eq!(world.run("status --json").lines().last().unwrap()["paused"], serde_json::Value::Null);
    assert!(world.run("pause --for 90m").ok().out.starts_with("Paused until "));
    let said = world.run("status --json").code(3).lines();
    assert_eq!(said[0]["status"], "paused");
    assert!(said[1]["paused"]["until"].is_string(), "{said:?}");
    assert!(world.run("pause --until resumed").ok().out.contains("until you resume"), "the newer one holds");
    assert_eq!(world.run("status --json").lines()[1]["paused"]["until"], serde_json::Value::Null);
    world.run("backup Docs").ok();
    world.run("resume").ok();
    assert_eq!(world.run("status --json").ok().lines()[1]["paused"], serde_json::Value::Null);
    world.run("resume").code(10);
}
