//! Taking a way into a backup away.

use egui::Ui;

use super::add_dialog::Event;
use super::place_of;
use crate::engine::message::KeyChange;
use crate::model::key::{KeySlot, SlotKind};
use crate::model::plan::Plan;
use crate::model::restore::Place;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::body;
use crate::ui::theme::{size, space, tokens};
use crate::ui::widgets::{Button, Dialog, at_right, problem_text, spinner, wrapped};

pub struct Removal {
    place: Place,
    name: String,
    slot: KeySlot,
    saving: Load<()>,
}

impl Removal {
    pub fn new(plan: &Plan, slot: KeySlot) -> Option<Self> {
        Some(Self { place: place_of(plan)?, name: plan.name.clone(), slot, saving: Load::default() })
    }

    /// "The password 3fa9c21b of Documents".
    pub fn what(&self) -> String {
        format!("The {} {} of {}", self.slot.kind.in_words().to_lowercase(), self.slot.id, self.name)
    }

    pub fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) -> Event {
        if self.saving.poll() && self.saving.ready().is_some() {
            return Event::Done;
        }
        let what = self.slot.kind.in_words().to_lowercase();
        let title = format!("Remove this {what}?");
        let mut event = Event::Open;
        let out = Dialog::new(&title).dirty(self.saving.is_waiting()).show(ui, |ui, just_opened| {
            let t = tokens(ui);
            let made = self
                .slot
                .created
                .map_or(String::new(), |at| format!(" It was made {}.", crate::model::human::moment(at, cx.now, cx.zone)));
            let text = format!("It will no longer open {}.{made}", self.name);
            wrapped(ui, body(text).color(t.text));
            let text = match self.slot.kind {
                SlotKind::Password => "Be sure that you know one of the others.",
                SlotKind::RecoveryKey => "What stands on the paper is worth nothing then.",
                SlotKind::KeyFile => "The file itself stays where it is.",
            };
            wrapped(ui, body(text).color(t.text2));
            if let Some(problem) = self.saving.problem() {
                problem_text(ui, problem);
            }
            ui.add_space(space::M);
            at_right(ui, size::PRIMARY, |ui| {
                if self.saving.is_waiting() {
                    spinner(ui, "Removing…");
                }
                let cancel = ui.add(Button::plain("Cancel").enabled(!self.saving.is_waiting()));
                if just_opened {
                    // What Enter does at once should not destroy anything.
                    cancel.request_focus();
                }
                if cancel.clicked() {
                    event = Event::Closed;
                }
                let remove = format!("Remove the {what}");
                if ui.add(Button::danger(&remove).enabled(!self.saving.is_waiting())).clicked() {
                    let change = KeyChange::Remove { slot: self.slot.id.clone() };
                    self.saving = Load::Waiting(cx.handle.change_keys(self.place.clone(), change, None));
                }
            });
        });
        if out.close { Event::Closed } else { event }
    }
}
