//! Closing into the tray, what is wished from there, and the switch for starting at login: on a pretended engine.

use std::sync::{Arc, Mutex};

use egui_kittest::kittest::{NodeT, Queryable};
use strongroom::engine::message::{Command, Overview};
use strongroom::model::plan::PlanId;
use strongroom::model::problem::{Code, Problem};
use strongroom::model::settings::Settings;
use strongroom::ui::{Closed, TrayPresence, Window, WindowWaker, Wish};

use super::desk::Desk;
use super::fake::{Fake, empty_overview};
use super::sample;

/// A window with its own way in, and an icon in the tray.
fn desk(overview: Overview) -> (Desk, WindowWaker) {
    let fake = Fake::new(overview, sample::answer);
    let (windows, tray) = (WindowWaker::default(), TrayPresence::default());
    tray.set(true);
    let window = Window { waker: windows.clone(), tray, ..sample::window(&fake) };
    (Desk::of(fake, window, [900.0, 600.0]), windows)
}

fn keeping(keep_running: Option<bool>, overview: Overview) -> Overview {
    Overview { settings: Settings { keep_running, ..Settings::default() }, ..overview }
}

fn closed(desk: &Desk) -> Closed {
    *desk.closed.lock().unwrap()
}

#[test]
fn with_a_tray_closing_is_asked_about_once() {
    let (mut desk, _) = desk(sample::healthy());
    desk.harness.run_steps(2);
    desk.close_window();
    desk.wait_for("Keep Strongroom in the tray?");
    desk.click("Keep it in the tray");
    assert_eq!(closed(&desk), Closed::KeepRunning);
    desk.until("remembered", |desk| {
        desk.told().iter().any(|command| matches!(command, Command::SetSettings(settings) if settings.keep_running == Some(true)))
    });
}

#[test]
fn what_was_answered_holds_also_where_nothing_is_scheduled() {
    let mut unscheduled = sample::healthy();
    unscheduled.plans.iter_mut().for_each(|plan| plan.plan.schedules = Default::default());
    for (keep, overview, wanted) in [
        (Some(true), unscheduled.clone(), Closed::KeepRunning),
        (Some(true), sample::healthy(), Closed::KeepRunning),
        (Some(false), sample::healthy(), Closed::Quit),
        (None, unscheduled, Closed::Quit),
        // Nothing is set up: there is nothing to be at hand for.
        (Some(true), empty_overview(), Closed::Quit),
    ] {
        let (mut desk, _) = desk(keeping(keep, overview));
        desk.harness.run_steps(2);
        desk.close_window();
        assert_eq!(closed(&desk), wanted, "{keep:?}");
        assert!(!desk.is_shown("Keep Strongroom in the tray?"));
    }
}

#[test]
fn quitting_from_the_tray_asks_while_something_runs() {
    let (mut desk, windows) = desk(keeping(Some(true), sample::running().0));
    desk.harness.run_steps(2);
    windows.wish(Wish::Quit);
    desk.wait_for("A backup is still running");
    desk.click("Cancel");
    assert!(!desk.is_shown("A backup is still running"));
    windows.wish(Wish::Quit);
    *desk.closed.lock().unwrap() = Closed::KeepRunning;
    desk.click("Quit: schedules stop");
    assert_eq!(closed(&desk), Closed::Quit);
    // What is wished of a window that closes is the next one's.
    windows.wish(Wish::Open);
    desk.harness.run_steps(2);
    assert_eq!(windows.wishes(), [Wish::Open]);
}

#[test]
fn quitting_from_the_tray_asks_nothing_where_nothing_runs() {
    let (mut desk, windows) = desk(sample::healthy());
    desk.harness.run_steps(2);
    *desk.closed.lock().unwrap() = Closed::KeepRunning;
    windows.wish(Wish::Quit);
    desk.harness.run_steps(2);
    assert_eq!(closed(&desk), Closed::Quit);
}

#[test]
fn a_restore_that_is_wished_is_opened_and_drops_nothing() {
    let (mut one, windows) = desk(sample::healthy());
    let plan = PlanId::from_random([2; 16]);
    windows.wish(Wish::Restore(Some(plan.clone())));
    one.wait_for("Restore Pictures");
    let (mut editing, windows) = desk(sample::healthy());
    editing.click("Add backup");
    editing.until("the editor", |desk| desk.reads("Selected"));
    windows.wish(Wish::Restore(Some(plan)));
    editing.harness.run_steps(3);
    assert!(editing.reads("Selected") && !editing.is_shown("Restore Pictures"));
    assert!(windows.wishes().is_empty());
}

/// Entry of a desktop that may refuse, and what it was asked.
fn switch(answers: Vec<Result<bool, Problem>>) -> (Desk, Arc<Mutex<Vec<Option<bool>>>>) {
    let asked: Arc<Mutex<Vec<Option<bool>>>> = Arc::default();
    let (heard, answers) = (asked.clone(), Mutex::new(answers.into_iter()));
    let fake = Fake::new(sample::healthy(), sample::answer);
    let autostart: strongroom::ui::autostart::Autostart = Arc::new(move |wanted| {
        heard.lock().unwrap().push(wanted);
        answers.lock().unwrap().next().unwrap()
    });
    let window = Window { autostart: Some(autostart), ..sample::window(&fake) };
    (Desk::of(fake, window, [900.0, 600.0]), asked)
}

const SWITCH: &str = "Start when I log in";

fn is_ticked(desk: &Desk) -> bool {
    let node = desk.harness.get_by_label(SWITCH);
    node.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True)
}

#[test]
fn the_switch_shows_what_the_desktop_says_and_not_what_was_wished() {
    let refused = Problem::new(Code::Settings, "Starting at login could not be switched.", "Look at the folder.");
    let (mut desk, asked) = switch(vec![Ok(false), Ok(true), Err(refused), Ok(true)]);
    desk.click("Settings");
    desk.until("off", |desk| !desk.harness.get_by_label(SWITCH).accesskit_node().is_disabled() && !is_ticked(desk));
    desk.click(SWITCH);
    desk.until("on", is_ticked);
    desk.click(SWITCH);
    desk.until("the refusal", |desk| desk.reads("Starting at login could not be switched."));
    assert_eq!(*asked.lock().unwrap(), [None, Some(true), Some(false)]);
    // Asked anew each time the settings are opened.
    desk.harness.key_press(egui::Key::Escape);
    desk.harness.run_steps(3);
    desk.click("Settings");
    desk.until("on again", is_ticked);
    assert!(!desk.reads("could not be switched"));
}

#[test]
fn without_such_a_desktop_there_is_no_switch() {
    let (mut desk, _) = desk(sample::healthy());
    desk.click("Settings");
    desk.until("the tray", |desk| desk.reads("Its icon in the tray opens the window again."));
    assert!(!desk.is_shown(SWITCH));
}
