//! Deleting versions: which of them, and what would become free; the button says what happens.

use std::collections::BTreeSet;

use egui::{ScrollArea, Ui};
use jiff::tz::TimeZone;

use crate::engine::Handle;
use crate::engine::message::{Command, VersionList};
use crate::model::human;
use crate::model::location::Location;
use crate::model::plan::{Plan, PlanId};
use crate::model::prune::{DeleteSpec, PrunePlan};
use crate::model::restore::Place;
use crate::model::snapshot::{BackupType, Manifest, VersionId};
use crate::ui::context::{Cx, new_run_id};
use crate::ui::load::Load;
use crate::ui::theme::typography::body;
use crate::ui::theme::{size, space, tokens};
use crate::ui::whereabouts;
use crate::ui::widgets::{Button, Check, Dialog, append_only, at_right, problem_text, spinner, wrapped};

/// Versions that are seen without scrolling.
const SEEN: f32 = 7.0;

pub struct VersionDeletion {
    plan: PlanId,
    name: String,
    place: Place,
    /// At all destinations of the plan, or only there.
    everywhere: bool,
    /// Others keep what goes there.
    has_others: bool,
    versions: Load<VersionList>,
    chosen: BTreeSet<VersionId>,
    /// What would go, and which choice that is said of.
    planned: Load<PrunePlan>,
    planned_of: BTreeSet<VersionId>,
}

impl VersionDeletion {
    /// At all destinations of the plan; `None` where it has none.
    pub fn everywhere(handle: &Handle, plan: &Plan) -> Option<Self> {
        Some(Self { everywhere: true, ..Self::at(handle, plan, plan.destinations.first()?) })
    }

    /// At one of its destinations: what frees room there.
    pub fn at(handle: &Handle, plan: &Plan, location: &Location) -> Self {
        let place = Place::of(&plan.id, location);
        Self {
            plan: plan.id.clone(),
            name: plan.name.clone(),
            versions: Load::Waiting(handle.version_list(place.clone())),
            place,
            everywhere: false,
            has_others: plan.destinations.iter().any(|other| other != location),
            chosen: BTreeSet::new(),
            planned: Load::Idle,
            planned_of: BTreeSet::new(),
        }
    }

    fn title(&self) -> String {
        let title = format!("Delete versions of “{}”", self.name);
        if self.everywhere { title } else { format!("{title} at {}", self.place.location.short_name()) }
    }

    fn what_happens(&self) -> String {
        let elsewhere = if !self.everywhere && self.has_others { " Other destinations keep theirs." } else { "" };
        format!("All others stay whole: what they share with those that go is kept.{elsewhere} This cannot be undone.")
    }

