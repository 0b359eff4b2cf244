//! A backup as it might look after a month, for looking at the restore pages without an engine: many versions, one of them
//! unreadable, names of every length.

use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use strongroom::engine::message::*;
use strongroom::model::catalog::{FileState, FileTime, FoundFile, Row, RowKind};
use strongroom::model::location::Location;
use strongroom::model::plan::PlanId;
use strongroom::model::problem::{Cause, Code, Problem, Warning};
use strongroom::model::restore::RestoreCounts;
use strongroom::model::run::{Outcome, RunDetail, RunKind, RunReport, Trigger};
use strongroom::model::snapshot::{BackupType, CatalogRef, Manifest, Totals, VersionId};
use strongroom::model::whereabouts::{Held, Whereabouts};

use super::fake::Fake;
use super::sample::{self, at};

const NAMES: [&str; 12] = [
    "2024",
    "2025",
    "Letters to the municipal office for gardens, parks, trees and everything else that is green in this town",
    "Summer in the far north",
    "IMG_0412.raw",
    "IMG_0413.raw",
    "Minutes of the general meeting of the housing association, second draft with the remarks of all members (final).odt",
    "budget.ods",
    "film.mp4",
    "notes.txt",
    "song.flac",
    "旅行の写真.zip",
];

fn version(back: i64) -> Manifest {
    let started = at("2026-11-21T18:02:00Z") - SignedDuration::from_hours(13 * back);
    let backup_type = if back % 9 == 8 { BackupType::Full } else { BackupType::Incremental };
    Manifest {
        format: 1,
        kind: "version".into(),
        plan: PlanId::from_random([1; 16]),
        id: VersionId::new(started, backup_type, [back as u8; 4]),
        sequence: 40 - back as u64,
        backup_type,
        parent: None,
        sealed: true,
        home: "0".repeat(32),
        started,
        finished: started,
        totals: Totals {
            files: 61_220 - back as u64,
            bytes: 12_400_000_000,
            stored_bytes: 62_000_000,
            warnings: u64::from(back == 2) * 12,
            ..Totals::default()
        },
        objects_sha256: String::new(),
        catalog: CatalogRef { name: String::new(), size: 0, index_offset: 0, index_length: 0 },
        needs: vec![],
    }
}

/// At three destinations: one was away for the newest, one has room for few.
fn listed() -> VersionList {
    let manifests: Vec<Manifest> = (0..30).rev().filter(|back| *back != 2).map(version).collect();
    let held = |name: &str, of: &[Manifest]| Held {
        location: Location::local(name),
        versions: Some(of.iter().map(|version| version.id.clone()).collect()),
        highest: of.last().map_or(0, |version| version.sequence),
    };
    let mut destinations = vec![
        held("/media/ada/Blue disk", &manifests),
        held("/mnt/The old server in the cellar", &manifests[..27]),
        held("/media/ada/Stick", &manifests[20..]),
    ];
    let elsewhere = vec![version(40).id];
    if let Some(versions) = &mut destinations[1].versions {
        versions.extend(elsewhere.iter().cloned());
    }
    VersionList { manifests, whereabouts: Whereabouts { destinations, elsewhere } }
}

fn row(folder: &str, n: usize) -> Row {
    let name = NAMES[n % NAMES.len()];
    let kind = if n % NAMES.len() < 4 { RowKind::Folder } else { RowKind::File };
    let number = if n < NAMES.len() { String::new() } else { format!(" {n}") };
    Row {
        path: format!("{folder}/{name}{number}").as_str().into(),
        kind,
        size: Some(4_096 + 7_919_000 * n as u64),
        files: (kind == RowKind::Folder).then_some(n as u64 + 3),
        mtime: FileTime { seconds: at("2026-11-21T08:00:00Z").as_second() - 86_000 * n as i64, nanos: 0 },
        mode: 0o644,
        uid: 0,
        gid: 0,
        target: None,
        kept_from: (n == 5).then(|| version(3).id),
        torn: n == 7,
    }
}

fn found(path: String, states: i64) -> FoundFile {
    let state = |n: i64| FileState {
        version: version(n * 3).id,
        versions: 3,
        kind: RowKind::File,
        size: Some(1_300_000 + 21_000 * n as u64),
        mtime: FileTime { seconds: version(n * 3).started.as_second() - 4_000, nanos: 0 },
        kept: false,
        torn: false,
    };
    FoundFile { path: path.as_str().into(), states: (0..states).map(state).collect() }
}

