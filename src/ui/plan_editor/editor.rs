//! The three pages' state, without drawing: which step, what was asked of the engine, why Next is off.

use jiff::Timestamp;

use super::draft::Draft;
use super::existing::Existing;
use super::measuring::Measuring;
use super::secret_file::SecretFileChoice;
use super::sentence::drive_of;
use crate::engine::Handle;
use crate::engine::message::{Command, Drive, PlanAt, Suggestion, TestResult};
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Problem;
use crate::model::run::RunId;
use crate::model::secret::Secret;
use crate::model::snapshot::WantedType;
use crate::ui::context::{new_run_id, random};
use crate::ui::load::Load;
use crate::ui::pick::Pickers;
use crate::ui::server_access::ServerAccess;
use crate::ui::server_form::ServerForm;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    What,
    Where,
    How,
}

impl Step {
    pub const ALL: [Self; 3] = [Self::What, Self::Where, Self::How];

    pub fn label(self) -> &'static str {
        match self {
            Self::What => "What",
            Self::Where => "Where",
            Self::How => "How",
        }
    }
}

/// How the pages were left.
#[derive(Clone, Debug, PartialEq)]
pub enum Left {
    Cancelled,
    /// With the run that was begun, where one was asked for.
    Saved(PlanId, Option<RunId>),
    /// The destination holds backups already, and the person wants those.
    RestoreFrom(String),
    /// A backup that lies there is gone on with here.
    Adopted(PlanId),
}

/// For what a folder dialog was opened.
const ADD_SOURCE: &str = "add a source";
const CHOOSE_DESTINATION: &str = "choose the destination";

pub struct Editor {
    pub step: Step,
    /// The farthest step that was seen.
    pub reached: Step,
    pub draft: Draft,
    suggestions: Load<Vec<Suggestion>>,
    pub measuring: Measuring,
    pub drives: Load<Vec<Drive>>,
    pub test: Load<TestResult>,
    tested: String,
    plans_here: Load<Vec<PlanAt>>,
    plans_of: String,
    pub path_to_add: String,
    pub add_error: Option<String>,
    pub show_left_out: bool,
    pub show_advanced: bool,
    pub new_key: Load<Secret>,
    pub secret_file: SecretFileChoice,
    pub server: ServerAccess,
    pub server_form: ServerForm,
    pub existing: Existing,
    /// A password file that is made before the backup is saved.
    making: Load<Secret>,
    made_for: PathBytes,
    saving: Load<()>,
    back_up_then: bool,
    pub save_problem: Option<Problem>,
    pub confirm_leave: bool,
    touched: bool,
}

impl Editor {
    pub fn new(handle: &Handle, now: Timestamp, home_folder: &PathBytes) -> Self {
        Self::with(handle, Draft::new(PlanId::from_random(random()), now, home_folder.clone()))
    }

    pub fn edit(handle: &Handle, plan: &Plan) -> Self {
        let mut editor = Self::with(handle, Draft::of(plan));
        editor.reached = Step::How;
        editor
    }

    fn with(handle: &Handle, draft: Draft) -> Self {
        Self {
            step: Step::What,
            reached: Step::What,
            draft,
            suggestions: Load::Waiting(handle.suggest_sources()),
            measuring: Measuring::default(),
            drives: Load::Waiting(handle.drives()),
            test: Load::Idle,
            tested: String::new(),
            plans_here: Load::Idle,
            plans_of: String::new(),
            path_to_add: String::new(),
            add_error: None,
            show_left_out: false,
            show_advanced: false,
            new_key: Load::Idle,
            secret_file: SecretFileChoice::default(),
            server_form: ServerForm::default(),
            existing: Existing::default(),
            server: ServerAccess::default(),
            making: Load::Idle,
            made_for: PathBytes::default(),
            saving: Load::Idle,
            back_up_then: false,
            save_problem: None,
            confirm_leave: false,
            touched: false,
        }
    }

    /// Whether an answer is on its way.
    pub fn is_waiting(&self) -> bool {
        self.suggestions.is_waiting()
            || self.measuring.is_waiting()
            || self.drives.is_waiting()
            || self.test.is_waiting()
            || self.plans_here.is_waiting()
            || self.new_key.is_waiting()
            || self.secret_file.is_waiting()
            || self.is_saving()
    }

