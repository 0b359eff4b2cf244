//! What the window says when a run has ended.

use super::context::Action;
use super::theme::Tone;
use super::widgets::Toast;
use crate::model::run::{Outcome, RunReport, Trigger};

pub use crate::model::run::words::sentence;

/// A run's end in one sentence; nothing for one that began by itself and went well.
pub fn toast(report: &RunReport) -> Option<Toast<Box<Action>>> {
    let tone = match &report.outcome {
        Outcome::Completed if matches!(report.trigger, Trigger::Schedule | Trigger::Retention | Trigger::CatchUp) => return None,
        Outcome::Completed => Tone::Ok,
        Outcome::CompletedWithWarnings | Outcome::LeftRunning => Tone::Warn,
        Outcome::Failed(_) => Tone::Bad,
        Outcome::Cancelled => Tone::Neutral,
    };
    let label = if tone == Tone::Warn { "Show files" } else { "Show" };
    Some(Toast::new(tone, sentence(report)).action(label, Box::new(Action::Activity(Some(report.run)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::{RunDetail, RunId, RunKind};

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
    fn a_success_that_nobody_asked_for_is_quiet() {
        let mut quiet = report(RunKind::Backup, Outcome::Completed, RunDetail::None);
        assert!(toast(&quiet).is_some());
        for trigger in [Trigger::Schedule, Trigger::Retention, Trigger::CatchUp] {
            quiet.trigger = trigger;
            assert!(toast(&quiet).is_none(), "{trigger:?}");
        }
        quiet.outcome = Outcome::CompletedWithWarnings;
        assert!(toast(&quiet).is_some());
    }
}
