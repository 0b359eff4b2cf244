//! One backup's card.

use egui::{Align, Label, Layout, Ui, vec2};

use super::card_data::{self, RunResult};
use crate::engine::message::{Command, PlanOverview, RunOverview};
use crate::model::human;
use crate::model::problem::Problem;
use crate::model::restore::{Depth, Place, PlanChoice, VerifySpec};
use crate::model::run::{ProgressView, RunId, RunKind, RunReport};
use crate::model::snapshot::WantedType;
use crate::model::status::{Status, Why};
use crate::ui::context::{Action, Cx, new_run_id};
use crate::ui::theme::typography::{body, caption, section};
use crate::ui::theme::{Icon, Tone, icons, size, space, tokens};
use crate::ui::warnings;
use crate::ui::widgets::{
    Button, Card, ProgressRow, StatusPill, Strip30, menu_button, menu_item, problem_text, spinner, wrapped,
};

/// What a card asks of its tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardEvent {
    Delete,
    /// The result line has been read.
    Dismiss,
    ShowWarnings(RunId),
    HideWarnings,
}

/// What the tab knows of a card beside the overview.
pub struct CardState<'a> {
    /// The newest run that ended while the window was open, and has not been dismissed.
    pub fresh: Option<&'a RunReport>,
    /// The newest run's warnings, once they were asked for; `None` inside: on their way.
    pub warnings: Option<Option<&'a RunReport>>,
    pub removing: bool,
    pub problem: Option<&'a Problem>,
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview, state: &CardState<'_>) -> Option<CardEvent> {
    let mut event = None;
    let runs: Vec<RunOverview> = cx.overview.runs.iter().filter(|r| r.plan.as_ref() == Some(&plan.plan.id)).cloned().collect();
    let card = if plan.status == Status::NeedsAttention { Card::new().tone(Tone::Bad) } else { Card::new() };
    let response = card.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        head(ui, cx, plan, !runs.is_empty() || state.removing, &mut event);
        if state.removing {
            spinner(ui, "Deleting…");
            return;
        }
        if runs.is_empty() {
            facts(ui, cx, plan);
            result_line(ui, cx, plan, state, &mut event);
        }
        for run in &runs {
            running(ui, cx, run);
        }
        if let Some(problem) = state.problem {
            problem_text(ui, problem);
        }
    });
    let name = format!("Backup {}", plan.plan.name);
    response.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::GenericContainer, true, &name));
    event
}

/// A line filled from the right, of at least this height.
fn row(ui: &mut Ui, height: f32, content: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::right_to_left(Align::Center), content);
}

fn head(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview, busy: bool, event: &mut Option<CardEvent>) {
    let t = tokens(ui);
    let name = &plan.plan.name;
    row(ui, size::CONTROL, |ui| {
        menu(ui, cx, plan, busy, event);
        let restore = Button::plain("Restore…")
            .enabled(plan.last_success.is_some() || plan.versions.is_some_and(|n| n > 0))
            .why_off("There is no version yet.");
        if ui.add(restore.name(format!("Restore {name}…"))).clicked() {
            cx.act(Action::RestorePlan(plan.plan.id.clone(), None));
        }
        let back_up = Button::plain("Back up now").icon(icons::PLAY).enabled(!busy).why_off("It is running already.");
        if ui.add(back_up.name(format!("Back up {name} now"))).clicked() {
            cx.back_up(&plan.plan.id, WantedType::Auto);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            // The pill keeps its width: what is too long is the name.
            let room = (ui.available_width() - 190.0).max(80.0);
            ui.scope(|ui| {
                ui.set_max_width(room);
                ui.add(Label::new(section(name).color(t.text)).truncate()).on_hover_text(name);
            });
            ui.add(StatusPill::of_status(plan.status));
        });
    });
}

