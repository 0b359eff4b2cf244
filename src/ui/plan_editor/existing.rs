//! Backups that lie at the chosen destination already: one can be restored from, or gone on with on this computer.

use egui::Ui;
use zeroize::Zeroizing;

use super::sentence::listed;
use crate::engine::message::PlanAt;
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::restore::{Place, PlanChoice};
use crate::model::secret::Secret;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, caption};
use crate::ui::theme::{Tone, size, space, tokens};
use crate::ui::widgets::{Banner, BannerEvent, Button, Card, Ends, FormRow, PasswordField, problem_text, spinner, wrapped};

/// The backup that is gone on with, and what opens it.
pub struct Existing {
    chosen: Option<PlanAt>,
    /// What is asked of it has not been shown yet.
    just_chosen: bool,
    password: Zeroizing<String>,
    adopting: Load<Plan>,
}

impl Default for Existing {
    fn default() -> Self {
        Self { chosen: None, just_chosen: false, password: PasswordField::buffer(), adopting: Load::Idle }
    }
}

/// What the person wants with it.
pub enum Wish {
    Restore,
    /// It is a backup of this computer now.
    Adopted(Box<Plan>),
}

impl Existing {
    pub fn show(&mut self, ui: &mut Ui, cx: &Cx<'_>, location: &Location, plans: &[PlanAt]) -> Option<Wish> {
        self.adopting.poll();
        if let Some(plan) = self.adopting.ready().cloned() {
            *self = Self::default();
            return Some(Wish::Adopted(Box::new(plan)));
        }
        if plans.is_empty() {
            return None;
        }
        let mut wish = None;
        let names: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
        let text = format!(
            "{} already: {}. A new backup is kept beside.",
            if plans.len() == 1 { "A backup lies here".to_owned() } else { format!("{} backups lie here", plans.len()) },
            listed(&names)
        );
        if Banner::new(Tone::Accent, &text).action("Restore from it instead").show(ui) == Some(BannerEvent::Action) {
            wish = Some(Wish::Restore);
        }
        let strange: Vec<&PlanAt> =
            plans.iter().filter(|at| cx.overview.plans.iter().all(|known| known.plan.id != at.id)).collect();
        if !strange.is_empty() {
            Card::new().show(ui, |ui| {
                let whose = if plans.len() == 1 { "Is it" } else { "Is one of them" };
                let text =
                    format!("{whose} of a computer that this one replaces? Then go on with it here: nothing is copied anew.");
                wrapped(ui, body(text).color(tokens(ui).text2));
                strange.iter().for_each(|plan| self.line(ui, cx, location, plan));
            });
        }
        wish
    }

    fn line(&mut self, ui: &mut Ui, cx: &Cx<'_>, location: &Location, plan: &PlanAt) {
        let t = tokens(ui);
        let is_chosen = self.chosen.as_ref().is_some_and(|chosen| chosen.id == plan.id);
        let line = Ends::new(ui, size::CONTROL).left(|ui| {
            ui.add(egui::Label::new(body(&plan.name).color(t.text)).truncate());
            let whose = if plan.machine.is_empty() { "another computer" } else { &plan.machine };
            ui.add(egui::Label::new(caption(format!("written by {whose}")).color(t.text3)).truncate());
        });
        line.right(|ui| {
            let name = format!("Go on with {} here", plan.name);
            if !is_chosen && ui.add(Button::plain("Go on with it here").name(name)).clicked() {
                *self = Self { chosen: Some(plan.clone()), just_chosen: true, ..Self::default() };
                if !plan.sealed {
                    self.adopt(cx, location, plan);
                }
            }
        });
        if !is_chosen {
            return;
        }
        if plan.sealed {
            self.unlock(ui, cx, location, plan);
        }
        if self.adopting.is_waiting() {
            spinner(ui, "Opening it…");
        }
        if let Some(problem) = self.adopting.problem() {
            problem_text(ui, problem);
        }
    }

    fn unlock(&mut self, ui: &mut Ui, cx: &Cx<'_>, location: &Location, plan: &PlanAt) {
        let name = "Its password or recovery key";
        let row = FormRow::new(name).hint("The other computer must no longer back up into it.");
        let field = row.show(ui, |ui| PasswordField::new(&mut self.password).name(name).show(ui));
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let ready = !self.password.is_empty() && !self.adopting.is_waiting();
        ui.add_space(space::XS);
        let button = Button::plain("Go on with it").enabled(ready).why_off("Type its password first.");
        let button = ui.add(button);
        if std::mem::take(&mut self.just_chosen) {
            field.request_focus();
            button.scroll_to_me(Some(egui::Align::Max));
        }
        if (button.clicked() || entered) && ready {
            self.adopt(cx, location, plan);
        }
    }

    fn adopt(&mut self, cx: &Cx<'_>, location: &Location, plan: &PlanAt) {
        let secret = (!self.password.is_empty()).then(|| Secret::new(self.password.as_str()));
        let place = Place { location: location.clone(), plan: PlanChoice::Id(plan.id.clone()), secret };
        self.adopting = Load::Waiting(cx.handle.adopt(place, None));
    }
}
