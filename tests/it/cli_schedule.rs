//! Schedules of plans from the command line.

use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Random, World};
use crate::tree;

/// What `schedule list` says of each.
fn listed(world: &World) -> Vec<Value> {
    let mut lines = world.run("schedule list Docs --json").ok().lines();
    lines.pop();
    lines
}

/// Waits for something, a minute at most.
fn until(what: &str, is: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < end, "{what}");
        sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_plan_has_any_number_of_schedules() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(1));
    world.run("plan add Docs --source @source --to @dest").ok();
    assert_eq!(listed(&world), [] as [Value; 0]);
    world.run("schedule add Docs --every daily --at 8:00,20:00 --name Daily").ok();
    world.run("schedule add Docs --every weekly --on sun --at 03:00 --type full").ok();
    world.run("schedule add Docs --at-start 10").ok();
    let words = |all: &[Value]| all.iter().map(|line| line["in_words"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let all = listed(&world);
    assert_eq!(
        words(&all),
        ["every day at 08:00 and 20:00", "every Sunday at 03:00, full", "10 minutes after Strongroom starts"]
    );
    let id = all[1]["schedule"]["id"].as_str().unwrap().to_owned();
    world.run("schedule edit Docs").code(2);
    world.run(&format!("schedule edit Docs {id} --type differential")).ok();
    world.run("schedule disable Docs Daily").ok();
    world.run("schedule edit Docs Daily --every hourly --at :30").ok();
    let all = listed(&world);
    assert_eq!(words(&all)[..2], ["every hour at 30 minutes past (off)", "every Sunday at 03:00, differential"]);
    assert_eq!((&all[0]["schedule"]["on"], &all[0]["next"]), (&json!(false), &Value::Null));
    world.run("schedule enable Docs Daily").ok();
    world.run("schedule remove Docs").code(2);
    world.run("schedule remove Docs nobody").code(2);
    world.run(&format!("schedule remove Docs {id}")).ok();
    assert_eq!(listed(&world).len(), 2);

    let next = world.run("schedule next Docs --count 4 --json").ok().lines();
    assert_eq!(next.len(), 5, "{next:?}");
    let minutes: Vec<_> = next[..4].iter().map(|line| line["at"].as_str().unwrap()[14..19].to_owned()).collect();
    assert_eq!(minutes, ["30:00"; 4]);
    assert_eq!(next[4]["count"], 4);
}

#[test]
fn what_cannot_be_a_schedule_is_refused() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(1));
    world.run("plan add Docs --source @source --to @dest").ok();
    for wrong in [
        "--every fortnightly",
        "--every daily --at 25:00",
        "--every daily --on mon",
        "--every 0h",
        "--every cron:x",
        "--at-start 9999",
        "--every daily --at-start",
        "",
    ] {
        world.run(&format!("schedule add Docs {wrong}")).code(2);
    }
    world.run("schedule add Nobody --every daily").code(10);
    assert_eq!(listed(&world), [] as [Value; 0]);
}

#[test]
fn the_daemon_keeps_to_the_schedules_and_a_command_talks_to_it() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(1));
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("status").code(3);
    world.run("schedule add Docs --at-start").ok();
    let mut daemon = world.words("daemon").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("its first backup", || world.run("history --json").ok().last()["total"] == 1);
    world.run("status Docs").ok();
    // Made in the daemon's engine, which holds the home.
    world.run("backup Docs").ok();
    assert_eq!(world.versions().len(), 2);
    world.run("daemon").code(1);
    world.run("plan edit Docs --schedule off").ok();
    rustix::process::kill_process(rustix::process::Pid::from_child(&daemon), rustix::process::Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
    assert_eq!(listed(&world), [] as [Value; 0]);

    std::fs::rename(world.dest(), world.path("away")).unwrap();
    world.run("backup Docs").code(10);
    let said = world.run("status --json").code(1).lines();
    assert_eq!((&said[0]["status"], &said[1]["status"]), (&json!("needs-attention"), &json!("needs-attention")));
    assert!(said[0]["why"].as_str().is_some_and(|why| !why.is_empty()));
}

#[test]
fn what_is_kept_is_set_looked_at_and_carried_out() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(1));
    world.run("plan add Docs --source @source --to @dest").ok();
    for n in 0..4 {
        std::fs::write(world.source().join("changed"), format!("{n}")).unwrap();
        world.run("backup Docs").ok();
    }
    assert_eq!(world.run("retention show Docs --json").ok().last()["in_words"], "for ever");
    world.run("retention set Docs").code(2);
    world.run("retention set Docs --keep-last many").code(2);
    let looked = world.run("retention preview Docs --keep-last 3 --json").ok().lines();
    let stays: Vec<bool> = looked.iter().filter_map(|line| line["stays"].as_bool()).collect();
    assert_eq!(stays, [true, true, true, false]);
    assert_eq!(world.run("cleanup Docs --json").ok().last()["versions"], json!([]), "a preview sets nothing");
    world.run("retention set Docs --keep-last 3").ok();
    let oldest = world.versions().first().unwrap()["id"].as_str().unwrap().to_owned();
    world.run(&format!("pin Docs {oldest}")).ok();
    assert_eq!(world.run("cleanup Docs --dry-run --json").ok().last()["going"], 0);
    world.run(&format!("unpin Docs {oldest}")).ok();
    assert_eq!(world.run("cleanup Docs --dry-run --json").ok().last()["going"], 1);
    assert_eq!(world.versions().len(), 4);
    world.run("backup Docs").ok();
    assert_eq!(world.versions().len(), 3, "what is not kept goes after a backup");
    world.run("retention set Docs --keep-last 1").ok();
    let asked = world.run("cleanup Docs --json").code(1);
    assert!(asked.out.contains("2 of 3 versions would go"), "{}", asked.out);
    world.run("cleanup Docs --anyway").ok();
    assert_eq!(world.versions().len(), 1);
    let history = world.run("history --kind delete --json").ok().lines();
    assert!(history.iter().any(|line| line["cleaned"][0]["verdicts"][0]["why"][0]["reason"] == "not-kept"), "{history:?}");
    world.restore_and_compare("latest", &world.source());
}
