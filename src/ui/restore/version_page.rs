//! Which version: a time line, or a file that is found by its name in the newest.

use egui::{Key, Ui, UiBuilder};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::wizard::Wizard;
use crate::model::human;
use crate::model::snapshot::{BackupType, Manifest};
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::body;
use crate::ui::theme::{Tone, icons, space, tokens};
use crate::ui::widgets::{Button, Card, RowList, TextField, TimelineRow, day_head, problem_text, spinner, wrapped};

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Day(String),
    /// Place in the list of versions.
    Version(usize),
}

/// Newest first, with a heading for each day. `versions` has the newest last.
pub fn lines(versions: &[Manifest], now: Timestamp, zone: &TimeZone) -> Vec<Line> {
    let mut lines = Vec::with_capacity(versions.len() + 8);
    let mut day = None;
    for (index, version) in versions.iter().enumerate().rev() {
        let date = version.started.to_zoned(zone.clone()).date();
        if day != Some(date) {
            day = Some(date);
            lines.push(Line::Day(day_name(version.started, now, zone)));
        }
        lines.push(Line::Version(index));
    }
    lines
}

/// "Today", "Yesterday", "Sat 21 Nov".
fn day_name(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, today) = (at.to_zoned(zone.clone()).date(), now.to_zoned(zone.clone()).date());
    if at == today {
        "Today".into()
    } else if today.yesterday().is_ok_and(|yesterday| yesterday == at) {
        "Yesterday".into()
    } else if at.year() == today.year() {
        at.strftime("%a %-d %b").to_string()
    } else {
        at.strftime("%-d %b %Y").to_string()
    }
}

/// Whether to go on at once.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard) -> bool {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::S;
    let versions = match &wizard.versions {
        Load::Ready(versions) if versions.is_empty() => {
            wrapped(ui, body("This backup has not run yet: there is nothing to restore.").color(t.text));
            return false;
        }
        Load::Ready(versions) => versions,
        Load::Failed(problem) => {
            problem_text(ui, problem);
            if ui.add(Button::plain("Try again").icon(icons::ARROW_CLOCKWISE)).clicked() {
                wizard.reopen(cx.handle);
            }
            return false;
        }
        _ => {
            spinner(ui, if wizard.unlocking() { "Opening the backup…" } else { "Reading the versions…" });
            return false;
        }
    };
    let mut go_on = false;
    let mut find = false;
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 72.0).min(560.0);
        let hint = "Find a file by its name in the newest version";
        let field = TextField::new(&mut wizard.search.text).icon(icons::MAGNIFYING_GLASS).hint(hint).name(hint).width(width);
        let response = ui.add(field);
        if ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, Key::F)) {
            response.request_focus();
        }
        let typed = wizard.search.is_active();
        find = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) && typed;
        find |= ui.add(Button::plain("Find").enabled(typed)).clicked();
    });
    if find {
        wizard.version = versions.last().map(|newest| newest.id.clone());
        go_on = true;
    }
    let lines = lines(versions, cx.now, cx.zone);
    let height = (ui.available_height() - 2.0 * space::S - 2.0).max(36.0);
    let mut chosen = None;
    let list = RowList::new("versions", "Versions", lines.len()).row_height(36.0);
    let out = Card::new()
        .tight()
        .show(ui, |ui| {
            list.show(ui, height, |ui, row, rect, cursor| {
                ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(row), |ui| match lines.get(row) {
                    Some(Line::Day(name)) => {
                        ui.add_space(space::S);
                        day_head(ui, name);
                    }
                    Some(Line::Version(index)) => {
                        let Some(version) = versions.get(*index) else { return };
                        let time = version.started.to_zoned(cx.zone.clone()).strftime("%H:%M").to_string();
                        let newest = *index + 1 == versions.len();
                        let details = describe(version, newest);
                        let warned = human::counted(version.totals.warnings, "warning", "warnings");
                        let mark = (version.totals.warnings > 0).then_some((Tone::Warn, icons::WARNING, warned.as_str()));
                        let selected = wizard.version.as_ref() == Some(&version.id);
                        let response =
                            ui.add(TimelineRow::new(&time, kind(version.backup_type), &details).selected(selected).mark(mark));
                        if cursor {
                            crate::ui::widgets::focus_ring(ui, &response, 6);
                        }
                        if response.clicked() {
                            chosen = Some(*index);
                        }
                        if response.double_clicked() {
                            chosen = Some(*index);
                            go_on = true;
                        }
                    }
                    None => {}
                });
            })
        })
        .inner;
    if let (true, Some(Line::Version(index))) = (out.toggle || out.activate, out.cursor.and_then(|row| lines.get(row))) {
        chosen = Some(*index);
        go_on |= out.activate;
    }
    if let Some(version) = chosen.and_then(|index| versions.get(index)) {
        wizard.version = Some(version.id.clone());
    }
    go_on
}

fn kind(backup_type: BackupType) -> &'static str {
    match backup_type {
        BackupType::Full => "Full",
        BackupType::Differential => "Differential",
        BackupType::Incremental => "Incremental",
    }
}

/// "newest · 9,402 files · 31.2 GB · 12 MB added".
fn describe(version: &Manifest, newest: bool) -> String {
    let totals = &version.totals;
    let mut text = String::from(if newest { "newest · " } else { "" });
    text.push_str(&format!("{} · {}", human::counted(totals.files, "file", "files"), human::bytes(totals.bytes)));
    text.push_str(&format!(" · {} added", human::bytes(totals.stored_bytes)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_as_people_name_them() {
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        let name = |text: &str| day_name(text.parse().unwrap(), now, &TimeZone::UTC);
        assert_eq!(name("2026-11-21T00:00:00Z"), "Today");
        assert_eq!(name("2026-11-20T23:59:59Z"), "Yesterday");
        assert_eq!(name("2026-11-19T23:59:59Z"), "Thu 19 Nov");
        assert_eq!(name("2025-11-19T23:59:59Z"), "19 Nov 2025");
    }
}
