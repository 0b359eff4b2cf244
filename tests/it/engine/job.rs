//! The main job: back up, look, verify, restore, change the password, edit, delete.

use std::sync::mpsc;

use strongroom::engine::message::{Command, NewSecrets};
use strongroom::model::key::SlotKind;
use strongroom::model::location::Location;
use strongroom::model::problem::Code;
use strongroom::model::restore::{Depth, Place, PlanChoice, VersionChoice};
use strongroom::model::run::{Outcome, RunDetail};
use strongroom::model::secret::Secret;
use strongroom::model::snapshot::{BackupType, WantedType};
use strongroom::model::status::Status;

use super::*;

fn fill(world: &World) {
    write(&world.source().join("a.txt"), "first");
    write(&world.source().join("folder/b.bin"), vec![7; 300_000]);
    let big: Vec<u8> = (0..9_000_000u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).take(9_000_000).collect();
    write(&world.source().join("folder/big.bin"), big);
}

#[test]
fn two_versions_come_back_as_they_were() {
    let mut world = World::new();
    fill(&world);
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    let before = tree(&world.source());
    let first = world.back_up(&plan, WantedType::Auto);
    assert_eq!(first.outcome, Outcome::Completed, "{first:?}");
    assert_eq!(version_of(&first).backup_type(), BackupType::Full);

    write(&world.source().join("a.txt"), "second, longer");
    std::fs::remove_file(world.source().join("folder/b.bin")).unwrap();
    let after = tree(&world.source());
    let second = world.back_up(&plan, WantedType::Auto);
    let RunDetail::Backup { totals, backup_type, versions, .. } = &second.detail else { panic!("{second:?}") };
    assert_eq!((*backup_type, *versions), (BackupType::Incremental, 2));
    assert_eq!(totals.new_files, 1, "only what changed is read");
    assert!(totals.stored_bytes < 100_000, "{totals:?}");

    for (report, expected, to) in [(&first, &before, "one"), (&second, &after, "two")] {
        let done = world.restore(world.place(&plan), VersionChoice::Id(version_of(report)), &world.path(to));
        assert_eq!(done.outcome, Outcome::Completed, "{done:?}");
        assert_eq!(tree(&world.path(to).join("source")), *expected);
    }
    for depth in [Depth::Quick, Depth::Checksums, Depth::Full] {
        let done = world.verify(&plan, depth);
        assert_eq!(done.outcome, Outcome::Completed, "{done:?}");
    }
    let overview = world.handle().overview();
    assert_eq!(overview.plans[0].status, Status::Protected);
    assert_eq!(overview.plans[0].versions, Some(2));

    // A machine that has never seen it needs the folder and the password only.
    world.secrets = Arc::new(MemoryStore::default());
    world.start("other-home", false);
    let bare =
        |secret: Option<&str>| Place { location: world.location(), plan: PlanChoice::Only, secret: secret.map(Secret::new) };
    let without = world.restore(bare(None), VersionChoice::Latest, &world.path("none"));
    assert!(matches!(without.outcome, Outcome::Failed(p) if p.code == Code::PasswordNeeded));
    let wrong = world.restore(bare(Some("wrong")), VersionChoice::Latest, &world.path("none"));
    assert!(matches!(wrong.outcome, Outcome::Failed(p) if p.code == Code::WrongPassword));
    assert!(!world.path("none").exists(), "nothing is made before the password fits");
    let right = world.restore(bare(Some(PASSWORD)), VersionChoice::Latest, &world.path("three"));
    assert_eq!(right.outcome, Outcome::Completed, "{right:?}");
    assert_eq!(tree(&world.path("three").join("source")), after);
}

#[test]
fn password_change_rewrites_slots_only() {
    let world = World::new();
    fill(&world);
    let plan = world.plan("Documents");
    let recovery = world.handle().new_recovery_key().wait().unwrap();
    let secrets =
        NewSecrets { password: Some(Secret::new(PASSWORD)), recovery_key: Some(recovery.clone()), ..NewSecrets::default() };
    world.handle().save_plan(plan.clone(), secrets).wait().unwrap();
    world.back_up(&plan, WantedType::Auto);
    let folder = world.destination().join(plan.folder_name());
    let data = tree(&folder.join("data"));

    let new = || NewSecrets { password: Some(Secret::new("another password")), ..NewSecrets::default() };
    let wrong = world.handle().change_password(plan.id.clone(), Secret::new("wrong"), new()).wait();
    assert_eq!(wrong.unwrap_err().code, Code::WrongPassword);
    world.handle().change_password(plan.id.clone(), Secret::new(PASSWORD), new()).wait().unwrap();
    assert_eq!(tree(&folder.join("data")), data);

    let unlock = |secret: &str| {
        let place = Place { secret: Some(Secret::new(secret)), ..world.place(&plan) };
        world.handle().unlock(place).wait().map_err(|p| p.code)
    };
    assert_eq!(unlock(PASSWORD), Err(Code::WrongPassword));
    assert_eq!(unlock("another password"), Ok(()));
    assert_eq!(unlock(&recovery.expose().to_lowercase()), Ok(()), "the recovery key stays, however it is typed");
    let status = world.handle().key_status(plan.id.clone()).wait().unwrap();
    assert_eq!(
        (status.slots.iter().map(|slot| slot.kind).collect::<Vec<_>>(), status.keys_number),
        (vec![SlotKind::RecoveryKey, SlotKind::Password], 2)
    );
    assert!(world.verify(&plan, Depth::Full).outcome.is_success());
}

