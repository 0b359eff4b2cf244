//! The Schedules tab: when each backup runs by itself, what ran and what will.

mod calendar;
mod editor;
mod month;

use egui::Ui;

use self::calendar::Calendar;
use self::editor::{Editor, EditorEvent};
use crate::engine::message::PlanOverview;
use crate::model::human;
use crate::model::schedule::Schedule;
use crate::ui::context::{Action, Cx};
use crate::ui::theme::typography::{body, caption, section};
use crate::ui::theme::{Tone, icons, size, space, tokens};
use crate::ui::widgets::{Button, Card, EmptyState, Ends, StatusPill, Toast, line, problem_text, tab_page, weak};

/// The tab's state between frames.
#[derive(Default)]
pub struct SchedulesTab {
    editor: Option<Editor>,
    calendar: Calendar,
}

impl SchedulesTab {
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
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
            for plan in &cx.overview.plans.clone() {
                self.card(ui, cx, plan);
            }
            self.calendar.show(ui, cx);
        });
    }

    fn card(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) {
        let editing = self.editor.as_ref().is_some_and(|editor| editor.plan() == &plan.plan.id);
        Card::new().show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let head = Ends::new(ui, size::CONTROL).left(|ui| {
                ui.add(egui::Label::new(section(&plan.plan.name).color(tokens(ui).text)).truncate());
            });
            head.right(|ui| {
                if let Some(run) = &plan.last_run {
                    ui.add(StatusPill::of_outcome(&run.outcome));
                }
                let name = format!("Change the schedule of {}", plan.plan.name);
                if !editing && ui.add(Button::plain("Change…").name(name)).clicked() {
                    self.editor = Some(Editor::new(&plan.plan));
                }
            });
            line(ui, |ui| {
                let t = tokens(ui);
                let on = plan.plan.schedule != Schedule::Off;
                let words = human::capital(&plan.plan.schedule.in_words());
                ui.spacing_mut().item_spacing.x = space::XS;
                ui.label(body(format!("{} {words}", if on { icons::CLOCK } else { icons::PAUSE })).color(t.text));
                weak(ui, format!("· {}", when(plan, cx)));
            });
            if editing {
                self.edit(ui, cx, plan);
            }
        });
    }

    fn edit(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) {
        let Some(editor) = &mut self.editor else { return };
        ui.add_space(space::S);
        ui.separator();
        let event = editor.show(ui, cx, plan);
        if let Some(problem) = editor.problem() {
            problem_text(ui, problem);
        }
        match event {
            EditorEvent::Open => {}
            EditorEvent::Cancelled => self.editor = None,
            EditorEvent::Saved(schedule) => {
                self.editor = None;
                let text = format!("{} now runs {}.", plan.plan.name, schedule.in_words());
                cx.toast(Toast::new(Tone::Ok, text));
            }
        }
    }
}

/// Last and next run in words.
fn when(plan: &PlanOverview, cx: &Cx<'_>) -> String {
    let last = match &plan.last_run {
        Some(run) => format!("last run {}", human::moment(run.started, cx.now, cx.zone)),
        None => "never run yet".to_owned(),
    };
    match plan.next_run {
        Some(next) if next <= cx.now => format!("due now · {last}"),
        Some(next) => format!("next {} · {last}", human::moment(next, cx.now, cx.zone)),
        None => last,
    }
}

/// A quiet line below a control.
fn note(ui: &mut Ui, text: impl Into<String>) {
    let color = tokens(ui).text3;
    ui.label(caption(text).color(color));
}
