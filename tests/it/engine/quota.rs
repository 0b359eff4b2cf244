//! A destination that a backup may take a part of: never more, and what is full can be cleaned.

use std::fs;

use strongroom::model::format::Format;
use strongroom::model::problem::{Cause, Code};
use strongroom::model::prune::DeleteSpec;
use strongroom::model::replicate::ReplicateSpec;
use strongroom::model::run::Outcome;
use strongroom::model::volume_size::VolumeSize;

use super::*;

const MB: u64 = 1 << 20;

/// A plan of small volumes that may take so much at these destinations.
fn plan(world: &World, most: &[(&Location, u64)]) -> Plan {
    let format = Format { volume_size: Some(VolumeSize::Bytes(MB)), ..Format::default() };
    let mut plan = Plan { format, ..world.plan("Documents") };
    for (location, bytes) in most {
        plan.max_sizes.set(location, Some(*bytes));
    }
    plan
}

/// Something that does not compress.
fn add(world: &World, name: &str, bytes: u64) {
    let mut content = vec![0; bytes as usize];
    getrandom::fill(&mut content).unwrap();
    write(&world.source().join(name), content);
}

/// Bytes that lie in a destination's only plan folder.
fn taken(destination: &Path) -> u64 {
    tree(destination).values().map(|content| content.len() as u64).sum()
}

fn problem(report: &RunReport) -> Code {
    match &report.outcome {
        Outcome::Failed(problem) => problem.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_more_lies_there_than_may_and_what_is_full_is_cleaned() {
    let world = World::in_memory();
    let mut plan = plan(&world, &[(&world.location(), 8 * MB)]);
    world.save(&plan).unwrap();
    add(&world, "a", 2 * MB);
    let first = version_of(&world.back_up(&plan, WantedType::Auto));
    fs::remove_file(world.source().join("a")).unwrap();
    add(&world, "b", 2 * MB);
    let second = version_of(&world.back_up(&plan, WantedType::Auto));
    assert!((4 * MB..8 * MB).contains(&taken(&world.destination())));

    add(&world, "c", 9 * MB);
    let full = world.back_up(&plan, WantedType::Auto);
    assert_eq!(problem(&full), Code::NoRoom);
    let Outcome::Failed(why) = &full.outcome else { unreachable!() };
    assert!(why.what.contains("as much at the destination as it may") && why.command.contains("--max-size"), "{why:?}");
    let left = taken(&world.destination());
    assert!((4 * MB..=8 * MB).contains(&left), "{left}");
    assert_eq!(problem(&world.back_up(&plan, WantedType::Auto)), Code::NoRoom, "also where it is full before it begins");
    assert!(taken(&world.destination()) <= 8 * MB);

    let spec = DeleteSpec { from: world.place(&plan), versions: vec![first], everywhere: false };
    assert_eq!(world.run(|run| Command::Delete { run, spec }).outcome, Outcome::Completed);
    assert!(taken(&world.destination()) + MB < left, "nothing was freed");
    let report = world.restore(world.place(&plan), VersionChoice::Id(second), &world.path("out"));
    assert_eq!(report.outcome, Outcome::Completed);
    assert_eq!(problem(&world.back_up(&plan, WantedType::Auto)), Code::NoRoom, "it is still too much");

    plan.max_sizes.set(&world.location(), Some(16 * MB));
    world.save(&plan).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    assert!((11 * MB..=16 * MB).contains(&taken(&world.destination())));
    let status = world.handle().destination_status(world.location()).wait().unwrap();
    assert!(status.plans[0].stored.is_some_and(|stored| stored > 11 * MB), "{status:?}");
}

#[test]
fn one_that_is_full_keeps_no_version_from_the_others() {
    for small in ["destination", "second"] {
        let world = World::in_memory();
        fs::create_dir(world.path("second")).unwrap();
        let second = Location::local(world.path("second"));
        let mut plan = plan(&world, &[(&Location::local(world.path(small)), 4 * MB)]);
        plan.destinations.push(second.clone());
        world.save(&plan).unwrap();
        add(&world, "a", MB);
        assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed, "{small}");
        add(&world, "b", 6 * MB);
        let report = world.back_up(&plan, WantedType::Auto);
        assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{small}: {report:?}");
        let lacks = report.warnings.iter().filter(|warning| warning.cause == Cause::Destination).count();
        assert_eq!(lacks, 1, "{small}: {:?}", report.warnings);
        assert!(taken(&world.path(small)) <= 4 * MB, "{small}");
        plan.max_sizes = Default::default();
        world.save(&plan).unwrap();
        add(&world, "c", MB);
        assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed, "{small}");
        let versions = |location: &Location| {
            let place = Place { location: location.clone(), plan: PlanChoice::Only, secret: None };
            world.handle().versions(place).wait().unwrap().len()
        };
        assert_eq!((versions(&world.location()), versions(&second)), (3, 3), "{small}");
    }
}

#[test]
fn a_copy_keeps_to_it_too() {
    let world = World::in_memory();
    fs::create_dir(world.path("second")).unwrap();
    let second = Location::local(world.path("second"));
    let one = plan(&world, &[]);
    world.save(&one).unwrap();
    add(&world, "a", 6 * MB);
    assert_eq!(world.back_up(&one, WantedType::Auto).outcome, Outcome::Completed);
    let mut both = Plan { destinations: vec![world.location(), second.clone()], ..one };
    both.max_sizes.set(&second, Some(4 * MB));
    world.save(&both).unwrap();
    let from = world.place(&both);
    let spec = || Box::new(ReplicateSpec::all(from.clone(), second.clone()));
    assert_eq!(problem(&world.run(|run| Command::Replicate { run, spec: spec() })), Code::NoRoom);
    assert!(taken(&world.path("second")) <= 4 * MB);
    both.max_sizes.set(&second, Some(8 * MB));
    world.save(&both).unwrap();
    assert_eq!(world.run(|run| Command::Replicate { run, spec: spec() }).outcome, Outcome::Completed);
}

#[test]
fn so_little_that_nothing_fits_is_refused() {
    let world = World::in_memory();
    let plan = plan(&world, &[(&world.location(), MB - 1)]);
    assert_eq!(world.save(&plan).unwrap_err().code, Code::Usage);
}
