//! The Encryption tab: per backup whether it is sealed, how, and where the key is kept; what opens it, and changing that. Below them
//! the tools for single files.

mod add_dialog;
mod new_key;
mod password_dialog;
mod removal;
mod rotate_dialog;
mod slots;
mod tools;

use egui::Ui;

use self::add_dialog::{AddDialog, Event};
use self::password_dialog::{DialogEvent, PasswordDialog};
use self::removal::Removal;
use self::rotate_dialog::RotateDialog;
use self::tools::Tools;
use crate::engine::message::KeyStatus;
use crate::model::human;
use crate::model::plan::{Plan, PlanId};
use crate::model::restore::{Place, PlanChoice};
use crate::model::run::RunId;
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
    dialog: Option<Open>,
    tools: Tools,
}

/// The dialog that is open.
enum Open {
    Password(PasswordDialog),
    Add(AddDialog),
    Remove(Removal),
    Rotate(RotateDialog),
}

/// Where a plan's key slots lie; opened with what this computer knows.
fn place_of(plan: &Plan) -> Option<Place> {
    let location = plan.destinations.first()?.clone();
    Some(Place { location, plan: PlanChoice::Id(plan.id.clone()), secret: None })
}

impl EncryptionTab {
    /// Whether the tab shows how this run goes and ends.
    pub fn follows(&self, run: RunId) -> bool {
        self.tools.follows(run)
    }

    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.known.retain(|(id, _)| cx.overview.plans.iter().any(|plan| plan.plan.id == *id));
        tab_page(ui, "encryption", |ui| {
            if cx.overview.plans.is_empty() {
                let text = "Once there is a backup, this page shows how it is encrypted and where its key is kept, and changes \
                            its password.";
                let empty = EmptyState::new(icons::LOCK, "Nothing to encrypt yet", text);
                // One filled button at a time.
                let label = "Set up your first backup";
                let empty = if self.tools.has_form() { empty.secondary(label) } else { empty.primary(label) };
                if empty.show(ui).is_some() {
                    cx.act(Action::NewPlan);
                }
                ui.add_space(space::XL);
            }
            ui.spacing_mut().item_spacing.y = space::M;
            for plan in &cx.overview.plans.clone() {
                self.card(ui, cx, &plan.plan);
            }
            self.tools.show(ui, cx);
        });
        let Some(dialog) = &mut self.dialog else { return };
        let (event, said) = match dialog {
            Open::Password(dialog) => {
                let event = match dialog.show(ui, cx) {
                    DialogEvent::Open => Event::Open,
                    DialogEvent::Closed => Event::Closed,
                    DialogEvent::Changed => Event::Done,
                };
                (event, format!("The password of {} is changed.", dialog.name()))
            }
            Open::Add(dialog) => (dialog.show(ui, cx), format!("{} can be opened with it.", dialog.name())),
            Open::Remove(dialog) => (dialog.show(ui, cx), format!("{} is removed.", dialog.what())),
            Open::Rotate(dialog) => (dialog.show(ui, cx), format!("{} has a new key for versions from now on.", dialog.name())),
        };
        if event == Event::Done {
            cx.toast(Toast::new(Tone::Ok, said));
            self.known.clear();
        }
        if event != Event::Open {
            self.dialog = None;
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
                        self.dialog = Some(Open::Password(PasswordDialog::new(plan)));
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
                (Some(status), _) => {
                    if let Some(asked) = facts(ui, cx, plan, status) {
                        self.dialog = Some(asked);
                    }
                }
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

/// The dialog that is asked for, if one is.
fn facts(ui: &mut Ui, cx: &Cx<'_>, plan: &Plan, status: &KeyStatus) -> Option<Open> {
    key_value(ui, "Cipher", &status.cipher);
    key_value(ui, "Key on this computer", &status.kept_in);
    if status.older_keys > 0 {
        key_value(ui, "Keys", format!("the newest and {}", human::counted(status.older_keys as u64, "older one", "older ones")));
    }
    if status.slots.is_empty() {
        key_value(ui, "Opened with", "a password, set when the first backup runs");
        return None;
    }
    key_value(ui, "Opened with", "any one of these:");
    let mut asked = slots::show(ui, cx, &plan.name, status).and_then(|slot| Some(Open::Remove(Removal::new(plan, slot)?)));
    ui.horizontal(|ui| {
        let name = format!("Add a way into {}", plan.name);
        if ui.add(Button::plain("Add…").name(name).icon(icons::PLUS)).clicked() {
            asked = AddDialog::new(plan).map(Open::Add);
        }
        let name = format!("Make a new key for {}", plan.name);
        if ui.add(Button::plain("New key…").name(name).icon(icons::ARROW_CLOCKWISE)).clicked() {
            asked = RotateDialog::new(plan, status.slots.len()).map(Open::Rotate);
        }
    });
    asked
}
