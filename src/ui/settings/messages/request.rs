//! What a webhook sends, where somebody wants it otherwise than its kind of receiver has it.

use std::collections::BTreeMap;

use egui::Ui;

use crate::model::alert::{Method, Webhook};
use crate::ui::theme::typography::caption_strong;
use crate::ui::theme::{icons, space, tokens};
use crate::ui::widgets::{Button, FormRow, Segmented, TextField};

#[derive(Default)]
pub struct RequestDraft {
    /// Folded away until somebody wants it.
    shown: bool,
    pub method: Method,
    /// One a line, its name and a colon before it.
    pub headers: String,
    /// Empty: the usual one.
    pub body: String,
}

impl RequestDraft {
    pub fn of(hook: &Webhook) -> Self {
        let headers: Vec<String> = hook.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let body = hook.body.clone().unwrap_or_default();
        let shown = hook.method != Method::default() || !headers.is_empty() || !body.is_empty();
        Self { shown, method: hook.method, headers: headers.join("\n"), body }
    }

    /// Why not, in words.
    pub fn headers(&self) -> Result<BTreeMap<String, String>, String> {
        let lines = self.headers.lines().map(str::trim).filter(|line| !line.is_empty());
        let no_colon = |line: &str| format!("\u{201c}{line}\u{201d} is no header: it has no colon");
        lines.map(|line| Webhook::header_of(line).ok_or_else(|| no_colon(line))).collect()
    }

    pub fn body(&self) -> Option<String> {
        Some(self.body.clone()).filter(|body| !body.trim().is_empty())
    }

    pub fn show(&mut self, ui: &mut Ui) {
        if !self.shown {
            self.shown = ui.add(Button::quiet("Send it in another way\u{2026}").icon(icons::CARET_RIGHT)).clicked();
            return;
        }
        ui.label(caption_strong("Method").color(tokens(ui).text2));
        Segmented::new("Method").show(
            ui,
            &mut self.method,
            &[(Method::Post, "POST"), (Method::Put, "PUT"), (Method::Get, "GET")],
        );
        ui.add_space(space::XS);
        let below = "One a line. {secret} stands for the secret, which then signs nothing.";
        several(ui, "Headers", "Authorization: Bearer {secret}", below, &mut self.headers);
        // It has none.
        if self.method != Method::Get {
            let below =
                "Empty: the usual one. {event}, {subject}, {body}, {plan}, {plan_id}, {machine} and {time} are filled in.";
            several(ui, "Content", "{\"text\": \"{subject}\"}", below, &mut self.body);
        }
    }
}

fn several(ui: &mut Ui, label: &str, hint: &str, below: &str, text: &mut String) {
    let field = |ui: &mut Ui| ui.add(TextField::new(text).rows(2).mono().hint(hint).name(label).limit(16 << 10));
    FormRow::new(label).hint(below).show(ui, field);
}
