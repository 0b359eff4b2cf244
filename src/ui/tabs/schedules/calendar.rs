//! The month: a cell per day, and the chosen day's runs beside it.

use egui::{Align, Layout, Rect, Role as AccessRole, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use jiff::ToSpan;
use jiff::civil::Date;

use super::month::{DayCell, mark, weeks};
use super::note;
use crate::model::history::{HistoryFilter, HistoryPage};
use crate::model::human;
use crate::model::run::RunKind;
use crate::model::status::DayMark;
use crate::ui::context::Cx;
use crate::ui::kept::Kept;
use crate::ui::theme::typography::{Role, body, body_strong, section};
use crate::ui::theme::{Tokens, icons, radius, size, space, tokens};
use crate::ui::widgets::{Button, Card, Ends, focus_ring, galley, line, mark_in_words, paint_mark, weak};

const CELL_HEIGHT: f32 = 44.0;

#[derive(Default)]
pub struct Calendar {
    /// A day of the month that is shown; `None`: this month.
    month: Option<Date>,
    chosen: Option<Date>,
    history: Kept<HistoryPage>,
}

impl Calendar {
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.refresh(cx);
        let today = cx.now.to_zoned(cx.zone.clone()).date();
        let month = self.month.unwrap_or(today);
        let empty = HistoryPage::default();
        let runs = &self.history.ready().unwrap_or(&empty).runs;
        let days = weeks(month, &cx.overview.plans, runs, cx.now, cx.zone);
        Card::new().show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let side = 240.0;
            // Large type on a small screen: the day's runs stand below.
            if ui.available_width() < size::NARROW - side / 2.0 {
                self.month_part(ui, month, &days, today);
                self.day_part(ui, cx, &days, today);
                return;
            }
            let width = ui.available_width() - side - space::XL;
            ui.horizontal_top(|ui| {
                ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                    ui.set_width(width);
                    self.month_part(ui, month, &days, today);
                });
                ui.add_space(space::L);
                ui.allocate_ui_with_layout(vec2(side, 0.0), Layout::top_down(Align::Min), |ui| {
                    ui.set_width(side);
                    self.day_part(ui, cx, &days, today);
                });
            });
        });
    }

    fn month_part(&mut self, ui: &mut Ui, month: Date, days: &[DayCell], today: Date) {
        self.head(ui, month);
        self.grid(ui, days, today);
        legend(ui);
    }

    fn day_part(&self, ui: &mut Ui, cx: &Cx<'_>, days: &[DayCell], today: Date) {
        let chosen = self.chosen.unwrap_or(today);
        match days.iter().find(|day| day.date == chosen) {
            Some(day) => day_list(ui, cx, day),
            None => {
                weak(ui, "Choose a day.");
            }
        }
    }

    /// Asks for the runs again when something has changed.
    fn refresh(&mut self, cx: &Cx<'_>) {
        let filter = HistoryFilter { kind: Some(RunKind::Backup), limit: 1000, ..HistoryFilter::default() };
        self.history.refresh(cx.generation, || cx.handle.history(filter));
    }

    fn head(&mut self, ui: &mut Ui, month: Date) {
        let line = Ends::new(ui, size::CONTROL).left(|ui| {
            ui.label(section(month.strftime("%B %Y").to_string()).color(tokens(ui).text));
        });
        line.right(|ui| {
            let first = month.first_of_month();
            if ui.add(Button::icon_only(icons::CARET_LEFT, "Previous month")).clicked() {
                self.month = first.checked_sub(1.month()).ok();
            }
            if ui.add(Button::quiet("Today")).clicked() {
                (self.month, self.chosen) = (None, None);
            }
            if ui.add(Button::icon_only(icons::CARET_RIGHT, "Next month")).clicked() {
                self.month = first.checked_add(1.month()).ok();
            }
        });
    }

    fn grid(&mut self, ui: &mut Ui, days: &[DayCell], today: Date) {
        let t = tokens(ui);
        let width = (ui.available_width() / 7.0).floor();
        let (head, _) = ui.allocate_exact_size(vec2(7.0 * width, 20.0), Sense::hover());
        for (column, name) in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].into_iter().enumerate() {
            let text = galley(ui, name, Role::Caption, t.text2, width);
            ui.painter().galley(pos2(head.left() + column as f32 * width + space::S, head.top()), text, t.text2);
        }
        let rows = days.len() / 7;
        let (area, _) = ui.allocate_exact_size(vec2(7.0 * width, rows as f32 * CELL_HEIGHT), Sense::hover());
        for (index, day) in days.iter().enumerate() {
            let corner = area.min + vec2((index % 7) as f32 * width, (index / 7) as f32 * CELL_HEIGHT);
            let cell = Rect::from_min_size(corner, vec2(width, CELL_HEIGHT)).shrink(2.0);
            let chosen = self.chosen.unwrap_or(today) == day.date;
            if cell_ui(ui, cell, day, today, chosen, t) {
                self.chosen = Some(day.date);
            }
        }
    }
}

