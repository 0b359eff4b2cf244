//! A key file in place of a password: chosen in the system's dialog, or by its path where the desktop has none.

use egui::Ui;

use super::context::Cx;
use super::load::Load;
use super::widgets::{Button, TextField, problem_text, spinner};
use crate::model::path::PathBytes;
use crate::model::secret::Secret;
use crate::ui::theme::{icons, space};

/// The state of one such choice.
#[derive(Default)]
pub struct KeyFileChoice {
    /// The path being typed, where there is no dialog.
    typed: Option<String>,
    reading: Load<Secret>,
}

impl KeyFileChoice {
    /// A button to stand below a password's field. `purpose` is for fetching the dialog's answer. The file's secret, once: it goes where
    /// the password would.
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, purpose: &'static str) -> Option<Secret> {
        if let Some(path) = cx.pickers.picked(purpose).and_then(|paths| paths.into_iter().next()) {
            self.read(cx, path);
        }
        if self.reading.poll() && self.reading.ready().is_some() {
            self.typed = None;
            if let Load::Ready(secret) = std::mem::take(&mut self.reading) {
                return Some(secret);
            }
        }
        if self.reading.is_waiting() {
            spinner(ui, "Reading it…");
            return None;
        }
        if let Some(path) = &mut self.typed {
            let whole = path.trim().starts_with('/');
            let use_it = ui.horizontal(|ui| {
                let width = (ui.available_width() - 80.0).clamp(160.0, 420.0);
                ui.add(TextField::new(path).name("Path of the key file").hint("/media/…/strongroom.key").width(width));
                ui.add(Button::plain("Use it").enabled(whole).why_off("Type the whole path, from “/” on")).clicked()
            });
            if use_it.inner {
                let path = PathBytes::from(path.trim());
                self.read(cx, path);
            }
        } else if ui.add(Button::quiet("Use a key file…").icon(icons::FILE).enabled(!cx.pickers.busy())).clicked() {
            if cx.pickers.available() {
                cx.pickers.pick_file(purpose, "The key file of the backup");
            } else {
                self.typed = Some(String::new());
            }
        }
        if let Some(problem) = self.reading.problem() {
            ui.add_space(space::XS);
            problem_text(ui, problem);
        }
        None
    }

    fn read(&mut self, cx: &Cx<'_>, path: PathBytes) {
        self.reading = Load::Waiting(cx.handle.read_key_file(path));
    }
}
