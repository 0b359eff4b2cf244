//! A run's report: what came of it, counts, stages, and every warning with its file.

use egui::{ScrollArea, Ui};

use super::actions::Excluding;
use super::words;
use crate::model::event::Event;
use crate::model::human;
use crate::model::names;
use crate::model::problem::{Cause, Problem, Warning};
use crate::model::restore::VerifyReport;
use crate::model::run::{Outcome, RunDetail, RunId, RunKind, RunReport};
use crate::ui::context::{Action, Cx};
use crate::ui::held;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, body_strong, caption, section};
use crate::ui::theme::{Tone, icons, size, space, tokens};
use crate::ui::widgets::{Button, Card, Ends, StatusPill, Toast, key_value, line, problem_text, spinner, wrapped};

/// Files of a group that are shown at first.
const FEW: usize = 8;

pub struct ReportView {
    run: RunId,
    report: Load<Option<Box<RunReport>>>,
    /// Causes whose files are all shown.
    open: Vec<Cause>,
    excluding: Excluding,
}

impl ReportView {
    pub fn new(run: RunId) -> Self {
        Self { run, report: Load::default(), open: Vec::new(), excluding: Excluding::default() }
    }

    /// Draws it; `true`: back to the list.
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        if self.report.is_idle() {
            self.report = Load::Waiting(cx.handle.report(self.run));
        }
        self.report.poll();
        let report = self.report.ready().and_then(|report| report.as_deref());
        let mut back = false;
        let line = Ends::new(ui, size::CONTROL)
            .left(|ui| back = ui.add(Button::quiet("All activity").icon(icons::ARROW_LEFT)).clicked());
        line.right(|ui| {
            if let Some(report) = report
                && ui.add(Button::plain("Copy as text").icon(icons::COPY)).clicked()
            {
                ui.ctx().copy_text(words::as_text(report, cx.now, cx.zone));
                cx.toast(Toast::new(Tone::Ok, "The report is on the clipboard."));
            }
        });
        ui.add_space(space::XS);
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.set_max_width(ui.available_width() - space::M);
            ui.spacing_mut().item_spacing.y = space::XS;
            match (&self.report, report) {
                (_, Some(report)) => draw(ui, cx, report, &mut self.open, &mut self.excluding),
                (Load::Failed(problem), _) => {
                    problem_text(ui, problem);
                }
                (Load::Ready(_), None) => {
                    wrapped(ui, body("This run has not ended yet, or is no longer in the history."));
                }
                _ => {
                    spinner(ui, "Looking…");
                }
            }
        });
        back
    }
}

fn draw(ui: &mut Ui, cx: &mut Cx<'_>, report: &RunReport, open: &mut Vec<Cause>, excluding: &mut Excluding) {
    let t = tokens(ui);
    if let RunDetail::Event(event) = &report.detail {
        return event_card(ui, cx, report, event);
    }
    ui.label(section(words::title(report)).color(t.text));
    ui.add(StatusPill::of_outcome(&report.outcome));
    wrapped(ui, body(format!("{}.", words::result(report))).color(t.text));
    ui.add_space(space::S);
    if let Outcome::Failed(problem) = &report.outcome {
        Card::new().tone(Tone::Bad).tight().show(ui, |ui| {
            problem_text(ui, problem);
            after_failure(ui, cx, report, problem);
        });
        ui.add_space(space::S);
    }
    Card::new().tight().show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (key, value) in words::facts(report, cx.now, cx.zone) {
            key_value(ui, key, value);
        }
    });
    if let RunDetail::Restore { undo: Some(undo), .. } = &report.detail
        && ui.add(Button::plain("Open the folder of replaced files").icon(icons::FOLDER_OPEN)).clicked()
    {
        cx.act(Action::OpenFolder(undo.clone()));
    }
    if let RunDetail::Verify { report } = &report.detail {
        damage(ui, report);
    }
    for (cause, warnings) in words::grouped(&report.warnings) {
        ui.add_space(space::S);
        let all = open.contains(&cause);
        let more = group(ui, words::cause(cause), &warnings, all, |ui| excluding.buttons(ui, cx, report, cause, &warnings));
        if more {
            open.push(cause);
        }
    }
    excluding.show(ui, cx, report.plan.as_ref());
    let listed = report.warnings.len() as u64;
    if report.warning_count > listed && listed > 0 {
        let rest = human::count(report.warning_count - listed);
        ui.label(caption(format!("and {rest} more that are counted, not listed")).color(t.text3));
    }
    if !report.stages.is_empty() {
        ui.add_space(space::S);
        Card::new().tight().show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.label(body_strong("Where the time went").color(t.text));
            for (stage, ms) in &report.stages {
                key_value(ui, stage.in_words(), words::milliseconds(*ms));
            }
        });
    }
}

