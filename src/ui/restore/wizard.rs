//! The restore wizard as a state machine, without drawing: which step, what is chosen, why Next is off.

mod blocked;
mod running;

use tokio::sync::broadcast;
use zeroize::Zeroizing;

use super::rows::{PageKey, Tree};
use super::search::Search;
use super::selection::{Choice, Selection};
use crate::engine::Handle;
use crate::engine::message::{Event, PlanAt};
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::restore::{Conflict, Place, PlanChoice, RestoreCounts, RestoreSpec, VersionChoice};
use crate::model::run::{RunId, RunReport};
use crate::model::secret::Secret;
use crate::model::snapshot::{Manifest, VersionId};
use crate::ui::load::Load;
use crate::ui::widgets::PasswordField;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Which backup, where the wizard was opened without one.
    Backup,
    /// Only where this machine does not know it; before the versions, whose list is sealed too.
    Password,
    Version,
    What,
    Where,
    Review,
    Progress,
    Result,
}

impl Step {
    pub fn label(self) -> &'static str {
        match self {
            Self::Backup => "Backup",
            Self::Version => "Version",
            Self::Password => "Password",
            Self::What => "What",
            Self::Where => "Where",
            Self::Review => "Review",
            Self::Progress => "Restoring",
            Self::Result => "Result",
        }
    }
}

/// Where the original place is not wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    Original,
    Folder,
}

/// Whether the backup can be read.
pub enum Lock {
    /// Not found out yet: with what this machine knows, or with what was typed.
    Trying(Load<()>),
    /// Something has to be typed.
    Closed,
    Open,
}

pub struct Wizard {
    pub step: Step,
    /// Opened without a backup: the first step asks for one.
    from_anywhere: bool,
    pub destination: String,
    pub plans: Load<Vec<PlanAt>>,
    pub plan_chosen: Option<usize>,
    /// The backup to choose once it is found.
    wanted: Option<PlanId>,
    pub name: String,
    place: Option<Place>,
    pub lock: Lock,
    needs_password: bool,
    pub password: Zeroizing<String>,
    /// What was wrong with the password typed last.
    pub refused: Option<Problem>,
    refused_now: bool,
    pub versions: Load<Vec<Manifest>>,
    pub version: Option<VersionId>,
    /// Which version the tree shows.
    tree_of: Option<VersionId>,
    pub tree: Tree,
    pages: Vec<(PageKey, crate::engine::Pending<crate::engine::message::Rows>)>,
    pub selection: Selection,
    pub search: Search,
    sum: Load<(u64, u64)>,
    sum_of: Choice,
    pub place_kind: PlaceKind,
    pub folder: String,
    pub conflict: Conflict,
    pub metadata: bool,
    pub full_paths: bool,
    review_of: Option<RestoreSpec>,
    pub review: Load<RestoreCounts>,
    pub run: Option<RunId>,
    events: Option<broadcast::Receiver<Event>>,
    missed: Load<Option<Box<RunReport>>>,
    pub refused_start: Option<Problem>,
    pub report: Option<Box<RunReport>>,
    pub cancel_asked: bool,
}

impl Wizard {
    /// For a backup that is set up here. `default_folder`: suggested where the original place is not wanted.
    pub fn for_plan(handle: &Handle, plan: &Plan, version: Option<VersionId>, default_folder: String) -> Self {
        let mut wizard = Self::empty(Step::Version, default_folder);
        wizard.name = plan.name.clone();
        if let Some(location) = plan.destinations.first() {
            let place = Place { location: location.clone(), plan: PlanChoice::Id(plan.id.clone()), secret: None };
            wizard.open(handle, place, plan.seal.is_some());
        }
        wizard.version = version;
        wizard
    }

    /// For backups that lie in a folder, known here or not.
    pub fn from_anywhere(default_folder: String) -> Self {
        Self { from_anywhere: true, ..Self::empty(Step::Backup, default_folder) }
    }

    /// As [`Self::from_anywhere`], with the folder named already, and perhaps the backup in it.
    pub fn from_folder(handle: &Handle, folder: &str, wanted: Option<PlanId>, default_folder: String) -> Self {
        let mut wizard = Self::from_anywhere(default_folder);
        wizard.destination = folder.into();
        wizard.wanted = wanted;
        wizard.look(handle);
        wizard
    }

    fn empty(step: Step, folder: String) -> Self {
        Self {
            step,
            from_anywhere: false,
            destination: String::new(),
            plans: Load::Idle,
            plan_chosen: None,
            wanted: None,
            name: String::new(),
            place: None,
            lock: Lock::Trying(Load::Idle),
            needs_password: false,
            password: PasswordField::buffer(),
            refused: None,
            refused_now: false,
            versions: Load::Idle,
            version: None,
            tree_of: None,
            tree: Tree::default(),
            pages: Vec::new(),
            selection: Selection::default(),
            search: Search::default(),
            sum: Load::Idle,
            sum_of: Choice::default(),
            place_kind: PlaceKind::Original,
            folder,
            conflict: Conflict::default(),
            metadata: true,
            full_paths: false,
            review_of: None,
            review: Load::Idle,
            run: None,
            events: None,
            missed: Load::Idle,
            refused_start: None,
            report: None,
            cancel_asked: false,
        }
    }

