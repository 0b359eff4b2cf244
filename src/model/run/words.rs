//! A run in words: its result, its report, and that as text. The window shows them, the command line prints them.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::read_back;
use super::{Outcome, RunDetail, RunKind, RunReport, Trigger};
use crate::model::human;
use crate::model::names;
use crate::model::problem::{Cause, Code, Warning};
use crate::model::snapshot::BackupType;
use crate::model::tool::ToolDone;

/// What it was: "Backup of Documents", "Documents was changed".
pub fn title(report: &RunReport) -> String {
    match &report.detail {
        RunDetail::Event(event) => event.what.title(&report.plan_name),
        _ => format!("{} {}", report.kind.noun(), report.plan_name),
    }
}

/// A run's result in one sentence, with what was done counted.
pub fn sentence(report: &RunReport) -> String {
    let what = title(report);
    let tail = match &report.outcome {
        Outcome::Failed(problem) if problem.code == Code::SourceShrank => return format!("{what} is held. {}", problem.what),
        Outcome::Failed(problem) => return format!("{what} failed. {}", problem.what),
        Outcome::Cancelled => return format!("{what} was cancelled."),
        Outcome::LeftRunning => return format!("{what} was interrupted."),
        Outcome::Completed => String::new(),
        Outcome::CompletedWithWarnings => {
            format!(", with {}", human::counted(report.warning_count, "warning", "warnings"))
        }
    };
    let done = match &report.detail {
        RunDetail::Event(event) => match event.in_short() {
            said if said.is_empty() => return format!("{what}."),
            said => said,
        },
        RunDetail::None => "done".to_owned(),
        RunDetail::Backup { totals, .. } if totals.new_files == 0 => "nothing had changed".to_owned(),
        RunDetail::Backup { totals, .. } => {
            let files = human::counted(totals.new_files, "new or changed file", "new or changed files");
            format!("{files}, {} stored", human::bytes(totals.stored_bytes))
        }
        RunDetail::Restore { counts, dry_run, .. } => {
            let files = counts.created + counts.replaced + counts.beside;
            let verb = if *dry_run { "would be restored" } else { "restored" };
            format!("{} {verb}, {}", human::counted(files, "file", "files"), human::bytes(counts.bytes))
        }
        RunDetail::Delete { versions, bytes, .. } => {
            let count = human::counted(versions.len() as u64, "version", "versions");
            format!("{count} deleted, {} freed", human::bytes(*bytes))
        }
        RunDetail::Replicate { replicated, .. } if replicated.versions.is_empty() => {
            format!("nothing was missing at {}", replicated.destination)
        }
        RunDetail::Replicate { replicated, .. } => {
            let count = human::counted(replicated.versions.len() as u64, "version", "versions");
            format!("{count} copied to {}, {} sent", replicated.destination, human::bytes(replicated.bytes))
        }
        RunDetail::Tool(done) if report.kind == RunKind::Download => format!("{} downloaded", human::bytes(done.after)),
        RunDetail::Tool(done) => {
            let ratio = done.ratio().map(|ratio| format!(", {ratio:.2} to 1")).unwrap_or_default();
            format!("{} became {}{ratio}", human::bytes(done.before), human::bytes(done.after))
        }
        RunDetail::Verify { report } if report.damaged.is_empty() => {
            format!("{} checked, nothing is damaged", human::counted(report.objects, "object", "objects"))
        }
        RunDetail::Verify { report } => {
            format!("{} damaged", human::counted(report.damaged.len() as u64, "object is", "objects are"))
        }
    };
    format!("{what}: {done}{tail}.")
}

/// What a group of warnings is about, and what can be done.
pub fn cause(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::Unreadable => ("Could not be read", "Check who may read them, or leave them out of the backup."),
        Cause::ChangedWhileRead => ("Changed while they were read", "Close the program that writes them, then back up again."),
        Cause::Destination => {
            ("Destinations that did not get this version", "They catch up by themselves once they are there again.")
        }
        Cause::NotCleared => (
            "Cannot be cleaned up",
            "Backups go on. Let the account delete there, or clean up with one that may; what a lock of the store keeps can go once its time is over.",
        ),
        Cause::Vanished => ("Gone before they were read", "Nothing to do, if you or a program deleted them."),
        Cause::UnsupportedKind => ("Of a kind that no backup holds", "Sockets and the like are made anew by their programs."),
        Cause::MetadataNotSet => ("Owner, rights or times could not be set", "Restoring as administrator sets them."),
        Cause::Damaged => ("Damaged, not restored", "Look for them in another version or copy, then verify this backup."),
        Cause::Unproven => ("Restored, and perhaps not whole", "Look at them before you rely on them."),
        Cause::ForeignKind => ("Cannot be taken out of this archive", "The program that made it may be able to."),
        Cause::Skipped => ("Left as they were", "As you chose for files that exist already."),
        Cause::NotWritten => ("Could not be written", "Check the room and the rights of the target folder."),
        Cause::Incomplete => ("Not done in full", ""),
    }
}

