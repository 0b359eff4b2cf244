use jiff::SignedDuration;

use super::*;
use crate::model::problem::Warning;
use crate::model::restore::{DamagedObject, VerifyReport};
use crate::model::run::{ReadBack, RunId, Trigger};
use crate::model::snapshot::{BackupType, Totals, VersionId};

fn run(kind: RunKind, outcome: Outcome, detail: RunDetail) -> RunReport {
    RunReport {
        run: RunId(7),
        kind,
        trigger: Trigger::Schedule,
        schedules: Vec::new(),
        utc_offset: None,
        plan: Some(PlanId::from_random([1; 16])),
        plan_name: "Documents".into(),
        started: Timestamp::UNIX_EPOCH,
        finished: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(245),
        paused_ms: 0,
        outcome,
        detail,
        warnings: vec![],
        warning_count: 0,
        stages: vec![],
    }
}

fn backup(outcome: Outcome) -> RunReport {
    let detail = RunDetail::Backup {
        version: VersionId::new(Timestamp::UNIX_EPOCH, BackupType::Full, [0; 4]),
        backup_type: BackupType::Full,
        totals: Totals { files: 214, bytes: 1_300_000_000, new_bytes: 42_000, ..Totals::default() },
        destination: "/media/Blue disk".into(),
        versions: 1,
        plan_bytes: 1,
        read_back: ReadBack::Medium,
        packed: None,
        resumed_bytes: 0,
        copies: Vec::new(),
    };
    run(RunKind::Backup, outcome, detail)
}

fn failed(kind: RunKind, code: Code) -> RunReport {
    let problem = Problem::new(code, "The destination is not there.", "Plug the drive in.").with_detail("/secret/path");
    run(kind, Outcome::Failed(problem), RunDetail::None)
}

fn told(report: &RunReport) -> (Alert, Vec<Key>) {
    of_run(report, "nas").expect("it is told")
}

#[test]
fn a_backup_is_told_in_a_sentence() {
    let (alert, keys) = told(&backup(Outcome::Completed));
    assert_eq!(alert.subject, "Documents is backed up");
    assert_eq!(alert.body, "214 files, 1.3 GB to /media/Blue disk: 42.0 kB new, in 4 min.\n\n(Strongroom on nas)");
    assert!(keys.is_empty(), "each success is told to whoever wants to hear it");
}

#[test]
fn a_failure_says_what_to_do_and_what_else_it_is() {
    let (alert, keys) = told(&failed(RunKind::Backup, Code::DestinationMissing));
    assert_eq!(alert.subject, "Backup of Documents failed");
    assert!(alert.body.starts_with("The destination is not there.\nPlug the drive in.\n"));
    assert!(!alert.body.contains("secret"), "details stay in the report");
    assert_eq!(alert.topics, [Topic::Failure, Topic::Unreachable]);
    assert_eq!(keys[0].about, "backup: destination-missing");
    assert_eq!(told(&failed(RunKind::Backup, Code::NoRoom)).0.topics, [Topic::Failure, Topic::LowRoom]);
    assert!(of_run(&failed(RunKind::Restore, Code::NoRoom), "").is_none(), "whoever restores sits in front of it");
    assert!(of_run(&backup(Outcome::Cancelled), "").is_none());
    assert!(told(&run(RunKind::Backup, Outcome::LeftRunning, RunDetail::None)).0.subject.ends_with("was cut off"));
}

#[test]
fn warnings_are_counted_and_never_listed() {
    let mut report = backup(Outcome::CompletedWithWarnings);
    let of_file = Warning { cause: Cause::Unreadable, path: "/home/ada/diary".into(), detail: "Permission denied".into() };
    report.warnings = vec![of_file, Warning::of_all(Cause::Destination, "sftp://nas/b: The server does not answer.")];
    report.warning_count = 3;
    let (alert, keys) = told(&report);
    assert_eq!(alert.topics, [Topic::Warning, Topic::Unreachable]);
    assert!(alert.body.contains("Not brought to sftp://nas/b: The server does not answer.\n2 warnings:"), "{}", alert.body);
    assert!(!alert.body.contains("diary"));
    assert_eq!(keys.iter().map(|key| key.topic).collect::<Vec<_>>(), [Topic::Unreachable, Topic::Warning]);
}

