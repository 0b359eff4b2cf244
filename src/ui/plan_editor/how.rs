//! Third page: name, schedule, password; and in one sentence what was set up.

use egui::{Align, Key, Layout, Ui};

use super::draft::When;
use super::editor::Editor;
use super::recovery;
use crate::ui::context::Cx;
use crate::ui::theme::typography::{body, section};
use crate::ui::theme::{Tone, icons, space, tokens};
use crate::ui::widgets::{
    Banner, Button, Card, ChoiceCard, FormRow, NumberField, PasswordField, Segmented, TextField, TimeField, icon_at,
    problem_text, section_head, strength_line, wrapped,
};

/// Whether Enter was pressed in the last field.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor, just_came: bool) -> bool {
    let mut entered = false;
    ui.spacing_mut().item_spacing.y = space::S;
    let column = ((ui.available_width() - space::XXL) / 2.0).floor();
    ui.with_layout(Layout::left_to_right(Align::TOP), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.vertical(|ui| {
            ui.set_width(column);
            ui.spacing_mut().item_spacing.x = space::S;
            name(ui, editor);
            schedule(ui, editor);
        });
        ui.add_space(space::XXL);
        ui.vertical(|ui| {
            ui.set_width(column);
            ui.spacing_mut().item_spacing.x = space::S;
            entered = encryption(ui, cx, editor, just_came);
        });
    });
    summary(ui, editor);
    if let Some(problem) = &editor.save_problem {
        problem_text(ui, problem);
    }
    if editor.draft.is_new() {
        let off = editor.blocked().unwrap_or_default();
        if ui.add(Button::quiet("Save without backing up now").enabled(off.is_empty()).why_off(&off)).clicked() {
            editor.save(cx.handle, false);
        }
    }
    entered
}

fn name(ui: &mut Ui, editor: &mut Editor) {
    let mut name = editor.draft.name();
    let error = name.trim().is_empty().then_some("Give the backup a name.");
    let changed =
        FormRow::new("Name").error(error).show(ui, |ui| ui.add(TextField::new(&mut name).name("Name").limit(100)).changed());
    if changed {
        editor.draft.set_name(name);
        editor.touch();
    }
}

fn schedule(ui: &mut Ui, editor: &mut Editor) {
    let t = tokens(ui);
    section_head(ui, "Schedule");
    let options = [(When::Daily, "Daily"), (When::Hours, "Every few hours"), (When::Off, "When I ask")];
    if Segmented::new("Schedule").show(ui, &mut editor.draft.when, &options) {
        editor.touch();
    }
    ui.horizontal(|ui| match editor.draft.when {
        When::Daily => {
            ui.label(body("Every day at").color(t.text));
            let before = (editor.draft.hour, editor.draft.minute);
            let field = TimeField::new("Time of day", &mut editor.draft.hour, &mut editor.draft.minute);
            editor.draft.time_is_valid = field.show(ui);
            if before != (editor.draft.hour, editor.draft.minute) {
                editor.touch();
            }
        }
        When::Hours => {
            ui.label(body("Every").color(t.text));
            let mut hours = i64::from(editor.draft.hours);
            if NumberField::new("Hours", &mut hours, 1, 168).show(ui).changed() {
                editor.draft.hours = u16::try_from(hours).unwrap_or(1);
                editor.touch();
            }
            ui.label(body(if hours == 1 { "hour" } else { "hours" }).color(t.text));
        }
        When::Off => {
            ui.label(body("Only when you press Back up now.").color(t.text2));
        }
    });
    if editor.draft.when != When::Off {
        wrapped(ui, body("A time that was missed is made up as soon as the computer is on again.").color(t.text2));
    }
}

fn encryption(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor, just_came: bool) -> bool {
    let mut entered = false;
    let t = tokens(ui);
    if !editor.draft.is_new() {
        section_head(ui, "Encryption");
        let text = if editor.draft.encrypt {
            "This backup is encrypted. Its password is changed in the Encryption tab."
        } else {
            "This backup is not encrypted. To encrypt these files, add a backup with a password."
        };
        wrapped(ui, body(text).color(t.text2));
        return false;
    }
    let sealed = editor.draft.encrypt;
    if ui.add(ChoiceCard::new(sealed, icons::LOCK, "Encrypted", "Only with the password can it be read")).clicked() {
        editor.draft.encrypt = true;
        editor.touch();
    }
    if ui.add(ChoiceCard::new(!sealed, icons::LOCK_OPEN, "Not encrypted", "Whoever has the drive can read it")).clicked() {
        editor.draft.encrypt = false;
        editor.touch();
    }
    if !editor.draft.encrypt {
        let text = "Whoever gets hold of the destination can read all these files.";
        Banner::new(Tone::Warn, text).show(ui);
        return false;
    }
    ui.add_space(space::XS);
    let differ = !editor.draft.repeat.is_empty() && editor.draft.password != editor.draft.repeat;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        let response = PasswordField::new(&mut editor.draft.password).name("Password").hint("Password").show(ui);
        if just_came && editor.draft.password.is_empty() {
            response.request_focus();
        }
        if response.changed() {
            editor.touch();
        }
        strength_line(ui, &editor.draft.password);
        let repeat = PasswordField::new(&mut editor.draft.repeat).name("Password again").hint("Password again").error(differ);
        let response = repeat.show(ui);
        if response.changed() {
            editor.touch();
        }
        entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    });
    recovery::show(ui, cx, editor);
    let text = "Without the password or the recovery key nobody can restore, not even we.";
    wrapped(ui, body(text).color(t.text2));
    entered
}

fn summary(ui: &mut Ui, editor: &Editor) {
    let t = tokens(ui);
    ui.add_space(space::S);
    Card::new().show(ui, |ui| {
        ui.horizontal(|ui| {
            let (spot, _) = ui.allocate_exact_size(egui::vec2(32.0, 32.0), egui::Sense::hover());
            icon_at(ui, spot.center(), icons::SHIELD_CHECK, 24.0, t.accent, false);
            let sentence = editor.draft.summary(editor.known_drives());
            ui.add(egui::Label::new(section(sentence).color(t.text)).wrap());
        });
    });
}
