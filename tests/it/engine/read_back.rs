//! What is read back after a backup: what its plan wants, and only where it wants it.

use strongroom::model::read_back::WantedReadBack::{Always, Local, Never};
use strongroom::model::run::{Outcome, ReadBack, Stage};
use strongroom::storage::{Error, Listed, Room, Storage, Take, Upload};

use super::*;

/// Names of all that was read of destinations, once for each time.
pub type Names = Arc<Mutex<Vec<String>>>;

/// Notes what is read.
pub struct Watched {
    inner: Arc<dyn Storage>,
    read: Names,
}

impl Watched {
    pub fn new(inner: Arc<dyn Storage>, read: Names) -> Self {
        Self { inner, read }
    }

    fn note(&self, name: &str) -> &dyn Storage {
        self.read.lock().unwrap().push(name.into());
        &*self.inner
    }
}

impl Storage for Watched {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        self.inner.list(folder)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        self.inner.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.note(name).read_at(name, offset, buffer)
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        self.note(name).read_through(name, offset, end, take)
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        self.inner.create(name)
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.inner.delete(name)
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        self.inner.delete_folder(name)
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        self.inner.room()
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        self.note(name).sha256_on_medium(name, each)
    }

    fn identity(&self) -> Option<(u64, u64)> {
        self.inner.identity()
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        self.inner.sweep_temporary(folder, before)
    }
}

fn is_volume(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|name| name.starts_with("v0"))
}

fn told(report: &RunReport) -> ReadBack {
    match report.detail {
        RunDetail::Backup { read_back, .. } => read_back,
        _ => panic!("{report:?}"),
    }
}

#[test]
fn volumes_are_read_back_where_the_plan_wants_it_and_nowhere_else() {
    let world = World::new();
    // Set once: what is opened may stay open for the next run.
    let read: Names = Arc::default();
    *world.watched.lock().unwrap() = Some(read.clone());
    write(&world.source().join("a"), vec![7; 300_000]);
    let server = Location::of_server("sftp://ada@nas/b").unwrap().unwrap();
    let cases = [
        (world.location(), Always, true),
        (world.location(), Local, true),
        (world.location(), Never, false),
        (server.clone(), Always, true),
        (server.clone(), Local, false),
        (server, Never, false),
    ];
    for (n, (location, wish, is_read)) in cases.into_iter().enumerate() {
        let destinations = vec![location.clone()];
        let plan = Plan { destinations, read_back: wish, ..world.plan(&format!("Documents {n}")) };
        world.save(&plan).unwrap();
        read.lock().unwrap().clear();
        let report = world.back_up(&plan, WantedType::Auto);
        assert_eq!((&report.outcome, report.warning_count), (&Outcome::Completed, 0), "{:?}", report.warnings);
        let volumes = read.lock().unwrap().iter().filter(|name| is_volume(name)).count();
        let entered = report.stages.iter().any(|(stage, _)| *stage == Stage::ReadingBack);
        let all = (volumes > 0, entered, told(&report) != ReadBack::NotWanted);
        assert_eq!(all, (is_read, is_read, is_read), "{wish:?} at {}: {volumes} volumes", location.display());
        // Not looked at, it is whole all the same.
        let from = Place { location, ..world.place(&plan) };
        let to = world.path(&format!("restored {n}"));
        assert_eq!(world.restore(from, VersionChoice::Latest, &to).outcome, Outcome::Completed);
        assert_eq!(tree(&to.join("source")), tree(&world.source()));
    }
}
