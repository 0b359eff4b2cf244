//! Restoring, step by step.

pub mod rows;
pub mod search;
pub mod selection;
pub mod wizard;

use crate::model::plan::PlanId;
use crate::model::restore::Place;
use crate::model::snapshot::VersionId;
use crate::ui::context::Cx;

/// The pages' state.
pub struct RestoreWizard {}

impl RestoreWizard {
    pub fn for_plan(cx: &mut Cx<'_>, plan: &PlanId, version: Option<VersionId>) -> Option<Self> {
        let _ = version;
        cx.plan(plan)?;
        Some(Self {})
    }

    /// From a destination that is chosen in the pages, or from this one.
    pub fn from_place(cx: &mut Cx<'_>, place: Option<Place>) -> Self {
        let _ = (cx, place);
        Self {}
    }

    /// Draws the page with `widgets::FlowPage`; leaves by `Action::Leave`.
    pub fn show(&mut self, ui: &mut egui::Ui, cx: &mut Cx<'_>) {
        let _ = (ui, cx);
    }
}
