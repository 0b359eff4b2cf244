//! The password or recovery key, only where it is needed.

use egui::{Key, Ui};

use super::wizard::Wizard;
use crate::ui::context::Cx;
use crate::ui::theme::typography::body;
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{FormRow, PasswordField, TextField, problem_text, spinner, wrapped};

/// Whether to go on: Enter in the field.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard, just_came: bool) -> bool {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::S;
    if wizard.is_open() {
        wrapped(ui, body("The backup is open.").color(t.text));
        return false;
    }
    let text = match wizard.is_archive() {
        true => "This file is encrypted. A file takes the password that it was encrypted with, a volume that of its backup.",
        false => "This backup is encrypted, and this computer does not know its password.",
    };
    wrapped(ui, body(text).color(t.text2));
    ui.add_space(space::S);
    let refused = wizard.refused.is_some() && !wizard.unlocking();
    // What was refused can be read below the field, which keeps the focus, with the text marked to be typed over.
    let again = wizard.take_refused_now();
    let row = FormRow::new("Password").hint("The recovery key works here too.");
    let response = row.show(ui, |ui| {
        let width = ui.available_width().min(420.0);
        PasswordField::new(&mut wizard.password).name("Password or recovery key").error(refused).width(width).show(ui)
    });
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if just_came || again {
        response.request_focus();
        TextField::select_all(ui, response.id, wizard.password.chars().count());
    } else if entered {
        response.request_focus();
    }
    wizard.from_file.keys.show(ui);
    let chosen = if wizard.unlocking() { None } else { wizard.key_file.show(ui, cx, "key file to restore with") };
    if let Some(secret) = &chosen {
        wizard.password.clear();
        wizard.password.push_str(secret.expose());
    }
    if wizard.unlocking() {
        spinner(ui, "Trying it…");
    } else if let Some(problem) = &wizard.refused {
        problem_text(ui, problem);
    }
    entered || chosen.is_some()
}
