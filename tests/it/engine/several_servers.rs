//! A backup whose destinations are servers: the source is read once, and whichever of them is slow or dies, the others get the version.

use std::fs;

use strongroom::model::problem::Cause;
use strongroom::model::run::Outcome;
use strongroom::model::volume_size::VolumeSize;

use super::gated::Gates;
use super::*;
use crate::support::until;

struct Case {
    world: World,
    plan: Plan,
    places: [Location; 3],
    gates: Gates,
}

impl Case {
    fn new(many: usize) -> Self {
        let world = World::new();
        let places = ["sftp://ada@one/a", "webdav://ada@two/b", "webdav://ada@three/c"]
            .map(|address| Location::of_server(address).unwrap().unwrap());
        let mut plan = world.plan("Documents");
        plan.destinations = places[..many].to_vec();
        plan.format.volume_size = Some(VolumeSize::Bytes(1 << 20));
        let gates = Gates::default();
        let before = gates.clone();
        world.put_before(move |location, behind| before.before(location, behind));
        write(&world.source().join("film"), crate::support::Random(7).bytes(32 << 20));
        world.save(&plan).unwrap();
        Self { world, plan, places, gates }
    }

    fn place(&self, at: usize) -> Place {
        Place { location: self.places[at].clone(), ..self.world.place(&self.plan) }
    }

    fn versions(&self, at: usize) -> Vec<VersionId> {
        let versions = self.world.handle().versions(self.place(at)).wait().unwrap();
        versions.into_iter().map(|manifest| manifest.id).collect()
    }

    /// A server is a folder here.
    fn folder(&self, at: usize) -> PathBuf {
        self.world.path(&self.places[at].display().replace(|c: char| !c.is_alphanumeric(), "_"))
    }

    fn volumes(&self, at: usize) -> usize {
        tree(&self.folder(at))
            .into_keys()
            .filter(|path| path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"v0")))
            .count()
    }

    fn manifests(&self, at: usize) -> usize {
        tree(&self.folder(at)).into_keys().filter(|path| path.parent().is_some_and(|p| p.ends_with("versions"))).count()
    }

    fn back_up(&self) -> RunReport {
        self.world.back_up(&self.plan, WantedType::Auto)
    }

    /// The newest version restores from there, and all of it is right.
    fn is_whole(&self, at: usize) {
        let to = self.world.path(&format!("from-{at}"));
        let report = self.world.restore(self.place(at), VersionChoice::Latest, &to);
        assert_eq!(report.outcome, Outcome::Completed, "{at}: {:?}", report.warnings);
        assert_eq!(tree(&to.join("source")), tree(&self.world.source()), "{at}");
        fs::remove_dir_all(to).unwrap();
        let spec = VerifySpec { from: self.place(at), version: None, depth: Depth::Full };
        let report = self.world.run(|run| Command::Verify { run, spec });
        let RunDetail::Verify { report } = report.detail else { panic!("{report:?}") };
        assert!(report.damaged.is_empty(), "{at}: {:?}", report.damaged);
    }
}

#[test]
fn none_waits_for_one_that_stands_still_whichever_it_is() {
    for slow in 0..2 {
        let case = Case::new(2);
        case.gates.gate(&case.places[slow]).close();
        let report = std::thread::scope(|scope| {
            let run = scope.spawn(|| case.back_up());
            until("the version at the other one", || case.manifests(1 - slow) == 1);
            assert_eq!((case.volumes(slow), case.manifests(slow)), (0, 0));
            assert!(!run.is_finished());
            case.gates.gate(&case.places[slow]).open();
            run.join().unwrap()
        });
        assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
        let RunDetail::Backup { destination, copies, .. } = &report.detail else { panic!("{report:?}") };
        assert_eq!(*destination, case.places[1 - slow].display());
        assert_eq!((&copies[0].destination, &copies[0].versions), (&case.places[slow].display(), &vec![version_of(&report)]));
        assert!(copies[0].bytes > 32 << 20, "{copies:?}");
        case.is_whole(0);
        case.is_whole(1);
    }
}

#[test]
fn the_run_goes_on_where_another_lives_and_the_dead_one_catches_up() {
    let case = Case::new(3);
    case.gates.gate(&case.places[0]).fail_after(3);
    let report = case.back_up();
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{report:?}");
    let lacking: Vec<_> = report.warnings.iter().filter(|warning| warning.cause == Cause::Destination).collect();
    assert!(lacking.len() == 1 && lacking[0].detail.contains("one"), "{lacking:?}");
    let RunDetail::Backup { copies, resumed_bytes, .. } = &report.detail else { panic!("{report:?}") };
    assert_eq!((*resumed_bytes, copies.len()), (0, 1), "what was read is not read once more");
    let id = version_of(&report);
    case.gates.gate(&case.places[0]).open();
    assert_eq!([case.versions(0), case.versions(1), case.versions(2)], [vec![], vec![id.clone()], vec![id.clone()]]);
    case.is_whole(1);
    case.is_whole(2);

    write(&case.world.source().join("b"), "new");
    let report = case.back_up();
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
    let all = vec![id, version_of(&report)];
    for at in 0..3 {
        assert_eq!(case.versions(at), all, "{at}");
        case.is_whole(at);
    }
}

#[test]
fn where_none_lives_the_run_fails_and_is_gone_on_with() {
    let case = Case::new(2);
    case.gates.gate(&case.places[0]).fail_after(3);
    case.gates.gate(&case.places[1]).fail_after(5);
    let report = case.back_up();
    assert!(matches!(&report.outcome, Outcome::Failed(problem) if problem.is_away()), "{report:?}");
    case.gates.gate(&case.places[0]).open();
    case.gates.gate(&case.places[1]).open();
    let report = case.back_up();
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
    let RunDetail::Backup { resumed_bytes, .. } = &report.detail else { panic!("{report:?}") };
    assert!(*resumed_bytes >= 3 << 20, "{report:?}");
    case.is_whole(0);
    case.is_whole(1);
}
