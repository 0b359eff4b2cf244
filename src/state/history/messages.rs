//! Messages that wait to be sent, and troubles that were told. Both outlive the process.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::History;
use crate::model::alert::storm::{Key, Standing};
use crate::model::alert::{Alert, ChannelId};
use crate::state::Result;

/// Messages that wait, of all channels together; the oldest give way.
const MOST: i64 = 500;
/// Troubles that are remembered: more than so many backups and destinations can have.
const MOST_TROUBLES: i64 = 2000;

/// No message is put off for longer, in milliseconds: quiet hours end within a day, and no server is waited for so long. What is said to be
/// due later was put off by a clock that has been set back since.
const FURTHEST: i64 = 48 * 60 * 60 * 1000;

/// A message on its way to a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    pub id: i64,
    pub channel: ChannelId,
    /// How often it was tried.
    pub tries: u32,
    pub alert: Alert,
}

impl History {
    /// `due`: not sent before then.
    pub fn queue_message(&self, channel: &ChannelId, alert: &Alert, due: Timestamp) -> Result<()> {
        let mut db = self.db();
        let step = db.transaction()?;
        let row = params![channel.as_str(), due.as_millisecond(), serde_json::to_string(alert)?];
        step.execute("INSERT INTO message (channel, due, tries, alert) VALUES (?1, ?2, 0, ?3)", row)?;
        step.execute("DELETE FROM message WHERE id <= (SELECT max(id) FROM message) - ?1", [MOST])?;
        Ok(step.commit()?)
    }

    /// Those that are to be sent by now, the oldest first. One that cannot be read, as a newer Strongroom left it or a disk made it, is
    /// dropped: it must not keep the others back.
    pub fn due_messages(&self, now: Timestamp) -> Result<Vec<Waiting>> {
        let (db, now) = (self.db(), now.as_millisecond());
        let mut query = db.prepare("SELECT id, channel, tries, alert FROM message WHERE due <= ?1 OR due > ?2 ORDER BY id")?;
        let rows = query.query_map([now, now + FURTHEST], |row| Ok((row.get::<_, i64>(0)?, waiting(row))))?;
        let (mut due, mut unreadable) = (Vec::new(), Vec::new());
        for row in rows {
            match row? {
                (_, Some(waiting)) => due.push(waiting),
                (id, None) => unreadable.push(id),
            }
        }
        for id in unreadable {
            db.execute("DELETE FROM message WHERE id = ?1", [id])?;
        }
        Ok(due)
    }

    /// When the next one is due; `None` where none waits.
    pub fn next_message(&self) -> Result<Option<Timestamp>> {
        let next: Option<i64> = self.db().query_row("SELECT min(due) FROM message", [], |row| row.get(0))?;
        Ok(next.and_then(|at| Timestamp::from_millisecond(at).ok()))
    }

    /// It was sent, or given up.
    pub fn forget_message(&self, id: i64) -> Result<()> {
        self.db().execute("DELETE FROM message WHERE id = ?1", [id])?;
        Ok(())
    }

    /// It could not be sent: nothing is tried on its channel before then.
    pub fn put_off_message(&self, message: &Waiting, until: Timestamp) -> Result<()> {
        let mut db = self.db();
        let step = db.transaction()?;
        step.execute(
            "UPDATE message SET tries = tries + 1, due = ?2 WHERE id = ?1",
            params![message.id, until.as_millisecond()],
        )?;
        let sql = "UPDATE message SET due = max(due, ?2) WHERE channel = ?1";
        step.execute(sql, params![message.channel.as_str(), until.as_millisecond()])?;
        Ok(step.commit()?)
    }

    /// The channel is gone.
    pub fn forget_messages(&self, channel: &ChannelId) -> Result<()> {
        self.db().execute("DELETE FROM message WHERE channel = ?1", [channel.as_str()])?;
        Ok(())
    }

    /// Troubles that stand.
    pub fn told(&self) -> Result<Vec<(Key, Standing)>> {
        let db = self.db();
        let mut query = db.prepare("SELECT trouble, standing FROM told")?;
        let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let mut told = Vec::new();
        for row in rows {
            let (key, standing) = row?;
            // What cannot be read is told once more.
            if let (Ok(key), Ok(standing)) = (serde_json::from_str(&key), serde_json::from_str(&standing)) {
                told.push((key, standing));
            }
        }
        Ok(told)
    }

    pub fn remember_told(&self, key: &Key, standing: &Standing) -> Result<()> {
        let (db, key) = (self.db(), serde_json::to_string(key)?);
        let row = params![key, serde_json::to_string(standing)?];
        db.execute("INSERT OR REPLACE INTO told (trouble, standing) VALUES (?1, ?2)", row)?;
        // Begun anew where there are so many, of backups that were removed, say: then what stands is told once more.
        let sql = "DELETE FROM told WHERE (SELECT count(*) FROM told) > ?1 AND trouble <> ?2";
        db.execute(sql, params![MOST_TROUBLES, key])?;
        Ok(())
    }

    /// It is over.
    pub fn forget_told(&self, key: &Key) -> Result<()> {
        self.db().execute("DELETE FROM told WHERE trouble = ?1", [serde_json::to_string(key)?])?;
        Ok(())
    }

