//! The shell, Encryption, Storage, Activity, Settings and closing.

use std::sync::{Arc, Mutex};

use egui_kittest::kittest::{NodeT, Queryable};
use strongroom::engine::Handle;
use strongroom::engine::handle::LiveProgress;
use strongroom::engine::message::{Answer, Command, Event, Overview, Question};
use strongroom::model::health::Sample;
use strongroom::model::location::Location;
use strongroom::model::path::PathBytes;
use strongroom::model::plan::SecretFile;
use strongroom::model::problem::{Code, Problem};
use strongroom::model::run::{Outcome, Trigger};
use strongroom::model::secret::Secret;
use strongroom::model::settings::Appearance;
use strongroom::model::status::{Status, Why};
use strongroom::ui::{Closed, Joined, Window};
use tokio::sync::{broadcast, mpsc, watch};

use super::desk::{Desk, desk};
use super::fake::{Fake, empty_overview};
use super::sample;

#[test]
fn every_tab_says_what_it_is_for_while_it_is_empty() {
    let mut desk = desk(empty_overview(), [900.0, 600.0]);
    for (tab, title) in
        [("Schedules", "Nothing is scheduled yet"), ("Encryption", "Nothing to encrypt yet"), ("Storage", "No destination yet")]
    {
        desk.click(tab);
        desk.until(title, |desk| desk.reads(title));
        assert!(desk.is_shown("Set up your first backup"), "{tab}");
    }
}

#[test]
fn a_new_overview_is_shown() {
    let mut desk = desk(empty_overview(), [900.0, 600.0]);
    desk.click("Encryption");
    desk.wait_for("Set up your first backup");
    desk.fake.overview.send(Arc::new(sample::waiting())).unwrap();
    desk.wait_for("Change the password of Documents");
    assert!(!desk.is_shown("Set up your first backup"));
}

#[test]
fn what_would_be_lost_is_said_on_top_and_on_each_card() {
    let mut overview = sample::healthy();
    let as_of = overview.at_risk.unwrap().as_of.strftime("%H:%M").to_string();
    overview.plans[1].at_risk = Some(sample::at_risk(0, 0));
    let mut desk = desk(overview.clone(), [900.0, 600.0]);
    desk.until("the number that matters", |desk| {
        desk.reads(&format!("If this disk died now you would lose 428 files, 2.6 GB · as of {as_of}"))
    });
    assert!(desk.reads(&format!("Would be lost now: 214 files, 1.3 GB (as of {as_of})")), "{:?}", desk.names());
    assert!(desk.reads(&format!("Nothing would be lost now (as of {as_of})")), "{:?}", desk.names());
    // What it stands in place of is there where nothing is measured.
    assert!(!desk.reads("Every backup ran when it should"));
    overview.at_risk = None;
    overview.plans.iter_mut().for_each(|plan| plan.at_risk = None);
    desk.fake.overview.send(Arc::new(overview)).unwrap();
    desk.until("no number", |desk| desk.reads("Every backup ran when it should"));
    assert!(desk.reads("What would be lost now is not measured yet") && !desk.reads("If this disk died"), "{:?}", desk.names());
    desk.fake.overview.send(Arc::new(sample::waiting())).unwrap();
    desk.until("what has no version", |desk| desk.reads("Never backed up: all of it would be lost"));
}

#[test]
fn keys_change_tabs() {
    let mut desk = desk(sample::overview(), [900.0, 600.0]);
    desk.harness.run_steps(2);
    desk.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num4);
    desk.wait_for("Open folder Blue disk");
    desk.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num3);
    desk.wait_for("Change the password of Documents");
}

#[test]
fn a_password_is_changed_only_with_the_old_one() {
    let mut desk = desk(sample::overview(), [1100.0, 900.0]);
    desk.click("Encryption");
    desk.until("facts", |desk| desk.reads("stretched with scrypt 2^15/8/3, made 24 days ago"));
    desk.click("Change the password of Documents");
    desk.type_into("Password or recovery key now", "wrong");
    desk.type_into("New password", "correct horse battery");
    desk.type_into("New password again", "correct horse battery");
    desk.click("Change password");
    desk.until("error", |desk| desk.reads("This is not the password of this backup."));
    desk.replace("Password or recovery key now", "old password");
    desk.click("Make a new recovery key");
    desk.until("key", |desk| desk.is_shown("Copy the recovery key"));
    assert!(desk.harness.get_by_label("Change password").accesskit_node().is_disabled(), "the key is not kept yet");
    desk.click("I have kept it in a safe place");
    desk.click("Change password");
    desk.until("done", |desk| desk.reads("The password of Documents is changed."));
    let asked = desk.asked.lock().unwrap();
    let last = asked.iter().rev().find_map(|question| match question {
        Question::ChangePassword { old, new, .. } => Some((old.clone(), new.clone())),
        _ => None,
    });
    let (old, new) = last.expect("it was asked for");
    assert_eq!(old.expose(), "old password");
    assert_eq!(new.password.expect("a new one").expose(), "correct horse battery");
    assert!(new.recovery_key.is_some());
}

