//! Restoring, step by step.

mod backup_page;
pub mod everywhere;
mod file_page;
mod found_page;
mod history_page;
mod icon;
mod large;
mod password_page;
mod progress_page;
mod result_page;
mod review_page;
pub mod rows;
pub mod search;
pub mod selection;
mod tree_page;
mod version_page;
mod where_page;
pub mod wizard;

use self::wizard::{Step, Wizard};
use crate::model::human;
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::restore::{Place, PlanChoice};
use crate::model::run::RunId;
use crate::model::snapshot::VersionId;
use crate::ui::context::{Action, Cx};
use crate::ui::widgets::{ConfirmDialog, ConfirmEvent, FlowEvent, FlowPage};

/// The pages' state.
pub struct RestoreWizard {
    wizard: Wizard,
    /// The step of the frame before: a page that has just come chooses the focus.
    shown: Option<Step>,
    view: tree_page::View,
    confirm_leave: bool,
}

/// Where restored files go if not to their place: below the home folder.
const SUGGESTED: &[u8] = b"Restored";

impl RestoreWizard {
    pub fn for_plan(cx: &mut Cx<'_>, plan: &PlanId, version: Option<VersionId>) -> Option<Self> {
        let overview = cx.plan(plan)?;
        Some(Self::with(Wizard::for_plan(cx.handle, &overview.plan, version, suggested(cx)), cx))
    }

    /// From a destination that is chosen in the pages, or from this one.
    pub fn from_place(cx: &mut Cx<'_>, place: Option<Place>) -> Self {
        let wizard = match place {
            None => Wizard::from_anywhere(suggested(cx)),
            Some(place) => {
                let wanted = match place.plan {
                    PlanChoice::Id(id) => Some(id),
                    PlanChoice::Only | PlanChoice::Name(_) => None,
                };
                Wizard::from_folder(cx.handle, &place.location.display(), wanted, suggested(cx))
            }
        };
        Self::with(wizard, cx)
    }

    /// From one archive that is chosen in the pages, or from this one.
    pub fn from_file(cx: &mut Cx<'_>, file: Option<PathBytes>) -> Self {
        Self::with(Wizard::from_archive(cx.handle, file, suggested(cx)), cx)
    }

    fn with(mut wizard: Wizard, cx: &Cx<'_>) -> Self {
        wizard.placeholders = cx.placeholders.clone();
        Self { wizard, shown: None, view: tree_page::View::default(), confirm_leave: false }
    }

    /// Whether these pages show how this run goes and ends.
    pub fn follows(&self, run: RunId) -> bool {
        self.wizard.run == Some(run)
    }

    /// Draws the page; leaves by `Action::Leave`.
    pub fn show(&mut self, ui: &mut egui::Ui, cx: &mut Cx<'_>) {
        self.wizard.poll(cx.handle);
        if self.wizard.is_waiting() {
            ui.ctx().request_repaint_after_secs(0.05);
        }
        let step = self.wizard.step;
        let just_came = self.shown.replace(step) != Some(step);
        let steps = self.wizard.steps();
        let labels: Vec<&str> = steps.iter().map(|step| self.wizard.label(*step)).collect();
        let at = |step: Step| steps.iter().position(|s| *s == step);
        let title = if self.wizard.name.is_empty() { "Restore".into() } else { format!("Restore {}", self.wizard.name) };
        let blocked = self.wizard.blocked();
        let why = blocked.clone().unwrap_or_default();
        let note = if blocked.is_some() { why.clone() } else { self.note(cx) };
        let next = self.next_label();
        let mut page = match at(step) {
            Some(current) => FlowPage::new(&title, &labels, current, current).note(&note),
            None => FlowPage::new(&title, &[], 0, 0),
        };
        if let Some(next) = &next {
            page = page.next(next, blocked.is_none(), &why);
        }
        if at(step).is_some() {
            page = page.back(if self.wizard.previous().is_some() { "Back" } else { "Cancel" });
        } else if step == Step::Result {
            page = page.back("Restore more");
        }
        if matches!(step, Step::What | Step::Version) {
            page = page.fixed();
        }
        let wizard = &mut self.wizard;
        wizard.focus_search |= just_came && step == Step::Version;
        let view = &mut self.view;
        let out = page.show(ui, |ui| match step {
            Step::Backup => backup_page::show(ui, cx, wizard, just_came),
            Step::Version => version_page::show(ui, cx, wizard),
            Step::Password => password_page::show(ui, cx, wizard, just_came),
            Step::What if wizard.history.is_some() => history_page::show(ui, cx, wizard),
            Step::What => tree_page::show(ui, cx, wizard, view),
            Step::Where => {
                where_page::show(ui, cx, wizard);
                false
            }
            Step::Review => {
                review_page::show(ui, cx, wizard);
                false
            }
            Step::Progress => {
                progress_page::show(ui, cx, wizard);
                false
            }
            Step::Result => {
                result_page::show(ui, cx, wizard);
                false
            }
        });
        let event = if out.inner { Some(FlowEvent::Next) } else { out.event };
        self.heed(cx, event, &steps);
        if self.confirm_leave {
            match ConfirmDialog::new("Leave the restore?", "What you have chosen is not kept.", "Leave")
                .cancel("Go on here")
                .show(ui)
            {
                ConfirmEvent::Confirmed => cx.act(Action::Leave),
                ConfirmEvent::Cancelled => self.confirm_leave = false,
                ConfirmEvent::Open | ConfirmEvent::Alternative => {}
            }
        }
    }

