//! The Encryption tab: what opens a backup is listed, added, removed; a new key is made.

use egui_kittest::kittest::{NodeT, Queryable};
use strongroom::engine::message::{Answer, KeyChange, KeyStatus, Question};
use strongroom::model::key::SlotKind;
use strongroom::model::restore::{Place, PlanChoice};

use super::desk::{Desk, desk};
use super::fake::Fake;
use super::sample;

/// The changes of keys that were asked for, in order.
fn changes(desk: &Desk) -> Vec<(Place, KeyChange)> {
    let asked = desk.asked.lock().unwrap();
    let change = |question: &Question| match question {
        Question::ChangeKeys { place, change, .. } => Some((place.clone(), change.clone())),
        _ => None,
    };
    asked.iter().filter_map(change).collect()
}

fn encryption() -> Desk {
    let mut desk = desk(sample::overview(), [1100.0, 900.0]);
    desk.click("Encryption");
    desk.until("slots", |desk| desk.reads("stretched with scrypt 2^15/8/3, made 24 days ago"));
    desk
}

#[test]
fn a_password_is_added_once_it_was_typed_twice() {
    let mut desk = encryption();
    desk.click("Add a way into Documents");
    desk.type_into("Another password", "of somebody else");
    desk.type_into("The same again", "of somebody");
    assert!(desk.harness.get_by_label("Add").accesskit_node().is_disabled(), "the two differ");
    desk.type_into("The same again", " else");
    desk.click("Add");
    desk.until("done", |desk| desk.reads("Documents can be opened with it."));
    let [(place, KeyChange::Add(secrets))] = &changes(&desk)[..] else { panic!("{:?}", changes(&desk)) };
    assert_eq!((&place.plan, &place.secret), (&PlanChoice::Id(sample::plans()[0].id.clone()), &None));
    assert_eq!(secrets.password.as_ref().unwrap().expose(), "of somebody else");
    assert!(secrets.recovery_key.is_none() && secrets.key_file.is_none());
}

#[test]
fn a_key_file_is_added_by_its_path_where_there_is_no_dialog() {
    let mut desk = encryption();
    desk.click("Add a way into Documents");
    desk.click("What is added: Key file");
    assert!(desk.harness.get_by_label("Add").accesskit_node().is_disabled(), "none is chosen yet");
    desk.click("Use a key file…");
    desk.type_into("Path of the key file", "/media/stick/notes.txt");
    desk.click("Use it");
    desk.until("refusal", |desk| desk.reads("This cannot be used as a key file."));
    desk.replace("Path of the key file", "/media/stick/strongroom.key");
    desk.click("Use it");
    desk.until("chosen", |desk| desk.reads("The key file is chosen."));
    desk.click("Add");
    desk.until("done", |desk| desk.reads("Documents can be opened with it."));
    let [(_, KeyChange::Add(secrets))] = &changes(&desk)[..] else { panic!("{:?}", changes(&desk)) };
    assert!(secrets.key_file.as_ref().is_some_and(|secret| secret.is_key_file()) && secrets.password.is_none());
}

#[test]
fn a_recovery_key_is_added_once_it_is_kept() {
    let mut desk = encryption();
    desk.click("Add a way into Documents");
    desk.click("What is added: Recovery key");
    desk.until("key", |desk| desk.is_shown("Copy the recovery key"));
    assert!(desk.harness.get_by_label("Add").accesskit_node().is_disabled(), "it is not kept yet");
    desk.click("I have kept it in a safe place");
    desk.click("Add");
    desk.until("done", |desk| desk.reads("Documents can be opened with it."));
    assert!(matches!(&changes(&desk)[..], [(_, KeyChange::Add(secrets))] if secrets.recovery_key.is_some()));
}

#[test]
fn what_is_removed_is_named_and_confirmed() {
    let mut desk = encryption();
    desk.click("Remove recovery key 5a5a0002 of Documents");
    desk.until("question", |desk| desk.reads("It will no longer open Documents."));
    desk.click("Cancel");
    assert!(changes(&desk).is_empty());
    desk.click("Remove recovery key 5a5a0002 of Documents");
    desk.click("Remove the recovery key");
    desk.until("done", |desk| desk.reads("The recovery key 5a5a0002 of Documents is removed."));
    let [(_, change)] = &changes(&desk)[..] else { panic!("{:?}", changes(&desk)) };
    assert_eq!(*change, KeyChange::Remove { slot: "5a5a0002".into() });
}

