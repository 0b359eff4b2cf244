//! A row of a file tree: box, arrow, icon, name, details.

use egui::{Rect, Role as AccessRole, Sense, Ui, WidgetInfo, pos2, vec2};

use super::check::{self, Checked};
use super::list::tell_cursor;
use super::paint::{columns_before, galley, icon_at, put_galley};
use crate::ui::theme::typography::Role;
use crate::ui::theme::{Icon, icons, radius, size, space, tokens};

/// What a click did to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeEvent {
    /// The box was clicked.
    Toggle,
    /// The arrow was clicked.
    Expand,
    /// The row was clicked twice.
    Open,
}

/// Drawn into the rectangle a [`super::RowList`] gives.
#[must_use]
pub struct TreeRow<'a> {
    name: &'a str,
    icon: Icon,
    depth: usize,
    checked: Option<Checked>,
    expanded: Option<bool>,
    selected: bool,
    cursor: bool,
    columns: &'a [(&'a str, f32)],
    note: Option<&'a str>,
}

impl<'a> TreeRow<'a> {
    pub fn new(name: &'a str, icon: Icon) -> Self {
        Self { name, icon, depth: 0, checked: None, expanded: None, selected: false, cursor: false, columns: &[], note: None }
    }

    pub fn depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    pub fn checked(mut self, checked: Checked) -> Self {
        self.checked = Some(checked);
        self
    }

    /// A folder's arrow, open or closed; files have none.
    pub fn expanded(mut self, expanded: Option<bool>) -> Self {
        self.expanded = expanded;
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

    /// A quiet word after the name: "kept from 18 Nov".
    pub fn note(mut self, note: Option<&'a str>) -> Self {
        self.note = note;
        self
    }

    pub fn show(self, ui: &mut Ui, rect: Rect) -> Option<TreeEvent> {
        let t = tokens(ui);
        let id = ui.scope_id().with(("row", self.name, self.depth, rect.top().to_bits()));
        let row = ui.interact(rect, id, Sense::CLICK);
        let mut event = None;
        if row.double_clicked() {
            event = Some(TreeEvent::Open);
        }
        if self.selected || row.hovered() {
            let fill = if self.selected { t.accent_soft } else { t.hover };
            ui.painter().rect_filled(rect, f32::from(radius::CHECK), fill);
        }
        if self.cursor {
            let stroke = egui::Stroke::new(1.5, t.accent);
            ui.painter().rect_stroke(rect.shrink(1.0), f32::from(radius::CHECK), stroke, egui::StrokeKind::Inside);
        }
        let y = rect.center().y;
        let mut x = rect.left() + space::XS + (self.depth as f32 * 20.0).min(rect.width() * 0.5);
        if let Some(checked) = self.checked {
            let spot = Rect::from_center_size(pos2(x + 12.0, y), vec2(24.0, rect.height()));
            let response = ui.interact(spot, id.with("box"), Sense::CLICK);
            check::paint_box(ui, spot, checked, true, response.hovered());
            response.widget_info(|| check::info(checked, true, self.name));
            if response.clicked() {
                event = Some(TreeEvent::Toggle);
            }
            x += 26.0;
        }
        if let Some(open) = self.expanded {
            let spot = Rect::from_center_size(pos2(x + 10.0, y), vec2(20.0, rect.height()));
            let response = ui.interact(spot, id.with("arrow"), Sense::CLICK);
            let color = if response.hovered() { t.text } else { t.text2 };
            icon_at(ui, spot.center(), if open { icons::CARET_DOWN } else { icons::CARET_RIGHT }, 14.0, color, false);
            let name = format!("{} {}", if open { "Close" } else { "Open" }, self.name);
            response.widget_info(|| WidgetInfo::selected(AccessRole::DisclosureTriangle, true, open, &name));
            if response.clicked() {
                event = Some(TreeEvent::Expand);
            }
        }
        x += 20.0;
        icon_at(ui, pos2(x + 10.0, y), self.icon, 18.0, t.text2, self.expanded.is_some());
        x += 26.0;
        let right = columns_before(ui, self.columns, rect.right() - space::S, y);
        let name = galley(ui, self.name, Role::Body, t.text, right - x);
        let cut = name.elided;
        let end = put_galley(ui, name, x, y, t.text).right();
        if let Some(note) = self.note.filter(|_| right - end > 60.0) {
            let note = galley(ui, note, Role::Caption, t.warn, right - end - space::S);
            put_galley(ui, note, end + space::S, y + 1.0, t.warn);
        }
        let detail: Vec<&str> = self.columns.iter().map(|(text, _)| *text).chain(self.note).filter(|s| !s.is_empty()).collect();
        let spoken = if detail.is_empty() { self.name.to_owned() } else { format!("{}, {}", self.name, detail.join(", ")) };
        row.widget_info(|| WidgetInfo::selected(AccessRole::TreeItem, true, self.selected, &spoken));
        if self.cursor {
            tell_cursor(ui, row.id);
        }
        if cut {
            row.on_hover_text(self.name);
        }
        event
    }

    /// Points a row is high.
    pub const HEIGHT: f32 = size::ROW;
}