    /// How many wait for a channel.
    pub fn waiting_messages(&self, channel: &ChannelId) -> Result<u64> {
        let sql = "SELECT count(*) FROM message WHERE channel = ?1";
        Ok(self.db().query_row(sql, [channel.as_str()], |row| row.get::<_, i64>(0))?.cast_unsigned())
    }
}

/// Its number, channel, tries and content; `None` where one of them is none.
fn waiting(row: &Row<'_>) -> Option<Waiting> {
    let (channel, alert): (String, String) = (row.get(1).ok()?, row.get(3).ok()?);
    Some(Waiting {
        id: row.get(0).ok()?,
        channel: ChannelId::try_from(channel).ok()?,
        tries: row.get(2).ok()?,
        alert: serde_json::from_str(&alert).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::model::alert::{Channel, Topic, words};

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn subjects(history: &History, now: i64) -> Vec<String> {
        history.due_messages(at(now)).unwrap().into_iter().map(|waiting| waiting.alert.subject).collect()
    }

    #[test]
    fn what_could_not_be_sent_waits_with_all_that_follows_it() {
        let history = History::in_memory().unwrap();
        let (desktop, other) = (Channel::desktop().id, ChannelId::try_from("email-1".to_string()).unwrap());
        let alert = |subject: &str| Alert { subject: subject.into(), ..words::test(at(0), "") };
        assert_eq!(history.next_message().unwrap(), None);
        history.queue_message(&desktop, &alert("one"), at(10)).unwrap();
        history.queue_message(&desktop, &alert("two"), at(20)).unwrap();
        history.queue_message(&other, &alert("three"), at(20)).unwrap();
        assert_eq!(history.next_message().unwrap(), Some(at(10)));
        assert!(subjects(&history, 9).is_empty());
        let first = history.due_messages(at(10)).unwrap().remove(0);
        history.put_off_message(&first, at(70)).unwrap();
        assert_eq!(subjects(&history, 20), ["three"], "the other channel goes on");
        assert_eq!(subjects(&history, 70), ["one", "two", "three"]);
        let again = history.due_messages(at(70)).unwrap();
        assert_eq!((again[0].tries, again[1].tries), (1, 0));
        history.forget_message(again[0].id).unwrap();
        assert_eq!(history.waiting_messages(&desktop).unwrap(), 1);
        history.forget_messages(&desktop).unwrap();
        assert_eq!(subjects(&history, 70), ["three"]);
    }

    #[test]
    fn they_do_not_grow_without_end_and_nonsense_is_dropped() {
        let history = History::in_memory().unwrap();
        let desktop = Channel::desktop().id;
        for _ in 0..MOST + 20 {
            history.queue_message(&desktop, &words::test(at(0), ""), at(0)).unwrap();
        }
        assert_eq!(history.waiting_messages(&desktop).unwrap(), MOST.cast_unsigned());
        history.db().execute("UPDATE message SET alert = '{' WHERE id > 30", []).unwrap();
        assert_eq!(history.due_messages(at(0)).unwrap().len(), 10);
        assert_eq!(history.waiting_messages(&desktop).unwrap(), 10);
    }

    #[test]
    fn one_that_cannot_be_read_keeps_no_other_back() {
        let history = History::in_memory().unwrap();
        for nonsense in ["tries = -1", "tries = 4294967296", "tries = 'x'", "alert = x'ff'", "channel = x'ff'"] {
            for _ in 0..2 {
                history.queue_message(&Channel::desktop().id, &words::test(at(0), ""), at(0)).unwrap();
            }
            let sql = format!("UPDATE message SET {nonsense} WHERE id = (SELECT min(id) FROM message)");
            history.db().execute(&sql, []).unwrap();
            let due = history.due_messages(at(0)).unwrap();
            assert_eq!(due.len(), 1, "{nonsense}");
            history.forget_message(due[0].id).unwrap();
            assert_eq!(history.next_message().unwrap(), None, "{nonsense}");
        }
    }

    #[test]
    fn what_was_put_off_by_a_clock_that_was_wrong_is_sent() {
        let history = History::in_memory().unwrap();
        let desktop = Channel::desktop().id;
        let year = 365 * 24 * 60 * 60;
        history.queue_message(&desktop, &words::test(at(0), ""), at(20 * year)).unwrap();
        let first = history.due_messages(at(20 * year)).unwrap().remove(0);
        history.put_off_message(&first, at(20 * year + 60)).unwrap();
        assert!(subjects(&history, 20 * year).is_empty(), "it waits");
        assert_eq!(subjects(&history, year).len(), 1, "the clock was set right");
    }

    #[test]
    fn troubles_that_were_told_are_remembered() {
        let history = History::in_memory().unwrap();
        let key = Key { topic: Topic::Failure, plan: None, about: "backup: no-room".into() };
        let standing = Standing { told: at(5), times: 1 };
        history.remember_told(&key, &standing).unwrap();
        let standing = Standing { told: at(9), times: 2 };
        history.remember_told(&key, &standing).unwrap();
        assert_eq!(history.told().unwrap(), [(key.clone(), standing)]);
        history.forget_told(&key).unwrap();
        assert!(history.told().unwrap().is_empty());
    }
}
