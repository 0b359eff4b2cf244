//! Schedules run by the clock; what a crash left is gone on with.

use std::time::{Duration, Instant};

use strongroom::model::history::HistoryFilter;
use strongroom::model::run::{Outcome, Trigger};
use strongroom::model::schedule::Schedule;
use strongroom::state::history::{Begun, History};

use super::*;

fn reports(world: &World, plan: &Plan) -> Vec<RunReport> {
    let filter = HistoryFilter { plan: Some(plan.id.clone()), limit: 100, ..HistoryFilter::default() };
    world.handle().history(filter).wait().unwrap().runs
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
    let plan = Plan { schedule: Schedule::Daily { hour: 20, minute: 0 }, ..world.plan("Documents") };
    world.save(&plan).unwrap();
    world.start("home", true);
    assert!(reports(&world, &plan).is_empty(), "it is not yet time");
    world.stop();
    world.clock.set("2026-11-23T09:00:00Z");
    world.start("home", true);
    let made_up = wait_for(&world, &plan, |r| !r.is_empty());
    assert_eq!((made_up[0].trigger, &made_up[0].outcome), (Trigger::Schedule, &Outcome::Completed));
    world.start("home", true);
    let next = world.handle().overview().plans[0].next_run.unwrap();
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
