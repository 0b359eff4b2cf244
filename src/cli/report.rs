//! Prints how a run ended.

use std::collections::BTreeMap;

use serde_json::json;

use super::exit::Exit;
use super::output::{Output, clean, complain};
use crate::model::human;
use crate::model::location::Location;
use crate::model::names::shown;
use crate::model::path::PathBytes;
use crate::model::problem::{Cause, Problem, Warning};
use crate::model::restore::{RestoreCounts, VerifyReport};
use crate::model::run::{Outcome, ReadBack, RunDetail, RunKind, RunReport, words};
use crate::model::snapshot::{BackupType, Totals, VersionId};

/// How many warnings of one cause people are shown.
const SHOWN: usize = 50;
/// So many that say the same of owner, mode or times have lines of their own.
const ALIKE: u64 = 5;

/// Prints a run's end as a command's end. Returns its exit code.
pub fn print(report: &RunReport, output: Output) -> Exit {
    let exit = Exit::from(report);
    if output.json {
        output.object(&report.object());
        return exit;
    }
    match &report.outcome {
        Outcome::Failed(problem) => {
            output.problem(problem);
        }
        Outcome::Cancelled => complain("strongroom: Cancelled."),
        Outcome::LeftRunning => complain("strongroom: The run was left in the middle."),
        Outcome::Completed | Outcome::CompletedWithWarnings => {}
    }
    let took = took(report);
    match &report.detail {
        RunDetail::None | RunDetail::Event(_) => {}
        RunDetail::Backup { version, backup_type, totals, destination, read_back, packed, resumed_bytes, copies, .. }
            if report.outcome.is_success() =>
        {
            backup(output, &report.plan_name, version, *backup_type, totals, destination, &took);
            for copy in copies {
                let read_back = copied_in_words(copy.read_back);
                output.line(format!("  and in {}, {} sent{read_back}", clean(&copy.destination), human::bytes(copy.bytes)));
            }
            if let Some(packed) = packed.filter(|packed| packed.content > 0) {
                output.line(format!("  as {}", packed.in_words()));
            }
            if *resumed_bytes > 0 {
                let bytes = human::bytes(*resumed_bytes);
                output.line(format!("  went on from {bytes} that had been stored before it was cut off"));
            }
            match read_back {
                ReadBack::Medium => {}
                // What a server reads it from, nobody can know.
                ReadBack::Cache if Location::of_server(destination).is_some() => {}
                ReadBack::Cache => {
                    output.note("The read-back may have come from memory: this file system does not let the cache be bypassed.");
                }
                ReadBack::Stopped => {
                    output.note("It was cancelled when the version was made already: what was not read back can be verified.");
                }
                ReadBack::NotWanted => output.line("  not read back, as was chosen"),
            }
        }
        RunDetail::Backup { .. } => {}
        RunDetail::Restore { version, counts, target, dry_run, undo } => {
            let verb = if *dry_run { "Would restore" } else { "Restored" };
            let from = version.as_ref().map_or_else(|| clean(&report.plan_name), ToString::to_string);
            output.line(format!("{verb} from {from} to {}", clean(target)));
            restored(output, counts, *dry_run);
            if let Some(undo) = undo {
                output.line(format!("What was replaced lies in {}", clean(&undo.display())));
            }
        }
        RunDetail::Verify { report } => verified(output, report, &took),
        // The commands for single files print theirs themselves.
        RunDetail::Tool(_) => {}
        RunDetail::Delete { versions, .. } if versions.is_empty() => {
            if report.outcome.is_success() {
                output.line("Nothing goes: all versions stay.");
            }
        }
        RunDetail::Delete { versions, bytes, kept_bytes, destination, left, keepers, .. } => {
            let count = human::counted(versions.len() as u64, "version", "versions");
            output.line(format!("Deleted {count} in {took}: {} freed", human::bytes(*bytes)));
            if *kept_bytes > 0 {
                output.line(format!("  {} of theirs stay: other versions need them", human::bytes(*kept_bytes)));
            }
            output.line(format!("  {} left in {}", human::counted(*left, "version", "versions"), clean(destination)));
            for keeper in keepers {
                output.line(format!("  {}", clean(&keeper.in_words())));
            }
        }
        RunDetail::Replicate { from, replicated } => {
            let count = human::counted(replicated.versions.len() as u64, "version", "versions");
            let to = clean(&replicated.destination);
            output.line(format!("Copied {count} from {} to {to} in {took}", clean(from)));
            let objects = human::counted(replicated.objects, "object", "objects");
            let read_back = copied_in_words(replicated.read_back.filter(|_| replicated.objects > 0));
            output.line(format!("  {objects} sent, {}{read_back}", human::bytes(replicated.bytes)));
        }
    }
    warnings(&report.warnings, report.warning_count, shown);
    exit
}

