//! What a schedule waits for, as a desktop's own services say it on the system's bus; and that the machine is kept awake.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::servers::machine::{Machine, Stands};
use crate::servers::notifications::Bus;
use crate::support::{Random, World};
use crate::tree;

/// A desktop computer at which somebody sits.
fn stands() -> Stands {
    Stands { on_battery: false, percent: 80.0, metered: 2, idle_since: None }
}

struct Daemon(Child);

impl Daemon {
    fn start(world: &World, bus: &Bus) -> Self {
        let mut command = world.words("daemon");
        command.env("DBUS_SYSTEM_BUS_ADDRESS", &bus.address);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&self.0), rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

fn status(world: &World) -> Value {
    world.run("status --json").lines()[0].clone()
}

/// The engine looks again now and then by itself; a word from outside has it look at once.
fn until(world: &World, what: &str, is: impl Fn(&Value) -> bool) {
    let end = Instant::now() + Duration::from_secs(150);
    loop {
        world.run("limit --runs 2");
        let status = status(world);
        if is(&status) {
            return;
        }
        assert!(Instant::now() < end, "{what}: {status}");
        sleep(Duration::from_millis(500));
    }
}

#[test]
fn a_run_waits_for_what_its_schedule_says_and_says_so() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(1));
    let bus = Bus::start();
    let machine = Machine::start(&bus, Stands { on_battery: true, percent: 40.0, metered: 1, ..stands() });
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("schedule add Docs --at-start --if battery:50,unmetered,idle:5").ok();
    let _daemon = Daemon::start(&world, &bus);
    let waits = |status: &Value| status["waits"].as_array().map_or(0, Vec::len);
    until(&world, "it waits for all three", |status| waits(status) == 3);
    let said = world.run("status").out;
    for part in ["battery holds less than 50 % (40 %)", "the network is metered", "the computer is in use"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(world.versions().is_empty());
    machine.change(|now| (now.percent, now.metered) = (50.0, 4));
    until(&world, "it waits for quiet alone", |status| waits(status) == 1);
    assert!(world.versions().is_empty());
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() - Duration::from_secs(6 * 60);
    machine.change(|now| now.idle_since = Some(since.as_micros() as u64));
    until(&world, "it runs", |status| waits(status) == 0 && !status["last_success"].is_null());
    assert_eq!(world.versions().len(), 1);
}

#[test]
fn what_waits_can_be_started_anyway_and_keeps_the_machine_awake() {
    let world = World::new();
    let mut random = Random(1);
    tree::plain(&world.source(), 5, &mut random);
    std::fs::write(world.source().join("large"), random.bytes(64 << 20)).unwrap();
    let bus = Bus::start();
    let machine = Machine::start(&bus, Stands { on_battery: true, ..stands() });
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("schedule add Docs --at-start --if power").ok();
    let _daemon = Daemon::start(&world, &bus);
    until(&world, "it waits", |status| status["waits"].as_array().is_some_and(|waits| waits.len() == 1));
    assert_eq!(machine.holds(), [], "what waits keeps nothing awake");
    world.run("backup Docs").ok();
    assert_eq!(world.versions().len(), 1);
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let holds = machine.holds();
        let is_over = holds.first().is_some_and(|(_, still)| !still);
        if is_over {
            assert_eq!(holds.len(), 1);
            assert_eq!(holds[0].0, "sleep Strongroom: A backup or a restore is running (block)");
            break;
        }
        assert!(Instant::now() < end, "{holds:?}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn where_no_service_says_anything_nothing_waits() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(1));
    let bus = Bus::start();
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("schedule add Docs --at-start --if unmetered,idle,not-while:no-such-program").ok();
    let _daemon = Daemon::start(&world, &bus);
    until(&world, "it runs", |status| !status["last_success"].is_null());
    for wrong in ["weather", "battery:0", "not-while:/bin/sh", ""] {
        world.run(&format!("schedule edit Docs --if {wrong}")).code(2);
    }
    world.run("schedule edit Docs --if none").ok();
    let line = world.run("schedule list Docs --json").ok().lines()[0].clone();
    assert_eq!(line["in_words"], "when Strongroom starts");
}
