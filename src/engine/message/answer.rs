//! What the engine answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::catalog::{FoundFile, Row};
use crate::model::clean_up::RetentionPreview;
use crate::model::compare::{Differences, PathHistory};
use crate::model::drive::Share;
use crate::model::health::Sample;
use crate::model::history::HistoryPage;
use crate::model::inspection::{ArchiveFacts, FileFacts};
use crate::model::keeping::Keeping;
use crate::model::key::KeySlot;
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Problem;
use crate::model::prune::PrunePlan;
use crate::model::restore::RestoreCounts;
use crate::model::run::RunReport;
use crate::model::secret::Secret;
use crate::model::snapshot::{Manifest, VersionId};
use crate::model::source_spec::Measured;
use crate::model::whereabouts::Whereabouts;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    Suggestions(Vec<Suggestion>),
    Drives(Vec<Drive>),
    Measured(Measured),
    Stored(u64),
    Tested(TestResult),
    Plans(Vec<PlanAt>),
    Adopted(Box<Plan>),
    RecoveryKey(Secret),
    KeyFile(Secret),
    Password(Secret),
    Done,
    KeyStatus(KeyStatus),
    KeysOwed(Vec<KeysOwed>),
    Healthiest(Location),
    Versions(VersionList),
    Chosen(VersionId),
    Unreadable(Vec<Unreadable>),
    Rows(Rows),
    Found(Vec<Row>),
    FoundEverywhere(FoundEverywhere),
    PathHistory(PathHistory),
    Differences(Differences),
    Sum {
        files: u64,
        bytes: u64,
    },
    RestorePlan(RestoreCounts),
    Deletion(PrunePlan),
    Retention(Box<RetentionPreview>),
    /// Where it could not be done, and why.
    Pinned(Vec<(Location, Problem)>),
    History(HistoryPage),
    /// How many runs.
    Exported(u64),
    Report(Option<Box<RunReport>>),
    DestinationStatus(Box<DestinationStatus>),
    Share(Option<Share>),
    Health(Vec<Sample>),
    Inspected(Box<FileFacts>),
    Archive(Box<ArchiveFacts>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    pub name: String,
    pub path: PathBytes,
    /// Ticked from the start.
    pub chosen: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drive {
    /// Label or the mount point's last component.
    pub name: String,
    pub mount_point: PathBytes,
    pub device: String,
    pub file_system: String,
    pub free: u64,
    pub total: u64,
    /// Holds the system or the home folder: a backup there dies with the disk.
    pub is_system: bool,
    pub is_network: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// `None`: it was not tried, where the folder is to be made at a server.
    pub writable: Option<bool>,
    /// Else backups work, but nothing can be cleaned up. `None`: it was not tried.
    pub deletable: Option<bool>,
    pub free: Option<u64>,
    pub total: Option<u64>,
    /// Until a small request was answered, of a few the middle one.
    #[serde(default)]
    pub latency_ms: Option<u64>,
    /// Bytes a second, measured with small files.
    pub write_speed: Option<f64>,
    /// The same of reading them back; `None` also where they may have come from this machine's memory.
    #[serde(default)]
    pub read_speed: Option<f64>,
    /// On the same disk as the system.
    pub on_system_disk: bool,
    pub plans: usize,
    /// The folder is not there yet: the first backup makes it. How fast it is was not measured.
    #[serde(default)]
    pub to_be_made: bool,
    /// What it keeps of what is deleted, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps: Option<Keeping>,
}

/// A plan as its folder at a destination shows it, without any key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanAt {
    pub id: PlanId,
    pub name: String,
    pub folder: String,
    pub machine: String,
    pub sealed: bool,
    pub versions: usize,
    pub newest: Option<Timestamp>,
    /// Written by this home.
    pub ours: bool,
    /// Bytes of its volumes and catalogs, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<u64>,
    /// As it was when its destination could last be looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remembered: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyStatus {
    pub sealed: bool,
    /// "AES-256-GCM"; empty where no plan here tells.
    pub cipher: String,
    pub slots: Vec<KeySlot>,
    /// Plan keys of before a rotation.
    pub older_keys: usize,
    /// "System keyring", "File (only you can read it)", "Not kept on this machine".
    pub kept_in: String,
    pub keys_number: u32,
}

/// A change of a plan's keys that has not reached a destination: it opens there as before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysOwed {
    pub plan: PlanId,
    /// Another destination, from which they can be brought.
    pub from: Option<Location>,
}

/// The versions of a backup whose manifests can be read, newest last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VersionList {
    pub manifests: Vec<Manifest>,
    pub whereabouts: Whereabouts,
}

/// A version whose manifest cannot be read, or not be trusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unreadable {
    pub id: VersionId,
    pub problem: Problem,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoundEverywhere {
    /// Those of the newest version first.
    pub files: Vec<FoundFile>,
    /// There would be more.
    pub more: bool,
    /// Versions that were looked through.
    pub versions: usize,
    /// Versions that could not be.
    pub unreadable: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    pub rows: Vec<Row>,
    pub total: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DestinationStatus {
    pub location: Location,
    /// `None`: all well.
    pub problem: Option<Problem>,
    pub free: Option<u64>,
    pub total: Option<u64>,
    /// Bytes used by our plan folders.
    pub used: u64,
    pub plans: Vec<PlanAt>,
    pub latency_ms: Option<u64>,
    /// Of an IPFS folder: by which anybody who may reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    /// Of a folder on a drive that is mounted elsewhere now: where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_at: Option<PathBytes>,
    /// Of a folder on a share of another machine, also while that is not mounted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// Else nothing could be deleted there when it was last tried: backups work, but nothing can be cleaned up.
    #[serde(default = "yes")]
    pub deletable: bool,
}

fn yes() -> bool {
    true
}
