//! The Encryption tab: per backup whether it is sealed, how, and where the key is kept; changing the password.

mod password_dialog;

use egui::Ui;

use self::password_dialog::{DialogEvent, PasswordDialog};
use crate::engine::message::KeyStatus;
use crate::model::human;
use crate::model::plan::{Plan, PlanId};
use crate::ui::context::{Action, Cx};
use crate::ui::kept::Kept;
use crate::ui::theme::typography::{body, section};
use crate::ui::theme::{Tone, icons, size, space, tokens};
use crate::ui::widgets::{
    Button, Card, EmptyState, Ends, StatusPill, Toast, key_value, problem_text, spinner, tab_page, wrapped,
};

/// The tab's state between frames.
#[derive(Default)]
pub struct EncryptionTab {
    known: Vec<(PlanId, Kept<KeyStatus>)>,
    dialog: Option<PasswordDialog>,
}

impl EncryptionTab {
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.known.retain(|(id, _)| cx.overview.plans.iter().any(|plan| plan.plan.id == *id));
        tab_page(ui, "encryption", |ui| {
            if cx.overview.plans.is_empty() {
                let text = "Once there is a backup, this page shows how it is encrypted and where its key is kept, and changes \
                            its password.";
                let empty = EmptyState::new(icons::LOCK, "Nothing to encrypt yet", text);
                if empty.primary("Set up your first backup").show(ui).is_some() {
                    cx.act(Action::NewPlan);
                }
                return;
            }
            ui.spacing_mut().item_spacing.y = space::M;
            for plan in &cx.overview.plans.clone() {
                self.card(ui, cx, &plan.plan);
            }
        });
        if let Some(dialog) = &mut self.dialog {
            match dialog.show(ui, cx) {
                DialogEvent::Open => {}
                DialogEvent::Closed => self.dialog = None,
                DialogEvent::Changed => {
                    cx.toast(Toast::new(Tone::Ok, format!("The password of {} is changed.", dialog.name())));
                    self.known.clear();
                    self.dialog = None;
                }
            }
        }
    }

    fn card(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &Plan) {
        let at = self.known.iter().position(|(id, _)| *id == plan.id).unwrap_or_else(|| {
            self.known.push((plan.id.clone(), Kept::default()));
            self.known.len() - 1
        });
        let Some((_, status)) = self.known.get_mut(at) else { return };
        status.refresh(cx.generation, || cx.handle.key_status(plan.id.clone()));
        let sealed = plan.seal.is_some();
        Card::new().show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let line = Ends::new(ui, size::CONTROL).left(|ui| {
                ui.add(egui::Label::new(section(&plan.name).color(tokens(ui).text)).truncate());
            });
            line.right(|ui| {
                if sealed {
                    ui.add(StatusPill::new(Tone::Ok, icons::LOCK, "Encrypted"));
                    let name = format!("Change the password of {}", plan.name);
                    if ui.add(Button::plain("Change password…").name(name).icon(icons::KEY)).clicked() {
                        self.dialog = Some(PasswordDialog::new(plan));
                    }
                } else {
                    ui.add(StatusPill::new(Tone::Neutral, icons::LOCK_OPEN, "Not encrypted"));
                }
            });
            if !sealed {
                let text = "Whoever gets hold of the destination can read everything in it. A backup's encryption is chosen when \
                            it is made: to encrypt these files, set up a new backup for them.";
                wrapped(ui, body(text).color(tokens(ui).text2));
                return;
            }
            match (status.ready(), status.problem()) {
                (Some(status), _) => facts(ui, status),
                (None, Some(problem)) => {
                    problem_text(ui, problem);
                }
                (None, None) => {
                    spinner(ui, "Looking…");
                }
            }
        });
    }
}

fn facts(ui: &mut Ui, status: &KeyStatus) {
    key_value(ui, "Cipher", &status.cipher);
    if status.password_slots.is_empty() {
        key_value(ui, "Password", "set when the first backup runs");
    } else {
        let slots = human::counted(status.password_slots.len() as u64, "password", "passwords");
        key_value(ui, "Password", format!("{slots}, stretched with {}", status.password_slots.join("; ")));
        let recovery = match status.recovery_slots {
            0 => "none: without the password nobody can restore".to_owned(),
            1 => "one: it opens this backup without the password".to_owned(),
            n => format!("{n}: each opens this backup without the password"),
        };
        key_value(ui, "Recovery key", recovery);
    }
    key_value(ui, "Key on this computer", &status.kept_in);
}