    fn heed(&mut self, cx: &mut Cx<'_>, event: Option<FlowEvent>, steps: &[Step]) {
        let wizard = &mut self.wizard;
        match event {
            Some(FlowEvent::Next) if wizard.step == Step::Result => cx.act(Action::Leave),
            Some(FlowEvent::Next) => wizard.next(cx.handle),
            Some(FlowEvent::Step(index)) => {
                if let Some(step) = steps.get(index) {
                    wizard.go_to(*step);
                }
            }
            Some(FlowEvent::Back) if wizard.step == Step::Result => wizard.more(),
            Some(FlowEvent::Back) if wizard.previous().is_some() => wizard.back(),
            Some(FlowEvent::Back | FlowEvent::Leave) => {
                // While it runs, and once it is over, leaving loses nothing: it goes on, and Activity has the result.
                if wizard.step < Step::Progress && wizard.has_input() {
                    self.confirm_leave = true;
                } else {
                    cx.act(Action::Leave);
                }
            }
            None => {}
        }
    }

    fn next_label(&self) -> Option<String> {
        Some(match self.wizard.step {
            Step::Backup if !self.wizard.is_archive() => "Next".into(),
            Step::Backup if self.wizard.asks_password() => "Next: Password".into(),
            Step::Backup => "Next: What".into(),
            Step::Version if self.wizard.asks_password() => "Next: Password".into(),
            Step::Version if self.wizard.everywhere.is_active() => "Next: Where".into(),
            Step::Version => "Next: What".into(),
            Step::Password if self.wizard.is_open() => "Next: What".into(),
            Step::Password => "Open".into(),
            Step::What => "Next: Where".into(),
            Step::Where => "Next: Review".into(),
            Step::Review => match self.wizard.review.ready() {
                Some(counts) => {
                    let n = counts.created + counts.replaced + counts.beside;
                    format!("Restore {}", human::counted(n, "file", "files"))
                }
                None => "Restore".into(),
            },
            Step::Progress => return None,
            Step::Result => "Done".into(),
        })
    }

    /// At the left of the footer.
    fn note(&mut self, cx: &Cx<'_>) -> String {
        match self.wizard.step {
            Step::What if self.wizard.history.is_some() => "Only this file is restored.".into(),
            Step::What | Step::Where => match self.wizard.chosen_weight(cx.handle) {
                Some((files, bytes)) => format!("{}, {} chosen", human::bytes(bytes), human::counted(files, "file", "files")),
                None => "Adding up…".into(),
            },
            Step::Review => "Nothing has been touched yet.".into(),
            _ => String::new(),
        }
    }
}

fn suggested(cx: &Cx<'_>) -> String {
    cx.overview.home_folder.join(SUGGESTED).display().into_owned()
}
