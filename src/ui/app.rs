//! The window's state and its frame: `logic` takes in what happened, `ui` draws.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::broadcast;

use super::activity::Activity;
use super::closing::{self, Closing};
use super::context::{Action, Tab};
use super::notice;
use super::plan_editor::PlanEditor;
use super::restore::RestoreWizard;
use super::settings::SettingsDrawer;
use super::shell;
use super::tabs::Tabs;
use super::theme;
use super::waker::Wish;
use super::widgets::{Banner, Toast, Toasts};
use super::window::{Closed, Window};
use super::world::World;
use crate::engine::message::{Command, Event};
use crate::model::run::{RunKind, RunReport};
use crate::ui::theme::Tone;

/// Most time a frame spends on taking in events.
const BUDGET: Duration = Duration::from_millis(4);

/// What fills the window.
enum Page {
    Tabs,
    Editor(Box<PlanEditor>),
    Restore(Box<RestoreWizard>),
}

pub struct App {
    window: Window,
    world: World,
    page: Page,
    tab: Tab,
    tabs: Tabs,
    activity: Activity,
    settings: SettingsDrawer,
    toasts: Toasts<Box<Action>>,
    closing: Option<Closing>,
    closed: Arc<Mutex<Closed>>,
}

impl App {
    /// `closed` receives what is wished when the window is closed.
    pub fn new(ctx: &egui::Context, window: Window, closed: Arc<Mutex<Closed>>) -> Self {
        theme::install(ctx);
        Self {
            world: World::new(ctx, &window),
            page: Page::Tabs,
            tab: Tab::Backups,
            tabs: Tabs::default(),
            activity: Activity::default(),
            settings: SettingsDrawer::new(window.autostart.clone()),
            toasts: Toasts::default(),
            closing: None,
            closed,
            window,
        }
    }

    /// Takes in what the engine said since the last frame.
    fn drain(&mut self, ctx: &egui::Context) {
        self.world.keep(&self.window.reopen, ctx);
        let until = Instant::now() + BUDGET;
        loop {
            match self.world.events.try_recv() {
                Ok(Event::RunEnded(report)) => {
                    self.world.generation += 1;
                    if let Some(toast) = notice::toast(&report).filter(|_| !self.is_told(&report)) {
                        self.toasts.push(toast);
                    }
                }
                Ok(Event::RunStarted(_)) => self.world.generation += 1,
                // Whoever hears it for the whole program makes a wish of it, which is there for the next window too.
                Ok(Event::Raise) => {}
                // Those that were missed are in the history; the overview is whole in any case.
                Err(broadcast::error::TryRecvError::Lagged(_)) => self.world.generation += 1,
                Err(_) => break,
            }
            if Instant::now() > until {
                ctx.request_repaint();
                break;
            }
        }
    }

