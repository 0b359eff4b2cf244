//! The Storage tab.

use crate::ui::context::Cx;

/// The tab's state between frames.
#[derive(Default)]
pub struct StorageTab {}

impl StorageTab {
    pub fn show(&mut self, ui: &mut egui::Ui, cx: &mut Cx<'_>) {
        let _ = (ui, cx);
    }
}
