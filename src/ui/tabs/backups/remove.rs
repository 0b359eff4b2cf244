//! Deleting a backup: its versions stay, or go too once its name was typed.

use egui::Ui;

use super::card_data;
use crate::engine::message::PlanOverview;
use crate::model::human;
use crate::model::plan::PlanId;
use crate::ui::theme::typography::body;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Button, Dialog, FormRow, TextField, at_right, wrapped};

pub struct Removal {
    pub plan: PlanId,
    typed: String,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Open,
    Cancel,
    KeepVersions,
    DeleteVersions,
}

impl Removal {
    pub fn new(plan: PlanId) -> Self {
        Self { plan, typed: String::new() }
    }

    pub fn show(&mut self, ui: &Ui, plan: &PlanOverview) -> Decision {
        let mut decision = Decision::Open;
        let name = plan.plan.name.as_str();
        let versions = plan.versions.unwrap_or(0);
        let counted = human::counted(versions, "version", "versions");
        let place = card_data::places(&plan.plan.destinations).unwrap_or_default();
        let title = format!("Delete the backup “{name}”?");
        let out = Dialog::new(&title).width(560.0).dirty(!self.typed.is_empty()).show(ui, |ui, just_opened| {
            let t = tokens(ui);
            let kept = match versions {
                0 => "Its schedule ends. There are no versions yet.".to_owned(),
                _ => {
                    format!("Its schedule ends. Its {counted} can stay at {place}: they can be restored from there at any time.")
                }
            };
            wrapped(ui, body(kept).color(t.text));
            ui.add_space(space::S);
            let stop = if versions == 0 { "Delete the backup".to_owned() } else { format!("Stop, keep {counted}") };
            let cancel = |ui: &mut Ui| {
                let cancel = ui.add(Button::plain("Cancel"));
                if just_opened {
                    // What Enter does at once should not destroy anything.
                    cancel.request_focus();
                }
                cancel.clicked()
            };
            if versions == 0 {
                at_right(ui, size::CONTROL, |ui| {
                    if cancel(ui) {
                        decision = Decision::Cancel;
                    }
                    if ui.add(Button::danger(&stop)).clicked() {
                        decision = Decision::KeepVersions;
                    }
                });
                return;
            }
            if ui.add(Button::plain(&stop)).clicked() {
                decision = Decision::KeepVersions;
            }
            ui.add_space(space::S);
            ui.separator();
            wrapped(ui, body("Or delete the versions too. That cannot be undone.").color(t.text));
            let label = format!("Type “{name}” to confirm");
            FormRow::new(&label).show(ui, |ui| ui.add(TextField::new(&mut self.typed).name(&label)));
            let size = plan.stored_bytes.map_or(String::new(), |bytes| format!(", {}", human::bytes(bytes)));
            let all = if versions == 1 { counted.clone() } else { format!("all {counted}") };
            let delete = format!("Delete {all}{size}");
            at_right(ui, size::CONTROL, |ui| {
                if cancel(ui) {
                    decision = Decision::Cancel;
                }
                let typed = self.typed.trim() == name.trim();
                if ui.add(Button::danger(&delete).enabled(typed).why_off("Type the name first.")).clicked() {
                    decision = Decision::DeleteVersions;
                }
            });
        });
        if out.close { Decision::Cancel } else { decision }
    }
}
