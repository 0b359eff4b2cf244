//! One destination's card: whether it can be used, what helps where it cannot, and what is known of it.

use egui::{Id, Ui, UiBuilder};

use super::{Asked, facts, history};
use crate::engine::message::{DestinationStatus, KeysOwed, TestResult};
use crate::model::health::Sample;
use crate::model::location::Location;
use crate::model::problem::{Code, Problem};
use crate::ui::context::{Action, Cx};
use crate::ui::kept::Kept;
use crate::ui::load::Load;
use crate::ui::server_access::ServerAccess;
use crate::ui::theme::typography::{caption, section};
use crate::ui::theme::{Tone, icons, size, space, tokens};
use crate::ui::widgets::{Button, Card, Ends, StatusPill, TestState, TestView, problem_or_question, problem_text, spinner};

/// Answers after which one was surely asked for later than the test ended: there is never more than one on its way.
const LATER: u8 = 2;

pub struct Destination {
    pub location: Location,
    status: Kept<DestinationStatus>,
    /// What was noted of it, which is known before it answers.
    history: Kept<Vec<Sample>>,
    /// Changes of keys that have not reached it.
    owed: Kept<Vec<KeysOwed>>,
    test: Load<TestResult>,
    /// What was told of its state since the test ended, up to [`LATER`].
    answers: u8,
    /// What its server asks for.
    server: ServerAccess,
}

impl Destination {
    pub fn new(location: Location) -> Self {
        Self {
            location,
            status: Kept::default(),
            history: Kept::default(),
            owed: Kept::default(),
            test: Load::default(),
            answers: 0,
            server: ServerAccess::aside(),
        }
    }

    /// The dialog that was asked for.
    pub fn card(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> Option<Asked> {
        self.ask(cx);
        let (known, of_test) = self.problems();
        let trouble = worst(known.iter().chain(&of_test));
        let card = trouble.map_or_else(Card::new, |tone| Card::new().tone(tone));
        let mut wanted = None;
        card.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            self.head(ui, cx, trouble);
            match (known, of_test) {
                (Some(known), Some(of_test)) => {
                    problem_or_question(ui, &known);
                    self.help(ui, cx, &of_test);
                }
                (Some(problem), None) | (None, Some(problem)) => self.help(ui, cx, &problem),
                (None, None) => {}
            }
            match (self.status.ready(), self.status.problem()) {
                (Some(status), _) => wanted = facts::show(ui, cx, status, self.owed.ready().map_or(&[], Vec::as_slice)),
                (None, Some(_)) => {}
                (None, None) => _ = spinner(ui, "Looking…"),
            }
            if let Some(samples) = self.history.ready() {
                history::show(ui, cx, &self.location, samples);
            }
            self.tested(ui);
        });
        wanted
    }

    /// Takes in what has come, and asks for what is not known any more.
    fn ask(&mut self, cx: &Cx<'_>) {
        let (handle, location) = (cx.handle, &self.location);
        if self.status.refresh(cx.generation, || handle.destination_status(location.clone())) {
            self.history.outdate();
            self.answers = self.answers.saturating_add(1);
            if self.is_there_again() {
                self.test = Load::Idle;
            }
        }
        let location = &self.location;
        self.history.refresh(cx.generation, || handle.health(location.clone(), u32::from(history::DAYS)));
        self.owed.refresh(cx.generation, || handle.keys_owed(location.clone()));
        if self.test.poll() {
            self.answers = 0;
            self.status.outdate();
        }
    }

    /// Whether what a test failed with is over, as far as that shows without another one.
    fn is_there_again(&self) -> bool {
        let shows = |problem: &Problem| !matches!(problem.code, Code::NotWritable | Code::NoRoom);
        self.answers >= LATER
            && self.test.problem().is_some_and(shows)
            && self.status.ready().is_some_and(|status| status.problem.is_none())
    }

    /// What is wrong with it as it shows itself, and what a test found, where that is something else.
    fn problems(&self) -> (Option<Problem>, Option<Problem>) {
        let known = self.status.problem().or_else(|| self.status.ready()?.problem.as_ref());
        let is_same = |found: &Problem| known.is_some_and(|known| known.code == found.code && known.what == found.what);
        let of_test = self.test.problem().filter(|found| !is_same(found));
        (known.cloned(), of_test.cloned())
    }

    /// What is wrong; of a server, what would help.
    fn help(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, problem: &Problem) {
        if self.location.path().is_some() {
            problem_text(ui, problem);
            return;
        }
        // Its fields stay the same ones, whatever comes and goes above them.
        let builder = UiBuilder::new().scope_id(Id::unique(("access to", &self.location)));
        let told = ui.scope_builder(builder, |ui| ui.vertical(|ui| self.server.show(ui, cx, &self.location, problem)).inner);
        if told.inner {
            self.try_out(cx);
        }
    }

    fn try_out(&mut self, cx: &Cx<'_>) {
        self.test = Load::Waiting(cx.handle.test_destination(self.location.clone()));
    }

    /// How a test goes; what it failed with stands above.
    fn tested(&self, ui: &mut Ui) {
        let state = match &self.test {
            Load::Idle | Load::Failed(_) => return,
            Load::Waiting(_) => TestState::Running,
            Load::Ready(result) => TestState::Done(result),
        };
        ui.separator();
        let is_said = self.status.ready().is_some_and(|status| !status.deletable);
        TestView::new(state).own().without_append_only(is_said).show(ui);
    }

    fn head(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, trouble: Option<Tone>) {
        let name = self.location.short_name();
        let line = Ends::new(ui, size::CONTROL).left(|ui| {
            let t = tokens(ui);
            ui.add(egui::Label::new(section(&name).color(t.text)).truncate());
            let path = self.location.display();
            ui.add(egui::Label::new(caption(&path).color(t.text3)).truncate());
        });
        line.right(|ui| {
            if let Some(tone) = trouble {
                let icon = if tone == Tone::Bad { icons::X_CIRCLE } else { icons::WARNING };
                ui.add(StatusPill::new(tone, icon, "Cannot be used now"));
            } else if self.status.ready().is_some_and(|status| facts::is_low(status, cx)) {
                ui.add(StatusPill::new(Tone::Warn, icons::WARNING, "Low on room"));
            } else if self.status.ready().is_some() {
                ui.add(StatusPill::new(Tone::Ok, icons::CHECK_CIRCLE, "Ready"));
            }
            let test = Button::plain("Test").name(format!("Test {name}")).icon(icons::LIGHTNING);
            if ui.add(test.enabled(!self.test.is_waiting())).clicked() {
                self.try_out(cx);
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

/// What the problems come to: one whose server only asks for something is no failure. `None`: there are none.
fn worst<'a>(problems: impl Iterator<Item = &'a Problem>) -> Option<Tone> {
    let tones = problems.map(|problem| if problem.code.is_question() { Tone::Warn } else { Tone::Bad });
    tones.reduce(|one, other| if one == Tone::Bad { one } else { other })
}
