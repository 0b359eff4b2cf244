//! A new key for the versions to come.

use egui::Ui;
use zeroize::Zeroizing;

use super::add_dialog::Event;
use super::new_key::NewKey;
use super::place_of;
use crate::engine::message::{KeyChange, NewSecrets};
use crate::model::plan::Plan;
use crate::model::problem::Code;
use crate::model::restore::Place;
use crate::model::secret::Secret;
use crate::ui::context::Cx;
use crate::ui::key_file::KeyFileChoice;
use crate::ui::load::Load;
use crate::ui::theme::typography::body;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Button, Dialog, FormRow, PasswordField, at_right, problem_text, spinner, wrapped};

pub struct RotateDialog {
    place: Place,
    name: String,
    /// Whether there is more than what will be typed.
    others: bool,
    secret: Zeroizing<String>,
    choice: KeyFileChoice,
    key: NewKey,
    saving: Load<()>,
}

impl RotateDialog {
    pub fn new(plan: &Plan, slots: usize) -> Option<Self> {
        Some(Self {
            place: place_of(plan)?,
            name: plan.name.clone(),
            others: slots > 1,
            secret: PasswordField::buffer(),
            choice: KeyFileChoice::default(),
            key: NewKey::default(),
            saving: Load::default(),
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) -> Event {
        self.key.poll();
        if self.saving.poll() && self.saving.ready().is_some() {
            return Event::Done;
        }
        let title = format!("Make a new key for {}", self.name);
        let mut event = Event::Open;
        let out = Dialog::new(&title).dirty(!self.secret.is_empty() || self.key.is_wanted()).width(520.0).show(ui, |ui, just_opened| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let t = tokens(ui);
            let text = "For when somebody may have got hold of the key: versions from now on are encrypted with a new one. What they \
                        share with older versions stays under the old key, until a full backup. Older versions stay readable.";
            wrapped(ui, body(text).color(t.text));
            if self.others {
                let text = "Only what you give and make here opens the backup then: other passwords, recovery keys and key \
                            files do not.";
                wrapped(ui, body(text).color(t.warn));
            }
            ui.add_space(space::S);
            let wrong = self.saving.problem().is_some_and(|problem| problem.code == Code::WrongPassword);
            let error = wrong.then_some("This does not open the backup.");
            ui.add_enabled_ui(!self.saving.is_waiting(), |ui| {
                FormRow::new("Password or recovery key now").error(error).show(ui, |ui| {
                    let field = PasswordField::new(&mut self.secret).error(wrong).show(ui);
                    if just_opened {
                        field.request_focus();
                    }
                    if field.changed() && wrong {
                        self.saving = Load::default();
                    }
                });
                if let Some(secret) = self.choice.show(ui, cx, "key file to rotate with") {
                    self.secret.clear();
                    self.secret.push_str(secret.expose());
                }
                self.key.offer(ui, cx);
            });
            if let Some(problem) = self.saving.problem().filter(|problem| problem.code != Code::WrongPassword) {
                problem_text(ui, problem);
            }
            ui.add_space(space::M);
            at_right(ui, size::PRIMARY, |ui| {
                if self.saving.is_waiting() {
                    spinner(ui, "Making it…");
                }
                if ui.add(Button::plain("Cancel").enabled(!self.saving.is_waiting())).clicked() {
                    event = Event::Closed;
                }
                let missing = self.missing();
                let make = Button::primary("Make a new key").enabled(missing.is_none() && !self.saving.is_waiting());
                if ui.add(make.why_off(missing.unwrap_or("Making it…"))).clicked() {
                    let place = Place { secret: Some(Secret::new(self.secret.as_str())), ..self.place.clone() };
                    let recovery_key = self.key.chosen();
                    let change = KeyChange::Rotate(NewSecrets { recovery_key, ..NewSecrets::default() });
                    self.saving = Load::Waiting(cx.handle.change_keys(place, change, None));
                }
            });
        });
        if out.close { Event::Closed } else { event }
    }

    /// What is still to be done before it can be made.
    fn missing(&self) -> Option<&'static str> {
        if self.secret.is_empty() {
            Some("Type the password first")
        } else if self.key.is_open() {
            Some("Keep the recovery key in a safe place first")
        } else {
            None
        }
    }
}
