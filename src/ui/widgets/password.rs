//! Password fields: masked, shown on demand, their strength in words.

use std::hash::{DefaultHasher, Hash, Hasher};

use egui::{Id, Response, TextEdit, Ui, vec2};
use zeroize::Zeroizing;

use super::button::Button;
use super::labels::line;
use super::text_field::TextField;
use crate::model::secret::{Strength, strength};
use crate::ui::theme::typography::caption;
use crate::ui::theme::{icons, size, space, tokens};

/// `PasswordField::new(&mut buffer).show(ui)`. Make the buffer with [`PasswordField::buffer`].
#[must_use]
pub struct PasswordField<'a> {
    text: &'a mut Zeroizing<String>,
    hint: &'a str,
    name: Option<&'a str>,
    error: bool,
    width: Option<f32>,
    id: Option<Id>,
}

/// Most characters of a secret: a password, or the text of a cloud account's key.
const LIMIT: usize = 4096;

impl<'a> PasswordField<'a> {
    pub fn new(text: &'a mut Zeroizing<String>) -> Self {
        Self { text, hint: "", name: None, error: false, width: None, id: None }
    }

    /// Holds any password without growing: a string that moves while it grows leaves copies behind.
    pub fn buffer() -> Zeroizing<String> {
        Zeroizing::new(String::with_capacity(LIMIT * 4))
    }

    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = hint;
        self
    }

    /// What a screen reader calls it, where no [`super::FormRow`] does.
    pub fn name(mut self, name: &'a str) -> Self {
        self.name = Some(name);
        self
    }

    pub fn error(mut self, error: bool) -> Self {
        self.error = error;
        self
    }

    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Where what stands above it comes and goes: else it would lose the focus then.
    pub fn id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }

    /// The text field's response.
    pub fn show(self, ui: &mut Ui) -> Response {
        let enabled = ui.is_enabled();
        let shown_id = self.id.unwrap_or_else(|| ui.next_auto_id()).with("shown");
        let shown: bool = ui.data(|data| data.get_temp(shown_id).unwrap_or(false));
        let mut field = TextField::new(&mut **self.text).hint(self.hint).error(self.error).limit(LIMIT);
        if let Some(width) = self.width {
            field = field.width(width);
        }
        if let Some(name) = self.name {
            field = field.name(name);
        }
        if let Some(id) = self.id {
            field = field.id(id);
        }
        field.masked = !shown;
        field.room_right = size::CONTROL;
        let response = ui.add(field);
        // The undo history would keep every stage of the password in memory.
        if let Some(mut state) = TextEdit::load_state(ui.ctx(), response.id) {
            state.clear_undoer();
            state.store(ui.ctx(), response.id);
        }
        let corner = response.rect.right_center() - vec2(size::CONTROL / 2.0, 0.0);
        let spot = egui::Rect::from_center_size(corner, vec2(size::CONTROL, size::CONTROL));
        let (icon, name) = if shown { (icons::EYE_SLASH, "Hide the password") } else { (icons::EYE, "Show the password") };
        let toggle =
            ui.scope_builder(egui::UiBuilder::new().max_rect(spot), |ui| ui.add(Button::icon_only(icon, name).enabled(enabled)));
        if toggle.inner.clicked() {
            ui.data_mut(|data| data.insert_temp(shown_id, !shown));
        }
        response
    }
}

/// The password's strength in words, beside a bar of four parts. Says how good it is.
pub fn strength_line(ui: &mut Ui, password: &str) -> Strength {
    let t = tokens(ui);
    // Judged once per password and not per frame: it takes milliseconds. Kept is a hash, not the password.
    let key = ui.scope_id().with("strength");
    let mut hasher = DefaultHasher::new();
    password.hash(&mut hasher);
    let print = hasher.finish();
    let known = ui.data(|data| data.get_temp::<(u64, u8)>(key)).filter(|(of, _)| *of == print);
    let found = match known.map(|(_, level)| level) {
        Some(0) => Strength::Empty,
        Some(1) => Strength::Weak,
        Some(2) => Strength::Fair,
        Some(3) => Strength::Good,
        Some(_) => Strength::Strong,
        None => strength(password),
    };
    let (level, color) = match found {
        Strength::Empty => (0u8, t.text3),
        Strength::Weak => (1, t.bad),
        Strength::Fair => (2, t.warn),
        Strength::Good => (3, t.ok),
        Strength::Strong => (4, t.ok),
    };
    ui.data_mut(|data| data.insert_temp(key, (print, level)));
    line(ui, |ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(124.0, 18.0), egui::Sense::hover());
        for part in 0..4u8 {
            let x = rect.left() + f32::from(part) * 32.0;
            let bar = egui::Rect::from_min_size(egui::pos2(x, rect.center().y - 2.0), vec2(28.0, 4.0));
            ui.painter().rect_filled(bar, 2.0, if part < level { color } else { t.card_border });
        }
        ui.add_space(space::XS);
        ui.label(caption(found.in_words()).color(color));
    });
    found
}