/// Warnings by cause, in the order of causes.
pub fn grouped(warnings: &[Warning]) -> Vec<(Cause, Vec<&Warning>)> {
    let mut groups: Vec<(Cause, Vec<&Warning>)> = Vec::new();
    for warning in warnings {
        match groups.iter_mut().find(|(cause, _)| *cause == warning.cause) {
            Some((_, group)) => group.push(warning),
            None => groups.push((warning.cause, vec![warning])),
        }
    }
    groups.sort_by_key(|(cause, _)| *cause);
    groups
}

/// Milliseconds as a person reads them.
pub fn milliseconds(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => human::duration(SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))),
    }
}

/// A run's facts in two columns.
pub fn facts(run: &RunReport, now: Timestamp, zone: &TimeZone) -> Vec<(&'static str, String)> {
    if let RunDetail::Event(event) = &run.detail {
        let who = if event.what.is_by_itself() { "by itself" } else { "you" };
        return vec![("When", human::moment(run.started, now, zone)), ("Done by", who.into())];
    }
    let mut facts = vec![("Started", human::moment(run.started, now, zone))];
    let took = milliseconds(u64::try_from(run.took().as_millis()).unwrap_or(0));
    facts.push(("Took", took + &run.paused_in_words()));
    facts.push((
        "Started by",
        match run.trigger {
            Trigger::ByHand => "you",
            Trigger::Schedule => "the schedule",
            Trigger::Resumed => "going on after an interruption",
            Trigger::CatchUp => "since a destination was there again",
            Trigger::Retention => "by the rule of what is kept",
        }
        .into(),
    ));
    match &run.detail {
        RunDetail::None | RunDetail::Event(_) => {}
        RunDetail::Backup { version, backup_type, totals, destination, read_back, packed, resumed_bytes, copies, .. } => {
            let kind = match backup_type {
                BackupType::Full => "full",
                BackupType::Differential => "differential",
                BackupType::Incremental => "incremental",
            };
            facts.push(("Version", format!("{version}, {kind}")));
            facts.push(("Holds", format!("{}, {}", human::counted(totals.files, "file", "files"), human::bytes(totals.bytes))));
            let read = human::counted(totals.new_files, "file", "files");
            facts.push(("New or changed", format!("{read}, {}", human::bytes(totals.new_bytes))));
            if totals.dedup_bytes > 0 {
                facts.push(("Stored already", format!("{} of it", human::bytes(totals.dedup_bytes))));
            }
            let mut stored = human::bytes(totals.stored_bytes);
            if totals.new_bytes > 0 {
                let share = totals.stored_bytes as f64 / totals.new_bytes as f64 * 100.0;
                let _ = write!(stored, ", {share:.0} % of what was read");
            }
            facts.push(("Stored", stored));
            if totals.bytes > 0 && totals.saved_bytes() > 0 {
                let share = totals.saved_bytes() as f64 / totals.bytes as f64 * 100.0;
                let saved = human::bytes(totals.saved_bytes());
                facts.push((
                    "Saved",
                    format!("{saved}, {share:.0} % of what it holds: unchanged, stored already, or compressed away"),
                ));
            }
            if *resumed_bytes > 0 {
                facts.push(("Went on from", format!("{}, stored before it was cut off", human::bytes(*resumed_bytes))));
            }
            if let Some(packed) = packed.filter(|packed| packed.content > 0) {
                facts.push(("Format", packed.in_words()));
            }
            facts.push(("Destination", destination.clone()));
            for copy in copies {
                facts.push(("Also in", format!("{}, {} sent", copy.destination, human::bytes(copy.bytes))));
            }
            facts.extend(read_back::told(destination, *read_back, copies).into_iter().map(|told| ("Read back", told)));
        }
        RunDetail::Restore { version, counts, target, dry_run, undo } => {
            match version {
                Some(version) => facts.push(("Version", version.to_string())),
                None => facts.push(("Archive", run.plan_name.clone())),
            }
            facts.push((if *dry_run { "Would restore to" } else { "Restored to" }, target.clone()));
            facts.push(("New", human::counted(counts.created, "file", "files")));
            for (name, n) in [
                ("Replaced", counts.replaced),
                ("Left alone", counts.skipped),
                ("Beside", counts.beside),
                ("Failed", counts.failed),
            ] {
                if n > 0 {
                    facts.push((name, human::counted(n, "file", "files")));
                }
            }
            facts.push(("Written", human::bytes(counts.bytes)));
            if let Some(undo) = undo {
                facts.push(("Replaced files are in", undo.display().into_owned()));
            }
        }
        RunDetail::Delete { versions, bytes, kept_bytes, destination, left, keepers, .. } => {
            facts.push(("Deleted", versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")));
            facts.push(("Freed", human::bytes(*bytes)));
            if *kept_bytes > 0 {
                facts.push(("Kept", format!("{}, which other versions need", human::bytes(*kept_bytes))));
            }
            facts.push(("Left", human::counted(*left, "version", "versions")));
            facts.push(("Destination", destination.clone()));
            facts.extend(keepers.iter().map(|keeper| ("Not free yet", keeper.in_words())));
        }
        RunDetail::Replicate { from, replicated } => {
            facts.push(("From", from.clone()));
            facts.push(("To", replicated.destination.clone()));
            let versions: Vec<String> = replicated.versions.iter().map(ToString::to_string).collect();
            facts.push(("Copied", if versions.is_empty() { "nothing was missing".into() } else { versions.join(", ") }));
            facts.push(("Sent", human::bytes(replicated.bytes)));
            if let Some(read_back) = replicated.read_back.filter(|_| replicated.objects > 0) {
                facts.push(("Read back", read_back.in_words(&replicated.destination).into()));
            }
        }
        RunDetail::Tool(done) => {
            facts.push(("File", done.from.display().into_owned()));
            facts.extend(new_file(done));
        }
        RunDetail::Verify { report } => {
            facts.push(("Versions", human::count(report.versions)));
            facts.push(("Objects", human::count(report.objects)));
            facts.push(("Read", human::bytes(report.bytes)));
            if report.pieces > 0 {
                facts.push(("Pieces opened", human::count(report.pieces)));
            }
            facts.push(("Damaged", human::counted(report.damaged.len() as u64, "object", "objects")));
        }
    }
    facts
}

/// The file that was made of another, and how it compares with that.
pub fn new_file(done: &ToolDone) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("New file", done.to.display().into_owned()),
        ("Before", human::bytes(done.before)),
        ("After", human::bytes(done.after)),
    ];
    facts.extend(done.packing().map(|packing| ("Compression", packing)));
    facts
}

