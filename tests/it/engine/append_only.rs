//! Destinations from which nothing may be deleted: backups go on, and what cannot be cleared away is said.

use std::fs;
use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use strongroom::model::keeping::Keeping;
use strongroom::model::problem::Cause;
use strongroom::model::run::Outcome;
use strongroom::model::volume_size::VolumeSize;
use strongroom::storage::{Error, Kind, Listed, Room, Storage, Upload};

use super::*;

pub struct AppendOnly(pub Arc<dyn Storage>);

fn denied(name: &str) -> Error {
    Error { kind: Kind::Denied, context: name.into(), source: io::ErrorKind::PermissionDenied.into() }
}

impl Storage for AppendOnly {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        self.0.list(folder)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        self.0.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.0.read_at(name, offset, buffer)
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        self.0.create(name)
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        // Of what is not there no store says more.
        if self.0.size(name).is_ok() { Err(denied(name)) } else { Ok(()) }
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        if self.0.list(name)?.is_empty() { Ok(()) } else { Err(denied(name)) }
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        self.0.room()
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        self.0.sha256_on_medium(name, each)
    }

    fn identity(&self) -> Option<(u64, u64)> {
        self.0.identity()
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
    world.append_only.store(true, Relaxed);
    world.start("home", false);
    let mut plan = world.plan("Docs");
    plan.format.volume_size = Some(VolumeSize::Bytes(VolumeSize::MIN));
    world.save(&plan).unwrap();
    let back_up = |world: &World| world.back_up(&plan, WantedType::Auto);
    assert_eq!(back_up(&world).outcome, Outcome::Completed);
    // A run that dies leaves something that stays.
    *world.pulled_once.lock().unwrap() = Some(8 << 20);
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
    let tested = world.handle().test_destination(plan.destinations[0].clone()).wait().unwrap();
    assert!(tested.writable && !tested.deletable && tested.keeps == Some(Keeping::Versions), "{tested:?}");
    // Once it may be deleted, nothing is left of it.
    world.append_only.store(false, Relaxed);
    write(&world.source().join("d"), "fourth");
    assert_eq!(back_up(&world).outcome, Outcome::Completed);
    assert_eq!(runs(&world, &plan), 3);
}
