//! What is known of a destination: its room, what lies there and what it lacks, with what can be done about each.

use egui::Ui;

use super::Asked;
use super::move_dialog::MoveDialog;
use super::size_dialog::SizeDialog;
use crate::engine::message::{Command, DestinationStatus, KeysOwed, PlanAt, PlanOverview};
use crate::model::health::latency_in_words;
use crate::model::human;
use crate::model::location::Location;
use crate::model::max_size;
use crate::model::replicate::ReplicateSpec;
use crate::model::restore::Place;
use crate::model::room;
use crate::model::run::{RunId, RunKind};
use crate::ui::context::{Action, Cx, new_run_id};
use crate::ui::theme::typography::body;
use crate::ui::theme::{icons, size, space, tokens};
use crate::ui::version_deletion::VersionDeletion;
use crate::ui::widgets::{Button, Ends, UsageBar, append_only, line, weak};

/// Of all there is, or of what a backup may take.
pub fn is_low(status: &DestinationStatus, cx: &Cx<'_>) -> bool {
    let is_full = |plan: &PlanAt| {
        let max = max_size_of(plan, cx, &status.location);
        max.zip(plan.stored).is_some_and(|(max, stored)| room::is_low(max.saturating_sub(stored), max))
    };
    status.free.zip(status.total).is_some_and(|(free, total)| room::is_low(free, total)) || status.plans.iter().any(is_full)
}

fn max_size_of(plan: &PlanAt, cx: &Cx<'_>, location: &Location) -> Option<u64> {
    cx.plan(&plan.id)?.plan.max_sizes.at(location)
}

/// What is known of it; gives the dialog that was asked for. `owed`: changes of keys that have not reached it.
pub fn show(ui: &mut Ui, cx: &mut Cx<'_>, status: &DestinationStatus, owed: &[KeysOwed]) -> Option<Asked> {
    if let (Some(free), Some(total)) = (status.free, status.total) {
        ui.add(UsageBar::new(total.saturating_sub(free), status.used, total));
    }
    let t = tokens(ui);
    let mut parts = Vec::new();
    match (status.used, &status.problem) {
        (0, None) => parts.push("no backups yet".to_owned()),
        (0, Some(_)) => {}
        (used, _) => parts.push(format!("{} of backups", human::bytes(used))),
    }
    parts.extend(status.free.map(|free| format!("{} free", human::bytes(free))));
    parts.extend(status.total.map(|total| format!("{} in all", human::bytes(total))));
    parts.extend(status.latency_ms.map(latency_in_words));
    if !parts.is_empty() {
        line(ui, |ui| ui.label(body(human::capital(&parts.join(" · "))).color(t.text)));
    }
    if !status.deletable {
        append_only(ui, &status.location);
    }
    if let Some(found) = &status.found_at {
        line(ui, |ui| weak(ui, format!("Found at {}: its drive is mounted there now.", found.display())));
    }
    if let Some(share) = &status.share {
        line(ui, |ui| weak(ui, human::capital(&share.in_words())));
    }
    if let Some(cid) = &status.cid {
        content_address(ui, &format!("/ipfs/{cid}"));
    }
    let behind: Vec<&PlanOverview> = cx.overview.plans.iter().filter(|plan| plan.behind.contains(&status.location)).collect();
    for plan in behind {
        lacking(ui, cx, plan, status);
    }
    for owed in owed {
        opens_as_before(ui, cx, owed, status);
    }
    let mut wanted = None;
    for plan in &status.plans {
        let known = cx.plan(&plan.id).filter(|known| known.plan.destinations.contains(&status.location)).cloned();
        let copying = cx.run_of(&plan.id, RunKind::Replicate).map(|run| run.run);
        let row = Ends::new(ui, size::CONTROL).left(|ui| {
            let icon = if plan.sealed { icons::LOCK } else { icons::LOCK_OPEN };
            ui.label(body(icon.to_string()).color(t.text2));
            ui.add(egui::Label::new(body(&plan.name).color(t.text)).truncate()).on_hover_text(&plan.folder);
            ui.spacing_mut().item_spacing.x = space::XS;
            let what = in_words(plan, max_size_of(plan, cx, &status.location), cx);
            weak(ui, if plan.remembered { format!("· when last seen: {what}") } else { format!("· {what}") });
        });
        row.right(|ui| {
            let Some(known) = &known else { return };
            if let Some(run) = copying {
                being_copied(ui, cx, run, &plan.name);
                return;
            }
            wanted = settings(ui, cx, known, &status.location).or(wanted.take());
            // What cannot be read can neither be deleted nor moved.
            if plan.remembered {
                return;
            }
            if plan.versions > 0 && free_button(ui, cx, known, &status.location) {
                wanted = Some(Asked::Free(Box::new(VersionDeletion::at(cx.handle, &known.plan, &status.location))));
            }
            let name = format!("Move {} from {}", plan.name, status.location.short_name());
            if ui.add(Button::quiet("Move…").name(name)).clicked() {
                wanted =
                    Some(Asked::Move(Box::new(MoveDialog::new(&known.plan, &status.location, plan.stored, cx.placeholders))));
            }
        });
    }
    let is_there = |plan: &PlanOverview| status.plans.iter().any(|there| there.id == plan.plan.id);
    let goes_there = |plan: &&PlanOverview| plan.plan.destinations.contains(&status.location);
    for plan in cx.overview.plans.iter().filter(goes_there).filter(|plan| !is_there(plan)) {
        let row = Ends::new(ui, size::CONTROL).left(|ui| {
            ui.add(egui::Label::new(body(&plan.plan.name).color(t.text)).truncate());
            ui.spacing_mut().item_spacing.x = space::XS;
            weak(ui, "· nothing of it lies here yet");
        });
        row.right(|ui| wanted = settings(ui, cx, plan, &status.location).or(wanted.take()));
    }
    wanted
}

