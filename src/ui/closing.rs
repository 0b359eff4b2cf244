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

impl Default for Closing {
    fn default() -> Self {
        Self::Asking { remember: false }
    }
}

pub enum Answer {
    None,
    Cancel,
    Close { closed: Closed, remember: bool },
}

/// What closing means without asking; `None`: ask.
pub fn decide(overview: &Overview, owns_engine: bool) -> Option<Closed> {
    let scheduled = overview.plans.iter().any(|plan| plan.plan.schedules.on().next().is_some());
    let running = !overview.runs.is_empty();
    match overview.settings.keep_running {
        // Another process runs the engine, or nobody does any more: closing ends nothing.
        _ if !owns_engine => Some(Closed::Quit),
        _ if !running && !scheduled => Some(Closed::Quit),
        Some(true) => Some(Closed::KeepRunning),
        // A run that would be cut off is asked about each time.
        Some(false) if !running => Some(Closed::Quit),
        _ => None,
    }
}

impl Closing {
    pub fn show(&mut self, ui: &egui::Ui, overview: &Overview) -> Answer {
        let Self::Asking { remember } = self else { return Answer::None };
        let mut answer = Answer::None;
        let running = !overview.runs.is_empty();
        let title = if running { "A backup is still running" } else { "Keep backing up?" };
        let text = if running {
            "Strongroom can finish it without a window and keep to your schedules. If you quit, what is running is cancelled \
             and schedules stop until you start Strongroom again."
        } else {
            "Strongroom can keep to your schedules without a window. If you quit, schedules stop until you start it again."
        };
        let out = Dialog::new(title).width(520.0).show(ui, |ui, just_opened| {
            wrapped(ui, body(text).color(tokens(ui).text));
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
                let keep = ui.add(Button::primary("Keep backing up in the background"));
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
