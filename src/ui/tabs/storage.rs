//! The Storage tab: a card per destination.

mod history;
mod move_dialog;
mod size_dialog;

use egui::Ui;

use self::move_dialog::MoveDialog;
use self::size_dialog::SizeDialog;
use crate::engine::message::{Command, DestinationStatus, PlanAt, PlanOverview, TestResult};
use crate::model::health::Sample;
use crate::model::human;
use crate::model::location::Location;
use crate::model::max_size;
use crate::model::problem::{Code, Problem};
use crate::model::room;
use crate::model::run::{RunId, RunKind};
use crate::ui::context::{Action, Cx};
use crate::ui::kept::Kept;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, caption, section};
use crate::ui::theme::{Tone, icons, size, space, tokens};
use crate::ui::widgets::{
    Button, Card, EmptyState, Ends, StatusPill, TestState, TestView, UsageBar, line, problem_text, spinner, tab_page, weak,
};

/// The tab's state between frames.
#[derive(Default)]
pub struct StorageTab {
    shown: Vec<Destination>,
    dialog: Option<Asked>,
}

/// The dialog that was asked for.
enum Asked {
    Size(SizeDialog),
    Move(MoveDialog),
}

impl Asked {
    /// `false` once it is closed.
    fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) -> bool {
        match self {
            Self::Size(dialog) => dialog.show(ui, cx),
            Self::Move(dialog) => dialog.show(ui, cx),
        }
    }
}

struct Destination {
    location: Location,
    status: Kept<DestinationStatus>,
    /// What was noted of it, which is known before it answers.
    history: Kept<Vec<Sample>>,
    test: Load<TestResult>,
}

impl StorageTab {
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.follow(cx);
        tab_page(ui, "storage", |ui| {
            if self.shown.is_empty() {
                let text = "Once there is a backup, this page shows the drive or folder it goes to: whether it can be reached, \
                            how much room is left and what lies there.";
                let empty = EmptyState::new(icons::HARD_DRIVES, "No destination yet", text);
                if empty.primary("Set up your first backup").show(ui).is_some() {
                    cx.act(Action::NewPlan);
                }
                return;
            }
            ui.spacing_mut().item_spacing.y = space::M;
            for destination in &mut self.shown {
                let wanted = destination.card(ui, cx);
                self.dialog = wanted.or(self.dialog.take());
            }
        });
        if self.dialog.as_mut().is_some_and(|dialog| !dialog.show(ui, cx)) {
            self.dialog = None;
        }
    }

    /// One entry per destination of any plan, in the order of the plans.
    fn follow(&mut self, cx: &Cx<'_>) {
        let mut wanted: Vec<&Location> = Vec::new();
        for location in cx.overview.plans.iter().flat_map(|plan| &plan.plan.destinations) {
            if !wanted.contains(&location) {
                wanted.push(location);
            }
        }
        let mut old = std::mem::take(&mut self.shown);
        for location in wanted {
            let known = old.iter().position(|known| known.location == *location).map(|at| old.swap_remove(at));
            self.shown.push(known.unwrap_or_else(|| Destination {
                location: location.clone(),
                status: Kept::default(),
                history: Kept::default(),
                test: Load::default(),
            }));
        }
    }
}

