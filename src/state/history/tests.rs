use super::*;
use crate::model::event::{Event, What};
use crate::model::history::{Ending, HistoryFilter};
use crate::model::path::PathBytes;
use crate::model::problem::{Cause, Code, Problem, Warning};
use crate::model::recent::Recent;
use crate::model::restore::VerifyReport;
use crate::model::run::{Outcome, RunDetail, RunReport, Stage};
use crate::model::snapshot::BackupType;

mod attempts;
mod events;
mod pages;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn plan(n: u8) -> PlanId {
    PlanId::from_random([n; 16])
}

fn version(n: u8) -> VersionId {
    VersionId::new(at(0), BackupType::Full, [n; 4])
}

fn report(run: u64, seconds: i64, outcome: Outcome) -> RunReport {
    RunReport {
        run: RunId(run),
        kind: RunKind::Backup,
        trigger: Trigger::ByHand,
        schedules: Vec::new(),
        utc_offset: None,
        plan: Some(plan(1)),
        plan_name: "Documents".into(),
        started: at(seconds),
        finished: at(seconds + 5),
        paused_ms: 0,
        outcome,
        detail: RunDetail::None,
        warnings: vec![],
        warning_count: 0,
        stages: vec![(Stage::Copying, 12)],
    }
}

fn warned(run: u64, seconds: i64) -> RunReport {
    let warning = Warning {
        cause: Cause::Unreadable,
        path: PathBytes::new([b"/home/\xff/", "Straße".as_bytes()].concat()),
        detail: "no".into(),
    };
    RunReport { warnings: vec![warning], warning_count: 1, ..report(run, seconds, Outcome::CompletedWithWarnings) }
}

fn failed(run: u64, seconds: i64) -> RunReport {
    report(run, seconds, Outcome::Failed(Problem::new(Code::NoRoom, "The drive is FULL.", "Make room.")))
}

fn begun(run: u64) -> Begun {
    Begun {
        run: RunId(run),
        kind: RunKind::Backup,
        trigger: Trigger::Schedule,
        schedules: Vec::new(),
        utc_offset: None,
        plan: Some(plan(1)),
        plan_name: "Documents".into(),
        started: at(0),
        version: None,
        destination: None,
    }
}

#[test]
fn what_is_known_of_a_destination_is_known_of_its_new_address() {
    let history = History::in_memory().unwrap();
    let at = |text: &str| Location::of_server(text).unwrap().unwrap();
    let (old, new) = (at("s3://bucket/{machine}"), at("s3://bucket/laptop"));
    history.owe_keys(&plan(1), &old, 3).unwrap();
    history.remember_damage(&plan(1), &old, &["x"], true).unwrap();
    history.rename_destination(&old, &new).unwrap();
    assert_eq!(history.owed_keys(&plan(1), &new).unwrap(), Some(3));
    assert_eq!(history.damaged(&plan(1), &new).unwrap(), ["x"]);
    assert_eq!((history.owed_keys(&plan(1), &old).unwrap(), history.damaged(&plan(1), &old).unwrap()), (None, vec![]));
}

fn all() -> HistoryFilter {
    HistoryFilter { limit: 100, ..HistoryFilter::default() }
}

fn ids(history: &History, filter: &HistoryFilter) -> Vec<u64> {
    history.page(filter).unwrap().runs.iter().map(|r| r.run.0).collect()
}

#[test]
fn a_run_that_dies_is_found_and_one_that_ends_is_not() {
    let history = History::in_memory().unwrap();
    history.begin(&begun(u64::MAX)).unwrap();
    history.begin(&begun(2)).unwrap();
    let place = Location::local("/mnt/a");
    history.begin_version(RunId(u64::MAX), &version(7), &place).unwrap();
    history.finish(&report(2, 0, Outcome::Completed)).unwrap();
    let left = history.left_running().unwrap();
    assert_eq!(left, [Begun { version: Some(version(7)), destination: Some(place.clone()), ..begun(u64::MAX) }]);
    assert_eq!(history.begun_versions(&plan(1), &place).unwrap(), [version(7)]);
    history.finish(&report(u64::MAX, 0, Outcome::LeftRunning)).unwrap();
    assert!(history.left_running().unwrap().is_empty());
    assert_eq!(history.begun_versions(&plan(1), &place).unwrap(), [version(7)], "its folder may still lie there");
    assert!(history.begin_version(RunId(99), &version(8), &place).is_err(), "not begun");
}

