//! Single files, of anybody's making: what one is, and sealing, opening, packing and unpacking it.

mod draft;
mod form;
mod outcome;

use egui::Ui;

use self::draft::Draft;
use self::form::{Pressed, verb};
use self::outcome::After;
use crate::engine::message::Command;
use crate::model::inspection::{FileFacts, Inspection};
use crate::model::path::PathBytes;
use crate::model::problem::Problem;
use crate::model::run::{Outcome, ProgressView, RunId, RunKind, RunReport};
use crate::ui::context::{Action, Cx, new_run_id};
use crate::ui::file_choice::FileChoice;
use crate::ui::file_facts;
use crate::ui::follow::Follow;
use crate::ui::load::Load;
use crate::ui::theme::typography::{body, section};
use crate::ui::theme::{Icon, Tone, icons, space, tokens};
use crate::ui::widgets::{Button, Card, ProgressRow, problem_text, spinner, wrapped};

const CHOICE: FileChoice =
    FileChoice { label: "File", name: "Path of the file", purpose: "single file", title: "The file to look into" };

/// The section's state between frames.
#[derive(Default)]
pub struct Tools {
    path: String,
    looking: Load<FileFacts>,
    draft: Option<Draft>,
    /// The form has just come, or its last try has just failed.
    fresh: bool,
    /// What has just come is to be seen, wherever the page is scrolled to.
    reveal: bool,
    /// Why the last try failed.
    problem: Option<Problem>,
    running: Option<Running>,
    ended: Option<Box<RunReport>>,
}

struct Running {
    follow: Follow,
    kind: RunKind,
    cancelling: bool,
}

impl Tools {
    /// Whether the section shows how this run goes and ends.
    pub fn follows(&self, run: RunId) -> bool {
        self.running.as_ref().is_some_and(|running| running.follow.run() == run)
            || self.ended.as_ref().is_some_and(|report| report.run == run)
    }

