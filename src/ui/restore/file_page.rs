//! Which archive file, and what it holds.

use egui::{Key, Ui};

use super::wizard::Wizard;
use crate::model::human;
use crate::model::inspection::ArchiveFacts;
use crate::model::path::PathBytes;
use crate::ui::context::Cx;
use crate::ui::file_facts;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, body_strong};
use crate::ui::theme::{icons, space, tokens};
use crate::ui::widgets::{Button, Card, FormRow, TextField, problem_text, spinner, wrapped};

const PURPOSE: &str = "archive to restore from";

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard, just_came: bool) {
    let dropped = ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_owned()));
    let dropped = dropped.filter(|path| !path.as_os_str().is_empty()).map(PathBytes::from);
    let picked = cx.pickers.picked(PURPOSE).and_then(|picked| picked.into_iter().next());
    if let Some(path) = picked.or(dropped) {
        wizard.from_file.path = path.display().into_owned();
        wizard.look_into(cx.handle, path);
    }
    choose(ui, cx, wizard, just_came);
    match &wizard.from_file.opening {
        Load::Idle if wizard.from_file.sealed => {
            let text = "It is encrypted: what it holds is seen once its password is given.";
            wrapped(ui, body(format!("{} {text}", icons::LOCK)).color(tokens(ui).text));
        }
        Load::Idle => {}
        Load::Waiting(_) => {
            spinner(ui, "Looking through it…");
        }
        Load::Failed(problem) => {
            problem_text(ui, problem);
        }
        Load::Ready(archive) => found(ui, &wizard.name, archive),
    }
}

fn choose(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard, just_came: bool) {
    FormRow::new("Archive file").hint(file_facts::ways(cx)).show(ui, |ui| {
        ui.horizontal(|ui| {
            let buttons = if cx.pickers.available() { 196.0 } else { 88.0 };
            let width = (ui.available_width() - buttons).max(160.0);
            let field = TextField::new(&mut wizard.from_file.path).hint("/home/…").name("Path of the archive file");
            let response = ui.add(field.width(width));
            if just_came {
                response.request_focus();
            }
            if response.changed() {
                wizard.from_file.opening = Load::Idle;
                wizard.from_file.sealed = false;
            }
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if cx.pickers.available() && ui.add(Button::plain("Choose…").enabled(!cx.pickers.busy())).clicked() {
                cx.pickers.pick_file(PURPOSE, "The archive to restore from");
            }
            let ready = wizard.from_file.path.trim().starts_with('/') && !wizard.from_file.opening.is_waiting();
            if ui.add(Button::plain("Look").icon(icons::MAGNIFYING_GLASS).enabled(ready)).clicked() || (entered && ready) {
                wizard.look_into(cx.handle, PathBytes::from(wizard.from_file.path.trim()));
            }
        });
    });
}

fn found(ui: &mut Ui, name: &str, archive: &ArchiveFacts) {
    Card::new().show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        let t = tokens(ui);
        ui.add(egui::Label::new(body_strong(format!("{} {name}", icons::PACKAGE)).color(t.text)).truncate());
        wrapped(ui, body(holds(archive)).color(t.text2));
        if archive.is_volume {
            let text = "This is one volume of a backup. Files that go on in other volumes are not whole in it: from the backup's \
                        folder they are.";
            wrapped(ui, body(text).color(t.text2));
        }
        file_facts::show_lost(ui, archive);
    });
}

/// "tar.gz archive · 1,204 files · 3.1 GB".
fn holds(archive: &ArchiveFacts) -> String {
    let files = human::counted(archive.files, "file", "files");
    format!("{} archive · {files} · {}", archive.format, human::bytes(archive.bytes))
}
