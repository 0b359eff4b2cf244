//! Changes of key slots: by whom, when, and at destinations that somebody else meddles with.

use std::collections::BTreeMap;

use strongroom::archive::key::{self, KdfCost, KeyFile, KeyRing, NewSlot, PlanKey};
use strongroom::engine::message::KeyChange;
use strongroom::model::key::SlotKind;
use strongroom::model::problem::Code;
use strongroom::model::run::Outcome;

use super::*;

/// A key file's secret: it costs no time to open with.
fn secret(n: u8) -> Secret {
    Secret::of_key_file(&std::array::from_fn::<u8, 64, _>(|i| n.wrapping_add(i as u8))).unwrap()
}

/// A plan with one version, opened by the key file 1.
fn backed_up() -> (World, Plan) {
    let world = World::new();
    write(&world.source().join("a"), "content");
    let plan = world.plan("Documents");
    let secrets = NewSecrets { key_file: Some(secret(1)), ..NewSecrets::default() };
    world.handle().save_plan(plan.clone(), secrets).wait().unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    (world, plan)
}

/// The files of key slots by name.
fn key_files(world: &World, plan: &Plan) -> BTreeMap<String, Vec<u8>> {
    let folder = world.destination().join(plan.folder_name());
    let files = tree(&folder).into_iter().map(|(path, bytes)| (path.to_str().unwrap().to_string(), bytes));
    files.filter(|(name, _)| name.starts_with("keys-")).collect()
}

fn opens(world: &World, plan: &Plan, secret: Secret) -> Result<(), Code> {
    let place = Place { secret: Some(secret), ..world.place(plan) };
    world.handle().unlock(place).wait().map_err(|problem| problem.code)
}

/// Whoever can write to the destination can put key files there. None of ours goes because of it, and none of theirs is used.
#[test]
fn a_planted_key_file_is_not_taken_for_ours() {
    let (world, plan) = backed_up();
    let ours = key_files(&world, &plan);
    let theirs = KeyRing::new(PlanKey { id: [9; 16], bytes: zeroize::Zeroizing::new([9; 32]) });
    let other = secret(2);
    let cost = KdfCost::Pbkdf2 { iterations: 1 };
    let slot = NewSlot { kind: SlotKind::KeyFile, secret: other.expose(), cost, created: world.clock.now() };
    let planted = key::encode(&plan.id, 7, &theirs, &[slot], &mut |bytes| bytes.fill(3)).unwrap();
    let path = world.destination().join(plan.folder_name()).join("keys-7.json");
    std::fs::write(&path, planted).unwrap();

    // A run does not seal with a key that it does not know, and says so.
    let report = world.back_up(&plan, WantedType::Auto);
    assert!(matches!(&report.outcome, Outcome::Failed(problem) if problem.code == Code::PasswordNeeded), "{report:?}");
    assert_eq!(opens(&world, &plan, secret(1)), Err(Code::WrongPassword));
    // Nor does their own secret get anywhere: the marker is not signed with their key.
    assert_eq!(opens(&world, &plan, secret(2)), Err(Code::Damaged));
    let there = key_files(&world, &plan);
    assert!(ours.iter().all(|(name, bytes)| there.get(name) == Some(bytes)), "{:?}", there.keys());
    std::fs::remove_file(path).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    assert_eq!(key_files(&world, &plan), ours);
}

#[test]
fn only_the_owner_changes_slots_and_not_during_a_run() {
    let (mut world, plan) = backed_up();
    let add = |world: &World| {
        let place = Place { secret: Some(secret(1)), ..world.place(&plan) };
        let secrets = NewSecrets { key_file: Some(secret(3)), ..NewSecrets::default() };
        world.handle().change_keys(place, KeyChange::Add(secrets), None).wait().map_err(|problem| problem.code)
    };
    let ours = key_files(&world, &plan);
    world.start("another home", false);
    assert_eq!(add(&world), Err(Code::OtherOwner));
    assert_eq!(key_files(&world, &plan), ours);
    world.start("home", false);
    for n in 0..2000 {
        write(&world.source().join(format!("many/{n}")), vec![n as u8; 20_000]);
    }
    let (run, handle) = (RunId(rand_u64()), world.handle());
    let mut events = handle.events();
    let id = plan.id.clone();
    handle
        .send(Command::BackUp { run, plan: id, kind: WantedType::Full, base: None, take_over: false, accept_shrunk: false })
        .unwrap();
    while handle.progress(run).is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(add(&world), Err(Code::Busy));
    assert_eq!(report_of(&mut events, run).outcome, Outcome::Completed);
    assert_eq!(add(&world), Ok(()));
    assert_eq!(opens(&world, &plan, secret(3)), Ok(()));
}