    fn is_saving(&self) -> bool {
        self.making.is_waiting() || self.saving.is_waiting()
    }

    pub fn suggesting(&self) -> bool {
        self.suggestions.is_waiting()
    }

    /// Takes in what has been answered since the last frame; `Some` where the pages are done with.
    pub fn poll(&mut self, handle: &Handle, pickers: &mut Pickers) -> Option<Left> {
        if self.suggestions.poll()
            && let Load::Ready(suggestions) = &self.suggestions
        {
            self.draft.suggest(suggestions);
        }
        let is_chosen = !self.draft.destination.is_empty() || !self.draft.also.is_empty() || self.server_form.is_open();
        if self.drives.poll() && !is_chosen {
            self.choose_best_drive();
        }
        if self.step == Step::What || self.step == Step::How {
            self.measuring.poll(handle, &self.draft);
        }
        self.test.poll();
        self.look_for_plans(handle);
        self.poll_picker(pickers);
        if self.new_key.poll()
            && let Load::Ready(key) = &self.new_key
        {
            self.draft.recovery_key = Some(key.clone());
            self.draft.written_down = false;
        }
        if let Some(plan) = self.draft.kept()
            && let Some(file) = self.secret_file.poll(handle, plan)
        {
            self.draft.secret_file = Some(file);
            self.touched = true;
        }
        self.poll_saving(handle)
    }

    /// A drive beside the system's is the better place, and the one with most room the best of them.
    fn choose_best_drive(&mut self) {
        let best = self.drives.ready().into_iter().flatten().filter(|d| !d.is_system && !d.is_network).max_by_key(|d| d.free);
        if let Some(drive) = best {
            self.draft.destination = drive.mount_point.display().into_owned();
        }
    }

    fn look_for_plans(&mut self, handle: &Handle) {
        self.plans_here.poll();
        let destination = self.draft.destination.trim();
        if self.step == Step::Where
            && self.draft.is_new()
            && destination != self.plans_of
            && !self.plans_here.is_waiting()
            && let Some(location) = self.draft.location()
            // No server is called while its name is being typed.
            && (location.path().is_some() || matches!(self.test_shown(), Some(Load::Ready(_))))
        {
            self.plans_of = destination.to_owned();
            self.plans_here = Load::Waiting(handle.plans_at(location));
        }
    }

    /// Backups that lie at the destination already.
    pub fn plans_found(&self) -> &[PlanAt] {
        match self.plans_here.ready() {
            Some(plans) if self.plans_of == self.draft.destination.trim() => plans,
            _ => &[],
        }
    }

    fn poll_picker(&mut self, pickers: &mut Pickers) {
        for path in pickers.picked(ADD_SOURCE).into_iter().flatten() {
            self.add(&path.display());
        }
        if let Some(path) = pickers.picked(CHOOSE_DESTINATION).and_then(|picked| picked.into_iter().next()) {
            self.choose_destination(path.display().into_owned());
        }
    }

    /// Opens the folder dialog for further sources.
    pub fn pick_sources(pickers: &mut Pickers) {
        pickers.pick_folders(ADD_SOURCE, "Add folders to the backup", true);
    }

    pub fn pick_destination(pickers: &mut Pickers) {
        pickers.pick_folders(CHOOSE_DESTINATION, "Where the backup goes", false);
    }

    /// Adds a folder, from the dialog, the field or dropped onto the window.
    pub fn add(&mut self, path: &str) {
        self.touched = true;
        self.add_error = self.draft.add(path).err();
        if self.add_error.is_none() {
            self.path_to_add.clear();
        }
    }

    pub fn choose_destination(&mut self, path: String) {
        self.touched = true;
        self.draft.destination = path;
    }

    pub fn touch(&mut self) {
        self.touched = true;
    }

    /// Asks the engine to try the destination.
    pub fn test_connection(&mut self, handle: &Handle) {
        let destination = self.draft.destination.trim();
        if let Some(location) = self.draft.location() {
            self.tested = destination.to_owned();
            self.test = Load::Waiting(handle.test_destination(location));
        }
    }

    /// The test's state, as long as it is about what stands in the field.
    pub fn test_shown(&self) -> Option<&Load<TestResult>> {
        (!self.test.is_idle() && self.tested == self.draft.destination.trim()).then_some(&self.test)
    }

