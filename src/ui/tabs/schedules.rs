//! The Schedules tab.

use crate::ui::context::Cx;

/// The tab's state between frames.
#[derive(Default)]
pub struct SchedulesTab {}

impl SchedulesTab {
    pub fn show(&mut self, ui: &mut egui::Ui, cx: &mut Cx<'_>) {
        let _ = (ui, cx);
    }
}