#[test]
fn each_destination_has_its_versions() {
    let history = History::in_memory().unwrap();
    let (a, b) = (Location::local("/mnt/a"), Location::Local { path: PathBytes::new(b"/mnt/\xff".to_vec()) });
    history.remember_version(&plan(1), &a, &version(2), 2).unwrap();
    history.remember_version(&plan(1), &a, &version(1), 1).unwrap();
    history.remember_version(&plan(1), &a, &version(1), 1).unwrap();
    history.remember_version(&plan(1), &b, &version(1), 1).unwrap();
    history.remember_version(&plan(2), &a, &version(9), 9).unwrap();
    assert_eq!(history.known_versions(&plan(1), &a).unwrap(), [(version(1), 1), (version(2), 2)]);
    history.forget_version(&plan(1), &a, &version(1)).unwrap();
    assert_eq!(history.known_versions(&plan(1), &a).unwrap(), [(version(2), 2)]);
    assert_eq!(history.known_versions(&plan(1), &b).unwrap(), [(version(1), 1)]);
    history.forget_plan(&plan(1)).unwrap();
    assert!(history.known_versions(&plan(1), &b).unwrap().is_empty());
    assert_eq!(history.known_versions(&plan(2), &a).unwrap().len(), 1);
}

#[test]
fn a_number_that_cannot_be_is_the_highest() {
    let (history, at) = (History::in_memory().unwrap(), Location::local("/mnt/a"));
    history.remember_version(&plan(1), &at, &version(2), u64::MAX).unwrap();
    history.remember_version(&plan(1), &at, &version(1), 1).unwrap();
    let highest = i64::MAX as u64;
    assert_eq!(history.known_versions(&plan(1), &at).unwrap(), [(version(1), 1), (version(2), highest)]);
    assert_eq!(history.highest_sequence(&plan(1), &at).unwrap(), highest);
}

#[test]
fn another_key_to_a_bucket_makes_no_other_destination_of_it() {
    let history = History::in_memory().unwrap();
    let at = |text: &str| Location::of_server(text).unwrap().unwrap();
    let (one, other) = (at("s3://my-bucket/a?access_key=ONE"), at("s3://my-bucket/a?access_key=OTHER&region=eu-west-1"));
    history.begin_folder(&plan(1), &one, &version(1)).unwrap();
    assert_eq!(history.begun_versions(&plan(1), &other).unwrap(), [version(1)]);
    history.remember_version(&plan(1), &other, &version(1), 7).unwrap();
    assert_eq!(history.known_versions(&plan(1), &one).unwrap(), [(version(1), 7)]);
    assert_eq!(history.highest_sequence(&plan(1), &one).unwrap(), 7);
    history.remember_damage(&plan(1), &one, &["a", "b"], false).unwrap();
    history.forget_damage(&plan(1), &other, &["a"]).unwrap();
    assert_eq!(history.damaged(&plan(1), &one).unwrap(), ["b"]);
    history.forget_version(&plan(1), &other, &version(1)).unwrap();
    assert_eq!(history.known_versions(&plan(1), &one).unwrap(), []);
}

#[test]
fn reports_come_back_whole() {
    let history = History::in_memory().unwrap();
    for report in [warned(1, 0), failed(2, 10), report(3, 20, Outcome::Cancelled)] {
        history.finish(&report).unwrap();
        assert_eq!(history.report(report.run).unwrap(), Some(report));
    }
    assert_eq!(history.report(RunId(9)).unwrap(), None);
    let page = history.page(&all()).unwrap();
    assert_eq!(page.total, 3);
    assert!(page.runs.iter().all(|r| r.warnings.is_empty()));
    assert_eq!(page.runs[2].warning_count, 1);
}

