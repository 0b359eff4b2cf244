//! What: a tree with boxes, or the files that were found by name.

use egui::{Key, Ui};

use super::icon::icon;
use super::rows::{Content, Shown};
use super::search::LIMIT;
use super::selection::{Tick, Weight};
use super::wizard::Wizard;
use crate::model::catalog::{Row, RowKind};
use crate::model::human;
use crate::model::path::PathBytes;
use crate::model::snapshot::VersionId;
use crate::ui::context::Cx;
use crate::ui::file_facts;
use crate::ui::theme::typography::{body, caption};
use crate::ui::theme::{Tone, icons, size, space, tokens};
use crate::ui::warnings::shorten;
use crate::ui::widgets::{
    Banner, BannerEvent, Button, Card, Check, Checked, Ends, RowList, TextField, TreeEvent, TreeRow, problem_text, spinner,
    wrapped,
};

/// What only the drawing needs.
#[derive(Default)]
pub struct View {
    scroll_to: Option<usize>,
    /// Where the list's cursor stood in the frame before.
    cursor: Option<usize>,
    show_lost: bool,
}

/// Widths of the columns for size and time.
const SIZE: f32 = 84.0;
const TIME: f32 = 132.0;

impl From<Tick> for Checked {
    fn from(tick: Tick) -> Self {
        match tick {
            Tick::Off => Self::No,
            Tick::Mixed => Self::Partly,
            Tick::On => Self::Yes,
        }
    }
}

/// What was done to a row.
enum Deed {
    Tick(PathBytes, Option<Weight>, Option<PathBytes>),
    Open(usize),
    Retry(PathBytes),
}

/// Whether to go on at once.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard, view: &mut View) -> bool {
    ui.spacing_mut().item_spacing.y = space::S;
    bar(ui, cx, wizard);
    lost(ui, wizard, view);
    if wizard.search.is_active() {
        found(ui, cx, wizard, view);
    } else {
        tree(ui, cx, wizard, view);
    }
    false
}

/// That an archive is not whole, and on demand what of it is not.
fn lost(ui: &mut Ui, wizard: &Wizard, view: &mut View) {
    let Some(archive) = wizard.archive().filter(|archive| archive.lost() > 0) else { return };
    let parts = human::counted(archive.lost(), "part", "parts");
    let text = format!("{parts} of this archive cannot be read. All the rest can be restored.");
    let label = if view.show_lost { "Hide them" } else { "Show them" };
    if Banner::new(Tone::Warn, &text).action(label).show(ui) == Some(BannerEvent::Action) {
        view.show_lost = !view.show_lost;
    }
    if view.show_lost {
        Card::new().tight().show(ui, |ui| file_facts::name_lost(ui, archive));
    }
}

/// The file that the cursor stands on, and the way to its other versions.
fn foot(ui: &mut Ui, cx: &Cx<'_>, wizard: &mut Wizard, file: Option<PathBytes>) {
    if wizard.is_archive() {
        return;
    }
    let mut asked = false;
    let line = Ends::new(ui, size::CONTROL).left(|ui| {
        let t = tokens(ui);
        let text = match &file {
            Some(file) => shorten(&file.display(), &cx.overview.home_folder.display()),
            None => "Click a file to see its other versions.".to_owned(),
        };
        ui.add(egui::Label::new(caption(text).color(t.text2)).truncate());
    });
    line.right(|ui| {
        let button = Button::plain("Versions of this file").icon(icons::CLOCK_COUNTER_CLOCKWISE).enabled(file.is_some());
        asked = ui.add(button.why_off("Click a file in the list first")).clicked();
    });
    if let (true, Some(file)) = (asked, file) {
        wizard.look_back(cx.handle, file);
    }
}

/// "Everything" at the left, the search at the right.
fn bar(ui: &mut Ui, cx: &Cx<'_>, wizard: &mut Wizard) {
    let hint = if wizard.is_archive() { "Find in this archive" } else { "Find in this version" };
    let of = match (wizard.archive(), wizard.manifest()) {
        (Some(archive), _) => format!("{} archive", archive.format),
        (None, Some(version)) => format!("Version of {}", human::moment(version.started, cx.now, cx.zone)),
        (None, None) => String::new(),
    };
    let whole = wizard.whole();
    let label = match whole {
        Some((files, bytes)) => format!("Everything: {}, {}", human::counted(files, "file", "files"), human::bytes(bytes)),
        None => "Everything".to_owned(),
    };
    let tick = wizard.selection.tick(&PathBytes::default());
    let search = &mut wizard.search.text;
    let room = ui.available_width();
    let mut toggled = false;
    let line = Ends::new(ui, 40.0).left(|ui| {
        toggled = ui.add(Check::new(tick, &label).hint(&of)).clicked();
    });
    line.right(|ui| {
        let width = (room * 0.5 - size::CONTROL - space::S).min(320.0);
        let field = TextField::new(search).icon(icons::MAGNIFYING_GLASS).hint(hint).name(hint);
        let response = ui.add(field.width(width));
        if ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, Key::F)) {
            response.request_focus();
        }
        // Always there, so that the field neither moves nor loses the focus when something is typed. Esc empties the field
        // and does not leave the page.
        let clear = ui.add(Button::icon_only(icons::X, "Clear the search").enabled(!search.trim().is_empty())).clicked();
        if clear || (response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape))) {
            search.clear();
        }
    });
    if toggled {
        wizard.selection.toggle(&PathBytes::default(), whole);
    }
}

