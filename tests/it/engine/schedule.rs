//! Schedules run by the clock; what a crash left is gone on with.

use std::time::{Duration, Instant};

use strongroom::model::history::HistoryFilter;
use strongroom::model::run::{Outcome, RunKind, Trigger};
use strongroom::model::schedule::When;
use strongroom::model::snapshot::{BackupType, WantedType};
use strongroom::state::history::{Begun, History};

use super::*;

fn reports(world: &World, plan: &Plan) -> Vec<RunReport> {
    let filter = HistoryFilter { plan: Some(plan.id.clone()), limit: 100, ..HistoryFilter::default() };
    let all = world.handle().history(filter).wait().unwrap().runs;
    all.into_iter().filter(|run| run.kind != RunKind::Event).collect()
}

fn wait_for(world: &World, plan: &Plan, enough: impl Fn(&[RunReport]) -> bool) -> Vec<RunReport> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let found = reports(world, plan);
        if enough(&found) {
            return found;
        }
        assert!(Instant::now() < end, "{found:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_missed_run_is_made_up_once() {
    let mut world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    write(&world.source().join("a"), "x");
    let plan = Plan { schedules: world.every("daily"), ..world.plan("Documents") };
    world.save(&plan).unwrap();
    world.start("home", true);
    assert!(reports(&world, &plan).is_empty(), "it is not yet time");
    world.stop();
    world.clock.set("2026-11-23T09:00:00Z");
    world.start("home", true);
    let made_up = wait_for(&world, &plan, |r| !r.is_empty());
    assert_eq!((made_up[0].trigger, &made_up[0].outcome), (Trigger::Schedule, &Outcome::Completed));
    world.start("home", true);
    let next = world.handle().overview().plans[0].next_run().unwrap();
    assert_eq!(next, "2026-11-23T20:00:00Z".parse().unwrap());
    assert_eq!(reports(&world, &plan).len(), 1, "three days were missed, one run makes up for them");
}

#[test]
fn a_run_that_was_left_is_said_and_gone_on_with() {
    let mut world = World::new();
    write(&world.source().join("a"), "x");
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    world.stop();
    let home = Home::locate(Some(&world.path("home"))).unwrap();
    let (history, _) = History::open(&home, world.clock.now()).unwrap();
    let begun = Begun {
        run: RunId(1),
        kind: strongroom::model::run::RunKind::Backup,
        trigger: Trigger::ByHand,
        plan: Some(plan.id.clone()),
        plan_name: plan.name.clone(),
        schedules: Vec::new(),
        utc_offset: None,
        started: world.clock.now(),
        version: None,
        destination: None,
    };
    history.begin(&begun).unwrap();
    drop(history);
    world.start("home", true);
    let all = wait_for(&world, &plan, |r| r.len() == 2);
    let outcomes: Vec<_> = all.iter().map(|r| (r.trigger, r.outcome.clone())).collect();
    assert!(outcomes.contains(&(Trigger::ByHand, Outcome::LeftRunning)), "{outcomes:?}");
    assert!(outcomes.contains(&(Trigger::Resumed, Outcome::Completed)), "{outcomes:?}");
}

fn plans_schedules(world: &World, all: &[(u8, &str, WantedType)]) -> Schedules {
    let one = |(n, every, wanted): &(u8, &str, WantedType)| {
        let when = parse(every, None, None, jiff::civil::date(2026, 11, 1)).unwrap();
        Schedule { wanted: *wanted, ..Schedule::new(ScheduleId::from_random([*n; 4]), when, world.clock.now()) }
    };
    Schedules::new(all.iter().map(one).collect()).unwrap()
}

/// What was made, oldest first, each with how many schedules it was for.
fn made(runs: &[RunReport]) -> Vec<(BackupType, usize)> {
    runs.iter().rev().filter_map(|run| Some((run.made()?, run.schedules.len()))).collect()
}

#[test]
fn several_schedules_that_fall_together_run_once_as_the_strongest() {
    use BackupType::{Full, Incremental};
    let mut world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    write(&world.source().join("a"), "x");
    let schedules = plans_schedules(&world, &[(1, "daily", WantedType::Auto), (2, "weekly", WantedType::Full)]);
    let plan = Plan { schedules, ..world.plan("Documents") };
    world.save(&plan).unwrap();
    world.back_up(&plan, WantedType::Auto);
    // Friday, Saturday, Sunday, then Monday's full one, which serves the daily too.
    for (now, count) in
        [("2026-11-20T20:00:01Z", 2), ("2026-11-21T20:00:01Z", 3), ("2026-11-23T20:00:01Z", 4), ("2026-11-24T20:00:01Z", 5)]
    {
        world.stop();
        world.clock.set(now);
        world.start("home", true);
        wait_for(&world, &plan, |runs| runs.len() == count);
    }
    let runs = reports(&world, &plan);
    assert_eq!(made(&runs), [(Full, 0), (Incremental, 1), (Incremental, 1), (Full, 2), (Incremental, 1)]);
    assert!(runs.iter().all(|run| run.utc_offset == Some(0)));
}

