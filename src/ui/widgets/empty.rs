//! A screen with nothing on it yet: says what it is for and holds its one button.

use egui::{Label, Ui};

use super::button::Button;
use super::paint::icon_at;
use crate::ui::theme::typography::{body, title};
use crate::ui::theme::{Icon, space, tokens};

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
            if let Some(label) = self.primary
                && ui.add(Button::primary(label)).clicked()
            {
                event = Some(EmptyEvent::Primary);
            }
            if let Some(label) = self.secondary
                && ui.add(Button::quiet(label)).clicked()
            {
                event = Some(EmptyEvent::Secondary);
            }
        });
        event
    }
}
