//! What ran and how it ended, and what destinations are known to hold: SQLite in `history.sqlite`.

use jiff::Timestamp;

use super::Result;
use super::paths::Home;
use crate::model::history::{HistoryFilter, HistoryPage};
use crate::model::location::Location;
use crate::model::plan::PlanId;
use crate::model::run::{RunId, RunKind, RunReport, Trigger};
use crate::model::snapshot::VersionId;

/// A run that was begun; if the process dies it stays in the journal and is found at the next start.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    pub run: RunId,
    pub kind: RunKind,
    pub trigger: Trigger,
    pub plan: Option<PlanId>,
    pub plan_name: String,
    pub started: Timestamp,
    /// Of a backup, once it is known: see [`History::begin_version`].
    pub version: Option<VersionId>,
    pub destination: Option<Location>,
}

/// Blocks shortly (milliseconds); shared between threads.
pub struct History;

impl History {
    /// Opens or makes it. A database that is corrupt is set aside and the notice says where.
    pub fn open(_home: &Home, _now: Timestamp) -> Result<(Self, Option<String>)> {
        todo!()
    }

    /// For an engine without a home.
    pub fn in_memory() -> Result<Self> {
        todo!()
    }

    /// Puts a run into the journal.
    pub fn begin(&self, _begun: &Begun) -> Result<()> {
        todo!()
    }

    /// Notes which version a running backup makes, before its folder is made.
    pub fn begin_version(&self, _run: RunId, _version: &VersionId, _destination: &Location) -> Result<()> {
        todo!()
    }

    /// Ends a run: out of the journal, into the history, in one transaction. Also for runs that were left running.
    pub fn finish(&self, _report: &RunReport) -> Result<()> {
        todo!()
    }

    /// Runs in the journal, oldest first. At start these are those of a process that died; only the home's holder may ask.
    pub fn left_running(&self) -> Result<Vec<Begun>> {
        todo!()
    }

    /// Versions whose folder this home began at a destination, finished or not: what is among them without a manifest, and
    /// not running, is dead.
    pub fn begun_versions(&self, _plan: &PlanId, _destination: &Location) -> Result<Vec<VersionId>> {
        todo!()
    }

    /// Versions with their sequence numbers that this home knows to lie at a destination, by sequence.
    pub fn known_versions(&self, _plan: &PlanId, _destination: &Location) -> Result<Vec<(VersionId, u64)>> {
        todo!()
    }

    pub fn remember_version(&self, _plan: &PlanId, _destination: &Location, _version: &VersionId, _sequence: u64) -> Result<()> {
        todo!()
    }

    pub fn forget_version(&self, _plan: &PlanId, _destination: &Location, _version: &VersionId) -> Result<()> {
        todo!()
    }

    /// Forgets what all destinations had of a plan: when the plan is removed with its versions.
    pub fn forget_plan(&self, _plan: &PlanId) -> Result<()> {
        todo!()
    }

    pub fn page(&self, _filter: &HistoryFilter) -> Result<HistoryPage> {
        todo!()
    }

    /// A run's report with its warnings.
    pub fn report(&self, _run: RunId) -> Result<Option<RunReport>> {
        todo!()
    }

    /// For a plan's status and strip: its runs since then, newest first and without warnings, and besides, however old, its
    /// newest backup, newest good backup and newest verification.
    pub fn recent(&self, _plan: &PlanId, _since: Timestamp) -> Result<Vec<RunReport>> {
        todo!()
    }

    /// Troubled runs that ended since the activity was last looked at.
    pub fn unseen(&self) -> Result<u64> {
        todo!()
    }

    pub fn mark_seen(&self, _now: Timestamp) -> Result<()> {
        todo!()
    }
}
