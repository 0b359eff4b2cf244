//! Activity: every run, in a drawer.

use super::context::Cx;
use crate::model::plan::PlanId;
use crate::model::run::RunId;

/// The drawer's state between frames.
#[derive(Default)]
pub struct Activity {}

impl Activity {
    /// Opens the drawer, at a run's report or at a plan's runs.
    pub fn open(&mut self, run: Option<RunId>, plan: Option<PlanId>) {
        let _ = (run, plan);
    }

    pub fn show(&mut self, ui: &egui::Ui, cx: &mut Cx<'_>) {
        let _ = (ui, cx);
    }
}
