//! Third page: name, schedule, password; and in one sentence what was set up.

use egui::{Align, Layout, Ui};

use super::draft::When;
use super::editor::Editor;
use super::{encryption, packing, read_back};
use crate::model::human;
use crate::model::retention::CommonRule;
use crate::model::schedule;
use crate::ui::context::Cx;
use crate::ui::theme::typography::{body, section};
use crate::ui::theme::{icons, space, tokens};
use crate::ui::widgets::{
    Button, Card, FormRow, NumberField, Segmented, TextField, TimeField, icon_at, problem_text, section_head, wrapped,
};

/// Whether Enter was pressed in the last field.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, editor: &mut Editor, just_came: bool) -> bool {
    let mut entered = false;
    ui.spacing_mut().item_spacing.y = space::S;
    let column = ((ui.available_width() - space::XXL) / 2.0).floor();
    ui.with_layout(Layout::left_to_right(Align::TOP), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.vertical(|ui| {
            ui.set_width(column);
            ui.spacing_mut().item_spacing.x = space::S;
            name(ui, editor);
            rhythm(ui, editor);
            kept(ui, editor);
            packing::show(ui, editor);
            if editor.show_advanced {
                read_back::show(ui, editor);
            }
            summary(ui, editor);
            finish(ui, cx, editor);
        });
        ui.add_space(space::XXL);
        ui.vertical(|ui| {
            ui.set_width(column);
            ui.spacing_mut().item_spacing.x = space::S;
            entered = encryption::show(ui, cx, editor, just_came);
        });
    });
    entered
}

/// Why it could not be saved, and the way to do without a first run.
fn finish(ui: &mut Ui, cx: &Cx<'_>, editor: &mut Editor) {
    if let Some(problem) = &editor.save_problem {
        problem_text(ui, problem);
    }
    if editor.draft.is_new() {
        let off = editor.blocked().unwrap_or_default();
        if ui.add(Button::quiet("Save without backing up now").enabled(off.is_empty()).why_off(&off)).clicked() {
            editor.save(cx.handle, false);
        }
    }
}

fn name(ui: &mut Ui, editor: &mut Editor) {
    let mut name = editor.draft.name();
    let error = name.trim().is_empty().then_some("Give the backup a name.");
    let changed =
        FormRow::new("Name").error(error).show(ui, |ui| ui.add(TextField::new(&mut name).name("Name").limit(100)).changed());
    if changed {
        editor.draft.set_name(name);
        editor.touch();
    }
}

fn rhythm(ui: &mut Ui, editor: &mut Editor) {
    let t = tokens(ui);
    section_head(ui, "Schedule");
    let mut options = vec![(When::Daily, "Daily"), (When::Hours, "Every few hours"), (When::Off, "When I ask")];
    if editor.draft.has_own_schedules() {
        options.insert(0, (When::Own, "As it is"));
    }
    if Segmented::new("Schedule").show(ui, &mut editor.draft.when, &options) {
        editor.touch();
    }
    ui.horizontal(|ui| match editor.draft.when {
        When::Daily => {
            ui.label(body("Every day at").color(t.text));
            let before = (editor.draft.hour, editor.draft.minute);
            let field = TimeField::new("Time of day", &mut editor.draft.hour, &mut editor.draft.minute);
            editor.draft.time_is_valid = field.show(ui);
            if before != (editor.draft.hour, editor.draft.minute) {
                editor.touch();
            }
        }
        When::Hours => {
            ui.label(body("Every").color(t.text));
            let mut hours = i64::from(editor.draft.hours);
            if NumberField::new("Hours", &mut hours, 1, schedule::LONGEST.into()).show(ui).changed() {
                editor.draft.hours = u16::try_from(hours).unwrap_or(1);
                editor.touch();
            }
            ui.label(body(if hours == 1 { "hour" } else { "hours" }).color(t.text));
        }
        When::Own => {
            let words = editor.draft.schedules().map(|schedules| schedules.in_words()).unwrap_or_default();
            ui.add(egui::Label::new(body(human::capital(&words)).color(t.text)).wrap());
        }
        When::Off => {
            ui.label(body("Only when you press Back up now.").color(t.text2));
        }
    });
    if editor.draft.when != When::Off {
        wrapped(ui, body("A time that was missed is made up as soon as the computer is on again.").color(t.text2));
    }
}

fn kept(ui: &mut Ui, editor: &mut Editor) {
    section_head(ui, "Versions");
    let mut options = CommonRule::ALL.map(|common| (Some(common), common.name())).to_vec();
    if editor.draft.has_own_rule() {
        options.insert(0, (None, "As it is"));
    }
    if Segmented::new("Versions").show(ui, &mut editor.draft.keeps, &options) {
        editor.touch();
    }
    let words = editor.draft.keeps.map_or("The Schedules tab shows and changes the rule.", CommonRule::explained);
    wrapped(ui, body(words).color(tokens(ui).text2));
}

fn summary(ui: &mut Ui, editor: &Editor) {
    let t = tokens(ui);
    ui.add_space(space::L);
    Card::new().show(ui, |ui| {
        ui.horizontal_top(|ui| {
            let (spot, _) = ui.allocate_exact_size(egui::vec2(28.0, 24.0), egui::Sense::hover());
            icon_at(ui, spot.center(), icons::SHIELD_CHECK, 24.0, t.accent, false);
            let sentence = editor.draft.summary(editor.known_drives());
            ui.add(egui::Label::new(section(sentence).color(t.text)).wrap());
        });
    });
}
