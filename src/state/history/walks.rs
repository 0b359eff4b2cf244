//! How plans' folders were gone through for their newest versions.

use rusqlite::{OptionalExtension, params};

use super::{History, version_id};
use crate::model::plan::PlanId;
use crate::model::snapshot::VersionId;
use crate::model::source_spec::SourceSpec;
use crate::state::Result;

impl History {
    /// Notes the sources as they were for the newest version.
    pub fn remember_walk(&self, plan: &PlanId, version: &VersionId, sources: &SourceSpec) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO walk (plan, version, walk, sources) VALUES (?1, ?2, ?3, ?4)";
        let row = params![plan.as_str(), version.as_str(), sources.walk(), serde_json::to_string(sources)?];
        self.db().execute(sql, row)?;
        Ok(())
    }

    /// For which version, and how: see [`SourceSpec::walk`].
    pub fn walked(&self, plan: &PlanId) -> Result<Option<(VersionId, String)>> {
        let sql = "SELECT version, walk FROM walk WHERE plan = ?1";
        let row = self.db().query_row(sql, [plan.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).optional()?;
        row.map(|(version, walk)| Ok((version_id(version)?, walk))).transpose()
    }

    /// The sources that a version was made of, where it is the newest; `None` also where an older Strongroom made it.
    pub fn sources_of(&self, plan: &PlanId, version: &VersionId) -> Result<Option<SourceSpec>> {
        let sql = "SELECT sources FROM walk WHERE plan = ?1 AND version = ?2 AND sources IS NOT NULL";
        let row = params![plan.as_str(), version.as_str()];
        let sources = self.db().query_row(sql, row, |row| row.get::<_, String>(0)).optional()?;
        Ok(sources.map(|sources| serde_json::from_str(&sources)).transpose()?)
    }
}