/// The same with two passwords besides, one of which costs more than this machine would ever take.
fn with_passwords(costly: &str, other: &str) -> (World, Plan) {
    let (world, plan) = backed_up();
    let folder = world.destination().join(plan.folder_name());
    let bytes = std::fs::read(folder.join("keys-1.json")).unwrap();
    let file = KeyFile { object: "keys", plan: &plan.id, n: 1, bytes: &bytes };
    let ring = file.open(secret(1).expose()).unwrap();
    let slot = |secret, cost| NewSlot { kind: SlotKind::Password, secret, cost, created: world.clock.now() };
    let slots = [slot(costly, KdfCost::Scrypt { log_n: 17, r: 8, p: 1 }), slot(other, KdfCost::Scrypt { log_n: 10, r: 8, p: 1 })];
    let mut n = 0u8;
    let mut random = |bytes: &mut [u8]| bytes.iter_mut().for_each(|b| (*b, n) = (n, n.wrapping_add(41)));
    let new = file.rewrite(2, &ring, &|_| true, &slots, &mut random).unwrap();
    for (old, name) in [("keys-1.json", "keys-2.json"), ("keys-1.copy.json", "keys-2.copy.json")] {
        std::fs::write(folder.join(name), &new).unwrap();
        std::fs::remove_file(folder.join(old)).unwrap();
    }
    (world, plan)
}

#[test]
fn no_change_makes_a_password_easier_to_guess() {
    let (world, plan) = with_passwords("old", "other");
    let change = |secret: &str, change: KeyChange| {
        let place = Place { secret: Some(Secret::new(secret)), ..world.place(&plan) };
        world.handle().change_keys(place, change, None).wait().unwrap();
        let slots = world.handle().keys_at(world.place(&plan)).wait().unwrap().slots;
        let passwords = slots.into_iter().filter(|slot| slot.kind == SlotKind::Password);
        passwords.map(|slot| slot.function).collect::<Vec<_>>()
    };
    let is_costly = |function: &String| function.starts_with("scrypt 2^17/8/");
    let stretched = change("old", KeyChange::Stretch);
    assert!(stretched.len() == 2 && is_costly(&stretched[1]) && stretched[0] == "scrypt 2^10/8/1", "{stretched:?}");
    let new = change("old", KeyChange::Replace(NewSecrets::of(Secret::new("new"))));
    assert!(new.len() == 2 && is_costly(&new[1]), "{new:?}");
    // The cheap one is raised to what this machine takes.
    let other = change("other", KeyChange::Stretch);
    assert!(
        other.len() == 2 && is_costly(&other[0]) && ["15", "16"].iter().any(|n| other[1].starts_with(&format!("scrypt 2^{n}/")))
    );
    let rotated = change("other", KeyChange::Rotate(NewSecrets::default()));
    assert!(rotated.len() == 1 && is_costly(&rotated[0]), "{rotated:?}");
    assert_eq!(opens(&world, &plan, Secret::new("other")), Ok(()));
}

#[test]
fn what_opens_already_is_not_added() {
    let (world, plan) = with_passwords("old", "other");
    let before = key_files(&world, &plan);
    let slots = world.handle().keys_at(world.place(&plan)).wait().unwrap().slots;
    let refused = |change: KeyChange| {
        let place = Place { secret: Some(secret(1)), ..world.place(&plan) };
        world.handle().change_keys(place, change, None).wait().unwrap_err()
    };
    let new = |secret: Secret| NewSecrets::of(secret);
    for (secret, slot) in [(Secret::new("other"), &slots[2]), (secret(1), &slots[0])] {
        let problem = refused(KeyChange::Add(new(secret)));
        assert!(problem.code == Code::Usage && problem.what.contains(&slot.id), "{problem}");
    }
    // Neither is a password changed to what another slot has.
    let place = Place { secret: Some(Secret::new("other")), ..world.place(&plan) };
    let change = KeyChange::Replace(new(Secret::new("old")));
    let problem = world.handle().change_keys(place.clone(), change, None).wait().unwrap_err();
    assert!(problem.code == Code::Usage && problem.what.contains(&slots[1].id), "{problem}");
    assert_eq!(key_files(&world, &plan), before);
    // To what it is itself: made anew.
    world.handle().change_keys(place, KeyChange::Replace(new(Secret::new("other"))), None).wait().unwrap();
    assert_eq!(world.handle().keys_at(world.place(&plan)).wait().unwrap().slots.len(), 3);
}
