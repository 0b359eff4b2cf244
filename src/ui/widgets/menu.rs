//! The ⋯ button and what it opens.

use egui::{Key, Popup, Response, Role as AccessRole, Sense, Ui, WidgetInfo, pos2, vec2};

use super::button::Button;
use super::paint::{galley, icon_at, put_galley, ring};
use crate::ui::theme::typography::Role;
use crate::ui::theme::{Icon, icons, radius, size, space, tokens};

/// A button with three dots. `name` says whose: "More for Documents".
pub fn menu_button(ui: &mut Ui, name: &str, items: impl FnOnce(&mut Ui)) -> Response {
    let response = ui.add(Button::icon_only(icons::DOTS_THREE, name));
    if response.has_focus() && ui.input(|input| input.key_pressed(Key::ArrowDown)) {
        Popup::open_id(ui.ctx(), Popup::default_response_id(&response));
    }
    Popup::menu(&response).show(items);
    response
}

/// An entry; whether it was chosen (the menu closes by itself). `danger` for what destroys.
pub fn menu_item(ui: &mut Ui, icon: Option<Icon>, label: &str, danger: bool) -> bool {
    let t = tokens(ui);
    let enabled = ui.is_enabled();
    let color = match (enabled, danger) {
        (false, _) => t.text3,
        (true, true) => t.bad,
        (true, false) => t.text,
    };
    let text = galley(ui, label, Role::Body, color, f32::INFINITY);
    let width = (text.size().x + 34.0 + 2.0 * space::S).max(ui.available_width().min(320.0)).max(180.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::click());
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, f32::from(radius::CONTROL), t.hover);
    }
    if let Some(icon) = icon {
        icon_at(ui, pos2(rect.left() + space::S + 9.0, rect.center().y), icon, 18.0, color, false);
    }
    put_galley(ui, text, rect.left() + space::S + 28.0, rect.center().y, color);
    if response.has_focus() {
        ring(ui, rect.shrink(4.0), radius::CONTROL);
    }
    response.widget_info(|| WidgetInfo::labeled(AccessRole::MenuItem, enabled, label));
    let chosen = response.clicked();
    if chosen {
        ui.close();
    }
    chosen
}
