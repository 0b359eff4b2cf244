//! How far something is: bars, and the row of a running backup with fixed places for its numbers.

use egui::{Rect, Response, Role as AccessRole, Sense, Ui, Widget, WidgetInfo, pos2, vec2};
use jiff::SignedDuration;

use super::paint::{galley, galley_end, put_galley};
use crate::model::human;
use crate::model::names;
use crate::model::room;
use crate::model::run::{ProgressView, Stage};
use crate::ui::theme::typography::Role;
use crate::ui::theme::{Tone, size, space, tokens};

/// `ui.add(ProgressBar::new(Some(0.62), "Backing up Documents"))`; without a share it moves to and fro.
#[must_use]
pub struct ProgressBar<'a> {
    share: Option<f32>,
    name: &'a str,
}

impl<'a> ProgressBar<'a> {
    pub fn new(share: Option<f32>, name: &'a str) -> Self {
        Self { share, name }
    }
}

impl Widget for ProgressBar<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::TRACK), Sense::hover());
        if ui.is_rect_visible(rect) {
            let round = size::TRACK / 2.0;
            ui.painter().rect_filled(rect, round, if t.dark { t.hover } else { t.sunken });
            match self.share {
                Some(share) if share > 0.0 => {
                    let width = (rect.width() * share.clamp(0.0, 1.0)).max(size::TRACK);
                    ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(width, rect.height())), round, t.accent);
                }
                Some(_) => {}
                None => {
                    // Steps a few times a second, as often as progress is drawn anyway.
                    let phase = (ui.input(|input| input.time) * 0.5).fract() as f32;
                    let swing = 1.0 - (phase * 2.0 - 1.0).abs();
                    let width = rect.width() * 0.2;
                    let left = rect.left() + (rect.width() - width) * swing;
                    let part = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
                    ui.painter().rect_filled(part, round, t.accent);
                }
            }
        }
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(AccessRole::ProgressIndicator, true, self.name);
            info.value = self.share.map(|share| f64::from(share * 100.0).round());
            info
        });
        response
    }
}

/// Used and free room of a disk.
#[must_use]
pub struct UsageBar {
    used: u64,
    ours: u64,
    total: u64,
}

impl UsageBar {
    /// `ours`: the part of `used` that is backups.
    pub fn new(used: u64, ours: u64, total: u64) -> Self {
        Self { used, ours: ours.min(used), total }
    }
}

impl Widget for UsageBar {
    fn ui(self, ui: &mut Ui) -> Response {
        let t = tokens(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::TRACK), Sense::hover());
        let share = |n: u64| if self.total == 0 { 0.0 } else { (n as f64 / self.total as f64).clamp(0.0, 1.0) as f32 };
        let round = size::TRACK / 2.0;
        let part = |share: f32| Rect::from_min_size(rect.min, vec2((rect.width() * share).max(size::TRACK), rect.height()));
        ui.painter().rect_filled(rect, round, if t.dark { t.hover } else { t.sunken });
        let is_low = room::is_low(self.total.saturating_sub(self.used), self.total);
        let tone = if is_low { Tone::Warn } else { Tone::Accent };
        if self.used > 0 {
            ui.painter().rect_filled(part(share(self.used)), round, t.input_border);
        }
        if self.ours > 0 {
            ui.painter().rect_filled(part(share(self.ours)), round, t.strong(tone));
        }
        let text = format!(
            "{} used of {}, {} of it by backups",
            human::bytes(self.used),
            human::bytes(self.total),
            human::bytes(self.ours)
        );
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(AccessRole::Meter, true, &text);
            info.value = Some(f64::from(share(self.used) * 100.0).round());
            info
        });
        response.on_hover_text(text)
    }
}

/// Bar and numbers of a running run, on two lines whose places do not move.
#[must_use]
pub struct ProgressRow<'a> {
    view: &'a ProgressView,
    name: &'a str,
    speed: Option<f64>,
    left: Option<SignedDuration>,
    home: &'a [u8],
}

impl<'a> ProgressRow<'a> {
    /// `name` is what a screen reader says: "Backing up Documents".
    pub fn new(name: &'a str, view: &'a ProgressView) -> Self {
        Self { view, name, speed: None, left: None, home: &[] }
    }

