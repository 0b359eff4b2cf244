//! What the further destinations of a backup get is read back there too, before it becomes a version, where the plan wants that.

use std::collections::BTreeMap;

use strongroom::model::problem::Cause;
use strongroom::model::read_back::WantedReadBack::{self, Always, Local, Never};
use strongroom::model::replicate::{ReplicateSpec, Replicated};
use strongroom::model::run::{Outcome, ReadBack};
use strongroom::storage::{Error, Storage};

use super::passing::{Hooks, Passing};
use super::*;

/// Destinations by what people are shown.
#[derive(Clone, Default)]
struct Media {
    /// Volumes that were read back of each.
    read: Arc<Mutex<BTreeMap<String, usize>>>,
    /// The one whose medium gives something else than was written.
    bent: Arc<Mutex<Option<String>>>,
}

struct Medium {
    behind: Arc<dyn Storage>,
    place: String,
    media: Media,
}

impl Hooks for Medium {
    fn behind(&self) -> &dyn Storage {
        &*self.behind
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        let (mut hash, past_cache) = self.behind.sha256_on_medium(name, each)?;
        if name.rsplit('/').next().is_some_and(|name| name.starts_with("v0")) {
            *self.media.read.lock().unwrap().entry(self.place.clone()).or_default() += 1;
            if self.media.bent.lock().unwrap().as_ref() == Some(&self.place) {
                hash[0] ^= 1;
            }
        }
        Ok((hash, past_cache))
    }
}

struct Case {
    world: World,
    plan: Plan,
    media: Media,
}

impl Case {
    /// With a plan of these destinations.
    fn new(wish: WantedReadBack, destinations: impl FnOnce(&World) -> Vec<Location>) -> Self {
        let world = World::new();
        let media = Media::default();
        let seen = media.clone();
        world.put_before(move |at, behind| Arc::new(Passing::with(Medium { behind, place: at.display(), media: seen.clone() })));
        write(&world.source().join("a"), vec![7; 300_000]);
        let plan = Plan { destinations: destinations(&world), read_back: wish, ..world.plan("Documents") };
        for folder in plan.destinations.iter().filter_map(Location::path) {
            std::fs::create_dir_all(folder.as_path()).unwrap();
        }
        world.save(&plan).unwrap();
        Self { world, plan, media }
    }

    fn back_up(&self) -> RunReport {
        self.media.read.lock().unwrap().clear();
        self.world.back_up(&self.plan, WantedType::Auto)
    }

    /// Whether volumes were read back at each destination of the plan.
    fn read(&self) -> Vec<bool> {
        let read = self.media.read.lock().unwrap();
        self.plan.destinations.iter().map(|place| read.contains_key(&place.display())).collect()
    }

    /// What a report says of the same.
    fn told(&self, report: &RunReport) -> Vec<bool> {
        let RunDetail::Backup { destination, read_back, copies, .. } = &report.detail else { panic!("{report:?}") };
        let is_read = |how: ReadBack| how != ReadBack::NotWanted;
        let of = |place: String| match copies.iter().find(|copy| copy.destination == place) {
            Some(copy) => copy.read_back.is_some_and(is_read),
            None => *destination == place && is_read(*read_back),
        };
        self.plan.destinations.iter().map(|place| of(place.display())).collect()
    }

    fn versions(&self, at: usize) -> Vec<VersionId> {
        let from = Place::of(&self.plan.id, &self.plan.destinations[at]);
        self.world.handle().versions(from).wait().unwrap().into_iter().map(|manifest| manifest.id).collect()
    }

    fn is_whole(&self, at: usize) {
        let from = Place::of(&self.plan.id, &self.plan.destinations[at]);
        let report = self.world.run(|run| Command::Verify { run, spec: VerifySpec { from, version: None, depth: Depth::Full } });
        let RunDetail::Verify { report } = report.detail else { panic!("{report:?}") };
        assert!(report.damaged.is_empty(), "{at}: {:?}", report.damaged);
    }
}

fn server(address: &str) -> Location {
    Location::of_server(address).unwrap().unwrap()
}

#[test]
fn copies_are_read_back_where_the_plan_wants_it_and_nowhere_else() {
    let mixed = |world: &World| vec![world.location(), Location::local(world.path("second")), server("sftp://ada@nas/b")];
    let servers = |_: &World| vec![server("sftp://ada@one/a"), server("webdav://ada@two/b")];
    for (wish, wanted) in [(Always, [true; 3]), (Local, [true, true, false]), (Never, [false; 3])] {
        let case = Case::new(wish, mixed);
        for _ in 0..2 {
            let report = case.back_up();
            assert_eq!((&report.outcome, report.warning_count), (&Outcome::Completed, 0), "{:?}", report.warnings);
            assert_eq!((case.read(), case.told(&report)), (wanted.to_vec(), wanted.to_vec()), "{wish:?}");
            write(&case.world.source().join("b"), "new");
        }
        let case = Case::new(wish, servers);
        let report = case.back_up();
        assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
        let wanted = vec![wish == Always; 2];
        assert_eq!((case.read(), case.told(&report)), (wanted.clone(), wanted), "{wish:?}, servers alone");
    }
}

#[test]
fn what_reads_back_as_something_else_is_no_version_there_and_is_brought_again() {
    let case = Case::new(Always, |world| vec![world.location(), Location::local(world.path("second"))]);
    let first = version_of(&case.back_up());
    *case.media.bent.lock().unwrap() = Some(case.plan.destinations[1].display());
    write(&case.world.source().join("b"), crate::support::Random(3).bytes(200_000));
    let report = case.back_up();
    let second = version_of(&report);
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{report:?}");
    assert_eq!(report.warnings[0].cause, Cause::Destination, "{report:?}");
    assert_eq!((case.versions(0), case.versions(1)), (vec![first.clone(), second.clone()], vec![first.clone()]));

    *case.media.bent.lock().unwrap() = None;
    write(&case.world.source().join("c"), "newer");
    let report = case.back_up();
    assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
    assert_eq!(case.versions(1), [first, second, version_of(&report)]);
    case.is_whole(1);
}

#[test]
fn a_replication_reads_back_what_it_sends() {
    for (wish, wanted) in [(Always, Some(true)), (Local, Some(true)), (Never, Some(false))] {
        let case = Case::new(wish, |world| vec![world.location()]);
        case.back_up();
        let to = Location::local(case.world.path("copy"));
        std::fs::create_dir(case.world.path("copy")).unwrap();
        let replicate = || -> Replicated {
            let from = Place::of(&case.plan.id, &case.world.location());
            let spec = ReplicateSpec::all(from, to.clone());
            let report = case.world.run(|run| Command::Replicate { run, spec: Box::new(spec) });
            assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
            let RunDetail::Replicate { replicated, .. } = report.detail else { panic!("{report:?}") };
            replicated
        };
        case.media.read.lock().unwrap().clear();
        let copied = replicate();
        assert!(copied.objects > 0, "{copied:?}");
        assert_eq!(copied.read_back.map(|how| how != ReadBack::NotWanted), wanted, "{wish:?}");
        assert_eq!(case.media.read.lock().unwrap().contains_key(&to.display()), wanted == Some(true), "{wish:?}");
        let nothing = replicate();
        assert_eq!((nothing.objects, nothing.read_back.is_none_or(|how| how == ReadBack::NotWanted)), (0, true));
    }
}
