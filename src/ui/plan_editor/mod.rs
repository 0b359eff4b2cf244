//! Setting up a backup and editing it: what, where, how.

pub mod draft;
pub mod editor;
mod encryption;
mod existing;
mod how;
mod leave_out;
pub mod measuring;
mod new_password;
pub mod packing;
mod read_back;
mod recovery;
mod secret_file;
mod sentence;
mod what;
mod where_to;

use self::editor::{Editor, Left, Step};
use self::measuring::Total;
use crate::model::human;
use crate::model::plan::PlanId;
use crate::model::restore::{Place, PlanChoice};
use crate::model::secret::Secret;
use crate::ui::context::{Action, Cx};
use crate::ui::theme::Tone;
use crate::ui::widgets::{ConfirmDialog, ConfirmEvent, FlowEvent, FlowPage, Toast};

/// The pages' state.
pub struct PlanEditor {
    editor: Editor,
    /// Nothing was set up before.
    first_run: bool,
    pattern: String,
    /// The step of the frame before: a page that has just come chooses the focus.
    shown: Option<Step>,
}

impl PlanEditor {
    /// A new backup; the first one of all is a first run.
    pub fn new(cx: &mut Cx<'_>) -> Self {
        let mut editor = Editor::new(cx.handle, cx.now, &cx.overview.home_folder);
        editor.draft.placeholders = cx.placeholders.clone();
        Self { editor, first_run: cx.overview.plans.is_empty(), pattern: String::new(), shown: None }
    }

    pub fn edit(cx: &mut Cx<'_>, plan: &PlanId) -> Option<Self> {
        let mut editor = Editor::edit(cx.handle, &cx.plan(plan)?.plan);
        editor.draft.placeholders = cx.placeholders.clone();
        Some(Self { editor, first_run: false, pattern: String::new(), shown: None })
    }

    /// Draws the page; leaves by `Action::Leave`.
    pub fn show(&mut self, ui: &mut egui::Ui, cx: &mut Cx<'_>) {
        if let Some(left) = self.editor.poll(cx.handle, cx.pickers) {
            leave(cx, left);
        }
        if self.editor.is_waiting() {
            ui.ctx().request_repaint_after_secs(0.1);
        }
        self.drops(ui);
        let editor = &mut self.editor;
        let blocked = editor.blocked();
        let title = match (editor.draft.is_new(), self.first_run) {
            (false, _) => format!("Edit {}", editor.draft.name()),
            (true, true) => "Set up your first backup".into(),
            (true, false) => "Add a backup".into(),
        };
        let (next, note) = match (editor.step, editor.draft.is_new()) {
            (Step::What, _) => ("Next: Where", self::selected(editor)),
            (Step::Where, _) => ("Next: How", String::new()),
            (Step::How, true) => ("Back up now", String::new()),
            (Step::How, false) => ("Save", String::new()),
        };
        let why = blocked.clone().unwrap_or_default();
        let labels = Step::ALL.map(Step::label);
        let page = FlowPage::new(&title, &labels, editor.step as usize, editor.reached as usize)
            .note(if blocked.is_some() { &why } else { &note })
            .back(if editor.step == Step::What { "Cancel" } else { "Back" })
            .next(next, blocked.is_none(), &why);
        let pattern = &mut self.pattern;
        let just_came = self.shown.replace(editor.step) != Some(editor.step);
        let out = page.show(ui, |ui| match editor.step {
            Step::What => {
                what::show(ui, cx, editor, pattern);
                false
            }
            Step::Where => {
                where_to::show(ui, cx, editor);
                false
            }
            Step::How => how::show(ui, cx, editor, just_came),
        });
        let event = if out.inner { Some(FlowEvent::Next) } else { out.event };
        match event {
            Some(FlowEvent::Next) if editor.step == Step::How => {
                let back_up = editor.draft.is_new();
                editor.save(cx.handle, back_up);
            }
            Some(FlowEvent::Next) => editor.next(),
            Some(FlowEvent::Step(step)) => {
                if let Some(step) = Step::ALL.get(step) {
                    editor.go_to(*step);
                }
            }
            Some(FlowEvent::Back) if editor.back() => {}
            Some(FlowEvent::Back | FlowEvent::Leave) => {
                if let Some(left) = editor.leave() {
                    leave(cx, left);
                }
            }
            None => {}
        }
        if editor.confirm_leave {
            self.ask_leave(ui, cx);
        }
    }

    fn ask_leave(&mut self, ui: &egui::Ui, cx: &mut Cx<'_>) {
        let (title, text) = match self.editor.draft.is_new() {
            true => ("Leave without saving?", "What you have chosen so far is not kept."),
            false => ("Leave without saving?", "The backup stays as it was."),
        };
        match ConfirmDialog::new(title, text, "Leave").cancel("Go on here").show(ui) {
            ConfirmEvent::Confirmed => leave(cx, Left::Cancelled),
            ConfirmEvent::Cancelled => self.editor.confirm_leave = false,
            ConfirmEvent::Open | ConfirmEvent::Alternative => {}
        }
    }

    /// Folders dropped onto the window.
    fn drops(&mut self, ui: &egui::Ui) {
        let dropped = ui.input(|input| input.raw.dropped_files.clone());
        for file in dropped {
            match (self.editor.step, file.path()) {
                (Step::What, path) => self.editor.add(&path.to_string_lossy()),
                (Step::Where, path) => self.editor.choose_destination(path.to_string_lossy().into_owned()),
                _ => {}
            }
        }
    }
}

/// "100.4 GB, 61,220 files".
fn selected(editor: &Editor) -> String {
    let total = editor.measuring.total(&editor.draft);
    match total.measured.bytes {
        0 if !total.complete => counted(&total),
        bytes => format!("{}, {}", human::bytes(bytes), counted(&total)),
    }
}

/// "61,220 files", as far as they are counted.
fn counted(total: &Total) -> String {
    let files = human::counted(total.measured.files, "file", "files");
    match (total.complete, total.measured.files) {
        (true, _) => files,
        (false, 0) => "Measuring…".into(),
        (false, _) => format!("{files}, measuring…"),
    }
}

fn leave(cx: &mut Cx<'_>, left: Left) {
    match left {
        Left::Cancelled => cx.act(Action::Leave),
        Left::Saved(_, run) => {
            cx.act(Action::Leave);
            if run.is_none() {
                cx.toast(Toast::new(Tone::Ok, "Saved."));
            }
        }
        Left::Adopted(plan) => {
            cx.act(Action::Leave);
            let toast = Toast::new(Tone::Ok, "It goes on here now. It runs when you ask, until you choose a schedule.");
            cx.toast(toast.action("Choose a schedule", Box::new(Action::EditPlan(plan))));
        }
        Left::RestoreFrom(path) => {
            let place = |location| Place { location, plan: PlanChoice::Only, secret: None::<Secret> };
            cx.act(Action::RestoreFrom(cx.placeholders.typed(&path).map(place)));
        }
    }
}
