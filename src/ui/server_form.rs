//! The parts of a server's address, each in a field with an example.

use egui::{Align, Id, Ui};

use super::theme::{icons, space};
use super::widgets::{Button, Card, Check, FormRow, Select, TextField};
use crate::model::location::Location;
use crate::model::location::form::{Field, Input, Kind, Lack, Part, Parts};

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
    /// The kind whose rarely needed fields are in view.
    unfolded: Option<Kind>,
}

impl ServerForm {
    /// The address that was filled in, each time that it is another one; an empty one while what stands in the fields makes none, so
    /// that nothing goes to another place than they say. `address`: the one that is typed.
    pub fn show(&mut self, ui: &mut Ui, address: &str) -> Option<String> {
        self.follow(address);
        let before = (self.kind, self.filled());
        if let Some(kind) = self.choice(ui) {
            self.choose(kind, address);
        }
        let kind = self.kind?;
        self.fields(ui, kind);
        let now = self.filled();
        if before == (self.kind, now.clone()) {
            // An address stays as it is typed.
            return None;
        }
        let now = now.unwrap_or_default();
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
            self.rows(ui, kind, kind.fields(), lack);
            // What an address says is in view, and stays there while somebody clears it.
            if kind.more().iter().any(|field| !self.parts.get(field.part).is_empty()) {
                self.unfolded = Some(kind);
            }
            if self.unfolded == Some(kind) {
                self.rows(ui, kind, kind.more(), lack);
            } else if !kind.more().is_empty() && ui.add(Button::quiet("More options").icon(icons::CARET_RIGHT)).clicked() {
                self.unfolded = Some(kind);
            }
        });
    }

    fn rows(&mut self, ui: &mut Ui, kind: Kind, fields: &[Field], lack: Option<Lack>) {
        for pair in fields.chunks(2) {
            ui.columns(2, |columns| {
                for (column, field) in columns.iter_mut().zip(pair) {
                    column.spacing_mut().item_spacing.y = space::XS;
                    match field.input {
                        Input::Text => self.field(column, kind, *field, lack),
                        Input::Tick => self.tick(column, kind, *field),
                        Input::Choice(of) => self.one_of(column, kind, *field, of),
                    }
                }
            });
        }
    }

    fn field(&mut self, ui: &mut Ui, kind: Kind, field: Field, lack: Option<Lack>) {
        let wrong = lack.filter(|lack| lack.field() == field).and_then(Lack::at_field);
        let is_wanted = self.wanted == Some(field.part) && self.parts.get(field.part).is_empty();
        let error = wrong.or(is_wanted.then_some("This is needed too."));
        let mut row = row(field);
        if error.is_some() {
            row = row.error(error);
        }
        row.show(ui, |ui| {
            let id = id(kind, field);
            let text = self.parts.get_mut(field.part);
            let shown = ui.add(TextField::new(text).hint(field.example).name(field.label).error(error.is_some()).id(id));
            if is_wanted && std::mem::take(&mut self.is_new) {
                shown.request_focus();
                shown.scroll_to_me(Some(Align::Center));
            }
        });
    }

    fn tick(&mut self, ui: &mut Ui, kind: Kind, field: Field) {
        let so = self.parts.is_so(kind, field.part);
        ui.add_space(space::L);
        let mut check = Check::new(so, field.label);
        if !field.hint.is_empty() {
            check = check.hint(field.hint);
        }
        if ui.add(check).clicked() {
            self.parts.tick(field.part, !so);
        }
    }

    fn one_of(&mut self, ui: &mut Ui, kind: Kind, field: Field, of: &[(&str, &str)]) {
        let chosen = self.parts.get(field.part).to_owned();
        let words = of.iter().find(|(value, _)| *value == chosen).map_or("", |(_, words)| words);
        row(field).show(ui, |ui| {
            let width = ui.available_width();
            Select::new(field.label, words).width(width).id(id(kind, field)).show(ui, |ui| {
                for (value, words) in of {
                    if Select::item(ui, *value == chosen, words) {
                        (*value).clone_into(self.parts.get_mut(field.part));
                    }
                }
            });
        });
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

fn row(field: Field) -> FormRow<'static> {
    let row = FormRow::new(field.label);
    if field.hint.is_empty() { row } else { row.hint(field.hint) }
}

/// Of its own: what comes and goes above would else take the focus away.
fn id(kind: Kind, field: Field) -> Id {
    Id::unique(("server form", kind, field.part))
}
