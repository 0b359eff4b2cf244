//! What a front end and the engine say to each other. All of it can cross the local socket.

mod answer;
mod overview;
mod question;

use serde::{Deserialize, Serialize};

pub use self::answer::{
    Answer, DestinationStatus, Drive, FoundEverywhere, KeyStatus, KeysOwed, PlanAt, Rows, Suggestion, TestResult, Unreadable,
    VersionList,
};
pub use self::overview::{Event, Overview, PlanOverview, RunOverview, RunProgress, Turn};
pub use self::question::Question;
use crate::model::clean_up::CleanUpSpec;
use crate::model::key::SlotKind;
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::pause::PauseFor;
use crate::model::plan::{Plan, PlanId};
use crate::model::prune::DeleteSpec;
use crate::model::replicate::ReplicateSpec;
use crate::model::restore::{RestoreSpec, VerifySpec};
use crate::model::run::RunId;
use crate::model::secret::Secret;
use crate::model::settings::Settings;
use crate::model::snapshot::{VersionId, WantedType};
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
        /// A source that vanished or shrank is as it should be.
        accept_shrunk: bool,
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
        accept_shrunk: bool,
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
    /// Lets go what the plan's rule does not keep.
    CleanUp {
        run: RunId,
        spec: CleanUpSpec,
    },
    /// Copies versions to another destination.
    Replicate {
        run: RunId,
        spec: Box<ReplicateSpec>,
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
    /// Nothing runs by itself for a while, and what runs stands still. What is asked for by hand runs all the same.
    PauseSchedules(PauseFor),
    /// Ends that; what stood still because of it goes on.
    ResumeSchedules,
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

    /// Each that is given, by the kind of its slot.
    pub fn each(&self) -> impl Iterator<Item = (SlotKind, &Secret)> {
        let password = self.password.as_ref().filter(|password| !password.is_empty());
        let given = [
            (SlotKind::Password, password),
            (SlotKind::RecoveryKey, self.recovery_key.as_ref()),
            (SlotKind::KeyFile, self.key_file.as_ref()),
        ];
        given.into_iter().filter_map(|(kind, secret)| Some((kind, secret?)))
    }

    /// Whether there is something that a backup can be opened with from day to day.
    pub fn can_open(&self) -> bool {
        [&self.password, &self.key_file].into_iter().flatten().any(|secret| !secret.is_empty())
    }
}

/// What somebody says of a destination's server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToldAccess {
    /// Of the account there, or the passphrase of the key that opens it.
    pub password: Option<Secret>,
    pub keep: Keep,
    pub trust: Option<ServerTrust>,
    /// A file of certificates (PEM) that may vouch for the server, beside those the system trusts; a whole path.
    pub ca_file: Option<PathBytes>,
}

/// A password that goes with a command, for whichever of its servers has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfferedPassword {
    pub password: Secret,
    /// Whether it is to be known from then on.
    pub keep: bool,
    /// All places that the command goes to.
    pub places: Vec<Location>,
    /// Whether somebody has named them with the command; else they are those of plans.
    pub named: bool,
}

/// Whether a password is kept on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keep {
    #[default]
    No,
    /// Once the server has taken it: a mistyped one takes no other's place.
    Proven,
    AtOnce,
}

/// Which server that is new is trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerTrust {
    /// The one with this key: its fingerprint as OpenSSH shows it, `SHA256:…`.
    Key(String),
    /// Whichever answers first.
    New,
}

/// Secrets of a channel of messages: `None` leaves what is kept, an empty one forgets it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChannelKeys {
    /// Of a webhook: where it goes.
    pub address: Option<Secret>,
    /// A mail account's password, a webhook's secret.
    pub secret: Option<Secret>,
}

/// What is to become of a backup's key slots. Only the file of slots is written anew, never a volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum KeyChange {
    /// Further slots. What opens the backup already is refused.
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
