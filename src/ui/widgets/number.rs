//! Small numbers and times of day, typed or stepped with the arrow keys.

use egui::{Key, Response, Ui};

use super::button::Button;
use super::text_field::TextField;
use crate::ui::theme::icons;

/// A whole number within a range. The text may be anything while it is typed; the value is always in range.
#[must_use]
pub struct NumberField<'a> {
    value: &'a mut i64,
    least: i64,
    most: i64,
    step: i64,
    name: &'a str,
}

impl<'a> NumberField<'a> {
    pub fn new(name: &'a str, value: &'a mut i64, least: i64, most: i64) -> Self {
        Self { value, least, most, step: 1, name }
    }

    /// What a step by button or arrow key adds.
    pub fn step(mut self, step: i64) -> Self {
        self.step = step;
        self
    }

    /// The field's response: `changed` when the value is another.
    pub fn show(self, ui: &mut Ui) -> Response {
        let before = *self.value;
        let id = ui.scope_id().with(("number", self.name));
        let focused = ui.memory(|memory| memory.has_focus(id));
        let mut text = ui.data(|data| data.get_temp::<String>(id)).filter(|_| focused).unwrap_or_else(|| self.value.to_string());
        let mut stepped = 0;
        let mut response = ui
            .horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                let name = format!("Less: {}", self.name);
                if ui.add(Button::icon_only(icons::CARET_DOWN, &name).enabled(before > self.least)).clicked() {
                    stepped = -self.step;
                }
                let response = ui.add(TextField::new(&mut text).id(id).name(self.name).width(56.0).limit(6));
                let name = format!("More: {}", self.name);
                if ui.add(Button::icon_only(icons::CARET_UP, &name).enabled(before < self.most)).clicked() {
                    stepped = self.step;
                }
                response
            })
            .inner;
        if response.has_focus() {
            ui.memory_mut(|memory| {
                let filter = egui::EventFilter { vertical_arrows: true, horizontal_arrows: true, ..Default::default() };
                memory.set_focus_lock_filter(id, filter);
            });
            stepped += ui.input(|input| match () {
                () if input.key_pressed(Key::ArrowUp) => self.step,
                () if input.key_pressed(Key::ArrowDown) => -self.step,
                () => 0,
            });
        }
        if response.changed() {
            if let Ok(typed) = text.trim().parse::<i64>() {
                *self.value = typed.clamp(self.least, self.most);
            }
            ui.data_mut(|data| data.insert_temp(id, text));
        }
        if stepped != 0 {
            *self.value = before.saturating_add(stepped).clamp(self.least, self.most);
            ui.data_mut(|data| data.insert_temp(id, self.value.to_string()));
        }
        if response.lost_focus() {
            ui.data_mut(|data| data.remove::<String>(id));
        }
        if *self.value != before {
            response.mark_changed();
        }
        response
    }
}

/// A time of day, "20:00".
#[must_use]
pub struct TimeField<'a> {
    hour: &'a mut i8,
    minute: &'a mut i8,
    name: &'a str,
}

impl<'a> TimeField<'a> {
    pub fn new(name: &'a str, hour: &'a mut i8, minute: &'a mut i8) -> Self {
        Self { hour, minute, name }
    }

    /// Whether what stands there is a time.
    pub fn show(self, ui: &mut Ui) -> bool {
        let id = ui.scope_id().with(("time", self.name));
        let typed = ui.data(|data| data.get_temp::<String>(id));
        let mut text = typed.unwrap_or_else(|| format!("{:02}:{:02}", self.hour, self.minute));
        let valid = parse_time(&text).is_some();
        let response = ui.add(TextField::new(&mut text).id(id).name(self.name).width(72.0).limit(5).error(!valid));
        if response.changed() {
            if let Some((hour, minute)) = parse_time(&text) {
                (*self.hour, *self.minute) = (hour, minute);
            }
            ui.data_mut(|data| data.insert_temp(id, text.clone()));
        }
        let parsed = parse_time(&text);
        if !response.has_focus() && parsed.is_some() {
            ui.data_mut(|data| data.remove::<String>(id));
        }
        parsed.is_some()
    }
}

/// "20:00", "8:5", "20" → hours and minutes.
fn parse_time(text: &str) -> Option<(i8, i8)> {
    let (hour, minute) = text.trim().split_once([':', '.']).unwrap_or((text.trim(), "0"));
    let (hour, minute) = (hour.trim().parse::<i8>().ok()?, minute.trim().parse::<i8>().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some((hour, minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(parse_time("20:00"), Some((20, 0)));
        assert_eq!(parse_time(" 8.05 "), Some((8, 5)));
        assert_eq!(parse_time("7"), Some((7, 0)));
        for bad in ["", ":", "24:00", "10:60", "-1:00", "a:b", "10:"] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }
}
