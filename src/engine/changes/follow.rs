//! A thread that follows what changes in a plan's sources.
//!
//! It walks them once, watches each folder that the plan's rules let in, and is told by the system from then on. Where that cannot be
//! (too many folders for the system's limit, a share whose other users the system does not hear of) it walks now and then instead, and
//! goes by the times at which things changed.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use notify::{Config, ErrorKind, EventKind, EventKindMask, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::Change;
use crate::archive::scan::{self, Kind, Met, Rules};
use crate::engine::at_risk::{Looked, Looking};
use crate::engine::core::Core;
use crate::engine::destination;
use crate::model::location::Location;
use crate::model::names::system_path;
use crate::model::path::PathBytes;
use crate::model::plan::Plan;
use crate::model::run::Cancel;
use crate::model::schedule::When;
use crate::model::source_spec::SourceSpec;
use crate::os::drives;
use crate::os::priority::lower_this_thread;

/// Where nobody tells it is walked as often as may be run, between these.
const WALKS: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(60 * 60));
/// Changes within this count as one.
const TOGETHER: Duration = Duration::from_secs(1);
/// Messages of the system that may wait; past them all is looked through anew.
const WAITING: usize = 4096;

enum Message {
    Changed(notify::Result<notify::Event>),
    Stop,
}

/// Dropped, its thread ends by itself.
pub struct Follower {
    messages: SyncSender<Message>,
    cancel: Cancel,
    listening: Arc<AtomicBool>,
}

impl Follower {
    /// `last`: when the plan last ran. `looked`: told of what is met on walks.
    pub fn start(
        core: Arc<Core>,
        plan: Plan,
        last: Option<Timestamp>,
        found: mpsc::Sender<Change>,
        looked: mpsc::Sender<Looked>,
    ) -> Self {
        let (messages, told) = sync_channel(WAITING);
        let cancel = Cancel::default();
        let (lost, listening) = (Arc::default(), Arc::default());
        let thread = Thread {
            messages: messages.clone(),
            told,
            cancel: cancel.clone(),
            found,
            looked,
            lost,
            listening: Arc::clone(&listening),
            plan,
            core,
        };
        let started = thread::Builder::new().name("changes".into()).spawn(move || thread.follow(last));
        if let Err(error) = started {
            tracing::warn!("changes are not followed: {error}");
        }
        Self { messages, cancel, listening }
    }

    /// Whether the system tells of all that changes.
    pub fn is_listening(&self) -> bool {
        self.listening.load(Relaxed)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.cancel.cancel();
        // Where messages are waiting it sees by the next of them that it is over.
        let _ = self.messages.try_send(Message::Stop);
    }
}

struct Thread {
    core: Arc<Core>,
    plan: Plan,
    messages: SyncSender<Message>,
    told: Receiver<Message>,
    cancel: Cancel,
    found: mpsc::Sender<Change>,
    looked: mpsc::Sender<Looked>,
    /// More was told than could wait.
    lost: Arc<AtomicBool>,
    listening: Arc<AtomicBool>,
}

/// Why the watching came to an end.
enum End {
    Stop,
    /// Some of what happened was not told.
    Lost,
}

impl Thread {
    fn follow(self, last: Option<Timestamp>) {
        lower_this_thread();
        let mut since = last;
        while !self.cancel.is_cancelled() {
            let begun = self.core.env.clock.now();
            let mut watch = self.watch();
            let mut looking = Looking::begin(&self.core, &self.plan);
            let walked = self.walk(&self.plan.sources, since, watch.as_mut(), looking.as_mut());
            match walked {
                Some(Walked { has_changed, is_watched }) => {
                    since = Some(begun);
                    if (has_changed && !self.tell()) || looking.is_some_and(|looking| !self.tell_of(looking)) {
                        return;
                    }
                    match watch.filter(|_| is_watched) {
                        Some(mut watch) => {
                            self.listening.store(true, Relaxed);
                            let end = self.listen(&mut watch);
                            self.listening.store(false, Relaxed);
                            match end {
                                End::Stop => return,
                                // What was lost is found by a walk, which watches anew.
                                End::Lost => continue,
                            }
                        }
                        None => tracing::info!("changes of \"{}\" are looked for now and then", self.plan.name),
                    }
                }
                // It may come back, as a drive does.
                None => drop(watch),
            }
            if self.wait(walks(&self.plan)).is_break() {
                return;
            }
        }
    }