    /// Looks for backups in the folder that was named.
    pub fn look(&mut self, handle: &Handle) {
        let path = self.destination.trim();
        if path.starts_with('/') {
            self.plan_chosen = None;
            self.plans = Load::Waiting(handle.plans_at(Location::local(path)));
        }
    }

    fn open(&mut self, handle: &Handle, place: Place, sealed: bool) {
        self.needs_password = false;
        self.refused = None;
        self.version = None;
        self.forget_tree();
        self.versions = Load::Idle;
        self.lock = Lock::Trying(if sealed { Load::Waiting(handle.unlock(place.clone())) } else { Load::Ready(()) });
        self.place = Some(place);
    }

    /// The steps that the stepper shows.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::with_capacity(6);
        if self.from_anywhere {
            steps.push(Step::Backup);
        }
        if self.needs_password {
            steps.push(Step::Password);
        }
        steps.extend([Step::Version, Step::What, Step::Where, Step::Review]);
        steps
    }

    /// Takes in what the engine has answered since the last frame.
    pub fn poll(&mut self, handle: &Handle) {
        if self.plans.poll()
            && let Some(plans) = self.plans.ready()
        {
            let wanted = plans.iter().position(|plan| Some(&plan.id) == self.wanted.as_ref());
            self.plan_chosen = wanted.or((plans.len() == 1).then_some(0));
        }
        if self.versions.poll()
            && self.manifest().is_none()
            && let Some(newest) = self.versions.ready().and_then(|versions| versions.last())
        {
            self.version = Some(newest.id.clone());
        }
        self.poll_lock(handle);
        for (key, mut pending) in std::mem::take(&mut self.pages) {
            match pending.take_ready() {
                Some(answer) => self.tree.insert(&key, answer.map(|rows| (rows.rows, rows.total))),
                None => self.pages.push((key, pending)),
            }
        }
        self.sum.poll();
        self.review.poll();
        if self.step == Step::What
            && let (Some(place), Some(version)) = (&self.place, &self.version)
        {
            self.search.poll(handle, place, version);
        }
        self.follow(handle);
    }

    fn poll_lock(&mut self, handle: &Handle) {
        let Lock::Trying(trying) = &mut self.lock else { return };
        trying.poll();
        match std::mem::take(trying) {
            Load::Ready(()) => {
                self.lock = Lock::Open;
                self.refused = None;
                if let Some(place) = &self.place {
                    self.versions = Load::Waiting(handle.versions(place.clone()));
                }
                if self.step == Step::Password {
                    self.step = Step::Version;
                }
            }
            Load::Failed(problem) => {
                self.lock = Lock::Closed;
                // A first try is with what this machine knows: only what was typed can be wrong.
                let typed = self.place.as_ref().is_some_and(|place| place.secret.is_some());
                self.needs_password = true;
                self.refused = (typed || problem.code != Code::PasswordNeeded).then_some(problem);
                self.refused_now = typed;
                if self.step == Step::Version {
                    self.step = Step::Password;
                }
            }
            other => *trying = other,
        }
    }

    /// Whether an answer is on its way.
    pub fn is_waiting(&self) -> bool {
        self.plans.is_waiting()
            || self.versions.is_waiting()
            || self.unlocking()
            || !self.pages.is_empty()
            || self.search.is_waiting()
            || self.sum.is_waiting()
            || self.review.is_waiting()
    }

    /// Tries what was typed: the password or the recovery key.
    pub fn unlock(&mut self, handle: &Handle) {
        if self.password.is_empty() || matches!(self.lock, Lock::Trying(_)) {
            return;
        }
        if let Some(place) = &mut self.place {
            place.secret = Some(Secret::new(self.password.as_str()));
            self.lock = Lock::Trying(Load::Waiting(handle.unlock(place.clone())));
        }
    }

    /// Opens the backup anew after it could not be read.
    pub fn reopen(&mut self, handle: &Handle) {
        if let Some(place) = self.place.clone() {
            self.open(handle, place, true);
        }
    }

    pub fn is_open(&self) -> bool {
        matches!(self.lock, Lock::Open)
    }

    /// Once after each refusal: the moment to give the field the focus again.
    pub fn take_refused_now(&mut self) -> bool {
        std::mem::take(&mut self.refused_now)
    }

    pub fn unlocking(&self) -> bool {
        matches!(self.lock, Lock::Trying(_))
    }

    /// Goes to the next step, where nothing stands against it.
    pub fn next(&mut self, handle: &Handle) {
        if self.blocked().is_some() {
            return;
        }
        match self.step {
            Step::Backup => {
                let chosen = self.plan_chosen.and_then(|at| self.plans.ready()?.get(at)).cloned();
                if let Some(plan) = chosen {
                    let place = Place {
                        location: Location::local(self.destination.trim()),
                        plan: PlanChoice::Id(plan.id.clone()),
                        secret: None,
                    };
                    // Coming back without having chosen another keeps what was done.
                    let same = self.place.as_ref().is_some_and(|p| p.location == place.location && p.plan == place.plan);
                    if !same {
                        self.name = plan.name;
                        self.open(handle, place, plan.sealed);
                    }
                    self.step = Step::Version;
                }
            }
            Step::Version => self.enter(Step::What),
            Step::Password if matches!(self.lock, Lock::Open) => self.step = Step::Version,
            Step::Password => self.unlock(handle),
            Step::What => self.step = Step::Where,
            Step::Where => {
                self.step = Step::Review;
                self.work_out(handle);
            }
            Step::Review => self.start(handle),
            Step::Progress | Step::Result => {}
        }
    }

    /// The step before; `None`: the wizard's first.
    pub fn previous(&self) -> Option<Step> {
        let mut before = self.steps().into_iter().rev().skip_while(|step| *step != self.step).skip(1);
        // A lock that is open is not shown again on the way back.
        before.find(|step| *step != Step::Password || !self.is_open())
    }

    pub fn back(&mut self) {
        if let Some(step) = self.previous() {
            self.step = step;
        }
    }

    /// Goes back to a step that was visited.
    pub fn go_to(&mut self, step: Step) {
        if step < self.step && self.step < Step::Progress {
            self.step = step;
        }
    }

    fn enter(&mut self, step: Step) {
        self.step = step;
        if step == Step::What && self.tree_of != self.version {
            self.forget_tree();
            self.tree_of = self.version.clone();
        }
    }

    fn forget_tree(&mut self) {
        self.tree_of = None;
        self.tree = Tree::default();
        self.pages.clear();
        self.selection.clear();
        self.search.forget_results();
        self.sum = Load::Idle;
    }

    /// Asks for a page that is on screen, once.
    pub fn want_page(&mut self, handle: &Handle, key: PageKey) {
        // A page more than is ever on screen at once: a wild ride down the scroll bar asks for what it passes, not for all.
        if self.pages.len() >= 6 || self.pages.iter().any(|(asked, _)| *asked == key) {
            return;
        }
        if let (Some(place), Some(version)) = (&self.place, self.version_choice()) {
            let pending = handle.children(place.clone(), version, key.folder.clone(), key.skip(), super::rows::PAGE);
            self.pages.push((key, pending));
        }
    }

    /// Draws a folder's box together with its children's after one of these was clicked.
    pub fn gather(&mut self, folder: &PathBytes) {
        let Some(children) = self.tree.children(folder) else { return };
        let weight = if folder.is_empty() { self.whole() } else { self.tree.weight(folder) };
        self.selection.gather(folder, children, weight);
    }

    /// The folder the first chosen thing lies in.
    pub fn first_parent(&self) -> Option<PathBytes> {
        let choice = self.selection.choice()?;
        let source = || self.tree.child(&PathBytes::default(), 0).map(|row| PathBytes::from("/").join(row.path.as_bytes()));
        let first = choice.paths.first().cloned().or_else(source)?;
        Some(PathBytes::new(first.parent())).filter(|parent| !parent.is_empty())
    }

    pub fn version_choice(&self) -> Option<VersionChoice> {
        self.version.clone().map(VersionChoice::Id)
    }

    pub fn manifest(&self) -> Option<&Manifest> {
        let chosen = self.version.as_ref()?;
        self.versions.ready()?.iter().find(|manifest| manifest.id == *chosen)
    }

    /// Files and bytes of all that the version holds.
    pub fn whole(&self) -> Option<(u64, u64)> {
        self.manifest().map(|manifest| (manifest.totals.files, manifest.totals.bytes))
    }

    /// Files and bytes of what is ticked: from the rows where they say so, else the engine is asked.
    pub fn chosen_weight(&mut self, handle: &Handle) -> Option<(u64, u64)> {
        if let Some(weight) = self.selection.weight() {
            return Some(weight);
        }
        let choice = self.selection.choice()?;
        if choice != self.sum_of || self.sum.is_idle() {
            // An older question still open is waited for: its answer comes soon, and the engine is not flooded.
            if self.sum.is_waiting() {
                return None;
            }
            if let (Some(place), Some(version)) = (&self.place, self.version_choice()) {
                let pending = handle.sum(place.clone(), version, choice.paths.clone(), choice.except.clone());
                (self.sum, self.sum_of) = (Load::Waiting(pending), choice);
            }
        }
        self.sum.ready().copied()
    }

    /// Whether leaving would lose something that was typed or chosen.
    pub fn has_input(&self) -> bool {
        !self.selection.is_empty() || !self.password.is_empty()
    }
}
