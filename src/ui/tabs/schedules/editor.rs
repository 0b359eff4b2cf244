//! Making and changing a schedule in place.

use egui::Ui;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::conditions;
use super::draft::{Draft, Kind};
use super::note;
use crate::engine::message::{NewSecrets, PlanOverview};
use crate::model::human;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Problem;
use crate::model::schedule::{LONGEST, Past, Schedule, Upcoming, When};
use crate::model::snapshot::WantedType;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::space;
use crate::ui::theme::typography::body;
use crate::ui::widgets::{Button, NumberField, Segmented, Select, TextField, labelled};

/// Of the labels, so that the fields begin below one another.
const LABEL: f32 = 72.0;
/// Times that are told beforehand.
const TOLD: usize = 5;

pub struct Editor {
    plan: PlanId,
    /// The one that is changed; `None`: a new one.
    schedule: Option<Schedule>,
    draft: Draft,
    saving: Load<()>,
    saved: Option<Schedule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorEvent {
    Open,
    Cancelled,
    /// In words.
    Saved(String),
}

impl Editor {
    pub fn new(plan: &Plan, schedule: Option<&Schedule>) -> Self {
        let draft = schedule.map_or_else(Draft::default, Draft::of);
        Self { plan: plan.id.clone(), schedule: schedule.cloned(), draft, saving: Load::default(), saved: None }
    }

    /// Whether it is about this one; `None`: a new one of the plan.
    pub fn is_of(&self, plan: &PlanId, schedule: Option<&Schedule>) -> bool {
        self.plan == *plan && self.schedule.as_ref().map(|own| &own.id) == schedule.map(|other| &other.id)
    }

    /// Why it could not be saved.
    pub fn problem(&self) -> Option<&Problem> {
        self.saving.problem()
    }

    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) -> EditorEvent {
        if self.saving.poll()
            && self.saving.ready().is_some()
            && let Some(saved) = self.saved.take()
        {
            return EditorEvent::Saved(saved.in_words());
        }
        ui.spacing_mut().item_spacing.y = space::S;
        labelled(ui, "Runs", LABEL, |ui| {
            Select::new("Runs", self.draft.kind.in_words()).width(220.0).show(ui, |ui| {
                for kind in Kind::ALL {
                    if Select::item(ui, kind == self.draft.kind, kind.in_words()) {
                        self.draft.kind = kind;
                    }
                }
            });
        });
        self.fields(ui);
        labelled(ui, "Makes", LABEL, |ui| {
            let options = [
                (WantedType::Auto, "Automatic"),
                (WantedType::Full, "Full"),
                (WantedType::Differential, "Differential"),
                (WantedType::Incremental, "Incremental"),
            ];
            Segmented::new("Makes").show(ui, &mut self.draft.wanted, &options);
        });
        conditions::show(ui, &mut self.draft.conditions, cx.overview.knows_machine, LABEL);
        let schedule = self.draft.schedule(&plan.plan.schedules, cx.now, cx.zone);
        note(
            ui,
            match &schedule {
                Ok(schedule) => preview(schedule, plan, cx.now, cx.zone),
                Err(why) => human::capital(why),
            },
        );
        let mut event = EditorEvent::Open;
        ui.horizontal(|ui| {
            let changed = schedule.as_ref().is_ok_and(|new| self.schedule.as_ref() != Some(new));
            let saving = self.saving.is_waiting();
            let why = if schedule.is_err() { "What was typed cannot be" } else { "Nothing is changed" };
            let word = if self.draft.is_new() { "Add" } else { "Save" };
            if ui.add(Button::primary(word).enabled(changed && !saving).why_off(why)).clicked()
                && let Ok(schedule) = schedule
                && let Ok(schedules) = plan.plan.schedules.with(schedule.clone())
            {
                self.saved = Some(schedule);
                let saved = Plan { schedules, ..plan.plan.clone() };
                self.saving = Load::Waiting(cx.handle.save_plan(saved, NewSecrets::default()));
            }
            if ui.add(Button::plain("Cancel").enabled(!saving)).clicked() {
                event = EditorEvent::Cancelled;
            }
        });
        event
    }

