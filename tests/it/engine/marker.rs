//! A plan folder whose marker is damaged or gone: its versions come back all the same, and its owner's next backup puts it right.

use strongroom::model::restore::{Depth, PlanChoice, VersionChoice};
use strongroom::model::run::Outcome;
use strongroom::model::snapshot::WantedType;

use super::*;

fn spoil(path: &Path, gone: bool) {
    match gone {
        true => std::fs::remove_file(path).unwrap(),
        false => std::fs::write(path, "{\"format\":1}\nsha256:00\n").unwrap(),
    }
}

#[test]
fn the_owners_next_backup_writes_it_anew() {
    for sealed in [true, false] {
        for gone in [true, false] {
            let world = World::new();
            write(&world.source().join("a"), b"one");
            let mut plan = world.plan("Documents");
            if !sealed {
                plan.seal = None;
            }
            let password = sealed.then(|| Secret::new(PASSWORD));
            world.handle().save_plan(plan.clone(), NewSecrets { password, ..NewSecrets::default() }).wait().unwrap();
            let first = version_of(&world.back_up(&plan, WantedType::Auto));
            spoil(&world.destination().join(plan.folder_name()).join("strongroom.json"), gone);
            assert!(matches!(world.verify(&plan, Depth::Checksums).outcome, Outcome::Failed(_)), "it is said");
            write(&world.source().join("b"), b"two");
            let second = world.back_up(&plan, WantedType::Auto);
            assert!(second.outcome.is_success(), "{:?}", second.outcome);
            assert_eq!(world.verify(&plan, Depth::Full).outcome, Outcome::Completed);
            let out = world.path("out");
            assert_eq!(world.restore(world.place(&plan), VersionChoice::Id(first), &out).outcome, Outcome::Completed);
            assert_eq!(tree(&out).len(), 1);
        }
    }
}

#[test]
fn another_machine_restores_and_does_not_write() {
    for gone in [true, false] {
        let mut world = World::new();
        write(&world.source().join("a"), b"one");
        let plan = world.plan("Documents");
        world.save(&plan).unwrap();
        world.back_up(&plan, WantedType::Auto);
        let marker = world.destination().join(plan.folder_name()).join("strongroom.json");
        spoil(&marker, gone);
        let there = tree(&world.destination());

        world.secrets = Arc::new(MemoryStore::default());
        world.start("another home", false);
        let choice = if gone { PlanChoice::Name(plan.folder_name()) } else { PlanChoice::Only };
        let place = Place { location: world.location(), plan: choice, secret: Some(Secret::new(PASSWORD)) };
        assert_eq!(world.restore(place, VersionChoice::Latest, &world.path("out")).outcome, Outcome::Completed);
        assert_eq!(tree(&world.path("out")).len(), 1);
        if !gone {
            assert_eq!(world.handle().plans_at(world.location()).wait().unwrap().len(), 1, "and is offered");
        }
        world.save(&plan).unwrap_err();
        assert_eq!(tree(&world.destination()), there, "nothing was written");
    }
}
