//! The window's state and its frame: `logic` takes in what happened, `ui` draws.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::broadcast;

use super::activity::Activity;
use super::closing::{self, Closing};
use super::connection::Connection;
use super::context::{Action, Cx, Tab};
use super::notice;
use super::pace::Paces;
use super::pick::Pickers;
use super::plan_editor::PlanEditor;
use super::restore::RestoreWizard;
use super::settings::SettingsDrawer;
use super::shell;
use super::tabs::Tabs;
use super::theme;
use super::widgets::{Banner, Toast, Toasts};
use super::window::{Closed, Window};
use crate::engine::message::{Command, Event, Overview};
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
    connection: Connection,
    overview: Arc<Overview>,
    /// Counts overviews, so that pages know when to ask again.
    generation: u64,
    events: broadcast::Receiver<Event>,
    zone: TimeZone,
    page: Page,
    tab: Tab,
    tabs: Tabs,
    activity: Activity,
    settings: SettingsDrawer,
    toasts: Toasts<Box<Action>>,
    paces: Paces,
    pickers: Pickers,
    closing: Option<Closing>,
    closed: Arc<Mutex<Closed>>,
}

impl App {
    /// `closed` receives what is wished when the window is closed.
    pub fn new(ctx: &egui::Context, window: Window, closed: Arc<Mutex<Closed>>) -> Self {
        theme::install(ctx);
        let handle = window.handle.clone();
        Self {
            overview: handle.overview(),
            generation: 0,
            events: handle.events(),
            zone: window.clock.zone(),
            connection: Connection::new(handle),
            page: Page::Tabs,
            tab: Tab::Backups,
            tabs: Tabs::default(),
            activity: Activity::default(),
            settings: SettingsDrawer::default(),
            toasts: Toasts::default(),
            paces: Paces::default(),
            pickers: Pickers::new(window.pick_folders.clone(), ctx.clone()),
            closing: None,
            closed,
            window,
        }
    }

    /// Takes in what the engine said since the last frame.
    fn drain(&mut self, ctx: &egui::Context) {
        if self.connection.keep(&self.window.reopen, ctx) {
            self.events = self.connection.handle().events();
        }
        let overview = self.connection.handle().overview();
        if !Arc::ptr_eq(&overview, &self.overview) {
            self.overview = overview;
            self.generation += 1;
        }
        let until = Instant::now() + BUDGET;
        loop {
            match self.events.try_recv() {
                Ok(Event::RunEnded(report)) => {
                    self.generation += 1;
                    // Where its pages are open the result is on them.
                    let told = matches!(&self.page, Page::Restore(wizard) if wizard.follows(report.run));
                    if let Some(toast) = notice::toast(&report).filter(|_| !told) {
                        self.toasts.push(toast);
                    }
                }
                Ok(Event::RunStarted(_)) => self.generation += 1,
                Ok(Event::Raise) => {
                    ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(false));
                    ctx.send_viewport_cmd(egui::ViewportCommand::Focus);
                }
                // Those that were missed are in the history; the overview is whole in any case.
                Err(broadcast::error::TryRecvError::Lagged(_)) => self.generation += 1,
                Err(_) => break,
            }
            if Instant::now() > until {
                ctx.request_repaint();
                break;
            }
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
        match closing::decide(&self.overview, self.window.owns_engine && !self.connection.is_lost()) {
            _ if matches!(self.closing, Some(Closing::Decided)) => {}
            Some(closed) => self.close(ctx, closed),
            None => {
                ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
                self.closing.get_or_insert_with(Closing::default);
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
        let mut cx = Cx {
            handle: self.connection.handle(),
            overview: &self.overview,
            now,
            zone: &self.zone,
            generation: self.generation,
            pickers: &mut self.pickers,
            paces: &mut self.paces,
            actions: &mut actions,
        };
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
            Action::Leave => self.page = Page::Tabs,
            Action::Activity(run) => self.activity.open(run, None),
            Action::History(plan) => self.activity.open(None, Some(plan)),
            Action::Settings => self.settings.open(),
            Action::OpenFolder(path) => (self.window.open_folder)(&path),
            Action::Toast(toast) => self.toasts.push(toast),
            Action::Send(command) => {
                if let Err(problem) = self.connection.handle().send(command) {
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
        let mut cx = Cx {
            handle: self.connection.handle(),
            overview: &self.overview,
            now,
            zone: &self.zone,
            generation: self.generation,
            pickers: &mut self.pickers,
            paces: &mut self.paces,
            actions: &mut actions,
        };
        match &mut self.page {
            Page::Tabs => {
                shell::top_bar(ui, self.tab, &mut cx);
                if let Some(text) = self.connection.lost() {
                    shell::banner(ui, |ui| {
                        Banner::new(Tone::Bad, text).show(ui);
                    });
                }
                for notice in &self.overview.notices {
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
        self.settings.show(ui, &mut cx);
        if let Some(action) = self.toasts.show(ui) {
            actions.push(*action);
        }
        actions
    }

    fn ask_closing(&mut self, ui: &egui::Ui) {
        let Some(closing) = &mut self.closing else { return };
        match closing.show(ui, &self.overview) {
            closing::Answer::None => {}
            closing::Answer::Cancel => self.closing = None,
            closing::Answer::Close { closed, remember } => {
                if remember {
                    let keep_running = Some(closed == Closed::KeepRunning);
                    let settings = crate::model::settings::Settings { keep_running, ..self.overview.settings.clone() };
                    // Not being remembered is no reason to stay open.
                    let _ = self.connection.handle().send(Command::SetSettings(settings));
                }
                self.close(ui.ctx(), closed);
            }
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.drain(ctx);
        self.heed_close(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let now = self.window.clock.now();
        let settings = &self.overview.settings;
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
        let live = !self.overview.runs.is_empty();
        ui.ctx().request_repaint_after(if live { Duration::from_millis(250) } else { Duration::from_secs(60) });
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        theme::of(visuals).bg.to_normalized_gamma_f32()
    }
}
