//! A run in words: for the list, the report and its copy as text.

use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::history::HistoryFilter;
use crate::model::human;
use crate::model::names;
use crate::model::problem::{Cause, Warning};
use crate::model::run::{Outcome, ReadBack, RunDetail, RunReport, Trigger};
use crate::model::snapshot::BackupType;
use crate::model::tool::ToolDone;
use crate::ui::notice;
use crate::ui::theme::{Icon, Tone, icons};

pub fn icon(outcome: &Outcome) -> (Tone, Icon) {
    match outcome {
        Outcome::Completed => (Tone::Ok, icons::CHECK_CIRCLE),
        Outcome::CompletedWithWarnings => (Tone::Warn, icons::WARNING),
        Outcome::Failed(_) => (Tone::Bad, icons::X_CIRCLE),
        Outcome::Cancelled => (Tone::Neutral, icons::PROHIBIT),
        Outcome::LeftRunning => (Tone::Warn, icons::HOURGLASS),
    }
}

pub fn is_filtered(filter: &HistoryFilter) -> bool {
    filter.plan.is_some() || filter.kind.is_some() || filter.troubled || !filter.text.is_empty()
}

/// "Today", "Yesterday", "Sat 21 Nov".
pub fn day(date: Date, now: Timestamp, zone: &TimeZone) -> String {
    let today = now.to_zoned(zone.clone()).date();
    if date == today {
        "Today".into()
    } else if today.yesterday().is_ok_and(|yesterday| yesterday == date) {
        "Yesterday".into()
    } else if date.year() == today.year() {
        date.strftime("%a %-d %b").to_string()
    } else {
        date.strftime("%a %-d %b %Y").to_string()
    }
}

/// What came of it, without what and when it was.
pub fn result(run: &RunReport) -> String {
    let sentence = notice::sentence(run);
    let name = format!("{} {}", run.kind.noun(), run.plan_name);
    let rest = sentence.strip_prefix(&name).map_or(sentence.as_str(), |rest| rest.trim_start_matches([':', ' ']));
    human::capital(rest.trim_end_matches('.'))
}

/// What a group of warnings is about, and what can be done.
pub fn cause(cause: Cause) -> (&'static str, &'static str) {
    match cause {
        Cause::Unreadable => ("Could not be read", "Check who may read them, or leave them out of the backup."),
        Cause::ChangedWhileRead => ("Changed while they were read", "Close the program that writes them, then back up again."),
        Cause::Destination => {
            ("Destinations that did not get this version", "They catch up by themselves once they are there again.")
        }
        Cause::NotCleared => {
            ("Cannot be cleaned up", "Backups go on. Let the account delete there, or clean up with one that may.")
        }
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
        RunDetail::None => {}
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
            let read_back = match read_back {
                ReadBack::Medium => "from the medium itself, all as written",
                ReadBack::Cache => "all as written, perhaps from memory: the file system allows no more",
                ReadBack::Stopped => "cancelled in the middle, when the version was made already: verify it to make up for that",
            };
            facts.push(("Read back", read_back.into()));
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
        RunDetail::Delete { versions, bytes, kept_bytes, destination, left, .. } => {
            facts.push(("Deleted", versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")));
            facts.push(("Freed", human::bytes(*bytes)));
            if *kept_bytes > 0 {
                facts.push(("Kept", format!("{}, which other versions need", human::bytes(*kept_bytes))));
            }
            facts.push(("Left", human::counted(*left, "version", "versions")));
            facts.push(("Destination", destination.clone()));
        }
        RunDetail::Replicate { from, replicated } => {
            facts.push(("From", from.clone()));
            facts.push(("To", replicated.destination.clone()));
            let versions: Vec<String> = replicated.versions.iter().map(ToString::to_string).collect();
            facts.push(("Copied", if versions.is_empty() { "nothing was missing".into() } else { versions.join(", ") }));
            facts.push(("Sent", human::bytes(replicated.bytes)));
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
    let mut text = format!("{}\n", notice::sentence(run));
    if let Outcome::Failed(problem) = &run.outcome {
        let _ = writeln!(text, "{}\n{}", problem.fix, problem.detail);
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
        let _ = writeln!(text, "\n{}:", cause(which).0);
        for warning in warnings {
            let line = format!("{}: {}", names::shown(&warning.path), warning.detail);
            let _ = writeln!(text, "  {}", names::one_line(&line));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::{RunId, RunKind};

    fn failed() -> RunReport {
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
        assert!(text.contains("Could not be read:\n  /a/b: why"), "{text}");
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

    #[test]
    fn results_stand_alone() {
        assert_eq!(result(&failed()), "Done, with 3 warnings");
        let cancelled = RunReport { outcome: Outcome::Cancelled, ..failed() };
        assert_eq!(result(&cancelled), "Was cancelled");
    }
}
