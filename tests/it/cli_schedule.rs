//! Schedules of plans from the command line.

use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Random, World, long, until};
use crate::tree;

/// What `schedule list` says of each.
fn listed(world: &World) -> Vec<Value> {
    let mut lines = world.run("schedule list Docs --json").ok().lines();
    lines.pop();
    lines
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
    // What is not given stays.
    world.run(&format!("schedule edit Docs {id} --at 04:15")).ok();
    world.run("schedule edit Docs Daily --at :30").ok();
    assert_eq!(words(&listed(&world))[1], "every Sunday at 04:15, differential");
    world.run(&format!("schedule edit Docs {id} --on mon,wed")).ok();
    assert_eq!(words(&listed(&world))[1], "every Monday and Wednesday at 04:15, differential");
    world.run("schedule edit Docs Daily --on mon").code(2);
    world.run("schedule edit Docs Daily --at-most-every 30m").code(2);
    world.run("schedule add Docs --at 04:15").code(2);
    world.run("schedule remove Docs").code(2);
    world.run("schedule remove Docs nobody").code(2);
    world.run(&format!("schedule remove Docs {id}")).ok();
    assert_eq!(listed(&world).len(), 2);

    world.run("schedule add Docs --when-changed --at-most-every 30m --if power,between:22:00-06:00 --name Changes").ok();
    world.run("schedule add Docs --when-changed 5 --name Quick").ok();
    let all = listed(&world);
    assert_eq!(
        words(&all)[2..],
        [
            "when files change, at most every 30 minutes, only on mains power, from 22:00 to 06:00",
            "when files change, at most every 15 minutes"
        ]
    );
    assert_eq!(all[3]["schedule"]["when"], json!({ "kind": "change", "settle-seconds": 5, "at-most-minutes": 15 }));
    world.run("schedule edit Docs Changes --if none").ok();
    assert_eq!(words(&listed(&world))[2], "when files change, at most every 30 minutes");
    world.run("schedule edit Docs Changes --at-most-every 1h").ok();
    assert_eq!(words(&listed(&world))[2], "when files change, at most every hour");
    world.run("schedule edit Docs Changes --at 20:00").code(2);

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
        "--when-changed --every daily",
        "--when-changed --at-most-every 2d",
        "--every daily --at-most-every 2h",
        "--every daily --if rain",
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
    until("its first backup", || world.run("history --kind backup --json").ok().last()["total"] == 1);
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

/// `libfaketimeMT`, as `faketime` uses it for programs with threads.
fn fake_clock() -> std::path::PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let mut found = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).filter(|path| path.exists());
    found.next().expect("libfaketime: tests/run installs it")
}

/// The real program with a clock that is set forward by a month and put back again: what was missed is made up for once, and nothing waits
/// until the old time has come again.
#[test]
fn a_clock_that_jumps_brings_one_run_each_time() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(1));
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("schedule add Docs --every hourly").ok();
    let clock = world.path("clock");
    let set = |offset: &str| std::fs::write(&clock, offset).unwrap();
    set("+0");
    let mut command = world.words("daemon");
    command.env("LD_PRELOAD", fake_clock()).env("FAKETIME_TIMESTAMP_FILE", &clock).env("FAKETIME_NO_CACHE", "1");
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
    let mut daemon = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Whoever changes something has the engine look at the clock, which it does once a minute anyway.
    let runs = || {
        world.run("limit --runs 2").ok();
        world.run("history --kind backup --json").ok().last()["total"].as_u64().unwrap()
    };
    until("it runs", || world.run("limit --runs 2 --json").code == Some(0));
    let mut expected = 0;
    for offset in ["+61m", "+40d", "+41d", "+2d", "+3d"] {
        set(offset);
        expected += 1;
        until(&format!("the run at {offset}"), || runs() >= expected);
        sleep(Duration::from_millis(500));
        assert_eq!(runs(), expected, "{offset}");
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&daemon), rustix::process::Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
}

/// At login a command may just be at work: the daemon does not give up, it waits for the command's end.
#[test]
fn the_daemon_waits_for_a_command_that_runs() {
    let world = World::new();
    let mut random = Random(3);
    tree::plain(&world.source(), 5, &mut random);
    std::fs::write(world.source().join("large"), random.bytes(48 << 20)).unwrap();
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("schedule add Docs --at-start").ok();
    let mut command = world.words("backup Docs").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("it stands still", || world.run("pause").code == Some(0));
    let mut daemon = world.words("daemon").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    sleep(Duration::from_secs(1));
    assert!(daemon.try_wait().unwrap().is_none());
    world.run("resume").ok();
    assert!(command.wait().unwrap().success());
    until("the daemon's own backup", || world.run("history --kind backup --json").ok().last()["total"] == 2);
    rustix::process::kill_process(rustix::process::Pid::from_child(&daemon), rustix::process::Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
}

/// More folders than the system lets one watch: changes are found all the same, and no run comes without one.
#[test]
fn where_watches_run_out_changes_are_looked_for() {
    if !long() {
        return;
    }
    let world = World::new();
    for folder in ["a", "b", "c", "d"] {
        std::fs::create_dir_all(world.source().join(folder)).unwrap();
        std::fs::write(world.source().join(folder).join("file"), folder).unwrap();
    }
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("schedule add Docs --when-changed 0 --at-most-every 1m").ok();
    let command = world.words("daemon");
    let mut limited = std::process::Command::new("unshare");
    limited.args(["--user", "--map-root-user", "sh", "-c", "echo 2 > /proc/sys/user/max_inotify_watches && exec \"$0\" daemon"]);
    limited.arg(command.get_program());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let mut daemon = limited.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let runs = || world.run("history --kind backup --json").ok().last()["total"].as_u64().unwrap();
    until("its first backup", || runs() == 1);
    std::fs::write(world.source().join("d/new"), "new").unwrap();
    let end = Instant::now() + Duration::from_secs(150);
    while runs() < 2 {
        assert!(Instant::now() < end && daemon.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(500));
    }
    // Two more walks.
    sleep(Duration::from_secs(125));
    assert_eq!(runs(), 2);
    rustix::process::kill_process(rustix::process::Pid::from_child(&daemon), rustix::process::Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
}