#[test]
fn what_was_typed_into_a_dialog_is_not_lost_by_escape() {
    let mut desk = desk(sample::overview(), [1100.0, 720.0]);
    desk.click("Encryption");
    desk.click("Change the password of Documents");
    desk.type_into("New password", "precious");
    for _ in 0..3 {
        desk.harness.key_press(egui::Key::Escape);
        desk.harness.run_steps(2);
    }
    assert!(desk.is_shown("New password"), "the dialog stays");
    desk.click("Cancel");
    assert!(!desk.is_shown("New password"));
}

#[test]
fn a_destination_is_tested_and_opened() {
    let mut desk = desk(sample::overview(), [900.0, 600.0]);
    desk.click("Storage");
    desk.until("status", |desk| desk.reads("588 GB free"));
    desk.click("Test Blue disk");
    desk.until("test", |desk| desk.reads("Writes 140 MB a second"));
    desk.click("Open folder Blue disk");
    assert_eq!(*desk.opened.lock().unwrap(), [PathBytes::from("/media/ada/Blue disk")]);
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
    desk.until("tested again", |desk| desk.reads("Writes 140 MB a second"));
    assert!(!desk.is_shown("Cannot be used now") && !desk.reads("does not take this password"), "{:?}", desk.names());
    let told = told.lock().unwrap();
    let [(location, access)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((location, access.password.as_ref().map(Secret::expose)), (&nas, Some("the new one")));
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
    desk.click("Catch up: copy Documents to backups on nas");
    desk.until("sent", |desk| {
        desk.told().iter().any(|command| match command {
            Command::Replicate { spec, .. } => spec.to == nas && spec.from.location == drive && !spec.instead,
            _ => false,
        })
    });
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
    assert!(desk.reads("Usable at 96 % of 1,440 looks · at this rate full in about 4 months"), "{:?}", desk.names());
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
fn activity_opens_a_report_that_names_files() {
    let mut desk = desk(sample::overview(), [900.0, 1200.0]);
    desk.click("Activity, 2 unread");
    desk.until("seen", |desk| desk.told().iter().any(|command| matches!(command, Command::MarkSeen)));
    let flawless = |name: &String| name.starts_with("Backup of") && name.ends_with("stored");
    desk.until("runs", |desk| desk.names().iter().any(flawless));
    desk.click("With problems only");
    // The rows move up when the others are gone.
    desk.until("those with problems", |desk| !desk.names().iter().any(flawless));
    let run = "Backup of Documents, Wed 18 Nov 18:02, 214 new or changed files, 620 MB stored, with 12 warnings";
    desk.click(run);
    desk.until("group", |desk| desk.reads("Could not be read (11)"));
    assert!(desk.reads("/home/ada/Documents/Letters/to Grandmother Wilhelmina/draft 1.odt"));
    assert!(!desk.reads("draft 11.odt"), "only a few at first");
    desk.click("Show all 11");
    desk.until("all", |desk| desk.reads("draft 11.odt"));
    desk.click("All activity");
    desk.wait_for(run);
}

#[test]
fn settings_are_sent_at_once() {
    let mut desk = desk(sample::overview(), [900.0, 600.0]);
    desk.click("Settings");
    desk.click("Appearance: Dark");
    desk.until("sent", |desk| {
        desk.told().iter().any(|command| match command {
            Command::SetSettings(settings) => settings.appearance == Appearance::Dark,
            _ => false,
        })
    });
}

/// A run of Documents by hand that left files out.
fn with_warnings() -> Event {
    let mut runs = sample::runs(&sample::plans()[0]);
    let mut report = runs.remove(3);
    report.trigger = Trigger::ByHand;
    // The newest there is.
    (report.started, report.finished) = (runs[0].started, runs[0].finished);
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings);
    Event::RunEnded(Box::new(report))
}

#[test]
fn a_result_is_told_and_leads_to_its_report() {
    let mut desk = desk(sample::overview(), [900.0, 600.0]);
    desk.click("Storage");
    desk.fake.events.send(with_warnings()).unwrap();
    desk.click("Show files");
    desk.until("report", |desk| desk.reads("Could not be read (11)"));
}

#[test]
fn what_the_card_says_no_message_repeats() {
    let mut desk = desk(sample::overview(), [900.0, 600.0]);
    desk.harness.run_steps(2);
    desk.fake.events.send(with_warnings()).unwrap();
    desk.until("the card's line", |desk| desk.is_shown("Show 12 warnings"));
    assert!(!desk.is_shown("Close this message"), "{:?}", desk.names());
    // A backup that has no card here, as of the command line.
    let Event::RunEnded(mut other) = with_warnings() else { unreachable!() };
    other.plan = None;
    desk.fake.events.send(Event::RunEnded(other)).unwrap();
    desk.wait_for("Close this message");
}

/// Tab goes on to what stands at the right on the same line, then down; a column at a time.
#[test]
fn tab_goes_in_the_order_of_reading() {
    for place in ["Backups", "Schedules", "Encryption", "Storage", "Add backup"] {
        let mut desk = desk(sample::overview(), [1000.0, 1400.0]);
        if place == "Add backup" {
            desk.wait_for("Backups");
        }
        desk.click(place);
        desk.harness.run_steps(4);
        let mut reached: Vec<(String, egui::Rect)> = Vec::new();
        loop {
            desk.harness.key_press(egui::Key::Tab);
            desk.harness.run_steps(2);
            let focused = desk.harness.query_all_by(|node| node.is_focused()).next().expect("something has the focus");
            let name = focused.accesskit_node().label().unwrap_or_default();
            let rect = focused.rect();
            if reached.iter().any(|known| *known == (name.clone(), rect)) {
                break;
            }
            reached.push((name, rect));
        }
        assert!(reached.len() > 3, "{place}: {reached:?}");
        for pair in reached.windows(2) {
            let [(before, a), (after, b)] = pair else { unreachable!() };
            let same_line = a.top().max(b.top()) + 8.0 < a.bottom().min(b.bottom());
            let forward = if same_line || b.top() < a.top() { b.left() >= a.left() } else { true };
            assert!(forward, "{place}: from {before} {a:?} to {after} {b:?}");
        }
    }
}

#[test]
fn folders_are_dropped_where_drops_arrive() {
    for drops in [true, false] {
        let fake = Fake::new(empty_overview(), |question| match question {
            Question::SuggestSources => Some(Ok(Answer::Suggestions(vec![]))),
            _ => None,
        });
        let window = Window { drops, ..sample::window(&fake) };
        let mut desk = Desk::of(fake, window, [900.0, 600.0]);
        desk.click("Set up a backup");
        desk.wait_for("Path of a folder to add");
        assert_eq!(desk.reads("drop folders here"), drops);
        desk.drop_file("/home/u/Letters");
        assert!(desk.is_shown("Letters"), "what arrives is taken in any case: {:?}", desk.names());
    }
}

#[test]
fn progress_is_shown_while_a_run_goes_on() {
    let (overview, progress) = sample::running();
    let mut desk = desk(overview, [900.0, 600.0]);
    let run = desk.fake.handle.overview().runs[0].run;
    desk.fake.live.lock().unwrap().insert(run, LiveProgress::Here(Arc::new(progress)));
    desk.harness.run_steps(4);
    let bar = desk.harness.get_by_role(egui::accesskit::Role::ProgressIndicator);
    assert_eq!(bar.accesskit_node().numeric_value(), Some(62.0));
}

#[test]
fn a_run_is_paused_and_resumed() {
    let (mut overview, progress) = sample::running();
    let mut desk = desk(overview.clone(), [900.0, 600.0]);
    let run = desk.fake.handle.overview().runs[0].run;
    let progress = Arc::new(progress);
    desk.fake.live.lock().unwrap().insert(run, LiveProgress::Here(progress.clone()));
    let told = |desk: &Desk| {
        let said = |command: &Command| match command {
            Command::Pause { run: of, paused } if *of == run => Some(*paused),
            _ => None,
        };
        desk.told().iter().filter_map(said).collect::<Vec<_>>()
    };
    assert!(!desk.reads("Paused"));
    desk.click("Pause: Backing up Documents");
    desk.until("the wish", |desk| told(desk) == [true]);
    // Shown once the engine says so.
    assert!(desk.is_shown("Pause: Backing up Documents"));
    overview.runs[0].paused = true;
    progress.paused.store(true, std::sync::atomic::Ordering::Relaxed);
    desk.fake.overview.send_replace(Arc::new(overview.clone()));
    desk.until("Paused", |desk| desk.reads("Paused, 12,204 files"));
    assert!(desk.is_shown("Cancel: Backing up Documents"), "it can be cancelled all the same");
    desk.click("Resume: Backing up Documents");
    desk.until("the other wish", |desk| told(desk) == [true, false]);
    (overview.runs[0].paused, overview.runs[0].cancelling) = (false, true);
    desk.fake.overview.send_replace(Arc::new(overview));
    desk.wait_for("Pause: Backing up Documents");
    assert!(desk.harness.get_by_label("Pause: Backing up Documents").accesskit_node().is_disabled());
}

#[test]
fn closing_asks_while_there_are_schedules() {
    let mut desk = desk(sample::overview(), [900.0, 600.0]);
    desk.harness.run_steps(2);
    desk.close_window();
    desk.click("Cancel");
    assert!(!desk.is_shown("Remember this"));
    desk.close_window();
    desk.click("Remember this");
    desk.click("Keep backing up in the background");
    assert_eq!(*desk.closed.lock().unwrap(), Closed::KeepRunning);
    desk.until("remembered", |desk| {
        desk.told().iter().any(|command| match command {
            Command::SetSettings(settings) => settings.keep_running == Some(true),
            _ => false,
        })
    });
}

/// The engine was a command's; now it is the window's own, which closing would end.
#[test]
fn a_window_that_takes_over_asks_before_it_closes() {
    let fake = Fake::new(sample::overview(), sample::answer);
    let (requests, inbox) = mpsc::channel(4);
    let (_overview, reader) = watch::channel(Arc::new(sample::waiting()));
    let borrowed = Handle::new(requests, reader, broadcast::channel(4).0, Arc::default());
    let window = Window { engine: Joined { handle: borrowed, own: false }, ..sample::window(&fake) };
    let mut desk = Desk::of(fake, window, [900.0, 600.0]);
    desk.wait_for("Waiting for first backup");
    assert!(!desk.is_shown("Back up Pictures now"));
    drop(inbox);
    desk.wait_for("Back up Pictures now");
    desk.close_window();
    desk.wait_for("Keep backing up in the background");
}

/// Everything that can be pressed has a name, in every tab and drawer, at both sizes.
#[test]
fn everything_has_a_name() {
    for size in [[900.0, 600.0], [1600.0, 1000.0]] {
        let mut desk = desk(sample::overview(), size);
        for place in ["Backups", "Schedules", "Encryption", "Storage", "Settings"] {
            desk.click(place);
            for role in [egui::accesskit::Role::Button, egui::accesskit::Role::CheckBox, egui::accesskit::Role::TextInput] {
                for node in desk.harness.query_all_by_role(role) {
                    let name = node.accesskit_node().label();
                    assert!(name.is_some_and(|name| !name.trim().is_empty()), "{place}: {role:?} without a name");
                }
            }
        }
    }
}

/// A menu by keyboard: opened by Enter, the first entry has the focus, and after Esc the button has it again.
#[test]
fn menus_work_by_keyboard() {
    let mut desk = desk(sample::overview(), [900.0, 700.0]);
    desk.click("Activity, 2 unread");
    desk.wait_for("Kind");
    desk.harness.get_by_label("Kind").focus();
    desk.harness.run_steps(2);
    desk.harness.key_press(egui::Key::Enter);
    desk.harness.run_steps(4);
    assert_eq!(desk.focused().as_deref(), Some("All kinds"));
    desk.harness.key_press(egui::Key::ArrowDown);
    desk.harness.run_steps(3);
    assert_eq!(desk.focused().as_deref(), Some("Backups"));
    desk.harness.key_press(egui::Key::Escape);
    desk.harness.run_steps(4);
    assert!(desk.harness.query_all_by_label("Restores").next().is_none(), "the menu is closed");
    assert_eq!(desk.focused().as_deref(), Some("Kind"));
}

#[test]
fn a_password_file_that_grows_old_is_named_where_the_password_is_changed() {
    let mut overview = sample::overview();
    overview.plans[0].plan.secret_file = Some(SecretFile::Password("/home/ada/made.password".into()));
    let mut desk = desk(overview, [900.0, 700.0]);
    desk.click("Encryption");
    desk.click("Change the password of Documents");
    desk.until("the file", |desk| desk.reads("If this is the password in /home/ada/made.password, that file no longer opens"));
}
