//! Versions that stay whatever else is said.

use jiff::Timestamp;

use crate::archive::json_lines;
use crate::archive::key::KeyRing;
use crate::model::marker::{self, Pin};
use crate::model::problem::Problem;
use crate::model::snapshot::VersionId;

use super::Folder;

impl Folder {
    /// Versions that are pinned. A mark that nobody can read counts: what is kept for nothing harms nobody.
    pub fn pins(&self) -> Result<Vec<VersionId>, Problem> {
        Ok(self.list(marker::PINS)?.into_iter().filter_map(|e| VersionId::try_from(e.name).ok()).collect())
    }

    /// Pins a version, if it is not yet.
    pub fn put_pin(&self, id: &VersionId, at: Timestamp, home: &str, ring: Option<&KeyRing>) -> Result<(), Problem> {
        let (kind, plan, home) = (Pin::KIND.into(), self.plan().clone(), home.into());
        let pin = Pin { format: marker::FORMAT, kind, plan, id: id.clone(), home, at };
        let bytes = json_lines::encode(&pin, ring.map(KeyRing::newest));
        self.put_once(&marker::pin_name(id), &bytes)
    }

    /// Takes the mark away, if there is one.
    pub fn delete_pin(&self, id: &VersionId) -> Result<(), Problem> {
        if self.pins()?.contains(id) { self.delete(&marker::pin_name(id)) } else { Ok(()) }
    }
}
