//! What is read from destinations in long requests: of one that dies meanwhile another one goes on from its byte, and what was just
//! written to a server is not fetched back from there.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::AtomicU64;

use strongroom::model::replicate::ReplicateSpec;
use strongroom::model::run::Outcome;
use strongroom::model::volume_size::VolumeSize;
use strongroom::storage::{Error, Listed, Room, Storage, Take, Upload};

use super::*;

/// All destinations are read in one request each, and one dies when so many bytes were read from it.
pub struct Streams {
    dies: Option<Location>,
    after: u64,
    read: Arc<Mutex<HashMap<Location, Arc<AtomicU64>>>>,
}

impl Streams {
    pub fn of(&self, location: &Location, inner: Arc<dyn Storage>) -> Arc<dyn Storage> {
        let read = self.read.lock().unwrap().entry(location.clone()).or_default().clone();
        let most = if self.dies.as_ref() == Some(location) { self.after } else { u64::MAX };
        Arc::new(Streamed { inner, read, most })
    }
}

struct Streamed {
    inner: Arc<dyn Storage>,
    read: Arc<AtomicU64>,
    most: u64,
}

impl Streamed {
    fn there(&self, name: &str) -> Result<&dyn Storage, Error> {
        let gone = || io::Error::from(rustix::io::Errno::IO);
        if self.read.load(Relaxed) < self.most { Ok(&*self.inner) } else { Err(Error::from_io(name, gone())) }
    }
}

impl Storage for Streamed {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        self.there(folder)?.list(folder)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        self.there(name)?.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.there(name)?.read_at(name, offset, buffer)
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        // Of a length that fits no frame.
        let mut piece = vec![0; 10_007];
        let mut at = offset;
        while at < end {
            let length = piece.len().min((end - at) as usize);
            self.there(name)?.read_at(name, at, &mut piece[..length])?;
            self.read.fetch_add(length as u64, Relaxed);
            take(&piece[..length])?;
            at += length as u64;
        }
        Ok(())
    }

    fn is_streamed(&self) -> bool {
        true
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        self.there(name)?.create(name)
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.there(name)?.delete(name)
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        self.there(name)?.delete_folder(name)
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        self.there("")?.room()
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        self.there(name)?.sha256_on_medium(name, each)
    }

    fn identity(&self) -> Option<(u64, u64)> {
        self.inner.identity()
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        self.there(folder)?.sweep_temporary(folder, before)
    }
}

/// Twelve million bytes that nothing makes smaller.
fn fill(world: &World) {
    let mut all = blake3::Hasher::new().finalize_xof();
    for n in 0..24 {
        let mut content = vec![0; 500_000];
        all.fill(&mut content);
        write(&world.source().join(n.to_string()), content);
    }
}

#[test]
fn another_goes_on_in_the_middle_of_an_object() {
    let world = World::new();
    fill(&world);
    std::fs::create_dir(world.path("second")).unwrap();
    let second = Location::local(world.path("second"));
    let mut plan = world.plan("Documents");
    plan.destinations.push(second.clone());
    world.save(&plan).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);

    let read: Arc<Mutex<HashMap<Location, Arc<AtomicU64>>>> = Arc::default();
    let streams = Streams { dies: Some(world.location()), after: 5_000_000, read: read.clone() };
    *world.streams.lock().unwrap() = Some(streams);
    let to = world.path("restored");
    let report = world.restore(world.place(&plan), VersionChoice::Latest, &to);
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
    assert_eq!(tree(&to.join("source")), tree(&world.source()));
    let read = |location: &Location| read.lock().unwrap().get(location).map_or(0, |read| read.load(Relaxed));
    let (from_first, from_second) = (read(&world.location()), read(&second));
    assert!(from_first >= 5_000_000 && from_second > 0, "{from_first} {from_second}");
    let in_all = from_first + from_second;
    assert!((12_000_000..12_200_000).contains(&in_all), "nothing is read twice: {from_first} and {from_second}");
}

