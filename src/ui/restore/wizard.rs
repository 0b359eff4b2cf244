//! The restore wizard as a state machine, without drawing: which step, what is chosen, why Next is off.

mod archive;
mod blocked;
pub mod history;
mod opening;
mod running;
mod steps;

use zeroize::Zeroizing;

pub use self::archive::{FromFile, Source};
pub use self::history::FileHistory;
use self::opening::Choosing;
use super::everywhere::Everywhere;
use super::rows::{PageKey, Tree};
use super::search::Search;
use super::selection::{Choice, Selection};
use crate::engine::Handle;
use crate::engine::message::{PlanAt, Unreadable, VersionList};
use crate::model::location::placeholder::Placeholders;
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Problem;
use crate::model::restore::{Conflict, Place, RestoreCounts, RestoreSpec};
use crate::model::run::{RunId, RunReport};
use crate::model::snapshot::{Manifest, VersionId};
use crate::ui::follow::Follow;
use crate::ui::key_file::KeyFileChoice;
use crate::ui::load::Load;
use crate::ui::server_access::ServerAccess;
use crate::ui::server_form::ServerForm;
use crate::ui::widgets::PasswordField;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Which backup, where the wizard was opened without one.
    Backup,
    /// The list of versions is public: it needs no key.
    Version,
    /// Only where this machine does not know the key.
    Password,
    What,
    Where,
    Review,
    Progress,
    Result,
}

impl Wizard {
    /// What the stepper calls a step.
    pub fn label(&self, step: Step) -> &'static str {
        match step {
            Step::Backup if self.is_archive() => "File",
            step => step.label(),
        }
    }
}

