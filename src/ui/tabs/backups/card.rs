//! One backup's card.

use egui::{Label, Ui};

use super::card_data::{self, RunResult};
use crate::engine::message::{Command, PlanOverview, RunOverview};
use crate::model::human;
use crate::model::location::Location;
use crate::model::names;
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Depth, Place, PlanChoice, VerifySpec};
use crate::model::run::{Outcome, ProgressView, RunDetail, RunId, RunKind, RunReport};
use crate::model::snapshot::WantedType;
use crate::model::status::{Status, Why};
use crate::ui::context::{Action, Cx, new_run_id};
use crate::ui::held;
use crate::ui::theme::typography::{body, caption, section};
use crate::ui::theme::{Icon, Tone, icons, size, space, tokens};
use crate::ui::warnings;
use crate::ui::widgets::{
    Button, Card, Ends, ProgressRow, StatusPill, Strip30, line as in_line, menu_button, menu_item, problem_text, spinner, weak,
    wrapped,
};

/// Damaged objects that a card names, and files of each.
const NAMED: usize = 5;

/// What a card asks of its tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardEvent {
    Delete,
    DeleteVersions,
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

fn head(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview, busy: bool, event: &mut Option<CardEvent>) {
    let t = tokens(ui);
    let name = &plan.plan.name;
    let line = Ends::new(ui, size::CONTROL).left(|ui| {
        // The pill keeps its width: what is too long is the name.
        let pill = StatusPill::of_status(plan.status);
        let room = (ui.available_width() - pill.width(ui) - space::S).max(80.0);
        ui.scope(|ui| {
            ui.set_max_width(room);
            ui.add(Label::new(section(name).color(t.text)).truncate());
        });
        ui.add(pill);
    });
    line.right(|ui| {
        let back_up = Button::plain("Back up now").icon(icons::PLAY).enabled(!busy).why_off("It is running already.");
        if ui.add(back_up.name(format!("Back up {name} now"))).clicked() {
            cx.back_up(&plan.plan.id, WantedType::Auto);
        }
        let restore = Button::plain("Restore…")
            .enabled(plan.last_success.is_some() || plan.versions.is_some_and(|n| n > 0))
            .why_off("There is no version yet.");
        if ui.add(restore.name(format!("Restore {name}…"))).clicked() {
            cx.act(Action::RestorePlan(plan.plan.id.clone(), None));
        }
        menu(ui, cx, plan, busy, event);
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
            if menu_item(ui, Some(icons::PLUS), "Back up what changed since the last full one (differential)", false) {
                cx.back_up(id, WantedType::Differential);
            }
            ui.separator();
            let depths = [
                (Depth::Quick, "Verify: all is there"),
                (Depth::Checksums, "Verify: checksums"),
                (Depth::Full, "Verify: open and check every file"),
            ];
            for (depth, label) in depths {
                if menu_item(ui, Some(icons::SEAL_CHECK), label, false) {
                    for location in &plan.plan.destinations {
                        let from = Place { location: location.clone(), plan: PlanChoice::Id(id.clone()), secret: None };
                        let spec = VerifySpec { from, version: None, depth };
                        cx.send(Command::Verify { run: new_run_id(), spec });
                    }
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
            if menu_item(ui, Some(icons::TRASH), "Delete versions…", true) {
                *event = Some(CardEvent::DeleteVersions);
            }
            if menu_item(ui, Some(icons::TRASH), "Delete backup…", true) {
                *event = Some(CardEvent::Delete);
            }
        });
    });
}

/// The two lines of a card at rest.
fn facts(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) {
    let t = tokens(ui);
    let line = Ends::new(ui, 22.0).left(|ui| {
        let sentence = card_data::sentence(plan, cx.now, cx.zone);
        let label = Label::new(body(&sentence).color(t.text)).truncate();
        match plan.last_success {
            // One tooltip, also for what does not fit.
            Some(at) => {
                let exact = format!("{sentence}\nLast success: {}", human::exact(at, cx.zone));
                ui.add(label.show_tooltip_when_elided(false)).on_hover_text(exact)
            }
            None => ui.add(label),
        };
    });
    line.right(|ui| {
        if ui.available_width() > Strip30::WIDTH + 220.0 && Strip30::new(&plan.plan.name, &plan.strip).show(ui).is_some() {
            cx.act(Action::History(plan.plan.id.clone()));
        }
    });
    let risk = card_data::risk(plan, cx.now, cx.zone);
    let mut parts = vec![risk];
    parts.extend(card_data::size_line(plan));
    if plan.plan.seal.is_none() {
        parts.push("not encrypted".into());
    }
    // Last: paths are what gets too long.
    parts.extend(card_data::places(&plan.plan.destinations).map(|places| format!("to {places}")));
    ui.add(Label::new(caption(parts.join(" · ")).color(t.text2)).truncate());
    if !plan.behind.is_empty() {
        let names: Vec<String> = plan.behind.iter().map(Location::short_name).collect();
        // Whether they can be used is not known here: they may only be waiting for their turn.
        let (lack, get) =
            if names.len() == 1 { ("lacks", "gets them as soon as it") } else { ("lack", "get them as soon as they") };
        let text = format!("{} {} {lack} the newest versions, and {get} can be used.", icons::WARNING, names.join(", "));
        ui.add(Label::new(caption(text).color(t.warn)).truncate());
    }
}