    fn fields(&mut self, ui: &mut Ui) {
        let draft = &mut self.draft;
        let times = |ui: &mut Ui, times: &mut String| {
            labelled(ui, "At", LABEL, |ui| ui.add(TextField::new(times).name("Times of day").hint("8:00, 20:00").width(220.0)));
        };
        let number = |ui: &mut Ui, name: &str, value: &mut i64, least: i64, most: i64, unit: (&str, &str)| {
            NumberField::new(name, value, least, most).show(ui);
            ui.label(body(if *value == 1 { unit.0 } else { unit.1 }));
        };
        match draft.kind {
            Kind::Hourly => labelled(ui, "At minute", LABEL, |ui| {
                NumberField::new("Minute of the hour", &mut draft.minute, 0, 59).show(ui);
            }),
            Kind::Hours => labelled(ui, "Every", LABEL, |ui| {
                number(ui, "Hours between two runs", &mut draft.hours, 1, LONGEST.into(), ("hour", "hours"));
            }),
            Kind::Daily => times(ui, &mut draft.times),
            Kind::Days => {
                labelled(ui, "Every", LABEL, |ui| {
                    number(ui, "Days between two runs", &mut draft.days, 1, When::MOST_DAYS.into(), ("day", "days"));
                });
                times(ui, &mut draft.times);
            }
            Kind::Weekly => {
                labelled(ui, "On", LABEL, |ui| weekdays(ui, &mut draft.weekdays));
                times(ui, &mut draft.times);
            }
            Kind::Monthly => {
                labelled(ui, "On", LABEL, |ui| {
                    let hint = "1, 15, last, first-mon";
                    ui.add(TextField::new(&mut draft.month_days).name("Days of the month").hint(hint).width(220.0));
                });
                times(ui, &mut draft.times);
            }
            Kind::Cron => labelled(ui, "Cron", LABEL, |ui| {
                ui.add(
                    TextField::new(&mut draft.cron)
                        .name("Cron expression")
                        .hint("minute hour day month weekday")
                        .mono()
                        .width(320.0),
                );
            }),
            Kind::Start => labelled(ui, "After", LABEL, |ui| {
                number(ui, "Minutes after the start", &mut draft.delay, 0, 24 * 60, ("minute", "minutes"));
            }),
            Kind::Drive => {
                labelled(ui, "Drive", LABEL, |ui| {
                    let hint = "any that this backup uses";
                    ui.add(TextField::new(&mut draft.drive).name("Drive").hint(hint).width(260.0));
                });
                labelled(ui, "Not within", LABEL, |ui| {
                    let most = LONGEST.into();
                    number(ui, "Hours after the last run", &mut draft.at_most_hours, 0, most, ("hour", "hours"));
                    ui.label(body("after the last run"));
                });
            }
            Kind::Change => {
                labelled(ui, "Settled for", LABEL, |ui| {
                    number(
                        ui,
                        "Seconds without a change",
                        &mut draft.settle,
                        0,
                        When::MOST_SECONDS.into(),
                        ("second", "seconds"),
                    );
                });
                labelled(ui, "Not within", LABEL, |ui| {
                    let most = When::MOST_MINUTES.into();
                    number(ui, "Minutes after the last run", &mut draft.at_most_minutes, 1, most, ("minute", "minutes"));
                    ui.label(body("after the last run"));
                });
            }
        }
    }
}

fn weekdays(ui: &mut Ui, chosen: &mut [bool; 7]) {
    ui.spacing_mut().item_spacing.x = space::XS;
    for (name, on) in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].into_iter().zip(chosen) {
        if ui.add(Button::plain(name).selected(*on)).clicked() {
            *on = !*on;
        }
    }
}

/// What it means, and the next times.
fn preview(schedule: &Schedule, plan: &PlanOverview, now: Timestamp, zone: &TimeZone) -> String {
    let words = human::capital(&schedule.in_words());
    let known = plan.schedules().into_iter().find(|(known, _)| known.id == schedule.id && known.when == schedule.when);
    let past = known.map_or_else(Past::default, |(_, past)| past);
    let times: Vec<String> = Upcoming::new(&[(schedule, past)], plan.plan.created, now, zone)
        .take(TOLD)
        .map(|(at, _)| human::moment(at, now, zone))
        .collect();
    if times.is_empty() {
        return format!("{words}.");
    }
    format!("{words}. Next: {}. A run that was missed is made up for.", times.join(", "))
}