    /// Of where they are to go, the destinations at which nothing can be deleted.
    fn append_only<'c>(&self, cx: &Cx<'c>) -> Vec<&'c Location> {
        let all = cx.overview.plans.iter().filter(|plan| plan.plan.id == self.plan).flat_map(|plan| &plan.append_only);
        all.filter(|location| self.everywhere || **location == self.place.location).collect()
    }

    fn is_waiting(&self) -> bool {
        self.versions.is_waiting() || self.planned.is_waiting()
    }

    fn spec(&self) -> DeleteSpec {
        DeleteSpec { from: self.place.clone(), versions: self.chosen.iter().cloned().collect(), everywhere: self.everywhere }
    }

    /// Takes in what was answered, and asks what the choice would free; one question at a time.
    fn poll(&mut self, handle: &Handle) {
        self.versions.poll();
        self.planned.poll();
        if !self.planned.is_waiting() && self.planned_of != self.chosen {
            self.planned_of.clone_from(&self.chosen);
            self.planned = if self.chosen.is_empty() { Load::Idle } else { Load::Waiting(handle.plan_deletion(self.spec())) };
        }
    }

    /// `false` once it is closed.
    pub fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) -> bool {
        if cx.plan(&self.plan).is_none() {
            return false;
        }
        self.poll(cx.handle);
        if self.is_waiting() {
            ui.ctx().request_repaint_after_secs(0.1);
        }
        let mut is_open = true;
        let out = Dialog::new(&self.title()).width(620.0).dirty(!self.chosen.is_empty()).show(ui, |ui, just_opened| {
            let t = tokens(ui);
            wrapped(ui, body(self.what_happens()).color(t.text));
            for location in self.append_only(cx) {
                append_only(ui, location);
            }
            ui.add_space(space::XS);
            match &self.versions {
                Load::Ready(versions) => list(ui, versions, &mut self.chosen, cx.zone),
                Load::Failed(problem) => drop(problem_text(ui, problem)),
                _ => {
                    spinner(ui, "Reading the versions…");
                }
            }
            let settled = self.planned_of == self.chosen;
            if let Some(problem) = self.planned.problem().filter(|_| settled) {
                problem_text(ui, problem);
            }
            ui.add_space(space::S);
            at_right(ui, size::CONTROL, |ui| {
                let cancel = ui.add(Button::plain("Cancel"));
                if just_opened {
                    // What Enter does at once should not destroy anything.
                    cancel.request_focus();
                }
                if cancel.clicked() {
                    is_open = false;
                }
                let planned = self.planned.ready().filter(|_| settled);
                let count = human::counted(self.chosen.len() as u64, "version", "versions");
                let label = planned.map_or("Delete".into(), |plan| format!("Delete {count}, {}", human::bytes(plan.bytes)));
                let why =
                    if self.chosen.is_empty() { "Choose versions first." } else { "It is not known yet whether they can go." };
                if ui.add(Button::danger(&label).enabled(planned.is_some()).why_off(why)).clicked() {
                    cx.send(Command::Delete { run: new_run_id(), spec: self.spec() });
                    is_open = false;
                }
            });
        });
        is_open && !out.close
    }
}

/// Newest first, each with its box.
fn list(ui: &mut Ui, versions: &VersionList, chosen: &mut BTreeSet<VersionId>, zone: &TimeZone) {
    let manifests = &versions.manifests;
    if manifests.is_empty() {
        wrapped(ui, body("There are no versions yet.").color(tokens(ui).text));
        return;
    }
    let height = size::ROW + ui.spacing().item_spacing.y;
    let area = ScrollArea::vertical().max_height(SEEN * height).auto_shrink([false, true]);
    area.show_rows(ui, size::ROW, manifests.len(), |ui, rows| {
        for version in manifests.iter().rev().skip(rows.start).take(rows.len()) {
            let is_chosen = chosen.contains(&version.id);
            let lies = versions.whereabouts.of(version);
            let mut name = describe(version, zone);
            if let Some(badge) = whereabouts::badge(&lies) {
                name = format!("{name} · {badge}");
            }
            let mut check = ui.push_id(version.id.as_str(), |ui| ui.add(Check::new(is_chosen, &name))).inner;
            if versions.whereabouts.is_of_several() {
                check = check.on_hover_text(whereabouts::in_full(&lies));
            }
            if check.clicked() && !chosen.remove(&version.id) {
                chosen.insert(version.id.clone());
            }
        }
    });
}

/// "Sat 21 Nov 2026, 20:00 · full · 9,402 files · 31.2 GB · 12 MB added".
fn describe(version: &Manifest, zone: &TimeZone) -> String {
    let kind = match version.backup_type {
        BackupType::Full => "full",
        BackupType::Differential => "differential",
        BackupType::Incremental => "incremental",
    };
    let totals = &version.totals;
    format!(
        "{} · {kind} · {} · {} · {} added",
        version.started.to_zoned(zone.clone()).strftime("%a %-d %b %Y, %H:%M"),
        human::counted(totals.files, "file", "files"),
        human::bytes(totals.bytes),
        human::bytes(totals.stored_bytes)
    )
}
