//! What is read from destinations in long requests: of one that dies meanwhile another one goes on from its byte, and what was just
//! written to a server is not fetched back from there.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use strongroom::model::replicate::ReplicateSpec;
use strongroom::model::run::Outcome;
use strongroom::model::volume_size::VolumeSize;

use super::passing::{Call, Hooks, Passing};
use super::*;

/// Bytes that were read of destinations in long requests.
#[derive(Clone, Default)]
struct Read(Arc<Mutex<HashMap<Location, Arc<AtomicU64>>>>);

impl Read {
    fn of(&self, location: &Location) -> Arc<AtomicU64> {
        self.0.lock().unwrap().entry(location.clone()).or_default().clone()
    }

    fn from(&self, location: &Location) -> u64 {
        self.of(location).load(Relaxed)
    }
}

/// From now on all destinations are read in one request each, and `dies` when so many bytes were read from it.
fn stream(world: &World, dies: Option<(Location, u64)>) -> Read {
    let all = Read::default();
    let read = all.clone();
    world.put_before(move |location, behind| {
        let most = dies.as_ref().filter(|(dies, _)| dies == location).map_or(u64::MAX, |(_, bytes)| *bytes);
        Arc::new(Passing::with(Streamed { behind, read: read.of(location), most }))
    });
    all
}

struct Streamed {
    behind: Arc<dyn Storage>,
    read: Arc<AtomicU64>,
    most: u64,
}

impl Hooks for Streamed {
    fn behind(&self) -> &dyn Storage {
        &*self.behind
    }

    fn before(&self, _: Call, name: &str) -> Result<(), Error> {
        let gone = || rustix::io::Errno::IO.into();
        if self.read.load(Relaxed) < self.most { Ok(()) } else { Err(Error::from_io(name, gone())) }
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        // Of a length that fits no frame.
        read_in_pieces(10_007, offset, end, take, |at, piece| {
            self.before(Call::Read, name)?;
            self.behind.read_at(name, at, piece)?;
            self.read.fetch_add(piece.len() as u64, Relaxed);
            Ok(())
        })
    }

    fn is_streamed(&self) -> bool {
        true
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

    let read = stream(&world, Some((world.location(), 5_000_000)));
    let to = world.path("restored");
    let report = world.restore(world.place(&plan), VersionChoice::Latest, &to);
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
    assert_eq!(tree(&to.join("source")), tree(&world.source()));
    let (from_first, from_second) = (read.from(&world.location()), read.from(&second));
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

    stream(&world, Some((world.location(), 3_000_000)));
    let report = world.restore(world.place(&plan), VersionChoice::Latest, &world.path("restored"));
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{:?}", report.warnings);
    world.take_away();
    let healthiest = world.handle().healthiest(plan.id.clone(), VersionChoice::Latest).wait().unwrap();
    assert_eq!(healthiest, world.location(), "nothing is damaged there");
    // It is known at the other one: a copy replaces it there.
    let spec = ReplicateSpec::all(world.place(&plan), Location::local(world.path("second")));
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

    let read = stream(&world, Some((world.location(), 5_000_000)));
    let to = world.path("restored");
    let report = world.restore(world.place(&plan), VersionChoice::Latest, &to);
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
    assert_eq!(tree(&to.join("source")), tree(&world.source()));
    assert!(read.from(&world.location()) >= 5_000_000, "what was named is read first");
    let (from_second, from_third) = (read.from(&second), read.from(&third));
    assert!(from_third > 0 && from_second == 0, "{from_third} {from_second}");
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
    let read = stream(&world, None);
    world.save(&plan).unwrap();
    let report = world.back_up(&plan, WantedType::Auto);
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
    assert_eq!([&first, &second, &third].map(|location| read.from(location)), [0, 0, 0], "of twelve million bytes");
    for (n, place) in [&second, &third].into_iter().enumerate() {
        let to = world.path(&format!("restored {n}"));
        let place = Place { location: place.clone(), ..world.place(&plan) };
        let report = world.restore(place, VersionChoice::Latest, &to);
        assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
        assert_eq!(tree(&to.join("source")), tree(&world.source()));
    }
}
