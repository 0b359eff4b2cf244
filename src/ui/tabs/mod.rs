//! The four tabs.

pub mod backups;
pub mod encryption;
pub mod schedules;
pub mod storage;

use super::context::{Cx, Tab};

/// All tabs' state between frames.
#[derive(Default)]
pub struct Tabs {
    backups: backups::BackupsTab,
    schedules: schedules::SchedulesTab,
    encryption: encryption::EncryptionTab,
    storage: storage::StorageTab,
}

impl Tabs {
    pub fn show(&mut self, tab: Tab, ui: &mut egui::Ui, cx: &mut Cx<'_>) {
        match tab {
            Tab::Backups => self.backups.show(ui, cx),
            Tab::Schedules => self.schedules.show(ui, cx),
            Tab::Encryption => self.encryption.show(ui, cx),
            Tab::Storage => self.storage.show(ui, cx),
        }
    }
}
