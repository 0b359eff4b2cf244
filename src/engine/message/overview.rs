//! What the engine tells unasked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::at_risk::AtRisk;
use crate::model::conditions::Wait;
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::pause::Paused;
use crate::model::plan::{Plan, PlanId};
use crate::model::run::{ProgressView, RunId, RunKind, RunReport, Trigger};
use crate::model::schedule::{Due, Past, Schedule, ScheduleId};
use crate::model::settings::Settings;
use crate::model::status::{Day, Status, Why};

/// Everything the window shows all the time; a new one replaces the old as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub plans: Vec<PlanOverview>,
    /// What would be lost of all of them if the disk died now, each path counted once; `None`: not measured.
    pub at_risk: Option<AtRisk>,
    /// Waiting and running.
    pub runs: Vec<RunOverview>,
    pub settings: Settings,
    /// Whether this engine keeps to schedules: the window's and the daemon's do, a command's does not.
    pub keeps_schedules: bool,
    /// Nothing runs by itself for the present.
    pub paused: Option<Paused>,
    /// Troubled runs that ended since the activity was last looked at.
    pub unseen: u64,
    /// What is wrong with the home itself: unknown keys in the settings and the like.
    pub notices: Vec<String>,
    /// Of this machine, for showing times.
    pub zone: String,
    /// Whether schedules can wait for more than the clock here: power, network, quiet.
    pub knows_machine: bool,
    /// This person's home folder, for shortening paths.
    pub home_folder: PathBytes,
    pub machine: String,
}

impl Overview {
    /// Whether nothing could be deleted at a destination of a plan when it was last tried.
    pub fn is_append_only(&self, destination: &Location) -> bool {
        self.plans.iter().any(|plan| plan.append_only.contains(destination))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanOverview {
    pub plan: Plan,
    pub status: Status,
    pub why: Why,
    pub last_success: Option<Timestamp>,
    /// The newest finished backup run, whatever its outcome; without its warnings.
    pub last_run: Option<RunReport>,
    /// The run that a schedule will bring next; in the past where it was missed.
    pub next: Option<Due>,
    /// What ran for each of the plan's schedules.
    pub pasts: Vec<(ScheduleId, Past)>,
    /// What schedules that are due wait for; they can be started by hand all the same.
    pub waits: Vec<Wait>,
    pub strip: Vec<Day>,
    /// Versions and bytes as the last run left them.
    pub versions: Option<u64>,
    pub stored_bytes: Option<u64>,
    /// Destinations that lack versions which another one has.
    pub behind: Vec<Location>,
    /// Destinations where nothing could be deleted when it was last tried.
    #[serde(default)]
    pub append_only: Vec<Location>,
    /// Bytes of the newest version's files.
    pub source_bytes: Option<u64>,
    /// What changed since its last good version; `None`: not measured, or it has none.
    pub at_risk: Option<AtRisk>,
}

impl PlanOverview {
    /// Each schedule with what ran for it.
    pub fn schedules(&self) -> Vec<(&Schedule, Past)> {
        let past = |schedule: &Schedule| {
            self.pasts.iter().find(|(id, _)| *id == schedule.id).map_or_else(Past::default, |(_, past)| *past)
        };
        self.plan.schedules.iter().map(|schedule| (schedule, past(schedule))).collect()
    }

    /// When the next run is due.
    pub fn next_run(&self) -> Option<Timestamp> {
        self.next.map(|due| due.at)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunOverview {
    pub run: RunId,
    pub kind: RunKind,
    pub trigger: Trigger,
    pub plan: Option<PlanId>,
    pub name: String,
    pub started: Timestamp,
    pub cancelling: bool,
    pub paused: bool,
    /// What it waits for before it begins; `None`: it has.
    pub turn: Option<Turn>,
}

/// What a run waits for that may begin but for others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Turn {
    /// As many run as may at once.
    Others,
    /// Another one writes there.
    Destination(Location),
}

impl Turn {
    /// "waits for others", "waits: another run writes to nas".
    pub fn in_words(&self) -> String {
        match self {
            Self::Others => "waits for its turn".into(),
            Self::Destination(place) => format!("waits: another run writes to {}", place.short_name()),
        }
    }
}

/// What just happened. For following; never the only record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Event {
    RunStarted(RunOverview),
    RunEnded(Box<RunReport>),
    /// A second start asks the window to come to the front.
    Raise,
}

/// A running run's progress, as a front end on the other side of the socket gets it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunProgress {
    pub run: RunId,
    pub progress: ProgressView,
}
