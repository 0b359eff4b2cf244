//! What stands where the window would be when Strongroom cannot start: who opens it from a menu sees no terminal.

use std::cell::Cell;
use std::rc::Rc;

use super::theme::{self, icons};
use super::widgets::{EmptyEvent, EmptyState};
use super::window::{TITLE, options};
use crate::model::problem::Problem;

/// Shows the problem until it is closed. `true`: to be tried again.
///
/// # Errors
/// Where there is no display or no OpenGL, in the system's words.
pub fn refuse(problem: &Problem) -> Result<bool, String> {
    let (refusal, again) = Refusal::new(problem.clone());
    let made =
        Box::new(move |creation: &eframe::CreationContext<'_>| Ok(Box::new(refusal.install(creation)) as Box<dyn eframe::App>));
    eframe::run_native(TITLE, options(), made).map_err(|error| error.to_string())?;
    Ok(again.get())
}

/// The problem on a screen of its own.
pub struct Refusal {
    problem: Problem,
    again: Rc<Cell<bool>>,
}

impl Refusal {
    /// And where it tells that it is to be tried again.
    pub fn new(problem: Problem) -> (Self, Rc<Cell<bool>>) {
        let again = Rc::new(Cell::new(false));
        (Self { problem, again: again.clone() }, again)
    }

    pub fn install(self, creation: &eframe::CreationContext<'_>) -> Self {
        theme::install(&creation.egui_ctx);
        self
    }
}

impl eframe::App for Refusal {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        ui.painter().rect_filled(ui.max_rect(), 0.0, theme::tokens(ui).bg);
        let Problem { what, fix, detail, .. } = &self.problem;
        let text = if detail.is_empty() { fix.clone() } else { format!("{fix}\n\n{detail}") };
        match EmptyState::new(icons::WARNING, what, &text).primary("Try again").secondary("Quit").show(ui) {
            None => {}
            Some(event) => {
                self.again.set(event == EmptyEvent::Primary);
                ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
            }
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        theme::of(visuals).bg.to_normalized_gamma_f32()
    }
}
