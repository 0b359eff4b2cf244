//! How plans' folders were gone through for their newest versions.

use rusqlite::{OptionalExtension, params};

use super::{History, version_id};
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::snapshot::VersionId;
use crate::model::source_spec::SourceSpec;
use crate::state::Result;

/// How the folders of a plan were gone through for a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    pub version: VersionId,
    /// See [`SourceSpec::walk`].
    pub walk: String,
    /// What it was made of; `None`: an older Strongroom made it, and did not note that.
    pub sources: Option<SourceSpec>,
    /// Whole paths within the sources where something was mounted.
    pub mounts: Vec<PathBytes>,
}

impl History {
    pub fn remember_walk(&self, plan: &PlanId, walked: &Walked) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO walk (plan, version, walk, sources, mounts) VALUES (?1, ?2, ?3, ?4, ?5)";
        let sources = walked.sources.as_ref().map(serde_json::to_string).transpose()?;
        let mounts = serde_json::to_string(&walked.mounts)?;
        self.db().execute(sql, params![plan.as_str(), walked.version.as_str(), walked.walk, sources, mounts])?;
        Ok(())
    }

    /// For the newest version that this home made.
    pub fn walked(&self, plan: &PlanId) -> Result<Option<Walked>> {
        let sql = "SELECT version, walk, sources, mounts FROM walk WHERE plan = ?1";
        let row = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, Option<String>>(2)?, row.get::<_, String>(3)?))
        };
        let Some((version, walk, sources, mounts)) = self.db().query_row(sql, [plan.as_str()], row).optional()? else {
            return Ok(None);
        };
        let sources = sources.map(|sources| serde_json::from_str(&sources)).transpose()?;
        Ok(Some(Walked { version: version_id(version)?, walk, sources, mounts: serde_json::from_str(&mounts)? }))
    }

    /// The sources that a version was made of, where it is the newest; `None` also where an older Strongroom made it.
    pub fn sources_of(&self, plan: &PlanId, version: &VersionId) -> Result<Option<SourceSpec>> {
        Ok(self.walked(plan)?.filter(|walked| walked.version == *version).and_then(|walked| walked.sources))
    }
}
