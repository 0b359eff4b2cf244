//! What keeps a due backup from beginning: a pause, a condition, another run's destination.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use strongroom::engine::message::Turn;
use strongroom::model::conditions::Wait;
use strongroom::model::pause::PauseFor;
use strongroom::model::run::{Outcome, RunKind, Trigger};
use strongroom::model::schedule::When;
use strongroom::model::settings::Settings;
use strongroom::model::status::Status;

use super::*;

fn until<T>(what: &str, find: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Has the engine look at the clock again.
fn nudge(world: &World) {
    world.handle().send(Command::MarkSeen).unwrap();
}

fn count(world: &World, plan: &Plan) -> usize {
    let versions = world.handle().versions(world.place(plan)).wait();
    versions.map_or(0, |versions| versions.len())
}

/// A plan that was due an hour ago, once the engine runs schedules.
fn due(world: &mut World) -> Plan {
    world.clock.set("2026-11-20T12:00:00Z");
    write(&world.source().join("a"), "x");
    let plan = Plan { schedules: world.every("daily"), ..world.plan("Documents") };
    world.save(&plan).unwrap();
    world.stop();
    world.clock.set("2026-11-20T21:00:00Z");
    plan
}

#[test]
fn while_paused_nothing_runs_by_itself_and_afterwards_it_is_made_up() {
    let mut world = World::new();
    let plan = due(&mut world);
    world.start("home", false);
    world.handle().send(Command::PauseSchedules(PauseFor::Hour)).unwrap();
    until("the pause", || world.handle().overview().paused);
    // Another start knows of it.
    world.stop();
    world.start("home", true);
    let overview = world.handle().overview();
    let paused = overview.paused.unwrap();
    assert_eq!(overview.plans[0].status, Status::Paused);
    assert_eq!(paused.until.unwrap().duration_since(paused.since), jiff::SignedDuration::from_hours(1));
    // Whoever changes the settings meanwhile does not end it, though what they read may be older.
    world.handle().save_settings(Settings { scale: 125, paused: None, ..overview.settings.clone() }).wait().unwrap();
    nudge(&world);
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed, "by hand it runs");
    assert_eq!(count(&world, &plan), 1);
    world.clock.set("2026-11-21T20:00:10Z");
    nudge(&world);
    until("it is over by itself", || (count(&world, &plan) == 2).then_some(()));
    let overview = world.handle().overview();
    assert_eq!((overview.paused, overview.settings.scale), (None, 125));
    assert_ne!(overview.plans[0].status, Status::Paused);
}

#[test]
fn resuming_makes_up_for_what_was_missed() {
    let mut world = World::new();
    let plan = due(&mut world);
    world.start("home", false);
    world.handle().send(Command::PauseSchedules(PauseFor::UntilTold)).unwrap();
    until("the pause", || world.handle().overview().paused);
    world.stop();
    world.start("home", true);
    nudge(&world);
    assert_eq!(count(&world, &plan), 0);
    world.handle().send(Command::ResumeSchedules).unwrap();
    until("its backup", || (count(&world, &plan) == 1).then_some(()));
    assert_eq!(world.handle().overview().paused, None);
}

#[test]
fn what_runs_stands_still_with_everything_and_goes_on() {
    let world = World::new();
    write(&world.source().join("large"), crate::support::Random(5).bytes(60 << 20));
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    let handle = world.handle();
    let mut events = handle.events();
    let run = RunId(7);
    handle.send(back_up(run, &plan)).unwrap();
    handle.send(Command::PauseSchedules(PauseFor::UntilTold)).unwrap();
    until("it stands still", || handle.overview().runs.iter().any(|r| r.run == run && r.paused).then_some(()));
    handle.send(Command::ResumeSchedules).unwrap();
    assert_eq!(report_of(&mut events, run).outcome, Outcome::Completed);
}