/// A list on a card that fills the page but for the line below it.
fn on_surface<R>(ui: &mut Ui, wizard: &Wizard, list: impl FnOnce(&mut Ui, f32) -> R) -> R {
    let foot = if wizard.is_archive() { 0.0 } else { size::CONTROL + space::S };
    let height = (ui.available_height() - 2.0 * space::S - 2.0 - foot).max(size::ROW);
    Card::new().tight().show(ui, |ui| list(ui, height)).inner
}

fn tree(ui: &mut Ui, cx: &Cx<'_>, wizard: &mut Wizard, view: &mut View) {
    let mut wanted = Vec::new();
    let mut deeds = Vec::new();
    let rows = wizard.tree.len();
    let marked = view.cursor.filter(|_| !wizard.is_archive());
    let list = RowList::new("files", "Files in this version", rows).scroll_to(view.scroll_to.take());
    let out = on_surface(ui, wizard, |ui, height| {
        list.show(ui, height, |ui, at, rect, cursor| {
            let Some(shown) = wizard.tree.row(at) else { return };
            match &shown.content {
                Content::Row(row) => match draw(ui, cx, wizard, row, Some(&shown), rect, (cursor, marked == Some(at))) {
                    Some(TreeEvent::Toggle) => deeds.push(tick(row, Some(shown.folder))),
                    Some(TreeEvent::Expand | TreeEvent::Open) => deeds.push(Deed::Open(at)),
                    None => {}
                },
                Content::Loading(key) => {
                    let x = rect.left() + 30.0 + (shown.depth as f32 * 20.0).min(rect.width() * 0.5);
                    let spot = rect.with_min_x(x);
                    ui.scope_builder(egui::UiBuilder::new().max_rect(spot).id_salt(at), |ui| {
                        ui.label(body("…").color(tokens(ui).text3))
                    });
                    wanted.push(key.clone());
                }
                Content::Failed(problem) => {
                    ui.scope_builder(egui::UiBuilder::new().max_rect(rect).id_salt(at), |ui| {
                        ui.horizontal(|ui| {
                            if ui.add(Button::quiet("Try again")).clicked() {
                                deeds.push(Deed::Retry(shown.folder.clone()));
                            }
                            ui.add(egui::Label::new(body(problem.to_string()).color(tokens(ui).bad)).truncate());
                        });
                    });
                }
            }
        })
    });
    for key in wanted {
        wizard.want_page(cx.handle, key);
    }
    if let Some(at) = out.cursor {
        keys(wizard, view, at, out, &mut deeds);
    }
    view.cursor = out.cursor;
    carry_out(wizard, deeds);
    let file = out.cursor.and_then(|at| match wizard.tree.row(at)?.content {
        Content::Row(row) => Some(row).filter(|row| row.kind == RowKind::File).map(|row| row.path.clone()),
        _ => None,
    });
    foot(ui, cx, wizard, file);
}

/// Space ticks; Enter opens a folder and ticks a file; the right arrow opens or goes inside, the left one closes or goes to
/// the folder above.
fn keys(wizard: &Wizard, view: &mut View, at: usize, out: crate::ui::widgets::ListOutput, deeds: &mut Vec<Deed>) {
    let Some(shown) = wizard.tree.row(at) else { return };
    let Content::Row(row) = shown.content else { return };
    if out.toggle {
        deeds.push(tick(row, Some(shown.folder)));
    }
    let folder = row.kind == RowKind::Folder;
    if out.activate && !folder {
        deeds.push(tick(row, Some(shown.folder)));
    } else if folder && (out.activate || (out.right && !shown.open) || (out.left && shown.open)) {
        deeds.push(Deed::Open(at));
    } else if out.right && shown.open {
        view.scroll_to = Some(at + 1).filter(|child| *child < wizard.tree.len());
    } else if out.left {
        view.scroll_to = wizard.tree.parent_of(at);
    }
}

fn tick(row: &Row, folder: Option<&PathBytes>) -> Deed {
    Deed::Tick(row.path.clone(), weight(row), folder.cloned())
}