/// What was done, line by line: an event has no result.
fn event_card(ui: &mut Ui, cx: &Cx<'_>, report: &RunReport, event: &Event) {
    let t = tokens(ui);
    wrapped(ui, section(words::title(report)).color(t.text));
    ui.add_space(space::S);
    Card::new().tight().show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        for line in &event.details {
            wrapped(ui, body(line).color(t.text));
        }
        for (key, value) in words::facts(report, cx.now, cx.zone) {
            key_value(ui, key, value);
        }
    });
}

/// What can be done about a backup that failed, as long as it is the newest of its plan.
fn after_failure(ui: &mut Ui, cx: &mut Cx<'_>, report: &RunReport, problem: &Problem) {
    let Some(plan) = report.plan.as_ref().and_then(|id| cx.plan(id)) else { return };
    let is_newest = plan.last_run.as_ref().is_some_and(|newest| newest.run == report.run);
    if report.kind != RunKind::Backup || !is_newest || cx.run_of(&plan.plan.id, RunKind::Backup).is_some() {
        return;
    }
    let (id, name) = (plan.plan.id.clone(), plan.plan.name.clone());
    ui.add_space(space::XS);
    line(ui, |ui| held::buttons(ui, cx, &id, &name, problem));
}

/// Warnings of one cause; `true`: all of them are wished.
fn group(ui: &mut Ui, (title, fix): (&str, &str), warnings: &[&Warning], all: bool, actions: impl FnOnce(&mut Ui)) -> bool {
    let t = tokens(ui);
    let mut more = false;
    Card::new().tight().show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let count = human::count(warnings.len() as u64);
        ui.label(body_strong(format!("{} {title} ({count})", icons::WARNING)).color(t.warn));
        if !fix.is_empty() {
            wrapped(ui, body(fix).color(t.text2));
        }
        for warning in warnings.iter().take(if all { usize::MAX } else { FEW }) {
            let detail = names::one_line(&warning.detail);
            let shown = if warning.path.is_empty() { detail.clone() } else { names::one_line(&names::shown(&warning.path)) };
            let label = egui::Label::new(caption(&shown).color(t.text)).truncate();
            ui.add(label).on_hover_text(format!("{shown}\n{detail}"));
        }
        if !all && warnings.len() > FEW {
            let label = format!("Show all {count}");
            more = ui.add(Button::quiet(&label)).clicked();
        }
        actions(ui);
    });
    more
}

fn damage(ui: &mut Ui, report: &VerifyReport) {
    let t = tokens(ui);
    for damaged in &report.damaged {
        ui.add_space(space::S);
        Card::new().tone(Tone::Bad).tight().show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.label(body_strong(&damaged.what).color(t.bad));
            ui.add(egui::Label::new(caption(&damaged.object).color(t.text2)).truncate());
            if damaged.files_hit > 0 {
                ui.label(body(format!("Hits {}:", human::counted(damaged.files_hit, "file", "files"))).color(t.text));
            }
            for path in damaged.files().into_iter().take(FEW) {
                let text = names::one_line(&names::shown(path));
                ui.add(egui::Label::new(caption(&text).color(t.text)).truncate());
            }
            if damaged.files_hit > FEW as u64 {
                let text = format!("and {} more: Copy as text lists them", human::count(damaged.files_hit - FEW as u64));
                ui.label(caption(text).color(t.text3));
            }
        });
    }
}