/// What leads to changing how much a backup may take there, and all else of it.
fn settings(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview, location: &Location) -> Option<Asked> {
    let is_limit = limit_button(ui, plan, location);
    let name = format!("Edit {}, which goes to {}", plan.plan.name, location.short_name());
    if ui.add(Button::quiet("Edit…").name(name)).clicked() {
        cx.act(Action::EditPlan(plan.plan.id.clone()));
    }
    is_limit.then(|| Asked::Size(Box::new(SizeDialog::new(&plan.plan, location))))
}

/// Versions that go there make room there.
fn free_button(ui: &mut Ui, cx: &Cx<'_>, plan: &PlanOverview, location: &Location) -> bool {
    let name = format!("Free space: delete versions of {} at {}", plan.plan.name, location.short_name());
    let free = Button::quiet("Free space…").name(name).enabled(!cx.is_busy(&plan.plan.id));
    ui.add(free.why_off("It is running: wait for its end.")).clicked()
}

/// By which all that lies there now can be had from anywhere.
fn content_address(ui: &mut Ui, address: &str) {
    let row = Ends::new(ui, size::CONTROL).left(|ui| _ = weak(ui, format!("Content address: {address}")));
    row.right(|ui| {
        if ui.add(Button::quiet("Copy").name("Copy the content address")).clicked() {
            ui.ctx().copy_text(address.to_owned());
        }
    });
}

/// That it lacks versions which another destination has; they can be brought at once.
fn lacking(ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview, status: &DestinationStatus) {
    let text = format!("It lacks the newest versions of {}.", plan.plan.name);
    let from = plan.plan.destinations.iter().find(|from| !plan.behind.contains(from));
    to_catch_up(ui, cx, &text, plan, from, status);
}

/// That what opens a backup was changed while it was away.
fn opens_as_before(ui: &mut Ui, cx: &mut Cx<'_>, owed: &KeysOwed, status: &DestinationStatus) {
    let Some(plan) = cx.plan(&owed.plan).cloned() else { return };
    let text = format!("{} opens here with its former password or keys until it is caught up.", plan.plan.name);
    // Who brings the newest versions brings the keys with them.
    let from = owed.from.as_ref().filter(|_| !plan.behind.contains(&status.location));
    to_catch_up(ui, cx, &text, &plan, from, status);
}

/// What it lacks of a backup, and what brings that there now.
fn to_catch_up(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    text: &str,
    plan: &PlanOverview,
    from: Option<&Location>,
    status: &DestinationStatus,
) {
    let row = Ends::new(ui, size::CONTROL).left(|ui| {
        let warn = tokens(ui).warn;
        ui.add(egui::Label::new(body(format!("{} {text}", icons::WARNING)).color(warn)).truncate());
    });
    row.right(|ui| {
        let is_free = status.problem.is_none() && !cx.is_busy(&plan.plan.id);
        let Some(from) = from.filter(|_| is_free) else { return };
        let label = format!("Catch up: copy {} to {}", plan.plan.name, status.location.short_name());
        if ui.add(Button::quiet("Catch up").name(label)).clicked() {
            let (from, to) = (Place::of(&plan.plan.id, from), status.location.clone());
            let spec = Box::new(ReplicateSpec::all(from, to));
            cx.send(Command::Replicate { run: new_run_id(), spec });
        }
    });
}

/// How far its versions are on their way to another destination.
fn being_copied(ui: &mut Ui, cx: &mut Cx<'_>, run: RunId, name: &str) {
    if ui.add(Button::quiet("Cancel").name(format!("Cancel copying {name}"))).clicked() {
        cx.send(Command::Cancel { run });
    }
    let done = cx.progress(run).and_then(|pace| pace.view.fraction());
    weak(ui, done.map_or_else(|| "Copying…".to_owned(), |done| format!("Copying: {:.0} %", done * 100.0)));
}

/// Says how much it may take, and leads to changing that.
fn limit_button(ui: &mut Ui, plan: &PlanOverview, location: &Location) -> bool {
    let label =
        plan.plan.max_sizes.at(location).map_or_else(|| "Limit…".to_owned(), |max| human::capital(&max_size::in_words(max)));
    let name = format!("{label}: what {} may take at {}", plan.plan.name, location.short_name());
    ui.add(Button::quiet(&label).name(name)).clicked()
}

/// Versions, the newest one, what they take of what they may, and whose they are.
fn in_words(plan: &PlanAt, max: Option<u64>, cx: &Cx<'_>) -> String {
    let mut text = if plan.versions == 0 {
        "no version yet".to_owned()
    } else {
        human::counted(plan.versions as u64, "version", "versions")
    };
    if let Some(newest) = plan.newest {
        text.push_str(&format!(", newest {}", human::ago(newest, cx.now)));
    }
    if let Some(stored) = plan.stored.filter(|stored| *stored > 0 || max.is_some()) {
        let of = max.map_or_else(String::new, |max| format!(" of {}", max_size::in_words(max)));
        text.push_str(&format!(", {}{of}", human::bytes(stored)));
    }
    if !plan.ours {
        text.push_str(&format!(", written by {}", if plan.machine.is_empty() { "another computer" } else { &plan.machine }));
    }
    text.push_str(if plan.sealed { ", encrypted" } else { ", not encrypted" });
    text
}
