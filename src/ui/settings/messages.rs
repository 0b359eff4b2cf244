//! Who is told of what: the channels, with a test each, and the quiet hours.

mod draft;
mod form;
mod request;

use std::collections::BTreeMap;

use egui::Ui;

use self::form::{Form, FormEvent};
use crate::engine::message::ChannelKeys;
use crate::model::alert::{Channel, ChannelId, Messages, Topic, Way};
use crate::model::limits::Hours;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body_strong, caption, section};
use crate::ui::theme::{Icon, Tone, icons, space, tokens};
use crate::ui::widgets::{
    Button, Card, ConfirmDialog, ConfirmEvent, Segmented, hours_fields, icon_label, problem_text, spinner, wrapped,
};

/// What people sleep at, at first.
const NIGHT: &str = "22:00-07:00";

#[derive(Default)]
pub struct MessagesPane {
    /// What is being added or changed.
    form: Option<Form>,
    /// Tests of channels that are saved, and what came of them.
    tests: BTreeMap<ChannelId, Load<()>>,
    /// Asked about.
    removing: Option<ChannelId>,
    removal: Load<()>,
}

impl MessagesPane {
    /// Whether the engine has changed the channels: settings that are on their way know nothing of it.
    pub fn show(&mut self, ui: &mut Ui, cx: &Cx<'_>, messages: &mut Messages) -> bool {
        let t = tokens(ui);
        ui.label(section("Messages").color(t.text));
        let mut has_changed = self.removal.poll() && self.removal.ready().is_some();
        match &mut self.form {
            Some(form) => match form.show(ui, cx) {
                FormEvent::Open => {}
                FormEvent::Left => self.form = None,
                FormEvent::Saved => {
                    self.form = None;
                    has_changed = true;
                }
            },
            None => self.list(ui, cx, messages),
        }
        has_changed
    }

    fn list(&mut self, ui: &mut Ui, cx: &Cx<'_>, messages: &mut Messages) {
        let t = tokens(ui);
        if messages.channels.is_empty() {
            wrapped(ui, caption("Nobody is told when a backup fails. Add a way to reach you.").color(t.text2));
        }
        for channel in &messages.channels {
            self.channel(ui, cx, channel);
        }
        if let Some(problem) = self.removal.problem() {
            problem_text(ui, problem);
        }
        if messages.channels.len() < Messages::MOST_CHANNELS {
            ui.horizontal_wrapped(|ui| {
                let has_desktop = messages.channels.iter().any(|channel| channel.way == Way::Desktop);
                let ways = [
                    (draft::Kind::Desktop, "Tell me here"),
                    (draft::Kind::Email, "Add e-mail"),
                    (draft::Kind::Webhook, "Add webhook"),
                ];
                for (kind, label) in ways {
                    if (kind, has_desktop) != (draft::Kind::Desktop, true)
                        && ui.add(Button::plain(label).icon(icons::PLUS)).clicked()
                    {
                        self.form = Some(Form::new(kind));
                    }
                }
            });
        }
        ui.add_space(space::S);
        quiet_hours(ui, &mut messages.quiet);
        self.confirm(ui, cx, messages);
    }

    fn channel(&mut self, ui: &mut Ui, cx: &Cx<'_>, channel: &Channel) {
        let t = tokens(ui);
        let to = channel.way.in_words();
        Card::new().tight().show(ui, |ui| {
            wrapped(ui, body_strong(format!("{} {to}", icon(&channel.way))).color(t.text));
            wrapped(ui, caption(topics(&channel.on)).color(t.text2));
            let test = self.tests.entry(channel.id.clone()).or_default();
            test.poll();
            ui.horizontal_wrapped(|ui| {
                let button = Button::plain("Send a test").name(format!("Send a test: {to}")).enabled(!test.is_waiting());
                if ui.add(button).clicked() {
                    *test = Load::Waiting(cx.handle.test_channel(channel.clone(), ChannelKeys::default()));
                }
                if ui.add(Button::quiet("Change").name(format!("Change: {to}"))).clicked() {
                    self.form = Some(Form::of(channel));
                }
                if ui.add(Button::quiet("Remove").name(format!("Remove: {to}"))).clicked() {
                    self.removing = Some(channel.id.clone());
                }
            });
            test_result(ui, test);
        });
    }

    fn confirm(&mut self, ui: &Ui, cx: &Cx<'_>, messages: &Messages) {
        let Some(channel) = self.removing.as_ref().and_then(|id| messages.channel(id)) else { return };
        let text = format!("{}: nobody is told there any more. Its password or address is forgotten.", channel.way.in_words());
        match ConfirmDialog::new("Remove this way?", &text, "Remove").danger().show(ui) {
            ConfirmEvent::Confirmed => {
                self.removal = Load::Waiting(cx.handle.remove_channel(channel.id.clone()));
                self.removing = None;
            }
            ConfirmEvent::Cancelled => self.removing = None,
            ConfirmEvent::Open | ConfirmEvent::Alternative => {}
        }
    }
}

/// What came of a test, right below its button.
fn test_result(ui: &mut Ui, test: &Load<()>) {
    match test {
        Load::Idle => {}
        Load::Waiting(_) => {
            spinner(ui, "Sending\u{2026}");
        }
        Load::Ready(()) => {
            icon_label(ui, Tone::Ok, icons::CHECK_CIRCLE, "The test has gone. Look whether it arrived.");
        }
        Load::Failed(problem) => {
            problem_text(ui, problem);
        }
    }
}

fn icon(way: &Way) -> Icon {
    match way {
        Way::Desktop => icons::DESKTOP,
        Way::Email(_) => icons::FILE_TEXT,
        Way::Webhook(_) => icons::GLOBE,
    }
}

/// "A backup failed · A verification found damage".
fn topics(on: &[Topic]) -> String {
    on.iter().map(|topic| topic.in_words()).collect::<Vec<_>>().join(" \u{b7} ")
}

fn quiet_hours(ui: &mut Ui, quiet: &mut Option<Hours>) {
    let t = tokens(ui);
    ui.label(body_strong("Quiet hours").color(t.text));
    let mut is_quiet = quiet.is_some();
    if Segmented::new("Quiet hours").show(ui, &mut is_quiet, &[(false, "None"), (true, "At night")]) {
        *quiet = if is_quiet { NIGHT.parse().ok() } else { None };
    }
    if let Some(hours) = quiet {
        hours_fields(ui, ["Quiet from", "Quiet to"], hours);
    }
    wrapped(ui, caption("What happens then is told afterwards.").color(t.text3));
}