#[test]
fn a_plan_moves_to_another_destination_with_its_key() {
    let world = World::new();
    fill(&world);
    let mut plan = world.plan("Documents");
    world.save(&plan).unwrap();
    world.back_up(&plan, WantedType::Auto);
    std::fs::create_dir(world.path("elsewhere")).unwrap();
    plan.destinations = vec![Location::local(world.path("elsewhere"))];
    world.handle().save_plan(plan.clone(), NewSecrets::default()).wait().unwrap();
    let report = world.back_up(&plan, WantedType::Auto);
    assert_eq!(version_of(&report).backup_type(), BackupType::Full, "nothing to build on there");
    let place = Place { location: plan.destinations[0].clone(), plan: PlanChoice::Only, secret: Some(Secret::new(PASSWORD)) };
    assert!(world.restore(place, VersionChoice::Latest, &world.path("out")).outcome.is_success());
    assert_eq!(tree(&world.path("out/source")), tree(&world.source()));
}

#[test]
fn removing_a_plan_keeps_or_deletes_its_versions_as_asked() {
    let world = World::new();
    fill(&world);
    let (keep, delete) = (world.plan("keep"), world.plan("delete"));
    for plan in [&keep, &delete] {
        world.save(plan).unwrap();
        assert!(world.back_up(plan, WantedType::Auto).outcome.is_success());
    }
    world.handle().remove_plan(keep.id.clone(), false).wait().unwrap();
    world.handle().remove_plan(delete.id.clone(), true).wait().unwrap();
    assert!(world.destination().join(keep.folder_name()).join("strongroom.json").exists());
    assert!(!world.destination().join(delete.folder_name()).exists());
    let plans = world.handle().plans_at(world.location()).wait().unwrap();
    assert_eq!(plans.iter().map(|p| (p.name.as_str(), p.versions, p.ours)).collect::<Vec<_>>(), [("keep", 1, true)]);
}

/// A run that began in the middle would bring its folder back.
#[test]
fn nothing_of_a_plan_begins_while_it_is_being_removed() {
    let mut world = World::new();
    write(&world.source().join("a.txt"), "first");
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    assert!(world.back_up(&plan, WantedType::Auto).outcome.is_success());
    // Nothing is open any more: the removal is the first to open the destination.
    world.start("home", false);
    let (arrived, at_the_gate) = mpsc::channel();
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(Some(gate));
    world.put_before(move |_, storage| {
        if let Some(gate) = gate.lock().unwrap().take() {
            arrived.send(()).unwrap();
            let _ = gate.recv();
        }
        storage
    });
    let (handle, id) = (world.handle(), plan.id.clone());
    let removal = std::thread::spawn(move || handle.remove_plan(id, true).wait());
    at_the_gate.recv().unwrap();
    let begun = world.back_up(&plan, WantedType::Auto);
    assert!(matches!(&begun.outcome, Outcome::Failed(problem) if problem.code == Code::Busy), "{begun:?}");
    let twice = world.handle().remove_plan(plan.id.clone(), false).wait();
    assert_eq!(twice.unwrap_err().code, Code::Busy);
    open.send(()).unwrap();
    removal.join().unwrap().unwrap();
    assert!(!world.destination().join(plan.folder_name()).exists());
    let after = world.back_up(&plan, WantedType::Auto);
    assert!(!after.outcome.is_success(), "it is gone");
}

#[test]
fn a_cancelled_backup_leaves_nothing() {
    let world = World::new();
    fill(&world);
    for i in 0..400 {
        write(&world.source().join(format!("many/{i}")), vec![i as u8; 200_000]);
    }
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    let handle = world.handle();
    let mut events = handle.events();
    let run = RunId(7);
    handle.send(back_up(run, &plan)).unwrap();
    handle.send(Command::Cancel { run }).unwrap();
    assert_eq!(report_of(&mut events, run).outcome, Outcome::Cancelled);
    let folder = world.destination().join(plan.folder_name());
    assert!(!folder.join("versions").exists() || tree(&folder.join("versions")).is_empty());
    assert!(!folder.join("data").exists() || tree(&folder.join("data")).is_empty());
    assert!(handle.overview().runs.is_empty());
}

