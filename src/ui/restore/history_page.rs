//! "Versions of this file": in which versions it is, what it was in each, and whether it had changed.

use egui::{Key, Ui};

use super::icon::icon;
use super::wizard::history::is_changed;
use super::wizard::{FileHistory, Wizard};
use crate::model::catalog::RowKind;
use crate::model::compare::{Aspect, InVersion};
use crate::model::human;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, caption, section};
use crate::ui::theme::{Icon, icons, size, space, tokens};
use crate::ui::warnings::shorten;
use crate::ui::widgets::{Button, Card, Check, Ends, FoundRow, RowList, problem_text, spinner, wrapped};

/// Whether to go on at once: Enter or a double click on a version.
pub fn show(ui: &mut Ui, cx: &Cx<'_>, wizard: &mut Wizard) -> bool {
    let Some(history) = &mut wizard.history else { return false };
    let t = tokens(ui);
    let mut close = ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape));
    let name = String::from_utf8_lossy(history.path.file_name()).into_owned();
    let folder = shorten(&String::from_utf8_lossy(history.path.parent()), &cx.overview.home_folder.display());
    let mut toggled = false;
    let line = Ends::new(ui, 40.0).left(|ui| {
        close |= ui.add(Button::quiet("All files").icon(icons::ARROW_LEFT)).clicked();
        ui.label(body(icon(RowKind::File, &history.path).to_string()).color(t.text2));
        ui.add(egui::Label::new(section(&name).color(t.text)).truncate()).on_hover_text(format!("{folder}/{name}"));
    });
    line.right(|ui| {
        toggled = ui.add(Check::new(history.only_changed, "Only where it changed")).clicked();
    });
    if toggled {
        history.only_changed = !history.only_changed;
    }
    let go_on = match &history.answer {
        Load::Ready(answer) if answer.states.is_empty() => {
            wrapped(ui, body("No version that can be read has this file.").color(t.text));
            false
        }
        Load::Ready(answer) => {
            let differing = answer.states.iter().filter(|state| is_changed(state)).count() as u64;
            let mut count = format!(
                "In {} of {} · {}",
                human::count(answer.states.len() as u64),
                human::counted(answer.versions, "version", "versions"),
                human::counted(differing, "state", "different states"),
            );
            if answer.unreadable > 0 {
                let others = human::counted(answer.unreadable, "version", "versions");
                count.push_str(&format!(" · {others} could not be looked into"));
            }
            ui.label(caption(count).color(t.text2));
            list(ui, cx, history)
        }
        Load::Failed(problem) => {
            problem_text(ui, problem);
            false
        }
        _ => {
            spinner(ui, "Looking into all versions…");
            false
        }
    };
    if close {
        wizard.history = None;
    }
    go_on && !close
}

fn list(ui: &mut Ui, cx: &Cx<'_>, history: &mut FileHistory) -> bool {
    let lines = history.lines();
    let states = history.answer.ready().map_or(&[][..], |answer| &answer.states);
    let height = (ui.available_height() - 2.0 * space::S - 2.0).max(size::ROW);
    let (mut chosen, mut go_on) = (None, false);
    let start = lines.iter().position(|line| history.chosen == Some(*line));
    let list = RowList::new("versions of the file", "Versions of the file", lines.len()).row_height(36.0).start(start);
    let draw = |ui: &mut Ui, at: usize, rect, cursor| {
        let Some((index, state)) = lines.get(at).and_then(|index| Some((*index, states.get(*index)?))) else { return };
        let when = human::capital(&human::moment(state.started, cx.now, cx.zone));
        let (said, bytes, dated) = words(cx, state);
        let row = FoundRow::new(&when, mark(state)).place(&said);
        let columns = [(bytes.as_str(), 84.0), (dated.as_str(), 190.0)];
        let row = row.selected(history.chosen == Some(index)).cursor(cursor).columns(&columns);
        let response = row.show(ui, rect);
        if response.clicked() {
            chosen = Some(index);
        }
        go_on |= response.double_clicked();
    };
    let out = Card::new().tight().show(ui, |ui| list.show(ui, height, draw)).inner;
    if out.moved || out.toggle || out.activate {
        chosen = out.cursor.and_then(|row| lines.get(row)).copied().or(chosen);
        go_on |= out.activate;
    }
    if chosen.is_some() {
        history.chosen = chosen;
    }
    go_on
}

/// Stands out where the file is another than before.
fn mark(state: &InVersion) -> Icon {
    match &state.changed {
        _ if state.side.kept => icons::WARNING,
        None => icons::PLUS,
        Some(aspects) if aspects.is_empty() => icons::MINUS,
        Some(_) => icons::PENCIL_SIMPLE,
    }
}

/// Whether it had changed, its size, and when it was changed.
fn words(cx: &Cx<'_>, state: &InVersion) -> (String, String, String) {
    let said = match &state.changed {
        _ if state.side.kept => "could not be read then: as it was before".to_owned(),
        None => "not in the version before".to_owned(),
        Some(aspects) if aspects.is_empty() => "not changed".to_owned(),
        Some(aspects) if aspects.contains(&Aspect::Content) && state.side.torn => "changed while it was read".to_owned(),
        Some(aspects) => {
            let aspects: Vec<&str> = aspects.iter().map(|aspect| aspect.in_words()).collect();
            format!("changed: {}", aspects.join(", "))
        }
    };
    let bytes = state.side.size.filter(|_| state.side.kind == RowKind::File).map(human::bytes).unwrap_or_default();
    let at = jiff::Timestamp::from_second(state.side.mtime.seconds);
    let time = at.map(|at| format!("dated {}", human::moment(at, cx.now, cx.zone))).unwrap_or_default();
    (said, bytes, time)
}
