//! Second page: the drives with their room, or a folder; the test; backups that lie there already.

use egui::{Id, Ui};

use super::editor::{Editor, Left};
use super::existing::Wish;
use super::sentence::drive_of;
use crate::engine::message::Drive;
use crate::model::human;
use crate::model::location::form::Part;
use crate::model::location::trimmed;
use crate::model::max_size::in_words;
use crate::model::problem::Problem;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::max_size;
use crate::ui::server_form::ServerForm;
use crate::ui::theme::typography::{body, caption};
use crate::ui::theme::{Tone, icons, size, space, tokens};
use crate::ui::widgets::{
    Banner, Button, Card, ChoiceCard, Ends, FormRow, TestState, TestView, TextField, problem_text, spinner, wrapped,
};

/// Where a backup goes on the computer's own disk: below the home folder.
const OWN_FOLDER: &[u8] = b"Strongroom";

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::S;
    wrapped(ui, body("Another drive is best: it survives when this computer's disk does not.").color(t.text2));
    chosen(ui, editor);
    drives(ui, cx, editor);
    ui.add_space(space::XS);
    folder(ui, cx, editor);
    if let Some(filled) = editor.draft.filled() {
        wrapped(
            ui,
            caption(format!("It goes to {}, also when this computer is called otherwise.", filled.display())).color(t.text2),
        );
    }
    // Before anything is sent there.
    if let Some(words) = editor.draft.location().and_then(|location| location.unprotected()) {
        Banner::new(Tone::Warn, words).show(ui);
    }
    // Right below the button, and above all that may be long.
    tested(ui, cx, editor);
    let typed = editor.draft.destination.clone();
    if let Some(address) = editor.server_form.show(ui, typed.trim()) {
        editor.choose_destination(address);
    }
    most(ui, editor);
    another(ui, editor);
    existing(ui, cx, editor);
    on_system_disk(ui, editor);
}

fn tested(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor) {
    match editor.test_shown() {
        Some(Load::Waiting(_)) => TestView::new(TestState::Running).show(ui),
        Some(Load::Ready(result)) => TestView::new(TestState::Done(result)).show(ui),
        Some(Load::Failed(problem)) => failed(ui, cx, problem.clone(), editor),
        _ => return,
    }
    ui.add_space(space::S);
}

/// Why the test failed; of a server, what would help.
fn failed(ui: &mut Ui, cx: &mut Cx<'_>, problem: Problem, editor: &mut Editor) {
    match editor.draft.location().filter(|location| location.path().is_none()) {
        Some(location) => {
            if problem.code.wants_storage_password() && location.lacks_key_id() {
                editor.server_form.want(Part::AccessKey, editor.draft.destination.trim());
            }
            if editor.server.show(ui, cx, &location, &problem) {
                editor.test_connection(cx.handle);
            }
        }
        None => TestView::new(TestState::Failed(&problem)).show(ui),
    }
}

/// Places that are chosen already, when there are to be several.
fn chosen(ui: &mut Ui, editor: &mut Editor) {
    if editor.draft.also.is_empty() {
        return;
    }
    let mut remove = None;
    Card::new().show(ui, |ui| {
        let t = tokens(ui);
        for (at, location) in editor.draft.also.iter().enumerate() {
            let name = location.short_name();
            let line = Ends::new(ui, size::CONTROL).left(|ui| {
                ui.label(body(icons::CHECK.to_string()).color(t.ok));
                ui.add(egui::Label::new(body(&name).color(t.text)).truncate());
                let most = editor.draft.max_sizes.at(location).map(|max| format!(" · {}", in_words(max)));
                let text = location.display() + &most.unwrap_or_default();
                ui.add(egui::Label::new(caption(text).color(t.text3)).truncate());
            });
            line.right(|ui| {
                if ui.add(Button::quiet("Remove").name(format!("Remove destination {name}"))).clicked() {
                    remove = Some(at);
                }
            });
        }
    });
    if let Some(at) = remove {
        editor.draft.also.remove(at);
        editor.touch();
    }
    wrapped(ui, body("And in another place:").color(tokens(ui).text2));
}

/// How much it may take at the one that is being chosen.
fn most(ui: &mut Ui, editor: &mut Editor) {
    let Some(location) = editor.draft.location() else { return };
    let mut max = editor.draft.max_sizes.at(&location);
    let hint = "All versions together. A run that would take more ends before it does, and says so.";
    if FormRow::new("It may take there").hint(hint).show(ui, |ui| max_size::show(ui, "It may take there", &mut max)) {
        editor.draft.max_sizes.set(&location, max);
        editor.touch();
    }
}

