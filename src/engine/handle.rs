//! All that a front end may touch. The same in the engine's process and over the local socket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::message::*;
use crate::model::alert::{Channel, ChannelId};
use crate::model::catalog::Row;
use crate::model::clean_up::RetentionPreview;
use crate::model::compare::{Differences, PathHistory};
use crate::model::drive::Share;
use crate::model::format::KdfKind;
use crate::model::health::Sample;
use crate::model::history::export::ExportFormat;
use crate::model::history::{HistoryFilter, HistoryPage};
use crate::model::inspection::{ArchiveFacts, FileFacts};
use crate::model::location::Location;
use crate::model::path::PathBytes;
use crate::model::plan::{Plan, PlanId};
use crate::model::problem::{Code, Problem};
use crate::model::prune::{DeleteSpec, PrunePlan};
use crate::model::restore::{ArchiveFile, Origin, Place, RestoreCounts, RestoreSpec, VersionChoice};
use crate::model::run::{Progress, ProgressView, RunId, RunReport};
use crate::model::secret::Secret;
use crate::model::settings::Settings;
use crate::model::snapshot::{Manifest, VersionId};
use crate::model::source_spec::{Measured, SourceSpec};

/// What travels from handles to the engine (or to the socket that stands for it).
pub enum Request {
    Command(Command),
    Ask(Question, oneshot::Sender<Result<Answer, Problem>>),
}

/// Where progress is read: the engine's runs register their atomics here; over the socket they are mirrored.
pub type Live = Arc<Mutex<HashMap<RunId, LiveProgress>>>;

#[derive(Clone)]
pub enum LiveProgress {
    Here(Arc<Progress>),
    Mirrored(ProgressView),
}

/// Cheap to clone; never blocks.
#[derive(Clone)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    overview: watch::Receiver<Arc<Overview>>,
    events: broadcast::Sender<Event>,
    live: Live,
}

impl Handle {
    /// For the engine and the socket's client, which hold the other ends.
    pub fn new(
        requests: mpsc::Sender<Request>,
        overview: watch::Receiver<Arc<Overview>>,
        events: broadcast::Sender<Event>,
        live: Live,
    ) -> Self {
        Self { requests, overview, events, live }
    }

    /// Hands a command over. Fails where the engine is gone or hopelessly busy.
    pub fn send(&self, command: Command) -> Result<(), Problem> {
        self.requests.try_send(Request::Command(command)).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => {
                Problem::new(Code::Busy, "Strongroom is too busy to take this.", "Try again in a moment.")
            }
            mpsc::error::TrySendError::Closed(_) => gone(),
        })
    }

    pub fn overview(&self) -> Arc<Overview> {
        self.overview.borrow().clone()
    }

    /// Follows the overview; for front ends that wait instead of drawing frames.
    pub fn overview_changes(&self) -> watch::Receiver<Arc<Overview>> {
        self.overview.clone()
    }

    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// How far a run is; `None` once it has ended.
    pub fn progress(&self, run: RunId) -> Option<ProgressView> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        match live.get(&run)? {
            LiveProgress::Here(progress) => Some(progress.view()),
            LiveProgress::Mirrored(view) => Some(view.clone()),
        }
    }

    /// Whether the engine has ended (or the socket to it).
    pub fn is_closed(&self) -> bool {
        self.requests.is_closed()
    }

    /// Asks; the answer is polled for or waited on.
    pub fn ask<T>(&self, question: Question, pick: fn(Answer) -> Option<T>) -> Pending<T> {
        let (sender, receiver) = oneshot::channel();
        let failed = self.requests.try_send(Request::Ask(question, sender)).is_err();
        Pending { receiver: (!failed).then_some(receiver), pick, value: failed.then(|| Err(gone())) }
    }
}

fn gone() -> Problem {
    Problem::new(Code::EngineGone, "Strongroom's engine has ended.", "Start Strongroom again.")
}

/// An answer on its way.
pub struct Pending<T> {
    receiver: Option<oneshot::Receiver<Result<Answer, Problem>>>,
    pick: fn(Answer) -> Option<T>,
    value: Option<Result<T, Problem>>,
}