/// Progress, with Pause and Cancel beside it. Cancel never takes another's place under the pointer.
fn running(ui: &mut Ui, cx: &mut Cx<'_>, run: &RunOverview) {
    let pace = cx.progress(run.run);
    let home = cx.overview.home_folder.clone();
    let doing = run.kind.doing();
    ui.add_space(space::S);
    let line = Ends::new(ui, 56.0).left(|ui| {
        let (view, speed, left) = match pace {
            // The overview tells at once, and nothing more is drawn while it stands still.
            Some(pace) => (ProgressView { paused: run.paused, ..pace.view }, pace.speed, pace.left),
            None => (ProgressView::default(), None, None),
        };
        let name = format!("{doing} {}", run.name);
        match &run.turn {
            Some(turn) => {
                weak(ui, human::capital(&format!("{} {}.", run.name, turn.in_words())));
            }
            None => ProgressRow::new(&name, &view).pace(speed, left).home(home.as_bytes()).show(ui),
        }
    });
    line.right(|ui| {
        ui.add_space(space::S);
        if run.kind != RunKind::Delete {
            let (label, icon) = if run.paused { ("Resume", icons::PLAY) } else { ("Pause", icons::PAUSE) };
            let name = format!("{label}: {doing} {}", run.name);
            if ui.add(Button::icon_only(icon, &name).enabled(!run.cancelling)).clicked() {
                cx.send(Command::Pause { run: run.run, paused: !run.paused });
            }
        }
        let label = if run.cancelling { "Cancelling…" } else { "Cancel" };
        // As wide as its longer word, so that the bar does not move.
        let cancel = Button::plain(label).enabled(!run.cancelling).min_width(104.0);
        if ui.add(cancel.name(format!("Cancel: {doing} {}", run.name))).clicked() {
            cx.send(Command::Cancel { run: run.run });
        }
    });
    if !run.paused {
        ui.ctx().request_repaint_after_secs(0.25);
    }
}

/// What the newest run did, as long as it is news; what went wrong, until it is put right.
fn result_line(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview, state: &CardState<'_>, event: &mut Option<CardEvent>) {
    let wanting = matches!(plan.status, Status::NeedsAttention | Status::ProtectedWithWarnings);
    let standing = plan.last_run.as_ref().filter(|run| wanting && run.outcome != Outcome::Completed);
    let Some(report) = state.fresh.or(standing) else {
        if let Why::Failed(problem) = &plan.why {
            problem_text(ui, problem);
        }
        return;
    };
    let t = tokens(ui);
    let is_fresh = state.fresh.is_some();
    ui.add_space(space::XS);
    ui.separator();
    match card_data::result(report) {
        RunResult::Failed(problem) if problem.code == Code::SourceShrank => {
            problem_text(ui, &problem);
            in_line(ui, |ui| held::buttons(ui, cx, &plan.plan.id, &plan.plan.name, &problem));
        }
        RunResult::Failed(problem) => {
            let line = Ends::new(ui, 44.0).top().left(|ui| {
                problem_text(ui, &problem);
            });
            line.right(|ui| {
                let retry = Button::plain("Retry").icon(icons::ARROW_CLOCKWISE);
                if ui.add(retry.name(format!("Retry {}", plan.plan.name))).clicked() {
                    cx.back_up(&plan.plan.id, WantedType::Auto);
                }
            });
        }
        RunResult::Damaged(problem) => {
            let open = state.warnings.is_some();
            line(ui, Tone::Bad, icons::X_CIRCLE, &problem.what, is_fresh, event, |ui, event| {
                if ui.add(Button::quiet(if open { "Hide" } else { "Show files" })).clicked() {
                    *event = Some(if open { CardEvent::HideWarnings } else { CardEvent::ShowWarnings(report.run) });
                }
            });
            wrapped(ui, body(&problem.fix).color(t.text2));
            match state.warnings {
                Some(Some(full)) => damaged(ui, full),
                Some(None) => {
                    spinner(ui, "Reading the report…");
                }
                None => {}
            }
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
    let RunDetail::Verify { report } = &report.detail else { return };
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::XS / 2.0;
    for object in report.damaged.iter().take(NAMED) {
        ui.add_space(space::XS);
        wrapped(ui, caption(format!("{}: {}", object.object, object.what)).color(t.text2));
        ui.indent(&object.object, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS / 2.0;
            let files = object.files();
            for path in files.iter().take(NAMED) {
                let path = names::shown(path);
                ui.add(Label::new(caption(&path).color(t.text)).truncate());
            }
            let named = files.len().min(NAMED) as u64;
            if object.files_hit > named {
                let rest = human::counted(object.files_hit - named, "more file", "more files");
                ui.label(caption(format!("and {rest}: the report in Activity lists them")).color(t.text2));
            }
        });
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
    let line = Ends::new(ui, size::CONTROL).left(|ui| {
        ui.label(body(icon.to_string()).color(t.strong(tone)));
        ui.add(Label::new(body(text).color(t.text)).truncate());
    });
    line.right(|ui| {
        more(ui, event);
        if dismissible && ui.add(Button::icon_only(icons::X, "Dismiss this result")).clicked() {
            *event = Some(CardEvent::Dismiss);
        }
    });
}