    /// Does what is wished from outside: by a second start, or in the tray.
    fn heed_wishes(&mut self, ctx: &egui::Context) {
        if matches!(self.closing, Some(Closing::Decided)) {
            // The next window does.
            return;
        }
        for wish in self.window.waker.take_wishes() {
            let owns_engine = self.world.connection.is_own();
            match wish {
                Wish::Quit if !closing::cuts_off(&self.world.overview, owns_engine) => return self.close(ctx, Closed::Quit),
                Wish::Quit => {
                    self.closing.get_or_insert(Closing::Asking { remember: false });
                }
                // What is being changed elsewhere is not dropped for it.
                Wish::Restore(plan) if matches!(self.page, Page::Tabs) => {
                    let action = plan.map_or(Action::RestoreFrom(None), |plan| Action::RestorePlan(plan, None));
                    self.act(action, self.window.clock.now());
                }
                Wish::Restore(_) | Wish::Open => {}
            }
            ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(false));
            ctx.send_viewport_cmd(egui::ViewportCommand::Focus);
        }
    }

    /// Whether the page that is open says a run's result by itself: the restore's own pages, and the backup's card.
    fn is_told(&self, report: &RunReport) -> bool {
        let has_card = || self.world.overview.plans.iter().any(|plan| report.plan.as_ref() == Some(&plan.plan.id));
        match &self.page {
            Page::Restore(wizard) => wizard.follows(report.run),
            Page::Tabs => {
                let is_seen = !self.activity.is_open() && !self.settings.is_open();
                let has_card = || self.tab == Tab::Backups && report.kind != RunKind::Restore && has_card();
                is_seen && (has_card() || self.tabs.tells(self.tab, report.run))
            }
            Page::Editor(_) => false,
        }
    }

    /// Decides what a wish to close the window means, or asks.
    fn heed_close(&mut self, ctx: &egui::Context) {
        if self.window.waker.must_quit() && !matches!(self.closing, Some(Closing::Decided)) {
            self.close(ctx, Closed::Quit);
        }
        if !ctx.input(|input| input.viewport().close_requested()) {
            return;
        }
        let tray = self.window.tray.is_there();
        match closing::decide(&self.world.overview, self.world.connection.is_own(), tray) {
            _ if matches!(self.closing, Some(Closing::Decided)) => {}
            Some(closed) => self.close(ctx, closed),
            None => {
                ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
                self.closing.get_or_insert_with(|| Closing::asking(&self.world.overview, tray));
            }
        }
    }

    fn close(&mut self, ctx: &egui::Context, closed: Closed) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = closed;
        self.closing = Some(Closing::Decided);
        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
    }

    fn act(&mut self, action: Action, now: Timestamp) {
        let mut actions = Vec::new();
        let mut cx = self.world.cx(now, &mut actions);
        match action {
            Action::Tab(tab) => {
                self.tab = tab;
                self.page = Page::Tabs;
            }
            Action::NewPlan => self.page = Page::Editor(Box::new(PlanEditor::new(&mut cx))),
            Action::EditPlan(plan) => {
                if let Some(editor) = PlanEditor::edit(&mut cx, &plan) {
                    self.page = Page::Editor(Box::new(editor));
                }
            }
            Action::RestorePlan(plan, version) => {
                if let Some(wizard) = RestoreWizard::for_plan(&mut cx, &plan, version) {
                    self.page = Page::Restore(Box::new(wizard));
                }
            }
            Action::RestoreFrom(place) => {
                self.page = Page::Restore(Box::new(RestoreWizard::from_place(&mut cx, place)));
            }
            Action::RestoreFromFile(file) => {
                self.page = Page::Restore(Box::new(RestoreWizard::from_file(&mut cx, file)));
            }
            Action::Leave => self.page = Page::Tabs,
            Action::Activity(run) => self.activity.open(run, None),
            Action::History(plan) => self.activity.open(None, Some(plan)),
            Action::Settings => self.settings.open(),
            Action::OpenFolder(path) => (self.window.open_folder)(&path),
            Action::Toast(toast) => self.toasts.push(toast),
            Action::Send(command) => {
                if let Err(problem) = cx.handle.send(command) {
                    self.toasts.push(Toast::new(Tone::Bad, problem.to_string()));
                }
            }
        }
        for action in actions {
            self.act(action, now);
        }
    }

    /// The keys that work everywhere, and what they ask for.
    fn keys(&self, ui: &egui::Ui) -> Vec<Action> {
        if !matches!(self.page, Page::Tabs) || ui.memory(|memory| memory.top_modal_layer().is_some()) {
            return Vec::new();
        }
        let keys = [egui::Key::Num1, egui::Key::Num2, egui::Key::Num3, egui::Key::Num4];
        let pressed = |key| ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, key));
        Tab::ALL.into_iter().zip(keys).filter(|(_, key)| pressed(*key)).map(|(tab, _)| Action::Tab(tab)).collect()
    }

    fn draw(&mut self, ui: &mut egui::Ui, now: Timestamp) -> Vec<Action> {
        let mut actions = Vec::new();
        let lost = self.world.connection.lost().map(str::to_owned);
        let mut cx = self.world.cx(now, &mut actions);
        match &mut self.page {
            Page::Tabs => {
                shell::top_bar(ui, self.tab, &mut cx);
                if let Some(text) = lost {
                    shell::banner(ui, |ui| {
                        Banner::new(Tone::Bad, &text).show(ui);
                    });
                }
                shell::paused(ui, &mut cx);
                for notice in &cx.overview.notices {
                    shell::banner(ui, |ui| {
                        Banner::new(Tone::Warn, notice).show(ui);
                    });
                }
                self.tabs.show(self.tab, ui, &mut cx);
            }
            Page::Editor(editor) => editor.show(ui, &mut cx),
            Page::Restore(wizard) => wizard.show(ui, &mut cx),
        }
        self.activity.show(ui, &mut cx);
        self.settings.show(ui, &mut cx, self.window.tray.is_there());
        if let Some(action) = self.toasts.show(ui) {
            actions.push(*action);
        }
        actions
    }

    fn ask_closing(&mut self, ui: &egui::Ui) {
        let Some(closing) = &mut self.closing else { return };
        match closing.show(ui, &self.world.overview, self.window.tray.is_there()) {
            closing::Answer::None => {}
            closing::Answer::Cancel => self.closing = None,
            closing::Answer::Close { closed, remember } => {
                if remember {
                    let keep_running = Some(closed == Closed::KeepRunning);
                    let settings = crate::model::settings::Settings { keep_running, ..self.world.overview.settings.clone() };
                    // Not being remembered is no reason to stay open.
                    let _ = self.world.connection.handle().send(Command::SetSettings(settings));
                }
                self.close(ui.ctx(), closed);
            }
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.drain(ctx);
        self.heed_wishes(ctx);
        self.heed_close(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let now = self.window.clock.now();
        let settings = &self.world.overview.settings;
        theme::set_appearance(ui.ctx(), settings.appearance, self.window.appearance.dark());
        let zoom = f32::from(settings.scale.clamp(100, 250)) / 100.0;
        if (ui.ctx().zoom_factor() - zoom).abs() > 0.001 {
            ui.ctx().set_zoom_factor(zoom);
        }
        ui.painter().rect_filled(ui.max_rect(), 0.0, theme::tokens(ui).bg);
        for action in self.keys(ui) {
            self.act(action, now);
        }
        let actions = self.draw(ui, now);
        if !actions.is_empty() {
            // What was chosen is shown in this frame, not in the next.
            ui.ctx().request_discard("an action changes what is shown");
            ui.ctx().request_repaint();
        }
        for action in actions {
            self.act(action, now);
        }
        self.ask_closing(ui);
        // A live run's numbers move four times a second; "2 h ago" once a minute; else nothing is drawn.
        let live = self.world.overview.runs.iter().any(|run| !run.paused);
        ui.ctx().request_repaint_after(if live { Duration::from_millis(250) } else { Duration::from_secs(60) });
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        theme::of(visuals).bg.to_normalized_gamma_f32()
    }
}
