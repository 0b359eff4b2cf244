//! Runs that ended, as they are asked for: filtered, and a page at a time.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};

use super::{History, key};
use crate::model::history::{HistoryFilter, HistoryPage};
use crate::model::run::RunId;
use crate::state::Result;

const LONGEST_PAGE: usize = 1000;

impl History {
    /// Newest first. Past a run that the history does not have there is none.
    pub fn page(&self, filter: &HistoryFilter) -> Result<HistoryPage> {
        let (mut fits, mut values) = condition(filter);
        let total = self.count(&fits, &values)?;
        let mut before_page = total;
        if let Some(past) = filter.past {
            let Some((started, id)) = self.place_in_list(past)? else {
                return Ok(HistoryPage { total, ..HistoryPage::default() });
            };
            fits.push_str(" AND (started < ? OR started = ? AND id < ?)");
            values.extend([started, started, id].map(Value::Integer));
            before_page = self.count(&fits, &values)?;
        }
        let limit = filter.limit.min(LONGEST_PAGE);
        values.push(Value::Integer(limit as i64));
        let db = self.db();
        let mut query = db.prepare(&format!("SELECT report FROM run WHERE {fits} ORDER BY started DESC, id DESC LIMIT ?"))?;
        let rows = query.query_map(params_from_iter(&values), |row| row.get::<_, String>(0))?;
        let runs = rows.map(|row| Ok(serde_json::from_str(&row?)?)).collect::<Result<Vec<_>>>()?;
        Ok(HistoryPage { left: before_page.saturating_sub(runs.len()), runs, total })
    }

    fn count(&self, fits: &str, values: &[Value]) -> Result<usize> {
        let sql = format!("SELECT count(*) FROM run WHERE {fits}");
        let count: i64 = self.db().query_row(&sql, params_from_iter(values), |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    fn place_in_list(&self, run: RunId) -> Result<Option<(i64, i64)>> {
        let sql = "SELECT started, id FROM run WHERE id = ?1";
        Ok(self.db().query_row(sql, [key(run)], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }
}

/// What the table's columns must be, with a `?` for each value.
fn condition(filter: &HistoryFilter) -> (String, Vec<Value>) {
    let mut fits = String::from("1");
    let mut values: Vec<Value> = Vec::new();
    let mut and = |condition: &str, value: Value| {
        fits.push_str(" AND ");
        fits.push_str(condition);
        values.push(value);
    };
    if let Some(plan) = &filter.plan {
        and("plan = ?", plan.as_str().to_string().into());
    }
    if let Some(kind) = filter.kind {
        and("kind = ?", kind.name().to_string().into());
    }
    if let Some(ending) = filter.ending {
        and("ending = ?", ending.name().to_string().into());
    }
    if let Some(since) = filter.since {
        and("started >= ?", since.as_millisecond().into());
    }
    if let Some(until) = filter.until {
        and("started < ?", until.as_millisecond().into());
    }
    let text = filter.text.trim().to_lowercase();
    if !text.is_empty() {
        // No pattern: what a person types has no signs of its own.
        and("instr(text, ?) > 0", text.into());
    }
    if filter.troubled {
        fits.push_str(" AND troubled");
    }
    (fits, values)
}
