//! Naming a single file: in the system's dialog, by its path, or by dropping it onto the window.

use egui::{Key, Ui};

use super::context::Cx;
use super::theme::icons;
use super::widgets::{Button, FormRow, TextField};
use crate::model::names;
use crate::model::path::PathBytes;

/// A row to name a file in.
pub struct FileChoice {
    pub label: &'static str,
    /// Of the field, for who does not see it.
    pub name: &'static str,
    /// For fetching the dialog's answer.
    pub purpose: &'static str,
    /// Of the dialog.
    pub title: &'static str,
}

/// What was done in it.
pub struct Named {
    /// Something was typed: what was known of another file is not true of this one.
    pub changed: bool,
    /// This one is to be looked into.
    pub look: Option<PathBytes>,
}

impl FileChoice {
    /// The file that was chosen in the dialog or dropped, once.
    pub fn given(&self, ui: &Ui, cx: &mut Cx<'_>) -> Option<PathBytes> {
        let dropped = ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_owned()));
        let dropped = dropped.filter(|path| !path.as_os_str().is_empty()).map(PathBytes::from);
        let picked = cx.pickers.picked(self.purpose).and_then(|picked| picked.into_iter().next());
        picked.or(dropped)
    }

    /// `waiting`: one is being looked into. `focus`: the field is to have it.
    pub fn show(&self, ui: &mut Ui, cx: &mut Cx<'_>, path: &mut String, waiting: bool, focus: bool) -> Named {
        let row = FormRow::new(self.label).hint(ways(cx));
        let line = |ui: &mut Ui| {
            let buttons = if cx.pickers.available() { 196.0 } else { 88.0 };
            let width = (ui.available_width() - buttons).max(160.0);
            let response = ui.add(TextField::new(path).name(self.name).hint("/home/…").width(width));
            if focus {
                response.request_focus();
            }
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if cx.pickers.available() && ui.add(Button::plain("Choose…").enabled(!cx.pickers.busy())).clicked() {
                cx.pickers.pick_file(self.purpose, self.title);
            }
            let ready = names::is_absolute(path) && !waiting;
            let look = Button::plain("Look").icon(icons::MAGNIFYING_GLASS).enabled(ready);
            let asked = ui.add(look.why_off(&format!("Type the whole path, from “{}” on", names::BEGINS))).clicked()
                || (entered && ready);
            Named { changed: response.changed(), look: asked.then(|| PathBytes::from(path.trim())) }
        };
        row.show(ui, |ui| ui.horizontal(line).inner)
    }
}

/// In which ways a file can be named here.
fn ways(cx: &Cx<'_>) -> &'static str {
    match (cx.pickers.available(), cx.drops) {
        (true, true) => "Choose it, type its path, or drop it here.",
        (true, false) => "Choose it, or type its path.",
        (false, true) => "Type its path, or drop it here.",
        (false, false) => "Type its path.",
    }
}
