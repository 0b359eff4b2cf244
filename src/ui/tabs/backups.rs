//! The Backups tab: how safe one is, and a card per backup.

pub mod card;
pub mod card_data;
pub mod remove;

use std::collections::HashMap;

use egui::Ui;
use tokio::sync::broadcast;

use self::card::{CardEvent, CardState};
use self::card_data::Header;
use self::remove::{Decision, Removal};
use crate::engine::message::{Event, PlanOverview};
use crate::model::plan::PlanId;
use crate::model::problem::Problem;
use crate::model::run::{RunKind, RunReport, Trigger};
use crate::model::snapshot::WantedType;
use crate::model::status::Status;
use crate::ui::context::{Action, Cx};
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, title};
use crate::ui::theme::{Tone, icons, space, tokens};
use crate::ui::version_deletion::VersionDeletion;
use crate::ui::widgets::{Button, EmptyEvent, EmptyState, Ends, Toast, icon_at, tab_page};

/// The tab's state between frames.
#[derive(Default)]
pub struct BackupsTab {
    events: Option<broadcast::Receiver<Event>>,
    /// What ended while the window was open, until it is dismissed.
    fresh: HashMap<PlanId, Box<RunReport>>,
    /// Reports whose warnings are open.
    open: HashMap<PlanId, Load<Option<Box<RunReport>>>>,
    removal: Option<Removal>,
    deletion: Option<VersionDeletion>,
    removing: HashMap<PlanId, (bool, Load<()>)>,
    problems: HashMap<PlanId, Problem>,
    waiting: bool,
}

impl BackupsTab {
    /// Takes in what has ended; also while another page is shown, so that no result is missed.
    pub fn listen(&mut self, cx: &Cx<'_>) {
        let events = self.events.get_or_insert_with(|| cx.handle.events());
        loop {
            match events.try_recv() {
                // What was cleaned up by itself does not push the backup's own result away: Activity has it.
                Ok(Event::RunEnded(report)) if report.trigger == Trigger::Retention && report.outcome.is_success() => {}
                // A restore tells its result on its own pages.
                Ok(Event::RunEnded(report)) if report.kind != RunKind::Restore => {
                    if let Some(plan) = report.plan.clone() {
                        self.open.remove(&plan);
                        self.fresh.insert(plan, report);
                    }
                }
                Ok(_) | Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(broadcast::error::TryRecvError::Empty) => break,
                // The window is joined to another engine by now.
                Err(broadcast::error::TryRecvError::Closed) => {
                    self.events = None;
                    break;
                }
            }
        }
    }

    /// Draws the tab into the whole page.
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.listen(cx);
        self.poll(cx);
        if self.waiting {
            ui.ctx().request_repaint_after_secs(0.1);
        }
        tab_page(ui, "backups", |ui| match Header::of(cx.overview) {
            None => welcome(ui, cx),
            Some(header) => {
                head(ui, cx, &header);
                ui.add_space(space::S);
                let overview = cx.overview;
                for plan in &overview.plans {
                    ui.push_id(plan.plan.id.as_str(), |ui| self.card(ui, cx, plan));
                    ui.add_space(space::XS);
                }
                if ui.add(Button::quiet("Restore from another backup or a file…").icon(icons::FOLDER_OPEN)).clicked() {
                    cx.act(Action::RestoreFrom(None));
                }
            }
        });
        self.confirm_removal(ui, cx);
        if self.deletion.as_mut().is_some_and(|deletion| !deletion.show(ui, cx)) {
            self.deletion = None;
        }
    }

    fn card(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, plan: &PlanOverview) {
        let id = &plan.plan.id;
        // A run that begins anew makes the old result stale.
        if self.fresh.get(id).is_some_and(|report| plan.last_run.as_ref().is_some_and(|last| last.started > report.started)) {
            self.fresh.remove(id);
        }
        let state = CardState {
            fresh: self.fresh.get(id).map(|report| &**report),
            warnings: self.open.get(id).map(|load| load.ready().and_then(|report| report.as_deref())),
            removing: self.removing.contains_key(id),
            problem: self.problems.get(id),
        };
        match card::show(ui, cx, plan, &state) {
            Some(CardEvent::Delete) => self.removal = Some(Removal::new(id.clone())),
            Some(CardEvent::DeleteVersions) => self.deletion = VersionDeletion::everywhere(cx.handle, &plan.plan),
            Some(CardEvent::Dismiss) => {
                self.fresh.remove(id);
                self.open.remove(id);
            }
            Some(CardEvent::ShowWarnings(run)) => {
                self.open.insert(id.clone(), Load::Waiting(cx.handle.report(run)));
            }
            Some(CardEvent::HideWarnings) => {
                self.open.remove(id);
            }
            None => {}
        }
    }

    fn poll(&mut self, cx: &mut Cx<'_>) {
        for load in self.open.values_mut() {
            load.poll();
        }
        self.waiting = self.open.values().any(Load::is_waiting) || !self.removing.is_empty();
        let mut ended = Vec::new();
        for (plan, (with_versions, load)) in &mut self.removing {
            if load.poll() {
                ended.push((plan.clone(), *with_versions, std::mem::take(load)));
            }
        }
        for (plan, with_versions, load) in ended {
            self.removing.remove(&plan);
            match load {
                Load::Failed(problem) => {
                    self.problems.insert(plan, problem);
                }
                _ => {
                    let text = if with_versions {
                        "The backup and its versions are deleted."
                    } else {
                        "The backup is stopped; its versions stay."
                    };
                    cx.toast(Toast::new(Tone::Ok, text));
                }
            }
        }
    }

    fn confirm_removal(&mut self, ui: &Ui, cx: &Cx<'_>) {
        let Some(removal) = &mut self.removal else { return };
        let Some(plan) = cx.plan(&removal.plan) else {
            self.removal = None;
            return;
        };
        let with_versions = match removal.show(ui, plan) {
            Decision::Open => return,
            Decision::Cancel => None,
            Decision::KeepVersions => Some(false),
            Decision::DeleteVersions => Some(true),
        };
        if let Some(with_versions) = with_versions {
            let id = removal.plan.clone();
            self.problems.remove(&id);
            let load = Load::Waiting(cx.handle.remove_plan(id.clone(), with_versions));
            self.removing.insert(id, (with_versions, load));
        }
        self.removal = None;
    }
}

