//! Cleaning up by hand: what would go is shown, and goes when it is said so.

use egui::Ui;

use super::now;
use crate::engine::message::Command;
use crate::model::clean_up::{CleanUpSpec, RetentionPreview};
use crate::model::human;
use crate::model::plan::Plan;
use crate::ui::context::{Cx, new_run_id};
use crate::ui::load::Load;
use crate::ui::theme::typography::body;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Button, Dialog, at_right, problem_text, spinner, wrapped};

pub struct CleanUp {
    plan: Plan,
    preview: Load<RetentionPreview>,
}

impl CleanUp {
    pub fn new(plan: &Plan, cx: &Cx<'_>) -> Self {
        Self { plan: plan.clone(), preview: Load::Waiting(cx.handle.preview_retention(plan.clone())) }
    }

    /// Whether it is done with.
    pub fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) -> bool {
        self.preview.poll();
        let mut done = false;
        let title = format!("Clean up {}?", self.plan.name);
        let out = Dialog::new(&title).show(ui, |ui, just_opened| {
            let t = tokens(ui);
            wrapped(ui, body(format!("Versions are kept: {}.", self.plan.retention.in_words())).color(t.text2));
            let mut going = 0;
            match &self.preview {
                Load::Ready(preview) => {
                    for place in &preview.places {
                        going = going.max(place.judged.as_ref().map_or(0, |judged| judged.going.len()));
                        now(ui, cx, place, "go");
                    }
                }
                Load::Failed(problem) => _ = problem_text(ui, problem),
                _ => _ = spinner(ui, "Looking at what would go…"),
            }
            ui.add_space(space::M);
            at_right(ui, size::PRIMARY, |ui| {
                let cancel = ui.add(Button::plain("Cancel"));
                if just_opened {
                    // What Enter does at once should not destroy anything.
                    cancel.request_focus();
                }
                let label = match going {
                    0 => "Delete nothing".to_owned(),
                    n => format!("Delete {}", human::counted(n as u64, "version", "versions")),
                };
                let delete = Button::danger(&label).enabled(going > 0).why_off("All versions stay");
                if ui.add(delete).clicked() {
                    let spec = CleanUpSpec { plan: self.plan.id.clone(), despite_doubts: true };
                    cx.send(Command::CleanUp { run: new_run_id(), spec });
                    done = true;
                }
                done |= cancel.clicked();
            });
        });
        done || out.close
    }
}
