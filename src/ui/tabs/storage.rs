//! The Storage tab: a card per destination.

mod card;
mod facts;
mod history;
mod move_dialog;
mod size_dialog;

use egui::Ui;

use self::card::Destination;
use self::move_dialog::MoveDialog;
use self::size_dialog::SizeDialog;
use crate::model::location::Location;
use crate::ui::context::{Action, Cx};
use crate::ui::theme::{icons, space};
use crate::ui::version_deletion::VersionDeletion;
use crate::ui::widgets::{EmptyState, tab_page};

/// The tab's state between frames.
#[derive(Default)]
pub struct StorageTab {
    shown: Vec<Destination>,
    dialog: Option<Asked>,
}

/// The dialog that was asked for.
enum Asked {
    Size(Box<SizeDialog>),
    Move(Box<MoveDialog>),
    Free(Box<VersionDeletion>),
}

impl Asked {
    /// `false` once it is closed.
    fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) -> bool {
        match self {
            Self::Size(dialog) => dialog.show(ui, cx),
            Self::Move(dialog) => dialog.show(ui, cx),
            Self::Free(dialog) => dialog.show(ui, cx),
        }
    }
}

impl StorageTab {
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.follow(cx);
        tab_page(ui, "storage", |ui| {
            if self.shown.is_empty() {
                let text = "Once there is a backup, this page shows the drive or folder it goes to: whether it can be reached, \
                            how much room is left and what lies there.";
                let empty = EmptyState::new(icons::HARD_DRIVES, "No destination yet", text);
                if empty.primary("Set up your first backup").show(ui).is_some() {
                    cx.act(Action::NewPlan);
                }
                return;
            }
            ui.spacing_mut().item_spacing.y = space::M;
            for destination in &mut self.shown {
                let wanted = destination.card(ui, cx);
                self.dialog = wanted.or(self.dialog.take());
            }
        });
        if self.dialog.as_mut().is_some_and(|dialog| !dialog.show(ui, cx)) {
            self.dialog = None;
        }
    }

    /// One entry per destination of any plan, in the order of the plans.
    fn follow(&mut self, cx: &Cx<'_>) {
        let mut wanted: Vec<&Location> = Vec::new();
        for location in cx.overview.plans.iter().flat_map(|plan| &plan.plan.destinations) {
            if !wanted.contains(&location) {
                wanted.push(location);
            }
        }
        let mut old = std::mem::take(&mut self.shown);
        for location in wanted {
            let known = old.iter().position(|known| known.location == *location).map(|at| old.swap_remove(at));
            self.shown.push(known.unwrap_or_else(|| Destination::new(location.clone())));
        }
    }
}
