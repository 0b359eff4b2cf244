//! A backup moves from one destination to another: where to, and what happens then.

use egui::{Id, ScrollArea, Ui};

use crate::engine::message::{Command, TestResult};
use crate::model::human;
use crate::model::location::Location;
use crate::model::location::form::{Lack, Part};
use crate::model::location::placeholder::Placeholders;
use crate::model::plan::{Plan, PlanId};
use crate::model::replicate::ReplicateSpec;
use crate::model::restore::Place;
use crate::ui::context::{Cx, new_run_id};
use crate::ui::load::Load;
use crate::ui::server_access::ServerAccess;
use crate::ui::server_form::ServerForm;
use crate::ui::theme::typography::body;
use crate::ui::theme::{Tone, size, space, tokens};
use crate::ui::widgets::{
    Banner, Button, Dialog, Ends, FormRow, TestState, TestView, TextField, Toast, at_right, problem_text, spinner, wrapped,
};

/// For the folder that is picked.
const PURPOSE: &str = "move to";
/// Title, explanation, buttons and the room around the dialog, points.
const AROUND: f32 = 280.0;

pub struct MoveDialog {
    plan: PlanId,
    name: String,
    from: Location,
    /// Where it goes already.
    goes_to: Vec<Location>,
    /// Of all that lies there, bytes; where that is known.
    bytes: Option<u64>,
    typed: String,
    placeholders: Placeholders,
    test: Load<TestResult>,
    server: Box<ServerAccess>,
    form: Box<ServerForm>,
}

impl MoveDialog {
    pub fn new(plan: &Plan, from: &Location, bytes: Option<u64>, placeholders: &Placeholders) -> Self {
        Self {
            plan: plan.id.clone(),
            name: plan.name.clone(),
            from: from.clone(),
            goes_to: plan.destinations.clone(),
            bytes,
            typed: String::new(),
            placeholders: placeholders.clone(),
            test: Load::default(),
            server: Box::default(),
            form: Box::default(),
        }
    }

    /// `false` once it is closed.
    pub fn show(&mut self, ui: &Ui, cx: &mut Cx<'_>) -> bool {
        if let Some(path) = cx.pickers.picked(PURPOSE).and_then(|paths| paths.into_iter().next()) {
            self.typed = path.display().into_owned();
            self.test = Load::default();
        }
        if self.test.poll() && self.test.ready().is_some() {
            self.begin(cx);
            return false;
        }
        let mut is_open = true;
        let title = format!("Move {} from {}", self.name, self.from.short_name());
        let out = Dialog::new(&title).dirty(!self.typed.is_empty() || self.form.is_open()).width(560.0).show(ui, |ui, _| {
            let t = tokens(ui);
            wrapped(ui, body(self.what_happens()).color(t.text2));
            ui.add_space(space::S);
            // What stands around it is always in view.
            let room = (ui.ctx().content_rect().height() - AROUND).max(size::PRIMARY);
            ScrollArea::vertical().max_height(room).show(ui, |ui| self.place(ui, cx));
            ui.add_space(space::M);
            at_right(ui, size::PRIMARY, |ui| {
                if ui.add(Button::plain("Cancel")).clicked() {
                    is_open = false;
                }
                let why = self.blocked();
                let go = Button::primary("Move").enabled(why.is_none() && !self.test.is_waiting());
                if ui.add(go.why_off(why.as_deref().unwrap_or("Looking whether it can be used"))).clicked() {
                    self.look(cx);
                }
            });
        });
        is_open && !out.close
    }

    fn what_happens(&self) -> String {
        let all = self
            .bytes
            .map_or_else(|| "All its versions".to_owned(), |bytes| format!("All its versions, {},", human::bytes(bytes)));
        format!(
            "{all} are copied there, each checked on the way. Once everything lies there, {} goes there instead; until then nothing \
             changes, and cancelling leaves it where it is. What lies at {} is not deleted.",
            self.name,
            self.from.short_name()
        )
    }

    fn place(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.where_to(ui, cx);
        if let Some(words) = self.to().and_then(|to| to.unprotected()) {
            Banner::new(Tone::Warn, words).show(ui);
        }
        self.tested(ui, cx);
        if let Some(address) = self.form.show(ui, self.typed.trim()) {
            self.typed = address;
            self.test = Load::default();
        }
    }

    fn where_to(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let error = self.blocked().filter(|_| !self.typed.trim().is_empty());
        FormRow::new("Where to").hint("A folder, a drive or a server.").error(error.as_deref()).show(ui, |ui| {
            let line = Ends::new(ui, size::CONTROL).left(|ui| {
                let hint = "/media/…, or sftp://user@host/path and the like";
                let field = TextField::new(&mut self.typed).hint(hint).name("Where to move it");
                if ui.add(field.id(Id::unique("where to move it"))).changed() {
                    self.test = Load::default();
                }
            });
            line.right(|ui| {
                if cx.pickers.available() && ui.add(Button::plain("Choose…").enabled(!cx.pickers.busy())).clicked() {
                    cx.pickers.pick_folders(PURPOSE, "Where to move the backup", false);
                }
            });
        });
    }

    fn tested(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if self.test.is_waiting() {
            spinner(ui, "Looking whether it can be used…");
        }
        let Some(problem) = self.test.problem().cloned() else { return };
        match self.to() {
            Some(to) if to.path().is_none() => {
                if problem.code.wants_storage_password() && to.lacks_key_id() {
                    self.form.want(Part::AccessKey, self.typed.trim());
                }
                if self.server.show(ui, cx, &to, &problem) {
                    self.look(cx);
                }
            }
            Some(_) => TestView::new(TestState::Failed(&problem)).show(ui),
            None => _ = problem_text(ui, &problem),
        }
    }

    fn to(&self) -> Option<Location> {
        self.placeholders.typed(&self.typed)
    }

    /// Why it cannot be moved there.
    fn blocked(&self) -> Option<String> {
        let typed = self.typed.trim();
        match self.to() {
            _ if typed.is_empty() => Some(self.form.lack().map_or_else(|| "Say where to.".into(), Lack::in_words)),
            Some(to) if to == self.from || to.is_same_place(&self.from) => Some("That is where it is.".into()),
            Some(to) if to.same_of(&self.goes_to).is_some() => {
                Some("It goes there as well already: take this destination away instead.".into())
            }
            Some(_) => None,
            None => {
                let neither = || "Give the whole path, or an address such as sftp://user@host/path.".into();
                Some(self.placeholders.refused(typed).unwrap_or_else(neither))
            }
        }
    }

    fn look(&mut self, cx: &Cx<'_>) {
        if let Some(to) = self.to() {
            self.test = Load::Waiting(cx.handle.test_destination(to));
        }
    }

    fn begin(&self, cx: &mut Cx<'_>) {
        let Some(to) = self.to() else { return };
        let text = format!("{} is being moved to {}", self.name, to.short_name());
        let from = Place::of(&self.plan, &self.from);
        let spec = Box::new(ReplicateSpec { instead: true, ..ReplicateSpec::all(from, to) });
        cx.send(Command::Replicate { run: new_run_id(), spec });
        cx.toast(Toast::new(Tone::Ok, text));
    }
}
