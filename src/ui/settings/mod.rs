//! Settings of the whole program, in a drawer.

use super::context::Cx;

#[derive(Default)]
pub struct SettingsDrawer {
    open: bool,
}

impl SettingsDrawer {
    pub fn open(&mut self) {
        self.open = true;
    }

    pub fn show(&mut self, ui: &egui::Ui, cx: &mut Cx<'_>) {
        let _ = (ui, cx);
    }
}