impl Step {
    fn label(self) -> &'static str {
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

/// The versions that can be read, newest last, and the others.
type Lists = (Load<VersionList>, Load<Vec<Unreadable>>);

pub struct Wizard {
    pub step: Step,
    /// Opened without a backup: the first step asks for one.
    from_anywhere: bool,
    pub source: Source,
    pub from_file: FromFile,
    pub destination: String,
    /// What stands for those in its address.
    pub placeholders: Placeholders,
    pub plans: Load<Vec<PlanAt>>,
    /// Of the server that they lie on.
    pub server: ServerAccess,
    pub server_form: ServerForm,
    pub plan_chosen: Option<usize>,
    /// The backup to choose once it is found.
    wanted: Option<PlanId>,
    pub name: String,
    place: Option<Place>,
    pub lock: Lock,
    needs_password: bool,
    pub password: Zeroizing<String>,
    pub key_file: KeyFileChoice,
    /// What was wrong with the password typed last.
    pub refused: Option<Problem>,
    refused_now: bool,
    pub versions: Load<VersionList>,
    /// Those that cannot be read or not be trusted, with the reason.
    pub unreadable: Load<Vec<Unreadable>>,
    /// Both lists again, judged with the key that was typed.
    relisted: Option<Lists>,
    pub version: Option<VersionId>,
    /// The version that was chosen turned out unreadable once there was a key to judge it by.
    pub distrusted: bool,
    /// Which version the tree shows.
    tree_of: Option<VersionId>,
    pub tree: Tree,
    pages: Vec<(PageKey, crate::engine::Pending<crate::engine::message::Rows>)>,
    pub selection: Selection,
    pub search: Search,
    /// The file whose versions are looked at, in the tree's place.
    pub history: Option<FileHistory>,
    /// In all versions, on the page of these.
    pub everywhere: Everywhere,
    /// The field of that search gets the focus as soon as it is there.
    pub focus_search: bool,
    /// Which of its plan's destinations is read from, while that is not known yet.
    choosing: Option<Choosing>,
    sum: Load<(u64, u64)>,
    sum_of: Choice,
    pub place_kind: PlaceKind,
    pub folder: String,
    pub conflict: Conflict,
    pub metadata: bool,
    pub full_paths: bool,
    /// Of an archive: also what unpacks to absurdly much.
    any_size: bool,
    review_of: Option<RestoreSpec>,
    pub review: Load<RestoreCounts>,
    pub run: Option<RunId>,
    following: Option<Follow>,
    pub refused_start: Option<Problem>,
    pub report: Option<Box<RunReport>>,
    pub cancel_asked: bool,
}

impl Wizard {
    /// For a backup that is set up here. `default_folder`: suggested where the original place is not wanted.
    pub fn for_plan(handle: &Handle, plan: &Plan, version: Option<VersionId>, default_folder: String) -> Self {
        let mut wizard = Self::empty(Step::Version, default_folder);
        wizard.name = plan.name.clone();
        match &plan.destinations[..] {
            [only] => {
                wizard.open(handle, Place::of(&plan.id, only), plan.seal.is_some());
                wizard.version = version;
            }
            _ => wizard.choose_destination(handle, plan, version),
        }
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

    /// For one archive that is named in the pages, or this one.
    pub fn from_archive(handle: &Handle, file: Option<PathBytes>, default_folder: String) -> Self {
        let mut wizard = Self { source: Source::File, ..Self::from_anywhere(default_folder) };
        if let Some(file) = file {
            wizard.from_file.path = file.display().into_owned();
            wizard.look_into(handle, file);
        }
        wizard
    }

    fn empty(step: Step, folder: String) -> Self {
        Self {
            step,
            from_anywhere: false,
            source: Source::default(),
            from_file: FromFile::default(),
            destination: String::new(),
            placeholders: Placeholders::default(),
            plans: Load::Idle,
            server: ServerAccess::default(),
            server_form: ServerForm::default(),
            plan_chosen: None,
            wanted: None,
            name: String::new(),
            place: None,
            lock: Lock::Trying(Load::Idle),
            needs_password: false,
            password: PasswordField::buffer(),
            key_file: KeyFileChoice::default(),
            refused: None,
            refused_now: false,
            versions: Load::Idle,
            unreadable: Load::Idle,
            relisted: None,
            version: None,
            distrusted: false,
            tree_of: None,
            tree: Tree::default(),
            pages: Vec::new(),
            selection: Selection::default(),
            search: Search::default(),
            history: None,
            everywhere: Everywhere::default(),
            focus_search: false,
            choosing: None,
            sum: Load::Idle,
            sum_of: Choice::default(),
            place_kind: PlaceKind::Original,
            folder,
            conflict: Conflict::default(),
            metadata: true,
            full_paths: false,
            any_size: false,
            review_of: None,
            review: Load::Idle,
            run: None,
            following: None,
            refused_start: None,
            report: None,
            cancel_asked: false,
        }
    }

    /// Takes in what the engine has answered since the last frame.
    pub fn poll(&mut self, handle: &Handle) {
        self.poll_plans();
        self.poll_destination(handle);
        self.poll_lists();
        self.poll_lock(handle);
        self.poll_file();
        self.poll_history();
        for (key, mut pending) in std::mem::take(&mut self.pages) {
            match pending.take_ready() {
                Some(answer) => self.tree.insert(&key, answer.map(|rows| (rows.rows, rows.total))),
                None => self.pages.push((key, pending)),
            }
        }
        self.sum.poll();
        self.review.poll();
        if self.step == Step::What
            && let Some(origin) = self.origin()
        {
            self.search.poll(handle, &origin);
        }
        if self.step == Step::Version
            && self.is_open()
            && let Some(place) = &self.place
        {
            self.everywhere.poll(handle, place);
        }
        self.follow(handle);
    }

    /// Whether an answer is on its way.
    pub fn is_waiting(&self) -> bool {
        self.plans.is_waiting()
            || self.choosing.is_some()
            || self.versions.is_waiting()
            || self.unreadable.is_waiting()
            || self.relisted.is_some()
            || self.unlocking()
            || !self.pages.is_empty()
            || self.search.is_waiting()
            || (self.step == Step::Version && self.is_open() && self.everywhere.is_waiting())
            || self.sum.is_waiting()
            || self.review.is_waiting()
            || self.from_file.opening.is_waiting()
            || self.history.as_ref().is_some_and(|history| history.answer.is_waiting())
    }

    fn forget_tree(&mut self) {
        self.tree_of = None;
        self.tree = Tree::default();
        self.pages.clear();
        self.selection.clear();
        self.search.forget_results();
        self.history = None;
        self.sum = Load::Idle;
    }

    /// Asks for a page that is on screen, once.
    pub fn want_page(&mut self, handle: &Handle, key: PageKey) {
        // A page more than is ever on screen at once: a wild ride down the scroll bar asks for what it passes, not for all.
        if self.pages.len() >= 6 || self.pages.iter().any(|(asked, _)| *asked == key) {
            return;
        }
        if let Some(origin) = self.origin() {
            let pending = handle.children(origin, key.folder.clone(), key.skip(), super::rows::PAGE);
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
        let source = || self.tree.child(&PathBytes::default(), 0).map(|row| row.path.clone());
        let chosen = choice.paths.first().and_then(|path| path.as_bytes().strip_prefix(b"/")).map(PathBytes::new);
        let first = chosen.or_else(source)?;
        Some(first.parent()).filter(|parent| !parent.is_empty()).map(names::system_path)
    }

    /// Whether versions lie there that cannot be read.
    pub fn has_unreadable(&self) -> bool {
        self.unreadable.ready().is_some_and(|list| !list.is_empty())
    }

    pub fn manifest(&self) -> Option<&Manifest> {
        let chosen = self.version.as_ref()?;
        self.versions.ready()?.manifests.iter().find(|manifest| manifest.id == *chosen)
    }

    /// Files and bytes of all that the version or archive holds.
    pub fn whole(&self) -> Option<(u64, u64)> {
        if let Some(archive) = self.archive() {
            return Some((archive.files, archive.bytes));
        }
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
            if let Some(origin) = self.origin() {
                let pending = handle.sum(origin, choice.paths.clone(), choice.except.clone());
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
