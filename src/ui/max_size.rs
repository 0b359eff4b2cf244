//! How much a backup may take at a destination, typed in GB.

use egui::Ui;

use super::theme::tokens;
use super::theme::typography::body;
use super::widgets::{NumberField, Segmented};

/// Bytes.
const GB: u64 = 1_000_000_000;
/// What it is at first.
const FIRST: u64 = 100 * GB;
/// GB; the field holds six digits.
const MOST: i64 = 999_999;

/// Whether another one was chosen. `name`: of what.
pub fn show(ui: &mut Ui, name: &str, max: &mut Option<u64>) -> bool {
    let before = *max;
    ui.horizontal(|ui| {
        let mut is_limited = max.is_some();
        if Segmented::new(name).show(ui, &mut is_limited, &[(false, "All there is room for"), (true, "At most")]) {
            *max = is_limited.then_some(FIRST);
        }
        if let Some(max) = max.as_mut() {
            // One that was set elsewhere to the byte stays that until it is changed here.
            let mut shown = i64::try_from(max.div_ceil(GB)).unwrap_or(MOST).clamp(1, MOST);
            if NumberField::new("Gigabytes at most", &mut shown, 1, MOST).step(10).show(ui).changed() {
                *max = shown.unsigned_abs() * GB;
            }
            ui.label(body("GB").color(tokens(ui).text));
        }
    });
    *max != before
}
