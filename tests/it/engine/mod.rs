//! The engine driven through its handle, on real folders, with a clock and a key store of the test's own.

mod append_only;
mod at_risk;
mod by_itself;
mod copying;
mod dedup;
mod dedup_formats;
mod deletion;
mod flip;
mod fuzz;
mod gated;
mod hands;
mod health;
mod held;
mod job;
mod keys;
mod limit_hours;
mod marker;
mod matrix;
mod messages;
mod moving;
#[path = "../../../src/storage/passing.rs"]
mod passing;
mod pause;
mod pulled;
mod quota;
mod random;
mod read_back;
mod read_back_copies;
mod retention;
mod schedule;
mod several;
mod several_servers;
mod single;
mod stalled;
mod standby;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use strongroom::engine::env::{Clock, OpenStorage};
use strongroom::engine::message::{Command, NewSecrets};
use strongroom::engine::{Engine, Env, Handle, Mode};
use strongroom::model::format::{Format, SealSpec};
use strongroom::model::keeping::Keeping;
use strongroom::model::location::Location;
use strongroom::model::plan::{Plan, PlanId};
use strongroom::model::problem::Problem;
use strongroom::model::restore::{Conflict, Depth, Origin, Place, PlanChoice, RestoreSpec, Target, VerifySpec, VersionChoice};
use strongroom::model::run::{RunDetail, RunId, RunReport};
use strongroom::model::schedule::{Schedule, ScheduleId, Schedules, parse};
use strongroom::model::secret::Secret;
use strongroom::model::snapshot::{VersionId, WantedType};
use strongroom::model::source_spec::SourceSpec;
use strongroom::state::lock::HomeLock;
use strongroom::state::paths::Home;
use strongroom::state::secrets::{MemoryStore, SecretStore};
use strongroom::storage::access::Access;
use strongroom::storage::throttle::Throttle;
use strongroom::storage::{Error, Listed, Room, Storage, Take, Upload, read_in_pieces};

pub const PASSWORD: &str = "a good long password";

/// A clock that a test can set; it runs on by itself.
pub struct SetClock(Mutex<(Timestamp, Instant)>);

impl SetClock {
    pub fn set(&self, at: &str) {
        *self.0.lock().unwrap() = (at.parse().unwrap(), Instant::now());
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        let (at, since) = *self.0.lock().unwrap();
        at.checked_add(since.elapsed()).unwrap()
    }

    fn zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

/// Who opens servers in the place of somebody.
pub type InThePlaceOf = Arc<dyn Fn(Arc<dyn Access>) -> Arc<dyn Access> + Send + Sync>;

/// Puts something before a destination.
type Before = Box<dyn Fn(&Location, Arc<dyn Storage>) -> Arc<dyn Storage> + Send + Sync>;

/// A home, a source and a destination in a temporary folder, and the engine that works on them.
pub struct World {
    pub root: tempfile::TempDir,
    pub clock: Arc<SetClock>,
    pub secrets: Arc<dyn SecretStore>,
    /// What stands before destinations that are opened from now on.
    before: Arc<Mutex<Option<Before>>>,
    /// Servers are real, and opened by that one; else a folder stands for each.
    pub real_servers: Arc<Mutex<Option<InThePlaceOf>>>,
    /// What slows all servers, once one was opened.
    pub throttle: Arc<Mutex<Option<Arc<Throttle>>>>,
    /// Who is told, in the place of whoever sits here.
    pub told: Arc<messages::Kept>,
    engine: Option<Engine>,
}

impl World {
    pub fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    /// Where nothing is waited for: what counts is not how things become durable.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        Self::within(if memory.is_dir() { memory } else { Path::new("/tmp") })
    }

    fn within(folder: &Path) -> Self {
        let root = tempfile::tempdir_in(folder).unwrap();
        for folder in ["source", "destination"] {
            std::fs::create_dir(root.path().join(folder)).unwrap();
        }
        // A little ahead, so that files which the test has just written are settled (FORMAT §3).
        let now = Timestamp::now() + jiff::SignedDuration::from_secs(10);
        let clock = Arc::new(SetClock(Mutex::new((now, Instant::now()))));
        let mut world = Self {
            root,
            clock,
            secrets: Arc::new(MemoryStore::default()),
            before: Arc::default(),
            real_servers: Arc::default(),
            throttle: Arc::default(),
            told: Arc::default(),
            engine: None,
        };
        world.start("home", false);
        world
    }

    /// Ends the engine, if one runs, and starts one on this home.
    pub fn start(&mut self, home: &str, autonomous: bool) {
        let (home, lock) = self.free(home);
        let env = Env { clock: self.clock.clone(), ..Env::system(self.secrets.clone(), Arc::new(|| {})) };
        let (open, before) = (env.open_storage.clone(), self.before.clone());
        let (real_servers, throttle) = (self.real_servers.clone(), self.throttle.clone());
        let servers = self.root.path().to_owned();
        let open_storage: OpenStorage = Arc::new(move |location, create, access| {
            let real = real_servers.lock().unwrap().clone();
            let access = &real.as_ref().map_or_else(|| access.clone(), |other| other(access.clone()));
            *throttle.lock().unwrap() = Some(access.throttle());
            // A server is a folder here.
            let shown = location.display();
            let stands_for = location
                .server()
                .filter(|_| real.is_none())
                .map(|_| servers.join(shown.replace(|c: char| !c.is_alphanumeric(), "_")));
            let stands_for = stands_for.map(Location::local);
            let storage = open(stands_for.as_ref().unwrap_or(location), create, access)?;
            Ok(match &*before.lock().unwrap() {
                Some(before) => before(location, storage),
                None => storage,
            })
        });
        let env = Env { open_storage, notifier: self.told.clone(), ..env };
        self.engine = Some(Engine::start(env, Mode::Owner { home, lock, autonomous }).unwrap());
    }

