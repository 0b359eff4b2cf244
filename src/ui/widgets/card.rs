//! A card: a surface with a border that holds what belongs together.

use egui::{Frame, InnerResponse, Margin, Stroke, Ui};

use crate::ui::theme::{Tone, radius, size, space, tokens};

/// `Card::new().show(ui, |ui| …)`: as wide as the room it is given.
#[derive(Clone, Copy, Default)]
#[must_use]
pub struct Card {
    tone: Option<Tone>,
    tight: bool,
}

impl Card {
    pub fn new() -> Self {
        Self::default()
    }

    /// A border in this tone's colour; for what needs somebody's attention.
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = Some(tone);
        self
    }

    /// With less room inside.
    pub fn tight(mut self) -> Self {
        self.tight = true;
        self
    }

    pub fn show<R>(self, ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
        let t = tokens(ui);
        let border = self.tone.map_or(t.card_border, |tone| t.strong(tone));
        // The border is part of the room inside.
        let inside = |points: f32| (points - size::BORDER) as i8;
        let (x, y) = if self.tight { (space::M, space::S) } else { (space::L, space::L) };
        let margin = Margin::symmetric(inside(x), inside(y));
        Frame::new()
            .fill(t.surface)
            .stroke(Stroke::new(size::BORDER, border))
            .corner_radius(radius::CARD)
            .inner_margin(margin)
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                content(ui)
            })
    }
}
