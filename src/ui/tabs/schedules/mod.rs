//! The Schedules tab: when each backup runs by itself, what ran and what will.

mod calendar;
mod conditions;
mod draft;
mod editor;
mod kept;
mod month;

use egui::Ui;

use self::calendar::Calendar;
use self::editor::{Editor, EditorEvent};
use self::kept::Kept;
use crate::engine::message::{Command, NewSecrets, PlanOverview};
use crate::model::conditions::Wait;
use crate::model::human;
use crate::model::pause::PauseFor;
use crate::model::plan::{Plan, PlanId};
use crate::model::schedule::{DueBecause, Past, Schedule, Schedules, Upcoming};
use crate::model::status::Status;
use crate::ui::context::{Action, Cx};
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, caption, section};
use crate::ui::theme::{Tone, icons, size, space, tokens};
use crate::ui::widgets::{Button, Card, Check, EmptyState, Ends, Select, StatusPill, Toast, problem_text, tab_page, weak};

/// The tab's state between frames.
#[derive(Default)]
pub struct SchedulesTab {
    editor: Option<Editor>,
    /// What was switched or removed, until the overview has it: the next change is made to it.
    sent: Option<(PlanId, Schedules)>,
    saving: Load<()>,
    generation: u64,
    kept: Kept,
    calendar: Calendar,
}

impl SchedulesTab {
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.saving.poll();
        if self.saving.ready().is_some() && self.generation != cx.generation {
            // An overview came after the answer: it has what was sent.
            (self.sent, self.saving) = (None, Load::Idle);
        }
        self.generation = cx.generation;
        tab_page(ui, "schedules", |ui| {
            if cx.overview.plans.is_empty() {
                let text = "Once there is a backup, this page says when it runs by itself, what ran and what will run.";
                let empty = EmptyState::new(icons::CALENDAR_BLANK, "Nothing is scheduled yet", text);
                if empty.primary("Set up your first backup").show(ui).is_some() {
                    cx.act(Action::NewPlan);
                }
                return;
            }
            ui.spacing_mut().item_spacing.y = space::M;
            pause(ui, cx);
            for plan in &cx.overview.plans.clone() {
                let shown = self.as_sent(plan);
                self.card(ui, cx, &shown);
            }
            self.calendar.show(ui, cx);
        });
        self.kept.dialogs(ui, cx);
    }

    /// The plan with what was sent.
    fn as_sent(&self, plan: &PlanOverview) -> PlanOverview {
        let mut shown = plan.clone();
        if let Some((id, schedules)) = &self.sent
            && *id == plan.plan.id
            && self.saving.problem().is_none()
        {
            shown.plan.schedules = schedules.clone();
        }
        shown
    }

    fn send(&mut self, cx: &Cx<'_>, plan: &Plan, schedules: Schedules) {
        self.sent = Some((plan.id.clone(), schedules.clone()));
        self.saving = Load::Waiting(cx.handle.save_plan(Plan { schedules, ..plan.clone() }, NewSecrets::default()));
    }

    fn card(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) {
        Card::new().show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let head = Ends::new(ui, size::CONTROL).left(|ui| {
                ui.add(egui::Label::new(section(&plan.plan.name).color(tokens(ui).text)).truncate());
            });
            let adding = self.editor.as_ref().is_some_and(|editor| editor.is_of(&plan.plan.id, None));
            head.right(|ui| {
                let name = format!("Add a schedule to {}", plan.plan.name);
                let full = plan.plan.schedules.as_slice().len() >= Schedules::MOST;
                let add = Button::plain("Add…").icon(icons::PLUS).name(name).enabled(!full && !adding);
                if ui.add(add.why_off("It has as many as there can be")).clicked() {
                    self.editor = Some(Editor::new(&plan.plan, None));
                }
                if let Some(run) = &plan.last_run {
                    ui.add(StatusPill::of_outcome(&run.outcome));
                }
            });
            weak(ui, when(plan, cx));
            for (schedule, past) in plan.schedules() {
                self.row(ui, cx, plan, schedule, past);
            }
            if plan.plan.schedules.is_empty() {
                weak(ui, "Nothing runs by itself; Back up now always works.");
            }
            if self.sent.as_ref().is_some_and(|(id, _)| *id == plan.plan.id)
                && let Some(problem) = self.saving.problem()
            {
                problem_text(ui, problem);
            }
            if adding {
                self.edit(ui, cx, plan);
            }
            ui.separator();
            self.kept.show(ui, cx, plan);
        });
    }

    /// A schedule: switch, words, next time; what can be done with it at the right.
    fn row(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview, schedule: &Schedule, past: Past) {
        let words = human::capital(&Schedule { on: true, ..schedule.clone() }.in_words());
        let of = format!("{} of {}", words, plan.plan.name);
        let editing = self.editor.as_ref().is_some_and(|editor| editor.is_of(&plan.plan.id, Some(schedule)));
        let mut changed = None;
        let head = Ends::new(ui, size::CONTROL).left(|ui| {
            let t = tokens(ui);
            if ui.add(Check::new(schedule.on, &format!("{of} is on")).bare()).clicked() {
                changed = plan.plan.schedules.with(Schedule { on: !schedule.on, ..schedule.clone() }).ok();
            }
            let named = schedule.name.as_ref().map_or_else(String::new, |name| format!("{name}: "));
            let color = if schedule.on { t.text } else { t.text3 };
            ui.add(egui::Label::new(body(format!("{named}{words}")).color(color)).truncate());
            let next = Upcoming::new(&[(schedule, past)], plan.plan.created, cx.now, cx.zone).next();
            if let Some((at, _)) = next {
                let at = if at <= cx.now { "due now".to_owned() } else { format!("next {}", human::moment(at, cx.now, cx.zone)) };
                ui.add(egui::Label::new(caption(at).color(t.text2)).truncate());
            }
        });
        head.right(|ui| {
            let name = format!("Change {of}");
            let pencil = Button::icon_only(icons::PENCIL_SIMPLE, &name).enabled(!editing);
            if ui.add(pencil.why_off("It is being changed below")).clicked() {
                self.editor = Some(Editor::new(&plan.plan, Some(schedule)));
            }
            if ui.add(Button::icon_only(icons::TRASH, &format!("Remove {of}"))).clicked() {
                changed = Some(plan.plan.schedules.without(&schedule.id));
            }
        });
        if let Some(schedules) = changed {
            self.send(cx, &plan.plan, schedules);
        }
        if editing {
            self.edit(ui, cx, plan);
        }
    }

    fn edit(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) {
        let Some(editor) = &mut self.editor else { return };
        ui.add_space(space::S);
        let event = editor.show(ui, cx, plan);
        if let Some(problem) = editor.problem() {
            problem_text(ui, problem);
        }
        match event {
            EditorEvent::Open => {}
            EditorEvent::Cancelled => self.editor = None,
            EditorEvent::Saved(words) => {
                self.editor = None;
                let text = format!("{} now runs {words}.", plan.plan.name);
                cx.toast(Toast::new(Tone::Ok, text));
            }
        }
    }
}

