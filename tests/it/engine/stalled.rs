//! Real servers that stand still in the midst of a run: for a while, or for longer than anybody waits.

use std::time::Duration;

use strongroom::engine::message::{Event, ServerTrust, ToldAccess};
use strongroom::model::location::Server;
use strongroom::model::path::PathBytes;
use strongroom::model::problem::Code;
use strongroom::model::run::Outcome;
use strongroom::model::volume_size::VolumeSize;
use strongroom::storage::access::{Access, Fingerprint};
use strongroom::storage::throttle::Throttle;

use super::*;
use crate::servers::dufs::{self, Dufs};
use crate::servers::sshd::Sshd;
use crate::servers::stores::{Kind, Store};
use crate::support::{Random, until};

/// So that a test need not wait for a minute.
const PATIENCE: Duration = Duration::from_secs(2);
/// Shorter than that.
const A_WHILE: Duration = Duration::from_millis(700);

/// Somebody who waits less than others.
struct Hasty {
    of: Arc<dyn Access>,
    /// Holds the key that opens SFTP.
    keys: Option<PathBuf>,
}

impl Access for Hasty {
    fn patience(&self) -> Option<Duration> {
        Some(PATIENCE)
    }

    fn key_files(&self, _: &Location) -> Vec<PathBuf> {
        self.keys.iter().map(|folder| folder.join("id_ed25519")).collect()
    }

    fn password(&self, location: &Location) -> Option<Secret> {
        self.of.password(location)
    }

    fn host_key(&self, server: &Server) -> Option<Fingerprint> {
        self.of.host_key(server)
    }

    fn trust(&self, server: &Server, key: &Fingerprint) -> bool {
        self.of.trust(server, key)
    }

    fn seen(&self, server: &Server, key: &Fingerprint) {
        self.of.seen(server, key);
    }

    fn ca_file(&self, location: &Location) -> Option<PathBuf> {
        self.of.ca_file(location)
    }

    fn throttle(&self) -> Arc<Throttle> {
        self.of.throttle()
    }

    fn found_at(&self, path: &PathBytes) -> Option<PathBytes> {
        self.of.found_at(path)
    }

    fn connections(&self) -> usize {
        self.of.connections()
    }
}

struct Case<'a> {
    world: World,
    plan: Plan,
    /// Where what is sent to the server lies.
    lies: PathBuf,
    signal: &'a dyn Fn(&str),
}

impl<'a> Case<'a> {
    fn new(
        world: World,
        address: &str,
        secret: Option<&str>,
        keys: Option<PathBuf>,
        lies: PathBuf,
        signal: &'a dyn Fn(&str),
    ) -> Self {
        let Some(Ok(location)) = Location::of_server(address) else { panic!("{address}") };
        *world.real_servers.lock().unwrap() = Some(Arc::new(move |access| Arc::new(Hasty { of: access, keys: keys.clone() })));
        let told = ToldAccess { password: secret.map(Secret::new), trust: Some(ServerTrust::New), ..ToldAccess::default() };
        world.handle().tell_access(location.clone(), told).wait().unwrap();
        let format = Format { volume_size: Some(VolumeSize::Bytes(8 << 20)), ..Format::default() };
        let plan = Plan { destinations: vec![location], format, ..world.plan("Big") };
        for n in 0..12 {
            write(&world.source().join(format!("{n}")), Random(n).bytes(4 << 20));
        }
        world.save(&plan).unwrap();
        Self { world, plan, lies, signal }
    }

    fn place(&self) -> Place {
        Place { location: self.plan.destinations[0].clone(), ..self.world.place(&self.plan) }
    }

    fn stored(&self) -> u64 {
        bytes_below(&self.lies)
    }

    /// A run whose server stands still when some of it is there; `meanwhile` sees to how long.
    fn stall(&self, meanwhile: impl FnOnce()) -> RunReport {
        let (run, before) = (RunId(rand_u64()), self.stored());
        let handle = self.world.handle();
        let (mut events, mut ended) = (handle.events(), handle.events());
        handle.send(back_up(run, &self.plan)).unwrap();
        let mut is_over = || matches!(ended.try_recv(), Ok(Event::RunEnded(report)) if report.run == run);
        until("something is sent", || self.stored() > before + (10 << 20) || is_over());
        (self.signal)("STOP");
        meanwhile();
        let report = report_of(&mut events, run);
        (self.signal)("CONT");
        report
    }

    fn versions(&self) -> usize {
        self.world.handle().versions(self.place()).wait().unwrap().len()
    }

    fn restores(&self) {
        let to = self.world.path("out");
        assert_eq!(self.world.restore(self.place(), VersionChoice::Latest, &to).outcome, Outcome::Completed);
        assert_eq!(tree(&to.join("source")), tree(&self.world.source()));
        std::fs::remove_dir_all(to).unwrap();
    }

    fn holds(&self) {
        // Longer than anybody waits, in the midst of the first run.
        let report = self.stall(|| ());
        let Outcome::Failed(problem) = &report.outcome else { panic!("{report:?}") };
        assert_eq!(problem.code, Code::DestinationMissing, "{problem:?}");
        let there = self.world.handle().plans_at(self.place().location).wait().unwrap();
        assert!(there.iter().all(|plan| plan.versions == 0), "nothing half done is seen: {there:?}");
        let report = self.world.back_up(&self.plan, WantedType::Auto);
        assert_eq!((&report.outcome, report.warnings.len()), (&Outcome::Completed, 0), "{report:?}");
        assert_eq!(self.versions(), 1);
        self.restores();

        // For a while, in the midst of the second.
        for n in 0..12 {
            write(&self.world.source().join(format!("{n}")), Random(100 + n).bytes(4 << 20));
        }
        let report = self.stall(|| {
            std::thread::sleep(A_WHILE);
            (self.signal)("CONT");
        });
        assert_eq!((&report.outcome, report.warnings.len()), (&Outcome::Completed, 0), "{report:?}");
        assert_eq!(self.versions(), 2);
        self.restores();
    }
}

/// What comes and goes meanwhile may be missed.
fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(bytes).sum()
}

#[test]
fn sftp() {
    let world = World::new();
    let server = Sshd::start(&world.path("server"));
    let lies = world.path("there");
    let (address, keys) = (server.address(&lies), server.keys.clone());
    Case::new(world, &address, None, Some(keys), lies, &|name| server.process.signal(name)).holds();
}

#[test]
fn webdav() {
    let world = World::new();
    let lies = world.path("shown");
    std::fs::create_dir(&lies).unwrap();
    let server = Dufs::start(&lies);
    Case::new(world, &server.address("b"), Some(dufs::PASSWORD), None, lies, &|name| server.process.signal(name)).holds();
}

fn store(kind: Kind) {
    let world = World::new();
    let lies = world.path("server");
    let store = Store::start(kind, &lies);
    Case::new(world, &store.address("deep/place"), Some(store.secret()), None, lies, &|name| store.process.signal(name)).holds();
}

#[test]
fn s3() {
    store(Kind::S3s);
}

#[test]
fn azure() {
    store(Kind::Azurite);
}
