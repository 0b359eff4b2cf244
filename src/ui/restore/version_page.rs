//! Which version: a time line, or a file that is found by its name in any of them.

use egui::{Key, Label, Ui, UiBuilder};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::found_page;
use super::wizard::Wizard;
use crate::engine::message::{Unreadable, VersionList};
use crate::model::human;
use crate::model::location::Location;
use crate::model::snapshot::{BackupType, Manifest};
use crate::model::whereabouts::Whereabouts;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::{Role, body, caption};
use crate::ui::theme::{Tone, icons, size, space, tokens};
use crate::ui::whereabouts;
use crate::ui::widgets::{Banner, Button, Card, Ends, RowList, TextField, TimelineRow, day_head, problem_text, spinner, wrapped};

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Day(String),
    /// Place in the list of versions.
    Version(usize),
    /// Place in the list of those that cannot be read.
    Unreadable(usize),
}

/// Newest first, with a heading for each day. `versions` has the newest last.
pub fn lines(versions: &[Manifest], unreadable: &[Unreadable], now: Timestamp, zone: &TimeZone) -> Vec<Line> {
    let mut all: Vec<(Option<Timestamp>, Line)> =
        versions.iter().enumerate().rev().map(|(index, version)| (Some(version.started), Line::Version(index))).collect();
    for (index, version) in unreadable.iter().enumerate() {
        let time = version.id.time();
        // Those without a date stand at the end; the order of the others is not touched.
        let at = all.iter().position(|(other, _)| time.is_some() && *other < time).unwrap_or(all.len());
        all.insert(at, (time, Line::Unreadable(index)));
    }
    let mut lines = Vec::with_capacity(all.len() + 8);
    let mut day = None;
    for (time, line) in all {
        let date = time.map(|time| time.to_zoned(zone.clone()).date());
        if day != Some(date) {
            day = Some(date);
            lines.push(Line::Day(time.map_or("Without a date".into(), |time| day_name(time, now, zone))));
        }
        lines.push(line);
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
    match &wizard.versions {
        Load::Ready(list) if list.manifests.is_empty() && !wizard.has_unreadable() => {
            if list.whereabouts.elsewhere.is_empty() {
                wrapped(ui, body("This backup has not run yet: there is nothing to restore.").color(t.text));
            }
            if let Some(location) = elsewhere(ui, &list.whereabouts) {
                wizard.look_at(cx.handle, location);
            }
            return false;
        }
        Load::Ready(_) => {}
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
    }
    let focus = std::mem::take(&mut wizard.focus_search);
    let typed = search(ui, &mut wizard.everywhere.text, focus);
    if wizard.everywhere.is_active() {
        return found_page::show(ui, cx, wizard, typed == Typed::Down) || typed == Typed::Enter;
    }
    let Load::Ready(VersionList { manifests: versions, whereabouts: known }) = &wizard.versions else { return false };
    let mut go_on = typed == Typed::Enter;
    let unreadable = wizard.unreadable.ready().map_or(&[][..], |list| list);
    warn(ui, unreadable);
    let look_at = elsewhere(ui, known);
    let lines = lines(versions, unreadable, cx.now, cx.zone);
    let foot = if known.is_of_several() { Role::Caption.line_height() + space::S } else { 0.0 };
    let height = (ui.available_height() - 2.0 * space::S - 2.0 - foot).max(36.0);
    let mut chosen = None;
    let is_chosen = |line: &Line| match line {
        Line::Version(index) => versions.get(*index).is_some_and(|version| Some(&version.id) == wizard.version.as_ref()),
        Line::Day(_) | Line::Unreadable(_) => false,
    };
    let start = lines.iter().position(is_chosen);
    let stops = |row: usize| !matches!(lines.get(row), Some(Line::Day(_)));
    let mut list = RowList::new("versions", "Versions", lines.len()).row_height(36.0).start(start).stops(&stops);
    if typed == Typed::Down {
        list = list.scroll_to(start).focus();
    }
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
                        let time = clock(version.started, cx.zone);
                        let newest = *index + 1 == versions.len();
                        let details = describe(version, newest);
                        let warned = human::counted(version.totals.warnings, "warning", "warnings");
                        let mark = (version.totals.warnings > 0).then_some((Tone::Warn, icons::WARNING, warned.as_str()));
                        let lies = known.of(version);
                        let badge = whereabouts::badge(&lies);
                        let lacking = badge.as_deref().map(|text| (Tone::Neutral, icons::HARD_DRIVES, text));
                        let selected = wizard.version.as_ref() == Some(&version.id);
                        let row = TimelineRow::new(&time, kind(version.backup_type), &details);
                        let mut response = ui.add(row.selected(selected).cursor(cursor).mark(mark).mark(lacking));
                        if known.is_of_several() {
                            response = response.on_hover_text(whereabouts::in_full(&lies));
                        }
                        if response.clicked() {
                            chosen = Some(*index);
                        }
                        if response.double_clicked() {
                            chosen = Some(*index);
                            go_on = true;
                        }
                    }
                    Some(Line::Unreadable(index)) => {
                        let Some(version) = unreadable.get(*index) else { return };
                        let time = version.id.time().map(|time| clock(time, cx.zone)).unwrap_or_default();
                        let mark = Some((Tone::Bad, icons::X_CIRCLE, "cannot be read"));
                        let row = TimelineRow::new(&time, kind(version.id.backup_type()), &version.problem.what);
                        ui.add(row.off(&version.problem.fix).cursor(cursor).mark(mark));
                    }
                    None => {}
                });
            })
        })
        .inner;
    if let (true, Some(Line::Version(index))) =
        (out.moved || out.toggle || out.activate, out.cursor.and_then(|row| lines.get(row)))
    {
        chosen = Some(*index);
        go_on |= out.activate;
    }
    if let Some(version) = chosen.and_then(|index| versions.get(index)) {
        wizard.version = Some(version.id.clone());
    }
    if known.is_of_several() {
        where_it_lies(ui, versions.iter().find(|version| Some(&version.id) == wizard.version.as_ref()), known);
    }
    if let Some(location) = look_at {
        wizard.look_at(cx.handle, location);
        return false;
    }
    go_on
}

