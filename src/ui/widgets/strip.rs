//! Thirty days in a strip: a shape for each day as well as a colour.

use egui::{
    Color32, EventFilter, Key, Painter, Pos2, Rect, Role as AccessRole, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use jiff::civil::Date;

use super::paint::ring;
use crate::model::human;
use crate::model::status::{Day, DayMark};
use crate::ui::theme::{Tokens, radius, tokens};

const CELL: f32 = 11.0;

/// A day's mark as it is read out and shown on hover.
pub fn mark_in_words(mark: DayMark) -> &'static str {
    match mark {
        DayMark::Blank => "before this backup was made",
        DayMark::Idle => "no backup",
        DayMark::Success => "backed up",
        DayMark::Warnings => "backed up with warnings",
        DayMark::Overdue => "overdue",
        DayMark::Failed => "failed",
    }
}

/// "Sat 21 Nov: backed up, 3 runs, 1 failed".
fn in_words(day: &Day) -> String {
    let mut text = format!("{}: {}", day.date.strftime("%a %-d %b"), mark_in_words(day.mark));
    if day.runs > 0 {
        text.push_str(&format!(", {}", human::counted(u64::from(day.runs), "run", "runs")));
    }
    if day.failed > 0 && day.runs > day.failed {
        text.push_str(&format!(", {} failed", day.failed));
    }
    text
}

/// Paints a day's shape; also used for the calendar and for legends.
pub fn paint_mark(painter: &Painter, center: Pos2, mark: DayMark, t: &Tokens) {
    let r = 4.0;
    match mark {
        DayMark::Blank => {}
        DayMark::Idle => {
            painter.circle_filled(center, 1.5, t.text3);
        }
        DayMark::Success => {
            painter.rect_filled(Rect::from_center_size(center, vec2(2.0 * r, 2.0 * r)), 1.5, t.ok);
        }
        DayMark::Warnings => {
            let points = vec![center + vec2(0.0, -r - 0.5), center + vec2(r + 1.0, r), center + vec2(-r - 1.0, r)];
            painter.add(Shape::convex_polygon(points, t.warn, Stroke::NONE));
        }
        DayMark::Overdue => {
            painter.circle(center, r - 0.25, Color32::TRANSPARENT, Stroke::new(1.8, t.warn));
        }
        DayMark::Failed => {
            let stroke = Stroke::new(2.2, t.bad);
            painter.line_segment([center + vec2(-r, -r), center + vec2(r, r)], stroke);
            painter.line_segment([center + vec2(r, -r), center + vec2(-r, r)], stroke);
        }
    }
}

/// `Strip30::new("Documents", &days).show(ui)`: the day that was activated.
#[must_use]
pub struct Strip30<'a> {
    name: &'a str,
    days: &'a [Day],
}

impl<'a> Strip30<'a> {
    pub fn new(name: &'a str, days: &'a [Day]) -> Self {
        Self { name, days }
    }

    /// Points a strip of thirty is wide.
    pub const WIDTH: f32 = 30.0 * CELL;

    pub fn show(self, ui: &mut Ui) -> Option<Date> {
        let t = tokens(ui);
        let (rect, strip) = ui.allocate_exact_size(vec2(self.days.len() as f32 * CELL, 20.0), Sense::focusable_noninteractive());
        let cursor_id = strip.id.with("cursor");
        let last = self.days.len().saturating_sub(1);
        let mut cursor = ui.data(|data| data.get_temp::<usize>(cursor_id)).unwrap_or(last).min(last);
        let mut activated = None;
        if strip.has_focus() {
            let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(strip.id, filter));
            let (left, right, enter) = ui.input(|input| {
                let enter = input.key_pressed(Key::Enter) || input.key_pressed(Key::Space);
                (input.key_pressed(Key::ArrowLeft), input.key_pressed(Key::ArrowRight), enter)
            });
            cursor = if left { cursor.saturating_sub(1) } else { cursor };
            cursor = if right { (cursor + 1).min(last) } else { cursor };
            ui.data_mut(|data| data.insert_temp(cursor_id, cursor));
            if enter {
                activated = self.days.get(cursor).map(|day| day.date);
            }
        }
        for (index, day) in self.days.iter().enumerate() {
            let cell = Rect::from_min_size(pos2(rect.left() + index as f32 * CELL, rect.top()), vec2(CELL, rect.height()));
            let focused = strip.has_focus() && index == cursor;
            let response = ui.interact(cell, strip.id.with(index), if day.runs > 0 { Sense::CLICK } else { Sense::hover() });
            if response.hovered() && day.mark != DayMark::Blank {
                ui.painter().rect_filled(cell.expand2(vec2(0.5, 0.0)), 3.0, t.hover);
            }
            paint_mark(ui.painter(), cell.center(), day.mark, t);
            if focused {
                ring(ui, cell.shrink(1.5), radius::CHECK);
            }
            let text = in_words(day);
            response.widget_info(|| WidgetInfo::labeled(AccessRole::ListItem, true, format!("{}, {text}", self.name)));
            if response.clicked() {
                activated = Some(day.date);
            }
            if focused {
                response.show_tooltip_text(&text);
            } else if day.mark != DayMark::Blank {
                response.on_hover_text(&text);
            }
        }
        let spoken = self.days.get(cursor).map(in_words).unwrap_or_default();
        strip.widget_info(|| {
            let mut info = WidgetInfo::labeled(AccessRole::List, true, format!("{}, last 30 days", self.name));
            info.current_text_value = Some(spoken.clone());
            info
        });
        activated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_told_in_words() {
        let day = |mark, runs, failed| Day { date: jiff::civil::date(2026, 11, 21), mark, runs, failed };
        assert_eq!(in_words(&day(DayMark::Success, 1, 0)), "Sat 21 Nov: backed up, 1 run");
        assert_eq!(in_words(&day(DayMark::Failed, 3, 1)), "Sat 21 Nov: failed, 3 runs, 1 failed");
        assert_eq!(in_words(&day(DayMark::Idle, 0, 0)), "Sat 21 Nov: no backup");
    }
}
