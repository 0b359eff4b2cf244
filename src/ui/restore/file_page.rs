//! Which archive file, and what it holds.

use egui::Ui;

use super::large;
use super::wizard::Wizard;
use crate::model::human;
use crate::model::inspection::ArchiveFacts;
use crate::ui::context::Cx;
use crate::ui::file_choice::FileChoice;
use crate::ui::file_facts;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, body_strong};
use crate::ui::theme::{icons, space, tokens};
use crate::ui::widgets::{Card, problem_text, spinner, wrapped};

const CHOICE: FileChoice = FileChoice {
    label: "Archive file",
    name: "Path of the archive file",
    purpose: "archive to restore from",
    title: "The archive to restore from",
};

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard, just_came: bool) {
    if let Some(path) = CHOICE.given(ui, cx) {
        wizard.from_file.path = path.display().into_owned();
        wizard.look_into(cx.handle, path);
    }
    let waiting = wizard.from_file.opening.is_waiting();
    let named = CHOICE.show(ui, cx, &mut wizard.from_file.path, waiting, just_came);
    if named.changed {
        wizard.from_file.opening = Load::Idle;
        wizard.from_file.sealed = false;
    }
    if let Some(path) = named.look {
        wizard.look_into(cx.handle, path);
    }
    match &wizard.from_file.opening {
        Load::Idle if wizard.from_file.sealed => {
            let text = "It is encrypted: what it holds is seen once its password is given.";
            wrapped(ui, body(format!("{} {text}", icons::LOCK)).color(tokens(ui).text));
        }
        Load::Idle => {}
        Load::Waiting(_) => {
            spinner(ui, "Looking through it…");
        }
        Load::Failed(problem) if large::is_asked(problem) => {
            if large::show(ui, problem, "List it all the same") {
                wizard.list_all_the_same(cx.handle);
            }
        }
        Load::Failed(problem) => {
            problem_text(ui, problem);
        }
        Load::Ready(archive) => found(ui, &wizard.name, archive),
    }
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