    /// The drive the destination lies on.
    pub fn drive(&self) -> Option<&Drive> {
        let location = self.draft.location()?;
        drive_of(&location.path()?.display(), self.drives.ready()?)
    }

    pub fn known_drives(&self) -> &[Drive] {
        self.drives.ready().map_or(&[], Vec::as_slice)
    }

    /// Why the next step is off, in words.
    pub fn blocked(&self) -> Option<String> {
        if self.is_saving() {
            return Some("Saving…".into());
        }
        match self.step {
            Step::What if self.suggesting() && self.draft.sources.is_empty() => Some("Looking for your folders…".into()),
            Step::What => self.draft.what_blocked(),
            Step::Where => self.where_blocked(),
            Step::How => self.draft.what_blocked().or_else(|| self.where_blocked()).or_else(|| self.draft.how_blocked()),
        }
    }

    /// Why the destination that is being chosen cannot be taken yet. A server has to have answered: a first run that nobody watches would
    /// only fail.
    pub fn where_blocked(&self) -> Option<String> {
        // What is being filled in is no place yet, whatever was chosen before.
        if self.draft.destination.trim().is_empty()
            && let Some(lack) = self.server_form.lack()
        {
            return Some(lack.in_words());
        }
        if let Some(why) = self.draft.where_blocked() {
            return Some(why);
        }
        let location = self.draft.location().filter(|location| location.path().is_none())?;
        let is_known = self.draft.kept().is_some_and(|plan| plan.destinations.contains(&location));
        let answered = is_known || matches!(self.test_shown(), Some(Load::Ready(_)));
        (!answered).then(|| "Test the connection first.".into())
    }

    pub fn next(&mut self) {
        if self.blocked().is_none() {
            self.step = match self.step {
                Step::What => Step::Where,
                Step::Where | Step::How => Step::How,
            };
            self.reached = self.reached.max(self.step);
        }
    }

    /// `false` on the first step.
    pub fn back(&mut self) -> bool {
        self.step = match self.step {
            Step::What => return false,
            Step::Where => Step::What,
            Step::How => Step::Where,
        };
        true
    }

    pub fn go_to(&mut self, step: Step) {
        if step <= self.reached {
            self.step = step;
        }
    }

    /// Saves, and then backs up where asked for.
    pub fn save(&mut self, handle: &Handle, back_up: bool) {
        if self.blocked().is_some() {
            return;
        }
        self.save_problem = None;
        self.back_up_then = back_up;
        if let Some(path) = self.draft.password_to_make() {
            self.made_for = path.clone();
            self.making = Load::Waiting(handle.make_password_file(path));
        } else if let Some((plan, secrets)) = self.draft.finish() {
            self.saving = Load::Waiting(handle.save_plan(plan, secrets));
        }
    }

    fn poll_saving(&mut self, handle: &Handle) -> Option<Left> {
        if self.making.poll() {
            match std::mem::take(&mut self.making) {
                Load::Ready(password) => {
                    self.draft.password.keep(std::mem::take(&mut self.made_for), password);
                    self.save(handle, self.back_up_then);
                }
                Load::Failed(problem) => self.save_problem = Some(problem),
                _ => {}
            }
        }
        if !self.saving.poll() {
            return None;
        }
        match std::mem::take(&mut self.saving) {
            Load::Ready(()) => {
                let plan = self.draft.id().clone();
                if !self.back_up_then {
                    return Some(Left::Saved(plan, None));
                }
                let run = new_run_id();
                let command = Command::BackUp {
                    run,
                    plan: plan.clone(),
                    kind: WantedType::Auto,
                    base: None,
                    take_over: false,
                    accept_shrunk: false,
                };
                // The plan is saved either way; its card has the button too.
                let sent = handle.send(command).is_ok();
                Some(Left::Saved(plan, sent.then_some(run)))
            }
            Load::Failed(problem) => {
                self.save_problem = Some(problem);
                None
            }
            _ => None,
        }
    }

    /// Leaves at once where nothing was typed, else asks first.
    pub fn leave(&mut self) -> Option<Left> {
        if self.touched {
            self.confirm_leave = true;
            return None;
        }
        Some(Left::Cancelled)
    }
}
