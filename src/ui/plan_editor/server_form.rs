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
    /// The address when it was last seen.
    address: String,
}

impl ServerForm {
    /// The address that was filled in, each time that it is another one. `address`: the one that is typed.
    pub fn show(&mut self, ui: &mut Ui, address: &str) -> Option<String> {
        self.follow(address);
        let before = self.filled();
        if let Some(kind) = self.choice(ui) {
            self.choose(kind, address);
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
        let now = self.filled().filter(|now| Some(now) != before.as_ref())?;
        self.address.clone_from(&now);
        Some(now)
    }

    /// Takes over what was typed or chosen elsewhere; where that is no server, nothing is left to fill in.
    fn follow(&mut self, address: &str) {
        if address == self.address {
            return;
        }
        address.clone_into(&mut self.address);
        if self.kind.is_none() {
            return;
        }
        match Location::typed(address) {
            Some(Location::Local { .. }) => *self = Self { address: address.to_owned(), ..Self::default() },
            Some(location) => {
                if let Some((kind, parts)) = Parts::of(&location) {
                    (self.kind, self.parts) = (Some(kind), parts);
                }
            }
            None => {}
        }
    }

    fn choose(&mut self, kind: Kind, address: &str) {
        self.parts = match Location::typed(address).as_ref().and_then(Parts::of) {
            // What is typed already is not typed again.
            Some((of, parts)) if of == kind => parts,
            _ => self.parts.shared(self.kind, kind),
        };
        self.kind = Some(kind);
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