    /// Puts this before destinations that are opened from now on, in the place of what was before them.
    pub fn put_before(&self, before: impl Fn(&Location, Arc<dyn Storage>) -> Arc<dyn Storage> + Send + Sync + 'static) {
        *self.before.lock().unwrap() = Some(Box::new(before));
    }

    /// Takes away what was put before them.
    pub fn take_away(&self) {
        *self.before.lock().unwrap() = None;
    }

    /// Ends the engine, if one runs, and waits until it has left this home.
    pub fn free(&mut self, home: &str) -> (Home, HomeLock) {
        self.engine = None;
        let home = Home::locate(Some(&self.path(home))).unwrap();
        let patience = Instant::now() + std::time::Duration::from_secs(20);
        loop {
            match HomeLock::try_take(&home).unwrap() {
                Some(lock) => return (home, lock),
                None if Instant::now() < patience => std::thread::sleep(std::time::Duration::from_millis(5)),
                None => panic!("the home is not free"),
            }
        }
    }

    pub fn stop(&mut self) {
        self.engine = None;
    }

    pub fn handle(&self) -> Handle {
        self.engine.as_ref().unwrap().handle()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn source(&self) -> PathBuf {
        self.path("source")
    }

    pub fn destination(&self) -> PathBuf {
        self.path("destination")
    }

    pub fn location(&self) -> Location {
        Location::local(self.destination())
    }

    /// A sealed plan of source and destination.
    pub fn plan(&self, name: &str) -> Plan {
        Plan {
            sources: SourceSpec { paths: vec![self.source().into()], ..SourceSpec::default() },
            destinations: vec![self.location()],
            seal: Some(SealSpec::default()),
            ..Plan::new(
                PlanId::from_random(*blake3::hash(name.as_bytes()).as_bytes().first_chunk().unwrap()),
                name,
                self.clock.now(),
            )
        }
    }

    /// One schedule, as the command line has it, begun now.
    pub fn every(&self, text: &str) -> Schedules {
        let when = parse(text, None, None, jiff::civil::date(2026, 11, 1)).unwrap();
        Schedule::new(ScheduleId::first(), when, self.clock.now()).into()
    }

    pub fn save(&self, plan: &Plan) -> Result<(), Problem> {
        let secrets = NewSecrets { password: Some(Secret::new(PASSWORD)), ..NewSecrets::default() };
        self.handle().save_plan(plan.clone(), secrets).wait()
    }

    pub fn place(&self, plan: &Plan) -> Place {
        Place { location: self.location(), plan: PlanChoice::Id(plan.id.clone()), secret: None }
    }

    /// Carries out a run and waits for its report.
    pub fn run(&self, command: impl FnOnce(RunId) -> Command) -> RunReport {
        let run = RunId(rand_u64());
        let handle = self.handle();
        let mut events = handle.events();
        handle.send(command(run)).unwrap();
        report_of(&mut events, run)
    }

    pub fn back_up(&self, plan: &Plan, kind: WantedType) -> RunReport {
        let plan = plan.id.clone();
        self.run(|run| Command::BackUp { run, plan, kind, base: None, take_over: false, accept_shrunk: false })
    }

    pub fn verify(&self, plan: &Plan, depth: Depth) -> RunReport {
        let from = self.place(plan);
        self.run(|run| Command::Verify { run, spec: VerifySpec { from, version: None, depth } })
    }

    pub fn restore(&self, from: Place, version: VersionChoice, to: &Path) -> RunReport {
        let spec = RestoreSpec {
            from: Origin::Version { place: from, version },
            paths: Vec::new(),
            except: Vec::new(),
            target: Target::Folder { path: to.into(), full_paths: false },
            conflict: Conflict::Skip,
            dry_run: false,
            metadata: true,
            any_size: false,
        };
        self.run(|run| Command::Restore { run, spec: Box::new(spec) })
    }
}

/// What has a plan backed up.
pub fn back_up(run: RunId, plan: &Plan) -> Command {
    Command::BackUp { run, plan: plan.id.clone(), kind: WantedType::Auto, base: None, take_over: false, accept_shrunk: false }
}

pub fn rand_u64() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) >> 1
}

/// Waits for a run's end, at most two minutes.
pub fn report_of(events: &mut tokio::sync::broadcast::Receiver<strongroom::engine::message::Event>, run: RunId) -> RunReport {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        match events.try_recv() {
            Ok(strongroom::engine::message::Event::RunEnded(report)) if report.run == run => return *report,
            Ok(_) => {}
            Err(tokio::sync::broadcast::error::TryRecvError::Empty) => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => panic!("{error}"),
        }
        assert!(Instant::now() < end, "the run did not end");
    }
}

pub fn version_of(report: &RunReport) -> VersionId {
    match &report.detail {
        RunDetail::Backup { version, .. } => version.clone(),
        other => panic!("no version in {other:?} ({:?})", report.outcome),
    }
}

pub fn write(path: &Path, content: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// All files below a folder with their content.
pub fn tree(root: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut todo = vec![root.to_path_buf()];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                todo.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_path_buf(), std::fs::read(&path).unwrap_or_default());
            }
        }
    }
    found
}