#[test]
fn pages_are_filtered_and_searched() {
    let history = History::in_memory().unwrap();
    history.finish(&report(1, 0, Outcome::Completed)).unwrap();
    history.finish(&warned(2, 10)).unwrap();
    history.finish(&failed(3, 20)).unwrap();
    let restore =
        RunReport { kind: RunKind::Restore, plan: Some(plan(2)), plan_name: "100%".into(), ..report(4, 30, Outcome::Completed) };
    history.finish(&restore).unwrap();
    assert_eq!(ids(&history, &all()), [4, 3, 2, 1]);
    assert_eq!(ids(&history, &HistoryFilter { troubled: true, ..all() }), [3, 2]);
    assert_eq!(ids(&history, &HistoryFilter { plan: Some(plan(2)), ..all() }), [4]);
    assert_eq!(ids(&history, &HistoryFilter { kind: Some(RunKind::Backup), ..all() }), [3, 2, 1]);
    for (text, found) in [
        ("straße", vec![2]),
        ("full.", vec![3]),
        ("%", vec![4]),
        ("DOCUMENTS", vec![3, 2, 1]),
        ("' OR 1", vec![]),
        ("  ", vec![4, 3, 2, 1]),
    ] {
        assert_eq!(ids(&history, &HistoryFilter { text: text.into(), ..all() }), found, "{text}");
    }
}

#[test]
fn recent_reaches_back_for_what_status_needs() {
    let history = History::in_memory().unwrap();
    let day = 86_400;
    let verify = |run, seconds, outcome| {
        let detail = RunDetail::Verify { report: VerifyReport::default() };
        RunReport { kind: RunKind::Verify, detail, ..report(run, seconds, outcome) }
    };
    let all = [
        report(1, 0, Outcome::Completed),
        warned(2, day),
        verify(3, 2 * day, Outcome::Completed),
        RunReport { detail: RunDetail::None, ..verify(4, 2 * day + 9, Outcome::LeftRunning) },
        failed(5, 3 * day),
        RunReport { kind: RunKind::Delete, ..report(6, 3 * day + 9, Outcome::Completed) },
        report(7, 4 * day, Outcome::Cancelled),
    ];
    all.iter().for_each(|run| history.finish(run).unwrap());
    // The same as of all reports, but that they have no warnings here.
    let newest_first: Vec<_> = all.iter().rev().map(|run| RunReport { warnings: vec![], ..run.clone() }).collect();
    let expected = Recent::of(&newest_first);
    assert_eq!(history.recent(&plan(1), at(0)).unwrap(), expected);
    let last =
        [&expected.last_backup, &expected.last_ended, &expected.last_good, &expected.last_verified, &expected.last_deleted];
    assert_eq!(last.map(|run| run.as_ref().unwrap().run.0), [7, 5, 2, 3, 6]);
    let later = history.recent(&plan(1), at(3 * day)).unwrap();
    assert_eq!(later, Recent { backups: expected.backups[..2].to_vec(), ..expected });
    assert_eq!(history.recent(&plan(2), at(0)).unwrap(), Recent::default());
}

#[test]
fn of_thousands_of_runs_hardly_any_is_read() {
    let history = History::in_memory().unwrap();
    (0..5000).for_each(|n| history.finish(&report(n, n as i64 * 60, Outcome::Completed)).unwrap());
    // A report that is read is one that must be JSON.
    history.db().execute("UPDATE run SET report = 'no report' WHERE id < 4999", []).unwrap();
    let recent = history.recent(&plan(1), at(0)).unwrap();
    assert_eq!((recent.backups.len(), recent.last_good.unwrap().run.0), (5000, 4999));
    let db = history.db();
    let mut plan = db
        .prepare(
            "EXPLAIN QUERY PLAN SELECT started, success, troubled FROM run
         WHERE plan = 'x' AND kind = 'backup' AND started >= 5 ORDER BY started DESC",
        )
        .unwrap();
    let how: String = plan.query_row([], |row| row.get("detail")).unwrap();
    assert!(how.contains("COVERING INDEX run_plan"), "{how}");
}

