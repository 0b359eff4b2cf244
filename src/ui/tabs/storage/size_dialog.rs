//! Changing how much a backup may take at a destination.

use egui::Ui;

use crate::engine::message::NewSecrets;
use crate::model::location::Location;
use crate::model::max_size::in_words;
use crate::model::plan::{Plan, PlanId};
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::max_size;
use crate::ui::theme::typography::body;
use crate::ui::theme::{Tone, size, space, tokens};
use crate::ui::widgets::{Button, Dialog, Toast, at_right, problem_text, spinner, wrapped};

pub struct SizeDialog {
    plan: PlanId,
    name: String,
    location: Location,
    before: Option<u64>,
    max: Option<u64>,
    saving: Load<()>,
}

impl SizeDialog {
    pub fn new(plan: &Plan, location: &Location) -> Self {
        let max = plan.max_sizes.at(location);
        let (id, name) = (plan.id.clone(), plan.name.clone());
        Self { plan: id, name, location: location.clone(), before: max, max, saving: Load::default() }
    }

    /// `false` once it is closed.
    pub fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) -> bool {
        if self.saving.poll() && self.saving.ready().is_some() {
            let most = self.max.map_or_else(|| "all there is room for".into(), in_words);
            cx.toast(Toast::new(Tone::Ok, format!("{} may take {most} at {}.", self.name, self.location.short_name())));
            return false;
        }
        let mut is_open = true;
        let title = format!("What {} may take at {}", self.name, self.location.short_name());
        let is_changed = self.max != self.before;
        let out = Dialog::new(&title).dirty(is_changed).width(520.0).show(ui, |ui, _| {
            let t = tokens(ui);
            let text = "All its versions together. A run that would take more ends before it does, and says so; what was backed up \
                        before is whole.";
            wrapped(ui, body(text).color(t.text2));
            ui.add_space(space::S);
            ui.add_enabled_ui(!self.saving.is_waiting(), |ui| max_size::show(ui, "It may take", &mut self.max));
            if let Some(problem) = self.saving.problem() {
                problem_text(ui, problem);
            }
            ui.add_space(space::M);
            at_right(ui, size::PRIMARY, |ui| {
                if self.saving.is_waiting() {
                    spinner(ui, "Saving…");
                }
                if ui.add(Button::plain("Cancel").enabled(!self.saving.is_waiting())).clicked() {
                    is_open = false;
                }
                let save = Button::primary("Save").enabled(is_changed && !self.saving.is_waiting());
                if ui.add(save.why_off("Nothing is changed")).clicked() {
                    self.save(cx);
                }
            });
        });
        is_open && !out.close
    }

    fn save(&mut self, cx: &Cx<'_>) {
        let Some(plan) = cx.plan(&self.plan) else { return };
        let mut plan = plan.plan.clone();
        plan.max_sizes.set(&self.location, self.max);
        self.saving = Load::Waiting(cx.handle.save_plan(plan, NewSecrets::default()));
    }
}