impl<T> Pending<T> {
    /// The answer, once it is there. Never blocks: made for asking every frame.
    pub fn poll(&mut self) -> Option<&Result<T, Problem>> {
        if let Some(receiver) = &mut self.receiver {
            match receiver.try_recv() {
                Ok(answer) => self.take(answer),
                Err(oneshot::error::TryRecvError::Closed) => {
                    self.receiver = None;
                    self.value = Some(Err(gone()));
                }
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
        }
        self.value.as_ref()
    }

    /// Takes the answer out, once it is there.
    pub fn take_ready(&mut self) -> Option<Result<T, Problem>> {
        self.poll();
        self.value.take()
    }

    /// Waits for the answer on this thread: for the command line, never for the window.
    pub fn wait(mut self) -> Result<T, Problem> {
        if let Some(receiver) = self.receiver.take() {
            match receiver.blocking_recv() {
                Ok(answer) => self.take(answer),
                Err(_) => self.value = Some(Err(gone())),
            }
        }
        self.value.unwrap_or_else(|| Err(gone()))
    }

    /// Waits for the answer in a task.
    pub async fn answered(mut self) -> Result<T, Problem> {
        if let Some(receiver) = self.receiver.take() {
            match receiver.await {
                Ok(answer) => self.take(answer),
                Err(_) => self.value = Some(Err(gone())),
            }
        }
        self.value.unwrap_or_else(|| Err(gone()))
    }

    fn take(&mut self, answer: Result<Answer, Problem>) {
        self.receiver = None;
        self.value = Some(answer.and_then(|answer| {
            (self.pick)(answer).ok_or_else(|| {
                Problem::new(Code::Internal, "The engine gave an answer to another question.", "Please report this.")
            })
        }));
    }
}

macro_rules! questions {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $out:ty = $question:expr => $pattern:pat => $value:expr;)*) => {
        impl Handle {
            $($(#[$doc])* pub fn $name(&self, $($arg: $type),*) -> Pending<$out> {
                self.ask($question, |answer| match answer { $pattern => Some($value), _ => None })
            })*
        }
    };
}

