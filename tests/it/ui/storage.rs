//! The Storage tab.

use std::sync::{Arc, Mutex};

use egui_kittest::kittest::{NodeT, Queryable};
use strongroom::engine::message::{Answer, Command, KeysOwed, Overview, Question};
use strongroom::model::drive::Share;
use strongroom::model::health::Sample;
use strongroom::model::location::Location;
use strongroom::model::path::PathBytes;
use strongroom::model::problem::{Code, Problem};
use strongroom::model::secret::Secret;
use strongroom::model::status::{Status, Why};
use strongroom::ui::theme::icons;

use super::desk::{Desk, desk};
use super::fake::Fake;
use super::{sample, sample_storage};

#[test]
fn a_destination_is_tested_and_opened() {
    let mut desk = desk(sample::overview(), [900.0, 600.0]);
    desk.click("Storage");
    desk.until("status", |desk| desk.reads("588 GB free"));
    desk.click("Test Blue disk");
    desk.until("test", |desk| desk.reads("writes 140 MB a second"));
    desk.click("Open folder Blue disk");
    assert_eq!(*desk.opened.lock().unwrap(), [PathBytes::from("/media/ada/Blue disk")]);
}

#[test]
fn what_cannot_be_deleted_is_said_before_somebody_needs_the_room() {
    let mut overview = sample::overview();
    let drive = overview.plans[0].plan.destinations[0].clone();
    overview.plans[0].append_only = vec![drive];
    overview.plans[0].plan.retention.set("keep-last", "2").unwrap();
    let fake = Fake::new(overview, |question| match (question, sample::answer(question)) {
        (Question::DestinationStatus { .. }, Some(Ok(Answer::DestinationStatus(mut status)))) => {
            status.deletable = false;
            Some(Ok(Answer::DestinationStatus(status)))
        }
        (Question::TestDestination { .. }, Some(Ok(Answer::Tested(mut result)))) => {
            result.deletable = Some(false);
            Some(Ok(Answer::Tested(result)))
        }
        (_, answer) => answer,
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [1100.0, 900.0]);
    let said =
        "Nothing can be deleted at /media/ada/Blue disk: versions stay until somebody with the right to delete removes them.";
    let times = |desk: &Desk| desk.harness.query_all_by_label_contains(said).count();
    desk.click("Storage");
    desk.until("the card", |desk| times(desk) == 1);
    desk.click("Test Blue disk");
    desk.until("the test", |desk| desk.reads("writes 140 MB a second · reads 155 MB a second"));
    desk.until("said once", |desk| times(desk) == 1 && !desk.reads("Nothing can be deleted there"));
    desk.click("Free space: delete versions of Documents at Blue disk");
    desk.until("the versions' dialog", |desk| desk.reads("Delete versions of “Documents”") && times(desk) == 2);
    desk.click("Cancel");
    desk.click("Schedules");
    desk.click("Clean up Documents");
    desk.until("what would go", |desk| times(desk) == 1 && desk.reads("15 of 18 versions would go."));
}

/// An overview whose first backup goes to a server.
fn at_a_server() -> (Overview, Location) {
    let mut overview = sample::healthy();
    let nas = Location::of_server("sftp://ada@nas/~/backups").unwrap().unwrap();
    overview.plans[0].plan.destinations = vec![nas.clone()];
    (overview, nas)
}

#[test]
fn a_test_that_fails_is_trouble_and_what_helps_is_given_in_place() {
    let (overview, nas) = at_a_server();
    let told = Arc::new(Mutex::new(Vec::new()));
    let (heard, here) = (told.clone(), nas.clone());
    let fake = Fake::new(overview, move |question| match question {
        Question::TestDestination { location } if *location == here && heard.lock().unwrap().is_empty() => {
            let what = "The server does not take this password or key.";
            Some(Err(Problem::new(Code::StoragePassword, what, "Check the account's name, and its password or key there.")))
        }
        Question::TellAccess { location, told } => {
            heard.lock().unwrap().push((location.clone(), told.clone()));
            Some(Ok(Answer::Done))
        }
        other => sample::answer(other),
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [900.0, 900.0]);
    desk.click("Storage");
    desk.until("both are well", |desk| desk.harness.query_all_by_label("Ready").count() == 2);
    desk.click("Test backups on nas");
    // Though its state, by a line that is still open, says nothing of it.
    desk.wait_for("Cannot be used now");
    assert_eq!(desk.harness.query_all_by_label("Ready").count(), 1, "{:?}", desk.names());
    let field = |desk: &Desk, act: &dyn Fn(egui_kittest::Node<'_>)| {
        act(desk.harness.get_by_role_and_label(egui::accesskit::Role::PasswordInput, nas.secret_name()));
    };
    field(&desk, &|node| node.focus());
    desk.harness.run_steps(2);
    field(&desk, &|node| node.type_text("the new one"));
    desk.harness.run_steps(2);
    desk.click("Use it");
    desk.until("tested again", |desk| desk.reads("writes 140 MB a second"));
    assert!(!desk.is_shown("Cannot be used now") && !desk.reads("does not take this password"), "{:?}", desk.names());
    let told = told.lock().unwrap();
    let [(location, access)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((location, access.password.as_ref().map(Secret::expose)), (&nas, Some("the new one")));
}

#[test]
fn what_a_destinations_server_asks_for_is_a_question_on_its_card() {
    let (overview, _) = at_a_server();
    let fake = Fake::new(overview, move |question| match question {
        Question::DestinationStatus { location } if location.path().is_none() => {
            let Some(Ok(Answer::DestinationStatus(mut status))) = sample::answer(question) else { unreachable!() };
            status.problem = Some(Problem::new(Code::StoragePasswordNeeded, "The server asks for a password.", "Give it."));
            Some(Ok(Answer::DestinationStatus(status)))
        }
        other => sample::answer(other),
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [900.0, 900.0]);
    desk.click("Storage");
    desk.wait_for(&format!("{} The server asks for a password.", icons::INFO));
    assert!(desk.is_shown("Cannot be used now") && desk.is_shown("Use it"), "{:?}", desk.names());
}

#[test]
fn what_goes_to_a_destination_is_edited_from_there_though_nothing_lies_there_yet() {
    let (overview, nas) = at_a_server();
    let fake = Fake::new(overview, move |question| match question {
        Question::DestinationStatus { location } if *location == nas => {
            let Some(Ok(Answer::DestinationStatus(mut status))) = sample::answer(question) else { unreachable!() };
            (status.used, status.plans) = (0, Vec::new());
            Some(Ok(Answer::DestinationStatus(status)))
        }
        other => sample::answer(other),
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [1000.0, 1000.0]);
    desk.click("Storage");
    desk.until("that it is empty", |desk| desk.reads("No backups yet") && desk.reads("nothing of it lies here yet"));
    desk.click("Edit Documents, which goes to backups on nas");
    desk.wait_for("Edit Documents");
}

#[test]
fn a_share_of_another_machine_is_named_as_such() {
    let fake = Fake::new(sample::overview(), move |question| match question {
        Question::DestinationStatus { .. } => {
            let Some(Ok(Answer::DestinationStatus(mut status))) = sample::answer(question) else { unreachable!() };
            status.share = Some(Share { kind: "nfs4".into(), source: "nas:/export".into() });
            Some(Ok(Answer::DestinationStatus(status)))
        }
        other => sample::answer(other),
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [900.0, 900.0]);
    desk.click("Storage");
    desk.until("the share", |desk| desk.reads("A network share (nfs4) at nas:/export"));
}

#[test]
fn what_a_test_and_the_state_both_say_is_said_once() {
    let (overview, _) = at_a_server();
    let away = || Problem::new(Code::DestinationMissing, "The server does not answer.", "Check the network.");
    let fake = Fake::new(overview, move |question| match question {
        Question::DestinationStatus { location } if location.path().is_none() => {
            let Some(Ok(Answer::DestinationStatus(mut status))) = sample::answer(question) else { unreachable!() };
            status.problem = Some(away());
            Some(Ok(Answer::DestinationStatus(status)))
        }
        Question::TestDestination { .. } => Some(Err(away().with_detail("asked in another way"))),
        other => sample::answer(other),
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [900.0, 900.0]);
    desk.click("Storage");
    desk.wait_for("The server does not answer.");
    desk.click("Test backups on nas");
    desk.until("the test's end", |desk| !desk.reads("Testing…"));
    desk.harness.run_steps(4);
    assert_eq!(desk.harness.query_all_by_label("The server does not answer.").count(), 1, "{:?}", desk.names());
}

#[test]
fn what_a_destination_lacks_is_copied_there_at_once() {
    let (mut overview, nas) = at_a_server();
    let drive = overview.plans[1].plan.destinations[0].clone();
    overview.plans[0].plan.destinations.push(drive.clone());
    overview.plans[0].behind = vec![nas.clone()];
    let mut desk = desk(overview, [1000.0, 1000.0]);
    desk.click("Storage");
    catches_up(&mut desk, &drive, &nas);
}

/// What "Documents" lacks at the server is copied there from the drive.
fn catches_up(desk: &mut Desk, drive: &Location, nas: &Location) {
    desk.click("Catch up: copy Documents to backups on nas");
    desk.until("sent", |desk| {
        desk.told().iter().any(|command| match command {
            Command::Replicate { spec, .. } => spec.to == *nas && spec.from.location == *drive && !spec.instead,
            _ => false,
        })
    });
}

#[test]
fn keys_that_have_not_reached_a_destination_are_told_and_brought() {
    let (mut overview, nas) = at_a_server();
    let drive = overview.plans[1].plan.destinations[0].clone();
    overview.plans[0].plan.destinations.push(drive.clone());
    let owed = KeysOwed { plan: overview.plans[0].plan.id.clone(), from: Some(drive.clone()) };
    let lacks = nas.clone();
    let fake = Fake::new(overview, move |question| match question {
        Question::KeysOwed { location } if *location == lacks => Some(Ok(Answer::KeysOwed(vec![owed.clone()]))),
        other => sample::answer(other),
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [1000.0, 1000.0]);
    desk.click("Storage");
    desk.until("that it opens as before", |desk| desk.reads("Documents opens here with its former password or keys"));
    // The drive has them.
    catches_up(&mut desk, &drive, &nas);
}

#[test]
fn room_is_made_for_each_backup_that_lies_there_unless_it_runs() {
    let (overview, _) = sample::running();
    let mut desk = desk(overview, [1000.0, 800.0]);
    desk.click("Storage");
    let button = |name: &str| format!("Free space: delete versions of {name} at Blue disk");
    desk.wait_for(&button("Documents"));
    let is_off = |desk: &Desk, name: &str| desk.harness.get_by_label(&button(name)).accesskit_node().is_disabled();
    assert!(is_off(&desk, "Documents") && !is_off(&desk, "Pictures"), "{:?}", desk.names());
    desk.click(&button("Pictures"));
    desk.until("which of them", |desk| desk.reads("Delete versions of “Pictures” at Blue disk"));
    let asked = desk.asked.lock().unwrap();
    let place = asked.iter().find_map(|question| match question {
        Question::Versions { place } => Some(place.location.clone()),
        _ => None,
    });
    assert_eq!(place, Some(Location::local("/media/ada/Blue disk")));
}

#[test]
fn what_a_backup_takes_and_may_is_told_and_changed() {
    let mut overview = sample::overview();
    let location = overview.plans[0].plan.destinations[0].clone();
    overview.plans[0].plan.max_sizes.set(&location, Some(62_000_000_000));
    let mut desk = desk(overview, [900.0, 800.0]);
    desk.click("Storage");
    desk.until("what it takes", |desk| desk.reads("60.0 GB of at most 62.0 GB"));
    assert!(desk.is_shown("Low on room"), "{:?}", desk.names());
    desk.click("Limit…: what Pictures may take at Blue disk");
    assert!(desk.harness.get_by_label("Save").accesskit_node().is_disabled(), "nothing is changed yet");
    desk.click("It may take: At most");
    desk.click("More: Gigabytes at most");
    desk.click("Save");
    desk.until("saved", |desk| desk.reads("Pictures may take at most 110 GB at Blue disk."));
    let asked = desk.asked.lock().unwrap();
    let saved = asked.iter().find_map(|question| match question {
        Question::SavePlan { plan, .. } => Some(plan.max_sizes.at(&location)),
        _ => None,
    });
    assert_eq!(saved, Some(Some(110_000_000_000)));
}

#[test]
fn a_card_tells_how_its_destination_was() {
    let mut desk = desk(sample::overview(), [900.0, 800.0]);
    desk.click("Storage");
    let chart = "Blue disk, room over 90 days: from 117 GB to 412 GB used of 1.0 TB; not usable on 2 days";
    desk.until("chart", |desk| desk.is_shown(chart));
    assert!(desk.reads("Usable at 96 % of 1,440 checks · at this rate full in about 4 months"), "{:?}", desk.names());
    assert!(desk.reads("Last error, 12 days ago: The destination is not there."), "{:?}", desk.names());
}

#[test]
fn a_destination_that_is_away_for_long_is_said_on_both_tabs() {
    let mut overview = sample::healthy();
    let since = sample::at("2026-11-12T20:14:00Z");
    let destination = overview.plans[0].plan.destinations[0].clone();
    (overview.plans[0].status, overview.plans[0].why) = (Status::NeedsAttention, Why::Away { destination, since });
    let fake = Fake::new(overview, |question| match question {
        Question::Health { .. } => {
            let mut samples = sample::health();
            let failure = samples.iter().find_map(|sample| sample.failure.clone());
            samples.iter_mut().filter(|sample| sample.at >= sample::at("2026-11-12T20:14:00Z")).for_each(|sample| {
                *sample = Sample::new(sample.at, failure.clone());
            });
            Some(Ok(Answer::Health(samples)))
        }
        Question::DestinationStatus { .. } => None,
        other => sample::answer(other),
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [900.0, 800.0]);
    desk.until("header", |desk| desk.reads("Needs attention · 1 of 2"));
    assert!(desk.reads("Blue disk cannot be used since"), "{:?}", desk.names());
    desk.click("Storage");
    // Though it does not answer.
    desk.until("card", |desk| desk.reads("Not usable since Thu 12 Nov 20:14 (9 days)"));
    assert!(desk.reads("It has been away for too long"), "{:?}", desk.names());
}

#[test]
fn what_a_destination_held_is_told_while_it_is_away() {
    let fake = Fake::new(sample::healthy(), |question| match question {
        Question::DestinationStatus { .. } => {
            let Some(Ok(Answer::DestinationStatus(mut status))) = sample::answer(question) else { unreachable!() };
            let away = Problem::new(Code::DestinationMissing, "The destination is not there.", "Plug the drive in.");
            (status.problem, status.free, status.total, status.used, status.latency_ms) = (Some(away), None, None, 0, None);
            for plan in &mut status.plans {
                (plan.stored, plan.remembered) = (None, true);
            }
            Some(Ok(Answer::DestinationStatus(status)))
        }
        other => sample::answer(other),
    });
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [900.0, 800.0]);
    desk.click("Storage");
    desk.until("versions", |desk| desk.reads("when last seen: 18 versions, newest 2 h ago, encrypted"));
    assert!(!desk.reads("of backups") && !desk.names().iter().any(|name| name.starts_with("Move")), "{:?}", desk.names());
}

#[test]
fn each_of_several_destinations_tells_its_own() {
    let fake =
        Fake::new(sample_storage::servers(), |question| sample_storage::answer(question).or_else(|| sample::answer(question)));
    let window = sample::window(&fake);
    let mut desk = Desk::of(fake, window, [1400.0, 2400.0]);
    desk.click("Storage");
    for told in ["opens here with its former password or keys", "made for storage.example.net", "The server does not answer."] {
        desk.until(told, |desk| desk.reads(told));
    }
    assert!(desk.is_shown("Low on room"), "{:?}", desk.names());
    assert_eq!(desk.harness.query_all_by_label("Cannot be used now").count(), 2, "{:?}", desk.names());
}
