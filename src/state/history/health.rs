//! How destinations were when they were looked at: the newest looks one by one, older ones by hours, then by days.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::{History, place};
use crate::model::health::{Failure, Sample};
use crate::model::location::Location;
use crate::model::problem::Code;
use crate::state::Result;

/// Milliseconds.
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Looks that ended alike and are no further apart than this are one.
const CLOSE: i64 = 5 * MINUTE;
/// What becomes of samples with their age: of a span, older than this, those of so long become one.
const THINNED: [(i64, i64, i64); 2] = [(0, 2 * DAY, HOUR), (1, 30 * DAY, DAY)];
/// What is older is forgotten.
const KEPT: i64 = 730 * DAY;
/// Samples that are thinned at a time, and forgotten: as many as come in between are far fewer.
const AT_ONCE: i64 = 128;
/// Most that are read.
const MOST: i64 = 20_000;

const COLUMNS: &str = "at, looks, code, what, free, total, used, latency, speed, read_speed";

impl History {
    /// Notes how a destination was found. Soon after one that ended alike it only brings that up to date.
    pub fn note_health(&self, destination: &Location, sample: &Sample) -> Result<()> {
        let place = place(destination)?;
        let at = sample.at.as_millisecond();
        let code = sample.failure.as_ref().map(|failure| name(failure.code)).transpose()?;
        let what = sample.failure.as_ref().map(|failure| &failure.what);
        let [free, total, used, latency, speed, read_speed] =
            [sample.free, sample.total, sample.used, sample.latency_ms, sample.speed, sample.read_speed].map(signed);
        let mut db = self.db();
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "SELECT at FROM health WHERE destination = ?1 AND at BETWEEN ?2 AND ?3 ORDER BY at DESC LIMIT 1";
        let last: Option<i64> = step.query_row(sql, params![place, at - CLOSE, at], |row| row.get(0)).optional()?;
        let sql = "UPDATE health SET free = coalesce(?4, free), total = coalesce(?5, total), used = coalesce(?6, used),
                   latency = coalesce(?7, latency), speed = coalesce(?8, speed), read_speed = coalesce(?9, read_speed)
                   WHERE destination = ?1 AND at = ?2 AND code IS ?3 AND span = 0";
        if step.execute(sql, params![place, last, code, free, total, used, latency, speed, read_speed])? == 0 {
            let sql = "INSERT OR REPLACE INTO health
                       (destination, at, span, looks, code, what, free, total, used, latency, speed, read_speed)
                       VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
            let looks = signed(Some(sample.looks));
            step.execute(sql, params![place, at, looks, code, what, free, total, used, latency, speed, read_speed])?;
        }
        thin(&step, at)?;
        Ok(step.commit()?)
    }

    /// Samples of a time, oldest first; of very many the newest.
    pub fn health(&self, destination: &Location, since: Timestamp, now: Timestamp) -> Result<Vec<Sample>> {
        let db = self.db();
        let sql =
            format!("SELECT {COLUMNS} FROM health WHERE destination = ?1 AND at BETWEEN ?2 AND ?3 ORDER BY at DESC LIMIT {MOST}");
        let mut query = db.prepare(&sql)?;
        let of = params![place(destination)?, since.as_millisecond(), now.as_millisecond()];
        let rows = query.query_map(of, sample)?;
        let mut samples = rows.filter_map(rusqlite::Result::transpose).collect::<rusqlite::Result<Vec<_>>>()?;
        samples.reverse();
        Ok(samples)
    }

    /// When it was last looked at, and whether it could be used then.
    pub fn last_look(&self, destination: &Location, now: Timestamp) -> Result<Option<(Timestamp, bool)>> {
        let sql = "SELECT at, code IS NULL FROM health WHERE destination = ?1 AND at <= ?2 ORDER BY at DESC LIMIT 1";
        let of = params![place(destination)?, now.as_millisecond()];
        let found = self.db().query_row(sql, of, |row| Ok((row.get::<_, i64>(0)?, row.get(1)?))).optional()?;
        Ok(found.and_then(|(at, good)| Some((Timestamp::from_millisecond(at).ok()?, good))))
    }

    /// Its newest latency, milliseconds, and speed, bytes a second, as far as they were ever noted.
    pub fn last_pace(&self, destination: &Location, now: Timestamp) -> Result<(Option<u64>, Option<u64>)> {
        let (db, of) = (self.db(), params![place(destination)?, now.as_millisecond()]);
        let last = |column: &str| {
            let sql = format!(
                "SELECT {column} FROM health WHERE destination = ?1 AND at <= ?2 AND {column} IS NOT NULL ORDER BY at DESC LIMIT 1"
            );
            let found: Option<i64> = db.query_row(&sql, of, |row| row.get(0)).optional()?;
            Ok::<_, rusqlite::Error>(found.map(|n| n.max(0).cast_unsigned()))
        };
        Ok((last("latency")?, last("speed")?))
    }