    /// `None`: the system tells nothing here, or not all.
    fn watch(&self) -> Option<RecommendedWatcher> {
        let roots = self.plan.sources.roots();
        let is_shared = |point: &PathBytes| roots.iter().any(|root| root.as_path().starts_with(point.as_path()));
        let mounted = drives::mounted();
        // The deepest mount decides.
        let deepest =
            mounted.iter().filter(|mounted| is_shared(&mounted.point)).max_by_key(|mounted| mounted.point.as_bytes().len());
        if deepest.is_some_and(|mounted| mounted.is_network) {
            return None;
        }
        let messages = self.messages.clone();
        // What is only read is no change; a backup would bring itself about.
        let config = Config::default().with_follow_symlinks(false).with_event_kinds(EventKindMask::CORE);
        let lost = self.lost.clone();
        let tell = move |event| {
            // Never waited for: the same thread answers whoever asks for another watch.
            if matches!(messages.try_send(Message::Changed(event)), Err(TrySendError::Full(_))) {
                lost.store(true, Relaxed);
            }
        };
        RecommendedWatcher::new(tell, config).inspect_err(|error| tracing::warn!("changes cannot be watched: {error}")).ok()
    }

    /// Until it is over. Tells of what changes.
    fn listen(&self, watch: &mut RecommendedWatcher) -> End {
        let meant = Meant::of(&self.core, &self.plan);
        let (mut untold, mut last_told): (bool, Option<Instant>) = (false, None);
        loop {
            let wait = last_told.map(|last| TOGETHER.saturating_sub(last.elapsed())).filter(|_| untold);
            let message = match wait {
                Some(wait) => self.told.recv_timeout(wait),
                None => self.told.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            if self.cancel.is_cancelled() {
                return End::Stop;
            }
            if self.lost.swap(false, Relaxed) {
                return End::Lost;
            }
            match message {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return End::Stop,
                Ok(Message::Changed(Ok(event))) if event.need_rescan() => return End::Lost,
                Ok(Message::Changed(Ok(event))) => {
                    let paths: Vec<&PathBuf> = event.paths.iter().filter(|path| meant.includes(path)).collect();
                    untold |= !paths.is_empty();
                    if may_bring_folders(event.kind) && paths.into_iter().any(|path| !self.take_in(path, watch)) {
                        return End::Lost;
                    }
                }
                Ok(Message::Changed(Err(error))) => {
                    tracing::warn!("changes are not told any more: {error}");
                    return End::Lost;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if untold && last_told.is_none_or(|last| last.elapsed() >= TOGETHER) {
                (untold, last_told) = (false, Some(Instant::now()));
                if !self.tell() {
                    return End::Stop;
                }
            }
        }
    }

    /// Watches a new folder and what is in it. Returns false where the system's limit does not allow it.
    fn take_in(&self, path: &Path, watch: &mut RecommendedWatcher) -> bool {
        if !EACH_FOLDER || !path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return true;
        }
        let below = SourceSpec { paths: vec![path.into()], ..self.plan.sources.clone() };
        // What is gone again needs no watch.
        self.walk(&below, None, Some(watch), None).is_none_or(|walked| walked.is_watched)
    }

    /// Whether anything changed after `since`, and whether all folders are watched now. `None`: nothing could be read.
    fn walk(
        &self,
        sources: &SourceSpec,
        since: Option<Timestamp>,
        mut watch: Option<&mut RecommendedWatcher>,
        mut looking: Option<&mut Looking>,
    ) -> Option<Walked> {
        let avoid = destination::own_folders_at(&self.core, &self.plan.destinations);
        let now = || self.core.env.clock.now().as_nanosecond();
        let (since, until) = (since.map(Timestamp::as_nanosecond), now());
        let (mut has_changed, mut is_watched) = (since.is_none(), watch.is_some());
        let mut look_at = |path: &[u8], kind: Kind, changed: i128| {
            // A time that has not come yet was set by a clock that went wrong: for ever new, it would say nothing.
            has_changed |= since.is_some_and(|since| changed > since && changed <= until);
            if let (true, true, Kind::Folder, Some(watch)) = (is_watched, EACH_FOLDER, kind, watch.as_mut()) {
                is_watched = can_watch(watch, &system_path(path).as_path(), RecursiveMode::NonRecursive);
            }
        };
        let walked = scan::scan(sources, &avoid, &self.cancel, &now, |batch, _| {
            for at in 0..batch.len() {
                match (batch.get(at), &mut looking) {
                    (Some((path, Met::Found { meta })), looking) => {
                        look_at(path, meta.kind, meta.changed().as_nanosecond());
                        if let Some(looking) = looking {
                            looking.found(path, meta, &now);
                        }
                    }
                    (Some((_, Met::Unreadable)), Some(looking)) => looking.unreadable(),
                    _ => {}
                }
            }
            ControlFlow::Continue(())
        });
        walked.inspect_err(|error| tracing::debug!("changes were not looked for: {error}")).ok()?;
        if let Some(watch) = watch.filter(|_| !EACH_FOLDER) {
            let roots = sources.roots();
            is_watched = roots.iter().all(|root| can_watch(watch, &root.as_path(), RecursiveMode::Recursive));
        }
        Some(Walked { has_changed, is_watched })
    }

    /// Returns false where nobody listens any more.
    fn tell(&self) -> bool {
        let change = Change { plan: self.plan.id.clone(), at: self.core.env.clock.now() };
        self.found.blocking_send(change).is_ok()
    }

    /// The same of what a walk has met.
    fn tell_of(&self, looking: Looking) -> bool {
        let looked = Looked::by_follower(looking, self.core.env.clock.now());
        self.looked.blocking_send(looked).is_ok()
    }

    fn wait(&self, span: Duration) -> ControlFlow<()> {
        let until = Instant::now() + span;
        loop {
            match self.told.recv_timeout(until.saturating_duration_since(Instant::now())) {
                // Of a watch that was given up.
                Ok(Message::Changed(_)) if !self.cancel.is_cancelled() => {}
                Err(RecvTimeoutError::Timeout) => return ControlFlow::Continue(()),
                _ => return ControlFlow::Break(()),
            }
        }
    }
}

fn walks(plan: &Plan) -> Duration {
    let most = plan.schedules.on().filter_map(|schedule| match schedule.when {
        When::Change { at_most_minutes, .. } => Some(Duration::from_secs(u64::from(at_most_minutes) * 60)),
        _ => None,
    });
    most.min().unwrap_or(WALKS.1).clamp(WALKS.0, WALKS.1)
}

struct Walked {
    has_changed: bool,
    is_watched: bool,
}

/// Linux watches a folder without what lies below, so that what is left out costs nothing; elsewhere a whole tree is one watch.
const EACH_FOLDER: bool = cfg!(target_os = "linux");

/// Returns false where it, and so the whole, cannot be watched. A folder that has just gone, or may not be read, is passed over.
fn can_watch(watch: &mut RecommendedWatcher, path: &Path, mode: RecursiveMode) -> bool {
    match watch.watch(path, mode) {
        Err(error) => match error.kind {
            ErrorKind::PathNotFound => true,
            ErrorKind::Io(error) => {
                matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::NotADirectory
                )
            }
            _ => false,
        },
        Ok(()) => true,
    }
}

fn may_bring_folders(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Any | EventKind::Other | EventKind::Create(_) | EventKind::Modify(notify::event::ModifyKind::Name(_))
    )
}

