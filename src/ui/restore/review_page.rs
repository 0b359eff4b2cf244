//! What would be done, before anything is.

use egui::Ui;

use super::large;
use super::wizard::{PlaceKind, Wizard};
use crate::model::human;
use crate::model::restore::{Conflict, RestoreCounts};
use crate::ui::context::Cx;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, section};
use crate::ui::theme::{space, tokens};
use crate::ui::widgets::{Card, key_value, problem_text, spinner, wrapped};

/// Answers that what looks like a bomb is wanted.
pub const GO_ON: &str = "Go on, however large it is";

pub fn show(ui: &mut Ui, cx: &Cx<'_>, wizard: &mut Wizard) {
    let t = tokens(ui);
    ui.spacing_mut().item_spacing.y = space::S;
    match &wizard.review {
        Load::Ready(counts) => {
            Card::new().show(ui, |ui| {
                ui.label(section("This will happen").color(t.text));
                for (key, value) in facts(cx, wizard, counts) {
                    key_value(ui, key, value);
                }
            });
            ui.add_space(space::XS);
            let text = match wizard.is_archive() {
                true => "The whole archive was read through for this. What it has checksums for is checked as it is written.",
                false => "Every file is checked against its hash as it is written.",
            };
            wrapped(ui, body(text).color(t.text2));
        }
        Load::Failed(problem) if large::is_asked(problem) => {
            if large::show(ui, problem, GO_ON) {
                wizard.take_any_size(cx.handle);
            }
        }
        Load::Failed(problem) => {
            problem_text(ui, problem);
        }
        _ => {
            spinner(ui, "Working out what would be done…");
        }
    }
    if let Some(problem) = &wizard.refused_start {
        problem_text(ui, problem);
    }
}

fn facts(cx: &Cx<'_>, wizard: &Wizard, counts: &RestoreCounts) -> Vec<(&'static str, String)> {
    let files = |n: u64| human::counted(n, "file", "files");
    let target = match wizard.place_kind {
        PlaceKind::Original => "the original place".to_owned(),
        PlaceKind::Folder => wizard.folder.trim().to_owned(),
    };
    let from = match wizard.manifest() {
        Some(version) => ("From the version of", human::moment(version.started, cx.now, cx.zone)),
        None => ("From", wizard.name.clone()),
    };
    let mut facts = vec![from, ("Restored to", target), ("Created", files(counts.created))];
    if counts.replaced > 0 || matches!(wizard.conflict, Conflict::Overwrite | Conflict::Newer) {
        let aside = if counts.replaced > 0 { ", the old ones are moved aside" } else { "" };
        facts.push(("Replaced", format!("{}{aside}", files(counts.replaced))));
    }
    if counts.beside > 0 {
        facts.push(("Put beside", files(counts.beside)));
    }
    if counts.skipped > 0 {
        facts.push(("Left as they are", files(counts.skipped)));
    }
    if counts.failed > 0 {
        facts.push(("Cannot be restored", files(counts.failed)));
    }
    facts.push(("Folders", human::count(counts.folders)));
    let free = counts.free.map_or(String::new(), |free| format!(", {} free there", human::bytes(free)));
    facts.push(("Room needed", format!("{}{free}", human::bytes(counts.bytes))));
    facts
}
