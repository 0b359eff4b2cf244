//! What painted widgets share.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align2, Color32, Galley, Pos2, Rect, Response, Stroke, StrokeKind, Ui};

use crate::ui::theme::typography::{Role, filled_icon_font, icon_font};
use crate::ui::theme::{Icon, size, space, tokens};

/// The ring around whatever has the keyboard's focus: outside of the widget, so that it differs from "pressed".
pub fn focus_ring(ui: &Ui, response: &Response, radius: u8) {
    if response.has_focus() {
        ring(ui, response.rect, radius);
    }
}

pub(super) fn ring(ui: &Ui, rect: Rect, radius: u8) {
    // Not clipped by the scroll area's edge: a ring that is cut off looks like a mistake.
    let painter = ui.painter().with_clip_rect(ui.clip_rect().expand(size::FOCUS_OFFSET + size::FOCUS));
    painter.rect_stroke(
        rect.expand(size::FOCUS_OFFSET),
        f32::from(radius) + size::FOCUS_OFFSET,
        Stroke::new(size::FOCUS, tokens(ui).accent),
        StrokeKind::Outside,
    );
}

/// One line of text, cut with "…" at `max_width`.
pub fn galley(ui: &Ui, text: &str, role: Role, color: Color32, max_width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::single_section(
        text.to_owned(),
        TextFormat { font_id: role.font(), line_height: Some(role.line_height()), color, ..TextFormat::default() },
    );
    job.wrap = TextWrapping::truncate_at_width(max_width.max(1.0));
    ui.painter().layout_job(job)
}

/// As [`galley`], cut in front: the end of a path says more than its beginning.
pub(super) fn galley_end(ui: &Ui, text: &str, role: Role, color: Color32, max_width: f32) -> Arc<Galley> {
    let whole = galley(ui, text, role, color, f32::INFINITY);
    if whole.size().x <= max_width {
        return whole;
    }
    let chars: Vec<char> = text.chars().collect();
    let (mut shortest, mut longest) = (0, chars.len());
    while shortest < longest {
        let keep = (shortest + longest).div_ceil(2);
        let candidate: String = std::iter::once('…').chain(chars.iter().skip(chars.len() - keep).copied()).collect();
        if galley(ui, &candidate, role, color, f32::INFINITY).size().x <= max_width {
            shortest = keep
        } else {
            longest = keep - 1
        }
    }
    let text: String = std::iter::once('…').chain(chars.iter().skip(chars.len() - shortest).copied()).collect();
    galley(ui, &text, role, color, f32::INFINITY)
}

/// Places a galley with its vertical middle at `y`.
pub(super) fn put_galley(ui: &Ui, galley: Arc<Galley>, x: f32, y: f32, color: Color32) -> Rect {
    let rect = Rect::from_min_size(Pos2::new(x, y - galley.size().y / 2.0), galley.size());
    ui.painter().galley(rect.min, galley, color);
    rect
}

/// Right-aligned texts of these widths in points, from left to right, the last of which ends at `right`. Gives where there is room again
/// before them.
pub(super) fn columns_before(ui: &Ui, columns: &[(&str, f32)], right: f32, y: f32) -> f32 {
    let color = tokens(ui).text2;
    let mut right = right;
    for (text, width) in columns.iter().rev() {
        let cell = galley(ui, text, Role::Body, color, *width);
        put_galley(ui, cell.clone(), right - cell.size().x, y, color);
        right -= width + space::M;
    }
    right
}

/// Paints one icon in the middle of `center`.
pub fn icon_at(ui: &Ui, center: Pos2, icon: Icon, points: f32, color: Color32, filled: bool) {
    let font = if filled { filled_icon_font(points) } else { icon_font(points) };
    ui.painter().text(center, Align2::CENTER_CENTER, icon.0, font, color);
}
