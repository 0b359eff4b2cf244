//! Where one is in a few steps: done, now, later. Steps that were visited can be gone back to.

use egui::{Role as AccessRole, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint::{focus_ring, galley, icon_at, put_galley};
use crate::ui::theme::typography::Role;
use crate::ui::theme::{icons, radius, space, tokens};

#[must_use]
pub struct Stepper<'a> {
    steps: &'a [&'a str],
    current: usize,
    visited: usize,
    room: Option<f32>,
}

impl<'a> Stepper<'a> {
    /// `visited`: the furthest step that was reached.
    pub fn new(steps: &'a [&'a str], current: usize, visited: usize) -> Self {
        Self { steps, current, visited: visited.max(current), room: None }
    }

    /// Points that the steps and the page's title share; else what is left of the line.
    pub fn room(mut self, points: f32) -> Self {
        self.room = Some(points);
        self
    }

    /// Room for the page's title beside the steps.
    const TITLE: f32 = 230.0;

    /// How wide it is with all names; `compact`: with the current step's name only.
    fn width(&self, ui: &Ui, compact: bool) -> f32 {
        let text = |(index, step): (usize, &&str)| {
            let now = index == self.current;
            if compact && !now {
                return 22.0 + 2.0 * space::S;
            }
            let role = if now { Role::BodyStrong } else { Role::Body };
            28.0 + 2.0 * space::S + galley(ui, step, role, egui::Color32::PLACEHOLDER, f32::INFINITY).size().x
        };
        let texts: f32 = self.steps.iter().enumerate().map(text).sum();
        texts + self.steps.len().saturating_sub(1) as f32 * (space::L + 2.0 * space::XS)
    }

    /// The step that was clicked.
    pub fn show(self, ui: &mut Ui) -> Option<usize> {
        let t = tokens(ui);
        let mut clicked = None;
        let line = egui::Layout::left_to_right(egui::Align::Center);
        // Where it gets narrow the others keep their numbers, and their names for hover and screen readers.
        let compact = self.width(ui, false) + Self::TITLE > self.room.unwrap_or_else(|| ui.available_width());
        ui.allocate_ui_with_layout(vec2(self.width(ui, compact), 32.0), line, |ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            for (index, step) in self.steps.iter().enumerate() {
                if index > 0 {
                    let (rect, _) = ui.allocate_exact_size(vec2(space::L, 32.0), Sense::hover());
                    ui.painter().hline(rect.x_range(), rect.center().y, egui::Stroke::new(1.0, t.input_border));
                }
                let now = index == self.current;
                let can_go = !now && index <= self.visited;
                let role = if now { Role::BodyStrong } else { Role::Body };
                let color = if index <= self.visited { t.text } else { t.text3 };
                let text = (now || !compact).then(|| galley(ui, step, role, color, f32::INFINITY));
                let text_width = text.as_ref().map_or(0.0, |text| 6.0 + text.size().x);
                let size = vec2(22.0 + text_width + 2.0 * space::S, 32.0);
                let (rect, mut response) = ui.allocate_exact_size(size, if can_go { Sense::click() } else { Sense::hover() });
                if can_go && response.hovered() {
                    ui.painter().rect_filled(rect, f32::from(radius::CONTROL), t.hover);
                }
                let spot = pos2(rect.left() + space::S + 11.0, rect.center().y);
                if now {
                    ui.painter().circle_filled(spot, 11.0, t.accent);
                } else {
                    ui.painter().circle_stroke(spot, 10.5, egui::Stroke::new(1.0, t.input_border));
                }
                if index < self.current {
                    icon_at(ui, spot, icons::CHECK, 14.0, t.text, false);
                } else {
                    let number = galley(
                        ui,
                        &(index + 1).to_string(),
                        Role::CaptionStrong,
                        if now { t.on_accent } else { color },
                        f32::INFINITY,
                    );
                    ui.painter().galley(spot - number.size() / 2.0, number, color);
                }
                match text {
                    Some(text) => _ = put_galley(ui, text, spot.x + 11.0 + 6.0, rect.center().y, color),
                    None => response = response.on_hover_text(*step),
                }
                focus_ring(ui, &response, radius::CONTROL);
                let state = match index {
                    _ if now => "current step",
                    i if i < self.current => "done",
                    _ => "later",
                };
                let name = format!("{step}, step {} of {}, {state}", index + 1, self.steps.len());
                let access = if can_go { AccessRole::Button } else { AccessRole::Label };
                response.widget_info(|| WidgetInfo::labeled(access, true, &name));
                if response.clicked() {
                    clicked = Some(index);
                }
            }
        });
        clicked
    }
}
