//! `strongroom status` says what would be lost now, as the daemon has found it.

use std::fs;
use std::process::Stdio;

use jiff::{ToSpan, Zoned};
use serde_json::Value;

use crate::support::{World, until};

/// What is said of the plan, and of all.
fn at_risk(world: &World) -> (Value, Value) {
    let lines = world.run("status --json").lines();
    (lines[0]["at_risk"].clone(), lines.last().unwrap()["at_risk"].clone())
}

#[test]
fn the_daemon_knows_what_would_be_lost_and_status_says_it() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("a"), "1").unwrap();
    world.run("plan add Docs --source @source --to @dest --exclude *.tmp").ok();
    world.run("backup Docs").ok();
    assert_eq!(at_risk(&world), (Value::Null, Value::Null), "nobody has looked");
    assert!(!world.run("status").ok().out.contains("lost"));
    // It follows changes, and waits for an hour that is not now.
    let hour = |ahead: i64| Zoned::now().checked_add(ahead.hours()).unwrap().strftime("%H:00").to_string();
    world.run(&format!("schedule add Docs --when-changed --if between:{}-{}", hour(3), hour(5))).ok();
    fs::write(world.source().join("b"), "changed").unwrap();
    fs::write(world.source().join("c.tmp"), "left out").unwrap();
    let mut daemon = world.words("daemon").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("what its follower meets on its way", || at_risk(&world).0["files"] == 1);
    let (plan, all) = at_risk(&world);
    assert_eq!((&plan["bytes"], &plan["at_least"], plan["as_of"].is_string()), (&7.into(), &false.into(), true), "{plan}");
    assert_eq!(plan, all);
    assert_eq!(world.run("status Docs --json").lines().last().unwrap()["at_risk"], plan);
    let said = world.run("status").out;
    assert!(said.contains(" · would be lost now: 1 file, 7 B (as of "), "{said}");
    // Made in the daemon's engine.
    world.run("backup Docs").ok();
    assert_eq!(at_risk(&world).0["files"], 0);
    let said = world.run("status").out;
    assert!(said.contains(" · would be lost now: nothing (as of "), "{said}");
    rustix::process::kill_process(rustix::process::Pid::from_child(&daemon), rustix::process::Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
    assert_eq!(at_risk(&world).0, Value::Null);
}
