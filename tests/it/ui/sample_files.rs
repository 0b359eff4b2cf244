//! Single files as they might lie about, and one file's history: for looking at the pages that deal with them without an engine.

use std::thread;
use std::time::Duration;

use jiff::SignedDuration;
use strongroom::engine::message::*;
use strongroom::model::catalog::{FileTime, RowKind};
use strongroom::model::compare::{Aspect, InVersion, PathHistory, Side};
use strongroom::model::format::Codec;
use strongroom::model::inspection::*;
use strongroom::model::key::SlotKind;
use strongroom::model::problem::{Code, Problem};
use strongroom::model::restore::Origin;
use strongroom::model::run::{Outcome, RunDetail, RunId, RunReport, Trigger};
use strongroom::model::snapshot::{BackupType, VersionId};
use strongroom::model::tool::{Tool, ToolDone, ToolSpec};

use super::fake::Fake;
use super::sample::{NOW, at};

/// A file that is dropped onto the window.
#[derive(Debug)]
pub struct Dropped(pub std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("only its path is asked for".into())
    }
}

/// An archive that is broken in two places.
pub fn broken() -> ArchiveFacts {
    let damage = |path: Option<&str>, at: u64, what: &str| DamageFacts {
        path: path.map(Into::into),
        at,
        what: what.into(),
        doubtful: false,
    };
    ArchiveFacts {
        format: "tar.gz".into(),
        members: 1_310,
        files: 1_204,
        folders: 96,
        others: 10,
        bytes: 3_100_000_000,
        ratio: Some(2.41),
        is_volume: false,
        damage_count: 2,
        damage: vec![
            damage(Some("Pictures/Summer in the far north/IMG_0412.raw"), 18_204_112, "its checksum does not fit"),
            damage(None, 1_288_490_188, "what stands here is no member"),
        ],
        unsupported: 0,
    }
}

/// By the file's name.
pub fn inspected(file: &str) -> Result<Inspection, Problem> {
    let seal = |bytes| Seal { cipher: "AES-256-GCM".into(), key_id: "5f".repeat(16), records: 2, bytes, whole: true };
    Ok(match file.rsplit('/').next().unwrap_or(file) {
        "letter.pdf.sealed" => Inspection::SealedFile {
            seal: seal(1_300_000),
            slots: vec![SlotFacts { kind: SlotKind::Password, function: "scrypt 2^15/8/3".into() }],
        },
        "v0001.tar.zst.sealed" => Inspection::SealedObject {
            seal: seal(64_000_000),
            plan: "01".repeat(16),
            version: "20261121T200000Z-full-5f3a9c2e".into(),
            object: "v0001.tar.zst.sealed".into(),
            object_kind: SealedKind::Volume,
        },
        "download.tar.gz" => Inspection::Archive(broken()),
        "dump.sql.zst" => Inspection::Compressed { codec: Codec::Zstd, bytes: 214_000_000, ratio: Some(7.12), damage: None },
        "missing" => {
            let what = "“/home/ada/missing” cannot be read.";
            return Err(Problem::new(Code::NothingThere, what, "Name a file that is there and that you may read."));
        }
        _ => Inspection::Other,
    })
}

/// What the pretended engine says of single files, and of one file in all versions.
pub fn answer(question: &Question) -> Option<Result<Answer, Problem>> {
    Some(match question {
        Question::Inspect { file } => inspected(&file.display())
            .map(|found| Answer::Inspected(Box::new(FileFacts { file: file.clone(), size: 1_300_000, found }))),
        Question::OpenArchive { archive } => match (&*String::from_utf8_lossy(archive.path.file_name()), &archive.secret) {
            (name, None) if name.ends_with(".sealed") => {
                Err(Problem::new(Code::PasswordNeeded, "It is encrypted.", "Give its password."))
            }
            (name, Some(secret)) if name.ends_with(".sealed") && secret.expose() != "right" => {
                let what = format!("This password does not open “{name}”.");
                Err(Problem::new(Code::WrongPassword, what, "Check capital letters and the keyboard's language."))
            }
            ("letter.pdf", _) => {
                let fix = "Choose a tar or zip file, or a volume of a backup.";
                Err(Problem::new(Code::Usage, "“/home/ada/letter.pdf” is no archive.", fix))
            }
            (name, _) if name.starts_with("huge.") && !archive.long_list => {
                let what = format!("“{}” is very large: it holds more than 1,000,000 entries.", archive.path.display());
                Err(Problem::new(Code::TooMuch, what, "Its list takes some 200 MB of memory for each million entries."))
            }
            _ => Ok(Answer::Archive(Box::new(broken()))),
        },
        Question::PlanRestore { spec } => match &spec.from {
            Origin::Archive(file) if file.path.file_name().starts_with(b"huge.") && !spec.any_size => {
                let name = file.path.display();
                let what = format!("“{name}” looks like a bomb: it unpacks to more than 17.2 GB, over 1,000 times its size.");
                let fix = "Such files are made to fill disks. Go on only if you know what is in it.";
                Err(Problem::new(Code::TooMuch, what, fix))
            }
            _ => return None,
        },
        Question::PathHistory { .. } => Ok(Answer::PathHistory(history())),
        _ => return None,
    })
}

