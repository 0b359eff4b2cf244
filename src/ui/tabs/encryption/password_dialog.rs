//! Changing a password, with a new recovery key where one is wished.

use egui::Ui;
use zeroize::Zeroizing;

use super::new_key::NewKey;
use crate::engine::message::NewSecrets;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId, SecretFile};
use crate::model::problem::Code;
use crate::model::secret::Secret;
use crate::ui::context::Cx;
use crate::ui::key_file::KeyFileChoice;
use crate::ui::load::Load;
use crate::ui::theme::typography::caption;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Button, Dialog, FormRow, PasswordField, at_right, problem_text, spinner, strength_line, wrapped};

pub struct PasswordDialog {
    plan: PlanId,
    name: String,
    old: Zeroizing<String>,
    new: Zeroizing<String>,
    again: Zeroizing<String>,
    key: NewKey,
    choice: KeyFileChoice,
    /// That runs nobody attends read the password from.
    file: Option<PathBytes>,
    saving: Load<()>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum DialogEvent {
    Open,
    Closed,
    Changed,
}

impl PasswordDialog {
    pub fn new(plan: &Plan) -> Self {
        Self {
            plan: plan.id.clone(),
            name: plan.name.clone(),
            old: PasswordField::buffer(),
            new: PasswordField::buffer(),
            again: PasswordField::buffer(),
            key: NewKey::default(),
            choice: KeyFileChoice::default(),
            file: match &plan.secret_file {
                Some(SecretFile::Password(path)) => Some(path.clone()),
                _ => None,
            },
            saving: Load::default(),
        }
    }

    /// The backup's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) -> DialogEvent {
        self.key.poll();
        if self.saving.poll() && self.saving.ready().is_some() {
            return DialogEvent::Changed;
        }
        let dirty = !(self.old.is_empty() && self.new.is_empty() && self.again.is_empty());
        let title = format!("Change the password of {}", self.name);
        let mut event = DialogEvent::Open;
        let out = Dialog::new(&title).dirty(dirty || self.key.is_wanted()).width(520.0).show(ui, |ui, just_opened| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let enter = ui.add_enabled_ui(!self.saving.is_waiting(), |ui| self.fields(ui, cx, just_opened)).inner;
            if enter && self.missing().is_none() {
                self.save(cx);
            }
            if let Some(problem) = self.saving.problem().filter(|problem| problem.code != Code::WrongPassword) {
                problem_text(ui, problem);
            }
            ui.add_space(space::M);
            at_right(ui, size::PRIMARY, |ui| {
                if self.saving.is_waiting() {
                    spinner(ui, "Changing…");
                }
                if ui.add(Button::plain("Cancel").enabled(!self.saving.is_waiting())).clicked() {
                    event = DialogEvent::Closed;
                }
                let save = Button::primary("Change password").enabled(self.missing().is_none() && !self.saving.is_waiting());
                if ui.add(save.why_off(self.missing().unwrap_or("Changing…"))).clicked() {
                    self.save(cx);
                }
            });
        });
        if out.close { DialogEvent::Closed } else { event }
    }

    /// `true`: Enter was pressed in the last one.
    fn fields(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, just_opened: bool) -> bool {
        let wrong = self.saving.problem().is_some_and(|problem| problem.code == Code::WrongPassword);
        let error = wrong.then_some("This is not the password of this backup.");
        FormRow::new("Password or recovery key now").error(error).show(ui, |ui| {
            let field = PasswordField::new(&mut self.old).error(wrong).show(ui);
            if just_opened {
                field.request_focus();
            }
            if field.changed() && wrong {
                self.saving = Load::default();
            }
        });
        if let Some(secret) = self.choice.show(ui, cx, "key file to change the password with") {
            self.old.clear();
            self.old.push_str(secret.expose());
        }
        FormRow::new("New password").hint("A few words that only you would put together are best.").show(ui, |ui| {
            PasswordField::new(&mut self.new).show(ui);
        });
        strength_line(ui, &self.new);
        let differs = !self.again.is_empty() && *self.again != *self.new;
        let error = differs.then_some("The two are not the same.");
        let last = FormRow::new("New password again")
            .error(error)
            .show(ui, |ui| PasswordField::new(&mut self.again).error(differs).show(ui));
        let enter = last.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if let Some(file) = &self.file {
            let text = format!("If this is the password in {}, that file no longer opens the backup then.", file.display());
            wrapped(ui, caption(text).color(tokens(ui).warn));
        }
        self.key.offer(ui, cx);
        enter
    }

    /// What is still to be done before it can be saved.
    fn missing(&self) -> Option<&'static str> {
        if self.old.is_empty() {
            Some("Type the password as it is now")
        } else if self.new.is_empty() {
            Some("Type a new password")
        } else if *self.new != *self.again {
            Some("Type the new password twice")
        } else if self.key.is_open() {
            Some("Keep the recovery key in a safe place first")
        } else {
            None
        }
    }

    fn save(&mut self, cx: &Cx<'_>) {
        let recovery_key = self.key.chosen();
        let new = NewSecrets { password: Some(Secret::new(self.new.as_str())), recovery_key, ..NewSecrets::default() };
        self.saving = Load::Waiting(cx.handle.change_password(self.plan.clone(), Secret::new(self.old.as_str()), new));
    }
}