#[test]
fn what_failed_is_tried_again_and_said_why() {
    let mut world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    write(&world.source().join("a"), "x");
    let plan = Plan { schedules: world.every("daily"), ..world.plan("Documents") };
    world.save(&plan).unwrap();
    std::fs::rename(world.destination(), world.path("away")).unwrap();
    world.stop();
    world.clock.set("2026-11-20T20:00:01Z");
    world.start("home", true);
    wait_for(&world, &plan, |runs| runs.len() == 1);
    let next = world.handle().overview().plans[0].next.unwrap();
    assert_eq!(next.because.in_words(), "again, since the last run failed");
    let wait = next.at.duration_since(reports(&world, &plan)[0].started);
    // The history knows runs to the millisecond.
    assert!((299_999..=300_000).contains(&wait.as_millis()), "{wait:?}");
    std::fs::rename(world.path("away"), world.destination()).unwrap();
    world.stop();
    world.clock.set("2026-11-20T20:05:02Z");
    world.start("home", true);
    let runs = wait_for(&world, &plan, |runs| runs.len() == 2);
    assert_eq!(runs[0].outcome, Outcome::Completed);
    assert_eq!(world.handle().overview().plans[0].next_run(), Some("2026-11-21T20:00:00Z".parse().unwrap()));
}

#[test]
fn a_schedule_may_follow_the_start() {
    let mut world = World::new();
    write(&world.source().join("a"), "x");
    let schedules = Schedule::new(ScheduleId::first(), When::Start { delay_minutes: 0 }, world.clock.now()).into();
    let plan = Plan { schedules, ..world.plan("Documents") };
    world.save(&plan).unwrap();
    for count in [1, 2] {
        world.stop();
        world.start("home", true);
        let runs = wait_for(&world, &plan, |runs| runs.len() == count);
        assert_eq!(runs[0].trigger, Trigger::Schedule);
    }
}

#[test]
fn a_schedule_that_is_changed_or_switched_on_begins_anew() {
    let world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    write(&world.source().join("a"), "x");
    let off = world.every("daily").map(|schedule| schedule.on = false);
    let plan = Plan { schedules: off, ..world.plan("Documents") };
    world.save(&plan).unwrap();
    let begun = || world.handle().overview().plans[0].plan.schedules.as_slice()[0].since;
    let end = Instant::now() + Duration::from_secs(60);
    while world.handle().overview().plans.is_empty() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(10));
    }
    let first = begun();
    world.clock.set("2026-11-25T12:00:00Z");
    let renamed = plan.schedules.map(|schedule| schedule.name = Some("Nightly".into()));
    world.save(&Plan { schedules: renamed, ..plan.clone() }).unwrap();
    assert_eq!(begun(), first, "a name changes nothing");
    let on = plan.schedules.map(|schedule| schedule.on = true);
    world.save(&Plan { schedules: on, ..plan.clone() }).unwrap();
    while begun() <= first {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(10));
    }
    let next = world.handle().overview().plans[0].next_run();
    assert_eq!(next, Some("2026-11-25T20:00:00Z".parse().unwrap()), "nothing was missed");
}

#[test]
fn where_the_history_cannot_be_written_a_due_backup_is_not_begun_over_and_over() {
    let mut world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    write(&world.source().join("a"), "x");
    let plan = Plan { schedules: world.every("daily"), ..world.plan("Documents") };
    world.save(&plan).unwrap();
    world.start("home", true);
    let history = Home::locate(Some(&world.path("home"))).unwrap().history_file();
    // As on a full disk: whatever is written fails, and all else goes on.
    let db = rusqlite::Connection::open(history).unwrap();
    db.execute_batch("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(FAIL, 'full'); END;").unwrap();
    db.execute_batch("CREATE TRIGGER full_too BEFORE INSERT ON run BEGIN SELECT RAISE(FAIL, 'full'); END;").unwrap();
    let mut events = world.handle().events();
    world.clock.set("2026-11-20T20:00:01Z");
    // Wakes the engine.
    world.handle().send(Command::MarkSeen).unwrap();
    let mut ended = 0;
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        match events.try_recv() {
            Ok(strongroom::engine::message::Event::RunEnded(_)) => ended += 1,
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    assert_eq!(ended, 1);
    let notices = world.handle().overview().notices.clone();
    assert_eq!(notices.iter().filter(|notice| notice.starts_with("The history could not be written")).count(), 1, "{notices:?}");
}
