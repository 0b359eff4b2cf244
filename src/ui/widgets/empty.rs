//! A screen with nothing on it yet: says what it is for and holds its one filled button, perhaps with another way in beside
//! it.

use egui::{Align, Color32, Label, Layout, Ui, vec2};

use super::button::Button;
use super::paint::{galley, icon_at};
use crate::ui::theme::typography::{Role, body, title};
use crate::ui::theme::{Icon, size, space, tokens};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyEvent {
    Primary,
    Secondary,
}

#[must_use]
pub struct EmptyState<'a> {
    icon: Icon,
    title: &'a str,
    text: &'a str,
    primary: Option<&'a str>,
    secondary: Option<&'a str>,
}

impl<'a> EmptyState<'a> {
    pub fn new(icon: Icon, title: &'a str, text: &'a str) -> Self {
        Self { icon, title, text, primary: None, secondary: None }
    }

    pub fn primary(mut self, label: &'a str) -> Self {
        self.primary = Some(label);
        self
    }

    pub fn secondary(mut self, label: &'a str) -> Self {
        self.secondary = Some(label);
        self
    }

    pub fn show(self, ui: &mut Ui) -> Option<EmptyEvent> {
        let t = tokens(ui);
        let mut event = None;
        ui.vertical_centered(|ui| {
            ui.add_space((ui.available_height() * 0.16).clamp(space::L, 120.0));
            let (rect, _) = ui.allocate_exact_size(egui::vec2(88.0, 88.0), egui::Sense::hover());
            ui.painter().circle_filled(rect.center(), 44.0, t.accent_soft);
            icon_at(ui, rect.center(), self.icon, 44.0, t.accent, false);
            ui.add_space(space::S);
            ui.label(title(self.title).color(t.text));
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width().min(480.0));
                ui.add(Label::new(body(self.text).color(t.text2)).wrap().halign(egui::Align::Center));
            });
            ui.add_space(space::M);
            match (self.primary, self.secondary) {
                (Some(primary), Some(secondary)) => event = side_by_side(ui, primary, secondary),
                (Some(label), None) if ui.add(Button::primary(label)).clicked() => event = Some(EmptyEvent::Primary),
                (None, Some(label)) if ui.add(Button::plain(label).tall()).clicked() => event = Some(EmptyEvent::Secondary),
                _ => {}
            }
        });
        event
    }
}

/// Both buttons in the middle of the page, one below the other where there is no room for both.
fn side_by_side(ui: &mut Ui, primary: &str, secondary: &str) -> Option<EmptyEvent> {
    let width = |label, role| galley(ui, label, role, Color32::PLACEHOLDER, f32::INFINITY).size().x + 2.0 * space::L;
    let widths = [width(primary, Role::BodyStrong), width(secondary, Role::Body)];
    let all = widths[0] + space::M + widths[1];
    let buttons = |ui: &mut Ui| {
        let first = ui.add(Button::primary(primary).min_width(widths[0])).clicked().then_some(EmptyEvent::Primary);
        let second = ui.add(Button::plain(secondary).tall().min_width(widths[1])).clicked().then_some(EmptyEvent::Secondary);
        first.or(second)
    };
    if all > ui.available_width() {
        return buttons(ui);
    }
    let line = Layout::left_to_right(Align::Center);
    let show = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        buttons(ui)
    };
    ui.allocate_ui_with_layout(vec2(all, size::PRIMARY), line, show).inner
}
