//! One of a few: big cards with an explanation, or a compact row.

use egui::{Color32, Response, Role as AccessRole, Sense, Stroke, StrokeKind, Ui, Widget, WidgetInfo, pos2, vec2};

use super::paint::{focus_ring, galley, icon_at, put_galley};
use crate::ui::theme::typography::Role;
use crate::ui::theme::{Icon, radius, size, space, tokens};

/// A card that is chosen by a click: icon, title, a line of explanation. As wide as the room it is given.
#[must_use]
pub struct ChoiceCard<'a> {
    selected: bool,
    icon: Icon,
    title: &'a str,
    text: &'a str,
    right: Option<&'a str>,
}

impl<'a> ChoiceCard<'a> {
    pub fn new(selected: bool, icon: Icon, title: &'a str, text: &'a str) -> Self {
        Self { selected, icon, title, text, right: None }
    }

    /// At the right edge: free space and the like.
    pub fn right(mut self, right: &'a str) -> Self {
        self.right = Some(right);
        self
    }
}

impl Widget for ChoiceCard<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let enabled = ui.is_enabled();
        let mut cut = false;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 60.0), Sense::click());
        if ui.is_rect_visible(rect) {
            let fill = match (self.selected, response.hovered()) {
                (true, _) => t.accent_soft,
                (false, true) => t.hover,
                (false, false) => t.surface,
            };
            let border = if self.selected { Stroke::new(2.0, t.accent) } else { Stroke::new(1.0, t.input_border) };
            ui.painter().rect(rect, f32::from(radius::CARD), fill, border, StrokeKind::Inside);
            let radio = pos2(rect.left() + 24.0, rect.center().y);
            ui.painter().circle_stroke(radio, 8.0, Stroke::new(1.5, if self.selected { t.accent } else { t.input_border }));
            if self.selected {
                ui.painter().circle_filled(radio, 4.5, t.accent);
            }
            icon_at(ui, pos2(rect.left() + 58.0, rect.center().y), self.icon, 24.0, t.text2, false);
            let mut room = rect.width() - 82.0 - space::L;
            if let Some(right) = self.right {
                let text = galley(ui, right, Role::Body, t.text2, room / 2.0);
                room -= text.size().x + space::L;
                put_galley(ui, text.clone(), rect.right() - space::L - text.size().x, rect.center().y, t.text2);
            }
            let color = if enabled { t.text } else { t.text3 };
            let title = galley(ui, self.title, Role::BodyStrong, color, room);
            let x = rect.left() + 82.0;
            if self.text.is_empty() {
                put_galley(ui, title, x, rect.center().y, color);
            } else {
                put_galley(ui, title, x, rect.center().y - 10.0, color);
                let text = galley(ui, self.text, Role::Caption, t.text2, room);
                cut = text.elided;
                put_galley(ui, text, x, rect.center().y + 11.0, t.text2);
            }
            focus_ring(ui, &response, radius::CARD);
        }
        response.widget_info(|| WidgetInfo::selected(AccessRole::RadioButton, enabled, self.selected, self.title));
        let more: Vec<&str> = [self.text, self.right.unwrap_or("")].into_iter().filter(|text| !text.is_empty()).collect();
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(more.join(", ")));
        if cut { response.on_hover_text(self.text) } else { response }
    }
}

/// A compact row of alternatives: `Segmented::new("Appearance").show(ui, &mut value, &[(System, "System"), …])`.
#[must_use]
pub struct Segmented<'a> {
    name: &'a str,
}

impl<'a> Segmented<'a> {
    pub fn new(name: &'a str) -> Self {
        Self { name }
    }

    /// Whether another one was chosen.
    pub fn show<T: PartialEq + Copy>(self, ui: &mut Ui, value: &mut T, options: &[(T, &str)]) -> bool {
        let t = tokens(ui);
        let mut changed = false;
        let texts: Vec<_> =
            options.iter().map(|(_, label)| galley(ui, label, Role::Body, Color32::PLACEHOLDER, f32::INFINITY)).collect();
        let width: f32 = texts.iter().map(|text| text.size().x + 2.0 * space::M).sum();
        let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
        let stroke = Stroke::new(1.0, t.input_border);
        ui.painter().rect(rect, f32::from(radius::CONTROL), t.surface, stroke, StrokeKind::Inside);
        let mut x = rect.left();
        for ((option, label), text) in options.iter().zip(texts) {
            let cell = egui::Rect::from_min_size(pos2(x, rect.top()), vec2(text.size().x + 2.0 * space::M, rect.height()));
            let response = ui.interact(cell, ui.scope_id().with(self.name).with(label), Sense::click());
            let on = value == option;
            let inner = cell.shrink(3.0);
            if on {
                ui.painter().rect_filled(inner, f32::from(radius::CHECK), t.accent);
            } else if response.hovered() {
                ui.painter().rect_filled(inner, f32::from(radius::CHECK), t.hover);
            }
            let pos = cell.center() - text.size() / 2.0;
            ui.painter().galley_with_override_text_color(pos, text, if on { t.on_accent } else { t.text });
            focus_ring(ui, &response, radius::CONTROL);
            let name = format!("{}: {label}", self.name);
            let enabled = ui.is_enabled();
            response.widget_info(|| WidgetInfo::selected(AccessRole::RadioButton, enabled, on, &name));
            if response.clicked() && !on {
                *value = *option;
                changed = true;
            }
            x = cell.right();
        }
        changed
    }
}
