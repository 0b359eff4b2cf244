//! Whether a new backup is encrypted, and by which password: on the third page.

use egui::{Key, Ui};

use super::editor::Editor;
use super::new_password::PasswordFrom;
use super::{recovery, secret_file};
use crate::ui::context::Cx;
use crate::ui::theme::typography::{body, caption_strong, section};
use crate::ui::theme::{Tone, space, tokens};
use crate::ui::widgets::{Banner, FormRow, PasswordField, Segmented, TextField, strength_line, wrapped};

/// Whether Enter was pressed in the last field.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor, just_came: bool) -> bool {
    ui.label(section("Encryption").color(tokens(ui).text));
    if !editor.draft.is_new() {
        of_known(ui, cx, editor);
        return false;
    }
    let own = PasswordFrom::Person;
    let options = [((true, own), "Password"), ((true, PasswordFrom::File), "Password file"), ((false, own), "Not encrypted")];
    let draft = &mut editor.draft;
    let mut chosen = if draft.encrypt { (true, draft.password.from) } else { (false, own) };
    if Segmented::new("Encryption").show(ui, &mut chosen, &options) {
        (draft.encrypt, draft.password.from) = chosen;
        editor.touch();
    }
    if !editor.draft.encrypt {
        let text = "Whoever gets hold of the destination can read all these files.";
        Banner::new(Tone::Warn, text).show(ui);
        return false;
    }
    let (entered, text) = match editor.draft.password.from {
        PasswordFrom::Person => {
            let text = "Without the password or the recovery key nobody can restore, not even we.";
            (typed(ui, editor, just_came), text)
        }
        PasswordFrom::File => {
            let text = "Keep a copy of the file in a safe place, away from this computer and from the backup. Without the password or a \
                        recovery key nobody can restore, not even we.";
            (made(ui, editor), text)
        }
    };
    wrapped(ui, body(text).color(tokens(ui).text2));
    recovery::show(ui, cx, editor);
    entered
}

/// Of a backup that is there already.
fn of_known(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor) {
    let text = if editor.draft.encrypt {
        "This backup is encrypted. Its password is changed in the Encryption tab."
    } else {
        "This backup is not encrypted. To encrypt these files, add a backup with a password."
    };
    wrapped(ui, body(text).color(tokens(ui).text2));
    if editor.draft.encrypt {
        secret_file::show(ui, cx, editor);
    }
}

fn typed(ui: &mut Ui, editor: &mut Editor, just_came: bool) -> bool {
    let password = &mut editor.draft.password;
    let differ = password.differ();
    let (changed, entered) = ui
        .vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            field_label(ui, "Password");
            let first = PasswordField::new(&mut password.typed).name("Password").show(ui);
            if just_came && password.typed.is_empty() {
                first.request_focus();
            }
            strength_line(ui, &password.typed);
            field_label(ui, "Password again");
            let second = PasswordField::new(&mut password.repeat).name("Password again").error(differ).show(ui);
            let entered = second.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            (first.changed() || second.changed(), entered)
        })
        .inner;
    if changed {
        editor.touch();
    }
    entered
}

fn made(ui: &mut Ui, editor: &mut Editor) -> bool {
    let name = editor.draft.name();
    let mut path = editor.draft.password.path(&name);
    let wrong = editor.draft.password.path_blocked(&name, editor.draft.destination.trim());
    let row = FormRow::new("Password file").hint("A strong password is made and written here. Only you can read the file.");
    let response = row.error(wrong).show(ui, |ui| ui.add(TextField::new(&mut path).name("Password file").error(wrong.is_some())));
    if response.changed() {
        editor.draft.password.set_path(path);
        editor.touch();
    }
    response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

/// As a form's, for fields whose line below says something of its own.
fn field_label(ui: &mut Ui, text: &str) {
    ui.label(caption_strong(text).color(tokens(ui).text2));
}