/// What a line about a copy ends with.
fn copied_in_words(read_back: Option<ReadBack>) -> &'static str {
    match read_back {
        Some(ReadBack::Medium | ReadBack::Cache) => ", read back",
        Some(ReadBack::NotWanted) => ", not read back, as was chosen",
        Some(ReadBack::Stopped) | None => "",
    }
}

fn took(report: &RunReport) -> String {
    let span = report.took();
    let took = if span.as_secs() == 0 { "under a second".into() } else { human::duration(span) };
    took + &report.paused_in_words()
}

fn backup(
    output: Output,
    name: &str,
    version: &VersionId,
    backup_type: BackupType,
    totals: &Totals,
    destination: &str,
    took: &str,
) {
    output.line(format!("Backed up \"{}\" in {took}: {} version {version}", clean(name), type_name(backup_type)));
    output.line(format!(
        "  {}, {}; {} read ({}{}), {} stored",
        human::counted(totals.files, "file", "files"),
        human::bytes(totals.bytes),
        human::counted(totals.new_files, "file", "files"),
        human::bytes(totals.new_bytes),
        known_already(totals),
        human::bytes(totals.stored_bytes),
    ));
    output.line(format!("  in {}", clean(destination)));
    if totals.files + totals.others == 0 {
        output.note("There was no file to back up: are the sources right, and what is left out of them?");
    }
}

/// Of what was read: how much needed no storing.
fn known_already(totals: &Totals) -> String {
    match totals.dedup_bytes {
        0 => String::new(),
        bytes => format!(", {} of it stored already", human::bytes(bytes)),
    }
}

pub fn type_name(backup_type: BackupType) -> &'static str {
    match backup_type {
        BackupType::Full => "full",
        BackupType::Differential => "differential",
        BackupType::Incremental => "incremental",
    }
}

/// What a restore did, or would do.
pub fn restored(output: Output, counts: &RestoreCounts, would: bool) {
    let parts = [
        (counts.created, "new"),
        (counts.replaced, "replaced"),
        (counts.beside, "beside existing ones"),
        (counts.skipped, "left as they are"),
        (counts.failed, "not restored"),
    ];
    let done: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", human::count(*n))).collect();
    let files = if done.is_empty() { "no files".into() } else { done.join(", ") };
    output.line(format!(
        "  Files: {files}; {}; {}",
        human::counted(counts.folders, "folder", "folders"),
        human::bytes(counts.bytes)
    ));
    if let Some(free) = counts.free.filter(|_| would) {
        output.line(format!("  Free there: {}", human::bytes(free)));
    }
}

fn verified(output: Output, report: &VerifyReport, took: &str) {
    output.line(format!(
        "Checked {} in {took}: {}, {}{}",
        human::counted(report.versions, "version", "versions"),
        human::counted(report.objects, "object", "objects"),
        human::bytes(report.bytes),
        if report.pieces > 0 { format!(", {}", human::counted(report.pieces, "piece", "pieces")) } else { String::new() },
    ));
    if report.damaged.is_empty() {
        output.line("  All is well.");
        return;
    }
    for damaged in &report.damaged {
        complain(format!("Damaged: {}: {}", damaged.object, damaged.what));
        for (version, path) in damaged.hits.iter().take(SHOWN) {
            complain(format!("  hits {} of {version}", shown(path)));
        }
        let more = damaged.hit_count.saturating_sub(damaged.hits.len().min(SHOWN) as u64);
        if more > 0 {
            complain(format!("  and {} more", human::counted(more, "file", "files")));
        }
    }
}

