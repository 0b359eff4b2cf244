//! A row of files that were found: one of them is chosen.

use egui::{Rect, Response, Role as AccessRole, Sense, Stroke, Ui, WidgetInfo, pos2};

use super::list::tell_cursor;
use super::paint::{columns_before, galley, galley_end, icon_at, put_galley, ring};
use crate::ui::theme::typography::Role;
use crate::ui::theme::{Icon, radius, space, tokens};

/// Drawn into the rectangle a [`super::RowList`] gives.
#[must_use]
pub struct FoundRow<'a> {
    name: &'a str,
    icon: Icon,
    place: &'a str,
    nested: bool,
    selected: bool,
    cursor: bool,
    columns: &'a [(&'a str, f32)],
}

impl<'a> FoundRow<'a> {
    pub fn new(name: &'a str, icon: Icon) -> Self {
        Self { name, icon, place: "", nested: false, selected: false, cursor: false, columns: &[] }
    }

    /// Where it lies; cut in front where there is no room.
    pub fn place(mut self, place: &'a str) -> Self {
        self.place = place;
        self
    }

    /// Belongs to the row above it.
    pub fn nested(mut self, nested: bool) -> Self {
        self.nested = nested;
        self
    }

    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = selected;
        self
    }

    /// The keyboard's cursor stands here.
    pub fn cursor(mut self, cursor: bool) -> Self {
        self.cursor = cursor;
        self
    }

    /// Right-aligned texts and their widths in points, from left to right.
    pub fn columns(mut self, columns: &'a [(&'a str, f32)]) -> Self {
        self.columns = columns;
        self
    }

    pub fn show(self, ui: &mut Ui, rect: Rect) -> Response {
        let t = tokens(ui);
        let id = ui.scope_id().with(("found", self.name, self.place, rect.top().to_bits()));
        let response = ui.interact(rect, id, Sense::CLICK);
        if self.selected || response.hovered() {
            let fill = if self.selected { t.accent_soft } else { t.hover };
            ui.painter().rect_filled(rect, f32::from(radius::CONTROL), fill);
        }
        if self.cursor {
            ring(ui, rect.shrink(4.0), radius::CONTROL);
        }
        let y = rect.center().y;
        let mut x = rect.left() + if self.nested { space::XXL } else { 0.0 };
        let radio = pos2(x + 16.0, y);
        ui.painter().circle_stroke(radio, 7.0, Stroke::new(1.5, if self.selected { t.accent } else { t.input_border }));
        if self.selected {
            ui.painter().circle_filled(radio, 4.0, t.accent);
        }
        x += 34.0;
        if !self.nested {
            icon_at(ui, pos2(x + 9.0, y), self.icon, 18.0, t.text2, false);
            x += 26.0;
        }
        let right = columns_before(ui, self.columns, rect.right() - space::M, y);
        let room = (right - x).max(0.0);
        let name = galley(ui, self.name, Role::Body, t.text, room);
        let cut = name.elided;
        let end = put_galley(ui, name, x, y, t.text).right() + space::S;
        let mut short = false;
        if right - end > 40.0 && !self.place.is_empty() {
            let place = galley_end(ui, self.place, Role::Caption, t.text3, right - end);
            short = place.text() != self.place;
            put_galley(ui, place, end, y + 1.0, t.text3);
        }
        let details = self.columns.iter().map(|(text, _)| *text);
        let words: Vec<&str> = [self.name, self.place].into_iter().chain(details).filter(|text| !text.is_empty()).collect();
        response.widget_info(|| WidgetInfo::selected(AccessRole::RadioButton, true, self.selected, words.join(", ")));
        if self.cursor {
            tell_cursor(ui, response.id);
        }
        if cut || short {
            response.on_hover_text(format!("{}/{}", self.place.trim_end_matches('/'), self.name))
        } else {
            response
        }
    }
}