#[test]
fn a_time_window_holds_a_due_run_back() {
    let mut world = World::new();
    let mut plan = due(&mut world);
    plan.schedules = plan.schedules.map(|schedule| schedule.conditions = "between:22:00-06:00".parse().unwrap());
    world.start("home", false);
    world.save(&plan).unwrap();
    world.stop();
    world.start("home", true);
    let waits = until("it waits", || Some(world.handle().overview().plans[0].waits.clone()).filter(|waits| !waits.is_empty()));
    assert!(matches!(waits[..], [Wait::Hours(_)]), "{waits:?}");
    assert_eq!(count(&world, &plan), 0);
    world.clock.set("2026-11-20T22:00:01Z");
    nudge(&world);
    until("its backup", || (count(&world, &plan) == 1).then_some(()));
    until("it waits no more", || world.handle().overview().plans[0].waits.is_empty().then_some(()));
}

#[test]
fn a_program_that_runs_holds_a_due_run_back() {
    let mut world = World::new();
    let mut plan = due(&mut world);
    // A name that nobody else's program has.
    let name = format!("busy-{}", std::process::id());
    let program = world.path(&name);
    std::fs::copy("/bin/sleep", &program).unwrap();
    let mut busy = std::process::Command::new(&program).arg("600").spawn().unwrap();
    plan.schedules = plan.schedules.map(|schedule| schedule.conditions = format!("not-while:{name}").parse().unwrap());
    world.start("home", false);
    world.save(&plan).unwrap();
    world.stop();
    world.start("home", true);
    let waits = until("it waits", || Some(world.handle().overview().plans[0].waits.clone()).filter(|waits| !waits.is_empty()));
    assert_eq!(waits, [Wait::Program(name)]);
    busy.kill().unwrap();
    busy.wait().unwrap();
    until("its backup", || {
        nudge(&world);
        (count(&world, &plan) == 1).then_some(())
    });
}

#[test]
fn two_runs_never_write_to_one_destination_and_as_many_run_as_may() {
    let world = World::new();
    write(&world.source().join("large"), crate::support::Random(5).bytes(20 << 20));
    let plans: Vec<Plan> = ["One", "Two", "Three"].map(|name| world.plan(name)).to_vec();
    let other = world.path("other");
    std::fs::create_dir(&other).unwrap();
    let mut plans = plans;
    plans[2].destinations = vec![Location::local(other)];
    plans.iter().for_each(|plan| world.save(plan).unwrap());
    let handle = world.handle();
    let mut settings = handle.overview().settings.clone();
    settings.runs_at_once = 1;
    handle.save_settings(settings.clone()).wait().unwrap();
    let mut events: Vec<_> = plans.iter().map(|_| handle.events()).collect();
    (0..3).for_each(|at| handle.send(back_up(RunId(at as u64), &plans[at])).unwrap());
    // What stands still is in nobody's way: the first is held, so that what waits can be looked at.
    let turns = until("all are there", || {
        let runs = handle.overview().runs.clone();
        (runs.len() == 3).then(|| runs.iter().map(|run| run.turn.clone()).collect::<Vec<_>>())
    });
    assert_eq!(turns, [None, Some(Turn::Destination(world.location())), Some(Turn::Others)]);
    for (at, events) in events.iter_mut().enumerate() {
        assert_eq!(report_of(events, RunId(at as u64)).outcome, Outcome::Completed);
    }
}