/// That another destination has versions which are not in the list; which one, where they are asked for.
fn elsewhere(ui: &mut Ui, known: &Whereabouts) -> Option<Location> {
    let (location, count) = known.most_elsewhere()?;
    let name = location.short_name();
    let mut is_asked = false;
    let line = Ends::new(ui, size::CONTROL).left(|ui| {
        let versions = human::counted(count as u64, "more version lies", "more versions lie");
        let text = caption(format!("{} {versions} at {name}.", icons::HARD_DRIVES)).color(tokens(ui).text2);
        ui.add(Label::new(text).truncate().show_tooltip_when_elided(false)).on_hover_text(location.display());
    });
    line.right(|ui| {
        let label = if count == 1 { "Show it" } else { "Show them" };
        is_asked = ui.add(Button::quiet(label).name(format!("Show the versions at {name}"))).clicked();
    });
    is_asked.then(|| location.clone())
}

/// Of the version that is chosen; below the list, which leaves room for it.
fn where_it_lies(ui: &mut Ui, version: Option<&Manifest>, known: &Whereabouts) {
    let Some(version) = version else { return };
    let lies = known.of(version);
    let text = caption(whereabouts::in_short(&lies)).color(tokens(ui).text2);
    ui.add(Label::new(text).truncate().show_tooltip_when_elided(false)).on_hover_text(whereabouts::in_full(&lies));
}

/// What was pressed in the search field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typed {
    Nothing,
    Enter,
    /// The arrow down: on to the list.
    Down,
}

/// "A file I find by name".
fn search(ui: &mut Ui, text: &mut String, focus: bool) -> Typed {
    let hint = "Find a file by its name in all versions";
    let field = TextField::new(text).icon(icons::MAGNIFYING_GLASS).hint(hint).name(hint);
    let response = ui.add(field);
    if focus || ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, Key::F)) {
        response.request_focus();
    }
    let pressed = |key| ui.input(|input| input.key_pressed(key));
    match () {
        // Esc empties the field and does not leave the page.
        () if response.lost_focus() && pressed(Key::Escape) && !text.is_empty() => {
            text.clear();
            response.request_focus();
            Typed::Nothing
        }
        () if response.lost_focus() && pressed(Key::Enter) => {
            response.request_focus();
            Typed::Enter
        }
        () if response.has_focus() && pressed(Key::ArrowDown) => Typed::Down,
        () => Typed::Nothing,
    }
}

/// Says once, above the list, that versions cannot be read and what to do about it.
fn warn(ui: &mut Ui, unreadable: &[Unreadable]) {
    if unreadable.is_empty() {
        return;
    }
    let mut fixes: Vec<&str> = unreadable.iter().map(|version| version.problem.fix.as_str()).collect();
    fixes.sort_unstable();
    fixes.dedup();
    let count = human::counted(unreadable.len() as u64, "version", "versions");
    // More than two ways out are told by the rows.
    let what_to_do = if fixes.len() <= 2 { fixes.join(" ") } else { String::new() };
    Banner::new(Tone::Warn, &format!("{count} cannot be read. {what_to_do}")).show(ui);
}

fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M").to_string()
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
