//! The fields that an action on a single file asks for.

use egui::{Key, Ui};

use super::draft::Draft;
use crate::model::format::{Cipher, Codec, Level};
use crate::model::problem::{Code, Problem};
use crate::model::run::RunKind;
use crate::ui::context::Cx;
use crate::ui::plan_editor::packing::levels;
use crate::ui::theme::typography::{body, caption_strong};
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{
    Button, Check, FormRow, PasswordField, Segmented, TextField, at_right, problem_text, strength_line, wrapped,
};

const FOLDER: &str = "folder for the new file";
/// Widest field.
const WIDTH: f32 = 420.0;

/// What was pressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    Nothing,
    Begin,
    Cancel,
}

/// `problem`: why the last try failed. `just_came`: the moment to choose the focus.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, draft: &mut Draft, problem: Option<&Problem>, just_came: bool) -> Pressed {
    let mut entered = match draft.kind {
        RunKind::Encrypt => new_password(ui, draft, just_came),
        RunKind::Decrypt => password(ui, cx, draft, problem, just_came),
        RunKind::Compress => {
            packing(ui, draft);
            false
        }
        _ => false,
    };
    entered |= target(ui, cx, draft, just_came);
    if let Some(problem) = problem.filter(|problem| problem.code != Code::WrongPassword) {
        problem_text(ui, problem);
        ui.add_space(space::XS);
    }
    let missing = draft.missing();
    let mut pressed = if entered && missing.is_none() { Pressed::Begin } else { Pressed::Nothing };
    at_right(ui, size::PRIMARY, |ui| {
        if ui.add(Button::plain("Cancel").tall()).clicked() {
            pressed = Pressed::Cancel;
        }
        let button = Button::primary(verb(draft.kind)).enabled(missing.is_none());
        if ui.add(button.why_off(&missing.unwrap_or_default()).min_width(112.0)).clicked() {
            pressed = Pressed::Begin;
        }
    });
    pressed
}

/// "Encrypt".
pub fn verb(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Encrypt => "Encrypt",
        RunKind::Decrypt => "Decrypt",
        RunKind::Decompress => "Decompress",
        _ => "Compress",
    }
}

/// Whether Enter was pressed in the last field, as in those below.
fn new_password(ui: &mut Ui, draft: &mut Draft, just_came: bool) -> bool {
    let mut entered = false;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        ui.label(caption_strong("Password").color(tokens(ui).text2));
        let response = PasswordField::new(&mut draft.password).name("Password for the file").width(WIDTH).show(ui);
        if just_came {
            response.request_focus();
        }
        ui.scope(|ui| {
            ui.set_max_width(WIDTH);
            strength_line(ui, &draft.password);
        });
        let differs = !draft.again.is_empty() && *draft.again != *draft.password;
        let error = differs.then_some("The two are not the same.");
        let response = FormRow::new("Password again").error(error).show(ui, |ui| {
            PasswordField::new(&mut draft.again).name("Password for the file again").error(differs).width(WIDTH).show(ui)
        });
        entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    });
    let text = "The password alone opens the file, on any computer. If it is forgotten, nobody can open it, not even we.";
    wrapped(ui, body(text).color(tokens(ui).text2));
    ui.add_space(space::XS);
    ui.label(caption_strong("Cipher").color(tokens(ui).text2));
    let options = Cipher::ALL.map(|cipher| (cipher, cipher.in_words()));
    Segmented::new("Cipher").show(ui, &mut draft.cipher, &options);
    ui.add_space(space::XS);
    entered
}

fn password(ui: &mut Ui, cx: &mut Cx<'_>, draft: &mut Draft, problem: Option<&Problem>, just_came: bool) -> bool {
    let refused = problem.filter(|problem| problem.code == Code::WrongPassword);
    let hint = match draft.of_backup {
        true => "Of its backup, or the recovery key. Leave it empty where this computer knows the backup's key.",
        false => "With which it was encrypted.",
    };
    let row = FormRow::new("Password").hint(hint).error(refused.map(|problem| problem.what.as_str()));
    let response = row.show(ui, |ui| {
        PasswordField::new(&mut draft.password).name("Password of the file").error(refused.is_some()).width(WIDTH).show(ui)
    });
    if just_came {
        response.request_focus();
        TextField::select_all(ui, response.id, draft.password.chars().count());
    }
    if draft.of_backup
        && let Some(secret) = draft.key_file.show(ui, cx, "key file to decrypt with")
    {
        draft.password.clear();
        draft.password.push_str(secret.expose());
    }
    if let Some(problem) = problem.filter(|_| draft.of_backup) {
        draft.keys.ask_after(problem);
    }
    draft.keys.show(ui);
    response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

fn packing(ui: &mut Ui, draft: &mut Draft) {
    let t = tokens(ui);
    let before = draft.codec;
    ui.label(caption_strong("Format").color(t.text2));
    let options = [Codec::Zstd, Codec::Gzip, Codec::Bzip2, Codec::Lz4].map(|codec| (codec, codec.in_words()));
    Segmented::new("Format").show(ui, &mut draft.codec, &options);
    let text = match draft.codec {
        Codec::Zstd => "Fast and small.",
        Codec::Gzip => "Opens everywhere.",
        Codec::Bzip2 => "Small, but slow.",
        Codec::Lz4 => "The fastest, and the largest.",
    };
    wrapped(ui, body(text).color(t.text2));
    if draft.codec != before {
        draft.level = Level::Auto;
        draft.suggest();
    }
    ui.add_space(space::XS);
    ui.label(caption_strong("Compression").color(t.text2));
    let levels = levels(draft.codec.kind(), draft.level);
    let options: Vec<(Level, &str)> = levels.iter().map(|(level, label)| (*level, label.as_str())).collect();
    Segmented::new("Compression").show(ui, &mut draft.level, &options);
    ui.add_space(space::XS);
}

fn target(ui: &mut Ui, cx: &mut Cx<'_>, draft: &mut Draft, just_came: bool) -> bool {
    if let Some(folder) = cx.pickers.picked(FOLDER).and_then(|picked| picked.into_iter().next()) {
        draft.move_to(&folder);
    }
    let mut entered = false;
    FormRow::new("New file").hint("It appears whole or not at all; the file it is made of stays as it is.").show(ui, |ui| {
        ui.horizontal(|ui| {
            let button = if cx.pickers.available() { 148.0 } else { 0.0 };
            let width = (ui.available_width() - button).max(160.0);
            let response = ui.add(TextField::new(&mut draft.to).name("New file").hint("/home/…").width(width));
            if just_came && matches!(draft.kind, RunKind::Compress | RunKind::Decompress) {
                response.request_focus();
            }
            entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if cx.pickers.available() && ui.add(Button::plain("Other folder…").enabled(!cx.pickers.busy())).clicked() {
                cx.pickers.pick_folders(FOLDER, "The folder for the new file", false);
            }
        });
    });
    if ui.add(Check::new(draft.overwrite, "Replace it if it is there already")).clicked() {
        draft.overwrite = !draft.overwrite;
    }
    entered
}
