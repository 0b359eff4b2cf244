//! From one time of day to another.

use egui::Ui;
use jiff::civil::Time;

use super::number::TimeField;
use crate::model::limits::Hours;
use crate::ui::theme::tokens;
use crate::ui::theme::typography::body;

/// Two times of day with their names; what is no time leaves what was there.
pub fn hours_fields(ui: &mut Ui, names: [&str; 2], hours: &mut Hours) {
    let t = tokens(ui);
    ui.horizontal(|ui| {
        let both = [("From", names[0], hours.from()), ("to", names[1], hours.to())];
        let [from, to] = both.map(|(label, name, time)| {
            ui.label(body(label).color(t.text));
            let (mut hour, mut minute) = (time.hour(), time.minute());
            let is_valid = TimeField::new(name, &mut hour, &mut minute).show(ui);
            Time::new(hour, minute, 0, 0).ok().filter(|_| is_valid).unwrap_or(time)
        });
        if let Some(changed) = Hours::new(from, to) {
            *hours = changed;
        }
    });
}
