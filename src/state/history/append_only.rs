//! Destinations at which nothing can be deleted, and those at which it was tried without an end.

use rusqlite::{OptionalExtension, params};

use super::{History, place};
use crate::model::location::Location;
use crate::state::Result;

/// What is known of whether anything can be deleted at a destination; where it can, nothing is kept of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleting {
    /// It was being tried, and how that ended is not known: what it was tried with may lie there.
    Tried,
    Refused,
}

impl History {
    /// It is tried now. That it was refused before stays known until it was not.
    pub fn try_deleting(&self, destination: &Location) -> Result<()> {
        let sql = "INSERT OR IGNORE INTO append_only (destination, refused) VALUES (?1, 0)";
        self.db().execute(sql, params![place(destination)?])?;
        Ok(())
    }

    pub fn deleting_is_not_refused(&self, destination: &Location) -> Result<()> {
        let sql = "UPDATE append_only SET refused = 0 WHERE destination = ?1";
        self.db().execute(sql, params![place(destination)?])?;
        Ok(())
    }

    pub fn deleting_is_refused(&self, destination: &Location) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO append_only (destination, refused) VALUES (?1, 1)";
        self.db().execute(sql, params![place(destination)?])?;
        Ok(())
    }

    /// What it was tried with is gone.
    pub fn deleting_works(&self, destination: &Location) -> Result<()> {
        self.db().execute("DELETE FROM append_only WHERE destination = ?1", params![place(destination)?])?;
        Ok(())
    }

    /// How it last ended; `None`: it works, or nobody tried.
    pub fn deleting(&self, destination: &Location) -> Result<Option<Deleting>> {
        let sql = "SELECT refused FROM append_only WHERE destination = ?1";
        let refused: Option<bool> = self.db().query_row(sql, params![place(destination)?], |row| row.get(0)).optional()?;
        Ok(refused.map(|refused| if refused { Deleting::Refused } else { Deleting::Tried }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_last_found_counts_for_the_place_by_whichever_key() {
        let history = History::in_memory().unwrap();
        let of = |text: &str| Location::of_server(text).unwrap().unwrap();
        let (one, two) = (of("s3://my-bucket/a?access_key=ONE"), of("s3://my-bucket/a?access_key=TWO"));
        let known = || [history.deleting(&two).unwrap(), history.deleting(&of("s3://my-bucket/b")).unwrap()];
        assert_eq!(known(), [None, None]);
        history.try_deleting(&one).unwrap();
        assert_eq!(known(), [Some(Deleting::Tried), None]);
        history.deleting_is_refused(&one).unwrap();
        history.try_deleting(&two).unwrap();
        assert_eq!(known(), [Some(Deleting::Refused), None], "until it is not refused");
        history.deleting_is_not_refused(&two).unwrap();
        assert_eq!(known(), [Some(Deleting::Tried), None]);
        history.deleting_works(&two).unwrap();
        history.deleting_works(&two).unwrap();
        history.deleting_is_not_refused(&two).unwrap();
        assert_eq!(known(), [None, None]);
    }
}