    /// When it was first found that it cannot be used, where that still is so.
    pub fn away_since(&self, destination: &Location, now: Timestamp) -> Result<Option<Timestamp>> {
        // By the index of good ones: an overview asks for it all the time.
        let sql = "SELECT min(at) FROM health WHERE destination = ?1 AND at <= ?2 AND at >
                   coalesce((SELECT max(at) FROM health INDEXED BY health_good
                             WHERE destination = ?1 AND at <= ?2 AND code IS NULL), -1)";
        let of = params![place(destination)?, now.as_millisecond()];
        let since: Option<i64> = self.db().query_row(sql, of, |row| row.get(0))?;
        Ok(since.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }
}

/// Makes one of many where they are old. What could be used and what could not stay apart, each by its first time: since when a
/// destination is away stays known. The last look at each stays by itself: at its end a destination that was away in between was there.
fn thin(db: &Connection, now: i64) -> Result<()> {
    for (span, age, length) in THINNED {
        let sql = format!(
            "SELECT destination, {COLUMNS} FROM health WHERE span = ?1 AND at < ?2
             AND at < (SELECT max(at) FROM health AS newer WHERE newer.destination = health.destination)
             ORDER BY at LIMIT ?3"
        );
        let mut query = db.prepare(&sql)?;
        let old = query.query_map(params![span, now - age, AT_ONCE], Old::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
        if old.is_empty() {
            continue;
        }
        let mut add = db.prepare(
            "UPDATE health SET looks = looks + ?5, free = coalesce(?6, free), total = coalesce(?7, total),
             used = coalesce(?8, used), latency = coalesce(?9, latency), speed = coalesce(?10, speed),
             read_speed = coalesce(?11, read_speed)
             WHERE destination = ?1 AND span = ?2 AND at >= ?3 AND at < ?3 + ?4 AND (code IS NULL) = ?12",
        )?;
        let mut stand_for_all = db.prepare("UPDATE health SET span = span + 1 WHERE destination = ?1 AND at = ?2")?;
        let mut forget = db.prepare("DELETE FROM health WHERE destination = ?1 AND at = ?2")?;
        for Old { destination, at, looks, is_good, figures } in old {
            let [free, total, used, latency, speed, read_speed] = figures;
            // Of a time that is none, too.
            let begins = at.div_euclid(length).saturating_mul(length);
            let of =
                params![destination, span + 1, begins, length, looks, free, total, used, latency, speed, read_speed, is_good];
            match add.execute(of)? {
                0 => stand_for_all.execute(params![destination, at])?,
                _ => forget.execute(params![destination, at])?,
            };
        }
    }
    let sql = "DELETE FROM health WHERE (destination, at) IN
               (SELECT destination, at FROM health WHERE span = 2 AND at < ?1 ORDER BY at LIMIT ?2)";
    db.execute(sql, params![now - KEPT, AT_ONCE])?;
    Ok(())
}

/// What is made part of another.
struct Old {
    destination: String,
    at: i64,
    looks: i64,
    is_good: bool,
    /// Free, total, used, latency, speed, speed of reading.
    figures: [Option<i64>; 6],
}

impl Old {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            destination: row.get(0)?,
            at: row.get(1)?,
            looks: row.get(2)?,
            is_good: row.get::<_, Option<String>>(3)?.is_none(),
            figures: [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?, row.get(9)?, row.get(10)?],
        })
    }
}

/// `None`: at no time that is one.
fn sample(row: &Row<'_>) -> rusqlite::Result<Option<Sample>> {
    let Ok(at) = Timestamp::from_millisecond(row.get(0)?) else { return Ok(None) };
    let code: Option<String> = row.get(2)?;
    let what: Option<String> = row.get(3)?;
    let unsigned = |at: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.map(|n| n.max(0).cast_unsigned()));
    Ok(Some(Sample {
        at,
        looks: row.get::<_, i64>(1)?.max(1).cast_unsigned(),
        failure: code.map(|code| Failure { code: read_name(code), what: what.unwrap_or_default() }),
        free: unsigned(4)?,
        total: unsigned(5)?,
        used: unsigned(6)?,
        latency_ms: unsigned(7)?,
        speed: unsigned(8)?,
        read_speed: unsigned(9)?,
    }))
}

