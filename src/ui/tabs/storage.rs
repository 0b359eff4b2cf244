//! The Storage tab: a card per destination.

use egui::Ui;

use crate::engine::message::{DestinationStatus, PlanAt, TestResult};
use crate::model::human;
use crate::model::location::Location;
use crate::model::room;
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
}

struct Destination {
    location: Location,
    status: Kept<DestinationStatus>,
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
                destination.card(ui, cx);
            }
        });
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
                test: Load::default(),
            }));
        }
    }
}

impl Destination {
    fn card(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let (handle, location) = (cx.handle, self.location.clone());
        self.status.refresh(cx.generation, || handle.destination_status(location));
        self.test.poll();
        let troubled = self.status.problem().is_some() || self.status.ready().is_some_and(|status| status.problem.is_some());
        let card = if troubled { Card::new().tone(Tone::Bad) } else { Card::new() };
        card.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            self.head(ui, cx, troubled);
            match (self.status.ready(), self.status.problem()) {
                (Some(status), _) => {
                    if let Some(problem) = &status.problem {
                        problem_text(ui, problem);
                    }
                    facts(ui, cx, status);
                }
                (None, Some(problem)) => {
                    problem_text(ui, problem);
                }
                (None, None) => {
                    spinner(ui, "Looking…");
                }
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
            } else if self.status.ready().is_some_and(is_low) {
                ui.add(StatusPill::new(Tone::Warn, icons::WARNING, "Low on room"));
            } else if self.status.ready().is_some() {
                ui.add(StatusPill::new(Tone::Ok, icons::CHECK_CIRCLE, "Ready"));
            }
            let test = Button::plain("Test").name(format!("Test {name}")).icon(icons::LIGHTNING);
            if ui.add(test.enabled(!self.test.is_waiting())).clicked() {
                self.test = Load::Waiting(cx.handle.test_destination(self.location.clone()));
                self.status.outdate();
            }
            if let Some(path) = self.location.path()
                && ui.add(Button::plain("Open folder").name(format!("Open folder {name}")).icon(icons::FOLDER_OPEN)).clicked()
            {
                cx.act(Action::OpenFolder(path.clone()));
            }
        });
    }
}

fn is_low(status: &DestinationStatus) -> bool {
    status.free.zip(status.total).is_some_and(|(free, total)| room::is_low(free, total))
}

fn facts(ui: &mut Ui, cx: &Cx<'_>, status: &DestinationStatus) {
    if let (Some(free), Some(total)) = (status.free, status.total) {
        ui.add(UsageBar::new(total.saturating_sub(free), status.used, total));
    }
    let t = tokens(ui);
    line(ui, |ui| {
        let mut parts = Vec::new();
        parts.push(format!("{} of backups", human::bytes(status.used)));
        if let Some(free) = status.free {
            parts.push(format!("{} free", human::bytes(free)));
        }
        if let Some(total) = status.total {
            parts.push(format!("{} in all", human::bytes(total)));
        }
        if let Some(latency) = status.latency_ms {
            parts.push(if latency == 0 { "answers at once".to_owned() } else { format!("answers in {latency} ms") });
        }
        ui.label(body(parts.join(" · ")).color(t.text));
    });
    if let Some(cid) = &status.cid {
        line(ui, |ui| weak(ui, format!("/ipfs/{cid}")));
    }
    for plan in cx.overview.plans.iter().filter(|plan| plan.behind.contains(&status.location)) {
        let text = format!("{} It lacks the newest versions of {}.", icons::WARNING, plan.plan.name);
        ui.label(body(text).color(t.warn));
    }
    for plan in &status.plans {
        line(ui, |ui| {
            let icon = if plan.sealed { icons::LOCK } else { icons::LOCK_OPEN };
            ui.label(body(icon.to_string()).color(t.text2));
            ui.label(body(&plan.name).color(t.text)).on_hover_text(&plan.folder);
            ui.spacing_mut().item_spacing.x = space::XS;
            weak(ui, format!("· {}", in_words(plan, cx)));
        });
    }
}

/// Versions, the newest one, and whose they are.
fn in_words(plan: &PlanAt, cx: &Cx<'_>) -> String {
    let mut text = human::counted(plan.versions as u64, "version", "versions");
    if let Some(newest) = plan.newest {
        text.push_str(&format!(", newest {}", human::ago(newest, cx.now)));
    }
    if !plan.ours {
        text.push_str(&format!(", written by {}", if plan.machine.is_empty() { "another computer" } else { &plan.machine }));
    }
    text.push_str(if plan.sealed { ", encrypted" } else { ", not encrypted" });
    text
}
