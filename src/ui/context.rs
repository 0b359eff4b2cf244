//! What every page gets to draw with, and what it can ask the window for.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::pace::{Pace, Paces};
use super::pick::Pickers;
use super::widgets::Toast;
use crate::engine::Handle;
use crate::engine::message::{Command, Overview, PlanOverview, RunOverview};
use crate::model::location::placeholder::Placeholders;
use crate::model::path::PathBytes;
use crate::model::plan::PlanId;
use crate::model::restore::Place;
use crate::model::run::{RunId, RunKind};
use crate::model::snapshot::{VersionId, WantedType};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Backups,
    Schedules,
    Encryption,
    Storage,
}

impl Tab {
    pub const ALL: [Self; 4] = [Self::Backups, Self::Schedules, Self::Encryption, Self::Storage];

    pub fn label(self) -> &'static str {
        match self {
            Self::Backups => "Backups",
            Self::Schedules => "Schedules",
            Self::Encryption => "Encryption",
            Self::Storage => "Storage",
        }
    }
}

/// What a page asks of the window; done after the frame is drawn.
#[derive(Clone, Debug)]
pub enum Action {
    Tab(Tab),
    /// Sets up a new backup.
    NewPlan,
    EditPlan(PlanId),
    /// Opens the restore pages for a plan, at a version if one is named.
    RestorePlan(PlanId, Option<VersionId>),
    /// Opens the restore pages to look for backups anywhere.
    RestoreFrom(Option<Place>),
    /// Opens the restore pages at one archive file, of anybody's making.
    RestoreFromFile(Option<PathBytes>),
    /// Leaves the pages of steps.
    Leave,
    /// Opens Activity, at a run's report if one is named.
    Activity(Option<RunId>),
    /// Opens Activity with this plan's runs.
    History(PlanId),
    Settings,
    /// Shows a folder in the desktop's file manager.
    OpenFolder(PathBytes),
    Send(Command),
    Toast(Toast<Box<Action>>),
}

/// One frame's view of the world. Nothing in it blocks.
pub struct Cx<'a> {
    pub handle: &'a Handle,
    pub overview: &'a Overview,
    pub now: Timestamp,
    pub zone: &'a TimeZone,
    /// Grows whenever the engine has something new to tell; ask again what depends on it.
    pub generation: u64,
    /// Whether files dropped onto the window arrive: not on Wayland.
    pub drops: bool,
    /// What stands for those of an address that is typed.
    pub placeholders: &'a Placeholders,
    pub pickers: &'a mut Pickers,
    pub(super) paces: &'a mut Paces,
    pub(super) actions: &'a mut Vec<Action>,
}

impl Cx<'_> {
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    pub fn send(&mut self, command: Command) {
        self.act(Action::Send(command));
    }

    pub fn toast(&mut self, toast: Toast<Box<Action>>) {
        self.act(Action::Toast(toast));
    }

    /// Starts a backup and returns the run to follow.
    pub fn back_up(&mut self, plan: &PlanId, kind: WantedType) -> RunId {
        let run = new_run_id();
        self.send(Command::BackUp { run, plan: plan.clone(), kind, base: None, take_over: false, accept_shrunk: false });
        run
    }

    /// The same of a backup that is held: what its sources have less of is as it should be.
    pub fn back_up_anyway(&mut self, plan: &PlanId) -> RunId {
        let (run, kind) = (new_run_id(), WantedType::Auto);
        self.send(Command::BackUp { run, plan: plan.clone(), kind, base: None, take_over: false, accept_shrunk: true });
        run
    }

    pub fn plan(&self, id: &PlanId) -> Option<&PlanOverview> {
        self.overview.plans.iter().find(|plan| plan.plan.id == *id)
    }

    /// The run of a kind that waits or goes on for a plan.
    pub fn run_of(&self, plan: &PlanId, kind: RunKind) -> Option<&RunOverview> {
        self.overview.runs.iter().find(|run| run.kind == kind && run.plan.as_ref() == Some(plan))
    }

    /// Whether something of a plan waits or goes on.
    pub fn is_busy(&self, plan: &PlanId) -> bool {
        self.overview.runs.iter().any(|run| run.plan.as_ref() == Some(plan))
    }

    /// How far a run is, how fast and how long still; `None` once it has ended. Read at most four times a second.
    pub fn progress(&mut self, run: RunId) -> Option<Pace> {
        self.paces.of(self.handle, run, self.now)
    }
}

/// Below 2^53, so that every JSON reader gets it whole.
pub fn new_run_id() -> RunId {
    RunId(u64::from_le_bytes(random()) >> 11)
}

/// Random bytes, for ids. Where the system gives none, which does not happen, they are zeros and the engine refuses a double.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let _ = getrandom::fill(&mut bytes);
    bytes
}
