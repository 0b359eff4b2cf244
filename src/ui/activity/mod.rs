//! Activity: every run and event, in a drawer; one opens to its report.

mod actions;
mod export;
mod filters;
mod list;
mod report_view;
pub mod words;

use self::list::List;
use self::report_view::ReportView;
use super::context::Cx;
use super::widgets::Drawer;
use crate::engine::message::Command;
use crate::model::plan::PlanId;
use crate::model::run::RunId;

/// The drawer's state between frames.
#[derive(Default)]
pub struct Activity {
    open: bool,
    list: List,
    report: Option<ReportView>,
}

impl Activity {
    /// Opens the drawer, at a run's report or at a plan's runs.
    pub fn open(&mut self, run: Option<RunId>, plan: Option<PlanId>) {
        self.open = true;
        self.report = run.map(ReportView::new);
        if run.is_none() {
            self.list = List::of(plan);
        }
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    pub fn show(&mut self, ui: &egui::Ui, cx: &mut Cx<'_>) {
        if !self.open {
            return;
        }
        if cx.overview.unseen > 0 && self.list.may_mark_seen(cx.generation) {
            cx.send(Command::MarkSeen);
        }
        let stays = Drawer::new("Activity").show(ui, |ui| match &mut self.report {
            Some(report) => {
                if report.show(ui, cx) {
                    self.report = None;
                }
            }
            None => {
                if let Some(run) = self.list.show(ui, cx) {
                    self.report = Some(ReportView::new(run));
                }
            }
        });
        self.open = stays;
    }
}
