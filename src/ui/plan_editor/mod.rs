//! Setting up a backup and editing it: what, where, how.

pub mod draft;
pub mod editor;
pub mod measuring;

use crate::model::plan::PlanId;
use crate::ui::context::Cx;

/// The pages' state.
pub struct PlanEditor {}

impl PlanEditor {
    /// A new backup; the first one of all is a first run.
    pub fn new(cx: &mut Cx<'_>) -> Self {
        let _ = cx;
        Self {}
    }

    pub fn edit(cx: &mut Cx<'_>, plan: &PlanId) -> Option<Self> {
        cx.plan(plan)?;
        Some(Self {})
    }

    /// Draws the page with `widgets::FlowPage`; leaves by `Action::Leave`.
    pub fn show(&mut self, ui: &mut egui::Ui, cx: &mut Cx<'_>) {
        let _ = (ui, cx);
    }
}
