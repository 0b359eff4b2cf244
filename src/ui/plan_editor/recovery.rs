//! The recovery key: offered, shown once in groups, confirmed.

use egui::Ui;

use super::editor::Editor;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, mono};
use crate::ui::theme::{icons, space, tokens};
use crate::ui::widgets::{Button, Card, Check, problem_text, spinner, wrapped};

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor) {
    let t = tokens(ui);
    let Some(key) = editor.draft.recovery_key.clone() else {
        match &editor.new_key {
            Load::Waiting(_) => {
                spinner(ui, "Making a recovery key…");
            }
            other => {
                if let Load::Failed(problem) = other {
                    problem_text(ui, problem);
                }
                let offer = Button::plain("Make a recovery key").icon(icons::KEY);
                let hover = "A second way in, to be kept on paper, for when the password is forgotten.";
                if ui.add(offer).on_hover_text(hover).clicked() {
                    editor.new_key = Load::Waiting(cx.handle.new_recovery_key());
                    editor.touch();
                }
            }
        }
        return;
    };
    Card::new().tight().show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        wrapped(ui, body("Your recovery key. It is shown only now: write it down or print it.").color(t.text));
        ui.add(egui::Label::new(mono(key.expose()).color(t.text)).selectable(true).wrap());
        ui.horizontal(|ui| {
            if ui.add(Button::plain("Copy").icon(icons::COPY).name("Copy the recovery key")).clicked() {
                ui.ctx().copy_text(key.expose().to_owned());
            }
            if ui.add(Button::quiet("Do without").name("Do without a recovery key")).clicked() {
                editor.draft.recovery_key = None;
                editor.draft.written_down = false;
                editor.new_key = Load::Idle;
            }
        });
        if ui.add(Check::new(editor.draft.written_down, "I have written it down")).clicked() {
            editor.draft.written_down = !editor.draft.written_down;
        }
    });
}