questions! {
    suggest_sources() -> Vec<Suggestion> = Question::SuggestSources => Answer::Suggestions(v) => v;
    drives() -> Vec<Drive> = Question::Drives => Answer::Drives(v) => v;
    measure(path: PathBytes, rules: SourceSpec) -> Measured = Question::Measure { path, rules } => Answer::Measured(v) => v;
    test_destination(location: Location) -> TestResult = Question::TestDestination { location } => Answer::Tested(v) => v;
    tell_access(location: Location, told: ToldAccess) -> () = Question::TellAccess { location, told } => Answer::Done => ();
    offer_password(offered: OfferedPassword) -> () = Question::OfferPassword { offered } => Answer::Done => ();
    plans_at(location: Location) -> Vec<PlanAt> = Question::PlansAt { location } => Answer::Plans(v) => v;
    new_recovery_key() -> Secret = Question::NewRecoveryKey => Answer::RecoveryKey(v) => v;
    save_plan(plan: Plan, secrets: NewSecrets) -> () = Question::SavePlan { plan: Box::new(plan), secrets } => Answer::Done => ();
    save_settings(settings: Settings) -> () = Question::SaveSettings { settings } => Answer::Done => ();
    save_channel(channel: Channel, keys: ChannelKeys) -> () =
        Question::SaveChannel { channel: Box::new(channel), keys } => Answer::Done => ();
    remove_channel(id: ChannelId) -> () = Question::RemoveChannel { id } => Answer::Done => ();
    /// Answered when the test has gone, or could not go.
    test_channel(channel: Channel, keys: ChannelKeys) -> () =
        Question::TestChannel { channel: Box::new(channel), keys } => Answer::Done => ();
    adopt(place: Place, name: Option<String>) -> Plan = Question::Adopt { place, name } => Answer::Adopted(v) => *v;
    remove_plan(plan: PlanId, delete_versions: bool) -> () = Question::RemovePlan { plan, delete_versions } => Answer::Done => ();
    change_password(plan: PlanId, old: Secret, new: NewSecrets) -> () = Question::ChangePassword { plan, old, new } => Answer::Done => ();
    change_keys(place: Place, change: KeyChange, kdf: Option<KdfKind>) -> () =
        Question::ChangeKeys { place, change, kdf } => Answer::Done => ();
    keys_at(place: Place) -> KeyStatus = Question::KeysAt { place } => Answer::KeyStatus(v) => v;
    keys_owed(location: Location) -> Vec<KeysOwed> = Question::KeysOwed { location } => Answer::KeysOwed(v) => v;
    read_key_file(path: PathBytes) -> Secret = Question::ReadKeyFile { path } => Answer::KeyFile(v) => v;
    make_key_file(path: PathBytes) -> Secret = Question::MakeKeyFile { path } => Answer::KeyFile(v) => v;
    make_password_file(path: PathBytes) -> Secret = Question::MakePasswordFile { path } => Answer::Password(v) => v;
    key_status(plan: PlanId) -> KeyStatus = Question::KeyStatus { plan } => Answer::KeyStatus(v) => v;
    healthiest(plan: PlanId, version: VersionChoice) -> Location =
        Question::Healthiest { plan, version } => Answer::Healthiest(v) => v;
    /// Newest last.
    versions(place: Place) -> Vec<Manifest> = Question::Versions { place } => Answer::Versions(v) => v.manifests;
    /// The same, and at which destinations they lie.
    version_list(place: Place) -> VersionList = Question::Versions { place } => Answer::Versions(v) => v;
    stored(place: Place) -> u64 = Question::Stored { place } => Answer::Stored(v) => v;
    choose_version(place: Place, choice: VersionChoice) -> VersionId =
        Question::ChooseVersion { place, choice } => Answer::Chosen(v) => v;
    unreadable_versions(place: Place) -> Vec<Unreadable> = Question::UnreadableVersions { place } => Answer::Unreadable(v) => v;
    /// Dropping it ends the reading.
    open_archive(archive: ArchiveFile) -> ArchiveFacts = Question::OpenArchive { archive } => Answer::Archive(v) => *v;
    children(origin: Origin, folder: PathBytes, skip: usize, limit: usize) -> Rows =
        Question::Children { origin, folder, skip, limit } => Answer::Rows(v) => v;
    find(origin: Origin, text: String, limit: usize) -> Vec<Row> = Question::Find { origin, text, limit } => Answer::Found(v) => v;
    /// Dropping it ends the search.
    find_everywhere(place: Place, text: String, limit: usize) -> FoundEverywhere =
        Question::FindEverywhere { place, text, limit } => Answer::FoundEverywhere(v) => v;
    path_history(place: Place, path: PathBytes) -> PathHistory =
        Question::PathHistory { place, path } => Answer::PathHistory(v) => v;
    differences(place: Place, before: VersionChoice, after: VersionChoice, past: Option<PathBytes>, limit: usize) -> Differences =
        Question::Differences { place, before, after, past, limit } => Answer::Differences(v) => v;
    sum(origin: Origin, paths: Vec<PathBytes>, except: Vec<PathBytes>) -> (u64, u64) =
        Question::Sum { origin, paths, except } => Answer::Sum { files, bytes } => (files, bytes);
    plan_restore(spec: RestoreSpec) -> RestoreCounts = Question::PlanRestore { spec: Box::new(spec) } => Answer::RestorePlan(v) => v;
    plan_deletion(spec: DeleteSpec) -> PrunePlan = Question::PlanDeletion { spec } => Answer::Deletion(v) => v;
    preview_retention(plan: Plan) -> RetentionPreview =
        Question::PreviewRetention { plan: Box::new(plan) } => Answer::Retention(v) => *v;
    /// Says at which destinations it could not be done.
    pin(plan: PlanId, version: VersionId, pinned: bool) -> Vec<(Location, Problem)> =
        Question::Pin { plan, version, pinned } => Answer::Pinned(v) => v;
    unlock(place: Place) -> () = Question::Unlock { place } => Answer::Done => ();
    history(filter: HistoryFilter) -> HistoryPage = Question::History { filter } => Answer::History(v) => v;
    /// Returns how many runs were written. Dropping it ends the writing, and nothing is left of it.
    export_history(filter: HistoryFilter, format: ExportFormat, to: PathBytes, overwrite: bool) -> u64 =
        Question::ExportHistory { filter, format, to, overwrite } => Answer::Exported(v) => v;
    report(run: RunId) -> Option<Box<RunReport>> = Question::Report { run } => Answer::Report(v) => v;
    destination_status(location: Location) -> DestinationStatus =
        Question::DestinationStatus { location } => Answer::DestinationStatus(v) => *v;
    share(location: Location) -> Option<Share> = Question::Share { location } => Answer::Share(v) => v;
    /// Oldest first.
    health(location: Location, days: u32) -> Vec<Sample> = Question::Health { location, days } => Answer::Health(v) => v;
    /// Dropping it ends the looking.
    inspect(file: PathBytes) -> FileFacts = Question::Inspect { file } => Answer::Inspected(v) => *v;
}
