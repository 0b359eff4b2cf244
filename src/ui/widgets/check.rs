//! A check box with three states.

use egui::{Color32, Rect, Response, Role as AccessRole, Sense, Stroke, StrokeKind, Ui, Widget, WidgetInfo, pos2, vec2};

use super::paint::{galley, icon_at, put_galley, ring};
use crate::ui::theme::typography::Role;
use crate::ui::theme::{icons, radius, size, space, tokens};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    No,
    Yes,
    /// Some of what lies below.
    Partly,
}

impl From<bool> for Checked {
    fn from(on: bool) -> Self {
        if on { Self::Yes } else { Self::No }
    }
}

/// `if ui.add(Check::new(on, "Documents")).clicked() { on = !on }`.
#[must_use]
pub struct Check<'a> {
    checked: Checked,
    label: &'a str,
    hint: Option<&'a str>,
    show_label: bool,
}

impl<'a> Check<'a> {
    pub fn new(checked: impl Into<Checked>, label: &'a str) -> Self {
        Self { checked: checked.into(), label, hint: None, show_label: true }
    }

    /// A second, quieter line.
    pub fn hint(mut self, hint: &'a str) -> Self {
        self.hint = Some(hint);
        self
    }

    /// The box alone; the label is read out.
    pub fn bare(mut self) -> Self {
        self.show_label = false;
        self
    }
}

/// Paints the box in the middle of `rect`.
pub(super) fn paint_box(ui: &Ui, rect: Rect, checked: Checked, enabled: bool, hovered: bool) -> Rect {
    let t = tokens(ui);
    let rect = Rect::from_center_size(rect.center(), vec2(size::CHECK, size::CHECK));
    let on = checked != Checked::No;
    let fill = match (enabled, on) {
        (false, _) => t.sunken,
        (true, true) if hovered => t.accent_hover,
        (true, true) => t.accent,
        (true, false) if hovered => t.hover,
        (true, false) => t.surface,
    };
    let border = if on && enabled { Color32::TRANSPARENT } else { t.input_border };
    ui.painter().rect(rect, f32::from(radius::CHECK), fill, Stroke::new(1.5, border), StrokeKind::Inside);
    let mark = if enabled { t.on_accent } else { t.text3 };
    match checked {
        Checked::No => {}
        Checked::Yes => icon_at(ui, rect.center(), icons::CHECK, 14.0, mark, false),
        Checked::Partly => {
            ui.painter().rect_filled(Rect::from_center_size(rect.center(), vec2(9.0, 2.5)), 1.0, mark);
        }
    }
    rect
}

pub(super) fn info(checked: Checked, enabled: bool, label: &str) -> WidgetInfo {
    match checked {
        // Without a state AccessKit is told "mixed".
        Checked::Partly => WidgetInfo::labeled(AccessRole::CheckBox, enabled, label),
        state => WidgetInfo::selected(AccessRole::CheckBox, enabled, state == Checked::Yes, label),
    }
}

impl Widget for Check<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let enabled = ui.is_enabled();
        let room = ui.available_width() - size::CHECK - space::S;
        let text = self.show_label.then(|| galley(ui, self.label, Role::Body, if enabled { t.text } else { t.text3 }, room));
        let hint = self.hint.map(|hint| galley(ui, hint, Role::Caption, t.text3, room));
        let text_size = text.as_ref().map_or(vec2(0.0, 22.0), |g| g.size());
        let hint_size = hint.as_ref().map_or(egui::Vec2::ZERO, |g| g.size());
        let gap = if self.show_label { space::S } else { 0.0 };
        let height = (text_size.y + hint_size.y).max(size::ROW);
        let (rect, response) =
            ui.allocate_exact_size(vec2(size::CHECK + gap + text_size.x.max(hint_size.x), height), Sense::click());
        if ui.is_rect_visible(rect) {
            let line = Rect::from_min_size(rect.min, vec2(size::CHECK, if hint.is_some() { 22.0 } else { height }));
            let hovered = enabled && response.hovered();
            let box_rect = paint_box(ui, line, self.checked, enabled, hovered);
            let x = rect.left() + size::CHECK + gap;
            if let Some(text) = text {
                put_galley(ui, text, x, line.center().y, t.text);
            }
            if let Some(hint) = hint {
                ui.painter().galley(pos2(x, line.bottom()), hint, t.text3);
            }
            if response.has_focus() {
                ring(ui, box_rect, radius::CHECK);
            }
        }
        response.widget_info(|| info(self.checked, enabled, self.label));
        if let Some(hint) = self.hint {
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(hint));
        }
        response
    }
}
