//! What is left out: groups with switches, and the person's own patterns.

use egui::{Key, Ui};

use super::draft::Draft;
use super::editor::Editor;
use crate::model::source_spec::Preset;
use crate::ui::theme::typography::{caption, mono};
use crate::ui::theme::{icons, size, space, tokens};
use crate::ui::widgets::{Button, Check, Ends, TextField, wrapped};

/// The rules in one line.
pub fn in_words(draft: &Draft) -> String {
    let mut names: Vec<&str> = draft.presets.iter().map(|preset| short(*preset)).collect();
    if draft.honour_tags {
        names.push("folders marked as caches");
    }
    names.extend(draft.excludes.iter().map(String::as_str));
    match names.split_last() {
        None => "Everything is backed up.".into(),
        Some((only, [])) => capital((*only).to_owned()),
        Some((last, rest)) => capital(format!("{} and {last}", rest.join(", "))),
    }
}

fn short(preset: Preset) -> &'static str {
    match preset {
        Preset::Caches => "caches",
        Preset::Trash => "trash",
        Preset::DeveloperBuilds => "build results",
    }
}

fn capital(mut text: String) -> String {
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

pub fn show(ui: &mut Ui, editor: &mut Editor, pattern: &mut String) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::XS;
    for preset in Preset::ALL {
        let on = editor.draft.presets.contains(&preset);
        if ui.add(Check::new(on, preset.label())).on_hover_text(preset.patterns().join("  ")).clicked() {
            editor.draft.set_preset(preset, !on);
            editor.touch();
        }
    }
    let tags = Check::new(editor.draft.honour_tags, "Folders marked as caches").hint("By a CACHEDIR.TAG or .nobackup file");
    if ui.add(tags).clicked() {
        editor.draft.honour_tags = !editor.draft.honour_tags;
        editor.touch();
    }
    let one = Check::new(editor.draft.one_file_system, "Other drives mounted inside");
    if ui.add(one).clicked() {
        editor.draft.one_file_system = !editor.draft.one_file_system;
        editor.touch();
    }
    let mut removed = None;
    for (index, known) in editor.draft.excludes.iter().enumerate() {
        ui.horizontal(|ui| {
            if ui.add(Button::icon_only(icons::X, &format!("Stop leaving out {known}"))).clicked() {
                removed = Some(index);
            }
            ui.add(egui::Label::new(mono(known).color(t.text)).truncate());
        });
    }
    if let Some(index) = removed {
        editor.draft.excludes.remove(index);
        editor.touch();
    }
    let mut add = false;
    let line = Ends::new(ui, size::CONTROL).left(|ui| {
        let response = ui.add(TextField::new(pattern).mono().hint("*.iso").name("Pattern to leave out"));
        add = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    });
    line.right(|ui| {
        let button = Button::plain("Add").name("Leave out this pattern").enabled(!pattern.trim().is_empty());
        add |= ui.add(button).clicked();
    });
    if add {
        editor.draft.exclude(pattern);
        pattern.clear();
        editor.touch();
    }
    wrapped(ui, caption("As in .gitignore: * for anything, / at the end for folders only, ! brings back.").color(t.text3));
}
