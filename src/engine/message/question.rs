//! What the engine is asked.

use serde::{Deserialize, Serialize};

use super::{ChannelKeys, KeyChange, NewSecrets, OfferedPassword, ToldAccess};
use crate::model::alert::{Channel, ChannelId};
use crate::model::format::KdfKind;
use crate::model::history::HistoryFilter;
use crate::model::history::export::ExportFormat;
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::prune::DeleteSpec;
use crate::model::restore::{ArchiveFile, Origin, Place, RestoreSpec, VersionChoice};
use crate::model::run::RunId;
use crate::model::secret::Secret;
use crate::model::settings::Settings;
use crate::model::snapshot::VersionId;
use crate::model::source_spec::SourceSpec;

/// Asks the engine something. [`crate::engine::Handle`] has a typed method for each.
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
    /// Says what a destination's server asks for.
    TellAccess {
        location: Location,
        told: ToldAccess,
    },
    /// Gives a password to the one server that lacks it; to none where several do, and says so.
    OfferPassword {
        offered: OfferedPassword,
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
    /// Saves the settings of the whole program, and says where that cannot be.
    SaveSettings {
        settings: Settings,
    },
    /// Makes a plan of a backup that lies at a destination, and takes it over.
    Adopt {
        place: Place,
        /// Instead of the one that it has.
        name: Option<String>,
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
    /// Plans of which a change of keys has not reached a destination.
    KeysOwed {
        location: Location,
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
    /// Which destination of a saved plan is read from where nobody names one: the healthiest, as far as that is remembered. None is asked.
    Healthiest {
        plan: PlanId,
        version: VersionChoice,
    },
    /// Versions whose manifests can be read, and at which destinations they lie; needs no key.
    Versions {
        place: Place,
    },
    /// Bytes that all of a backup's versions take together; needs no key.
    Stored {
        place: Place,
    },
    /// The version that is meant, where it and all later ones that might be can be read.
    ChooseVersion {
        place: Place,
        choice: VersionChoice,
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
    /// What the plan's rule of what is kept would do, whether or not it is saved so.
    PreviewRetention {
        plan: Box<Plan>,
    },
    /// Lets a version stay whatever else is said, or not any more; at all destinations of its plan.
    Pin {
        plan: PlanId,
        version: VersionId,
        pinned: bool,
    },
    /// Whether a password or recovery key opens the plan; it is remembered for this session.
    Unlock {
        place: Place,
    },
    History {
        filter: HistoryFilter,
    },
    /// Writes runs of the history to a file on this machine.
    ExportHistory {
        filter: HistoryFilter,
        format: ExportFormat,
        /// A whole path.
        to: PathBytes,
        /// A file that is there is replaced.
        overwrite: bool,
    },
    Report {
        run: RunId,
    },
    DestinationStatus {
        location: Location,
    },
    /// The share of another machine that a destination lies on, or lay on when it was last written to. Nothing is looked at there.
    Share {
        location: Location,
    },
    /// Saves a new or changed channel of messages.
    SaveChannel {
        channel: Box<Channel>,
        keys: ChannelKeys,
    },
    /// Removes one, with its secrets.
    RemoveChannel {
        id: ChannelId,
    },
    /// Sends a test; saved it need not be.
    TestChannel {
        channel: Box<Channel>,
        keys: ChannelKeys,
    },
    /// How a destination was in the last days, as far as that was noted: nothing is looked at.
    Health {
        location: Location,
        days: u32,
    },
    /// What a single file is, by its content.
    Inspect {
        file: PathBytes,
    },
}

impl Question {
    /// Whether answering it may change what the overview shows.
    pub fn changes(&self) -> bool {
        matches!(
            self,
            Self::SavePlan { .. }
                | Self::SaveSettings { .. }
                | Self::SaveChannel { .. }
                | Self::RemoveChannel { .. }
                | Self::Adopt { .. }
                | Self::RemovePlan { .. }
                | Self::ChangePassword { .. }
                | Self::ChangeKeys { .. }
                // That a destination is there again.
                | Self::DestinationStatus { .. }
                | Self::TestDestination { .. }
        )
    }
}
