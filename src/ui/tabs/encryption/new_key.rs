//! A new recovery key on its way into a backup: shown once, and to be kept before anything is saved.

use egui::Ui;

use crate::model::secret::Secret;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, caption, mono};
use crate::ui::theme::{icons, tokens};
use crate::ui::widgets::{Button, Card, Check, problem_text, wrapped};

#[derive(Default)]
pub struct NewKey {
    key: Load<Secret>,
    /// The person says so.
    kept: bool,
    /// Where it is for choice.
    wanted: bool,
}

impl NewKey {
    /// Asks for one, where that was not done yet.
    pub fn ask(&mut self, cx: &Cx<'_>) {
        if self.key.is_idle() {
            self.key = Load::Waiting(cx.handle.new_recovery_key());
        }
    }

    pub fn poll(&mut self) {
        self.key.poll();
    }

    pub fn ready(&self) -> Option<&Secret> {
        self.key.ready()
    }

    /// Whether it is there, and the person has it.
    pub fn is_kept(&self) -> bool {
        self.kept && self.key.ready().is_some()
    }

    pub fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Whether one is wanted and the person does not have it yet.
    pub fn is_open(&self) -> bool {
        self.wanted && !self.is_kept()
    }

    /// That goes into the backup, if one is wanted.
    pub fn chosen(&self) -> Option<Secret> {
        self.ready().filter(|_| self.wanted).cloned()
    }

    /// Leaves it to the person whether one is made in place of the old one.
    pub fn offer(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let check = Check::new(self.wanted, "Make a new recovery key").hint("The old one no longer works then.");
        if ui.add(check).clicked() {
            self.wanted = !self.wanted;
            self.kept = false;
            if self.wanted {
                self.ask(cx);
            }
        }
        if self.wanted {
            self.show(ui);
        }
    }

    pub fn show(&mut self, ui: &mut Ui) {
        let t = tokens(ui);
        Card::new().tight().show(ui, |ui| match (self.key.ready(), self.key.problem()) {
            (Some(key), _) => {
                ui.horizontal(|ui| {
                    ui.add(egui::Label::new(mono(key.expose()).color(t.text)).wrap().selectable(true));
                    if ui.add(Button::icon_only(icons::COPY, "Copy the recovery key")).clicked() {
                        ui.ctx().copy_text(key.expose().to_owned());
                    }
                });
                let text = "Write it down or print it, and keep it away from this computer. Whoever has it can read this backup.";
                wrapped(ui, caption(text).color(t.text2));
                if ui.add(Check::new(self.kept, "I have kept it in a safe place")).clicked() {
                    self.kept = !self.kept;
                }
            }
            (None, Some(problem)) => {
                problem_text(ui, problem);
            }
            (None, None) => {
                ui.label(body("Making a key…").color(t.text2));
            }
        });
    }
}