/// What the pretended engine answers to the restore pages.
pub fn answer(question: &Question) -> Option<Result<Answer, Problem>> {
    let damaged = Problem::new(
        Code::Damaged,
        "A file of the backup is damaged: versions/20261120T160200Z-incr-02020202.json.",
        "Verify the backup to see which files this hits; other versions may be whole.",
    );
    Some(Ok(match question {
        Question::PlansAt { .. } => Answer::Plans(
            [
                ("Pictures", "old-laptop", true),
                ("Correspondence and everything that belongs to the house in the country", "w", false),
            ]
            .into_iter()
            .enumerate()
            .map(|(n, (name, machine, sealed))| PlanAt {
                id: PlanId::from_random([n as u8; 16]),
                name: name.into(),
                folder: name.into(),
                machine: machine.into(),
                sealed,
                versions: 30,
                newest: Some(at("2026-11-21T18:02:00Z")),
                ours: false,
                stored: None,
                remembered: false,
            })
            .collect(),
        ),
        Question::Versions { .. } => Answer::Versions(listed()),
        Question::UnreadableVersions { .. } => Answer::Unreadable(vec![Unreadable { id: version(2).id, problem: damaged }]),
        Question::Unlock { place } => match place.secret.as_ref().map(|secret| secret.expose()) {
            Some("right") => Answer::Done,
            None => return Some(Err(Problem::new(Code::PasswordNeeded, "This backup is encrypted.", ""))),
            Some(_) => {
                return Some(Err(Problem::new(
                    Code::WrongPassword,
                    "This password does not open the backup.",
                    "Check capital letters and the keyboard's language, or use the recovery key.",
                )));
            }
        },
        Question::Children { folder, skip, limit, .. } => {
            let (folder, total) = match folder.display() {
                empty if empty.is_empty() => ("home/ada".to_owned(), 4),
                folder => (folder.into_owned(), 1_000_000),
            };
            let rows = (*skip..total.min(skip + limit)).map(|n| row(&folder, n)).collect();
            Answer::Rows(Rows { rows, total })
        }
        Question::Find { text, .. } => {
            Answer::Found((0..40).map(|n| row(&format!("home/ada/{text}/Pictures/2026"), n)).collect())
        }
        Question::FindEverywhere { text, .. } if text == "nothing" => {
            Answer::FoundEverywhere(FoundEverywhere { versions: 29, ..FoundEverywhere::default() })
        }
        Question::FindEverywhere { text, .. } => {
            let file =
                |n: usize| found(format!("home/ada/Documents/{}/{text} {}", NAMES[n % 4], NAMES[4 + n % 8]), 1 + n as i64 % 4);
            let files = (3..28).map(file).collect();
            Answer::FoundEverywhere(FoundEverywhere { files, more: false, versions: 29, unreadable: 1 })
        }
        Question::Sum { .. } => Answer::Sum { files: 9_402, bytes: 31_200_000_000 },
        Question::PlanRestore { .. } => Answer::RestorePlan(counts()),
        other => return sample::answer(other),
    }))
}

fn counts() -> RestoreCounts {
    RestoreCounts {
        created: 9_210,
        replaced: 14,
        skipped: 176,
        failed: 2,
        folders: 311,
        bytes: 31_200_000_000,
        free: Some(588_000_000_000),
        ..RestoreCounts::default()
    }
}

/// Ends each restore that the window starts after a few seconds, with warnings.
pub fn end_restores(fake: &Fake) {
    let (told, events) = (fake.told.clone(), fake.events.clone());
    thread::spawn(move || {
        let mut ended = 0;
        loop {
            thread::sleep(Duration::from_millis(100));
            let run = told.lock().ok().and_then(|told| match told.get(ended)? {
                Command::Restore { run, .. } => Some(Some(*run)),
                _ => Some(None),
            });
            let Some(run) = run else { continue };
            ended += 1;
            let Some(run) = run else { continue };
            thread::sleep(Duration::from_secs(4));
            let _ = events.send(Event::RunEnded(Box::new(report(run, at(sample::NOW)))));
        }
    });
}

fn report(run: strongroom::model::run::RunId, at: Timestamp) -> RunReport {
    let warning = |n: u32| Warning {
        cause: if n < 2 { Cause::Damaged } else { Cause::MetadataNotSet },
        path: format!("home/ada/Pictures/Summer in the far north/IMG_{n:04}.raw").as_str().into(),
        detail: if n < 2 { "its checksum does not fit".into() } else { "Operation not permitted (os error 1)".into() },
    };
    RunReport {
        run,
        kind: RunKind::Restore,
        trigger: Trigger::ByHand,
        schedules: Vec::new(),
        utc_offset: None,
        plan: None,
        plan_name: "Pictures".into(),
        started: at - SignedDuration::from_secs(94),
        finished: at,
        paused_ms: 0,
        outcome: Outcome::CompletedWithWarnings,
        detail: RunDetail::Restore {
            version: Some(version(0).id),
            counts: counts(),
            target: "/home/ada/Restored".into(),
            dry_run: false,
            undo: Some("/home/ada/.strongroom-replaced/2026-11-21".into()),
        },
        warnings: (0..14).map(warning).collect(),
        warning_count: 14,
        stages: vec![],
    }
}