impl Destination {
    /// The dialog that was asked for.
    fn card(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> Option<Asked> {
        let (handle, location) = (cx.handle, self.location.clone());
        if self.status.refresh(cx.generation, || handle.destination_status(location)) {
            self.history.outdate();
        }
        let location = self.location.clone();
        self.history.refresh(cx.generation, || handle.health(location, u32::from(history::DAYS)));
        self.test.poll();
        let troubled = self.status.problem().is_some() || self.status.ready().is_some_and(|status| status.problem.is_some());
        let card = if troubled { Card::new().tone(Tone::Bad) } else { Card::new() };
        let mut wanted = None;
        card.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            self.head(ui, cx, troubled);
            match (self.status.ready(), self.status.problem()) {
                (Some(status), _) => {
                    if let Some(problem) = &status.problem {
                        problem_text(ui, problem);
                    }
                    wanted = facts(ui, cx, status);
                }
                (None, Some(problem)) => {
                    problem_text(ui, problem);
                }
                (None, None) => {
                    spinner(ui, "Looking…");
                }
            }
            if let Some(samples) = self.history.ready() {
                history::show(ui, cx, &self.location, samples);
            }
            if !self.test.is_idle() {
                ui.separator();
            }
            match &self.test {
                Load::Idle => {}
                Load::Waiting(_) => TestView::new(TestState::Running).show(ui),
                Load::Ready(result) => TestView::new(TestState::Done(result)).show(ui),
                Load::Failed(problem) => TestView::new(TestState::Failed(problem)).show(ui),
            }
        });
        wanted
    }

    fn head(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, troubled: bool) {
        let name = self.location.short_name();
        let line = Ends::new(ui, size::CONTROL).left(|ui| {
            let t = tokens(ui);
            ui.add(egui::Label::new(section(&name).color(t.text)).truncate());
            let path = self.location.display();
            ui.add(egui::Label::new(caption(&path).color(t.text3)).truncate());
        });
        line.right(|ui| {
            if troubled {
                ui.add(StatusPill::new(Tone::Bad, icons::X_CIRCLE, "Cannot be used now"));
            } else if self.status.ready().is_some_and(|status| is_low(status, cx)) {
                ui.add(StatusPill::new(Tone::Warn, icons::WARNING, "Low on room"));
            } else if self.status.ready().is_some() {
                ui.add(StatusPill::new(Tone::Ok, icons::CHECK_CIRCLE, "Ready"));
            }
            let test = Button::plain("Test").name(format!("Test {name}")).icon(icons::LIGHTNING);
            if ui.add(test.enabled(!self.test.is_waiting())).clicked() {
                self.test = Load::Waiting(cx.handle.test_destination(self.location.clone()));
                self.status.outdate();
            }
            let status = self.status.ready();
            let is_missing = |problem: &Problem| problem.code == Code::DestinationMissing;
            let found = status.and_then(|status| status.found_at.as_ref());
            if !status.and_then(|status| status.problem.as_ref()).is_some_and(is_missing)
                && let Some(path) = found.or(self.location.path())
                && ui.add(Button::plain("Open folder").name(format!("Open folder {name}")).icon(icons::FOLDER_OPEN)).clicked()
            {
                cx.act(Action::OpenFolder(path.clone()));
            }
        });
    }
}

/// Of all there is, or of what a backup may take.
fn is_low(status: &DestinationStatus, cx: &Cx<'_>) -> bool {
    let is_full = |plan: &PlanAt| {
        let max = max_size_of(plan, cx, &status.location);
        max.zip(plan.stored).is_some_and(|(max, stored)| room::is_low(max.saturating_sub(stored), max))
    };
    status.free.zip(status.total).is_some_and(|(free, total)| room::is_low(free, total)) || status.plans.iter().any(is_full)
}

fn max_size_of(plan: &PlanAt, cx: &Cx<'_>, location: &Location) -> Option<u64> {
    cx.plan(&plan.id)?.plan.max_sizes.at(location)
}

/// What is known of it; gives the dialog that was asked for.
fn facts(ui: &mut Ui, cx: &mut Cx<'_>, status: &DestinationStatus) -> Option<Asked> {
    if let (Some(free), Some(total)) = (status.free, status.total) {
        ui.add(UsageBar::new(total.saturating_sub(free), status.used, total));
    }
    let t = tokens(ui);
    let mut parts = Vec::new();
    if status.problem.is_none() || status.used > 0 {
        parts.push(format!("{} of backups", human::bytes(status.used)));
    }
    parts.extend(status.free.map(|free| format!("{} free", human::bytes(free))));
    parts.extend(status.total.map(|total| format!("{} in all", human::bytes(total))));
    let answers = |latency| if latency == 0 { "answers at once".to_owned() } else { format!("answers in {latency} ms") };
    parts.extend(status.latency_ms.map(answers));
    if !parts.is_empty() {
        line(ui, |ui| ui.label(body(parts.join(" · ")).color(t.text)));
    }
    if let Some(found) = &status.found_at {
        line(ui, |ui| weak(ui, format!("Found at {}: its drive is mounted there now.", found.display())));
    }
    if let Some(cid) = &status.cid {
        line(ui, |ui| weak(ui, format!("/ipfs/{cid}")));
    }
    for plan in cx.overview.plans.iter().filter(|plan| plan.behind.contains(&status.location)) {
        let text = format!("{} It lacks the newest versions of {}.", icons::WARNING, plan.plan.name);
        ui.label(body(text).color(t.warn));
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
            weak(ui, if plan.remembered { format!("· {what}, when it was last seen") } else { format!("· {what}") });
        });
        row.right(|ui| {
            let Some(known) = &known else { return };
            if let Some(run) = copying {
                being_copied(ui, cx, run, &plan.name);
                return;
            }
            if limit_button(ui, known, &status.location) {
                wanted = Some(Asked::Size(SizeDialog::new(&known.plan, &status.location)));
            }
            let name = format!("Move {} from {}", plan.name, status.location.short_name());
            // What cannot be read cannot be moved.
            if !plan.remembered && ui.add(Button::quiet("Move…").name(name)).clicked() {
                wanted = Some(Asked::Move(MoveDialog::new(&known.plan, &status.location, plan.stored)));
            }
        });
    }
    wanted
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