/// The whole report as text, for the clipboard.
pub fn as_text(run: &RunReport, now: Timestamp, zone: &TimeZone) -> String {
    let first = match &run.detail {
        // All that is to be said of it follows.
        RunDetail::Event(_) => format!("{}.", title(run)),
        _ => sentence(run),
    };
    let mut text = format!("{}\n", names::one_line(&first));
    if let Outcome::Failed(problem) = &run.outcome {
        for line in [problem.fix.as_str()].into_iter().chain(problem.detail.lines()).filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "{}", names::one_line(line));
        }
    }
    if let RunDetail::Event(event) = &run.detail {
        event.details.iter().for_each(|line| _ = writeln!(text, "{}", names::one_line(line)));
    }
    for (key, value) in facts(run, now, zone) {
        let _ = writeln!(text, "{key}: {}", names::one_line(&value));
    }
    for (stage, ms) in &run.stages {
        let _ = writeln!(text, "{}: {}", stage.in_words(), milliseconds(*ms));
    }
    if let RunDetail::Verify { report } = &run.detail {
        for damaged in &report.damaged {
            let _ = writeln!(text, "Damaged: {} ({})", damaged.object, damaged.what);
            for (version, path) in &damaged.hits {
                let _ = writeln!(text, "  {version} {}", names::one_line(&names::shown(path)));
            }
        }
    }
    for (which, warnings) in grouped(&run.warnings) {
        let ((title, fix), count) = (cause(which), human::count(warnings.len() as u64));
        let _ = writeln!(text, "\n{title} ({count}). {fix}");
        for Warning { path, detail, .. } in warnings {
            let of = if path.is_empty() { String::new() } else { format!("{}: ", names::shown(path)) };
            let _ = writeln!(text, "  {}", names::one_line(&format!("{of}{detail}")));
        }
    }
    let listed = run.warnings.len() as u64;
    if run.warning_count > listed {
        let _ = writeln!(
            text,
            "\n{} more are counted, not listed",
            human::counted(run.warning_count - listed, "warning", "warnings")
        );
    }
    text
}

