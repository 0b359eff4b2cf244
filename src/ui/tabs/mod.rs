//! The four tabs.

pub mod backups;
pub mod encryption;
pub mod schedules;
pub mod storage;

use super::context::{Cx, Tab};
use crate::model::run::RunId;

/// All tabs' state between frames.
#[derive(Default)]
pub struct Tabs {
    backups: backups::BackupsTab,
    schedules: schedules::SchedulesTab,
    encryption: encryption::EncryptionTab,
    storage: storage::StorageTab,
}

impl Tabs {
    /// Whether a tab that is shown says by itself how this run ends, besides the cards of backups.
    pub fn tells(&self, tab: Tab, run: RunId) -> bool {
        tab == Tab::Encryption && self.encryption.follows(run)
    }

    pub fn show(&mut self, tab: Tab, ui: &mut egui::Ui, cx: &mut Cx<'_>) {
        match tab {
            Tab::Backups => self.backups.show(ui, cx),
            Tab::Schedules => self.schedules.show(ui, cx),
            Tab::Encryption => self.encryption.show(ui, cx),
            Tab::Storage => self.storage.show(ui, cx),
        }
    }
}
