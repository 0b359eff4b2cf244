//! How plans' folders were gone through for their newest versions.

use rusqlite::{OptionalExtension, params};

use super::{History, version_id};
use crate::model::plan::PlanId;
use crate::model::snapshot::VersionId;
use crate::state::Result;

impl History {
    /// `walk`: see [`crate::model::source_spec::SourceSpec::walk`].
    pub fn remember_walk(&self, plan: &PlanId, version: &VersionId, walk: &str) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO walk (plan, version, walk) VALUES (?1, ?2, ?3)";
        self.db().execute(sql, params![plan.as_str(), version.as_str(), walk])?;
        Ok(())
    }

    /// For which version, and how.
    pub fn walked(&self, plan: &PlanId) -> Result<Option<(VersionId, String)>> {
        let sql = "SELECT version, walk FROM walk WHERE plan = ?1";
        let row = self.db().query_row(sql, [plan.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).optional()?;
        row.map(|(version, walk)| Ok((version_id(version)?, walk))).transpose()
    }
}
