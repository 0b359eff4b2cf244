//! A status in a word, with an icon so that colour is never alone.

use egui::{Response, Role as AccessRole, Sense, Ui, Widget, WidgetInfo, vec2};

use super::paint::{galley, icon_at, put_galley};
use crate::model::run::Outcome;
use crate::model::status::Status;
use crate::ui::theme::typography::Role;
use crate::ui::theme::{Icon, Tone, icons, space, tokens};

#[must_use]
pub struct StatusPill {
    tone: Tone,
    icon: Icon,
    label: String,
}

impl StatusPill {
    pub fn new(tone: Tone, icon: Icon, label: impl Into<String>) -> Self {
        Self { tone, icon, label: label.into() }
    }

    pub fn of_status(status: Status) -> Self {
        match status {
            Status::Protected => Self::new(Tone::Ok, icons::SHIELD_CHECK, "Protected"),
            Status::ProtectedWithWarnings => Self::new(Tone::Warn, icons::WARNING, "Protected with warnings"),
            Status::WaitingForFirst => Self::new(Tone::Accent, icons::CLOCK, "Waiting for first backup"),
            Status::Paused => Self::new(Tone::Neutral, icons::PAUSE, "Paused"),
            Status::NeedsAttention => Self::new(Tone::Bad, icons::SHIELD_WARNING, "Needs attention"),
        }
    }

    pub fn of_outcome(outcome: &Outcome) -> Self {
        let (tone, icon) = match outcome {
            Outcome::Completed => (Tone::Ok, icons::CHECK_CIRCLE),
            Outcome::CompletedWithWarnings => (Tone::Warn, icons::WARNING),
            Outcome::Failed(_) => (Tone::Bad, icons::X_CIRCLE),
            Outcome::Cancelled => (Tone::Neutral, icons::PROHIBIT),
            Outcome::LeftRunning => (Tone::Warn, icons::HOURGLASS),
        };
        Self::new(tone, icon, outcome.in_words())
    }

    /// Points beside the text.
    const AROUND: f32 = 34.0;

    /// How wide it is where there is room.
    pub fn width(&self, ui: &Ui) -> f32 {
        galley(ui, &self.label, Role::CaptionStrong, egui::Color32::PLACEHOLDER, f32::INFINITY).size().x + Self::AROUND
    }
}

impl Widget for StatusPill {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let color = t.strong(self.tone);
        let text = galley(ui, &self.label, Role::CaptionStrong, color, (ui.available_width() - Self::AROUND).max(40.0));
        let (rect, response) = ui.allocate_exact_size(vec2(text.size().x + Self::AROUND, 24.0), Sense::hover());
        if ui.is_rect_visible(rect) {
            ui.painter().rect_filled(rect, 12.0, t.soft(self.tone));
            icon_at(ui, egui::pos2(rect.left() + 16.0, rect.center().y), self.icon, 16.0, color, true);
            put_galley(ui, text, rect.left() + 22.0 + space::XS, rect.center().y, color);
        }
        response.widget_info(|| WidgetInfo::labeled(AccessRole::Label, true, &self.label));
        response
    }
}
