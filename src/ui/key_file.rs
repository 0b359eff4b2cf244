//! A key file in place of a password: chosen in the system's dialog, or by its path where the desktop has none; or made.

use egui::Ui;

use super::context::Cx;
use super::load::Load;
use super::widgets::{Button, TextField, problem_text, spinner};
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::secret::Secret;
use crate::ui::theme::{icons, space};

/// The state of one such choice.
#[derive(Default)]
pub struct KeyFileChoice {
    /// Whether a new one may be made too.
    makes: bool,
    typed: Option<Typed>,
    reading: Load<Secret>,
}

/// A path that is being typed.
struct Typed {
    path: String,
    /// The file is to be made, not read.
    new: bool,
}

impl KeyFileChoice {
    /// One where a new file may be made too.
    pub fn or_new() -> Self {
        Self { makes: true, ..Self::default() }
    }

    /// Buttons to stand below a password's field. `purpose` is for fetching the dialog's answer. The file's secret, once: it goes where
    /// the password would.
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, purpose: &'static str) -> Option<Secret> {
        if let Some(path) = cx.pickers.picked(purpose).and_then(|paths| paths.into_iter().next()) {
            self.reading = Load::Waiting(cx.handle.read_key_file(path));
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
        match &mut self.typed {
            Some(typed) => {
                if typed_path(ui, typed) {
                    let path = PathBytes::from(typed.path.trim());
                    let pending = if typed.new { cx.handle.make_key_file(path) } else { cx.handle.read_key_file(path) };
                    self.reading = Load::Waiting(pending);
                }
            }
            None => self.buttons(ui, cx, purpose),
        }
        if let Some(problem) = self.reading.problem() {
            ui.add_space(space::XS);
            problem_text(ui, problem);
        }
        None
    }

    fn buttons(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, purpose: &'static str) {
        ui.horizontal(|ui| {
            if ui.add(Button::quiet("Use a key file…").icon(icons::FILE).enabled(!cx.pickers.busy())).clicked() {
                if cx.pickers.available() {
                    cx.pickers.pick_file(purpose, "The key file of the backup");
                } else {
                    self.typed = Some(Typed { path: String::new(), new: false });
                }
            }
            if self.makes && ui.add(Button::quiet("Make a key file…").icon(icons::PLUS)).clicked() {
                let path = cx.overview.home_folder.join(b"strongroom.key").display().into_owned();
                self.typed = Some(Typed { path, new: true });
            }
        });
    }
}

/// Whether it is to be read, or made.
fn typed_path(ui: &mut Ui, typed: &mut Typed) -> bool {
    let whole = names::is_absolute(&typed.path);
    let row = ui.horizontal(|ui| {
        let width = (ui.available_width() - 90.0).clamp(160.0, 420.0);
        let field = TextField::new(&mut typed.path).name("Path of the key file").hint("/media/…/strongroom.key");
        ui.add(field.width(width));
        let button = Button::plain(if typed.new { "Make it" } else { "Use it" });
        ui.add(button.enabled(whole).why_off(&format!("Type the whole path, from “{}” on", names::BEGINS))).clicked()
    });
    row.inner
}
