//! The parts of a server's address, each in a field with an example.

use egui::{Align, Id, Ui};

use super::theme::space;
use super::widgets::{Card, Check, FormRow, Select, TextField};
use crate::model::location::Location;
use crate::model::location::form::{Field, Kind, Lack, Part, Parts};

/// Stands below the field of an address, and fills it: `if let Some(address) = form.show(ui, &typed) { typed = address }`.
#[derive(Default)]
pub struct ServerForm {
    kind: Option<Kind>,
    parts: Parts,
    /// The address when it was last seen.
    address: String,
    /// What somebody was asked for that the address does not say.
    wanted: Option<Part>,
    /// It is to take the focus.
    is_new: bool,
}

impl ServerForm {
    /// The address that was filled in, each time that it is another one; an empty one while what stands in the fields makes none, so
    /// that nothing goes to another place than they say. `address`: the one that is typed.
    pub fn show(&mut self, ui: &mut Ui, address: &str) -> Option<String> {
        self.follow(address);
        let before = (self.kind, self.parts.clone());
        if let Some(kind) = self.choice(ui) {
            self.choose(kind, address);
        }
        let kind = self.kind?;
        self.fields(ui, kind);
        if before == (self.kind, self.parts.clone()) {
            return None;
        }
        let now = self.filled().unwrap_or_default();
        (now != self.address).then(|| {
            self.address.clone_from(&now);
            now
        })
    }

    /// Why what stands in the fields makes no address.
    pub fn lack(&self) -> Option<Lack> {
        Lack::of(self.kind?, &self.parts)
    }

    pub fn is_open(&self) -> bool {
        self.kind.is_some()
    }

    /// Opens it at an address that a part is to be added to.
    pub fn want(&mut self, part: Part, address: &str) {
        if self.wanted == Some(part) {
            return;
        }
        if let Some((kind, parts)) = Location::typed(address).as_ref().and_then(Parts::of) {
            (self.kind, self.parts, self.wanted, self.is_new) = (Some(kind), parts, Some(part), true);
            address.clone_into(&mut self.address);
        }
    }

    fn fields(&mut self, ui: &mut Ui, kind: Kind) {
        let lack = self.lack();
        Card::new().show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            for pair in kind.fields().chunks(2) {
                ui.columns(2, |columns| {
                    for (column, field) in columns.iter_mut().zip(pair) {
                        column.spacing_mut().item_spacing.y = space::XS;
                        match field.part {
                            Part::Protected => self.protection(column, kind, *field),
                            _ => self.field(column, kind, *field, lack),
                        }
                    }
                });
            }
        });
    }

    fn field(&mut self, ui: &mut Ui, kind: Kind, field: Field, lack: Option<Lack>) {
        let wrong = lack.filter(|lack| lack.field() == field).and_then(Lack::at_field);
        let is_wanted = self.wanted == Some(field.part) && self.parts.get(field.part).is_empty();
        let error = wrong.or(is_wanted.then_some("This is needed too."));
        let mut row = FormRow::new(field.label);
        if !field.hint.is_empty() {
            row = row.hint(field.hint);
        }
        if error.is_some() {
            row = row.error(error);
        }
        row.show(ui, |ui| {
            // Of its own: what comes and goes above would else take the focus away.
            let id = Id::unique(("server form", kind, field.part));
            let text = self.parts.get_mut(field.part);
            let shown = ui.add(TextField::new(text).hint(field.example).name(field.label).error(error.is_some()).id(id));
            if is_wanted && std::mem::take(&mut self.is_new) {
                shown.request_focus();
                shown.scroll_to_me(Some(Align::Center));
            }
        });
    }

    fn protection(&mut self, ui: &mut Ui, kind: Kind, field: Field) {
        let protected = self.parts.is_protected(kind);
        ui.add_space(space::L);
        if ui.add(Check::new(protected, field.label)).clicked() {
            self.parts.protect(!protected);
        }
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
            Some(location) => match Parts::of(&location) {
                Some((kind, parts)) => (self.kind, self.parts) = (Some(kind), parts),
                None => *self = Self { address: address.to_owned(), ..Self::default() },
            },
            None if address.is_empty() => *self = Self::default(),
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
        Select::new("Kind of server", value).width(220.0).id(Id::unique("kind of server")).show(ui, |ui| {
            for kind in Kind::ALL {
                if Select::item(ui, self.kind == Some(kind), kind.in_words()) {
                    chosen = Some(kind);
                }
            }
        });
        chosen
    }
}
