//! The parts of a server's address, each in a field with an example.

use egui::Ui;

use crate::model::location::Location;
use crate::model::location::form::{Kind, Parts};
use crate::ui::theme::space;
use crate::ui::widgets::{Card, FormRow, Select, TextField};

#[derive(Default)]
pub struct ServerForm {
    kind: Option<Kind>,
    parts: Parts,
}

impl ServerForm {
    /// The address that was filled in, each time that it is another one. `address`: the one that is typed.
    pub fn show(&mut self, ui: &mut Ui, address: &str) -> Option<String> {
        let before = self.filled();
        let chosen = self.choice(ui);
        if let Some(kind) = chosen.filter(|kind| Some(*kind) != self.kind) {
            // What is typed already is not typed again.
            match Location::typed(address).as_ref().and_then(Parts::of) {
                Some((of, parts)) if of == kind => self.parts = parts,
                _ => {}
            }
            self.kind = Some(kind);
        }
        let kind = self.kind?;
        Card::new().show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            for pair in kind.fields().chunks(2) {
                ui.columns(2, |columns| {
                    for (column, field) in columns.iter_mut().zip(pair) {
                        let row = FormRow::new(field.label);
                        row.show(column, |ui| {
                            ui.add(TextField::new(self.parts.get_mut(field.part)).hint(field.example).name(field.label));
                        });
                    }
                });
            }
        });
        let now = self.filled();
        now.filter(|now| Some(now) != before.as_ref())
    }

    /// `None` while there is none.
    fn filled(&self) -> Option<String> {
        Some(self.parts.address(self.kind?)?.ok()?.display())
    }

    fn choice(&self, ui: &mut Ui) -> Option<Kind> {
        let mut chosen = None;
        let value = self.kind.map_or("Fill in a server…", Kind::in_words);
        Select::new("Kind of server", value).width(220.0).show(ui, |ui| {
            for kind in Kind::ALL {
                if Select::item(ui, self.kind == Some(kind), kind.in_words()) {
                    chosen = Some(kind);
                }
            }
        });
        chosen
    }
}
