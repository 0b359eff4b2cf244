//! Events among the runs.

use super::*;

fn event(run: u64, seconds: i64, details: &[&str]) -> RunReport {
    let event = Event::new(What::Changed, details.iter().map(|line| (*line).to_owned()).collect());
    let detail = RunDetail::Event(event);
    RunReport { kind: RunKind::Event, detail, finished: at(seconds), stages: vec![], ..report(run, seconds, Outcome::Completed) }
}

#[test]
fn they_stand_among_the_runs_and_are_found_by_what_they_say() {
    let history = History::in_memory().unwrap();
    history.finish(&report(1, 0, Outcome::Completed)).unwrap();
    history.finish(&event(2, 10, &["Source added: /home/ada/Music"])).unwrap();
    history.finish(&failed(3, 20)).unwrap();
    assert_eq!(ids(&history, &all()), [3, 2, 1]);
    assert_eq!(ids(&history, &HistoryFilter { kind: Some(RunKind::Event), ..all() }), [2]);
    assert_eq!(ids(&history, &HistoryFilter { kind: Some(RunKind::Backup), ..all() }), [3, 1]);
    let endings: Vec<Vec<u64>> =
        Ending::ALL.iter().map(|ending| ids(&history, &HistoryFilter { ending: Some(*ending), ..all() })).collect();
    assert_eq!(endings.concat(), [1, 3], "an event ended in no way");
    for text in ["MUSIC", "documents was changed"] {
        assert_eq!(ids(&history, &HistoryFilter { text: text.into(), ..all() }), [2], "{text}");
    }
    assert_eq!(history.report(RunId(2)).unwrap(), Some(event(2, 10, &["Source added: /home/ada/Music"])));
    assert_eq!(history.unseen().unwrap(), 1, "nobody need look at it");
    // What a plan's status goes by knows nothing of them.
    let recent = history.recent(&plan(1), at(0)).unwrap();
    assert_eq!((recent.backups.len(), recent.last_backup.unwrap().run), (2, RunId(3)));
    assert_eq!(history.held(&plan(1)).unwrap(), None);
}

#[test]
fn the_oldest_give_way_and_runs_do_not() {
    let history = History::in_memory().unwrap();
    history.finish(&report(1, 0, Outcome::Completed)).unwrap();
    // Written at once: five thousand transactions take their time.
    history.finish(&event(2, 10, &[])).unwrap();
    history
        .db()
        .execute_batch(
            "INSERT INTO run (id, kind, plan, started, finished, success, troubled, report, text, number, schedules, ending)
             WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 5200)
             SELECT i, kind, plan, started + i, finished, success, troubled, report, text, number, schedules, ending
             FROM run, n WHERE id = 2",
        )
        .unwrap();
    history.finish(&event(9999, 999, &[])).unwrap();
    let count = |kind| history.page(&HistoryFilter { kind: Some(kind), ..all() }).unwrap().total;
    assert_eq!((count(RunKind::Event), count(RunKind::Backup)), (5000, 1));
    assert_eq!(history.report(RunId(2)).unwrap(), None);
    assert!(history.report(RunId(9999)).unwrap().is_some());
}

#[test]
fn a_database_from_before_them_gets_them() {
    let (_dir, home) = home();
    let (history, _) = History::open(&home, at(0)).unwrap();
    history.finish(&failed(1, 0)).unwrap();
    history
        .db()
        .execute("INSERT INTO walk (plan, version, walk) VALUES (?1, ?2, 'tags')", [plan(1).as_str(), version(1).as_str()])
        .unwrap();
    history
        .db()
        .execute_batch(
            "DROP TABLE append_only; ALTER TABLE health DROP COLUMN read_speed; DROP TABLE owed_keys;
             ALTER TABLE walk DROP COLUMN mounts; ALTER TABLE walk DROP COLUMN sources; PRAGMA user_version = 7",
        )
        .unwrap();
    drop(history);
    let (history, notice) = History::open(&home, at(1)).unwrap();
    assert_eq!((ids(&history, &all()), notice), (vec![1], None));
    let walked = Walked { version: version(1), walk: "tags".into(), sources: None, mounts: Vec::new() };
    assert_eq!(history.walked(&plan(1)).unwrap(), Some(walked));
    history.finish(&event(2, 10, &["x"])).unwrap();
    assert_eq!(ids(&history, &all()), [2, 1]);
}