    /// Bytes a second and the time that is left, as far as they are known.
    pub fn pace(mut self, speed: Option<f64>, left: Option<SignedDuration>) -> Self {
        self.speed = speed;
        self.left = left;
        self
    }

    /// Paths below this folder are shown from `~` on.
    pub fn home(mut self, home: &'a [u8]) -> Self {
        self.home = home;
        self
    }

    pub fn show(self, ui: &mut Ui) {
        let t = tokens(ui);
        let view = self.view;
        let share = if view.stage == Stage::Waiting { Some(0.0) } else { view.fraction() };
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            ui.add(ProgressBar::new(share, self.name));
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::hover());
            let (first, second) = (rect.top() + 11.0, rect.top() + 33.0);
            let percent = match share {
                Some(share) if view.stage != Stage::Waiting => format!("{:.0} %", (share * 100.0).floor()),
                _ => "–".to_owned(),
            };
            let place = |text: String, x: f32, y: f32, width: f32, role: Role, color| {
                put_galley(ui, galley(ui, &text, role, color, width), rect.left() + x, y, color);
            };
            place(percent, 0.0, first, 52.0, Role::BodyStrong, t.text);
            let bytes = if view.totals_known {
                format!("{} of {}", human::bytes(view.bytes_done), human::bytes(view.bytes_total))
            } else {
                human::bytes(view.bytes_done)
            };
            place(bytes, 56.0, first, 150.0, Role::Body, t.text);
            let (speed, left) = if view.paused { (None, None) } else { (self.speed, self.left) };
            let speed = speed.map_or_else(String::new, |speed| format!("{}/s", human::bytes(speed.max(0.0) as u64)));
            place(speed, 212.0, first, 90.0, Role::Body, t.text2);
            let left = left.map_or_else(String::new, |left| format!("{} left", human::duration(left)));
            place(left, 310.0, first, 130.0, Role::Body, t.text2);
            let doing = if view.paused { "Paused" } else { view.stage.in_words() };
            let stage = galley(ui, doing, Role::Body, t.text2, 120.0);
            put_galley(ui, stage.clone(), rect.right() - stage.size().x, first, t.text2);
            let files = if view.totals_known {
                format!("{} of {} files", human::count(view.files_done), human::count(view.files_total))
            } else {
                human::counted(view.files_done, "file", "files")
            };
            let files = galley(ui, &files, Role::Caption, t.text2, 220.0);
            put_galley(ui, files, rect.left(), second, t.text2);
            let warnings = if view.warnings == 0 {
                0.0
            } else {
                let text = human::counted(view.warnings, "warning", "warnings");
                let text = galley(ui, &text, Role::Caption, t.warn, 120.0);
                put_galley(ui, text.clone(), rect.right() - text.size().x, second, t.warn);
                text.size().x + space::L
            };
            let current = galley_end(ui, &self.current(), Role::Caption, t.text3, rect.width() - 212.0 - warnings);
            put_galley(ui, current, rect.left() + 212.0, second, t.text3);
            let spoken = format!("{doing}, {} files", human::count(view.files_done));
            response.widget_info(|| WidgetInfo::labeled(AccessRole::Label, true, &spoken));
        });
    }

    fn current(&self) -> String {
        let path = &self.view.current;
        if path.is_empty() {
            return String::new();
        }
        let home = self.home.strip_prefix(b"/").unwrap_or(self.home);
        let bare = path.as_bytes().strip_prefix(b"/").unwrap_or(path.as_bytes());
        match bare.strip_prefix(home) {
            Some(rest) if !home.is_empty() && rest.first() == Some(&b'/') => format!("~{}", String::from_utf8_lossy(rest)),
            _ => names::shown(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_folder_is_shortened() {
        let view = ProgressView { current: "home/ada/a/b".into(), ..ProgressView::default() };
        assert_eq!(ProgressRow::new("", &view).home(b"/home/ada").current(), "~/a/b");
        assert_eq!(ProgressRow::new("", &view).home(b"/home/ad").current(), "/home/ada/a/b");
        assert_eq!(ProgressRow::new("", &view).current(), "/home/ada/a/b");
    }
}
