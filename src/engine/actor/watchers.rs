//! What the engine hears of by itself: drives, changes, the machine, destinations that came back.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::engine::at_risk::{AtRisks, Looked};
use crate::engine::catch_up::{CatchUp, Lagging};
use crate::engine::changes::{Change, Changes};
use crate::engine::machine::Machine;
use crate::engine::message::Drive;
use crate::engine::plugged::Drives;
use crate::model::conditions::{Surroundings, Wait};
use crate::model::plan::PlanId;
use crate::model::run::RunId;
use crate::model::schedule::Signals;
use crate::state::history::Begun;

/// All that follows from nobody's asking.
#[derive(Default)]
pub struct ByItself {
    /// Destinations that were away when versions were made.
    pub lagging: CatchUp,
    pub drives: Drives,
    pub changes: Changes,
    pub machine: Machine,
    /// What would be lost now.
    pub at_risk: AtRisks,
    /// When a plan's clean-up last came to what a person is to be asked about.
    pub asked: HashMap<PlanId, Timestamp>,
    /// When runs of plans ended that the history knows nothing of.
    pub unrecorded: HashMap<PlanId, Timestamp>,
    /// What happened since a plan's last run began.
    pub signals: HashMap<PlanId, Signals>,
    /// What schedules that are due wait for.
    pub waits: HashMap<PlanId, Vec<Wait>>,
    /// What a process that died left, and is still to be gone on with.
    pub left: Vec<Begun>,
    /// Runs that stand still only because everything does.
    pub stilled: Vec<RunId>,
}

/// Something was heard.
pub enum Found {
    Lagging(Lagging),
    Drives(Vec<Drive>),
    Change(Change),
    Machine(Surroundings),
    Looked(Looked),
}

impl ByItself {
    /// Waits for the next; `None` never comes while this lives.
    pub async fn found(&mut self) -> Option<Found> {
        tokio::select! {
            lagging = self.lagging.found() => lagging.map(Found::Lagging),
            drives = self.drives.found() => drives.map(Found::Drives),
            change = self.changes.found() => change.map(Found::Change),
            machine = self.machine.found() => machine.map(Found::Machine),
            looked = self.at_risk.found() => looked.map(Found::Looked),
        }
    }
}