#[test]
fn a_success_ends_what_stood_and_says_so() {
    let key = |topic, about: &str| Key { topic, plan: Some(PlanId::from_random([1; 16])), about: about.into() };
    let ends = |report: &RunReport, topic, about| ended_by(report, &key(topic, about));
    let good = backup(Outcome::Completed);
    assert!(ends(&good, Topic::Failure, "backup: no-room") && ends(&good, Topic::Overdue, "") && ends(&good, Topic::Warning, ""));
    assert!(
        !ends(&good, Topic::Failure, "verify: no-room") && !ends(&good, Topic::Damage, "") && !ends(&good, Topic::LowRoom, "x")
    );
    assert!(!ended_by(&good, &Key { plan: None, ..key(Topic::Failure, "backup: no-room") }), "another plan's");
    assert!(!ends(&backup(Outcome::CompletedWithWarnings), Topic::Warning, ""));
    assert!(!ends(&failed(RunKind::Backup, Code::Io), Topic::Failure, "backup: io"));
    let alert = over(told(&good).0, &[key(Topic::Overdue, ""), key(Topic::Failure, "a"), key(Topic::Failure, "b")]);
    assert_eq!((alert.subject.as_str(), alert.ends), ("Documents is backed up again", vec![Topic::Failure, Topic::Overdue]));
}

#[test]
fn damage_is_no_mere_failure() {
    let object = DamagedObject { object: "v1".into(), what: "x".into(), hits: vec![], hit_count: 3, files_hit: 3 };
    let report = VerifyReport { damaged: vec![object], ..VerifyReport::default() };
    let problem = Problem::new(Code::Damaged, "Damaged.", "");
    let (alert, keys) = told(&run(RunKind::Verify, Outcome::Failed(problem), RunDetail::Verify { report }));
    assert_eq!((alert.topics, keys[0].topic), (vec![Topic::Damage], Topic::Damage));
    let whole = run(RunKind::Verify, Outcome::Completed, RunDetail::Verify { report: VerifyReport::default() });
    assert!(of_run(&whole, "").is_none() && ended_by(&whole, &keys[0]));
    assert_eq!(well_again(&whole, "").subject, "Documents is whole again");
}

#[test]
fn names_stay_in_their_line() {
    let mut report = backup(Outcome::Completed);
    report.plan_name = format!("a\r\nBcc: eve@example.org{}", "x".repeat(200));
    let (alert, _) = told(&report);
    assert!(!alert.subject.contains(['\r', '\n']) && alert.subject.chars().count() < 130, "{}", alert.subject);
}

#[test]
fn what_is_away_too_long_is_told_with_all_that_wait_for_it() {
    let (since, now) = ("2026-11-11T12:00:00Z".parse().unwrap(), "2026-11-18T12:00:00Z".parse().unwrap());
    let plans: Vec<String> = (1..=7).map(|n| format!("Plan {n}")).collect();
    let told = |at: &Location, plans: &[String]| away(at, since, plans, now, &TimeZone::UTC, "box");
    let drive = told(&Location::local("/media/blue"), &plans[..2]);
    assert_eq!((drive.subject.as_str(), drive.plan.as_ref()), ("blue has been away for 7 days", None));
    assert_eq!(drive.topics, [Topic::Away]);
    assert!(drive.body.contains("does not lie there: Plan 1, Plan 2. Plug the drive in"), "{}", drive.body);
    assert!(drive.body.ends_with("(Strongroom on box)"), "{}", drive.body);
    let server = told(&Location::of_server("sftp://ada@nas/b").unwrap().unwrap(), &plans);
    assert!(server.body.contains("Plan 5 and 2 more. Check the network"), "{}", server.body);
    let again = there_again(&Location::local("/media/blue"), now, "box");
    assert_eq!((again.name(), again.subject.as_str()), ("recovery", "blue is there again"));
    assert_eq!(again.ends, [Topic::Away]);
}