/// A file that changed now and then, was away for a while, and could not be read once.
fn history() -> PathHistory {
    let state = |n: u32, changed: Option<Vec<Aspect>>| {
        let started = at("2026-11-21T18:02:00Z") - SignedDuration::from_hours(13 * i64::from(n));
        let backup_type = if n % 9 == 8 { BackupType::Full } else { BackupType::Incremental };
        InVersion {
            version: VersionId::new(started, backup_type, [n as u8; 4]),
            started,
            side: Side {
                kind: RowKind::File,
                size: Some(28_300_000 - u64::from(n / 4) * 1_250_000),
                mtime: FileTime { seconds: at("2026-11-21T08:00:00Z").as_second() - i64::from(n / 4) * 190_000, nanos: 0 },
                mode: 0o644,
                uid: 0,
                gid: 0,
                content: None,
                target: None,
                kept: n == 6,
                torn: false,
            },
            changed,
        }
    };
    let states = (0..24)
        .map(|n| match n {
            23 => state(n, None),
            11 => state(n, None),
            n if n % 4 == 3 => state(n, Some(vec![Aspect::Content, Aspect::Time])),
            5 => state(n, Some(vec![Aspect::Mode])),
            n => state(n, Some(Vec::new())),
        })
        .collect();
    PathHistory { states, versions: 29, unreadable: 1 }
}

pub fn tool_report(run: RunId, spec: &ToolSpec, outcome: Outcome) -> RunReport {
    let finished = at(NOW);
    let (after, codec, level) = match &spec.tool {
        Tool::Compress { codec, .. } => (310_000, Some(*codec), Some(3)),
        Tool::Decompress => (9_200_000, Some(Codec::Zstd), None),
        Tool::Encrypt { .. } | Tool::Decrypt { .. } | Tool::Download { .. } => (1_300_412, None, None),
    };
    let done =
        ToolDone { from: spec.file.clone(), to: spec.to.clone(), before: 1_300_000, after, codec, level, milliseconds: 420 };
    let detail = if outcome.is_success() { RunDetail::Tool(done) } else { RunDetail::None };
    RunReport {
        run,
        kind: spec.tool.kind(),
        trigger: Trigger::ByHand,
        schedules: Vec::new(),
        utc_offset: None,
        plan: None,
        plan_name: String::from_utf8_lossy(spec.file.file_name()).into_owned(),
        started: finished,
        finished,
        paused_ms: 0,
        outcome,
        detail,
        warnings: vec![],
        warning_count: 0,
        stages: vec![],
    }
}

/// Ends each work on a single file that the window asks for after a few seconds.
#[allow(dead_code, reason = "for looking at the window")]
pub fn end_tools(fake: &Fake) {
    let (told, events) = (fake.told.clone(), fake.events.clone());
    thread::spawn(move || {
        let mut seen = 0;
        loop {
            thread::sleep(Duration::from_millis(100));
            let next = told.lock().ok().and_then(|told| told.get(seen).cloned());
            let Some(command) = next else { continue };
            seen += 1;
            if let Command::UseTool { run, spec } = command {
                thread::sleep(Duration::from_secs(4));
                let _ = events.send(Event::RunEnded(Box::new(tool_report(run, &spec, Outcome::Completed))));
            }
        }
    });
}
