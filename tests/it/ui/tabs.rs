//! The shell, Schedules, Encryption, Storage, Activity, Settings and closing.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use strongroom::engine::handle::LiveProgress;
use strongroom::engine::message::{Command, Event, Overview, Question};
use strongroom::model::path::PathBytes;
use strongroom::model::plan::Plan;
use strongroom::model::run::{Outcome, Trigger};
use strongroom::model::schedule::Schedule;
use strongroom::model::settings::Appearance;
use strongroom::ui::{App, Closed, Window};

use super::fake::{Fake, empty_overview};
use super::sample;

struct Desk {
    harness: Harness<'static, App>,
    fake: Fake,
    closed: Arc<Mutex<Closed>>,
    asked: Arc<Mutex<Vec<Question>>>,
    opened: Arc<Mutex<Vec<PathBytes>>>,
}

fn desk(overview: Overview, size: [f32; 2]) -> Desk {
    let asked: Arc<Mutex<Vec<Question>>> = Arc::default();
    let heard = asked.clone();
    let fake = Fake::new(overview, move |question| {
        heard.lock().unwrap().push(question.clone());
        sample::answer(question)
    });
    let closed = Arc::new(Mutex::new(Closed::Quit));
    let opened: Arc<Mutex<Vec<PathBytes>>> = Arc::default();
    let folders = opened.clone();
    let window =
        Window { open_folder: Arc::new(move |path| folders.lock().unwrap().push(path.clone())), ..sample::window(&fake) };
    let told = closed.clone();
    let harness = Harness::builder().with_size(size).build_eframe(move |creation| App::new(&creation.egui_ctx, window, told));
    Desk { harness, fake, closed, asked, opened }
}

impl Desk {
    fn is_shown(&self, name: &str) -> bool {
        self.harness.query_all_by_label(name).next().is_some()
    }

    /// Whether some text on screen contains this.
    fn reads(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some() || self.harness.query_all_by_value(part).next().is_some()
    }

    fn focused(&self) -> Option<String> {
        self.harness.query_all_by(|node| node.is_focused()).next().and_then(|node| node.accesskit_node().label())
    }

    fn names(&self) -> Vec<String> {
        self.harness
            .query_all_by(|_| true)
            .filter_map(|node| node.accesskit_node().label().or(node.accesskit_node().value()))
            .collect()
    }

    /// Frames until it is so; answers come from another thread.
    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            self.harness.run_steps(2);
            if is_so(self) {
                return;
            }
            assert!(Instant::now() < end, "{what} did not come; on screen: {:?}", self.names());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn wait_for(&mut self, name: &str) {
        self.until(name, |desk| desk.is_shown(name));
    }

    fn click(&mut self, name: &str) {
        self.wait_for(name);
        self.harness.get_by_label(name).click();
        self.harness.run_steps(3);
    }

    fn type_into(&mut self, name: &str, text: &str) {
        self.wait_for(name);
        self.harness.get_by_label(name).focus();
        self.harness.run_steps(2);
        self.harness.get_by_label(name).type_text(text);
        self.harness.run_steps(2);
    }

    fn told(&self) -> Vec<Command> {
        self.fake.told.lock().unwrap().clone()
    }
}

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
fn keys_change_tabs() {
    let mut desk = desk(sample::overview(), [900.0, 600.0]);
    desk.harness.run_steps(2);
    desk.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num4);
    desk.wait_for("Open folder Blue disk");
    desk.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Num3);
    desk.wait_for("Change the password of Documents");
}

#[test]
fn a_schedule_is_changed_in_place() {
    let mut desk = desk(sample::overview(), [1100.0, 720.0]);
    desk.click("Schedules");
    desk.click("Change the schedule of Documents");
    assert!(desk.harness.get_by_label("Save").accesskit_node().is_disabled(), "nothing is changed yet");
    desk.click("Runs: Every few hours");
    desk.click("More: Hours between two runs");
    desk.click("Save");
    desk.until("saved", |desk| desk.reads("Documents now runs every 7 hours."));
    let asked = desk.asked.lock().unwrap();
    let saved: Vec<&Plan> = asked
        .iter()
        .filter_map(|question| match question {
            Question::SavePlan { plan, .. } => Some(&**plan),
            _ => None,
        })
        .collect();
    assert_eq!(saved.len(), 1);
    assert_eq!(saved[0].schedule, Schedule::Hours { hours: 7 });
    assert_eq!(saved[0].sources, sample::plans()[0].sources, "everything else stays");
}

#[test]
fn the_calendar_knows_what_ran_and_what_is_to_come() {
    let mut desk = desk(sample::overview(), [1280.0, 900.0]);
    desk.click("Schedules");
    desk.until("history", |desk| desk.is_shown("Wednesday 18 November, 2 runs, backed up with warnings"));
    desk.wait_for("Saturday 14 November, 2 runs, failed");
    assert!(desk.reads("Tuesday 24 November, 5 to come"));
    desk.click("Previous month");
    desk.wait_for("Thursday 1 October");
}

#[test]
fn a_password_is_changed_only_with_the_old_one() {
    let mut desk = desk(sample::overview(), [1100.0, 900.0]);
    desk.click("Encryption");
    desk.until("facts", |desk| desk.reads("1 password, stretched with scrypt 2^15/8/3"));
    desk.click("Change the password of Documents");
    desk.type_into("Password or recovery key now", "wrong");
    desk.type_into("New password", "correct horse battery");
    desk.type_into("New password again", "correct horse battery");
    desk.click("Change password");
    desk.until("error", |desk| desk.reads("This is not the password of this backup."));
    desk.type_into("Password or recovery key now", "x");
    desk.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    desk.harness.run_steps(2);
    desk.type_into("Password or recovery key now", "old password");
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

#[test]
fn activity_opens_a_report_that_names_files() {
    let mut desk = desk(sample::overview(), [900.0, 1200.0]);
    desk.click("Activity, 2 unread");
    desk.until("seen", |desk| desk.told().iter().any(|command| matches!(command, Command::MarkSeen)));
    desk.click("With problems only");
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

#[test]
fn a_result_is_told_and_leads_to_its_report() {
    let mut desk = desk(sample::overview(), [900.0, 600.0]);
    desk.harness.run_steps(2);
    let mut report = sample::runs(&sample::plans()[0]).remove(3);
    report.trigger = Trigger::ByHand;
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings);
    desk.fake.events.send(Event::RunEnded(Box::new(report))).unwrap();
    desk.click("Show files");
    desk.until("report", |desk| desk.reads("Could not be read (11)"));
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
fn closing_asks_while_there_are_schedules() {
    let mut desk = desk(sample::overview(), [900.0, 600.0]);
    desk.harness.run_steps(2);
    let close = |desk: &mut Desk| {
        let viewport = desk.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
        viewport.events.push(egui::ViewportEvent::Close);
        desk.harness.run_steps(1);
        desk.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default().events.clear();
        desk.harness.run_steps(2);
    };
    close(&mut desk);
    desk.click("Cancel");
    assert!(!desk.is_shown("Remember this"));
    close(&mut desk);
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