fn menu(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview, busy: bool, event: &mut Option<CardEvent>) {
    let id = &plan.plan.id;
    menu_button(ui, &format!("More for {}", plan.plan.name), |ui| {
        ui.add_enabled_ui(!busy, |ui| {
            if menu_item(ui, Some(icons::STACK), "Back up in full", false) {
                cx.back_up(id, WantedType::Full);
            }
            if menu_item(ui, Some(icons::PLUS), "Back up what changed (incremental)", false) {
                cx.back_up(id, WantedType::Incremental);
            }
            ui.separator();
            let depths = [
                (Depth::Quick, "Verify: all is there"),
                (Depth::Checksums, "Verify: checksums"),
                (Depth::Full, "Verify: open and check every file"),
            ];
            for (depth, label) in depths {
                if menu_item(ui, Some(icons::SEAL_CHECK), label, false)
                    && let Some(location) = plan.plan.destinations.first()
                {
                    let from = Place { location: location.clone(), plan: PlanChoice::Id(id.clone()), secret: None };
                    let spec = VerifySpec { from, version: None, depth };
                    cx.send(Command::Verify { run: new_run_id(), spec });
                }
            }
        });
        ui.separator();
        if menu_item(ui, Some(icons::PENCIL_SIMPLE), "Edit…", false) {
            cx.act(Action::EditPlan(id.clone()));
        }
        if menu_item(ui, Some(icons::CLOCK_COUNTER_CLOCKWISE), "History", false) {
            cx.act(Action::History(id.clone()));
        }
        ui.add_enabled_ui(!busy, |ui| {
            if menu_item(ui, Some(icons::TRASH), "Delete…", true) {
                *event = Some(CardEvent::Delete);
            }
        });
    });
}

/// The two lines of a card at rest.
fn facts(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) {
    let t = tokens(ui);
    row(ui, 22.0, |ui| {
        if ui.available_width() > Strip30::WIDTH + 220.0 && Strip30::new(&plan.plan.name, &plan.strip).show(ui).is_some() {
            cx.act(Action::History(plan.plan.id.clone()));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let sentence = card_data::sentence(plan, cx.now, cx.zone);
            let response = ui.add(Label::new(body(sentence).color(t.text)).truncate());
            if let Some(at) = plan.last_success {
                response.on_hover_text(format!("Last success: {}", human::exact(at, cx.zone)));
            }
        });
    });
    let mut parts = Vec::new();
    parts.extend(card_data::size_line(plan));
    parts.extend(plan.plan.destinations.first().map(|location| format!("to {}", location.display())));
    if plan.plan.seal.is_none() {
        parts.push("not encrypted".into());
    }
    ui.add(Label::new(caption(parts.join(" · ")).color(t.text2)).truncate());
}

/// Progress, with its Cancel beside it: no button ever turns into another under the pointer.
fn running(ui: &mut Ui, cx: &mut Cx<'_>, run: &RunOverview) {
    let pace = cx.progress(run.run);
    let home = cx.overview.home_folder.clone();
    let doing = match run.kind {
        RunKind::Backup => "Backing up",
        RunKind::Restore => "Restoring",
        RunKind::Verify => "Verifying",
    };
    ui.horizontal(|ui| {
        let cancel_width = 96.0;
        let width = ui.available_width() - cancel_width - space::L;
        ui.allocate_ui(vec2(width, 56.0), |ui| {
            ui.set_width(width);
            let (view, speed, left) = match pace {
                Some(pace) => (pace.view, pace.speed, pace.left),
                None => (ProgressView::default(), None, None),
            };
            let name = format!("{doing} {}", run.name);
            ProgressRow::new(&name, &view).pace(speed, left).home(home.as_bytes()).show(ui);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let label = if run.cancelling { "Cancelling…" } else { "Cancel" };
            let cancel = Button::plain(label).enabled(!run.cancelling).min_width(cancel_width);
            if ui.add(cancel.name(format!("Cancel: {doing} {}", run.name))).clicked() {
                cx.send(Command::Cancel { run: run.run });
            }
        });
    });
    ui.ctx().request_repaint_after_secs(0.25);
}