/// What was not done as asked, by its cause. `shown`: how paths are written.
pub fn warnings(list: &[Warning], count: u64, shown: fn(&PathBytes) -> String) {
    let mut by_cause: BTreeMap<Cause, Vec<&Warning>> = BTreeMap::new();
    for warning in list {
        by_cause.entry(warning.cause).or_default().push(warning);
    }
    if count > 0 {
        complain(format!("{}:", human::counted(count, "warning", "warnings")));
    }
    let mut told = 0;
    for (cause, list) in by_cause {
        complain(format!("  {}", cause_name(cause)));
        let lines = lines(cause, &list, shown);
        for (line, count) in lines.iter().take(SHOWN) {
            complain(format!("    {line}"));
            told += count;
        }
    }
    if count > told {
        complain(format!("  and {} more (--json lists up to a thousand)", human::count(count - told)));
    }
}

/// What is said of warnings of one cause, and of how many of them each line tells. A plain user cannot give away files: each owner that
/// was not set is no line of its own.
fn lines(cause: Cause, list: &[&Warning], shown: fn(&PathBytes) -> String) -> Vec<(String, u64)> {
    let mut same: BTreeMap<&str, u64> = BTreeMap::new();
    for warning in list.iter().filter(|_| cause == Cause::MetadataNotSet) {
        *same.entry(&warning.detail).or_default() += 1;
    }
    let mut lines = Vec::new();
    for warning in list {
        let of = if warning.path.is_empty() { String::new() } else { format!("{}: ", shown(&warning.path)) };
        match same.get_mut(warning.detail.as_str()) {
            Some(0) => {}
            Some(count) if *count > ALIKE => {
                let text = format!("{of}{}; the same of {} more", warning.detail, human::count(*count - 1));
                lines.push((text, std::mem::take(count)));
            }
            _ => lines.push((format!("{of}{}", warning.detail), 1)),
        }
    }
    lines
}

fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Unreadable => "Could not be read:",
        Cause::ChangedWhileRead => "Changed while they were read:",
        Cause::Destination => "Did not get this version, and catch up later:",
        Cause::NotCleared => "Cannot be cleaned up; backups go on:",
        Cause::Vanished => "Were gone before they could be read:",
        Cause::UnsupportedKind => "Are of a kind that no backup holds:",
        Cause::MetadataNotSet => "Owner, mode, times or attributes could not be set:",
        Cause::Damaged => "Damaged; files that are named here were not restored:",
        Cause::Unproven => "Were restored, but nothing proves that they are whole:",
        Cause::Skipped => "Were left as they are:",
        Cause::NotWritten => "Could not be written:",
        Cause::ForeignKind => "Cannot be taken out of this archive:",
        Cause::Incomplete => "Not kept in full:",
    }
}

/// One line about a run in a list: time, what, how it ended.
pub fn summary(report: &RunReport) -> String {
    if let RunDetail::Event(event) = &report.detail {
        return clean(&match event.in_short() {
            said if said.is_empty() => words::title(report),
            said => format!("{}: {said}", words::title(report)),
        });
    }
    let took = took(report);
    let rest = match (&report.outcome, &report.detail) {
        (Outcome::Failed(Problem { what, .. }), _) => format!(": {what}"),
        (_, RunDetail::Backup { totals, .. }) => {
            format!(" · {} · {} stored", human::counted(totals.files, "file", "files"), human::bytes(totals.stored_bytes))
        }
        (_, RunDetail::Restore { counts, .. }) => {
            format!(" · {}", human::counted(counts.created + counts.replaced + counts.beside, "file", "files"))
        }
        (_, RunDetail::Delete { versions, bytes, .. }) => {
            let count = human::counted(versions.len() as u64, "version", "versions");
            format!(" · {count} · {} freed", human::bytes(*bytes))
        }
        (_, RunDetail::Replicate { replicated, .. }) => {
            let count = human::counted(replicated.versions.len() as u64, "version", "versions");
            format!(" · {count} · {} sent", human::bytes(replicated.bytes))
        }
        (_, RunDetail::Tool(done)) if report.kind == RunKind::Download => format!(" · {}", human::bytes(done.after)),
        (_, RunDetail::Tool(done)) => format!(" · {} became {}", human::bytes(done.before), human::bytes(done.after)),
        (_, RunDetail::Verify { report }) if !report.damaged.is_empty() => {
            format!(" · {}", human::counted(report.damaged.len() as u64, "damaged object", "damaged objects"))
        }
        _ => String::new(),
    };
    let warned = match report.warning_count {
        0 => String::new(),
        n => format!(" · {}", human::counted(n, "warning", "warnings")),
    };
    clean(&format!("{} · {took}{rest}{warned}", report.outcome.in_words()))
}

