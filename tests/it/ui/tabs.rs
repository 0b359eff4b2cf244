//! The shell, Encryption, Activity, Settings and closing.

use std::sync::Arc;

use egui_kittest::kittest::{NodeT, Queryable};
use strongroom::engine::Handle;
use strongroom::engine::handle::LiveProgress;
use strongroom::engine::message::{Answer, Command, Event, Question};
use strongroom::model::plan::SecretFile;
use strongroom::model::run::{Outcome, Trigger};
use strongroom::model::settings::Appearance;
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