/// Draws a day; whether it was clicked.
fn cell_ui(ui: &mut Ui, cell: Rect, day: &DayCell, today: Date, chosen: bool, t: &Tokens) -> bool {
    let response = ui.interact(cell, ui.scope_id().with(day.date.to_string()), Sense::click());
    let round = f32::from(radius::CONTROL);
    if chosen || response.hovered() {
        ui.painter().rect_filled(cell, round, if chosen { t.accent_soft } else { t.hover });
    }
    if day.date == today {
        ui.painter().rect_stroke(cell, round, Stroke::new(1.5, t.accent), StrokeKind::Inside);
    }
    let color = if day.in_month { t.text } else { t.text3 };
    let role = if day.date == today { Role::BodyStrong } else { Role::Body };
    let number = galley(ui, &day.date.day().to_string(), role, color, cell.width());
    ui.painter().galley(cell.min + vec2(6.0, 1.0), number, color);
    let mut x = cell.left() + 12.0;
    let y = cell.bottom() - 11.0;
    let mut put = |kind: Option<DayMark>, count: usize| {
        if count == 0 {
            return;
        }
        match kind {
            Some(mark) => paint_mark(ui.painter(), pos2(x, y), mark, t),
            None => diamond(ui, pos2(x, y), t),
        }
        x += 8.0;
        if count > 1 {
            let text = galley(ui, &count.to_string(), Role::Caption, t.text2, 30.0);
            let width = text.size().x;
            ui.painter().galley(pos2(x, y - text.size().y / 2.0), text, t.text2);
            x += width;
        }
        x += 8.0;
    };
    put(Some(day.mark()), day.ran());
    put(None, day.to_come());
    focus_ring(ui, &response, radius::CONTROL);
    let mut name = day.date.strftime("%A %-d %B").to_string();
    if day.ran() > 0 {
        name.push_str(&format!(", {}, {}", human::counted(day.ran() as u64, "run", "runs"), mark_in_words(day.mark())));
    }
    if day.to_come() > 0 {
        name.push_str(&format!(", {} to come", day.to_come()));
    }
    response.widget_info(|| WidgetInfo::selected(AccessRole::Button, true, chosen, &name));
    response.clicked()
}

/// A run that is to come.
fn diamond(ui: &Ui, at: egui::Pos2, t: &Tokens) {
    let points = [vec2(0.0, -5.0), vec2(5.0, 0.0), vec2(0.0, 5.0), vec2(-5.0, 0.0)].map(|offset| at + offset).to_vec();
    let stroke = Stroke::new(1.5, t.accent);
    ui.painter().add(egui::Shape::convex_polygon(points, egui::Color32::TRANSPARENT, stroke));
}

fn legend(ui: &mut Ui) {
    let t = tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        let marks = [(DayMark::Success, "ran"), (DayMark::Warnings, "warnings"), (DayMark::Failed, "failed")];
        for (mark, text) in marks.map(|(mark, text)| (Some(mark), text)).into_iter().chain([(None, "to come")]) {
            let (rect, _) = ui.allocate_exact_size(vec2(16.0, 20.0), Sense::hover());
            match mark {
                Some(mark) => paint_mark(ui.painter(), rect.center(), mark, t),
                None => diamond(ui, rect.center(), t),
            }
            note(ui, text);
            ui.add_space(space::S);
        }
    });
}

fn day_list(ui: &mut Ui, cx: &Cx<'_>, day: &DayCell) {
    let t = tokens(ui);
    ui.label(body_strong(day.date.strftime("%A %-d %B").to_string()).color(t.text));
    if day.events.is_empty() {
        weak(ui, "Nothing on this day.");
    }
    const MOST: usize = 10;
    for event in day.events.iter().take(MOST) {
        let time = event.at.to_zoned(cx.zone.clone()).strftime("%H:%M").to_string();
        line(ui, |ui| {
            ui.label(body(time).color(t.text2));
            let (rect, _) = ui.allocate_exact_size(vec2(14.0, 22.0), Sense::hover());
            match &event.outcome {
                Some(outcome) => paint_mark(ui.painter(), rect.center(), mark(outcome), t),
                None => diamond(ui, rect.center(), t),
            }
            let what = event.outcome.as_ref().map_or("to come", |outcome| outcome.in_words());
            ui.add(egui::Label::new(body(&event.plan).color(t.text)).truncate()).on_hover_text(format!("{}: {what}", event.plan));
        });
    }
    if day.events.len() > MOST {
        note(ui, format!("and {} more", day.events.len() - MOST));
    }
}
