//! The files of a name in all versions, each with what it was before.

use egui::Ui;

use super::everywhere::{LIMIT, Line};
use super::icon::icon;
use super::wizard::Wizard;
use crate::model::catalog::{FileState, FoundFile, RowKind};
use crate::model::human;
use crate::model::names;
use crate::model::problem::Code;
use crate::ui::context::Cx;
use crate::ui::theme::typography::{body, caption};
use crate::ui::theme::{icons, space, tokens};
use crate::ui::warnings::shorten;
use crate::ui::widgets::{Button, Card, FoundRow, RowList, problem_text, spinner, wrapped};

/// Whether to go on at once: Enter or a double click on what was found. `focus`: the list is to have the keyboard.
pub fn show(ui: &mut Ui, cx: &Cx<'_>, wizard: &mut Wizard, focus: bool) -> bool {
    let t = tokens(ui);
    if wizard.asks_password() {
        let text = "The names of files are encrypted too: they can be searched once the password is known.";
        wrapped(ui, body(format!("{} {text}", icons::LOCK)).color(t.text));
        return false;
    }
    if let Some(problem) = wizard.everywhere.problem() {
        problem_text(ui, problem);
        if problem.code != Code::Usage && ui.add(Button::plain("Try again").icon(icons::ARROW_CLOCKWISE)).clicked() {
            wizard.everywhere.forget();
        }
        return false;
    }
    let Some(found) = wizard.everywhere.found() else {
        spinner(ui, "Searching all versions…");
        return false;
    };
    let versions = human::counted(found.versions as u64, "version", "versions");
    if found.files.is_empty() {
        wrapped(ui, body(format!("None of {versions} has a file or folder with that in its name.")).color(t.text));
        wrapped(ui, caption("* stands for any characters, ? for one: *.odt, IMG_04??.jpg").color(t.text2));
        return false;
    }
    let mut count = match found.more {
        true => format!("The first {} in {versions}: type more of the name.", human::count(LIMIT as u64)),
        false => format!("{} in {versions}", human::counted(found.files.len() as u64, "match", "matches")),
    };
    if found.unreadable > 0 {
        count.push_str(&format!(" · {} could not be searched", human::counted(found.unreadable as u64, "version", "versions")));
    }
    ui.label(caption(count).color(t.text2));
    list(ui, cx, wizard, focus)
}

fn list(ui: &mut Ui, cx: &Cx<'_>, wizard: &mut Wizard, focus: bool) -> bool {
    let lines = wizard.everywhere.lines();
    let height = (ui.available_height() - 2.0 * space::S - 2.0).max(36.0);
    let (mut chosen, mut go_on) = (None, false);
    let start = lines.iter().position(|line| wizard.everywhere.is_chosen(*line));
    let mut list = RowList::new("found everywhere", "Found files", lines.len()).row_height(36.0).start(start);
    if focus {
        list = list.scroll_to(start).focus();
    }
    let draw = |ui: &mut Ui, at: usize, rect, cursor| {
        let Some(line) = lines.get(at).copied() else { return };
        let Some((file, state)) = wizard.everywhere.get(line) else { return };
        let (name, place) = words(cx, line, file, state);
        let (size, changed, held) = columns(cx, wizard, state);
        let row = FoundRow::new(&name, icon(state.kind, &file.path)).place(&place).nested(matches!(line, Line::State(..)));
        let columns = [(size.as_str(), 84.0), (changed.as_str(), 132.0), (held.as_str(), 150.0)];
        let columns = if matches!(line, Line::State(..)) { [columns[0], ("", 132.0), columns[2]] } else { columns };
        let row = row.selected(wizard.everywhere.is_chosen(line)).cursor(cursor).columns(&columns);
        let response = row.show(ui, rect);
        if response.clicked() {
            chosen = Some(line);
        }
        go_on |= response.double_clicked();
    };
    let out = Card::new().tight().show(ui, |ui| list.show(ui, height, draw)).inner;
    if out.moved || out.toggle || out.activate {
        chosen = out.cursor.and_then(|row| lines.get(row)).copied().or(chosen);
        go_on |= out.activate;
    }
    if let Some(line) = chosen {
        wizard.everywhere.choose(line);
    }
    go_on
}

/// A file's name and folder; of an older state, when the file was changed.
fn words(cx: &Cx<'_>, line: Line, file: &FoundFile, state: &FileState) -> (String, String) {
    match line {
        Line::File(_) => {
            let folder = String::from_utf8_lossy(file.path.parent()).into_owned();
            let folder = shorten(&names::shown_text(&folder), &cx.overview.home_folder.display());
            (String::from_utf8_lossy(file.path.file_name()).into_owned(), folder)
        }
        Line::State(..) => (format!("as changed {}", changed(cx, state)), String::new()),
    }
}

fn changed(cx: &Cx<'_>, state: &FileState) -> String {
    let at = jiff::Timestamp::from_second(state.mtime.seconds);
    at.map(|at| human::moment(at, cx.now, cx.zone)).unwrap_or_else(|_| "at an unknown time".into())
}

/// Size, when it was changed, and which versions hold it so.
fn columns(cx: &Cx<'_>, wizard: &Wizard, state: &FileState) -> (String, String, String) {
    let size = state.size.filter(|_| state.kind == RowKind::File).map(human::bytes).unwrap_or_default();
    let newest = wizard.versions.ready().and_then(|versions| versions.manifests.last()).map(|newest| &newest.id);
    let held = match state.version.time() {
        _ if newest == Some(&state.version) => format!("in {}", human::counted(state.versions, "version", "versions")),
        Some(time) => format!("last in {}", human::moment(time, cx.now, cx.zone)),
        None => String::new(),
    };
    (size, changed(cx, state), held)
}
