//! The ⋯ button and what it opens.

use egui::{EventFilter, Id, Key, Popup, Response, Role as AccessRole, Sense, Ui, WidgetInfo, pos2, vec2};

use super::button::Button;
use super::paint::{galley, icon_at, put_galley, ring};
use crate::ui::theme::typography::Role;
use crate::ui::theme::{Icon, icons, radius, size, space, tokens};

/// A button with three dots. `name` says whose: "More for Documents".
pub fn menu_button(ui: &mut Ui, name: &str, items: impl FnOnce(&mut Ui)) -> Response {
    let response = ui.add(Button::icon_only(icons::DOTS_THREE, name));
    popup(ui, &response, None, items);
    response
}

/// Where the next menu entry to be drawn takes the focus.
fn first_takes_focus() -> Id {
    Id::unique("first menu entry takes the focus")
}

/// The entries below a button. Opened by a key (Enter, Space, arrow down) the first one has the focus, and the button gets
/// it back when the menu closes.
pub(super) fn popup(ui: &Ui, button: &Response, width: Option<f32>, items: impl FnOnce(&mut Ui)) {
    let id = Popup::default_response_id(button);
    let was_open = Popup::is_id_open(ui.ctx(), id);
    if button.has_focus() {
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(button.id, filter));
        if !was_open && ui.input(|input| input.key_pressed(Key::ArrowDown)) {
            Popup::open_id(ui.ctx(), id);
        }
    }
    let mut menu = Popup::menu(button);
    if let Some(width) = width {
        menu = menu.width(width);
    }
    let by_key = id.with("by key");
    // A click gives no focus: who has it came by keyboard.
    let focused = button.has_focus();
    menu.show(|ui| {
        if !was_open && focused {
            ui.data_mut(|data| {
                data.insert_temp(by_key, true);
                data.insert_temp(first_takes_focus(), true);
            });
        }
        items(ui);
    });
    if !Popup::is_id_open(ui.ctx(), id) && ui.data_mut(|data| data.remove_temp::<bool>(by_key)).is_some() {
        button.request_focus();
    }
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
    if ui.data_mut(|data| data.remove_temp::<bool>(first_takes_focus())).is_some() {
        response.request_focus();
    }
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
