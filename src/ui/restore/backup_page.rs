//! What is restored from: a backup in a folder or on a drive, or one archive file.

use egui::{Id, Key, Ui};

use super::file_page;
use super::wizard::{Source, Wizard};
use crate::engine::message::PlanAt;
use crate::model::human;
use crate::model::location::form::Part;
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::body;
use crate::ui::theme::{icons, space, tokens};
use crate::ui::widgets::{Button, ChoiceCard, FormRow, TextField, problem_text, section_head, spinner, wrapped};

const PURPOSE: &str = "look for backups";

/// Whether to go on at once.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard, just_came: bool) -> bool {
    ui.spacing_mut().item_spacing.y = space::S;
    let sources = [
        (Source::Backup, icons::HARD_DRIVE, "From a backup", "In a folder, on a drive or on a server, of any computer"),
        (Source::File, icons::PACKAGE, "From one archive file", "A tar or zip of any program, or a volume of a backup"),
    ];
    let before = wizard.source;
    ui.columns(2, |columns| {
        for (ui, (source, icon, title, text)) in columns.iter_mut().zip(sources) {
            if ui.add(ChoiceCard::new(wizard.source == source, icon, title, text)).clicked() {
                // What was chosen in the other is kept until it is looked into this one.
                wizard.source = source;
            }
        }
    });
    ui.add_space(space::XS);
    let just_came = just_came || wizard.source != before;
    match wizard.source {
        Source::Backup => backup(ui, cx, wizard, just_came),
        Source::File => {
            file_page::show(ui, cx, wizard, just_came);
            false
        }
    }
}

fn backup(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard, just_came: bool) -> bool {
    let t = tokens(ui);
    let text = "Backups made on this or any other computer can be restored: all that is needed lies beside them.";
    wrapped(ui, body(text).color(t.text2));
    if let Some(path) = cx.pickers.picked(PURPOSE).and_then(|picked| picked.into_iter().next()) {
        wizard.destination = path.display().into_owned();
        wizard.look(cx.handle);
    }
    let mut go_on = false;
    FormRow::new("Folder, drive or server that holds the backup")
        .hint("The folder or address that was chosen as the destination.")
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                let buttons = if cx.pickers.available() { 196.0 } else { 88.0 };
                let width = (ui.available_width() - buttons).max(160.0);
                let field = TextField::new(&mut wizard.destination)
                    .hint("/media/…, sftp://user@host/path, webdav://… or s3://…")
                    .name("Folder that holds the backup")
                    .id(Id::unique("folder that holds the backup"));
                let response = ui.add(field.width(width));
                if just_came {
                    response.request_focus();
                }
                if response.changed() {
                    wizard.plans = Load::Idle;
                }
                let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                if cx.pickers.available() && ui.add(Button::plain("Choose…").enabled(!cx.pickers.busy())).clicked() {
                    cx.pickers.pick_folders(PURPOSE, "The folder that holds the backup", false);
                }
                let ready = wizard.location().is_some() && !wizard.plans.is_waiting();
                if ui.add(Button::plain("Look").icon(icons::MAGNIFYING_GLASS).enabled(ready)).clicked() || (entered && ready) {
                    wizard.look(cx.handle);
                }
            });
        });
    found(ui, cx, wizard, &mut go_on);
    if let Some(address) = wizard.server_form.show(ui, wizard.destination.trim()) {
        wizard.destination = address;
        wizard.plans = Load::Idle;
    }
    go_on
}

/// What lies there, or why that is not known.
fn found(ui: &mut Ui, cx: &mut Cx<'_>, wizard: &mut Wizard, go_on: &mut bool) {
    match &wizard.plans {
        Load::Idle => {}
        Load::Waiting(_) => {
            spinner(ui, "Looking…");
        }
        Load::Failed(problem) => match wizard.location().filter(|location| location.path().is_none()) {
            Some(location) => {
                if problem.code.wants_storage_password() && location.lacks_key_id() {
                    wizard.server_form.want(Part::AccessKey, wizard.destination.trim());
                }
                if wizard.server.show(ui, cx, &location, problem) {
                    wizard.look(cx.handle);
                }
            }
            None => {
                problem_text(ui, problem);
            }
        },
        Load::Ready(plans) if plans.is_empty() => {
            wrapped(ui, body("No backup lies in this folder. Try the folder above it, or another drive.").color(tokens(ui).text));
        }
        Load::Ready(plans) => {
            section_head(ui, if plans.len() == 1 { "Found" } else { "Choose one" });
            let mut chosen = wizard.plan_chosen;
            for (index, plan) in plans.iter().enumerate() {
                let text = describe(plan, cx);
                let icon = if plan.sealed { icons::LOCK } else { icons::PACKAGE };
                let right = if plan.sealed { "encrypted" } else { "not encrypted" };
                let response = ui.add(ChoiceCard::new(chosen == Some(index), icon, &plan.name, &text).right(right));
                if response.clicked() {
                    chosen = Some(index);
                }
                *go_on |= response.double_clicked();
            }
            wizard.plan_chosen = chosen;
        }
    }
}

/// "41 versions · newest today 18:02 · from old-laptop".
fn describe(plan: &PlanAt, cx: &Cx<'_>) -> String {
    let mut parts = vec![human::counted(plan.versions as u64, "version", "versions")];
    if let Some(newest) = plan.newest {
        parts.push(format!("newest {}", human::moment(newest, cx.now, cx.zone)));
    }
    parts.push(if plan.ours { "of this computer".into() } else { format!("from {}", plan.machine) });
    parts.join(" · ")
}