#[test]
fn the_last_one_cannot_be_removed() {
    let fake = Fake::new(sample::overview(), |question| match question {
        Question::KeyStatus { .. } => Some(Ok(Answer::KeyStatus(KeyStatus {
            sealed: true,
            cipher: "AES-128-GCM".into(),
            slots: sample::slots().into_iter().filter(|slot| slot.kind == SlotKind::Password).collect(),
            older_keys: 2,
            kept_in: "System keyring".into(),
            keys_number: 5,
        }))),
        other => sample::answer(other),
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [1100.0, 900.0]);
    desk.click("Encryption");
    desk.wait_for("Remove password 5a5a0001 of Documents");
    assert!(desk.harness.get_by_label("Remove password 5a5a0001 of Documents").accesskit_node().is_disabled());
    assert!(desk.reads("There is no recovery key") && desk.reads("the newest and 2 older ones") && desk.reads("AES-128-GCM"));
}

#[test]
fn a_new_key_takes_the_password() {
    let mut desk = encryption();
    desk.click("Make a new key for Documents");
    assert!(desk.reads("Only what you give and make here opens the backup then"), "{:?}", desk.names());
    assert!(desk.harness.get_by_label("Make a new key").accesskit_node().is_disabled());
    desk.type_into("Password or recovery key now", "wrong");
    desk.click("Make a new key");
    desk.until("refusal", |desk| desk.reads("This does not open the backup."));
    desk.replace("Password or recovery key now", "old password");
    desk.click("Make a new key");
    desk.until("done", |desk| desk.reads("Documents has a new key for versions from now on."));
    let last = changes(&desk).pop().unwrap();
    assert!(
        matches!(&last, (place, KeyChange::Rotate(_)) if place.secret.as_ref().unwrap().expose() == "old password"),
        "{last:?}"
    );
}

#[test]
fn a_new_key_brings_a_new_recovery_key_where_it_is_wished() {
    let mut desk = encryption();
    desk.click("Make a new key for Documents");
    desk.type_into("Password or recovery key now", "old password");
    desk.click("Make a new recovery key");
    desk.until("key", |desk| desk.is_shown("Copy the recovery key"));
    assert!(desk.harness.get_by_label("Make a new key").accesskit_node().is_disabled(), "it is not kept yet");
    desk.click("I have kept it in a safe place");
    desk.click("Make a new key");
    desk.until("done", |desk| desk.reads("Documents has a new key for versions from now on."));
    let last = changes(&desk).pop().unwrap();
    assert!(matches!(&last, (_, KeyChange::Rotate(further)) if further.recovery_key.is_some()), "{last:?}");
}

/// The pages that change a backup, at its last step.
fn editing() -> Desk {
    let fake = Fake::new(sample::overview(), |question| match question {
        Question::Unlock { place } if place.secret.as_ref().is_some_and(|secret| secret.is_key_file()) => Some(Ok(Answer::Done)),
        other => sample::answer(other),
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [1100.0, 900.0]);
    desk.click("More for Documents");
    desk.click("Edit…");
    desk.click("Next: Where");
    desk.click("Next: How");
    desk.until("the page", |desk| desk.reads("Its password is changed in the Encryption tab."));
    desk
}

#[test]
fn a_key_file_for_unattended_runs_is_taken_only_if_it_opens_the_backup() {
    let mut desk = editing();
    desk.click("Use a key file…");
    desk.type_into("Path of the key file", "/media/stick/notes.txt");
    desk.click("Use it");
    desk.until("refusal", |desk| desk.reads("This cannot be used as a key file."));
    desk.replace("Path of the key file", "/media/stick/strongroom.key");
    desk.click("Use it");
    desk.until("taken", |desk| desk.reads("/media/stick/strongroom.key") && desk.is_shown("Do without the key file"));
    desk.click("Do without the key file");
    desk.wait_for("Use a key file…");
}