#[test]
fn no_sequence_number_comes_twice() {
    let (_dir, home) = home();
    let (history, _) = History::open(&home, at(0)).unwrap();
    let (a, b) = (Location::local("/a"), Location::local("/b"));
    history.remember_version(&plan(1), &a, &version(1), 4).unwrap();
    history.remember_version(&plan(1), &a, &version(2), 7).unwrap();
    history.forget_version(&plan(1), &a, &version(2)).unwrap();
    let highest = |history: &History| [&a, &b].map(|at| history.highest_sequence(&plan(1), at).unwrap());
    assert_eq!(highest(&history), [7, 0]);
    // An older database knows of those that are there.
    history.db().execute_batch(&format!("{BACK_TO_THREE}; DROP TABLE highest; PRAGMA user_version = 2")).unwrap();
    drop(history);
    let (history, _) = History::open(&home, at(0)).unwrap();
    assert_eq!(highest(&history), [4, 0]);
    history.forget_plan(&plan(1)).unwrap();
    assert_eq!(highest(&history), [0, 0]);
}

#[test]
fn unseen_counts_troubled_runs_until_they_are_seen() {
    let history = History::in_memory().unwrap();
    assert_eq!(history.unseen().unwrap(), 0);
    history.finish(&failed(1, 0)).unwrap();
    history.finish(&warned(2, 10)).unwrap();
    history.finish(&report(3, 20, Outcome::Completed)).unwrap();
    assert_eq!(history.unseen().unwrap(), 2);
    history.mark_seen(at(5)).unwrap();
    assert_eq!(history.unseen().unwrap(), 0, "also those that ended past a clock that was set back");
    history.finish(&failed(4, 60)).unwrap();
    assert_eq!(history.unseen().unwrap(), 1);
}

#[test]
fn warnings_of_long_ago_are_let_go() {
    let history = History::in_memory().unwrap();
    for n in 0..205 {
        history.finish(&warned(n, n as i64 * 100)).unwrap();
    }
    let kept = |run| history.report(RunId(run)).unwrap().unwrap().warnings.len();
    assert_eq!((kept(4), kept(5), kept(204)), (0, 1, 1));
    assert_eq!(history.report(RunId(0)).unwrap().unwrap().warning_count, 1);
}

fn home() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::locate(Some(dir.path())).unwrap();
    (dir, home)
}

#[test]
fn two_processes_share_it() {
    let (_dir, home) = home();
    let (one, notice) = History::open(&home, at(0)).unwrap();
    assert_eq!(notice, None);
    let (two, _) = History::open(&home, at(0)).unwrap();
    std::thread::scope(|scope| {
        for (history, base) in [(&one, 0), (&two, 1000)] {
            scope.spawn(move || {
                for n in 0..50 {
                    history.begin(&begun(base + n)).unwrap();
                    history.finish(&report(base + n, n as i64, Outcome::Completed)).unwrap();
                }
            });
        }
    });
    assert_eq!(one.page(&all()).unwrap().total, 100);
    drop((one, two));
    let (again, notice) = History::open(&home, at(0)).unwrap();
    assert_eq!((again.page(&all()).unwrap().total, notice), (100, None));
}

#[test]
fn a_corrupt_database_is_set_aside() {
    let nonsense = vec![b'x'; 8192];
    let mut cut = Vec::new();
    for bytes in [&mut nonsense.clone(), &mut cut] {
        let (_dir, home) = home();
        if bytes.is_empty() {
            // Whole at its head, overwritten further on.
            let (history, _) = History::open(&home, at(0)).unwrap();
            for n in 0..200 {
                history.finish(&warned(n, n as i64)).unwrap();
            }
            drop(history);
            *bytes = fs::read(home.history_file()).unwrap();
            let middle = bytes.len() / 2;
            bytes[8192..middle].fill(0xaa);
        }
        fs::write(home.history_file(), &*bytes).unwrap();
        let (history, notice) = History::open(&home, at(0)).unwrap();
        let aside = home.data.join("history.sqlite.broken-20270115T080000Z");
        assert!(notice.unwrap().contains(aside.to_str().unwrap()));
        assert!(fs::read(&aside).unwrap() == *bytes, "nothing of it is lost");
        history.finish(&failed(1, 0)).unwrap();
        drop(history);
        let (history, notice) = History::open(&home, at(0)).unwrap();
        assert_eq!((history.page(&all()).unwrap().total, notice), (1, None));
    }
}

