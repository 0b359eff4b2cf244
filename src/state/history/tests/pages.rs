//! Filters, pages, and what is held.

use super::*;
use crate::model::history::Ending;
use crate::model::source_spec::SourceSpec;

#[test]
fn pages_go_on_past_a_run_whatever_comes_meanwhile() {
    let history = History::in_memory().unwrap();
    // Two of each second: the id decides among them.
    (0..10).for_each(|n| history.finish(&report(n, n as i64 / 2, Outcome::Completed)).unwrap());
    let page = |past: Option<u64>| {
        let page = history.page(&HistoryFilter { past: past.map(RunId), limit: 3, ..all() }).unwrap();
        (page.runs.iter().map(|run| run.run.0).collect::<Vec<_>>(), page.total, page.left)
    };
    assert_eq!(page(None), (vec![9, 8, 7], 10, 7));
    assert_eq!(page(Some(7)), (vec![6, 5, 4], 10, 4));
    history.finish(&report(99, 60, Outcome::Completed)).unwrap();
    assert_eq!(page(Some(4)), (vec![3, 2, 1], 11, 1), "a new run shifts nothing");
    assert_eq!(page(Some(1)), (vec![0], 11, 0));
    assert_eq!(page(Some(0)), (vec![], 11, 0));
    assert_eq!(page(Some(1234)), (vec![], 11, 0), "nobody knows where that would be");
}

#[test]
fn runs_are_found_by_how_and_when_they_ended() {
    let (_dir, home) = home();
    let (history, _) = History::open(&home, at(0)).unwrap();
    history.finish(&report(1, 0, Outcome::Completed)).unwrap();
    history.finish(&warned(2, 10)).unwrap();
    history.finish(&failed(3, 20)).unwrap();
    history.finish(&report(4, 30, Outcome::Cancelled)).unwrap();
    history.finish(&report(5, 40, Outcome::LeftRunning)).unwrap();
    let ended = |history: &History, ending| ids(history, &HistoryFilter { ending: Some(ending), ..all() });
    assert_eq!(Ending::ALL.map(|ending| ended(&history, ending)), [[1], [2], [3], [4], [5]]);
    let within = |since: Option<i64>, until: Option<i64>| {
        ids(&history, &HistoryFilter { since: since.map(at), until: until.map(at), ..all() })
    };
    assert_eq!(within(Some(20), None), [5, 4, 3]);
    assert_eq!(within(None, Some(20)), [2, 1]);
    assert_eq!(within(Some(10), Some(30)), [3, 2]);
    let both = HistoryFilter { ending: Some(Ending::Failed), text: "full".into(), troubled: true, since: Some(at(20)), ..all() };
    assert_eq!(ids(&history, &both), [3]);
    // Of an older database it is reckoned.
    let older = "DROP INDEX run_ending; DROP INDEX run_kind; ALTER TABLE run DROP COLUMN ending; DROP TABLE walk;
                 DROP TABLE owed_keys; DROP TABLE append_only; ALTER TABLE health DROP COLUMN read_speed; PRAGMA user_version = 6";
    history.db().execute_batch(older).unwrap();
    drop(history);
    let (history, _) = History::open(&home, at(0)).unwrap();
    assert_eq!(Ending::ALL.map(|ending| ended(&history, ending)), [[1], [2], [3], [4], [5]]);
}

#[test]
fn a_page_of_one_kind_or_ending_is_read_from_its_index() {
    let history = History::in_memory().unwrap();
    let db = history.db();
    for (what, index) in [("kind = 'restore'", "run_kind"), ("ending = 'failed'", "run_ending")] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT report FROM run WHERE 1 AND {what} AND started >= 5 ORDER BY started DESC, id DESC LIMIT 3"
        );
        let how: String = db.query_row(&sql, [], |row| row.get("detail")).unwrap();
        assert!(how.contains(index), "{how}");
    }
}

#[test]
fn a_plan_is_held_until_a_backup_goes_well() {
    let history = History::in_memory().unwrap();
    let held = |history: &History| history.held(&plan(1)).unwrap().map(|problem| problem.code);
    let shrank = |run, seconds| report(run, seconds, Outcome::Failed(Problem::new(Code::SourceShrank, "Held.", "")));
    assert_eq!(held(&history), None);
    history.finish(&failed(1, 0)).unwrap();
    assert_eq!(held(&history), None);
    history.finish(&shrank(2, 10)).unwrap();
    // What failed or ended otherwise since says nothing of the sources, and a clock that was put back nothing of the order.
    history.finish(&failed(3, 20)).unwrap();
    history.finish(&report(4, -90, Outcome::Cancelled)).unwrap();
    history.finish(&RunReport { kind: RunKind::Verify, ..report(5, 40, Outcome::Completed) }).unwrap();
    assert_eq!(held(&history), Some(Code::SourceShrank));
    history.finish(&report(6, -50, Outcome::CompletedWithWarnings)).unwrap();
    assert_eq!(held(&history), None);
    assert_eq!(history.held(&plan(2)).unwrap(), None);
}

#[test]
fn how_folders_were_gone_through_is_known_of_the_newest_version() {
    let history = History::in_memory().unwrap();
    assert_eq!(history.walked(&plan(1)).unwrap(), None);
    let walked = |n: u8, sources: &SourceSpec, mounts: &[&str]| {
        let mounts = mounts.iter().map(|path| PathBytes::from(*path)).collect();
        Walked { version: version(n), walk: sources.walk(), sources: Some(sources.clone()), mounts }
    };
    let with_tags = SourceSpec { honour_tags: true, ..SourceSpec::default() };
    let plain =
        SourceSpec { paths: vec![PathBytes::new(b"/a/\xff".to_vec())], excludes: vec!["*.tmp".into()], ..SourceSpec::default() };
    history.remember_walk(&plan(1), &walked(1, &with_tags, &[])).unwrap();
    history.remember_walk(&plan(1), &walked(2, &plain, &["/home/ada/nas"])).unwrap();
    assert_eq!(history.walked(&plan(1)).unwrap(), Some(walked(2, &plain, &["/home/ada/nas"])));
    assert_eq!(history.sources_of(&plan(1), &version(2)).unwrap(), Some(plain));
    assert_eq!(history.sources_of(&plan(1), &version(1)).unwrap(), None, "of an older one nothing is kept");
    // As an older Strongroom left it.
    history.db().execute_batch("UPDATE walk SET sources = NULL").unwrap();
    assert_eq!(history.sources_of(&plan(1), &version(2)).unwrap(), None);
    history.forget_plan(&plan(1)).unwrap();
    assert_eq!(history.walked(&plan(1)).unwrap(), None);
}
