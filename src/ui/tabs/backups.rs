//! The Backups tab: how safe one is, and a card per backup.

pub mod card_data;

use crate::ui::context::Cx;

/// The tab's state between frames.
#[derive(Default)]
pub struct BackupsTab {}

impl BackupsTab {
    /// Draws the tab into the whole page; begin with `widgets::tab_page`.
    pub fn show(&mut self, ui: &mut egui::Ui, cx: &mut Cx<'_>) {
        let _ = (ui, cx);
    }
}
