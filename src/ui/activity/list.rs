//! The list of runs with its filters.

use egui::{Role as AccessRole, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::words;
use crate::model::history::{HistoryFilter, HistoryPage};
use crate::model::human;
use crate::model::plan::PlanId;
use crate::model::run::{RunId, RunKind, RunReport};
use crate::ui::context::Cx;
use crate::ui::kept::Kept;
use crate::ui::theme::typography::{Role, body, caption_strong};
use crate::ui::theme::{Tone, icons, radius, space, tokens};
use crate::ui::widgets::{
    Button, Check, ProgressBar, Select, TextField, day_head, focus_ring, galley, icon_at, line, problem_text, spinner, weak,
};

/// Runs shown at first, and more with each "Show more".
const PAGE: usize = 100;

pub struct List {
    filter: HistoryFilter,
    page: Kept<HistoryPage>,
    /// When the unread count was last put to zero.
    seen_at: Option<u64>,
}

impl Default for List {
    fn default() -> Self {
        Self::of(None)
    }
}

impl List {
    /// The runs of one plan, or all.
    pub fn of(plan: Option<PlanId>) -> Self {
        let filter = HistoryFilter { plan, limit: PAGE, ..HistoryFilter::default() };
        Self { filter, page: Kept::default(), seen_at: None }
    }

    /// Once for each change of the overview: the count may take a moment to fall.
    pub fn may_mark_seen(&mut self, generation: u64) -> bool {
        self.seen_at.replace(generation) != Some(generation)
    }

    /// The run that was chosen.
    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> Option<RunId> {
        let filter = &self.filter;
        self.page.refresh(cx.generation, || cx.handle.history(filter.clone()));
        let before = self.filter.clone();
        self.filters(ui, cx);
        if self.filter != before {
            if self.filter.limit == before.limit {
                self.filter.limit = PAGE;
            }
            self.page.outdate();
            ui.ctx().request_repaint();
        }
        ui.add_space(space::XS);
        let mut chosen = None;
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.set_max_width(ui.available_width() - space::M);
            live(ui, cx);
            if let Some(problem) = self.page.problem() {
                problem_text(ui, problem);
            }
            let Some(page) = self.page.ready() else {
                spinner(ui, "Looking…");
                return;
            };
            if page.runs.is_empty() && cx.overview.runs.is_empty() {
                ui.add_space(space::XL);
                weak(ui, if words::is_filtered(&self.filter) { "No run fits this." } else { "Nothing has run yet." });
            }
            let mut day = None;
            for run in &page.runs {
                let date = run.started.to_zoned(cx.zone.clone()).date();
                if day.replace(date) != Some(date) {
                    day_head(ui, &words::day(date, cx.now, cx.zone));
                }
                if row(ui, cx, run) {
                    chosen = Some(run.run);
                }
            }
            if page.runs.len() < page.total {
                let rest = human::count((page.total - page.runs.len()) as u64);
                let more = format!("Show more ({rest})");
                if self.filter.limit < 1000 && ui.add(Button::plain(&more)).clicked() {
                    self.filter.limit = (self.filter.limit + 2 * PAGE).min(1000);
                    self.page.outdate();
                }
            }
        });
        chosen
    }

    fn filters(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let search = "Find by name, problem or file";
        let field =
            ui.add(TextField::new(&mut self.filter.text).hint(search).name(search).icon(icons::MAGNIFYING_GLASS).limit(200));
        if ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::F)) {
            field.request_focus();
        }
        ui.horizontal(|ui| {
            let kinds = [
                (None, "All kinds"),
                (Some(RunKind::Backup), "Backups"),
                (Some(RunKind::Restore), "Restores"),
                (Some(RunKind::Verify), "Verifications"),
                (Some(RunKind::Delete), "Deletions"),
                (Some(RunKind::Replicate), "Replications"),
                (Some(RunKind::Encrypt), "Encryptions"),
                (Some(RunKind::Decrypt), "Decryptions"),
                (Some(RunKind::Compress), "Compressions"),
                (Some(RunKind::Decompress), "Decompressions"),
                (Some(RunKind::Download), "Downloads"),
                (Some(RunKind::Message), "Messages not sent"),
            ];
            let now = kinds.iter().find(|(kind, _)| *kind == self.filter.kind).map_or("All kinds", |(_, label)| label);
            Select::new("Kind", now).width(140.0).show(ui, |ui| {
                for (kind, label) in kinds {
                    if Select::item(ui, kind == self.filter.kind, label) {
                        self.filter.kind = kind;
                    }
                }
            });
            if ui.add(Check::new(self.filter.troubled, "With problems only")).clicked() {
                self.filter.troubled = !self.filter.troubled;
            }
        });
        if let Some(plan) = &self.filter.plan {
            let name = cx.plan(plan).map_or_else(|| "one backup".to_owned(), |plan| plan.plan.name.clone());
            let mut all = false;
            line(ui, |ui| {
                ui.label(body(format!("Only {name}")).color(tokens(ui).text));
                all = ui.add(Button::icon_only(icons::X, "Show all backups")).clicked();
            });
            if all {
                self.filter.plan = None;
            }
        }
    }
}

/// What runs just now.
fn live(ui: &mut Ui, cx: &mut Cx<'_>) {
    for run in &cx.overview.runs.clone() {
        let name = format!("{} {}", run.kind.doing(), run.name);
        ui.label(caption_strong(&name).color(tokens(ui).text));
        let share = cx.progress(run.run).and_then(|pace| pace.view.fraction());
        ui.add(ProgressBar::new(share, &name));
        ui.add_space(space::S);
    }
}

/// One run; whether it was chosen.
fn row(ui: &mut Ui, cx: &Cx<'_>, run: &RunReport) -> bool {
    let t = tokens(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 48.0), Sense::click());
    let (tone, icon) = words::icon(&run.outcome);
    let summary = words::result(run);
    if ui.is_rect_visible(rect) {
        if response.hovered() {
            ui.painter().rect_filled(rect, f32::from(radius::CONTROL), t.hover);
        }
        let color = t.strong(tone);
        icon_at(ui, pos2(rect.left() + 18.0, rect.center().y), icon, 20.0, color, true);
        let time = run.started.to_zoned(cx.zone.clone()).strftime("%H:%M").to_string();
        let time = galley(ui, &time, Role::Caption, t.text2, 60.0);
        let right = rect.right() - space::S - time.size().x;
        ui.painter().galley(pos2(right, rect.top() + 6.0), time, t.text2);
        let left = rect.left() + 38.0;
        let title = galley(ui, &format!("{} {}", run.kind.noun(), run.plan_name), Role::Body, t.text, right - left - space::S);
        ui.painter().galley(pos2(left, rect.top() + 3.0), title, t.text);
        let result_color = if tone == Tone::Ok { t.text2 } else { color };
        let result = galley(ui, &summary, Role::Caption, result_color, rect.right() - left - space::S);
        ui.painter().galley(pos2(left, rect.top() + 25.0), result, t.text2);
        focus_ring(ui, &response, radius::CONTROL);
    }
    let time = human::moment(run.started, cx.now, cx.zone);
    let name = format!("{} {}, {time}, {summary}", run.kind.noun(), run.plan_name);
    response.widget_info(|| WidgetInfo::labeled(AccessRole::Button, true, &name));
    response.clicked()
}
