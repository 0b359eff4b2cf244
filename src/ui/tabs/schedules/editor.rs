//! Changing a schedule in place.

use egui::Ui;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::note;
use crate::engine::message::{NewSecrets, PlanOverview};
use crate::model::human;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Problem;
use crate::model::schedule::{self, Schedule};
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::space;
use crate::ui::theme::typography::body;
use crate::ui::widgets::{Button, NumberField, Segmented, TimeField};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Off,
    Hours,
    Daily,
}

pub struct Editor {
    plan: PlanId,
    kind: Kind,
    hours: i64,
    hour: i8,
    minute: i8,
    saving: Load<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditorEvent {
    Open,
    Cancelled,
    Saved(Schedule),
}

impl Editor {
    pub fn new(plan: &Plan) -> Self {
        let mut editor = Self { plan: plan.id.clone(), kind: Kind::Off, hours: 6, hour: 20, minute: 0, saving: Load::default() };
        match plan.schedule {
            Schedule::Off => {}
            Schedule::Hours { hours } => (editor.kind, editor.hours) = (Kind::Hours, i64::from(hours)),
            Schedule::Daily { hour, minute } => (editor.kind, editor.hour, editor.minute) = (Kind::Daily, hour, minute),
        }
        editor
    }

    pub fn plan(&self) -> &PlanId {
        &self.plan
    }

    /// Why it could not be saved.
    pub fn problem(&self) -> Option<&Problem> {
        self.saving.problem()
    }

    fn schedule(&self) -> Schedule {
        match self.kind {
            Kind::Off => Schedule::Off,
            Kind::Hours => Schedule::Hours { hours: u16::try_from(self.hours).unwrap_or(1).clamp(1, schedule::LONGEST) },
            Kind::Daily => Schedule::Daily { hour: self.hour, minute: self.minute },
        }
    }

    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) -> EditorEvent {
        if self.saving.poll() && self.saving.ready().is_some() {
            return EditorEvent::Saved(self.schedule());
        }
        let mut event = EditorEvent::Open;
        let mut valid = true;
        ui.add_space(space::XS);
        ui.horizontal_wrapped(|ui| {
            let kinds = [(Kind::Off, "Only when I ask"), (Kind::Hours, "Every few hours"), (Kind::Daily, "Daily")];
            Segmented::new("Runs").show(ui, &mut self.kind, &kinds);
            ui.add_space(space::S);
            match self.kind {
                Kind::Off => {}
                Kind::Hours => {
                    ui.label(body("every"));
                    NumberField::new("Hours between two runs", &mut self.hours, 1, schedule::LONGEST.into()).show(ui);
                    ui.label(body(if self.hours == 1 { "hour" } else { "hours" }));
                }
                Kind::Daily => {
                    ui.label(body("at"));
                    valid = TimeField::new("Time of day", &mut self.hour, &mut self.minute).show(ui);
                }
            }
        });
        let schedule = self.schedule();
        note(ui, if valid { preview(schedule, plan, cx.now, cx.zone) } else { "Write the time as 20:00.".to_owned() });
        ui.horizontal(|ui| {
            let changed = schedule != plan.plan.schedule;
            let saving = self.saving.is_waiting();
            let save = Button::primary("Save").enabled(valid && changed && !saving && schedule.is_valid());
            if ui.add(save.why_off("Nothing is changed")).clicked() {
                let saved = Plan { schedule, ..plan.plan.clone() };
                self.saving = Load::Waiting(cx.handle.save_plan(saved, NewSecrets::default()));
            }
            if ui.add(Button::plain("Cancel").enabled(!saving)).clicked() {
                event = EditorEvent::Cancelled;
            }
        });
        event
    }
}

/// The next times in words.
fn preview(schedule: Schedule, plan: &PlanOverview, now: Timestamp, zone: &TimeZone) -> String {
    if schedule == Schedule::Off {
        return "Nothing runs by itself; Back up now always works.".into();
    }
    let last = plan.last_run.as_ref().map(|run| run.started);
    let times: Vec<String> =
        next_times(schedule, last, plan.plan.created, now, zone, 3).iter().map(|at| human::moment(*at, now, zone)).collect();
    format!("Next: {}. A run that was missed is made up for.", times.join(", "))
}

/// The next `count` times from `now` on; one that was missed counts as now.
pub fn next_times(
    schedule: Schedule,
    last: Option<Timestamp>,
    created: Timestamp,
    now: Timestamp,
    zone: &TimeZone,
    count: usize,
) -> Vec<Timestamp> {
    let mut times = Vec::new();
    let mut last = last;
    while times.len() < count {
        let Some(due) = schedule.due(last, created, zone) else { break };
        let at = due.max(now);
        times.push(at);
        if last == Some(at) {
            break;
        }
        last = Some(at);
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_times_follow_each_other() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-21T12:00:00Z");
        let times = |schedule, last| next_times(schedule, last, now, now, &TimeZone::UTC, 3);
        let daily = Schedule::Daily { hour: 20, minute: 0 };
        let expected = ["2026-11-21T20:00:00Z", "2026-11-22T20:00:00Z", "2026-11-23T20:00:00Z"].map(at);
        assert_eq!(times(daily, Some(at("2026-11-20T20:00:00Z"))), expected);
        // Missed for days: now, then as usual.
        let missed = times(daily, Some(at("2026-11-15T20:00:00Z")));
        assert_eq!(missed, [now, expected[0], expected[1]]);
        assert_eq!(times(Schedule::Off, None), []);
        assert_eq!(
            times(Schedule::Hours { hours: 12 }, Some(now)),
            ["2026-11-22T00:00:00Z", "2026-11-22T12:00:00Z", "2026-11-23T00:00:00Z"].map(at)
        );
    }
}