/// Which of what the system tells of is the plan's.
struct Meant {
    roots: Vec<PathBuf>,
    rules: Option<Rules>,
    /// Our own notes, which each run adds to, and the destinations: to follow those would be to run for ever.
    own: Vec<PathBuf>,
}

impl Meant {
    fn of(core: &Core, plan: &Plan) -> Self {
        let homes = core.home.iter().flat_map(|home| home.folders()).map(Path::to_path_buf);
        let destinations = plan.destinations.iter().filter_map(Location::path).map(|path| path.as_path().into_owned());
        Self {
            roots: plan.sources.roots().iter().map(|root| root.as_path().into_owned()).collect(),
            rules: Rules::new(&plan.sources).ok(),
            own: homes.chain(destinations).collect(),
        }
    }

    fn includes(&self, path: &Path) -> bool {
        if self.own.iter().any(|own| path.starts_with(own)) {
            return false;
        }
        let Some(below) = self.roots.iter().find_map(|root| path.strip_prefix(root).ok()) else { return false };
        let Some(rules) = &self.rules else { return true };
        // A file's own patterns do not end with a slash; a folder's own change of times is no reason for a backup by itself.
        !below.ancestors().any(|part| {
            let bytes = PathBytes::from(part);
            !bytes.as_bytes().is_empty() && rules.leave_out(bytes.as_bytes(), part != below)
        })
    }
}
