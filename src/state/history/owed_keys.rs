//! Destinations that a change of a plan's keys has not reached.

use rusqlite::{OptionalExtension, params};

use super::{History, place};
use crate::model::location::Location;
use crate::model::plan::PlanId;
use crate::state::Result;

impl History {
    /// Remembers that a destination has not got the key slots of this number.
    pub fn owe_keys(&self, plan: &PlanId, destination: &Location, number: u32) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO owed_keys (plan, destination, number) VALUES (?1, ?2, ?3)";
        self.db().execute(sql, params![plan.as_str(), place(destination)?, number])?;
        Ok(())
    }

    /// It has them now.
    pub fn forget_owed_keys(&self, plan: &PlanId, destination: &Location) -> Result<()> {
        let sql = "DELETE FROM owed_keys WHERE plan = ?1 AND destination = ?2";
        self.db().execute(sql, params![plan.as_str(), place(destination)?])?;
        Ok(())
    }

    /// Number of the key slots that a destination has not got; `None`: it lacks none that this home knows of.
    pub fn owed_keys(&self, plan: &PlanId, destination: &Location) -> Result<Option<u32>> {
        let sql = "SELECT number FROM owed_keys WHERE plan = ?1 AND destination = ?2";
        let of = params![plan.as_str(), place(destination)?];
        Ok(self.db().query_row(sql, of, |row| row.get(0)).optional()?)
    }

    /// What was owed is of no account any more: the older slots are the right ones.
    pub fn forget_all_owed_keys(&self, plan: &PlanId) -> Result<()> {
        self.db().execute("DELETE FROM owed_keys WHERE plan = ?1", [plan.as_str()])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_is_remembered_for_each_destination_until_it_came() {
        let history = History::in_memory().unwrap();
        let [one, two] = [1, 2].map(|n| PlanId::from_random([n; 16]));
        let (a, b) = (Location::local("/mnt/a"), Location::local("/mnt/b"));
        history.owe_keys(&one, &a, 2).unwrap();
        history.owe_keys(&one, &a, 3).unwrap();
        history.owe_keys(&one, &b, 3).unwrap();
        history.owe_keys(&two, &a, 7).unwrap();
        let owed = |plan: &PlanId, at: &Location| history.owed_keys(plan, at).unwrap();
        assert_eq!([owed(&one, &a), owed(&one, &b), owed(&two, &a), owed(&two, &b)], [Some(3), Some(3), Some(7), None]);
        history.forget_owed_keys(&one, &a).unwrap();
        assert_eq!([owed(&one, &a), owed(&one, &b), owed(&two, &a)], [None, Some(3), Some(7)]);
        history.forget_all_owed_keys(&one).unwrap();
        assert_eq!([owed(&one, &b), owed(&two, &a)], [None, Some(7)]);
        history.forget_plan(&two).unwrap();
        assert_eq!(owed(&two, &a), None);
    }
}
