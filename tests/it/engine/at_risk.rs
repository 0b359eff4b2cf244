//! What would be lost now, as the engine finds it on real folders. Nothing waits for time to pass: the clock is put ahead.

use jiff::SignedDuration;
use strongroom::engine::message::Overview;
use strongroom::model::at_risk::AtRisk;
use strongroom::model::pause::PauseFor;
use strongroom::model::run::{Outcome, Stage};
use strongroom::model::schedule::When;

use super::*;

/// Past what lies between two looks at a plan.
const HOUR: i64 = 61;

/// With the clock by which the times of files go, and an engine that looks by itself.
fn world() -> World {
    let mut world = World::new();
    by_the_wall(&world);
    world.start("home", true);
    world
}

fn by_the_wall(world: &World) {
    world.clock.set(&Timestamp::now().to_string());
}

/// Has the engine look at the clock again.
fn nudge(world: &World) {
    world.handle().send(Command::MarkSeen).unwrap();
}

fn ahead(world: &World, minutes: i64) {
    world.clock.0.lock().unwrap().0 += SignedDuration::from_mins(minutes);
    nudge(world);
}

fn until(world: &World, what: &str, is: impl Fn(&Overview) -> bool) {
    wait(world, 0, what, is);
}

/// The clock goes ahead by so many minutes between two questions.
fn wait(world: &World, minutes: i64, what: &str, is: impl Fn(&Overview) -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is(&world.handle().overview()) {
        let overview = world.handle().overview();
        let risks: Vec<_> = overview.plans.iter().map(|plan| (&plan.plan.name, plan.at_risk)).collect();
        assert!(Instant::now() < end, "{what}: {risks:?}, in all {:?}", overview.at_risk);
        ahead(world, minutes);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn of(overview: &Overview, plan: &Plan) -> Option<AtRisk> {
    overview.plans.iter().find(|shown| shown.plan.id == plan.id).and_then(|shown| shown.at_risk)
}

/// Files, bytes, and whether there may be more.
fn amount(risk: Option<AtRisk>) -> Option<(u64, u64, bool)> {
    risk.map(|risk| (risk.files, risk.bytes, risk.at_least))
}

fn known(world: &World, plan: &Plan) -> Option<(u64, u64, bool)> {
    amount(of(&world.handle().overview(), plan))
}

/// An hour later, once it has been looked again.
fn after_a_look(world: &World, plan: &Plan) -> Option<(u64, u64, bool)> {
    let before = world.clock.now();
    ahead(world, HOUR);
    // Another plan's turn may come first.
    wait(world, 2, "a look", |overview| of(overview, plan).is_some_and(|risk| risk.as_of > before));
    known(world, plan)
}

fn good(world: &World, plan: &Plan) -> RunReport {
    by_the_wall(world);
    let report = world.back_up(plan, WantedType::Auto);
    assert!(report.outcome.is_success(), "{report:?}");
    report
}

/// A plan that is saved and has run once. Of the files in its source, `settled` has two names.
fn backed_up(world: &World) -> Plan {
    for (name, content) in [("a", "1"), ("b", "22"), ("settled", "333"), ("deep/c", "4444")] {
        write(&world.source().join(name), content);
    }
    std::fs::hard_link(world.source().join("settled"), world.source().join("deep/also settled")).unwrap();
    let mut plan = world.plan("Documents");
    plan.sources.excludes = vec!["*.tmp".into(), "cache/".into()];
    plan.sources.honour_tags = true;
    world.save(&plan).unwrap();
    assert_eq!(known(world, &plan), None, "what has never run is not measured");
    let report = good(world, &plan);
    let risk = of(&world.handle().overview(), &plan).expect("a good backup is a measure");
    assert_eq!(
        (amount(Some(risk)), risk.as_of >= report.started, risk.as_of <= report.finished),
        (Some((0, 0, false)), true, true)
    );
    plan
}

#[test]
fn what_changed_and_came_since_is_counted_and_nothing_else() {
    let world = world();
    let plan = backed_up(&world);
    assert_eq!(after_a_look(&world, &plan), Some((0, 0, false)));
    // What is left out, deleted or only read is not at risk.
    write(&world.source().join("x.tmp"), "left out");
    write(&world.source().join("cache/deep/x"), "left out");
    write(&world.source().join("tagged/.nobackup"), "");
    write(&world.source().join("tagged/x"), "left out");
    std::fs::remove_file(world.source().join("a")).unwrap();
    std::fs::read(world.source().join("b")).unwrap();
    // The tag itself is backed up: an empty file.
    assert_eq!(after_a_look(&world, &plan), Some((1, 0, false)));
    write(&world.source().join("b"), "changed");
    write(&world.source().join("new/x"), "12345");
    assert_eq!(after_a_look(&world, &plan), Some((3, 12, false)));
    // A file with two names is one, whichever of them is written to.
    write(&world.source().join("deep/also settled"), "sixsix");
    assert_eq!(after_a_look(&world, &plan), Some((4, 18, false)));
    let overview = world.handle().overview();
    assert_eq!(overview.at_risk, of(&overview, &plan), "of a single plan that is all");
    good(&world, &plan);
    assert_eq!(known(&world, &plan), Some((0, 0, false)));
    assert_eq!(after_a_look(&world, &plan), Some((0, 0, false)));
}

#[test]
fn what_times_do_not_tell_is_said() {
    let world = world();
    write(&world.path("elsewhere/photo"), "old");
    let plan = backed_up(&world);
    // What is in it keeps its times.
    std::fs::rename(world.path("elsewhere"), world.source().join("moved in")).unwrap();
    assert_eq!(after_a_look(&world, &plan), Some((0, 0, true)));
    good(&world, &plan);
    assert_eq!(after_a_look(&world, &plan), Some((0, 0, false)));
    // By the clock as it is now that file is of tomorrow.
    write(&world.source().join("b"), "changed");
    world.clock.0.lock().unwrap().0 = Timestamp::now() - SignedDuration::from_hours(24);
    until(&world, "the version is of tomorrow too: nothing can be said", |overview| of(overview, &plan).is_none());
    by_the_wall(&world);
    assert_eq!(after_a_look(&world, &plan), Some((1, 7, false)), "the clock is right again");
}

#[test]
fn a_source_that_was_added_since_is_at_risk_with_all_that_is_in_it() {
    let world = world();
    write(&world.path("other/old"), "12345");
    write(&world.path("other/x.log"), "123");
    let mut plan = backed_up(&world);
    plan.sources.paths.push(world.path("other").into());
    plan.sources.excludes.push("*.log".into());
    world.save(&plan).unwrap();
    until(&world, "what was measured says nothing any more", |overview| of(overview, &plan).is_none());
    ahead(&world, 4);
    until(&world, "it is looked at soon", |overview| amount(of(overview, &plan)) == Some((1, 5, false)));
    good(&world, &plan);
    // What was left out and is not any more is in no version either.
    plan.sources.excludes.pop();
    world.save(&plan).unwrap();
    ahead(&world, HOUR);
    until(&world, "what came in by the rules", |overview| amount(of(overview, &plan)) == Some((1, 3, false)));
    // Whatever the tags left out is not known.
    plan.sources.honour_tags = false;
    world.save(&plan).unwrap();
    ahead(&world, HOUR);
    until(&world, "at least", |overview| amount(of(overview, &plan)) == Some((1, 3, true)));
    // A source that is not there could not be looked at.
    good(&world, &plan);
    std::fs::rename(world.path("other"), world.path("away")).unwrap();
    assert_eq!(after_a_look(&world, &plan), Some((0, 0, true)));
}

#[test]
fn nothing_is_looked_for_while_the_plan_runs_and_what_changes_meanwhile_is_at_risk() {
    let world = world();
    let plan = backed_up(&world);
    // Another one that does not run shows that there were looks.
    write(&world.path("second/x"), "x");
    let mut other = world.plan("Second");
    (other.sources.paths, other.destinations) = (vec![world.path("second").into()], vec![Location::local(world.path("two"))]);
    std::fs::create_dir(world.path("two")).unwrap();
    world.save(&other).unwrap();
    good(&world, &other);
    write(&world.source().join("large"), crate::support::Random(5).bytes(160 << 20));
    assert_eq!(after_a_look(&world, &plan), Some((1, 160 << 20, false)));
    let before = of(&world.handle().overview(), &plan).unwrap();
    by_the_wall(&world);
    let handle = world.handle();
    let mut events = handle.events();
    handle.send(back_up(RunId(7), &plan)).unwrap();
    // It has listed its folder, and is in the midst of the large file.
    while handle.progress(RunId(7)).is_none_or(|view| view.stage != Stage::Copying || view.bytes_done == 0) {
        std::thread::yield_now();
    }
    handle.send(Command::Pause { run: RunId(7), paused: true }).unwrap();
    let started = world.clock.now();
    write(&world.source().join("meanwhile"), "1234");
    for _ in 0..3 {
        let looked = of(&world.handle().overview(), &other).unwrap().as_of;
        ahead(&world, HOUR);
        until(&world, "the other is looked at", |overview| of(overview, &other).is_some_and(|risk| risk.as_of > looked));
    }
    assert!(world.handle().overview().runs.iter().any(|run| run.run == RunId(7)), "it still runs");
    assert_eq!(of(&world.handle().overview(), &plan), Some(before));
    by_the_wall(&world);
    handle.send(Command::Pause { run: RunId(7), paused: false }).unwrap();
    assert_eq!(report_of(&mut events, RunId(7)).outcome, Outcome::Completed);
    let after = of(&world.handle().overview(), &plan).unwrap();
    assert_eq!(amount(Some(after)), Some((0, 0, false)));
    assert!(after.as_of <= started, "as of its start: {after:?}");
    assert_eq!(after_a_look(&world, &plan), Some((1, 4, false)));
    // What came of a run that made no version is no measure.
    by_the_wall(&world);
    std::fs::rename(world.destination(), world.path("away")).unwrap();
    assert!(!world.back_up(&plan, WantedType::Auto).outcome.is_success());
    assert_eq!(known(&world, &plan), Some((1, 4, false)));
}

#[test]
fn a_path_in_two_plans_counts_once_and_not_at_all_where_one_of_them_holds_it() {
    let world = world();
    let plan = backed_up(&world);
    let mut inner = world.plan("Deep");
    inner.sources.paths = vec![world.source().join("deep").into()];
    inner.sources.honour_tags = true;
    world.save(&inner).unwrap();
    good(&world, &inner);
    let total = |world: &World| amount(world.handle().overview().at_risk);
    // The new plan may hold some of the other's files: that is looked at again.
    assert_eq!(after_a_look(&world, &plan), Some((0, 0, false)));
    assert_eq!(total(&world), Some((0, 0, false)));
    write(&world.source().join("deep/c"), "12345");
    write(&world.source().join("b"), "1234567");
    assert_eq!(after_a_look(&world, &plan), Some((2, 12, false)));
    assert_eq!(after_a_look(&world, &inner), Some((1, 5, false)));
    assert_eq!(total(&world), Some((2, 12, false)));
    good(&world, &inner);
    assert_eq!((known(&world, &plan), known(&world, &inner)), (Some((2, 12, false)), Some((0, 0, false))));
    assert_eq!(total(&world), Some((1, 7, false)), "the newer version has it");
    // The larger plan holds what the smaller one has, and what it leaves out it does not.
    write(&world.source().join("deep/x.tmp"), "123");
    write(&world.source().join("deep/c"), "1234");
    good(&world, &plan);
    assert_eq!(after_a_look(&world, &inner), Some((2, 7, false)));
    assert_eq!(total(&world), Some((1, 3, false)));
    let mut unmeasured = world.plan("Third");
    write(&world.path("third/x"), "x");
    unmeasured.sources.paths = vec![world.path("third").into()];
    world.save(&unmeasured).unwrap();
    until(&world, "not all is measured any more", |overview| amount(overview.at_risk) == Some((1, 3, true)));
}

#[test]
fn while_everything_is_paused_nothing_is_looked_for() {
    let world = world();
    let plan = backed_up(&world);
    write(&world.source().join("b"), "changed");
    world.handle().send(Command::PauseSchedules(PauseFor::UntilTold)).unwrap();
    until(&world, "the pause", |overview| overview.paused.is_some());
    ahead(&world, HOUR);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(known(&world, &plan), Some((0, 0, false)));
    world.handle().send(Command::ResumeSchedules).unwrap();
    until(&world, "a look", |overview| amount(of(overview, &plan)) == Some((1, 7, false)));
}

#[test]
fn who_follows_changes_measures_at_once_and_tells_when_to_look_again() {
    let mut world = world();
    let plan = backed_up(&world);
    world.stop();
    write(&world.source().join("b"), "changed");
    write(&world.source().join("y.tmp"), "left out");
    world.start("home", false);
    // At most once a day: it does not run again here.
    let when = When::Change { settle_seconds: 0, at_most_minutes: 24 * 60 };
    let plan = Plan { schedules: world.every("daily").map(|schedule| schedule.when = when.clone()), ..plan };
    world.save(&plan).unwrap();
    world.handle().send(Command::PauseSchedules(PauseFor::UntilTold)).unwrap();
    until(&world, "the pause", |overview| overview.paused.is_some());
    world.stop();
    by_the_wall(&world);
    world.start("home", true);
    // Without the clock going on, and though nothing else is looked for: it walks anyway.
    until(&world, "what it met on its way", |overview| amount(of(overview, &plan)) == Some((1, 7, false)));
    world.handle().send(Command::ResumeSchedules).unwrap();
    until(&world, "the end of the pause", |overview| overview.paused.is_none());
    good(&world, &plan);
    assert_eq!(known(&world, &plan), Some((0, 0, false)));
    write(&world.source().join("new/z"), "123");
    let end = Instant::now() + Duration::from_secs(60);
    while known(&world, &plan) != Some((1, 3, false)) {
        assert!(Instant::now() < end, "what it heard of: {:?}", known(&world, &plan));
        // Less than an hour: not without having been told.
        by_the_wall(&world);
        ahead(&world, 6);
        std::thread::sleep(Duration::from_millis(50));
    }
}