/// First run: what this is for, and the two ways in.
fn welcome(ui: &mut Ui, cx: &mut Cx<'_>) {
    let text = "Strongroom keeps versions of your files on another drive: encrypted, checked, and in ordinary archives \
                that stay yours.";
    let empty = EmptyState::new(icons::VAULT, "Welcome to Strongroom", text);
    match empty.primary("Set up a backup").secondary("Restore from an existing backup…").show(ui) {
        Some(EmptyEvent::Primary) => cx.act(Action::NewPlan),
        Some(EmptyEvent::Secondary) => cx.act(Action::RestoreFrom(None)),
        None => {}
    }
}

fn head(ui: &mut Ui, cx: &mut Cx<'_>, header: &Header) {
    let t = tokens(ui);
    let (tone, icon) = match header.status {
        Status::Protected => (Tone::Ok, icons::SHIELD_CHECK),
        Status::ProtectedWithWarnings => (Tone::Warn, icons::WARNING),
        Status::WaitingForFirst => (Tone::Accent, icons::CLOCK),
        Status::Paused => (Tone::Neutral, icons::PAUSE),
        Status::NeedsAttention => (Tone::Bad, icons::SHIELD_WARNING),
    };
    let (risk, explanation) = (header.risk(cx.now, cx.zone), header.explanation());
    let height = if risk.is_some() && explanation.is_some() { 74.0 } else { 52.0 };
    let line = Ends::new(ui, height).left(|ui| {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(44.0, 44.0), egui::Sense::hover());
        ui.painter().circle_filled(rect.center(), 22.0, t.soft(tone));
        icon_at(ui, rect.center(), icon, 26.0, t.strong(tone), true);
        ui.add_space(space::XS);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add(egui::Label::new(title(header.text()).color(t.text)).truncate());
            if let Some(risk) = risk {
                ui.add(egui::Label::new(body(risk).color(t.text)).wrap());
            }
            if let Some(explanation) = explanation {
                ui.add(egui::Label::new(body(explanation).color(t.text2)).wrap());
            }
        });
    });
    line.right(|ui| {
        if ui.add(Button::plain("Add backup").icon(icons::PLUS)).clicked() {
            cx.act(Action::NewPlan);
        }
        let ids = cx.overview.plans.iter().map(|plan| plan.plan.id.clone());
        let idle: Vec<PlanId> = ids.filter(|id| !cx.is_busy(id)).collect();
        let all = Button::primary("Back up everything now").enabled(!idle.is_empty()).why_off("Everything is running already.");
        if ui.add(all).clicked() {
            for plan in &idle {
                cx.back_up(plan, WantedType::Auto);
            }
        }
    });
}