/// For scripts, at the end of a command that made several runs.
pub fn overall(output: Output, exits: &[Exit], worst: Exit) {
    let result = match worst {
        Exit::Done => "completed",
        Exit::Warnings => "completed-with-warnings",
        Exit::Cancelled => "cancelled",
        Exit::NothingThere | Exit::WrongPassword | Exit::Usage | Exit::Failed => "failed",
    };
    output.result(result, json!({ "runs": exits.len() }));
}

#[cfg(test)]
mod tests {
    use crate::model::format::{Kind, Packing};
    use crate::model::restore::DamagedObject;
    use crate::model::run::{RunId, Trigger};

    use super::*;

    fn report(outcome: Outcome, detail: RunDetail) -> RunReport {
        RunReport {
            run: RunId(7),
            kind: RunKind::Verify,
            trigger: Trigger::ByHand,
            schedules: Vec::new(),
            utc_offset: None,
            plan: None,
            plan_name: "Documents".into(),
            started: "2026-11-21T20:00:00Z".parse().unwrap(),
            finished: "2026-11-21T20:00:03Z".parse().unwrap(),
            paused_ms: 0,
            outcome,
            detail,
            warnings: Vec::new(),
            warning_count: 0,
            stages: Vec::new(),
        }
    }

    #[test]
    fn what_is_the_same_of_very_many_is_one_line() {
        let warning =
            |cause, n: usize, detail: &str| Warning { cause, path: format!("f{n}").as_str().into(), detail: detail.into() };
        let told = |cause, count| {
            let mut list: Vec<Warning> = (0..count).map(|n| warning(cause, n, "owner")).collect();
            list.push(warning(cause, 99, "mode"));
            lines(cause, &list.iter().collect::<Vec<_>>(), |path| path.display().into_owned())
        };
        let wanted = [("f0: owner; the same of 91 more".to_string(), 92), ("f99: mode".to_string(), 1)];
        assert_eq!(told(Cause::MetadataNotSet, 92), wanted);
        assert_eq!(told(Cause::MetadataNotSet, 5).len(), 6);
        // Of content each is named.
        assert_eq!(told(Cause::Unproven, 92).len(), 93);
    }

    #[test]
    fn damage_found_is_a_failure_for_scripts() {
        let damaged =
            DamagedObject { object: "v0001".into(), what: "SHA-256".into(), hits: Vec::new(), hit_count: 0, files_hit: 0 };
        let found = VerifyReport { damaged: vec![damaged], ..VerifyReport::default() };
        let report = report(Outcome::Completed, RunDetail::Verify { report: found });
        let exit = Exit::from(&report);
        assert_eq!(exit.code(), 1);
        assert_eq!(report.object()["result"], "failed");
    }

    #[test]
    fn a_failed_run_carries_its_problem() {
        let problem = Problem::new(crate::model::problem::Code::WrongPassword, "The password is wrong.", "Try again.");
        let report = report(Outcome::Failed(problem), RunDetail::None);
        let exit = Exit::from(&report);
        let line = report.object();
        assert_eq!((exit.code(), &line["result"], &line["error"]["code"]), (12, &json!("failed"), &json!("wrong-password")));
        assert!(line.get("outcome").is_none() && line.get("problem").is_none());
    }

    #[test]
    fn a_backup_shows_its_version_at_the_top() {
        let detail = RunDetail::Backup {
            version: VersionId::try_from("20261121T200000Z-full-5f3a9c2e".to_string()).unwrap(),
            backup_type: BackupType::Full,
            totals: Totals { files: 3, ..Totals::default() },
            destination: "/d".into(),
            versions: 1,
            plan_bytes: 0,
            read_back: ReadBack::Medium,
            packed: Some(Packing { format: Kind::TarGz, level: 6, content: 1000, volumes: 300 }),
            resumed_bytes: 0,
            copies: Vec::new(),
        };
        let report = report(Outcome::Completed, detail);
        let line = report.object();
        assert_eq!(line["version"], "20261121T200000Z-full-5f3a9c2e");
        assert_eq!(line["packed"], json!({"format": "tar.gz", "level": 6, "content": 1000, "volumes": 300, "ratio": 3.33}));
        assert_eq!((&line["type"], &line["totals"]["files"], &line["kind"]), (&json!("full"), &json!(3), &json!("verify")));
    }
}
