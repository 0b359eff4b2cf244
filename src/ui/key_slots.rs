//! A copy of the key slots of the backup that a volume is of: asked for where they do not lie in the folders above it.

use egui::Ui;

use super::widgets::{FormRow, TextField};
use crate::model::path::PathBytes;
use crate::model::problem::{Code, Problem};

/// The path as it was typed, once it was asked for.
#[derive(Default)]
pub struct KeySlots(Option<String>);

impl KeySlots {
    /// Asks for it where a volume could not be opened for the want of it.
    pub fn ask_after(&mut self, problem: &Problem) {
        if matches!(problem.code, Code::NothingThere | Code::OtherBackupsKey) {
            self.0.get_or_insert_default();
        }
    }

    pub fn path(&self) -> Option<PathBytes> {
        self.0.as_deref().map(str::trim).filter(|path| !path.is_empty()).map(PathBytes::from)
    }

    /// Draws nothing as long as it was not asked for.
    pub fn show(&mut self, ui: &mut Ui) {
        let Some(path) = &mut self.0 else { return };
        let row =
            FormRow::new("Key slots of its backup").hint("A copy of the keys-1.json of the backup's folder, or a higher number.");
        row.show(ui, |ui| {
            let width = ui.available_width().min(420.0);
            ui.add(TextField::new(path).name("Key slots of its backup").hint("/media/…/keys-1.json").width(width))
        });
    }
}