/// Files and bytes of a row with all below it, where known.
fn weight(row: &Row) -> Option<Weight> {
    match row.kind {
        RowKind::File => Some((1, row.size?)),
        RowKind::Folder => Some((row.files?, row.size?)),
        RowKind::Symlink | RowKind::Fifo | RowKind::CharDevice | RowKind::BlockDevice => Some((0, 0)),
    }
}

fn carry_out(wizard: &mut Wizard, deeds: Vec<Deed>) {
    for deed in deeds {
        match deed {
            Deed::Tick(path, weight, folder) => {
                wizard.selection.toggle(&path, weight);
                if let Some(folder) = folder {
                    wizard.gather(&folder);
                }
            }
            Deed::Open(at) => wizard.tree.toggle(at),
            Deed::Retry(folder) => wizard.tree.retry(&folder),
        }
    }
}

fn draw(
    ui: &mut Ui,
    cx: &Cx<'_>,
    wizard: &Wizard,
    row: &Row,
    shown: Option<&Shown<'_>>,
    rect: egui::Rect,
    (cursor, marked): (bool, bool),
) -> Option<TreeEvent> {
    let home = cx.overview.home_folder.display();
    let is_source = shown.is_some_and(|shown| shown.folder.is_empty());
    let name = match shown {
        // Sources and what was found are told by their whole path: their names alone may be alike.
        Some(_) if !is_source => String::from_utf8_lossy(row.path.file_name()).into_owned(),
        _ => shorten(&row.path.display(), &home),
    };
    let amount = row.size.filter(|_| matches!(row.kind, RowKind::File | RowKind::Folder)).map(human::bytes).unwrap_or_default();
    let time = jiff::Timestamp::from_second(row.mtime.seconds).map(|at| human::moment(at, cx.now, cx.zone)).unwrap_or_default();
    let kept = row.kept_from.as_ref().map(kept_from);
    let note = match (&kept, row.torn) {
        (Some(kept), _) => Some(kept.as_str()),
        (None, true) => Some("changed while it was read"),
        (None, false) => None,
    };
    TreeRow::new(&name, icon(row.kind, &row.path))
        .depth(shown.map_or(0, |shown| shown.depth))
        .checked(wizard.selection.tick(&row.path).into())
        .expanded(shown.filter(|_| row.kind == RowKind::Folder).map(|shown| shown.open))
        .cursor(cursor)
        .selected(marked)
        .columns(&[(&amount, SIZE), (&time, TIME)])
        .note(note)
        .show(ui, rect)
}

/// "kept from 18 Nov": the day of the version whose content an unreadable file still has.
fn kept_from(version: &VersionId) -> String {
    let day = version.as_str().get(..8).and_then(|digits| jiff::civil::Date::strptime("%Y%m%d", digits).ok());
    day.map_or("kept from an older version".into(), |day| format!("kept from {}", day.strftime("%-d %b")))
}

fn found(ui: &mut Ui, cx: &Cx<'_>, wizard: &mut Wizard, view: &mut View) {
    let t = tokens(ui);
    let mut deeds = Vec::new();
    let mut at_cursor = None;
    match &wizard.search.results {
        Some(Ok(rows)) if rows.is_empty() && !wizard.search.is_waiting() => {
            wrapped(ui, body("No file or folder here has that in its name.").color(t.text));
        }
        Some(Ok(rows)) => {
            let count = match rows.len() {
                n if n >= LIMIT => format!("The first {}: type more of the name.", human::count(LIMIT as u64)),
                n => human::counted(n as u64, "match", "matches"),
            };
            ui.label(caption(count).color(t.text2));
            let list = RowList::new("found", "Found files", rows.len());
            let marked = view.cursor.filter(|_| !wizard.is_archive());
            let out = on_surface(ui, wizard, |ui, height| {
                list.show(ui, height, |ui, at, rect, cursor| {
                    let Some(row) = rows.get(at) else { return };
                    if let Some(TreeEvent::Toggle | TreeEvent::Open) =
                        draw(ui, cx, wizard, row, None, rect, (cursor, marked == Some(at)))
                    {
                        deeds.push(tick(row, None));
                    }
                })
            });
            if let (true, Some(row)) = (out.toggle || out.activate, out.cursor.and_then(|at| rows.get(at))) {
                deeds.push(tick(row, None));
            }
            view.cursor = out.cursor;
            let file = out.cursor.and_then(|at| rows.get(at)).filter(|row| row.kind == RowKind::File);
            at_cursor = Some(file.map(|row| row.path.clone()));
        }
        Some(Err(problem)) => {
            problem_text(ui, problem);
        }
        None => {
            spinner(ui, "Searching…");
        }
    }
    carry_out(wizard, deeds);
    if let Some(file) = at_cursor {
        foot(ui, cx, wizard, file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_file_says_since_when() {
        let version = VersionId::try_from("20261118T200000Z-full-5f3a9c2e".to_owned()).unwrap();
        assert_eq!(kept_from(&version), "kept from 18 Nov");
    }
}
