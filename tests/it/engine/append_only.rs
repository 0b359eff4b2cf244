//! Destinations from which nothing may be deleted: backups go on, and what cannot be cleared away is said.

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use strongroom::model::clean_up::CleanUpSpec;
use strongroom::model::history::HistoryFilter;
use strongroom::model::problem::{Cause, Code, Warning};
use strongroom::model::prune::DeleteSpec;
use strongroom::model::run::{Outcome, RunKind};
use strongroom::model::volume_size::VolumeSize;
use strongroom::storage::Kind;

use super::passing::{Hooks, Passing};
use super::*;

/// What a destination is from which nothing may be deleted.
fn append_only(_: &Location, behind: Arc<dyn Storage>) -> Arc<dyn Storage> {
    Arc::new(Passing::with(AppendOnly(behind)))
}

struct AppendOnly(Arc<dyn Storage>);

fn denied(name: &str) -> Error {
    Error { kind: Kind::Denied, context: name.into(), source: io::ErrorKind::PermissionDenied.into() }
}

impl Hooks for AppendOnly {
    fn behind(&self) -> &dyn Storage {
        &*self.0
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        // Of what is not there no store says more.
        if self.0.size(name).is_ok() { Err(denied(name)) } else { Ok(()) }
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        if self.0.list(name)?.is_empty() { Ok(()) } else { Err(denied(name)) }
    }

    fn keeping(&self) -> Option<Keeping> {
        Some(Keeping::Versions)
    }

    fn sweep_temporary(&self, _: &str, _: Option<Timestamp>) -> Result<usize, Error> {
        Ok(0)
    }
}

/// Folders of runs that lie at the destination.
fn runs(world: &World, plan: &Plan) -> usize {
    let data = world.destination().join(plan.folder_name()).join("data");
    fs::read_dir(data).unwrap().count()
}

#[test]
fn backups_go_on_where_nothing_may_be_deleted() {
    let mut world = World::new();
    write(&world.source().join("a"), "first");
    world.put_before(append_only);
    world.start("home", false);
    let mut plan = world.plan("Docs");
    plan.format.volume_size = Some(VolumeSize::Bytes(VolumeSize::MIN));
    world.save(&plan).unwrap();
    let back_up = |world: &World| world.back_up(&plan, WantedType::Auto);
    assert_eq!(back_up(&world).outcome, Outcome::Completed);
    // A run that dies leaves something that stays.
    let pulled = pulled::once(8 << 20);
    world.put_before(move |location, behind| pulled(location, append_only(location, behind)));
    for n in 0..40 {
        let mut noise = vec![0; 400_000];
        getrandom::fill(&mut noise).unwrap();
        write(&world.source().join(format!("b/{n}")), noise);
    }
    assert!(matches!(back_up(&world).outcome, Outcome::Failed(_)));
    assert_eq!(runs(&world, &plan), 2);
    fs::remove_dir_all(world.source().join("b")).unwrap();
    write(&world.source().join("c"), "third");
    // One of another type does not go on with it.
    let report = world.back_up(&plan, WantedType::Full);
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{report:?}");
    assert!(report.warnings.iter().any(|warning| warning.cause == Cause::NotCleared), "{:?}", report.warnings);
    let report = world.restore(world.place(&plan), VersionChoice::Latest, &world.path("out"));
    assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
    assert_eq!(fs::read(world.path("out/source/c")).unwrap(), b"third");
    let is_deletable = || world.handle().destination_status(world.location()).wait().unwrap().deletable;
    assert!(!is_deletable(), "what could not be cleared away tells it");
    let tested = world.handle().test_destination(plan.destinations[0].clone()).wait().unwrap();
    assert!(
        tested.writable == Some(true) && tested.deletable == Some(false) && tested.keeps == Some(Keeping::Versions),
        "{tested:?}"
    );
    assert!(!is_deletable());
    // Once it may be deleted, nothing is left of it.
    world.take_away();
    write(&world.source().join("d"), "fourth");
    assert_eq!(back_up(&world).outcome, Outcome::Completed);
    assert_eq!(runs(&world, &plan), 3);
    assert!(is_deletable(), "what was cleared away tells that, too");
}

