//! Versions, newest first, grouped by day.

use egui::{Response, Role as AccessRole, Sense, Stroke, Ui, Widget, WidgetInfo, pos2, vec2};

use super::list::tell_cursor;
use super::paint::{galley, icon_at, put_galley, ring};
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
    enabled: bool,
    cursor: bool,
    advice: &'a str,
    marks: Vec<(Tone, Icon, &'a str)>,
}

impl<'a> TimelineRow<'a> {
    pub fn new(time: &'a str, kind: &'a str, details: &'a str) -> Self {
        Self { time, kind, details, selected: false, enabled: true, cursor: false, advice: "", marks: Vec::new() }
    }

    /// The keyboard's cursor stands here.
    pub fn cursor(mut self, cursor: bool) -> Self {
        self.cursor = cursor;
        self
    }

    /// It cannot be chosen; what to do about it is shown on hover and read out.
    pub fn off(mut self, advice: &'a str) -> Self {
        (self.enabled, self.advice) = (false, advice);
        self
    }

    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// "3 warnings", "damaged"; each further one stands to the left of the one before.
    pub fn mark(mut self, mark: Option<(Tone, Icon, &'a str)>) -> Self {
        self.marks.extend(mark);
        self
    }
}

impl Widget for TimelineRow<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::CLICK);
        if ui.is_rect_visible(rect) {
            if self.selected || (self.enabled && response.hovered()) {
                let fill = if self.selected { t.accent_soft } else { t.hover };
                ui.painter().rect_filled(rect, f32::from(radius::CONTROL), fill);
            }
            let y = rect.center().y;
            let knot = pos2(rect.left() + 16.0, y);
            ui.painter().vline(knot.x, rect.y_range(), Stroke::new(1.0, t.card_border));
            if self.selected {
                ui.painter().circle_filled(knot, 6.0, t.accent);
            } else if !self.enabled {
                ui.painter().circle_filled(knot, 4.0, t.card_border);
            } else {
                ui.painter().circle(knot, 5.0, t.surface, Stroke::new(1.5, t.input_border));
            }
            let color = if self.enabled { t.text } else { t.text2 };
            let wide = |text, role| galley(ui, text, role, color, f32::INFINITY).size().x + space::L;
            let mut x = rect.left() + 36.0;
            let time = galley(ui, self.time, Role::BodyStrong, color, 96.0);
            put_galley(ui, time, x, y, color);
            // As wide as the longest can be, so that columns are aligned.
            x += wide("00:00", Role::BodyStrong).max(56.0);
            let kind = galley(ui, self.kind, Role::Body, t.text2, f32::INFINITY);
            put_galley(ui, kind, x, y, t.text2);
            x += wide("Incremental", Role::Body);
            let mut right = rect.right() - space::M;
            for (tone, icon, text) in &self.marks {
                let color = t.strong(*tone);
                let text = galley(ui, text, Role::Caption, color, rect.width() * 0.3);
                right -= text.size().x;
                put_galley(ui, text, right, y, color);
                right -= 12.0;
                icon_at(ui, pos2(right, y), *icon, 16.0, color, true);
                right -= space::M + 8.0;
            }
            let details = galley(ui, self.details, Role::Body, t.text2, right - x);
            put_galley(ui, details, x, y, t.text2);
            if self.cursor {
                ring(ui, rect.shrink(4.0), radius::CONTROL);
            }
        }
        let marks: String = self.marks.iter().map(|(_, _, text)| format!(", {text}")).collect();
        let advice = if self.advice.is_empty() { String::new() } else { format!(" {}", self.advice) };
        let name = format!("{}, {}, {}{advice}{marks}", self.time, self.kind, self.details);
        response.widget_info(|| WidgetInfo::selected(AccessRole::RadioButton, self.enabled, self.selected, &name));
        if self.cursor {
            tell_cursor(ui, response.id);
        }
        if self.enabled { response } else { response.on_hover_text(format!("{}{advice}", self.details)) }
    }
}
