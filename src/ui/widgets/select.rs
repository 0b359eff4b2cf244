//! One of many, from a list that opens.

use egui::{Id, Response, Role as AccessRole, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::menu::{menu_item, popup};
use super::paint::{focus_ring, galley, icon_at, put_galley};
use crate::ui::theme::typography::Role;
use crate::ui::theme::{icons, radius, size, space, tokens};

/// `Select::new("Kind", "All kinds").show(ui, |ui| { if Select::item(ui, on, "Backups") { … } })`.
#[must_use]
pub struct Select<'a> {
    name: &'a str,
    value: &'a str,
    width: f32,
    id: Option<Id>,
}

impl<'a> Select<'a> {
    pub fn new(name: &'a str, value: &'a str) -> Self {
        Self { name, value, width: 180.0, id: None }
    }

    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Where what stands above it comes and goes: else it would be another one then, and closed.
    pub fn id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }

    pub fn show(self, ui: &mut Ui, items: impl FnOnce(&mut Ui)) -> Response {
        let t = tokens(ui);
        let wanted = vec2(self.width, size::CONTROL);
        let (rect, response) = match self.id {
            Some(id) => {
                let (rect, _) = ui.allocate_exact_size(wanted, Sense::hover());
                (rect, ui.interact(rect, id, Sense::click()))
            }
            None => ui.allocate_exact_size(wanted, Sense::click()),
        };
        let fill = if response.hovered() { t.hover } else { t.surface };
        let stroke = Stroke::new(1.0, t.input_border);
        ui.painter().rect(rect, f32::from(radius::CONTROL), fill, stroke, StrokeKind::Inside);
        let text = galley(ui, self.value, Role::Body, t.text, rect.width() - 44.0);
        put_galley(ui, text, rect.left() + space::M, rect.center().y, t.text);
        icon_at(ui, pos2(rect.right() - 18.0, rect.center().y), icons::CARET_DOWN, 14.0, t.text2, false);
        focus_ring(ui, &response, radius::CONTROL);
        let enabled = ui.is_enabled();
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(AccessRole::ComboBox, enabled, self.name);
            info.current_text_value = Some(self.value.to_owned());
            info
        });
        popup(ui, &response, Some(self.width), items);
        response
    }

    /// An entry of the list; whether it was chosen.
    pub fn item(ui: &mut Ui, on: bool, label: &str) -> bool {
        menu_item(ui, if on { Some(icons::CHECK) } else { None }, label, false)
    }
}
