//! The form of a channel: where it goes, of what it is told, a test with its result right below.

use egui::Ui;

use super::draft::{Draft, Kind};
use super::test_result;
use crate::model::alert::{Channel, Preset, Security, Topic};
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body_strong, caption, caption_strong};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{
    Button, Card, Check, FormRow, PasswordField, Segmented, Select, TextField, problem_text, spinner, wrapped,
};

pub struct Form {
    draft: Draft,
    test: Load<()>,
    saving: Load<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormEvent {
    Open,
    /// Nothing came of it.
    Left,
    Saved,
}

impl Form {
    pub fn new(kind: Kind) -> Self {
        Self { draft: Draft::new(kind), test: Load::Idle, saving: Load::Idle }
    }

    pub fn of(channel: &Channel) -> Self {
        Self { draft: Draft::of(channel), test: Load::Idle, saving: Load::Idle }
    }

    pub fn show(&mut self, ui: &mut Ui, cx: &Cx<'_>) -> FormEvent {
        self.test.poll();
        if self.saving.poll() && self.saving.ready().is_some() {
            return FormEvent::Saved;
        }
        let mut event = FormEvent::Open;
        Card::new().show(ui, |ui| {
            let title = match self.draft.kind {
                Kind::Desktop => "Messages on this desktop",
                Kind::Email => "Messages by e-mail",
                Kind::Webhook => "Messages to a webhook",
            };
            ui.label(body_strong(title).color(tokens(ui).text));
            match self.draft.kind {
                Kind::Desktop => {}
                Kind::Email => email(ui, &mut self.draft),
                Kind::Webhook => webhook(ui, &mut self.draft),
            }
            topics(ui, &mut self.draft);
            let made = self.draft.channel();
            ui.horizontal_wrapped(|ui| {
                let why = made.as_ref().err().map_or(String::new(), |why| format!("Not yet: {why}."));
                let can = made.is_ok() && !self.saving.is_waiting();
                let test = Button::plain("Send a test").enabled(can && !self.test.is_waiting()).why_off(&why);
                if ui.add(test).clicked()
                    && let Ok((channel, keys)) = &made
                {
                    self.test = Load::Waiting(cx.handle.test_channel(channel.clone(), keys.clone()));
                }
                if ui.add(Button::plain("Save").enabled(can).why_off(&why)).clicked()
                    && let Ok((channel, keys)) = &made
                {
                    self.saving = Load::Waiting(cx.handle.save_channel(channel.clone(), keys.clone()));
                }
                if ui.add(Button::quiet("Cancel")).clicked() {
                    event = FormEvent::Left;
                }
            });
            test_result(ui, &self.test);
            if let Err(why) = &made {
                wrapped(ui, caption(format!("Not yet: {why}.")).color(tokens(ui).text3));
            }
            if self.saving.is_waiting() {
                spinner(ui, "Saving\u{2026}");
            }
            if let Some(problem) = self.saving.problem() {
                problem_text(ui, problem);
            }
        });
        event
    }
}

fn text(ui: &mut Ui, label: &str, hint: &str, below: &str, text: &mut String) {
    FormRow::new(label).hint(below).show(ui, |ui| ui.add(TextField::new(text).hint(hint).name(label).limit(1000)));
}

fn email(ui: &mut Ui, draft: &mut Draft) {
    text(ui, "To", "ada@example.org", "Several with commas between.", &mut draft.to);
    text(ui, "Mail server", "smtp.example.org:587", "", &mut draft.server);
    ui.label(caption_strong("Line").color(tokens(ui).text2));
    let ways = [(Security::StartTls, "STARTTLS"), (Security::Tls, "TLS"), (Security::None, "This computer")];
    if Segmented::new("Line").show(ui, &mut draft.security, &ways)
        && let Some((host, _)) = draft.server.trim().rsplit_once(':')
    {
        draft.server = format!("{host}:{}", draft.security.usual_port());
    }
    ui.add_space(space::XS);
    text(ui, "Account", "ada@example.org", "Empty where the server asks nobody who they are.", &mut draft.user);
    if !draft.user.trim().is_empty() {
        let below = if draft.is_new() { "Some servers want one that is made for programs." } else { "Empty: it stays as it is." };
        secret(ui, "Password of the account", below, &mut draft.secret);
    }
    text(ui, "From", "", "Empty: the account, else the first address.", &mut draft.from);
    ca_file(ui, &mut draft.ca_file);
}

fn webhook(ui: &mut Ui, draft: &mut Draft) {
    let mut chosen = draft.preset;
    FormRow::new("Receiver").show(ui, |ui| {
        Select::new("Kind of receiver", draft.preset.in_words()).width(240.0).show(ui, |ui| {
            for preset in Preset::ALL {
                if Select::item(ui, preset == draft.preset, preset.in_words()) {
                    chosen = preset;
                }
            }
        })
    });
    if chosen != draft.preset {
        draft.choose_preset(chosen);
    }
    let below = if draft.is_new() { "As the service shows it. It is kept like a password." } else { "Empty: it stays as it is." };
    secret(ui, "Address", below, &mut draft.address);
    let (label, below) = match draft.preset {
        Preset::Ntfy => ("Access token", "Empty where the topic needs none."),
        _ => ("Secret", "Signs each message, where one is given."),
    };
    secret(ui, label, below, &mut draft.secret);
    ca_file(ui, &mut draft.ca_file);
    draft.request.show(ui);
}

fn secret(ui: &mut Ui, label: &str, below: &str, text: &mut zeroize::Zeroizing<String>) {
    FormRow::new(label).hint(below).show(ui, |ui| PasswordField::new(text).show(ui));
}

fn ca_file(ui: &mut Ui, file: &mut String) {
    let below = "Only for a server of your own: the file of whoever vouches for it.";
    text(ui, "Certificates", "/home/\u{2026}/ca.pem", below, file);
}

fn topics(ui: &mut Ui, draft: &mut Draft) {
    ui.label(body_strong("Tell there").color(tokens(ui).text));
    for topic in Topic::ALL {
        let on = draft.on.contains(&topic);
        if ui.add(Check::new(on, topic.in_words())).clicked() {
            if on {
                draft.on.remove(&topic)
            } else {
                draft.on.insert(topic)
            };
        }
    }
    ui.add_space(space::XS);
    if ui.add(Check::new(draft.quiet, "Wait until the quiet hours are over")).clicked() {
        draft.quiet = !draft.quiet;
    }
    ui.add_space(space::XS);
}
