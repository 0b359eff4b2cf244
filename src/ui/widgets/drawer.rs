//! A panel that slides over the right side of the window.

use egui::{Align2, Area, Color32, Frame, Id, Margin, Modal, Order, Stroke, Ui, Vec2};

use super::button::Button;
use crate::ui::theme::typography::title;
use crate::ui::theme::{icons, size, space, tokens};

#[must_use]
pub struct Drawer<'a> {
    title: &'a str,
    width: f32,
}

impl<'a> Drawer<'a> {
    pub fn new(title: &'a str) -> Self {
        Self { title, width: size::DRAWER_WIDTH }
    }

    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Draws it; `false` once it should close: by its button, Esc or a click beside it.
    pub fn show(self, ui: &Ui, content: impl FnOnce(&mut Ui)) -> bool {
        let t = tokens(ui);
        let window = ui.ctx().content_rect();
        let id = Id::unique(("drawer", self.title));
        let area = Area::new(id)
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_TOP, Vec2::ZERO)
            .accessible_name(self.title)
            .role(egui::accesskit::Role::Dialog);
        let frame = Frame::new()
            .fill(t.bg)
            .stroke(Stroke::new(1.0, t.card_border))
            .shadow(ui.visuals().window_shadow)
            .inner_margin(Margin::same(space::L as i8));
        let width = self.width.min(window.width() - space::HUGE);
        let mut close = false;
        let backdrop: Color32 = t.backdrop;
        let modal = Modal::new(id).area(area).frame(frame).backdrop_color(backdrop);
        let response = modal.show(ui.ctx(), |ui| {
            ui.set_width(width - 2.0 * space::L);
            ui.set_height(window.height() - 2.0 * space::L - 2.0);
            ui.vertical(|ui| {
                ui.horizontal(|ui| {
                    ui.label(title(self.title).color(t.text));
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        close |= ui.add(Button::icon_only(icons::X, "Close")).clicked();
                    });
                });
                ui.add_space(space::S);
                content(ui);
            });
        });
        !(close || response.should_close())
    }
}
