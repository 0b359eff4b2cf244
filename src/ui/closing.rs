//! What closing the window means while there is work.

use super::theme::typography::body;
use super::theme::{size, space, tokens};
use super::widgets::{Button, Check, Dialog, at_right, wrapped};
use super::window::Closed;
use crate::engine::message::Overview;

/// The question, while it is asked.
pub enum Closing {
    Asking { remember: bool },
    Decided,
}

pub enum Answer {
    None,
    Cancel,
    Close { closed: Closed, remember: bool },
}

/// What closing means without asking; `None`: ask. `tray`: an icon stays in the desktop's tray, by which the window is opened again.
pub fn decide(overview: &Overview, owns_engine: bool, tray: bool) -> Option<Closed> {
    let scheduled = overview.plans.iter().any(|plan| plan.plan.schedules.on().next().is_some());
    let running = !overview.runs.is_empty();
    match overview.settings.keep_running {
        // Where nothing goes on by itself either: it is wished to be at hand.
        Some(true) if tray && !overview.plans.is_empty() => Some(Closed::KeepRunning),
        // Another process runs the engine, or nobody does any more: closing ends nothing.
        _ if !owns_engine => Some(Closed::Quit),
        _ if !running && !scheduled => Some(Closed::Quit),
        Some(true) => Some(Closed::KeepRunning),
        // A run that would be cut off is asked about each time.
        Some(false) if !running => Some(Closed::Quit),
        _ => None,
    }
}

/// Whether a program that is to end is asked about first: something that ends with it runs.
pub fn cuts_off(overview: &Overview, owns_engine: bool) -> bool {
    owns_engine && !overview.runs.is_empty()
}

impl Closing {
    /// With a tray it is asked once, unless something runs.
    pub fn asking(overview: &Overview, tray: bool) -> Self {
        Self::Asking { remember: tray && overview.runs.is_empty() }
    }

    pub fn show(&mut self, ui: &egui::Ui, overview: &Overview, tray: bool) -> Answer {
        let Self::Asking { remember } = self else { return Answer::None };
        let mut answer = Answer::None;
        let running = !overview.runs.is_empty();
        let title = match (running, tray) {
            (true, _) => "A backup is still running",
            (false, true) => "Keep Strongroom in the tray?",
            (false, false) => "Keep backing up?",
        };
        let without = if running {
            "Strongroom can finish it without a window and keep to your schedules."
        } else {
            "Strongroom can keep to your schedules without a window."
        };
        let icon = if tray { " Its icon in the tray then shows how your backups stand, and opens the window again." } else { "" };
        let quit = if running {
            "If you quit, what is running is cancelled and schedules stop until you start Strongroom again."
        } else {
            "If you quit, schedules stop until you start it again."
        };
        let out = Dialog::new(title).width(520.0).show(ui, |ui, just_opened| {
            wrapped(ui, body(format!("{without}{icon} {quit}")).color(tokens(ui).text));
            ui.add_space(space::S);
            if ui.add(Check::new(*remember, "Remember this")).clicked() {
                *remember = !*remember;
            }
            ui.add_space(space::M);
            at_right(ui, size::PRIMARY, |ui| {
                if ui.add(Button::quiet("Cancel")).clicked() {
                    answer = Answer::Cancel;
                }
                if ui.add(Button::plain("Quit: schedules stop")).clicked() {
                    answer = Answer::Close { closed: Closed::Quit, remember: *remember };
                }
                let label = if tray { "Keep it in the tray" } else { "Keep backing up in the background" };
                let keep = ui.add(Button::primary(label));
                if just_opened {
                    keep.request_focus();
                }
                if keep.clicked() {
                    answer = Answer::Close { closed: Closed::KeepRunning, remember: *remember };
                }
            });
        });
        if out.close { Answer::Cancel } else { answer }
    }
}
