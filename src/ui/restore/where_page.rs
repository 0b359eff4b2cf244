//! Where to, and what happens to files that stand there already.

use egui::Ui;

use super::wizard::{PlaceKind, Wizard};
use crate::model::restore::Conflict;
use crate::ui::context::Cx;
use crate::ui::theme::typography::body;
use crate::ui::theme::{icons, space, tokens};
use crate::ui::widgets::{Button, Check, ChoiceCard, FormRow, TextField, section_head, wrapped};

const PURPOSE: &str = "restore to";

const CONFLICTS: [(Conflict, &str, &str); 4] = [
    (Conflict::Skip, "Leave what is there", "Only files that are missing come back"),
    (Conflict::KeepBoth, "Keep both", "The restored one gets a name of its own beside it"),
    (Conflict::Newer, "Replace if the backup's is newer", "What is replaced is moved aside, not deleted"),
    (Conflict::Overwrite, "Replace", "What is replaced is moved aside, not deleted"),
];

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard) {
    ui.spacing_mut().item_spacing.y = space::S;
    if let Some(path) = cx.pickers.picked(PURPOSE).and_then(|picked| picked.into_iter().next()) {
        wizard.folder = path.display().into_owned();
        wizard.place_kind = PlaceKind::Folder;
    }
    if wizard.is_archive() {
        let text = "An archive does not say where its files were: they are put into a folder of your choice.";
        wrapped(ui, body(text).color(tokens(ui).text2));
    } else {
        kinds(ui, wizard);
    }
    if wizard.place_kind == PlaceKind::Folder {
        folder(ui, cx, wizard);
    }
    section_head(ui, "If a file is there already");
    for pair in CONFLICTS.chunks(2) {
        ui.columns(2, |columns| {
            for (ui, (conflict, title, text)) in columns.iter_mut().zip(pair) {
                let icon = match conflict {
                    Conflict::Skip => icons::SHIELD_CHECK,
                    Conflict::KeepBoth => icons::FILES,
                    Conflict::Newer => icons::CLOCK,
                    Conflict::Overwrite => icons::ARROW_COUNTER_CLOCKWISE,
                };
                let title = match conflict {
                    Conflict::Newer if wizard.is_archive() => "Replace if the archive's is newer",
                    _ => title,
                };
                if ui.add(ChoiceCard::new(wizard.conflict == *conflict, icon, title, text)).clicked() {
                    wizard.conflict = *conflict;
                }
            }
        });
    }
    if wizard.is_archive() {
        return;
    }
    ui.add_space(space::S);
    let metadata = Check::new(wizard.metadata, "Owners, permissions and times too").hint("Else new files are yours, of now");
    if ui.add(metadata).clicked() {
        wizard.metadata = !wizard.metadata;
    }
}

fn kinds(ui: &mut Ui, wizard: &mut Wizard) {
    let kinds = [
        (PlaceKind::Original, icons::HOUSE, "To the original place", "Every file goes back to where it was"),
        (PlaceKind::Folder, icons::FOLDER_OPEN, "To another folder", "Nothing that is in use is touched"),
    ];
    ui.columns(2, |columns| {
        for (ui, (kind, icon, title, text)) in columns.iter_mut().zip(kinds) {
            if ui.add(ChoiceCard::new(wizard.place_kind == kind, icon, title, text)).clicked() {
                wizard.place_kind = kind;
            }
        }
    });
}

fn folder(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard) {
    let error = wizard.blocked();
    let row = FormRow::new("Folder").hint("It is made if it is not there.").error(error.as_deref());
    row.show(ui, |ui| {
        ui.horizontal(|ui| {
            let buttons = if cx.pickers.available() { 108.0 } else { 0.0 };
            let width = (ui.available_width() - buttons).max(160.0);
            ui.add(TextField::new(&mut wizard.folder).hint("/home/…").name("Folder to restore to").width(width));
            if cx.pickers.available() && ui.add(Button::plain("Choose…").enabled(!cx.pickers.busy())).clicked() {
                cx.pickers.pick_folders(PURPOSE, "The folder to restore to", false);
            }
        });
    });
    if wizard.is_archive() {
        return;
    }
    let full = Check::new(wizard.full_paths, "With the whole original path").hint("Else each source by its own name");
    if ui.add(full).clicked() {
        wizard.full_paths = !wizard.full_paths;
    }
}
