//! How plans' folders were gone through for their newest versions.

use rusqlite::{OptionalExtension, params};

use super::{History, version_id};
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::snapshot::VersionId;
use crate::state::Result;

/// How the folders of a plan were gone through for a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    pub version: VersionId,
    /// See [`crate::model::source_spec::SourceSpec::walk`].
    pub walk: String,
    /// Whole paths within the sources where something was mounted.
    pub mounts: Vec<PathBytes>,
}

impl History {
    pub fn remember_walk(&self, plan: &PlanId, walked: &Walked) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO walk (plan, version, walk, mounts) VALUES (?1, ?2, ?3, ?4)";
        let mounts = serde_json::to_string(&walked.mounts)?;
        self.db().execute(sql, params![plan.as_str(), walked.version.as_str(), walked.walk, mounts])?;
        Ok(())
    }

    /// For the newest version that this home made.
    pub fn walked(&self, plan: &PlanId) -> Result<Option<Walked>> {
        let sql = "SELECT version, walk, mounts FROM walk WHERE plan = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, String>(2)?));
        let Some((version, walk, mounts)) = self.db().query_row(sql, [plan.as_str()], row).optional()? else { return Ok(None) };
        Ok(Some(Walked { version: version_id(version)?, walk, mounts: serde_json::from_str(&mounts)? }))
    }
}
