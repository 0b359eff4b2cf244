//! A line of text, or several.

use egui::{Align2, Frame, Margin, Response, Stroke, TextEdit, Ui, Widget, text::CCursorRange, vec2};

use super::paint::{icon_at, ring};
use crate::ui::theme::typography::{Role, body};
use crate::ui::theme::{Icon, radius, size, space, tokens};

/// `ui.add(TextField::new(&mut name).hint("Documents"))`. Name it by a [`super::FormRow`] or by [`name`](Self::name).
#[must_use]
pub struct TextField<'a> {
    text: &'a mut dyn egui::TextBuffer,
    hint: &'a str,
    name: Option<&'a str>,
    width: Option<f32>,
    error: bool,
    mono: bool,
    icon: Option<Icon>,
    limit: usize,
    rows: usize,
    pub(super) masked: bool,
    pub(super) room_right: f32,
    id: Option<egui::Id>,
}

impl<'a> TextField<'a> {
    pub fn new(text: &'a mut dyn egui::TextBuffer) -> Self {
        Self {
            text,
            hint: "",
            name: None,
            width: None,
            error: false,
            mono: false,
            icon: None,
            limit: 4096,
            rows: 1,
            masked: false,
            room_right: 0.0,
            id: None,
        }
    }

    /// Shown while it is empty.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    pub fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    /// Points; without it the field is as wide as the room.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    pub fn error(mut self, error: bool) -> Self {
        self.error = error;
        self
    }

    pub fn mono(mut self) -> Self {
        self.mono = true;
        self
    }

    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Most characters it takes.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Of several lines, so many at first; it grows with its text.
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    pub fn id(mut self, id: egui::Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Selects all of a field's text, for when it gets the focus to be replaced.
    pub fn select_all(ui: &Ui, id: egui::Id, characters: usize) {
        if let Some(mut state) = TextEdit::load_state(ui.ctx(), id) {
            let end = egui::text::CCursor::new(characters);
            state.cursor.set_char_range(Some(CCursorRange::two(egui::text::CCursor::new(0), end)));
            state.store(ui.ctx(), id);
        }
    }
}

impl Widget for TextField<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let enabled = ui.is_enabled();
        let width = self.width.unwrap_or_else(|| ui.available_width());
        let left = if self.icon.is_some() { 32.0 } else { 10.0 };
        let border = match (enabled, self.error) {
            (false, _) => t.card_border,
            (true, true) => t.bad,
            (true, false) => t.input_border,
        };
        let margin = Margin { left: left as i8, right: (10.0 + self.room_right) as i8, top: 4, bottom: 4 };
        let frame = Frame::new()
            .fill(if enabled { t.surface } else { t.sunken })
            .stroke(Stroke::new(if self.error { 2.0 } else { 1.0 }, border))
            .corner_radius(radius::CONTROL)
            .inner_margin(margin);
        let (edit, align) = match self.rows {
            ..=1 => (TextEdit::singleline(self.text), Align2::LEFT_CENTER),
            rows => (TextEdit::multiline(self.text).desired_rows(rows), Align2::LEFT_TOP),
        };
        let mut edit = edit
            .frame(frame)
            .font(if self.mono { Role::Mono.font() } else { Role::Body.font() })
            .text_color(if enabled { t.text } else { t.text3 })
            .hint_text(body(self.hint).color(t.text3))
            .password(self.masked)
            .char_limit(self.limit)
            .desired_width((width - left - 10.0 - self.room_right).max(16.0))
            .min_size(vec2(width, size::CONTROL))
            .align(align);
        if let Some(id) = self.id {
            edit = edit.id(id);
        }
        let mut response = ui.add(edit);
        if let Some(icon) = self.icon {
            let center = egui::pos2(response.rect.left() + space::S + 9.0, response.rect.center().y);
            icon_at(ui, center, icon, 16.0, t.text3, false);
        }
        if response.has_focus() {
            ring(ui, response.rect, radius::CONTROL);
        }
        if let Some(name) = self.name {
            response = response.accessible_name(name);
        }
        response
    }
}
