//! What can be done about a run's warnings: back up again, or leave the paths out from now on.

use egui::Ui;

use crate::engine::message::NewSecrets;
use crate::model::human;
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Cause, Warning};
use crate::model::run::{RunKind, RunReport};
use crate::model::snapshot::WantedType;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::caption;
use crate::ui::theme::{Tone, icons, tokens};
use crate::ui::widgets::{Button, ConfirmDialog, ConfirmEvent, Toast, line, problem_text, wrapped};

/// Paths that are named when it is asked.
const NAMED: usize = 5;

/// Leaving paths out, from the question to the way back.
#[derive(Default)]
pub struct Excluding {
    asked: Option<Asked>,
    saving: Load<()>,
    /// What was added, and can be taken away again.
    added: Option<(PlanId, Vec<String>)>,
}

struct Asked {
    paths: Vec<PathBytes>,
    patterns: Vec<String>,
}

/// Whether files of this cause may be better off in a later backup.
fn may_be_retried(cause: Cause) -> bool {
    matches!(cause, Cause::Unreadable | Cause::ChangedWhileRead | Cause::Destination | Cause::Vanished)
}

fn may_be_left_out(cause: Cause) -> bool {
    matches!(cause, Cause::Unreadable | Cause::ChangedWhileRead | Cause::Vanished | Cause::UnsupportedKind)
}

/// Paths of warnings as the plan's sources name them, with the patterns that leave them out.
fn patterns(plan: &Plan, warnings: &[&Warning]) -> Asked {
    let mut asked = Asked { paths: Vec::new(), patterns: Vec::new() };
    for warning in warnings.iter().filter(|warning| !warning.path.is_empty()) {
        let path = absolute(&warning.path);
        let pattern = plan.sources.pattern_for(&path).filter(|pattern| !plan.sources.excludes.contains(pattern));
        if let Some(pattern) = pattern.filter(|pattern| !asked.patterns.contains(pattern)) {
            asked.paths.push(path);
            asked.patterns.push(pattern);
        }
    }
    asked
}

/// Backups warn of whole paths; what is read out of a catalog lacks its beginning.
fn absolute(path: &PathBytes) -> PathBytes {
    if names::is_absolute(&path.display()) { path.clone() } else { names::system_path(path.as_bytes()) }
}

impl Excluding {
    /// The buttons below a group of warnings of a backup.
    pub fn buttons(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, report: &RunReport, cause: Cause, warnings: &[&Warning]) {
        let plan = report.plan.as_ref().and_then(|id| cx.plan(id)).map(|plan| plan.plan.clone());
        let Some(plan) = plan.filter(|_| report.kind == RunKind::Backup) else { return };
        let busy = cx.run_of(&plan.id, RunKind::Backup).is_some();
        line(ui, |ui| {
            if may_be_retried(cause) {
                let retry = Button::plain("Back up again").icon(icons::ARROW_CLOCKWISE).enabled(!busy);
                if ui.add(retry.why_off("It is running already.")).clicked() {
                    cx.back_up(&plan.id, WantedType::Auto);
                }
            }
            if may_be_left_out(cause) {
                let asked = patterns(&plan, warnings);
                let left_out = Button::plain("Leave them out…").icon(icons::PROHIBIT).enabled(!asked.patterns.is_empty());
                if ui.add(left_out.why_off("They are left out already, or are sources of the backup themselves.")).clicked() {
                    self.asked = Some(asked);
                }
            }
        });
    }

    /// The question, and what came of it. `plan`: of the report.
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: Option<&PlanId>) {
        if self.saving.poll() && self.saving.ready().is_some() {
            let text = match &self.added {
                Some((_, patterns)) => format!("{} left out from the next version on.", paths(patterns.len())),
                None => "Nothing is left out any more that was not before.".into(),
            };
            cx.toast(Toast::new(Tone::Ok, text));
        }
        if let Some(problem) = self.saving.problem() {
            problem_text(ui, problem);
        }
        self.ask(ui, cx, plan);
        let Some((of, patterns)) = &self.added else { return };
        let (mut undo, count, of) = (false, patterns.len(), of.clone());
        line(ui, |ui| {
            wrapped(ui, caption(format!("{} left out from the next version on.", paths(count))).color(tokens(ui).text2));
            undo =
                ui.add(Button::quiet("Undo").icon(icons::ARROW_COUNTER_CLOCKWISE).enabled(!self.saving.is_waiting())).clicked();
        });
        if undo && let Some((_, patterns)) = self.added.take() {
            self.save(cx, &of, |excludes| excludes.retain(|exclude| !patterns.contains(exclude)));
        }
    }

    fn ask(&mut self, ui: &Ui, cx: &Cx<'_>, plan: Option<&PlanId>) {
        let (Some(asked), Some(plan)) = (&self.asked, plan) else { return };
        let mut named: Vec<String> = asked.paths.iter().take(NAMED).map(|path| names::one_line(&path.display())).collect();
        if asked.paths.len() > NAMED {
            named.push(format!("and {} more", human::count((asked.paths.len() - NAMED) as u64)));
        }
        let text = format!(
            "They will not be in new versions, and do not warn any more. Older versions keep what they have.\n\n{}",
            named.join("\n")
        );
        let confirm = format!("Leave out {}", human::counted(asked.paths.len() as u64, "path", "paths"));
        match ConfirmDialog::new("Leave out of the backup", &text, &confirm).show(ui) {
            ConfirmEvent::Confirmed => {
                let patterns = self.asked.take().map(|asked| asked.patterns).unwrap_or_default();
                self.save(cx, plan, |excludes| excludes.extend(patterns.iter().cloned()));
                self.added = Some((plan.clone(), patterns));
            }
            ConfirmEvent::Cancelled => self.asked = None,
            ConfirmEvent::Open | ConfirmEvent::Alternative => {}
        }
    }

    fn save(&mut self, cx: &Cx<'_>, plan: &PlanId, change: impl FnOnce(&mut Vec<String>)) {
        let Some(plan) = cx.plan(plan) else { return };
        let mut plan = plan.plan.clone();
        change(&mut plan.sources.excludes);
        self.saving = Load::Waiting(cx.handle.save_plan(plan, NewSecrets::default()));
    }
}

fn paths(count: usize) -> String {
    format!("{} {}", human::counted(count as u64, "path", "paths"), if count == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_file_system_however_they_are_written() {
        for path in ["/home/ada/a", "home/ada/a"] {
            assert_eq!(absolute(&path.into()), "/home/ada/a".into());
        }
    }
}
