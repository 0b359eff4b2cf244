//! Adding what opens a backup: another password, a recovery key, a key file.

use egui::Ui;
use zeroize::Zeroizing;

use super::new_key::NewKey;
use super::place_of;
use crate::engine::message::{KeyChange, NewSecrets};
use crate::model::key::SlotKind;
use crate::model::plan::Plan;
use crate::model::problem::Code;
use crate::model::restore::Place;
use crate::model::secret::Secret;
use crate::ui::context::Cx;
use crate::ui::key_file::KeyFileChoice;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, caption};
use crate::ui::theme::{icons, size, space, tokens};
use crate::ui::widgets::{
    Button, Dialog, FormRow, PasswordField, Segmented, at_right, problem_text, spinner, strength_line, wrapped,
};

/// What becomes of the dialog.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Open,
    Closed,
    Done,
}

pub struct AddDialog {
    place: Place,
    name: String,
    kind: SlotKind,
    password: Zeroizing<String>,
    again: Zeroizing<String>,
    key: NewKey,
    choice: KeyFileChoice,
    file: Option<Secret>,
    /// Asked for only where this computer does not know the key.
    now: Option<Zeroizing<String>>,
    saving: Load<()>,
}

impl AddDialog {
    pub fn new(plan: &Plan) -> Option<Self> {
        Some(Self {
            place: place_of(plan)?,
            name: plan.name.clone(),
            kind: SlotKind::Password,
            password: PasswordField::buffer(),
            again: PasswordField::buffer(),
            key: NewKey::default(),
            choice: KeyFileChoice::or_new(),
            file: None,
            now: None,
            saving: Load::default(),
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) -> Event {
        self.key.poll();
        if self.saving.poll() {
            match &self.saving {
                Load::Ready(()) => return Event::Done,
                Load::Failed(problem) if problem.code == Code::PasswordNeeded => self.now = Some(PasswordField::buffer()),
                _ => {}
            }
        }
        let dirty = !(self.password.is_empty() && self.again.is_empty()) || self.key.ready().is_some() || self.file.is_some();
        let title = format!("Add a way into {}", self.name);
        let mut event = Event::Open;
        let out = Dialog::new(&title).dirty(dirty).width(520.0).show(ui, |ui, just_opened| {
            ui.spacing_mut().item_spacing.y = space::XS;
            ui.add_enabled_ui(!self.saving.is_waiting(), |ui| self.fields(ui, cx, just_opened));
            if let Some(problem) = self.saving.problem() {
                problem_text(ui, problem);
            }
            ui.add_space(space::M);
            at_right(ui, size::PRIMARY, |ui| {
                if self.saving.is_waiting() {
                    spinner(ui, "Adding…");
                }
                if ui.add(Button::plain("Cancel").enabled(!self.saving.is_waiting())).clicked() {
                    event = Event::Closed;
                }
                let missing = self.missing();
                let add = Button::primary("Add").enabled(missing.is_none() && !self.saving.is_waiting());
                if ui.add(add.why_off(missing.unwrap_or("Adding…"))).clicked() {
                    self.save(cx);
                }
            });
        });
        if out.close { Event::Closed } else { event }
    }

    fn fields(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, just_opened: bool) {
        let options =
            [(SlotKind::Password, "Password"), (SlotKind::RecoveryKey, "Recovery key"), (SlotKind::KeyFile, "Key file")];
        Segmented::new("What is added").show(ui, &mut self.kind, &options);
        ui.add_space(space::S);
        match self.kind {
            SlotKind::Password => self.password(ui, just_opened),
            SlotKind::RecoveryKey => {
                self.key.ask(cx);
                self.key.show(ui);
            }
            SlotKind::KeyFile => self.key_file(ui, cx),
        }
        if let Some(now) = &mut self.now {
            FormRow::new("Password or recovery key now").show(ui, |ui| PasswordField::new(now).show(ui));
        }
    }

    fn password(&mut self, ui: &mut Ui, just_opened: bool) {
        FormRow::new("Another password").hint("For somebody else, say: each password opens the backup.").show(ui, |ui| {
            let field = PasswordField::new(&mut self.password).show(ui);
            if just_opened {
                field.request_focus();
            }
        });
        strength_line(ui, &self.password);
        let differs = !self.again.is_empty() && *self.again != *self.password;
        let error = differs.then_some("The two are not the same.");
        FormRow::new("The same again").error(error).show(ui, |ui| PasswordField::new(&mut self.again).error(differs).show(ui));
    }

    fn key_file(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let t = tokens(ui);
        let text = "A file of random bytes, on a stick say, that opens the backup instead of a password. Whoever has the file can \
                    read this backup.";
        wrapped(ui, caption(text).color(t.text2));
        if self.file.is_some() {
            ui.label(body(format!("{} The key file is chosen.", icons::CHECK_CIRCLE)).color(t.ok));
        } else {
            self.file = self.choice.show(ui, cx, "key file to add");
        }
    }

    fn missing(&self) -> Option<&'static str> {
        match self.kind {
            SlotKind::Password if self.password.is_empty() => Some("Type a password"),
            SlotKind::Password if *self.password != *self.again => Some("Type the password twice"),
            SlotKind::RecoveryKey if !self.key.is_kept() => Some("Keep the recovery key in a safe place first"),
            SlotKind::KeyFile if self.file.is_none() => Some("Choose the key file"),
            _ if self.now.as_ref().is_some_and(|now| now.is_empty()) => Some("Type the password as it is now"),
            _ => None,
        }
    }

    fn save(&mut self, cx: &Cx<'_>) {
        let mut secrets = NewSecrets::default();
        match self.kind {
            SlotKind::Password => secrets.password = Some(Secret::new(self.password.as_str())),
            SlotKind::RecoveryKey => secrets.recovery_key = self.key.ready().cloned(),
            SlotKind::KeyFile => secrets.key_file.clone_from(&self.file),
        }
        let secret = self.now.as_ref().map(|now| Secret::new(now.as_str()));
        let place = Place { secret, ..self.place.clone() };
        self.saving = Load::Waiting(cx.handle.change_keys(place, KeyChange::Add(secrets), None));
    }
}
