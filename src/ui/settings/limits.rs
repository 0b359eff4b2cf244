//! How much runs at the same time, how fast servers are written and read, and when that holds.

use egui::Ui;

use crate::model::limits::{Hours, SLOWEST};
use crate::model::settings::Settings;
use crate::ui::theme::typography::{body, body_strong, caption, section};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Card, NumberField, Segmented, hours_fields, wrapped};

/// Bytes of a kB, in which limits are typed.
const KB: i64 = 1000;
/// What a limit is at first, bytes per second.
const FIRST: u64 = 1_000_000;
/// kB/s; the field holds six digits.
const LEAST: i64 = SLOWEST.div_ceil(KB as u64) as i64;
const MOST: i64 = 999_999;

pub fn show(ui: &mut Ui, settings: &mut Settings) {
    let t = tokens(ui);
    ui.label(section("Limits").color(t.text));
    Card::new().show(ui, |ui| {
        runs_at_once(ui, settings);
        ui.add_space(space::S);
        let limits = &mut settings.limits;
        speed(ui, "To servers", &mut limits.upload);
        ui.add_space(space::S);
        speed(ui, "From servers", &mut limits.download);
        if !limits.is_unlimited() {
            ui.add_space(space::S);
            hours(ui, &mut limits.between);
        }
        wrapped(ui, caption("All servers share this. Folders and drives of this computer know no limit.").color(t.text3));
    });
}

fn runs_at_once(ui: &mut Ui, settings: &mut Settings) {
    let t = tokens(ui);
    ui.label(body_strong("At the same time").color(t.text));
    ui.horizontal(|ui| {
        let mut runs = i64::from(settings.runs_at_once);
        if NumberField::new("Backups at the same time", &mut runs, 1, Settings::MOST_RUNS.into()).show(ui).changed() {
            settings.runs_at_once = u8::try_from(runs).unwrap_or(1);
        }
        ui.label(body(if runs == 1 { "backup" } else { "backups" }).color(t.text));
    });
    ui.add_space(space::S);
    ui.label(body_strong("To or from each server").color(t.text));
    ui.horizontal(|ui| {
        let mut files = i64::from(settings.connections);
        let most = Settings::MOST_CONNECTIONS.into();
        if NumberField::new("Files at the same time to or from each server", &mut files, 1, most).show(ui).changed() {
            settings.connections = u8::try_from(files).unwrap_or(1);
        }
        ui.label(body(if files == 1 { "file at a time" } else { "files at the same time" }).color(t.text));
    });
    let what = "More help where a server is far away; some give one account only a few connections. Over SFTP twice as many are sent, all \
                over one connection.";
    wrapped(ui, caption(what).color(t.text3));
}

fn speed(ui: &mut Ui, name: &str, limit: &mut Option<u64>) {
    let t = tokens(ui);
    ui.label(body_strong(name).color(t.text));
    let mut is_limited = limit.is_some();
    if Segmented::new(name).show(ui, &mut is_limited, &[(false, "As fast as it goes"), (true, "At most")]) {
        *limit = is_limited.then_some(FIRST);
    }
    if let Some(limit) = limit {
        ui.horizontal(|ui| {
            let mut shown = i64::try_from(*limit).unwrap_or(i64::MAX) / KB;
            if NumberField::new(name, &mut shown, LEAST, MOST).step(100).show(ui).changed() {
                *limit = u64::try_from(shown * KB).unwrap_or(FIRST);
            }
            ui.label(body("kB a second").color(t.text));
        });
    }
}

fn hours(ui: &mut Ui, between: &mut Option<Hours>) {
    let t = tokens(ui);
    ui.label(body_strong("When").color(t.text));
    let mut is_bounded = between.is_some();
    if Segmented::new("When").show(ui, &mut is_bounded, &[(false, "Always"), (true, "At these times")]) {
        *between = is_bounded.then(Hours::working).flatten();
    }
    if let Some(hours) = between {
        hours_fields(ui, ["From", "To"], hours);
    }
}