#[test]
fn the_password_of_another_backup_is_told_from_a_wrong_one() {
    let world = World::new();
    fill(&world);
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    let other = NewSecrets { password: Some(Secret::new("of the other one")), ..NewSecrets::default() };
    world.handle().save_plan(world.plan("Pictures"), other).wait().unwrap();
    let unlock = |secret: &str| {
        let place = Place { secret: Some(Secret::new(secret)), ..world.place(&plan) };
        world.handle().unlock(place).wait()
    };
    let problem = unlock("of the other one").unwrap_err();
    assert_eq!(problem.code, Code::OtherBackupsKey);
    assert!(problem.what.contains("\u{201c}Pictures\u{201d}"), "{problem}");
    assert_eq!(unlock("of no one").unwrap_err().code, Code::WrongPassword);
    unlock(PASSWORD).unwrap();
}

#[test]
fn a_file_is_found_by_its_name_in_all_versions() {
    let world = World::new();
    fill(&world);
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    world.back_up(&plan, WantedType::Auto);
    let file = world.source().join("a.txt");
    std::fs::write(&file, "longer than it was before").unwrap();
    world.back_up(&plan, WantedType::Auto);
    world.back_up(&plan, WantedType::Full);
    std::fs::remove_file(&file).unwrap();
    world.back_up(&plan, WantedType::Auto);
    let find = |text: &str| world.handle().find_everywhere(world.place(&plan), text.into(), 10).wait().unwrap();
    let found = find("A.TXT");
    assert_eq!((found.versions, found.unreadable, found.more, found.files.len()), (4, 0, false, 1));
    let states: Vec<_> = found.files[0].states.iter().map(|state| (state.size, state.versions)).collect();
    assert_eq!(states, [(Some(25), 2), (Some(5), 1)]);
    // The version that is named has it so.
    let version = VersionChoice::Id(found.files[0].states[0].version.clone());
    let rows = world.handle().find(Origin::Version { place: world.place(&plan), version }, "a.txt".into(), 10).wait().unwrap();
    assert_eq!(rows[0].size, Some(25));
    assert!(find("no such name").files.is_empty());
    // A version that cannot be read is counted, and the others are looked through.
    let folder = std::fs::read_dir(world.destination()).unwrap().flatten().find(|e| e.path().join("versions").is_dir()).unwrap();
    let manifest = std::fs::read_dir(folder.path().join("versions")).unwrap().flatten().map(|e| e.path()).max().unwrap();
    std::fs::write(manifest, "{").unwrap();
    let found = find("a.txt");
    assert_eq!((found.versions, found.unreadable, found.files.len()), (3, 1, 1));
}

#[test]
fn browsing_shows_what_a_restore_would_give() {
    let world = World::new();
    fill(&world);
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    world.back_up(&plan, WantedType::Auto);
    let handle = world.handle();
    let latest = Origin::Version { place: world.place(&plan), version: VersionChoice::Latest };
    let roots = handle.children(latest.clone(), PathBytes::default(), 0, 100).wait().unwrap();
    assert_eq!(roots.total, 1);
    assert_eq!(roots.rows[0].size, Some(9_300_005));
    let inside = handle.children(latest.clone(), world.source().into(), 0, 100).wait().unwrap();
    let names: Vec<_> = inside.rows.iter().map(|r| String::from_utf8_lossy(r.path.file_name()).into_owned()).collect();
    assert_eq!(names, ["a.txt", "folder"]);
    let found = handle.find(latest.clone(), "BIG".into(), 10).wait().unwrap();
    assert_eq!(found.len(), 1);
    let sum = handle.sum(latest.clone(), vec![world.source().into()], vec![world.source().join("folder").into()]);
    assert_eq!(sum.wait().unwrap(), (1, 5));
    let spec = RestoreSpec {
        from: latest,
        paths: Vec::new(),
        except: Vec::new(),
        target: Target::InPlace,
        conflict: Conflict::Skip,
        dry_run: true,
        metadata: true,
        any_size: false,
    };
    std::fs::remove_file(world.source().join("a.txt")).unwrap();
    let counts = handle.plan_restore(spec).wait().unwrap();
    assert_eq!((counts.created, counts.skipped), (1, 2));
    assert!(!world.source().join("a.txt").exists(), "nothing has been touched");
}

use strongroom::model::path::PathBytes;