    pub fn show(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.poll(ui, cx);
        let hovered = cx.drops && ui.input(|input| !input.raw.hovered_files.is_empty());
        let card = if hovered { Card::new().tone(Tone::Accent) } else { Card::new() };
        card.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            let t = tokens(ui);
            ui.label(section("Single files").color(t.text));
            let text = "Look into any one file, encrypt or decrypt it, compress or unpack it. No backup is touched.";
            wrapped(ui, body(text).color(t.text2));
            ui.add_space(space::XS);
            ui.add_enabled_ui(self.running.is_none(), |ui| self.choose(ui, cx));
            // What is chosen in this frame is drawn in the next.
            let reveal = std::mem::take(&mut self.reveal);
            let below = ui.scope(|ui| self.below(ui, cx)).response;
            if reveal {
                // At once: nothing moves under the pointer.
                let with_edge = below.rect.expand2(egui::vec2(0.0, space::XL));
                ui.scroll_to_rect_animation(with_edge, None, egui::style::ScrollAnimation::none());
            }
        });
    }

    /// What is known of the file that was named, or is done with it.
    fn below(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing.y = space::XS;
        match (&self.looking, &self.running, &self.ended, &self.draft) {
            (_, Some(_), ..) => self.running(ui, cx),
            (_, _, Some(_), _) => self.ended(ui, cx),
            (Load::Ready(_), _, _, Some(_)) => self.form(ui, cx),
            (Load::Ready(_), ..) => self.found(ui, cx),
            (Load::Failed(problem), ..) => {
                problem_text(ui, problem);
            }
            (Load::Waiting(_), ..) => {
                let mut stop = false;
                ui.horizontal(|ui| {
                    spinner(ui, "Looking through it…");
                    stop = ui.add(Button::quiet("Stop").name("Stop looking")).clicked();
                });
                if stop {
                    self.looking = Load::Idle;
                }
            }
            (Load::Idle, ..) => {}
        }
    }

    /// Whether it has a filled button just now.
    pub fn has_form(&self) -> bool {
        self.draft.is_some() && self.running.is_none() && self.ended.is_none()
    }

    fn poll(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        if let Some(path) = CHOICE.given(ui, cx).filter(|_| self.running.is_none()) {
            self.path = path.display().into_owned();
            self.look(cx, path);
        }
        self.reveal |= self.looking.poll();
        if self.looking.is_waiting() {
            ui.ctx().request_repaint_after_secs(0.05);
        }
        let Some(report) = self.running.as_mut().and_then(|running| running.follow.poll(cx.handle)) else { return };
        self.running = None;
        self.reveal = true;
        match &report.outcome {
            // Back to the form, with all that was typed.
            Outcome::Failed(problem) => {
                self.problem = Some(problem.clone());
                self.fresh = true;
            }
            Outcome::Cancelled => self.problem = None,
            _ => {
                self.draft = None;
                self.ended = Some(report);
            }
        }
    }

    fn look(&mut self, cx: &Cx<'_>, path: PathBytes) {
        (self.draft, self.problem, self.ended) = (None, None, None);
        self.looking = Load::Waiting(cx.handle.inspect(path));
    }

    fn choose(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let named = CHOICE.show(ui, cx, &mut self.path, self.looking.is_waiting(), false);
        if named.changed {
            (self.looking, self.draft, self.problem, self.ended) = (Load::Idle, None, None, None);
        }
        if let Some(path) = named.look {
            self.look(cx, path);
        }
    }

    /// What it is, and what can be done with it.
    fn found(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Load::Ready(facts) = &self.looking else { return };
        ui.separator();
        file_facts::show(ui, facts);
        ui.add_space(space::S);
        let mut chosen = None;
        ui.horizontal_wrapped(|ui| {
            for (kind, icon) in actions(facts) {
                if ui.add(Button::plain(&format!("{}…", verb(kind))).icon(icon)).clicked() {
                    chosen = Some(Draft::new(kind, facts));
                }
            }
            if may_be_archive(&facts.found) && ui.add(Button::plain("Restore from it…").icon(icons::FOLDER_OPEN)).clicked() {
                cx.act(Action::RestoreFromFile(Some(facts.file.clone())));
            }
        });
        if chosen.is_some() {
            (self.draft, self.problem, self.fresh, self.reveal) = (chosen, None, true, true);
        }
    }

    fn form(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let (Load::Ready(facts), Some(draft)) = (&self.looking, &mut self.draft) else { return };
        ui.separator();
        let name = String::from_utf8_lossy(facts.file.file_name()).into_owned();
        let title = section(format!("{} {name}", verb(draft.kind))).color(tokens(ui).text);
        ui.add(egui::Label::new(title).truncate());
        ui.add_space(space::XS);
        let fresh = std::mem::take(&mut self.fresh);
        match form::show(ui, cx, draft, self.problem.as_ref(), fresh) {
            Pressed::Nothing => {}
            Pressed::Cancel => (self.draft, self.problem) = (None, None),
            Pressed::Begin => self.begin(cx),
        }
    }

    fn begin(&mut self, cx: &mut Cx<'_>) {
        let Some(draft) = &self.draft else { return };
        let run = new_run_id();
        let follow = Follow::new(cx.handle, run);
        self.problem = cx.handle.send(Command::UseTool { run, spec: Box::new(draft.spec()) }).err();
        if self.problem.is_none() {
            self.running = Some(Running { follow, kind: draft.kind, cancelling: false });
        }
    }

    fn running(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(running) = &mut self.running else { return };
        ui.separator();
        let run = running.follow.run();
        let (view, speed, left) = match cx.progress(run) {
            Some(pace) => (pace.view, pace.speed, pace.left),
            None => (ProgressView::default(), None, None),
        };
        let doing = running.kind.doing();
        ProgressRow::new(doing, &view).pace(speed, left).home(cx.overview.home_folder.as_bytes()).show(ui);
        ui.horizontal(|ui| {
            let label = if running.cancelling { "Cancelling…" } else { "Cancel" };
            let cancel = Button::plain(label).name(format!("Cancel: {doing}")).enabled(!running.cancelling);
            if ui.add(cancel).clicked() {
                running.cancelling = cx.handle.send(Command::Cancel { run }).is_ok();
            }
            let (label, icon) = if view.paused { ("Resume", icons::PLAY) } else { ("Pause", icons::PAUSE) };
            let pause = Button::plain(label).icon(icon).enabled(!running.cancelling).min_width(104.0);
            if ui.add(pause.name(format!("{label}: {doing}"))).clicked() {
                cx.send(Command::Pause { run, paused: !view.paused });
            }
            ui.label(body("Nothing half-written is left behind.").color(tokens(ui).text2));
        });
        ui.ctx().request_repaint_after_secs(0.25);
    }

    fn ended(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(report) = &self.ended else { return };
        ui.separator();
        match outcome::show(ui, cx, report) {
            After::Nothing => {}
            After::Look(file) => {
                self.path = file.display().into_owned();
                self.look(cx, file);
            }
            After::Another => *self = Self::default(),
        }
    }
}

/// What makes sense for a file.
fn actions(facts: &FileFacts) -> Vec<(RunKind, Icon)> {
    let found = &facts.found;
    let mut all = Vec::new();
    if found.is_sealed() {
        all.push((RunKind::Decrypt, icons::LOCK_OPEN));
    } else {
        all.push((RunKind::Encrypt, icons::LOCK));
    }
    if found.codec().is_some() {
        all.push((RunKind::Decompress, icons::FILES));
    }
    if found.may_shrink() {
        all.push((RunKind::Compress, icons::PACKAGE));
    }
    all
}

/// Whether one can try to browse it; what lies in a seal only the password tells.
fn may_be_archive(found: &Inspection) -> bool {
    matches!(found, Inspection::Archive(_)) || found.is_sealed()
}
