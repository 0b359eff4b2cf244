//! The list of runs and events with its filters.

use egui::{Role as AccessRole, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::export::ExportDialog;
use super::filters::{self, Span};
use super::words;
use crate::model::history::{HistoryFilter, HistoryPage};
use crate::model::human;
use crate::model::plan::PlanId;
use crate::model::run::{RunId, RunReport};
use crate::ui::context::Cx;
use crate::ui::kept::Kept;
use crate::ui::theme::typography::{Role, caption_strong};
use crate::ui::theme::{Tone, icons, radius, space, tokens};
use crate::ui::widgets::{Button, EmptyState, ProgressBar, day_head, focus_ring, galley, icon_at, problem_text, spinner};

/// Runs on a page.
const PAGE: usize = 100;

pub struct List {
    filter: HistoryFilter,
    span: Span,
    /// The pages before this one: the run that each began past.
    turned: Vec<Option<RunId>>,
    page: Kept<HistoryPage>,
    export: Option<ExportDialog>,
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
        Self { filter, span: Span::Any, turned: Vec::new(), page: Kept::default(), export: None, seen_at: None }
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
        let export = filters::show(ui, cx, &mut self.filter, &mut self.span);
        let total = self.page.ready().map_or(0, |page| page.total);
        if export && total > 0 {
            self.export = Some(ExportDialog::new(self.filter.clone(), total));
        }
        if self.filter != before {
            // Another list, from its beginning.
            self.turn_to(None);
            self.turned.clear();
            ui.ctx().request_repaint();
        }
        ui.add_space(space::XS);
        let mut chosen = None;
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.set_max_width(ui.available_width() - space::M);
            if self.filter.past.is_none() {
                live(ui, cx);
            }
            if let Some(problem) = self.page.problem() {
                problem_text(ui, problem);
            }
            let Some(page) = self.page.ready() else {
                spinner(ui, "Looking…");
                return;
            };
            if page.runs.is_empty() && (self.filter.is_set() || cx.overview.runs.is_empty()) {
                let clear = empty(ui, self.filter.is_set());
                if clear {
                    *self = Self { seen_at: self.seen_at, ..Self::default() };
                }
                return;
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
            let (left, last) = (page.left, page.runs.last().map(|run| run.run));
            self.foot(ui, left, last);
        });
        if let Some(dialog) = &mut self.export
            && !dialog.show(ui, cx)
        {
            self.export = None;
        }
        chosen
    }

    /// Turns the page: one is in memory, however many there are.
    fn foot(&mut self, ui: &mut Ui, left: usize, last: Option<RunId>) {
        ui.add_space(space::S);
        ui.horizontal(|ui| {
            if !self.turned.is_empty() && ui.add(Button::plain("Show newer").icon(icons::ARROW_UP)).clicked() {
                let past = self.turned.pop().flatten();
                self.turn_to(past);
            }
            let older = format!("Show older ({})", human::count(left as u64));
            if left > 0 && ui.add(Button::plain(&older).icon(icons::ARROW_DOWN)).clicked() {
                self.turned.push(self.filter.past);
                self.turn_to(last);
            }
        });
    }

    fn turn_to(&mut self, past: Option<RunId>) {
        self.filter.past = past;
        self.page.outdate();
    }
}

/// That there is nothing, and why; whether all filters are to be taken away.
fn empty(ui: &mut Ui, is_set: bool) -> bool {
    if is_set {
        let text = "Nothing that ran or was changed is of this name, kind, result and time.";
        let state = EmptyState::new(icons::FUNNEL, "Nothing matches", text).secondary("Clear filters");
        state.show(ui).is_some()
    } else {
        let text = "Each backup, restore, verification and deletion will be listed here with its report, and each change to what is set up.";
        EmptyState::new(icons::CLOCK_COUNTER_CLOCKWISE, "Nothing has run yet", text).show(ui);
        false
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
    let (tone, icon) = words::icon(run);
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
        let title = galley(ui, &words::title(run), Role::Body, t.text, right - left - space::S);
        ui.painter().galley(pos2(left, rect.top() + 3.0), title, t.text);
        let result_color = if matches!(tone, Tone::Ok | Tone::Neutral) { t.text2 } else { color };
        let result = galley(ui, &summary, Role::Caption, result_color, rect.right() - left - space::S);
        ui.painter().galley(pos2(left, rect.top() + 25.0), result, t.text2);
        focus_ring(ui, &response, radius::CONTROL);
    }
    let time = human::moment(run.started, cx.now, cx.zone);
    let name = format!("{}, {time}, {summary}", words::title(run));
    response.widget_info(|| WidgetInfo::labeled(AccessRole::Button, true, &name));
    response.clicked()
}
