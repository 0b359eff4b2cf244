//! What the window says when a run has ended.

use super::context::Action;
use super::theme::Tone;
use super::widgets::Toast;
use crate::model::human;
use crate::model::run::{Outcome, RunDetail, RunKind, RunReport, Trigger};

/// A run's end in one sentence; nothing for one that began by itself and went well.
pub fn toast(report: &RunReport) -> Option<Toast<Box<Action>>> {
    let tone = match &report.outcome {
        Outcome::Completed if matches!(report.trigger, Trigger::Schedule | Trigger::Retention) => return None,
        Outcome::Completed => Tone::Ok,
        Outcome::CompletedWithWarnings | Outcome::LeftRunning => Tone::Warn,
        Outcome::Failed(_) => Tone::Bad,
        Outcome::Cancelled => Tone::Neutral,
    };
    let label = if tone == Tone::Warn { "Show files" } else { "Show" };
    Some(Toast::new(tone, sentence(report)).action(label, Box::new(Action::Activity(Some(report.run)))))
}

/// A run's result in one sentence, with what was done counted.
pub fn sentence(report: &RunReport) -> String {
    let what = format!("{} {}", report.kind.noun(), report.plan_name);
    let tail = match &report.outcome {
        Outcome::Failed(problem) => return format!("{what} failed. {}", problem.what),
        Outcome::Cancelled => return format!("{what} was cancelled."),
        Outcome::LeftRunning => return format!("{what} was interrupted."),
        Outcome::Completed => String::new(),
        Outcome::CompletedWithWarnings => {
            format!(", with {}", human::counted(report.warning_count, "warning", "warnings"))
        }
    };
    let done = match &report.detail {
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
        RunDetail::Replicate { replicated, .. } if replicated.versions.is_empty() => "nothing was missing there".to_owned(),
        RunDetail::Replicate { replicated, .. } => {
            let count = human::counted(replicated.versions.len() as u64, "version", "versions");
            format!("{count} copied, {} sent", human::bytes(replicated.bytes))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::problem::{Code, Problem};
    use crate::model::restore::RestoreCounts;
    use crate::model::run::RunId;

    fn report(kind: RunKind, outcome: Outcome, detail: RunDetail) -> RunReport {
        RunReport {
            run: RunId(1),
            kind,
            trigger: Trigger::ByHand,
            schedules: Vec::new(),
            utc_offset: None,
            plan: None,
            plan_name: "Documents".into(),
            started: jiff::Timestamp::UNIX_EPOCH,
            finished: jiff::Timestamp::UNIX_EPOCH,
            paused_ms: 0,
            outcome,
            detail,
            warnings: Vec::new(),
            warning_count: 2,
            stages: Vec::new(),
        }
    }

    #[test]
    fn results_count_what_was_done() {
        let counts = RestoreCounts { created: 3, replaced: 1, bytes: 1_300_000, ..RestoreCounts::default() };
        let version = crate::model::snapshot::VersionId::try_from("20261121T200000Z-full-5f3a9c2e".to_owned()).unwrap();
        let detail = RunDetail::Restore { version: Some(version), counts, target: String::new(), dry_run: false, undo: None };
        let restored = report(RunKind::Restore, Outcome::CompletedWithWarnings, detail);
        assert_eq!(sentence(&restored), "Restore of Documents: 4 files restored, 1.3 MB, with 2 warnings.");
        let problem = Problem::new(Code::NoRoom, "The destination is full.", "Free some space.");
        let failed = report(RunKind::Backup, Outcome::Failed(problem), RunDetail::None);
        assert_eq!(sentence(&failed), "Backup of Documents failed. The destination is full.");
    }

    #[test]
    fn a_scheduled_success_is_quiet() {
        let mut quiet = report(RunKind::Backup, Outcome::Completed, RunDetail::None);
        assert!(toast(&quiet).is_some());
        quiet.trigger = Trigger::Schedule;
        assert!(toast(&quiet).is_none());
    }
}
