//! Rows of forms: label above, field, and one line below where there is a hint or may be an error, so that nothing moves.

use egui::{Color32, Sense, Ui, Vec2, vec2};

use super::labels::{line, wrapped};
use super::paint::{galley, put_galley};
use crate::ui::theme::typography::{Role, body, caption, caption_strong, section};
use crate::ui::theme::{icons, size, space, tokens};

#[must_use]
pub struct FormRow<'a> {
    label: &'a str,
    hint: Option<&'a str>,
    error: Option<&'a str>,
    may_err: bool,
}

impl<'a> FormRow<'a> {
    pub fn new(label: &'a str) -> Self {
        Self { label, hint: None, error: None, may_err: false }
    }

    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Stands in the place of the hint, or of nothing.
    pub fn error(mut self, error: Option<&'a str>) -> Self {
        self.error = error;
        self.may_err = true;
        self
    }

    /// The label becomes the accessible name of the fields inside.
    pub fn show<R>(self, ui: &mut Ui, field: impl FnOnce(&mut Ui) -> R) -> R {
        let t = tokens(ui);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let label = ui.label(caption_strong(self.label).color(t.text2));
            let inner = ui.label_inputs_by(label.id, field);
            match (self.error, self.hint) {
                (Some(error), _) => _ = wrapped(ui, caption(format!("{} {error}", icons::WARNING_CIRCLE)).color(t.bad)),
                (None, Some(hint)) => _ = wrapped(ui, caption(hint).color(t.text3)),
                (None, None) if self.may_err => ui.add_space(Role::Caption.line_height()),
                (None, None) => {}
            }
            inner
        })
        .inner
    }
}

/// A fact in two columns: what it is, and its value.
pub fn key_value(ui: &mut Ui, key: &str, value: impl Into<String>) -> egui::Response {
    let t = tokens(ui);
    let value = value.into();
    line(ui, |ui| {
        column(ui, key, vec2(160.0, 22.0), t.text2);
        ui.add(egui::Label::new(body(value).color(t.text)).wrap())
    })
}

/// A label of this width with its field beside it.
pub fn labelled<R>(ui: &mut Ui, label: &str, width: f32, field: impl FnOnce(&mut Ui) -> R) -> R {
    let t = tokens(ui);
    ui.horizontal(|ui| {
        column(ui, label, vec2(width, size::CONTROL), t.text);
        field(ui)
    })
    .inner
}

/// Text that takes the same room whatever it says, so that what stands beside it lines up.
fn column(ui: &mut Ui, text: &str, size: Vec2, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let text = galley(ui, text, Role::Body, color, size.x - space::XS);
    put_galley(ui, text, rect.left(), rect.center().y, color);
}

/// A heading within a page.
pub fn section_head(ui: &mut Ui, text: &str) {
    ui.add_space(space::S);
    ui.label(section(text).color(tokens(ui).text));
}