#[cfg(test)]
pub(crate) use tests::failed;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Event, What};
    use crate::model::keeping::{Keeper, Keeping};
    use crate::model::problem::Problem;
    use crate::model::replicate::Replicated;
    use crate::model::restore::RestoreCounts;
    use crate::model::run::ReadBack;
    use crate::model::run::RunId;

    /// A backup with three warnings of two causes.
    pub(crate) fn failed() -> RunReport {
        let at = "2026-11-21T20:00:00Z".parse().unwrap();
        RunReport {
            run: RunId(1),
            kind: RunKind::Backup,
            trigger: Trigger::ByHand,
            schedules: Vec::new(),
            utc_offset: None,
            plan: None,
            plan_name: "Documents".into(),
            started: at,
            finished: at,
            paused_ms: 0,
            outcome: Outcome::CompletedWithWarnings,
            detail: RunDetail::None,
            warnings: [Cause::Vanished, Cause::Unreadable, Cause::Vanished]
                .map(|cause| Warning { cause, path: "a/b".into(), detail: "why".into() })
                .to_vec(),
            warning_count: 3,
            stages: vec![],
        }
    }

    #[test]
    fn warnings_are_grouped_by_cause() {
        let run = failed();
        let groups = grouped(&run.warnings);
        assert_eq!(
            groups.iter().map(|(cause, list)| (*cause, list.len())).collect::<Vec<_>>(),
            [(Cause::Unreadable, 1), (Cause::Vanished, 2)]
        );
        let text = as_text(&run, run.finished, &TimeZone::UTC);
        assert!(
            text.contains("\nCould not be read (1). Check who may read them, or leave them out of the backup.\n  /a/b: why\n"),
            "{text}"
        );
    }

    #[test]
    fn a_name_cannot_make_a_line_of_a_report() {
        let mut run = failed();
        for warning in &mut run.warnings {
            warning.path = "a\nRestored: all well".into();
            warning.detail = "of b\nc".into();
        }
        let text = as_text(&run, run.finished, &TimeZone::UTC);
        assert!(text.contains("/a\u{fffd}Restored: all well: of b\u{fffd}c\n"), "{text}");
        assert!(!text.contains("\nRestored"), "{text}");
    }

    fn report(kind: RunKind, outcome: Outcome, detail: RunDetail) -> RunReport {
        RunReport { kind, outcome, detail, warnings: Vec::new(), warning_count: 2, ..failed() }
    }

    #[test]
    fn results_count_what_was_done() {
        let counts = RestoreCounts { created: 3, replaced: 1, bytes: 1_300_000, ..RestoreCounts::default() };
        let version = crate::model::snapshot::VersionId::try_from("20261121T200000Z-full-5f3a9c2e".to_owned()).unwrap();
        let detail = RunDetail::Restore { version: Some(version), counts, target: String::new(), dry_run: false, undo: None };
        let restored = report(RunKind::Restore, Outcome::CompletedWithWarnings, detail);
        assert_eq!(sentence(&restored), "Restore of Documents: 4 files restored, 1.3 MB, with 2 warnings.");
        let replicated = Replicated { destination: "ftp://nas/b".into(), bytes: 2_000_000, ..Replicated::default() };
        let copied =
            |replicated| report(RunKind::Replicate, Outcome::Completed, RunDetail::Replicate { from: String::new(), replicated });
        let counted = RunReport { warning_count: 0, ..copied(replicated.clone()) };
        assert_eq!(sentence(&counted), "Copy of Documents: nothing was missing at ftp://nas/b.");
        let version = crate::model::snapshot::VersionId::try_from("20261121T200000Z-full-5f3a9c2e".to_owned()).unwrap();
        let sent = copied(Replicated { versions: vec![version], ..replicated });
        assert_eq!(sentence(&sent), "Copy of Documents: 1 version copied to ftp://nas/b, 2.0 MB sent.");
        let problem = Problem::new(Code::NoRoom, "The destination is full.", "Free some space.");
        let failed = report(RunKind::Backup, Outcome::Failed(problem), RunDetail::None);
        assert_eq!(sentence(&failed), "Backup of Documents failed. The destination is full.");
    }

    #[test]
    fn what_was_read_back_is_told_with_where_and_why_not() {
        let told = |destination: &str, read_back, copies: &[&str]| {
            let version = crate::model::snapshot::VersionId::try_from("20261121T200000Z-full-5f3a9c2e".to_owned()).unwrap();
            let copied = |to: &&str| Replicated { destination: (*to).to_owned(), ..Replicated::default() };
            let detail = RunDetail::Backup {
                version,
                backup_type: BackupType::Full,
                totals: crate::model::snapshot::Totals::default(),
                destination: destination.into(),
                versions: 1,
                plan_bytes: 0,
                read_back,
                packed: None,
                resumed_bytes: 0,
                copies: copies.iter().map(copied).collect(),
            };
            let run = report(RunKind::Backup, Outcome::Completed, detail);
            let facts = facts(&run, run.finished, &TimeZone::UTC);
            facts.into_iter().find(|(name, _)| *name == "Read back").unwrap().1
        };
        assert_eq!(told("/mnt/blue", ReadBack::Medium, &[]), "from the medium itself, all as written");
        let others = ["ftp://nas/b"];
        let one = "in /mnt/blue alone: from the medium itself, all as written";
        assert_eq!(told("/mnt/blue", ReadBack::Medium, &others), one);
        assert_eq!(told("/mnt/blue", ReadBack::NotWanted, &others), "no, as was chosen: verify it to be certain");
        let trusted = told("sftp://ada@nas/b", ReadBack::NotWanted, &[]);
        assert_eq!(trusted, "no, as was chosen: the server has confirmed what it took; verify it to be certain");
        assert_eq!(told("sftp://ada@nas/b", ReadBack::Cache, &[]), "all as written, as the server gives it");
        assert_eq!(serde_json::to_value(ReadBack::NotWanted).unwrap(), "not-wanted");
    }

    #[test]
    fn a_clean_up_says_where_room_is_not_free_yet() {
        let keeper = Keeper { destination: "s3://bucket".into(), keeping: Keeping::Locked { days: Some(30) } };
        let detail = RunDetail::Delete {
            versions: Vec::new(),
            bytes: 1,
            kept_bytes: 0,
            destination: "s3://bucket".into(),
            left: 1,
            plan_bytes: 1,
            cleaned: Vec::new(),
            keepers: vec![keeper],
        };
        let cleaned = report(RunKind::Delete, Outcome::Completed, detail);
        let facts = facts(&cleaned, cleaned.finished, &TimeZone::UTC);
        let said = facts.iter().find(|(name, _)| *name == "Not free yet").map_or("", |(_, text)| text);
        assert!(said.starts_with("s3://bucket: The bucket keeps deleted files for 30 days"), "{facts:?}");
    }

    #[test]
    fn an_event_says_what_was_done_and_nothing_of_a_run() {
        let event = |details: &[&str]| {
            let details = details.iter().map(|line| (*line).to_owned()).collect();
            let detail = RunDetail::Event(Event::new(What::Changed, details));
            RunReport { warning_count: 0, ..report(RunKind::Event, Outcome::Completed, detail) }
        };
        let changed = event(&["Source added: /a", "Name: Documents (it was Docs)"]);
        assert_eq!(sentence(&changed), "Documents was changed: Source added: /a; Name: Documents (it was Docs).");
        assert_eq!(sentence(&event(&[])), "Documents was changed.");
        assert_eq!(changed.ending(), None);
        let text = as_text(&changed, changed.finished, &TimeZone::UTC);
        assert_eq!(
            text,
            "Documents was changed.\nSource added: /a\nName: Documents (it was Docs)\nWhen: today 20:00\nDone by: you\n"
        );
        let object = changed.object();
        assert_eq!((&object["event"], &object["details"][0]), (&"changed".into(), &"Source added: /a".into()));
    }
}
