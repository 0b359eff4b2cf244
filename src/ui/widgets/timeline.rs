//! Versions, newest first, grouped by day.

use egui::{Response, Role as AccessRole, Sense, Stroke, Ui, Widget, WidgetInfo, pos2, vec2};

use super::paint::{focus_ring, galley, icon_at, put_galley};
use crate::ui::theme::typography::{Role, caption_strong};
use crate::ui::theme::{Icon, Tone, radius, space, tokens};

/// A day's heading: "Today", "Yesterday", "Sat 21 Nov".
pub fn day_head(ui: &mut Ui, text: &str) {
    ui.add_space(space::XS);
    ui.label(caption_strong(text).color(tokens(ui).text2));
}

/// One version: time, type, what it holds, and a mark where something is to be said about it.
#[must_use]
pub struct TimelineRow<'a> {
    time: &'a str,
    kind: &'a str,
    details: &'a str,
    selected: bool,
    mark: Option<(Tone, Icon, &'a str)>,
}

impl<'a> TimelineRow<'a> {
    pub fn new(time: &'a str, kind: &'a str, details: &'a str) -> Self {
        Self { time, kind, details, selected: false, mark: None }
    }

    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// "3 warnings", "damaged".
    pub fn mark(mut self, mark: Option<(Tone, Icon, &'a str)>) -> Self {
        self.mark = mark;
        self
    }
}

impl Widget for TimelineRow<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::click());
        if ui.is_rect_visible(rect) {
            if self.selected || response.hovered() {
                let fill = if self.selected { t.accent_soft } else { t.hover };
                ui.painter().rect_filled(rect, f32::from(radius::CONTROL), fill);
            }
            let y = rect.center().y;
            let knot = pos2(rect.left() + 16.0, y);
            ui.painter().vline(knot.x, rect.y_range(), Stroke::new(1.0, t.card_border));
            if self.selected {
                ui.painter().circle_filled(knot, 6.0, t.accent);
            } else {
                ui.painter().circle(knot, 5.0, t.surface, Stroke::new(1.5, t.input_border));
            }
            let time = galley(ui, self.time, Role::BodyStrong, t.text, 120.0);
            put_galley(ui, time, rect.left() + 36.0, y, t.text);
            let kind = galley(ui, self.kind, Role::Body, t.text2, 96.0);
            put_galley(ui, kind, rect.left() + 104.0, y, t.text2);
            let mut right = rect.right() - space::M;
            if let Some((tone, icon, text)) = self.mark {
                let color = t.strong(tone);
                let text = galley(ui, text, Role::Caption, color, 160.0);
                right -= text.size().x;
                put_galley(ui, text, right, y, color);
                right -= 12.0;
                icon_at(ui, pos2(right, y), icon, 16.0, color, true);
                right -= space::M + 8.0;
            }
            let details = galley(ui, self.details, Role::Body, t.text2, right - rect.left() - 204.0);
            put_galley(ui, details, rect.left() + 204.0, y, t.text2);
            focus_ring(ui, &response, radius::CONTROL);
        }
        let mark = self.mark.map_or(String::new(), |(_, _, text)| format!(", {text}"));
        let name = format!("{}, {}, {}{mark}", self.time, self.kind, self.details);
        response.widget_info(|| WidgetInfo::selected(AccessRole::RadioButton, true, self.selected, &name));
        response
    }
}