#[test]
fn damage_is_booked_where_it_was_read() {
    let world = World::new();
    fill(&world);
    std::fs::create_dir(world.path("second")).unwrap();
    let second = Location::local(world.path("second"));
    let mut plan = world.plan("Documents");
    plan.destinations.push(second);
    world.save(&plan).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    // In its last frame: the first destination is long gone when it is read.
    let is_volume = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"v0"));
    let last = tree(&world.path("second")).into_keys().filter(is_volume).max().unwrap();
    let last = world.path("second").join(last);
    let mut bytes = std::fs::read(&last).unwrap();
    let late = bytes.len() - 1_000_000;
    bytes[late] ^= 1;
    std::fs::write(&last, bytes).unwrap();

    *world.streams.lock().unwrap() = Some(Streams { dies: Some(world.location()), after: 3_000_000, read: Arc::default() });
    let report = world.restore(world.place(&plan), VersionChoice::Latest, &world.path("restored"));
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{:?}", report.warnings);
    *world.streams.lock().unwrap() = None;
    let healthiest = world.handle().healthiest(plan.id.clone(), VersionChoice::Latest).wait().unwrap();
    assert_eq!(healthiest, world.location(), "nothing is damaged there");
    // It is known at the other one: a copy replaces it there.
    let spec = ReplicateSpec {
        from: world.place(&plan),
        to: Location::local(world.path("second")),
        versions: Vec::new(),
        instead: false,
        anew: false,
    };
    assert_eq!(world.run(|run| Command::Replicate { run, spec: Box::new(spec) }).outcome, Outcome::Completed);
    let place = Place { location: Location::local(world.path("second")), ..world.place(&plan) };
    let report = world.restore(place, VersionChoice::Latest, &world.path("whole"));
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
}

#[test]
fn of_those_that_can_stand_in_the_healthiest_does() {
    let world = World::new();
    fill(&world);
    let [second, third] = ["second", "third"].map(|name| {
        std::fs::create_dir(world.path(name)).unwrap();
        Location::local(world.path(name))
    });
    let mut plan = world.plan("Documents");
    plan.destinations.extend([second.clone(), third.clone()]);
    world.save(&plan).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    // It is found away, and is there again before anybody has looked.
    std::fs::rename(world.path("second"), world.path("away")).unwrap();
    assert!(world.handle().destination_status(second.clone()).wait().unwrap().problem.is_some());
    std::fs::rename(world.path("away"), world.path("second")).unwrap();

    let read: Arc<Mutex<HashMap<Location, Arc<AtomicU64>>>> = Arc::default();
    *world.streams.lock().unwrap() = Some(Streams { dies: Some(world.location()), after: 5_000_000, read: read.clone() });
    let to = world.path("restored");
    let report = world.restore(world.place(&plan), VersionChoice::Latest, &to);
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
    assert_eq!(tree(&to.join("source")), tree(&world.source()));
    let read = |location: &Location| read.lock().unwrap().get(location).map_or(0, |read| read.load(Relaxed));
    assert!(read(&world.location()) >= 5_000_000, "what was named is read first");
    assert!(read(&third) > 0 && read(&second) == 0, "{} {}", read(&third), read(&second));
}

#[test]
fn what_is_written_to_a_server_goes_on_from_here_to_the_others() {
    let world = World::new();
    fill(&world);
    let [first, second, third] = ["webdav://ada@one/a", "sftp://ada@two/b", "webdav://ada@three/c"]
        .map(|address| Location::of_server(address).unwrap().unwrap());
    let mut plan = world.plan("Documents");
    plan.destinations = vec![first.clone(), second.clone(), third.clone()];
    plan.format.volume_size = Some(VolumeSize::Bytes(1 << 20));
    let read: Arc<Mutex<HashMap<Location, Arc<AtomicU64>>>> = Arc::default();
    *world.streams.lock().unwrap() = Some(Streams { dies: None, after: 0, read: read.clone() });
    world.save(&plan).unwrap();
    let report = world.back_up(&plan, WantedType::Auto);
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
    let read = |location: &Location| read.lock().unwrap().get(location).map_or(0, |read| read.load(Relaxed));
    assert_eq!([&first, &second, &third].map(read), [0, 0, 0], "of twelve million bytes");
    for (n, place) in [&second, &third].into_iter().enumerate() {
        let to = world.path(&format!("restored {n}"));
        let place = Place { location: place.clone(), ..world.place(&plan) };
        let report = world.restore(place, VersionChoice::Latest, &to);
        assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
        assert_eq!(tree(&to.join("source")), tree(&world.source()));
    }
}
