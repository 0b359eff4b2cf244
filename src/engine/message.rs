//! What a front end and the engine say to each other. All of it can cross the local socket.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::catalog::{FoundFile, Row};
use crate::model::compare::{Differences, PathHistory};
use crate::model::format::KdfKind;
use crate::model::history::{HistoryFilter, HistoryPage};
use crate::model::inspection::{ArchiveFacts, FileFacts};
use crate::model::key::KeySlot;
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::Problem;
use crate::model::prune::{DeleteSpec, PrunePlan};
use crate::model::restore::{ArchiveFile, Origin, Place, RestoreCounts, RestoreSpec, VerifySpec, VersionChoice};
use crate::model::run::{ProgressView, RunId, RunKind, RunReport, Trigger};
use crate::model::secret::Secret;
use crate::model::settings::Settings;
use crate::model::snapshot::{Manifest, VersionId, WantedType};
use crate::model::source_spec::SourceSpec;
use crate::model::status::{Day, Status, Why};
use crate::model::tool::ToolSpec;

/// Asks the engine to do something. Its end is told by [`Event::RunEnded`] where a run comes of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Command {
    BackUp {
        run: RunId,
        plan: PlanId,
        kind: WantedType,
        /// The version to build on; `None`: the last one that fits.
        base: Option<VersionId>,
        take_over: bool,
    },
    /// A backup that is not among the plans: from the command line. The plan's id is taken from the destination where the
    /// name is known there.
    BackUpOnce {
        run: RunId,
        plan: Box<Plan>,
        secrets: NewSecrets,
        kind: WantedType,
        base: Option<VersionId>,
        take_over: bool,
    },
    Restore {
        run: RunId,
        spec: Box<RestoreSpec>,
    },
    Verify {
        run: RunId,
        spec: VerifySpec,
    },
    /// Deletes versions; the plan is named by its id.
    Delete {
        run: RunId,
        spec: DeleteSpec,
    },
    /// Seals, opens, packs or unpacks a single file.
    UseTool {
        run: RunId,
        spec: Box<ToolSpec>,
    },
    Cancel {
        run: RunId,
    },
    /// Lets a run stand still, or go on; one that only deletes does not listen.
    Pause {
        run: RunId,
        paused: bool,
    },
    /// Activity up to now has been seen.
    MarkSeen,
    SetSettings(Settings),
    /// Brings the window to the front: the engine answers with [`Event::Raise`] to everybody.
    Raise,
    /// Ends the engine: cancels what runs, waits for it.
    Quit,
}

/// For a plan that is being made or changed: what its key slots are made of. Never stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewSecrets {
    pub password: Option<Secret>,
    /// As shown to the person: a further slot.
    pub recovery_key: Option<Secret>,
    /// Of a key file: a further slot, or instead of a password.
    pub key_file: Option<Secret>,
}

impl NewSecrets {
    /// A password, or a key file's secret.
    pub fn of(secret: Secret) -> Self {
        match secret.is_key_file() {
            true => Self { key_file: Some(secret), ..Self::default() },
            false => Self { password: Some(secret), ..Self::default() },
        }
    }

    /// Whether there is something that a backup can be opened with from day to day.
    pub fn can_open(&self) -> bool {
        [&self.password, &self.key_file].into_iter().flatten().any(|secret| !secret.is_empty())
    }
}

/// What is to become of a backup's key slots. Only the file of slots is written anew, never a volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum KeyChange {
    /// Further slots.
    Add(NewSecrets),
    /// Takes a slot away; never the last one.
    Remove { slot: String },
    /// A new password takes the place of the one that was given, or of all where the place was opened otherwise; a new recovery key that
    /// of all recovery keys, a new key file that of all key files.
    Replace(NewSecrets),
    /// The password that was given stays, stretched as much as this machine can.
    Stretch,
    /// A new plan key for what comes. The secret that was given opens it, and these; all other slots lapse.
    Rotate(NewSecrets),
}

