//! What ran for schedules.

use super::*;
use crate::model::run::ReadBack;
use crate::model::schedule::{Past, Schedule, Stamp, When};
use crate::model::snapshot::{Totals, WantedType};

fn made(run: u64, seconds: i64, backup_type: BackupType, schedules: &[ScheduleId]) -> RunReport {
    let detail = RunDetail::Backup {
        version: VersionId::new(at(seconds), backup_type, [run as u8; 4]),
        backup_type,
        totals: Totals::default(),
        destination: "/x".into(),
        versions: 1,
        plan_bytes: 1,
        read_back: ReadBack::Medium,
        packed: None,
        resumed_bytes: 0,
        copies: Vec::new(),
    };
    let schedules = schedules.to_vec();
    let utc_offset = Some(3600);
    RunReport { detail, schedules, utc_offset, ..report(run, seconds, Outcome::Completed) }
}

fn every_hour(n: u8, wanted: WantedType) -> Schedule {
    let when = When::Hourly { minute: 0 };
    Schedule { wanted, ..Schedule::new(ScheduleId::from_random([n; 4]), when, Timestamp::UNIX_EPOCH) }
}

#[test]
fn what_ran_for_a_schedule_is_found_in_the_order_in_which_it_was_recorded() {
    let history = History::in_memory().unwrap();
    let (hourly, weekly) = (every_hour(1, WantedType::Auto), every_hour(2, WantedType::Full));
    let ids = [hourly.id.clone(), weekly.id.clone()];
    history.finish(&made(1, 9000, BackupType::Full, &ids)).unwrap();
    // The clock was put back.
    history.finish(&made(2, 100, BackupType::Incremental, &ids[..1])).unwrap();
    history.finish(&RunReport { plan: Some(plan(2)), ..made(3, 200, BackupType::Full, &[]) }).unwrap();
    let past = |schedule| history.past(&plan(1), schedule).unwrap();
    let stamp = |seconds| Some(Stamp { at: at(seconds), offset: Some(3600) });
    assert_eq!(past(&hourly), Past { last: stamp(100), failures: 0, last_success: stamp(100) });
    assert_eq!(past(&weekly).last, stamp(9000), "the newest was none of its kind");
    for run in 4..6 {
        let schedules = ids[1..].to_vec();
        history.finish(&RunReport { schedules, utc_offset: Some(3600), ..failed(run, 300 * run as i64) }).unwrap();
    }
    assert_eq!(past(&weekly), Past { last: stamp(1500), failures: 2, last_success: stamp(9000) });
    assert_eq!(past(&hourly).last, stamp(100), "what failed for another is nothing to it");
    let for_versions = history.schedules_of_versions(&plan(1)).unwrap();
    let of: Vec<usize> = [(9000, BackupType::Full, 1), (100, BackupType::Incremental, 2)]
        .map(|(seconds, kind, run)| for_versions[&VersionId::new(at(seconds), kind, [run; 4])].len())
        .into();
    assert_eq!(of, [2, 1]);
}

#[test]
fn what_an_older_database_knows_counts_for_the_one_schedule_that_there_was() {
    let (_dir, home) = home();
    let (history, _) = History::open(&home, at(0)).unwrap();
    history.finish(&RunReport { trigger: Trigger::Schedule, ..made(1, 100, BackupType::Full, &[]) }).unwrap();
    history.finish(&RunReport { trigger: Trigger::Schedule, ..failed(2, 200) }).unwrap();
    history.finish(&RunReport { kind: RunKind::Verify, ..failed(3, 300) }).unwrap();
    history.db().execute_batch(&format!("{BACK_TO_THREE}; PRAGMA user_version = 3")).unwrap();
    drop(history);
    let (history, notice) = History::open(&home, at(0)).unwrap();
    assert_eq!(notice, None);
    let only = Schedule { id: ScheduleId::first(), ..every_hour(0, WantedType::Auto) };
    let past = history.past(&plan(1), &only).unwrap();
    assert_eq!((past.last, past.failures), (Some(Stamp::from(at(200))), 1));
    assert_eq!(past.last_success, Some(Stamp::from(at(100))), "by hand or not: it was made");
    history.finish(&made(9, 50, BackupType::Full, &[])).unwrap();
    assert_eq!(history.past(&plan(1), &only).unwrap().last.map(|last| last.at), Some(at(50)), "it is newer than all of them");
}
