//! First page: the folders, with their sizes, and what is left out of them.

use egui::{Align, Key, Label, Layout, Ui, vec2};

use super::editor::Editor;
use super::leave_out;
use crate::model::human;
use crate::model::source_spec::Measured;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, caption, hero, section};
use crate::ui::theme::{icons, size, space, tokens};
use crate::ui::warnings::shorten;
use crate::ui::widgets::{Button, Card, Check, Ends, TextField, spinner, wrapped};

/// The right column's width.
const SIDE: f32 = 300.0;
/// The width of the folders' sizes.
const SIZE: f32 = 110.0;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor, pattern: &mut String) {
    let whole = ui.available_width();
    ui.with_layout(Layout::left_to_right(Align::TOP), |ui| {
        ui.vertical(|ui| {
            ui.set_width(whole - SIDE - space::XL);
            wrapped(ui, body("Tick the folders that matter. Their size is measured as you look.").color(tokens(ui).text2));
            sources(ui, cx, editor);
            add(ui, cx, editor);
        });
        ui.add_space(space::L);
        ui.vertical(|ui| {
            ui.set_width(SIDE);
            side(ui, editor, pattern);
        });
    });
}

fn sources(ui: &mut Ui, cx: &Cx<'_>, editor: &mut Editor) {
    let t = tokens(ui);
    let home = cx.overview.home_folder.display().into_owned();
    let hovered = ui.input(|input| !input.raw.hovered_files.is_empty());
    let card = if hovered { Card::new().tight().tone(crate::ui::theme::Tone::Accent) } else { Card::new().tight() };
    card.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if editor.draft.sources.is_empty() {
            if editor.suggesting() {
                spinner(ui, "Looking for your folders…");
            } else {
                wrapped(ui, body("Add the folder you want to back up.").color(t.text2));
            }
        }
        let mut toggled = None;
        for (index, source) in editor.draft.sources.iter().enumerate() {
            let size = editor.measuring.size(&source.path);
            let line = Ends::new(ui, 48.0).left(|ui| {
                let path = shorten(&source.path.display(), &home);
                if ui.add(Check::new(source.ticked, &source.name).hint(&path)).clicked() {
                    toggled = Some(index);
                }
            });
            line.right(|ui| {
                let (text, hover) = size_text(size);
                let color = if matches!(size, Some(Load::Failed(_))) { t.bad } else { t.text };
                // A column of one width, while the sizes in it are still counted.
                let column = vec2(SIZE, ui.available_height());
                ui.allocate_ui_with_layout(column, Layout::right_to_left(Align::Center), |ui| {
                    ui.add(Label::new(body(text).color(color)).truncate()).on_hover_text(hover);
                });
            });
        }
        if let Some(source) = toggled.and_then(|index| editor.draft.sources.get_mut(index)) {
            source.ticked = !source.ticked;
            editor.touch();
        }
    });
}

/// What stands at a folder's right, and what it says on hover.
fn size_text(size: Option<&Load<Measured>>) -> (String, String) {
    match size {
        Some(Load::Ready(size)) => {
            let mut hover = format!("{}, {}", human::counted(size.files, "file", "files"), exact(size.bytes));
            if size.left_out_bytes > 0 {
                hover.push_str(&format!("; {} left out", human::bytes(size.left_out_bytes)));
            }
            if size.unreadable > 0 {
                hover.push_str(&format!("; {} cannot be read", human::count(size.unreadable)));
            }
            (human::bytes(size.bytes), hover)
        }
        Some(Load::Failed(problem)) => ("cannot be read".into(), problem.to_string()),
        _ => ("measuring…".into(), String::new()),
    }
}

fn exact(bytes: u64) -> String {
    format!("{} bytes", human::count(bytes))
}

fn add(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor) {
    let t = tokens(ui);
    ui.horizontal(|ui| {
        if cx.pickers.available() {
            let busy = cx.pickers.busy();
            if ui.add(Button::plain("Add folder…").icon(icons::FOLDER_PLUS).enabled(!busy)).clicked() {
                Editor::pick_sources(cx.pickers);
            }
        }
        let hint = if cx.pickers.available() { "or type a path: /home/…" } else { "Path of a folder: /home/…" };
        let mut add = false;
        let line = Ends::new(ui, size::CONTROL).left(|ui| {
            let response = ui.add(TextField::new(&mut editor.path_to_add).name("Path of a folder to add").hint(hint));
            add = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        });
        let typed = !editor.path_to_add.trim().is_empty();
        line.right(|ui| add |= ui.add(Button::plain("Add").enabled(typed).name("Add this path")).clicked());
        if add && typed {
            let path = editor.path_to_add.clone();
            editor.add(&path);
        }
    });
    // Always one line, so that nothing moves.
    let (text, color) = match &editor.add_error {
        Some(error) => (error.as_str(), t.bad),
        None if cx.drops => ("You can also drop folders here from the file manager.", t.text3),
        None => (" ", t.text3),
    };
    ui.label(caption(text).color(color));
}

fn side(ui: &mut Ui, editor: &mut Editor, pattern: &mut String) {
    let t = tokens(ui);
    let total = editor.measuring.total(&editor.draft);
    Card::new().show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        ui.label(body("Selected").color(t.text2));
        let size = match total.measured.bytes {
            0 if !total.complete => "…".to_owned(),
            bytes => human::bytes(bytes),
        };
        ui.label(hero(size).color(t.text)).on_hover_text(exact(total.measured.bytes));
        ui.label(body(super::counted(&total)).color(t.text2));
        if total.measured.unreadable > 0 {
            let text =
                format!("{} {} cannot be read", icons::WARNING, human::counted(total.measured.unreadable, "file", "files"));
            wrapped(ui, body(text).color(t.warn));
        }
    });
    let line = Ends::new(ui, size::CONTROL).left(|ui| {
        ui.label(section("Left out").color(t.text));
    });
    line.right(|ui| {
        let label = if editor.show_left_out { "Done" } else { "Change" };
        if ui.add(Button::quiet(label).name(format!("{label}: what is left out"))).clicked() {
            editor.show_left_out = !editor.show_left_out;
        }
    });
    let saved = match total.measured.left_out_files {
        0 if !total.complete => "Measuring what the rules save…".to_owned(),
        0 => "Nothing here matches the rules.".to_owned(),
        n => format!("{} in {}", human::bytes(total.measured.left_out_bytes), human::counted(n, "file", "files")),
    };
    wrapped(ui, body(saved).color(t.text));
    if editor.show_left_out {
        leave_out::show(ui, editor, pattern);
    } else {
        wrapped(ui, caption(leave_out::in_words(&editor.draft)).color(t.text2));
    }
}
