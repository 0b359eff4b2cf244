//! Objects that were found damaged: new versions do not refer to them.

use rusqlite::params;

use super::{History, place};
use crate::model::location::Location;
use crate::model::plan::PlanId;
use crate::state::Result;

impl History {
    /// Remembers objects by their names within the plan's folder. `all`: everything else there was looked at and is whole.
    pub fn remember_damage(&self, plan: &PlanId, destination: &Location, objects: &[&str], all: bool) -> Result<()> {
        let destination = place(destination)?;
        let mut db = self.db();
        let step = db.transaction()?;
        if all {
            let sql = "DELETE FROM damaged WHERE plan = ?1 AND destination = ?2";
            step.execute(sql, params![plan.as_str(), destination])?;
        }
        for object in objects {
            let sql = "INSERT OR IGNORE INTO damaged (plan, destination, object) VALUES (?1, ?2, ?3)";
            step.execute(sql, params![plan.as_str(), destination, object])?;
        }
        Ok(step.commit()?)
    }

    /// Objects that were replaced.
    pub fn forget_damage(&self, plan: &PlanId, destination: &Location, objects: &[&str]) -> Result<()> {
        let destination = place(destination)?;
        let mut db = self.db();
        let step = db.transaction()?;
        for object in objects {
            let sql = "DELETE FROM damaged WHERE plan = ?1 AND destination = ?2 AND object = ?3";
            step.execute(sql, params![plan.as_str(), destination, object])?;
        }
        Ok(step.commit()?)
    }

    pub fn damaged(&self, plan: &PlanId, destination: &Location) -> Result<Vec<String>> {
        let db = self.db();
        let mut query = db.prepare("SELECT object FROM damaged WHERE plan = ?1 AND destination = ?2 ORDER BY object")?;
        let rows = query.query_map(params![plan.as_str(), place(destination)?], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