/// Asks the engine something. [`super::Handle`] has a typed method for each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Question {
    /// Folders of this person that are worth a backup.
    SuggestSources,
    /// Drives that are mounted, with room.
    Drives,
    /// Files and bytes of one source with these rules, and what the rules leave out.
    Measure {
        path: PathBytes,
        rules: SourceSpec,
    },
    /// What "Test connection" says.
    TestDestination {
        location: Location,
    },
    /// Plans that lie at a destination.
    PlansAt {
        location: Location,
    },
    NewRecoveryKey,
    /// Saves a new or changed plan; `secrets` where it is new and sealed, or where the password is changed.
    SavePlan {
        plan: Box<Plan>,
        secrets: NewSecrets,
    },
    /// Takes the plan out of the settings; with `delete_versions` also everything of it at its destinations.
    RemovePlan {
        plan: PlanId,
        delete_versions: bool,
    },
    /// Changes the password (and recovery key where given): rewrites key slots only.
    ChangePassword {
        plan: PlanId,
        old: Secret,
        new: NewSecrets,
    },
    /// Changes key slots. `kdf`: what stretches a new password; `None`: as the plan has it.
    ChangeKeys {
        place: Place,
        change: KeyChange,
        kdf: Option<KdfKind>,
    },
    /// Key slots and where the key is kept on this machine.
    KeyStatus {
        plan: PlanId,
    },
    /// The same of a backup that lies at a destination.
    KeysAt {
        place: Place,
    },
    /// A key file's secret, to be given wherever a password is.
    ReadKeyFile {
        path: PathBytes,
    },
    /// The same of one that is made for it: a new file.
    MakeKeyFile {
        path: PathBytes,
    },
    /// A password that is made, and a new file that holds it.
    MakePasswordFile {
        path: PathBytes,
    },
    /// Versions whose manifests can be read; needs no key.
    Versions {
        place: Place,
    },
    /// The others, with what is wrong with them.
    UnreadableVersions {
        place: Place,
    },
    /// Opens an archive, where it is sealed with what is given, and reads what it holds.
    OpenArchive {
        archive: ArchiveFile,
    },
    /// Children of a folder; `folder` empty: the sources, or what lies at an archive's top.
    Children {
        origin: Origin,
        folder: PathBytes,
        skip: usize,
        limit: usize,
    },
    Find {
        origin: Origin,
        text: String,
        limit: usize,
    },
    /// Files by name, in all versions that can be read.
    FindEverywhere {
        place: Place,
        text: String,
        limit: usize,
    },
    /// A path in all versions.
    PathHistory {
        place: Place,
        path: PathBytes,
    },
    /// What differs between two versions, in path order: what comes after `past`, at most `limit`.
    Differences {
        place: Place,
        before: VersionChoice,
        after: VersionChoice,
        past: Option<PathBytes>,
        limit: usize,
    },
    /// Files and bytes of a choice.
    Sum {
        origin: Origin,
        paths: Vec<PathBytes>,
        except: Vec<PathBytes>,
    },
    /// What a restore would do: a dry run without a history entry.
    PlanRestore {
        spec: Box<RestoreSpec>,
    },
    /// What deleting versions would do.
    PlanDeletion {
        spec: DeleteSpec,
    },
    /// Whether a password or recovery key opens the plan; it is remembered for this session.
    Unlock {
        place: Place,
    },
    History {
        filter: HistoryFilter,
    },
    Report {
        run: RunId,
    },
    DestinationStatus {
        location: Location,
    },
    /// What a single file is, by its content.
    Inspect {
        file: PathBytes,
    },
}

impl Question {
    /// Whether answering it may change what the overview shows.
    pub fn changes(&self) -> bool {
        matches!(self, Self::SavePlan { .. } | Self::RemovePlan { .. } | Self::ChangePassword { .. } | Self::ChangeKeys { .. })
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    Suggestions(Vec<Suggestion>),
    Drives(Vec<Drive>),
    Measured(Measured),
    Tested(TestResult),
    Plans(Vec<PlanAt>),
    RecoveryKey(Secret),
    KeyFile(Secret),
    Password(Secret),
    Done,
    KeyStatus(KeyStatus),
    Versions(Vec<Manifest>),
    Unreadable(Vec<Unreadable>),
    Rows(Rows),
    Found(Vec<Row>),
    FoundEverywhere(FoundEverywhere),
    PathHistory(PathHistory),
    Differences(Differences),
    Sum { files: u64, bytes: u64 },
    RestorePlan(RestoreCounts),
    Deletion(PrunePlan),
    History(HistoryPage),
    Report(Option<Box<RunReport>>),
    DestinationStatus(DestinationStatus),
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Measured {
    pub files: u64,
    pub bytes: u64,
    pub left_out_files: u64,
    pub left_out_bytes: u64,
    pub unreadable: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    pub writable: bool,
    pub free: Option<u64>,
    pub total: Option<u64>,
    /// Bytes a second, measured with a small file.
    pub write_speed: Option<f64>,
    /// On the same disk as the system.
    pub on_system_disk: bool,
    pub plans: usize,
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
}

/// Everything the window shows all the time; a new one replaces the old as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub plans: Vec<PlanOverview>,
    /// Waiting and running.
    pub runs: Vec<RunOverview>,
    pub settings: Settings,
    /// Troubled runs that ended since the activity was last looked at.
    pub unseen: u64,
    /// What is wrong with the home itself: unknown keys in the settings and the like.
    pub notices: Vec<String>,
    /// Of this machine, for showing times.
    pub zone: String,
    /// This person's home folder, for shortening paths.
    pub home_folder: PathBytes,
    pub machine: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanOverview {
    pub plan: Plan,
    pub status: Status,
    pub why: Why,
    pub last_success: Option<Timestamp>,
    /// The newest finished backup run, whatever its outcome; without its warnings.
    pub last_run: Option<RunReport>,
    pub next_run: Option<Timestamp>,
    pub strip: Vec<Day>,
    /// Versions and bytes as the last run left them.
    pub versions: Option<u64>,
    pub stored_bytes: Option<u64>,
    /// Bytes of the newest version's files.
    pub source_bytes: Option<u64>,
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