/// Everything stands still for a while; the banner above the page says it, and ends it.
fn pause(ui: &mut Ui, cx: &mut Cx<'_>) {
    let runs_by_itself = cx.overview.plans.iter().any(|plan| plan.plan.schedules.on().next().is_some());
    if cx.overview.paused.is_some() || !runs_by_itself {
        return;
    }
    let line = Ends::new(ui, size::CONTROL).left(|ui| {
        weak(ui, "Backups run by themselves as it says below.");
    });
    line.right(|ui| {
        let wanted = [
            ("For an hour", PauseFor::Hour),
            ("Until tomorrow morning", PauseFor::Tomorrow),
            ("Until I resume", PauseFor::UntilTold),
        ];
        Select::new("Pause everything", "Pause everything…").width(190.0).show(ui, |ui| {
            for (label, wanted) in wanted {
                if Select::item(ui, false, label) {
                    cx.send(Command::PauseSchedules(wanted));
                }
            }
        });
    });
}

/// Last and next run in words, and why the next one comes where that is not plain.
fn when(plan: &PlanOverview, cx: &Cx<'_>) -> String {
    let last = match &plan.last_run {
        Some(run) => format!("last run {}", human::moment(run.started, cx.now, cx.zone)),
        None => "never run yet".to_owned(),
    };
    let why = plan.next.filter(|due| due.because != DueBecause::Time).map(|due| format!(" {}", due.because.in_words()));
    let why = why.unwrap_or_default();
    let waits: Vec<String> = plan.waits.iter().map(Wait::in_words).collect();
    let text = match plan.next_run() {
        _ if plan.status == Status::Paused => format!("paused · {last}"),
        _ if !waits.is_empty() => format!("due, but {} · {last}", waits.join(" and ")),
        Some(next) if next <= cx.now => format!("due now{why} · {last}"),
        Some(next) => format!("next {}{why} · {last}", human::moment(next, cx.now, cx.zone)),
        None => last,
    };
    human::capital(&text)
}

/// A quiet line below a control.
fn note(ui: &mut Ui, text: impl Into<String>) {
    let color = tokens(ui).text3;
    ui.label(caption(text).color(color));
}
