//! The Encryption tab.

use crate::ui::context::Cx;

/// The tab's state between frames.
#[derive(Default)]
pub struct EncryptionTab {}

impl EncryptionTab {
    pub fn show(&mut self, ui: &mut egui::Ui, cx: &mut Cx<'_>) {
        let _ = (ui, cx);
    }
}