/// As scripts know it.
fn name(code: Code) -> serde_json::Result<String> {
    let value = serde_json::to_value(code)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

/// One that a newer Strongroom wrote is told by its sentence.
fn read_name(name: String) -> Code {
    serde_json::from_value(serde_json::Value::String(name)).unwrap_or(Code::Io)
}

/// SQLite's integers are signed.
fn signed(n: Option<u64>) -> Option<i64> {
    n.map(|n| i64::try_from(n).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::problem::Problem;

    const START: i64 = 1_800_000_000_000;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(START + milliseconds).unwrap()
    }

    fn blue() -> Location {
        Location::local("/media/blue")
    }

    fn good(at: Timestamp, free: u64) -> Sample {
        Sample { free: Some(free), total: Some(1000), ..Sample::new(at, None) }
    }

    fn bad(at: Timestamp) -> Sample {
        let problem = Problem::new(Code::DestinationMissing, "The destination is not there.", "");
        Sample::new(at, Failure::of_destination(&problem))
    }

    fn all(history: &History, now: Timestamp) -> Vec<Sample> {
        history.health(&blue(), Timestamp::MIN, now).unwrap()
    }

    #[test]
    fn samples_come_back_as_they_were() {
        let history = History::in_memory().unwrap();
        let full = Sample { used: Some(7), latency_ms: Some(0), speed: Some(u64::MAX), read_speed: Some(5), ..good(at(0), 500) };
        history.note_health(&blue(), &full).unwrap();
        history.note_health(&blue(), &bad(at(HOUR))).unwrap();
        history.note_health(&Location::local("/media/red"), &good(at(0), 1)).unwrap();
        let capped = Sample { speed: Some(i64::MAX as u64), ..full };
        assert_eq!(all(&history, at(DAY)), [capped.clone(), bad(at(HOUR))]);
        assert_eq!(history.health(&blue(), at(1), at(DAY)).unwrap(), [bad(at(HOUR))]);
        assert_eq!(history.last_look(&blue(), at(DAY)).unwrap(), Some((at(HOUR), false)));
        assert_eq!(history.last_look(&blue(), at(1)).unwrap(), Some((at(0), true)), "what is to come was a wrong clock's");
        assert_eq!(history.last_look(&Location::local("/x"), at(1)).unwrap(), None);
    }

    #[test]
    fn what_was_last_measured_is_told_whenever_that_was() {
        let history = History::in_memory().unwrap();
        let pace = |milliseconds| history.last_pace(&blue(), at(milliseconds)).unwrap();
        assert_eq!(pace(0), (None, None));
        history.note_health(&blue(), &Sample { speed: Some(9), latency_ms: Some(70), ..good(at(0), 1) }).unwrap();
        history.note_health(&blue(), &Sample { latency_ms: Some(3), ..good(at(HOUR), 1) }).unwrap();
        history.note_health(&blue(), &bad(at(2 * HOUR))).unwrap();
        assert_eq!([1, DAY].map(pace), [(Some(70), Some(9)), (Some(3), Some(9))]);
    }

    #[test]
    fn a_bucket_is_one_place_by_whichever_key() {
        let history = History::in_memory().unwrap();
        let of = |text: &str| Location::of_server(text).unwrap().unwrap();
        history.note_health(&of("s3://my-bucket/a?access_key=ONE"), &bad(at(0))).unwrap();
        assert_eq!(history.away_since(&of("s3://my-bucket/a?access_key=TWO&region=x"), at(1)).unwrap(), Some(at(0)));
    }

    #[test]
    fn looks_soon_after_each_other_are_one() {
        let history = History::in_memory().unwrap();
        history.note_health(&blue(), &good(at(0), 500)).unwrap();
        history.note_health(&blue(), &Sample { speed: Some(9), read_speed: Some(8), ..Sample::new(at(MINUTE), None) }).unwrap();
        history.note_health(&blue(), &good(at(2 * MINUTE), 400)).unwrap();
        let one = Sample { free: Some(400), speed: Some(9), read_speed: Some(8), ..good(at(0), 400) };
        assert_eq!(all(&history, at(DAY)), std::slice::from_ref(&one));
        history.note_health(&blue(), &bad(at(3 * MINUTE))).unwrap();
        history.note_health(&blue(), &bad(at(4 * MINUTE))).unwrap();
        assert_eq!(all(&history, at(DAY)), [one, bad(at(3 * MINUTE))], "another end is another sample");
        history.note_health(&blue(), &good(at(20 * MINUTE), 400)).unwrap();
        assert_eq!(all(&history, at(DAY)).len(), 3);
    }

    #[test]
    fn it_is_away_since_the_first_look_that_found_it_so() {
        let history = History::in_memory().unwrap();
        let since = |now| history.away_since(&blue(), now).unwrap();
        assert_eq!(since(at(0)), None);
        for (hour, is_good) in [(0, false), (1, true), (2, false), (3, false)] {
            let sample = if is_good { good(at(hour * HOUR), 1) } else { bad(at(hour * HOUR)) };
            history.note_health(&blue(), &sample).unwrap();
        }
        assert_eq!([0, 1, 2, 3].map(|hour| since(at(hour * HOUR))), [Some(at(0)), None, Some(at(2 * HOUR)), Some(at(2 * HOUR))]);
        history.note_health(&blue(), &good(at(4 * HOUR), 1)).unwrap();
        assert_eq!(since(at(4 * HOUR)), None);
    }

    #[test]
    fn what_was_there_at_the_last_look_is_not_away_when_that_is_old() {
        let history = History::in_memory().unwrap();
        let start = START.div_euclid(DAY) * DAY - START;
        for (minutes, is_good) in [(0, true), (20, false), (40, true)] {
            let when = at(start + minutes * MINUTE);
            history.note_health(&blue(), &if is_good { good(when, 1) } else { bad(when) }).unwrap();
        }
        // Whatever is looked at has what is old thinned.
        for day in [1, 3, 5, 40, 80] {
            history.note_health(&Location::local("/media/red"), &good(at(start + day * DAY), 1)).unwrap();
        }
        let now = at(start + 80 * DAY);
        assert_eq!(history.away_since(&blue(), now).unwrap(), None);
        assert_eq!(history.last_look(&blue(), now).unwrap(), Some((at(start + 40 * MINUTE), true)));
        assert_eq!(all(&history, now).iter().map(|sample| sample.looks).sum::<u64>(), 3);
        // Once it is looked at again, what is old is told in one like everything else.
        history.note_health(&blue(), &good(now, 1)).unwrap();
        let looks: Vec<u64> = all(&history, at(start + 81 * DAY)).iter().map(|sample| sample.looks).collect();
        assert_eq!(looks, [2, 1, 1], "of that hour those that were good, and the one that was not; and now");
    }

    /// Two and a half years of a look every two hours, a day of them away.
    #[test]
    fn what_is_old_is_told_by_hours_then_by_days_and_then_forgotten() {
        let history = History::in_memory().unwrap();
        // A time at which an hour and a day begin.
        let start = START.div_euclid(DAY) * DAY - START;
        let (step, days) = (2 * HOUR, 900);
        let mut looks = 0;
        for n in 0..days * DAY / step {
            let when = at(start + n * step);
            let is_away = (n * step).div_euclid(DAY) == 850;
            let sample = if is_away { bad(when) } else { good(when, n as u64) };
            history.note_health(&blue(), &sample).unwrap();
            looks += 1;
        }
        let now = at(start + days * DAY);
        let samples = all(&history, now);
        let counted: u64 = samples.iter().map(|sample| sample.looks).sum();
        let age = |sample: &Sample| now.duration_since(sample.at).as_hours() / 24;
        assert!(samples.len() < 800 + 28 * 12 + 3 * 12, "{}", samples.len());
        assert!(samples.iter().all(|sample| age(sample) <= 731), "two years are kept");
        let lost = looks - counted;
        assert!((160 * 12..180 * 12).contains(&lost), "only what is forgotten is lost: {lost}");
        assert!(samples.iter().filter(|sample| age(sample) > 32).all(|sample| sample.looks == 12), "a day's in one");
        let away: Vec<&Sample> = samples.iter().filter(|sample| sample.failure.is_some()).collect();
        assert_eq!((away.len(), away[0].looks, away[0].at), (1, 12, at(start + 850 * DAY)), "by its first time");
        let free = samples.iter().find(|sample| sample.at == at(start + 400 * DAY)).unwrap().free.unwrap();
        assert_eq!(free, 400 * 12 + 11, "its last room");
    }

    #[test]
    fn a_time_that_cannot_be_keeps_nothing_from_being_noted() {
        let history = History::in_memory().unwrap();
        history.note_health(&blue(), &good(at(0), 1)).unwrap();
        history.db().execute("UPDATE health SET at = ?1", [i64::MIN]).unwrap();
        history.note_health(&blue(), &good(at(3 * DAY), 2)).unwrap();
        assert_eq!(all(&history, at(4 * DAY)), [good(at(3 * DAY), 2)]);
    }

    #[test]
    fn thinning_looks_only_at_what_is_old() {
        let history = History::in_memory().unwrap();
        let db = history.db();
        for (sql, index) in [
            ("SELECT destination FROM health WHERE span = 0 AND at < 5 ORDER BY at LIMIT 9", "health_age"),
            (
                "SELECT max(at) FROM health INDEXED BY health_good WHERE destination = 'x' AND at <= 5 AND code IS NULL",
                "health_good",
            ),
        ] {
            let how: String = db.query_row(&format!("EXPLAIN QUERY PLAN {sql}"), [], |row| row.get("detail")).unwrap();
            assert!(how.contains(index), "{how}");
        }
    }
}
