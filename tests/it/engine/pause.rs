//! Runs that stand still for a while, go on, or are cancelled meanwhile.

use strongroom::engine::message::Command;
use strongroom::model::restore::{Conflict, Depth, Origin, RestoreSpec, Target, VerifySpec, VersionChoice};
use strongroom::model::run::{Outcome, RunReport};
use strongroom::model::snapshot::WantedType;

use super::*;

/// Begins a run, and has it stand still before it can have got far. Returns when it does.
fn paused(world: &World, run: RunId, command: Command) -> tokio::sync::broadcast::Receiver<strongroom::engine::message::Event> {
    let handle = world.handle();
    let events = handle.events();
    handle.send(command).unwrap();
    handle.send(Command::Pause { run, paused: true }).unwrap();
    let begun = Instant::now();
    let (mut last, mut still) = (None, 0);
    while still < 25 {
        std::thread::sleep(Duration::from_millis(20));
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not stand still: {last:?}");
        let Some(view) = handle.progress(run) else {
            assert!(last.is_none(), "it has ended");
            continue;
        };
        let now = (view.paused, view.stage, view.bytes_done, view.bytes_written, view.files_done);
        still = if view.paused && last == Some(now) { still + 1 } else { 0 };
        last = Some(now);
    }
    let overview = handle.overview();
    assert!(overview.runs.iter().any(|r| r.run == run && r.paused && !r.cancelling), "{:?}", overview.runs);
    events
}

fn goes_on(world: &World, run: RunId, command: Command) -> RunReport {
    let mut events = paused(world, run, command);
    world.handle().send(Command::Pause { run, paused: false }).unwrap();
    report_of(&mut events, run)
}

fn world() -> (World, Plan) {
    let world = World::new();
    for n in 0..300 {
        write(&world.source().join(format!("many/{n}")), vec![n as u8; 50_000]);
    }
    write(&world.source().join("large"), crate::support::Random(5).bytes(30 << 20));
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    (world, plan)
}

#[test]
fn every_long_run_stands_still_and_goes_on() {
    let (world, plan) = world();
    let backup = goes_on(&world, RunId(1), back_up(RunId(1), &plan));
    assert_eq!(backup.outcome, Outcome::Completed, "{backup:?}");
    // It stood still for 25 looks at least, which is no time that it took.
    assert!(backup.paused_ms >= 500, "{backup:?}");
    let all = backup.finished.duration_since(backup.started);
    assert!(backup.took() <= all - jiff::SignedDuration::from_millis(500), "{backup:?}");
    let stages: u64 = backup.stages.iter().map(|(_, ms)| ms).sum();
    assert!(i128::from(stages) <= all.as_millis() - 500, "{backup:?}");
    assert_eq!(world.back_up(&plan, WantedType::Auto).paused_ms, 0);
    let spec = VerifySpec { from: world.place(&plan), version: None, depth: Depth::Full };
    let verified = goes_on(&world, RunId(2), Command::Verify { run: RunId(2), spec });
    assert_eq!(verified.outcome, Outcome::Completed, "{verified:?}");
    let spec = RestoreSpec {
        from: Origin::Version { place: world.place(&plan), version: VersionChoice::Latest },
        paths: Vec::new(),
        except: Vec::new(),
        target: Target::Folder { path: world.path("out").into(), full_paths: false },
        conflict: Conflict::Skip,
        dry_run: false,
        metadata: true,
        any_size: false,
    };
    let restored = goes_on(&world, RunId(3), Command::Restore { run: RunId(3), spec: Box::new(spec) });
    assert_eq!(restored.outcome, Outcome::Completed, "{restored:?}");
    assert_eq!(tree(&world.path("out/source")), tree(&world.source()));
}

#[test]
fn what_stands_still_is_in_nobodys_way() {
    let (world, plan) = world();
    let others = ["Pictures", "Music"].map(|name| world.plan(name));
    others.iter().for_each(|plan| world.save(plan).unwrap());
    let mut first = paused(&world, RunId(1), back_up(RunId(1), &others[0]));
    let mut second = paused(&world, RunId(2), back_up(RunId(2), &others[1]));
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    for run in [RunId(1), RunId(2)] {
        world.handle().send(Command::Pause { run, paused: false }).unwrap();
    }
    assert_eq!(report_of(&mut first, RunId(1)).outcome, Outcome::Completed);
    assert_eq!(report_of(&mut second, RunId(2)).outcome, Outcome::Completed);
}

#[test]
fn what_stands_still_can_be_cancelled() {
    let (mut world, plan) = world();
    let mut events = paused(&world, RunId(1), back_up(RunId(1), &plan));
    world.handle().send(Command::Cancel { run: RunId(1) }).unwrap();
    assert_eq!(report_of(&mut events, RunId(1)).outcome, Outcome::Cancelled);
    // An engine that ends does not wait for it.
    paused(&world, RunId(2), back_up(RunId(2), &plan));
    world.stop();
    world.start("home", false);
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
}