/// Files in the plan's folder by which it was tried whether anything can be deleted.
fn tried(world: &World, plan: &Plan) -> usize {
    let all = fs::read_dir(world.destination().join(plan.folder_name())).unwrap().map(|entry| entry.unwrap().file_name());
    all.filter(|name| name.to_string_lossy().starts_with(".strongroom-test-")).count()
}

#[test]
fn a_rule_hides_nothing_that_cannot_be_deleted_and_is_kept_once_it_can() {
    let world = World::new();
    world.clock.set("2026-11-10T12:00:00Z");
    world.put_before(append_only);
    let mut plan = world.plan("Docs");
    plan.retention.set("keep-last", "4").unwrap();
    world.save(&plan).unwrap();
    let handle = world.handle();
    let settle = || {
        let end = Instant::now() + Duration::from_secs(60);
        while !handle.overview().runs.is_empty() {
            assert!(Instant::now() < end);
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let back_up = |day: i64| {
        world.clock.set(&format!("2026-11-{}T12:00:00Z", 10 + day));
        write(&world.source().join("file"), day.to_string());
        assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
        settle();
    };
    let versions = || handle.versions(world.place(&plan)).wait().unwrap().len();
    let deletions = || {
        let filter = HistoryFilter { kind: Some(RunKind::Delete), limit: 100, ..HistoryFilter::default() };
        let runs = handle.history(filter).wait().unwrap().runs;
        runs.iter().map(|run| *handle.report(run.run).wait().unwrap().unwrap()).collect::<Vec<RunReport>>()
    };
    let is_said = |report: &RunReport| {
        let words = format!("Nothing can be deleted at {}: ", world.location().display());
        let is_it = |warning: &Warning| warning.cause == Cause::NotCleared && warning.detail.starts_with(&words);
        report.outcome == Outcome::CompletedWithWarnings && report.warnings.iter().any(is_it)
    };
    let known = || handle.overview().plans[0].append_only.clone();

    (1..=4).for_each(back_up);
    assert_eq!((known(), tried(&world, &plan)), (vec![], 0), "nothing was to go");
    back_up(5);
    assert_eq!(versions(), 5, "what stays there is not hidden");
    let first = deletions();
    assert!(first.len() == 1 && is_said(&first[0]), "{first:?}");
    assert_eq!((known(), tried(&world, &plan)), (vec![world.location()], 1));
    back_up(6);
    assert_eq!((versions(), deletions().len()), (6, 1), "it is not said after each backup");
    let spec = CleanUpSpec { plan: plan.id.clone(), despite_doubts: true };
    let by_hand = world.run(|run| Command::CleanUp { run, spec });
    assert!(is_said(&by_hand), "{by_hand:?}");
    let spec = DeleteSpec {
        from: world.place(&plan),
        versions: vec![handle.versions(world.place(&plan)).wait().unwrap()[0].id.clone()],
        everywhere: false,
    };
    let refused = world.run(|run| Command::Delete { run, spec });
    assert!(matches!(&refused.outcome, Outcome::Failed(problem) if problem.code == Code::NotWritable), "{refused:?}");
    let refused = handle.remove_plan(plan.id.clone(), true).wait().unwrap_err();
    assert!(refused.what.starts_with("Nothing can be deleted at "), "{refused:?}");
    assert_eq!((versions(), tried(&world, &plan)), (6, 1), "never more than one such file lies there");

    world.take_away();
    back_up(7);
    assert_eq!((versions(), known(), tried(&world, &plan)), (4, vec![], 0));
}

#[test]
fn a_test_leaves_little_where_nothing_can_be_deleted() {
    let world = World::new();
    write(&world.source().join("a"), "x");
    world.save(&world.plan("Docs")).unwrap();
    let test = || world.handle().test_destination(world.location()).wait().unwrap();
    let left = || {
        let all = fs::read_dir(world.destination()).unwrap().map(|entry| entry.unwrap());
        let left = all.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b".strongroom-test"));
        left.map(|entry| entry.metadata().unwrap().len()).collect::<Vec<_>>()
    };
    assert_eq!(test().deletable, Some(true));
    assert_eq!(left(), [0; 0], "of others it leaves nothing");
    world.put_before(append_only);
    assert_eq!(test().deletable, Some(false));
    assert!(!left().is_empty() && left().iter().sum::<u64>() < 1 << 20, "{:?}", left());
    world.take_away();
    test();
    assert!(world.handle().destination_status(world.location()).wait().unwrap().deletable);
}