/// Runs that follow changes, of a plan whose rules leave something out.
#[test]
fn a_backup_follows_changes_and_nothing_else() {
    let mut world = World::new();
    // Behind the file system's clock, by which the times of files go, until both are the same at the end.
    world.clock.set(&(Timestamp::now() - jiff::SignedDuration::from_secs(600)).to_string());
    write(&world.source().join("a"), "x");
    write(&world.source().join("cache/old"), "x");
    let mut plan = world.plan("Documents");
    plan.sources.excludes = vec!["cache/".into(), "*.tmp".into()];
    plan.schedules = world.every("daily").map(|schedule| schedule.when = When::Change { settle_seconds: 0, at_most_minutes: 1 });
    world.save(&plan).unwrap();
    world.stop();
    world.start("home", true);
    let runs = |world: &World| {
        let filter = strongroom::model::history::HistoryFilter { limit: 100, ..Default::default() };
        let runs = world.handle().history(filter).wait().unwrap().runs;
        runs.into_iter().filter(|run| run.kind == RunKind::Backup).collect::<Vec<_>>()
    };
    let first = until("what never ran runs at once", || Some(runs(&world)).filter(|runs| runs.len() == 1));
    assert_eq!(first[0].trigger, Trigger::Schedule);
    let next_after = |world: &World| {
        let mut clock = world.clock.0.lock().unwrap();
        // Past what must lie between two runs.
        clock.0 += jiff::SignedDuration::from_secs(61);
        drop(clock);
        nudge(world);
    };
    // What is left out, only read, or our own brings nothing; what comes after shows that all of it was heard.
    std::thread::sleep(Duration::from_millis(300));
    next_after(&world);
    write(&world.source().join("cache/new"), "x");
    write(&world.source().join("b.tmp"), "x");
    std::fs::read(world.source().join("a")).unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    nudge(&world);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(runs(&world).len(), 1);
    write(&world.source().join("new folder/deep/b"), "x");
    until("a new folder is heard of", || (runs(&world).len() == 2).then_some(()));
    next_after(&world);
    write(&world.source().join("new folder/deep/b"), "y");
    until("and so is what changes in it", || {
        nudge(&world);
        (runs(&world).len() == 3).then_some(())
    });
    next_after(&world);
    std::fs::remove_file(world.source().join("a")).unwrap();
    until("and what goes", || {
        nudge(&world);
        (runs(&world).len() == 4).then_some(())
    });
    // What changed while nobody looked is found by the times of things; what did not change is not.
    world.stop();
    write(&world.source().join("new folder/deep/b"), "z");
    let now = Timestamp::now() + jiff::SignedDuration::from_secs(10);
    world.clock.set(&now.to_string());
    world.start("home", true);
    until("what changed meanwhile", || (runs(&world).len() == 5).then_some(()));
    world.stop();
    world.clock.set(&(now + jiff::SignedDuration::from_secs(120)).to_string());
    world.start("home", true);
    std::thread::sleep(Duration::from_millis(1500));
    nudge(&world);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(runs(&world).len(), 5);
}

/// More than can wait is told while the folders are still being watched one by one: nothing hangs, and what comes after is heard of.
#[test]
fn a_flood_of_changes_while_it_begins_to_watch_drowns_nothing() {
    let mut world = World::in_memory();
    world.clock.set(&(Timestamp::now() - jiff::SignedDuration::from_secs(600)).to_string());
    for n in 0..1500 {
        write(&world.source().join(format!("{n:04}/file")), "x");
    }
    let mut plan = world.plan("Documents");
    plan.schedules = world.every("daily").map(|schedule| schedule.when = When::Change { settle_seconds: 0, at_most_minutes: 1 });
    world.save(&plan).unwrap();
    world.stop();
    let ended = Arc::new(AtomicBool::new(false));
    let flood = {
        let (ended, source) = (ended.clone(), world.source());
        std::thread::spawn(move || {
            for n in 0.. {
                if ended.load(Relaxed) {
                    return;
                }
                write(&source.join(format!("{:04}/flood", n % 50)), n.to_string());
            }
        })
    };
    world.start("home", true);
    until("the first run", || (count(&world, &plan) >= 1).then_some(()));
    std::thread::sleep(Duration::from_secs(2));
    ended.store(true, Relaxed);
    flood.join().unwrap();
    let advance = |world: &World| {
        let mut clock = world.clock.0.lock().unwrap();
        clock.0 += jiff::SignedDuration::from_secs(61);
        drop(clock);
        nudge(world);
    };
    // Whatever of the flood is still untold leads to one more run at most.
    std::thread::sleep(Duration::from_secs(2));
    advance(&world);
    std::thread::sleep(Duration::from_secs(2));
    let before = count(&world, &plan);
    advance(&world);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(count(&world, &plan), before, "nothing changes any more");
    write(&world.source().join("1499/file"), "y");
    until("what comes after", || {
        nudge(&world);
        (count(&world, &plan) == before + 1).then_some(())
    });
}
