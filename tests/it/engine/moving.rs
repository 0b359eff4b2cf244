//! A backup moves from one destination to another.

use std::fs;

use strongroom::model::replicate::ReplicateSpec;
use strongroom::model::run::Outcome;

use super::*;

const MOST: u64 = 5_000_000_000;

struct Case {
    world: World,
    plan: Plan,
}

impl Case {
    /// Two destinations, a version on both; of the first it may take so much.
    fn new() -> Self {
        let world = World::new();
        let mut content = vec![0; 600_000];
        blake3::Hasher::new().finalize_xof().fill(&mut content);
        write(&world.source().join("a"), content);
        for name in ["second", "new"] {
            fs::create_dir(world.path(name)).unwrap();
        }
        let mut plan = world.plan("Documents");
        plan.destinations.push(Location::local(world.path("second")));
        plan.max_sizes.set(&world.location(), Some(MOST));
        world.save(&plan).unwrap();
        assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
        Self { world, plan }
    }

    fn at(&self, name: &str) -> Location {
        Location::local(self.world.path(name))
    }

    fn move_to(&self, name: &str) -> RunReport {
        let (from, to) = (self.world.place(&self.plan), self.at(name));
        let spec = Box::new(ReplicateSpec { instead: true, ..ReplicateSpec::all(from, to) });
        self.world.run(|run| Command::Replicate { run, spec })
    }

    /// As it is kept now.
    fn plan(&self) -> Plan {
        self.world.handle().overview().plans[0].plan.clone()
    }

    fn versions(&self, name: &str) -> Vec<VersionId> {
        let place = Place { location: self.at(name), ..self.world.place(&self.plan) };
        self.world.handle().versions(place).wait().unwrap().into_iter().map(|manifest| manifest.id).collect()
    }
}

#[test]
fn the_new_destination_has_all_of_it_and_takes_the_old_ones_place() {
    let case = Case::new();
    let before = case.versions("destination");
    assert_eq!(case.move_to("new").outcome, Outcome::Completed);
    let plan = case.plan();
    assert_eq!(plan.destinations, [case.at("new"), case.at("second")], "in its order");
    assert_eq!(plan.max_sizes.at(&case.at("new")), Some(MOST));
    assert_eq!(case.versions("new"), before);

    write(&case.world.source().join("b"), "more");
    assert_eq!(case.world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    assert_eq!((case.versions("new").len(), case.versions("second").len()), (2, 2));
    assert_eq!(case.versions("destination"), before, "what lies there stays as it is");
    let to = case.world.path("restored");
    let place = Place { location: case.at("new"), ..case.world.place(&plan) };
    assert_eq!(case.world.restore(place, VersionChoice::Latest, &to).outcome, Outcome::Completed);
    assert_eq!(tree(&to.join("source")), tree(&case.world.source()));
}

#[test]
fn what_did_not_arrive_whole_takes_no_place_and_can_be_moved_again() {
    let case = Case::new();
    case.world.put_before(pulled::after(100_000));
    let report = case.move_to("new");
    assert!(!report.outcome.is_success() || report.outcome == Outcome::CompletedWithWarnings, "{report:?}");
    assert_eq!(case.plan().destinations, case.plan.destinations);
    case.world.take_away();
    assert!(case.versions("new").is_empty(), "nothing half-done is shown");
    assert_eq!(case.move_to("new").outcome, Outcome::Completed);
    assert_eq!(case.plan().destinations, [case.at("new"), case.at("second")]);
    assert_eq!(case.versions("new"), case.versions("destination"));
}

/// Moved to where it goes already: that one has everything, and the old one is no destination any more.
#[test]
fn a_destination_can_be_moved_onto_another_of_its_own() {
    let case = Case::new();
    assert_eq!(case.move_to("second").outcome, Outcome::Completed);
    assert_eq!(case.plan().destinations, [case.at("second")]);
}