/// A further destination for the same backup.
fn another(ui: &mut Ui, editor: &mut Editor) {
    if editor.draft.destination.trim().is_empty() && !editor.server_form.is_open() {
        return;
    }
    let why = editor.where_blocked();
    let button = Button::quiet("Keep it in another place as well").icon(icons::PLUS).enabled(why.is_none());
    let hint = "Every version goes to each place. One that is away gets what it lacks once it is there again.";
    if ui.add(button.why_off(why.as_deref().unwrap_or_default())).on_hover_text(hint).clicked() {
        editor.draft.keep_destination();
        editor.server_form = ServerForm::default();
        editor.touch();
    }
}

fn drives(ui: &mut Ui, cx: &Cx<'_>, editor: &mut Editor) {
    let home = &cx.overview.home_folder;
    let chosen = trimmed(editor.draft.destination.trim()).to_owned();
    let mut choose = None;
    match &editor.drives {
        Load::Ready(drives) => {
            for drive in drives.iter().filter(|drive| !drive.is_system) {
                let path = drive.mount_point.display().into_owned();
                let text = format!("{path} · {}{}", drive.file_system, if drive.is_network { ", over the network" } else { "" });
                let icon = if drive.is_network { icons::HARD_DRIVES } else { icons::USB };
                let card = ChoiceCard::new(chosen == path, icon, &drive.name, &text);
                if ui.add(card.right(&room(drive))).clicked() {
                    choose = Some(path);
                }
            }
            if let Some(own) = drive_of(&home.display(), drives) {
                let path = home.join(OWN_FOLDER).display().into_owned();
                let text = "The disk your files are on: helps against mistakes, not against a broken disk";
                let card = ChoiceCard::new(chosen == path, icons::HARD_DRIVE, "This computer", text);
                if ui.add(card.right(&room(own))).clicked() {
                    choose = Some(path);
                }
            }
        }
        Load::Failed(problem) => {
            problem_text(ui, problem);
        }
        _ => {
            spinner(ui, "Looking for drives…");
        }
    }
    if let Some(path) = choose {
        editor.choose_destination(path);
    }
}

/// "588 GB free of 1.0 TB".
fn room(drive: &Drive) -> String {
    format!("{} free of {}", human::bytes(drive.free), human::bytes(drive.total))
}

fn folder(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor) {
    let typed = !editor.draft.destination.trim().is_empty();
    let error = editor.draft.where_blocked().filter(|_| typed);
    let hint = "A folder of its own is made below it for this backup.";
    let row = FormRow::new("Or another folder, or a server").hint(hint).error(error.as_deref());
    row.show(ui, |ui| {
        let line = Ends::new(ui, size::CONTROL).left(|ui| {
            let field = TextField::new(&mut editor.draft.destination)
                .hint("/media/…, or sftp://user@host/path and the like")
                .name("Path of the destination")
                .id(Id::unique("path of the destination"));
            if ui.add(field).changed() {
                editor.touch();
            }
        });
        line.right(|ui| {
            if cx.pickers.available() && ui.add(Button::plain("Choose…").enabled(!cx.pickers.busy())).clicked() {
                Editor::pick_destination(cx.pickers);
            }
            let testing = editor.test_shown().is_some_and(Load::is_waiting);
            let ready = editor.draft.location().is_some();
            let test = Button::plain("Test connection").icon(icons::PLUG).enabled(ready && !testing);
            if ui.add(test.why_off("Name a folder or server first.")).clicked() {
                editor.test_connection(cx.handle);
            }
        });
    });
}

fn existing(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor) {
    let (Some(location), plans) = (editor.draft.location(), editor.plans_found().to_vec()) else { return };
    match editor.existing.show(ui, cx, &location, &plans) {
        Some(Wish::Restore) => super::leave(cx, Left::RestoreFrom(editor.draft.destination.trim().to_owned())),
        Some(Wish::Adopted(plan)) => super::leave(cx, Left::Adopted(plan.id)),
        None => {}
    }
}

fn on_system_disk(ui: &mut Ui, editor: &Editor) {
    let destination = editor.draft.destination.trim();
    let tested = matches!(editor.test_shown(), Some(Load::Ready(_)));
    if !tested && !destination.is_empty() && editor.drive().is_some_and(|drive| drive.is_system) {
        let text = "This is the disk your files are on. If it breaks or is stolen, the backup goes with it: \
                    plug in another drive when you can.";
        Banner::new(Tone::Warn, text).show(ui);
    }
}