/// What the newest run did, as long as it is news; what went wrong, until it is put right.
fn result_line(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview, state: &CardState<'_>, event: &mut Option<CardEvent>) {
    let standing =
        plan.last_run.as_ref().filter(|_| matches!(plan.status, Status::NeedsAttention | Status::ProtectedWithWarnings));
    let Some(report) = state.fresh.or(standing) else {
        if let Why::Failed(problem) = &plan.why {
            problem_text(ui, problem);
        }
        return;
    };
    let is_fresh = state.fresh.is_some();
    ui.add_space(space::XS);
    ui.separator();
    match card_data::result(report) {
        RunResult::Failed(problem) => {
            row(ui, 44.0, |ui| {
                let retry = Button::plain("Retry").icon(icons::ARROW_CLOCKWISE);
                if ui.add(retry.name(format!("Retry {}", plan.plan.name))).clicked() {
                    cx.back_up(&plan.plan.id, WantedType::Auto);
                }
                ui.with_layout(Layout::left_to_right(Align::TOP), |ui| {
                    problem_text(ui, &problem);
                });
            });
        }
        RunResult::Good(text) => line(ui, Tone::Ok, icons::CHECK_CIRCLE, &text, is_fresh, event, |_, _| ()),
        RunResult::Neutral(text) => line(ui, Tone::Neutral, icons::INFO, &text, is_fresh, event, |_, _| ()),
        RunResult::Warnings(text, count) => {
            let open = state.warnings.is_some();
            line(ui, Tone::Warn, icons::WARNING, &text, is_fresh, event, |ui, event| {
                let label = match (open, report.warning_count) {
                    (true, _) => "Hide".to_owned(),
                    (false, 0) => "Details".to_owned(),
                    (false, _) => format!("Show {}", human::counted(count, "warning", "warnings")),
                };
                if ui.add(Button::quiet(&label)).clicked() {
                    *event = Some(if open { CardEvent::HideWarnings } else { CardEvent::ShowWarnings(report.run) });
                }
            });
            match state.warnings {
                Some(Some(full)) => {
                    damaged(ui, full);
                    warnings::show(ui, &full.warnings, full.warning_count, &cx.overview.home_folder.display());
                }
                Some(None) => {
                    spinner(ui, "Reading the report…");
                }
                None => {}
            }
        }
    }
}

/// Which files a verification found damaged.
fn damaged(ui: &mut Ui, report: &RunReport) {
    let crate::model::run::RunDetail::Verify { report } = &report.detail else { return };
    let t = tokens(ui);
    for object in report.damaged.iter().take(5) {
        wrapped(ui, body(format!("{}: {}", object.object, object.what)).color(t.text));
        for (version, path) in object.hits.iter().take(5) {
            ui.add(Label::new(caption(format!("{} · version {version}", path.display())).color(t.text2)).truncate());
        }
        if object.hit_count > 5 {
            ui.label(caption(format!("and {} more files", human::count(object.hit_count - 5))).color(t.text2));
        }
    }
    if !report.damaged.is_empty() {
        wrapped(ui, body("Back up again: what is damaged is written anew, and other versions stay as they are.").color(t.text2));
    }
}

fn line(
    ui: &mut Ui,
    tone: Tone,
    icon: Icon,
    text: &str,
    dismissible: bool,
    event: &mut Option<CardEvent>,
    more: impl FnOnce(&mut Ui, &mut Option<CardEvent>),
) {
    let t = tokens(ui);
    row(ui, size::CONTROL, |ui| {
        if dismissible && ui.add(Button::icon_only(icons::X, "Dismiss this result")).clicked() {
            *event = Some(CardEvent::Dismiss);
        }
        more(ui, event);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.label(body(icon.to_string()).color(t.strong(tone)));
            ui.add(Label::new(body(text).color(t.text)).truncate()).on_hover_text(text);
        });
    });
}
