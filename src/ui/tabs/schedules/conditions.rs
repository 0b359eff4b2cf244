//! What a schedule waits for, as it is being typed.

use egui::Ui;

use crate::model::conditions::{Condition, Conditions};
use crate::model::limits::Hours;
use crate::ui::theme::typography::body;
use crate::ui::theme::{icons, space};
use crate::ui::widgets::{Button, Check, NumberField, TextField, hours_fields, labelled};

/// Each with whether it is wanted; what is not keeps what was typed.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionsDraft {
    /// Most schedules have none, and need not be asked.
    pub shown: bool,
    pub mains: bool,
    pub or_battery: bool,
    pub battery: i64,
    pub unmetered: bool,
    pub idle: bool,
    pub idle_minutes: i64,
    pub load: bool,
    pub load_percent: i64,
    pub between: bool,
    pub hours: Hours,
    pub not_while: bool,
    /// As in "vlc, zoom".
    pub programs: String,
}

impl Default for ConditionsDraft {
    fn default() -> Self {
        Self {
            shown: false,
            mains: false,
            or_battery: false,
            battery: 50,
            unmetered: false,
            idle: false,
            idle_minutes: 10,
            load: false,
            load_percent: 50,
            between: false,
            hours: Hours::night(),
            not_while: false,
            programs: String::new(),
        }
    }
}

impl ConditionsDraft {
    pub fn of(conditions: &Conditions) -> Self {
        let mut draft = Self { shown: !conditions.is_empty(), ..Self::default() };
        for condition in conditions.iter() {
            match condition {
                Condition::Mains => draft.mains = true,
                Condition::Battery(least) => {
                    (draft.mains, draft.or_battery, draft.battery) = (true, true, (*least).into());
                }
                Condition::Unmetered => draft.unmetered = true,
                Condition::Idle(minutes) => (draft.idle, draft.idle_minutes) = (true, (*minutes).into()),
                Condition::Load(most) => (draft.load, draft.load_percent) = (true, (*most).into()),
                Condition::Between(hours) => (draft.between, draft.hours) = (true, *hours),
                Condition::NotWhile(_) => draft.not_while = true,
            }
        }
        draft.programs = conditions.programs().collect::<Vec<_>>().join(", ");
        draft
    }

    /// What was typed, or what is wrong with it.
    pub fn conditions(&self) -> Result<Conditions, String> {
        let mut all = Vec::new();
        let percent = |value: i64| u8::try_from(value).unwrap_or(0);
        let number = |value: i64| u16::try_from(value).unwrap_or(0);
        if self.mains {
            all.push(if self.or_battery { Condition::Battery(percent(self.battery)) } else { Condition::Mains });
        }
        if self.unmetered {
            all.push(Condition::Unmetered);
        }
        if self.idle {
            all.push(Condition::Idle(number(self.idle_minutes)));
        }
        if self.load {
            all.push(Condition::Load(number(self.load_percent)));
        }
        if self.between {
            all.push(Condition::Between(self.hours));
        }
        if self.not_while {
            let names = self.programs.split(',').map(str::trim).filter(|name| !name.is_empty());
            let before = all.len();
            all.extend(names.map(|name| Condition::NotWhile(name.to_owned())));
            if all.len() == before {
                return Err("Name a program, as in vlc.".into());
            }
        }
        Conditions::new(all)
    }
}

/// `knows_machine`: whether more than the clock can be a condition on this machine.
pub fn show(ui: &mut Ui, draft: &mut ConditionsDraft, knows_machine: bool, label: f32) {
    labelled(ui, "Only", label, |ui| {
        if !draft.shown {
            draft.shown = ui.add(Button::quiet("under conditions…").icon(icons::CARET_RIGHT)).clicked();
            return;
        }
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            if knows_machine {
                of_the_machine(ui, draft);
            }
            tick(ui, &mut draft.between, "at certain times");
            if draft.between {
                ui.horizontal(|ui| {
                    ui.add_space(space::XL);
                    hours_fields(ui, ["Not before", "Not after"], &mut draft.hours);
                });
            }
        });
    });
}

fn of_the_machine(ui: &mut Ui, draft: &mut ConditionsDraft) {
    let number = |ui: &mut Ui, name: &str, value: &mut i64, most: i64, unit: &str| {
        NumberField::new(name, value, 1, most).show(ui);
        ui.label(body(unit));
    };
    tick(ui, &mut draft.mains, "while the computer is plugged in");
    if draft.mains {
        ui.horizontal(|ui| {
            ui.add_space(space::XL);
            tick(ui, &mut draft.or_battery, "or the battery holds at least");
            if draft.or_battery {
                number(ui, "Percent in the battery", &mut draft.battery, 100, "%");
            }
        });
    }
    tick(ui, &mut draft.unmetered, "on a network that is not metered");
    ui.horizontal(|ui| {
        tick(ui, &mut draft.idle, "when nobody has used the computer for");
        if draft.idle {
            number(ui, "Minutes without use", &mut draft.idle_minutes, 24 * 60, "minutes");
        }
    });
    ui.horizontal(|ui| {
        tick(ui, &mut draft.load, "while the processors are less busy than");
        if draft.load {
            number(ui, "Percent of the processors", &mut draft.load_percent, 100, "%");
        }
    });
    ui.horizontal(|ui| {
        tick(ui, &mut draft.not_while, "while these programs do not run");
        if draft.not_while {
            ui.add(TextField::new(&mut draft.programs).name("Programs").hint("vlc, zoom").width(200.0));
        }
    });
}

fn tick(ui: &mut Ui, wanted: &mut bool, label: &str) {
    if ui.add(Check::new(*wanted, label)).clicked() {
        *wanted = !*wanted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_what_it_was() {
        for text in ["none", "power", "battery:20", "unmetered,idle:5,load:30,between:22:00-06:00,not-while:vlc,not-while:mpv"] {
            let conditions: Conditions = text.parse().unwrap();
            assert_eq!(ConditionsDraft::of(&conditions).conditions(), Ok(conditions), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        let said = |draft: ConditionsDraft| draft.conditions().unwrap_err();
        assert!(said(ConditionsDraft { not_while: true, ..ConditionsDraft::default() }).contains("Name a program"));
        let path = ConditionsDraft { not_while: true, programs: "/usr/bin/vlc".into(), ..ConditionsDraft::default() };
        assert!(said(path).contains("name of its file"));
    }
}
