//! The room at a destination over time: a bar for each day, as high as what is used; a cross where it could not be used, a dot where
//! it was not checked.

use egui::{Painter, Pos2, Rect, Response, Role as AccessRole, Sense, Stroke, Ui, Widget, WidgetInfo, pos2, vec2};

use crate::model::health::HealthDay;
use crate::model::human;
use crate::ui::theme::{Tokens, tokens};

/// Widest day: a season fills a card of the widest page.
const CELL: f32 = 16.0;
const HEIGHT: f32 = 44.0;
/// Room above the bars: a day may have its cross over a full one.
const HEAD: f32 = 8.0;

/// "Sat 21 Nov: 412 GB used of 1.0 TB, not usable at 2 of 24 checks".
fn in_words(day: &HealthDay) -> String {
    let mut parts = Vec::new();
    if let Some((used, total)) = day.room {
        parts.push(format!("{} used of {}", human::bytes(used), human::bytes(total)));
    }
    if day.was_away() {
        let away = day.looks.saturating_sub(day.good);
        parts.push(format!("not usable at {} of {}", human::count(away), human::counted(day.looks, "check", "checks")));
    }
    if parts.is_empty() {
        parts.push(if day.looks > 0 { "usable".into() } else { "not checked".into() });
    }
    format!("{}: {}", day.date.strftime("%a %-d %b"), parts.join(", "))
}

/// All of it, for who does not see it.
fn spoken(name: &str, days: &[HealthDay]) -> String {
    let mut text = format!("{name}, room over {}", human::counted(days.len() as u64, "day", "days"));
    let mut known = days.iter().filter_map(|day| day.room);
    match (known.next(), known.next_back()) {
        (Some((first, _)), Some((last, total))) => {
            text.push_str(&format!(": from {} to {} used of {}", human::bytes(first), human::bytes(last), human::bytes(total)));
        }
        (Some((used, total)), None) => text.push_str(&format!(": {} used of {}", human::bytes(used), human::bytes(total))),
        _ => text.push_str(": not known"),
    }
    match days.iter().filter(|day| day.was_away()).count() {
        0 => {}
        n => text.push_str(&format!("; not usable on {}", human::counted(n as u64, "day", "days"))),
    }
    text
}

/// `ui.add(RoomChart::new("Blue disk", &days))`.
#[must_use]
pub struct RoomChart<'a> {
    name: &'a str,
    days: &'a [HealthDay],
}

impl<'a> RoomChart<'a> {
    pub fn new(name: &'a str, days: &'a [HealthDay]) -> Self {
        Self { name, days }
    }
}

impl Widget for RoomChart<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let count = self.days.len().max(1) as f32;
        let cell = (ui.available_width() / count).min(CELL);
        let (rect, response) = ui.allocate_exact_size(vec2(cell * count, HEIGHT), Sense::hover());
        if ui.is_rect_visible(rect) {
            for (index, day) in self.days.iter().enumerate() {
                let left = rect.left() + index as f32 * cell;
                let column = Rect::from_min_max(pos2(left, rect.top()), pos2(left + (cell - 1.0).max(1.0), rect.bottom()));
                paint_day(ui.painter(), column, day, t);
            }
        }
        let text = spoken(self.name, self.days);
        response.widget_info(|| WidgetInfo::labeled(AccessRole::Image, true, &text));
        let over = response.hover_pos().map(|at| ((at.x - rect.left()) / cell) as usize);
        match over.and_then(|index| self.days.get(index)) {
            Some(day) => response.on_hover_text_at_pointer(in_words(day)),
            None => response,
        }
    }
}

fn paint_day(painter: &Painter, column: Rect, day: &HealthDay, t: &Tokens) {
    let whole = Rect::from_min_max(pos2(column.left(), column.top() + HEAD), column.max);
    if let Some((used, total)) = day.room {
        let share = if total == 0 { 0.0 } else { (used as f64 / total as f64).clamp(0.0, 1.0) as f32 };
        painter.rect_filled(whole, 1.0, if t.dark { t.hover } else { t.sunken });
        let top = whole.bottom() - (whole.height() * share).max(1.0);
        // As on the bar above it: not all that is used is ours.
        painter.rect_filled(Rect::from_min_max(pos2(whole.left(), top), whole.max), 1.0, t.input_border);
    } else if day.looks == 0 {
        painter.circle_filled(pos2(whole.center().x, whole.bottom() - 1.5), 1.0, t.text3);
    }
    if day.was_away() {
        cross(painter, pos2(whole.center().x, column.top() + HEAD / 2.0), t);
    }
}

fn cross(painter: &Painter, center: Pos2, t: &Tokens) {
    let (r, stroke) = (2.5, Stroke::new(1.5, t.bad));
    painter.line_segment([center + vec2(-r, -r), center + vec2(r, r)], stroke);
    painter.line_segment([center + vec2(r, -r), center + vec2(-r, r)], stroke);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i8, room: Option<(u64, u64)>, looks: u64, good: u64) -> HealthDay {
        HealthDay { date: jiff::civil::date(2026, 11, day), room, looks, good }
    }

    #[test]
    fn a_day_is_told_in_words() {
        let room = Some((412_000_000_000, 1_000_000_000_000));
        assert_eq!(in_words(&day(21, room, 24, 24)), "Sat 21 Nov: 412 GB used of 1.0 TB");
        assert_eq!(in_words(&day(21, room, 24, 22)), "Sat 21 Nov: 412 GB used of 1.0 TB, not usable at 2 of 24 checks");
        assert_eq!(in_words(&day(21, None, 1, 1)), "Sat 21 Nov: usable");
        assert_eq!(in_words(&day(21, None, 0, 0)), "Sat 21 Nov: not checked");
    }

    #[test]
    fn all_of_it_is_spoken() {
        let gb = 1_000_000_000;
        let room = |used| Some((used * gb, 1000 * gb));
        let days = [day(19, None, 0, 0), day(20, room(350), 2, 2), day(21, None, 3, 0), day(22, room(412), 1, 1)];
        assert_eq!(spoken("Blue", &days), "Blue, room over 4 days: from 350 GB to 412 GB used of 1.0 TB; not usable on 1 day");
        assert_eq!(spoken("Blue", &days[..2]), "Blue, room over 2 days: 350 GB used of 1.0 TB");
        assert_eq!(spoken("Blue", &days[..1]), "Blue, room over 1 day: not known");
    }
}