#[test]
fn damage_is_remembered_until_all_was_found_whole() {
    let (_dir, home) = home();
    let (history, _) = History::open(&home, at(0)).unwrap();
    let (a, b) = (Location::local("/a"), Location::local("/b"));
    history.remember_damage(&plan(1), &a, &["data/x/v0001", "data/x/v0002"], true).unwrap();
    history.remember_damage(&plan(1), &a, &["data/x/v0001", "data/y/v0001"], false).unwrap();
    assert_eq!(history.damaged(&plan(1), &a).unwrap(), ["data/x/v0001", "data/x/v0002", "data/y/v0001"]);
    assert!(history.damaged(&plan(1), &b).unwrap().is_empty() && history.damaged(&plan(2), &a).unwrap().is_empty());
    history.remember_damage(&plan(1), &a, &["data/x/v0002"], true).unwrap();
    assert_eq!(history.damaged(&plan(1), &a).unwrap(), ["data/x/v0002"]);
    history.forget_plan(&plan(1)).unwrap();
    assert!(history.damaged(&plan(1), &a).unwrap().is_empty());
}

#[test]
fn an_older_database_is_brought_up() {
    let (_dir, home) = home();
    let (history, _) = History::open(&home, at(0)).unwrap();
    history.finish(&failed(1, 0)).unwrap();
    let older = format!("{BACK_TO_THREE}; DROP TABLE damaged; DROP TABLE highest; PRAGMA user_version = 1");
    history.db().execute_batch(&older).unwrap();
    drop(history);
    let (history, notice) = History::open(&home, at(1)).unwrap();
    assert_eq!((history.page(&all()).unwrap().total, notice), (1, None));
    assert!(history.damaged(&plan(1), &Location::local("/a")).unwrap().is_empty());
}

#[test]
fn a_newer_database_is_left_alone() {
    let (_dir, home) = home();
    let (history, _) = History::open(&home, at(0)).unwrap();
    history.db().pragma_update(None, "user_version", schema::NEWEST + 1).unwrap();
    drop(history);
    assert!(matches!(History::open(&home, at(0)), Err(Error::TooNew { found, .. }) if found == schema::NEWEST + 1));
}

#[test]
fn wherever_it_was_cut_a_new_one_begins_and_the_old_one_is_kept() {
    let (_dir, home) = home();
    let (history, _) = History::open(&home, at(0)).unwrap();
    for n in 0..200 {
        history.finish(&warned(n, n as i64)).unwrap();
    }
    drop(history);
    let whole = fs::read(home.history_file()).unwrap();
    for length in [1, 15, 16, 99, 100, 512, 4095, 4096, 4097, 8192, whole.len() / 2, whole.len() - 4096] {
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(with_suffix(&home.history_file(), suffix));
        }
        fs::write(home.history_file(), &whole[..length]).unwrap();
        let (history, notice) = History::open(&home, at(length as i64)).unwrap_or_else(|e| panic!("{length}: {e}"));
        let notice = notice.unwrap_or_else(|| panic!("cut at {length} without a word"));
        let aside = notice.split(" lies at ").nth(1).unwrap().trim_end_matches('.');
        assert!(fs::read(aside).unwrap() == whole[..length], "{length}: not kept as it was");
        history.finish(&failed(1, 0)).unwrap();
    }
}

/// Brings a database back to its third step.
const BACK_TO_THREE: &str = "
    DROP INDEX run_number; DROP INDEX run_attempt;
    ALTER TABLE run DROP COLUMN number; ALTER TABLE run DROP COLUMN version;
    ALTER TABLE run DROP COLUMN schedules; ALTER TABLE run DROP COLUMN utc_offset;
    DROP TABLE message; DROP TABLE told; DROP TABLE health;
    DROP INDEX run_ending; DROP INDEX run_kind; ALTER TABLE run DROP COLUMN ending; DROP TABLE walk;
    DROP TABLE owed_keys; DROP TABLE append_only";
