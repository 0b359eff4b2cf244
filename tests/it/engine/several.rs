//! A backup with several destinations, in the engine: which of them is written, what a damaged one is given, what stays deleted.

use std::fs;

use strongroom::engine::message::{KeyChange, KeysOwed};
use strongroom::model::history::HistoryFilter;
use strongroom::model::problem::{Cause, Code};
use strongroom::model::prune::DeleteSpec;
use strongroom::model::replicate::ReplicateSpec;
use strongroom::model::run::{Outcome, RunKind, Trigger};

use super::*;

const NAMES: [&str; 3] = ["destination", "second", "third"];

pub struct Case {
    pub world: World,
    pub plan: Plan,
}

impl Case {
    pub fn new() -> Self {
        Self::of(Some(SealSpec::default()))
    }

    pub fn of(seal: Option<SealSpec>) -> Self {
        let world = World::new();
        for name in NAMES {
            fs::create_dir_all(world.path(name)).unwrap();
        }
        let destinations = NAMES.map(|name| Location::local(world.path(name))).to_vec();
        let plan = Plan { destinations, seal, ..world.plan("Documents") };
        write(&world.source().join("a"), vec![7; 300_000]);
        world.save(&plan).unwrap();
        Self { world, plan }
    }

    fn place(&self, name: &str) -> Place {
        Place { location: Location::local(self.world.path(name)), plan: PlanChoice::Id(self.plan.id.clone()), secret: None }
    }

    fn keys_owed(&self, name: &str) -> Vec<KeysOwed> {
        self.world.handle().keys_owed(self.place(name).location).wait().unwrap()
    }

    /// Of a version as it is listed there: where it lies, where it is missing, and of which destinations that is not known.
    fn lies(&self, listed_at: &str, id: &VersionId) -> [Vec<String>; 3] {
        let list = self.world.handle().version_list(self.place(listed_at)).wait().unwrap();
        let version = list.manifests.iter().find(|version| version.id == *id).unwrap();
        let lies = list.whereabouts.of(version);
        let names = |places: Vec<&Location>| places.into_iter().map(Location::short_name).collect();
        let missing = lies.missing();
        [names(lies.at), names(missing), names(lies.unknown)]
    }

    /// Versions that do not lie there, but at others.
    fn elsewhere(&self, listed_at: &str) -> Vec<VersionId> {
        self.world.handle().version_list(self.place(listed_at)).wait().unwrap().whereabouts.elsewhere
    }

    pub fn back_up(&self) -> RunReport {
        self.world.back_up(&self.plan, WantedType::Auto)
    }

    pub fn versions(&self, name: &str) -> Vec<VersionId> {
        let versions = self.world.handle().versions(self.place(name)).wait().unwrap();
        versions.into_iter().map(|manifest| manifest.id).collect()
    }

    /// The newest version restores from there to what the source is.
    pub fn restores(&self, name: &str) {
        let to = self.world.path(&format!("from-{name}"));
        let report = self.world.restore(self.place(name), VersionChoice::Latest, &to);
        assert_eq!(report.outcome, Outcome::Completed, "{name}");
        assert_eq!(tree(&to.join("source")), tree(&self.world.source()), "{name}");
        fs::remove_dir_all(to).unwrap();
    }

    pub fn pull_out(&self, name: &str) {
        fs::rename(self.world.path(name), self.world.path("pulled-out")).unwrap();
    }

    pub fn put_back(&self, name: &str) {
        fs::rename(self.world.path("pulled-out"), self.world.path(name)).unwrap();
    }

    pub fn verifies(&self, name: &str) -> Vec<String> {
        let spec = VerifySpec { from: self.place(name), version: None, depth: Depth::Full };
        match self.world.run(|run| Command::Verify { run, spec }).detail {
            RunDetail::Verify { report } => report.damaged.into_iter().map(|damaged| damaged.object).collect(),
            other => panic!("{other:?}"),
        }
    }

    /// Changes a byte of a volume there. What it was, and where.
    fn damage(&self, name: &str) -> (std::path::PathBuf, Vec<u8>) {
        let volume = super::tree(&self.world.path(name))
            .into_keys()
            .find(|path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"v0001")));
        let volume = self.world.path(name).join(volume.unwrap());
        let good = fs::read(&volume).unwrap();
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        fs::write(&volume, &bad).unwrap();
        (volume, good)
    }

    fn healthiest(&self, version: VersionChoice) -> Location {
        self.world.handle().healthiest(self.plan.id.clone(), version).wait().unwrap()
    }

    pub fn replicate(&self, from: &str, to: &str) -> RunReport {
        let (from, to) = (self.place(from), Location::local(self.world.path(to)));
        self.world.run(|run| Command::Replicate { run, spec: Box::new(ReplicateSpec::all(from, to)) })
    }
}

fn lacking(report: &RunReport) -> usize {
    report.warnings.iter().filter(|warning| warning.cause == Cause::Destination).count()
}

#[test]
fn each_destination_has_every_version_and_one_that_is_away_gets_it_later() {
    let case = Case::new();
    let first = case.back_up();
    assert_eq!(first.outcome, Outcome::Completed, "{:?}", first.warnings);
    let RunDetail::Backup { copies, .. } = &first.detail else { panic!("{first:?}") };
    assert_eq!(copies.len(), 2);
    assert!(copies.iter().all(|copy| copy.versions == [version_of(&first)] && copy.bytes > 0), "{copies:?}");

    for away in NAMES {
        case.pull_out(away);
        write(&case.world.source().join(away), away);
        let report = case.back_up();
        assert_eq!(report.outcome, Outcome::CompletedWithWarnings);
        assert_eq!(lacking(&report), 1, "{:?}", report.warnings);
        case.put_back(away);
        assert!(!case.versions(away).contains(&version_of(&report)));
        write(&case.world.source().join("again"), away);
        let report = case.back_up();
        assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.warnings);
        NAMES.iter().for_each(|name| case.restores(name));
    }
    let all = case.versions("destination");
    assert_eq!(all.len(), 7);
    for name in NAMES {
        assert_eq!(case.versions(name), all, "{name}");
        assert_eq!(case.verifies(name), [""; 0], "{name}");
    }
    let sequences: Vec<u64> =
        case.world.handle().versions(case.place("third")).wait().unwrap().iter().map(|m| m.sequence).collect();
    let mut counted = sequences.clone();
    counted.sort_unstable();
    counted.dedup();
    assert_eq!(counted.len(), 7, "no number is given twice, whichever destination was written: {sequences:?}");
}

#[test]
fn a_version_shows_where_it_lies_and_where_it_is_missing() {
    let case = Case::new();
    let first = version_of(&case.back_up());
    let none: [&str; 0] = [];
    for name in NAMES {
        assert_eq!(case.lies(name, &first), [NAMES.to_vec(), none.to_vec(), none.to_vec()], "{name}");
    }
    case.pull_out("third");
    write(&case.world.source().join("b"), "new");
    let second = version_of(&case.back_up());
    case.put_back("third");
    assert_eq!(case.lies("destination", &second), [vec!["destination", "second"], vec!["third"], vec![]]);
    assert_eq!(case.lies("third", &first)[1], none);
    assert_eq!(case.elsewhere("third"), std::slice::from_ref(&second));
    let list = case.world.handle().version_list(case.place("second")).wait().unwrap();
    let newest = list.manifests.last().unwrap();
    let third = Location::local(case.world.path("third"));
    assert_eq!((list.whereabouts.of(newest).not_yet, list.whereabouts.elsewhere.len()), (vec![&third], 0));

    assert_eq!(case.replicate("destination", "third").outcome, Outcome::Completed);
    assert_eq!(case.lies("destination", &second), [NAMES.to_vec(), vec![], vec![]]);
    assert_eq!(case.elsewhere("third"), []);

    let spec = DeleteSpec { from: case.place("second"), versions: vec![first.clone()], everywhere: false };
    assert_eq!(case.world.run(|run| Command::Delete { run, spec }).outcome, Outcome::Completed);
    assert_eq!(case.lies("destination", &first), [vec!["destination", "third"], vec!["second"], vec![]]);
    let list = case.world.handle().version_list(case.place("destination")).wait().unwrap();
    let lies = list.whereabouts.of(&list.manifests[0]);
    assert_eq!((lies.not_yet.len(), lies.not_at.len()), (0, 1), "it was there, and does not come again");
    assert_eq!(case.elsewhere("second"), [first]);
}

#[test]
fn of_a_destination_that_was_never_seen_nothing_is_said() {
    let mut case = Case::new();
    let first = version_of(&case.back_up());
    fs::create_dir(case.world.path("new")).unwrap();
    case.plan.destinations.push(Location::local(case.world.path("new")));
    case.world.save(&case.plan).unwrap();
    assert_eq!(case.lies("second", &first), [NAMES.to_vec(), vec![], vec!["new"]]);
    // While the one that is asked is away, another is read.
    case.pull_out("second");
    assert_eq!(case.lies("second", &first), [NAMES.to_vec(), vec![], vec!["new"]]);
    case.put_back("second");
    // Whoever has no such plan knows only what is listed.
    case.world.start("another home", false);
    assert_eq!(case.lies("third", &first), [vec!["third"], vec![], vec![]]);
}

#[test]
fn without_any_destination_the_run_fails_and_says_why() {
    let case = Case::new();
    case.back_up();
    for name in NAMES {
        fs::rename(case.world.path(name), case.world.path(&format!("{name}-away"))).unwrap();
    }
    let report = case.back_up();
    assert!(matches!(&report.outcome, Outcome::Failed(problem) if problem.code == Code::DestinationMissing), "{report:?}");
}

#[test]
fn a_destination_that_is_there_again_catches_up_by_itself() {
    let mut case = Case::new();
    case.back_up();
    case.pull_out("second");
    write(&case.world.source().join("b"), "new");
    case.back_up();
    case.put_back("second");
    assert_eq!(case.versions("second").len(), 1);
    case.world.start("home", true);
    let filter = HistoryFilter { kind: Some(RunKind::Replicate), limit: 10, ..HistoryFilter::default() };
    let end = Instant::now() + Duration::from_secs(60);
    let runs = loop {
        let runs = case.world.handle().history(filter.clone()).wait().unwrap().runs;
        if !runs.is_empty() {
            break runs;
        }
        assert!(Instant::now() < end, "it was not looked for");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!((runs[0].trigger, &runs[0].outcome), (Trigger::CatchUp, &Outcome::Completed));
    assert_eq!(case.versions("second"), case.versions("destination"));
    case.restores("second");
}

#[test]
fn new_destinations_get_their_versions_at_once_one_after_the_other() {
    let mut case = Case::new();
    let all = std::mem::take(&mut case.plan.destinations);
    case.plan.destinations = all[..1].to_vec();
    case.world.save(&case.plan).unwrap();
    write(&case.world.source().join("large"), crate::support::Random(7).bytes(20 << 20));
    case.back_up();
    case.world.start("home", true);
    // The look of the start is over: what comes now would have to wait for the next.
    std::thread::sleep(Duration::from_millis(500));
    case.plan.destinations = all;
    case.world.save(&case.plan).unwrap();
    let copies = HistoryFilter { kind: Some(RunKind::Replicate), limit: 10, ..HistoryFilter::default() };
    let begun = Instant::now();
    let runs = loop {
        let runs = case.world.handle().history(copies.clone()).wait().unwrap().runs;
        if runs.len() == 2 {
            break runs;
        }
        assert!(begun.elapsed() < Duration::from_secs(40), "one of them waits for the next look: {runs:?}");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(runs.iter().all(|run| run.trigger == Trigger::CatchUp && run.outcome == Outcome::Completed), "{runs:?}");
    NAMES.iter().for_each(|name| case.restores(name));
}

#[test]
fn what_is_damaged_at_one_is_replaced_from_another() {
    let case = Case::new();
    case.back_up();
    let (volume, good) = case.damage("third");
    let bad = fs::read(&volume).unwrap();
    assert_eq!(case.verifies("third").len(), 1);
    let report = case.replicate("destination", "third");
    assert_eq!(report.outcome, Outcome::Completed);
    assert!(fs::read(&volume).unwrap() == good);
    assert_eq!(case.verifies("third"), [""; 0]);

    // The other way round nothing that is damaged is copied.
    fs::write(&volume, &bad).unwrap();
    fs::remove_dir_all(case.world.path("second")).unwrap();
    fs::create_dir(case.world.path("second")).unwrap();
    let elsewhere = Location::local(case.world.path("second").join("new"));
    fs::create_dir(case.world.path("second/new")).unwrap();
    let spec = ReplicateSpec::all(case.place("third"), elsewhere);
    let report = case.world.run(|run| Command::Replicate { run, spec: Box::new(spec) });
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{report:?}");
    assert_eq!(case.versions("second/new"), []);
}

#[test]
fn where_only_the_backup_is_named_the_healthiest_destination_is_read() {
    let case = Case::new();
    let first = version_of(&case.back_up());
    let [destination, second, third] = NAMES.map(|name| case.place(name).location);
    let look = |at: &Location| case.world.handle().destination_status(at.clone()).wait().unwrap().problem.map(|p| p.code);
    assert_eq!(case.healthiest(VersionChoice::Latest), destination, "all are well, and it is the plan's first");
    case.pull_out("destination");
    assert_eq!(look(&destination), Some(Code::DestinationMissing));
    assert_eq!(case.healthiest(VersionChoice::Latest), second, "it could not be used last");
    write(&case.world.source().join("b"), "new");
    let newer = version_of(&case.back_up());
    case.put_back("destination");
    assert_eq!(look(&destination), None);
    assert_eq!(case.healthiest(VersionChoice::Latest), second, "the first lacks the newest version");
    assert_eq!(case.healthiest(VersionChoice::Id(newer.clone())), second);
    assert_eq!(case.healthiest(VersionChoice::Id(first)), destination);
    case.damage("second");
    assert_ne!(case.verifies("second"), [""; 0]);
    assert_eq!(case.healthiest(VersionChoice::Id(newer)), third, "what is damaged is remembered");
    let unknown = case.world.handle().healthiest(PlanId::from_random([9; 16]), VersionChoice::Latest).wait();
    assert_eq!(unknown.unwrap_err().code, Code::NothingThere);
}

#[test]
fn what_was_deleted_at_a_destination_is_not_brought_back() {
    let case = Case::new();
    let first = version_of(&case.back_up());
    write(&case.world.source().join("b"), "new");
    let second = version_of(&case.back_up());
    let spec = DeleteSpec { from: case.place("second"), versions: vec![first.clone()], everywhere: false };
    assert_eq!(case.world.run(|run| Command::Delete { run, spec }).outcome, Outcome::Completed);
    let report = case.replicate("destination", "second");
    let RunDetail::Replicate { replicated, .. } = &report.detail else { panic!("{report:?}") };
    assert_eq!((replicated.versions.len(), replicated.objects), (0, 0));
    write(&case.world.source().join("c"), "newer");
    let third = version_of(&case.back_up());
    assert_eq!(case.versions("second"), [second.clone(), third.clone()]);
    assert_eq!(case.versions("third"), [first, second, third]);
    case.restores("second");
    assert_eq!(case.verifies("second"), [""; 0]);
}

#[test]
fn a_change_of_keys_reaches_the_others_at_once_or_with_the_next_run() {
    let case = Case::new();
    case.back_up();
    case.pull_out("destination");
    let change = KeyChange::Replace(NewSecrets::of(Secret::new("another long password")));
    let from = Place { secret: Some(Secret::new(PASSWORD)), ..case.place("third") };
    case.world.handle().change_keys(from, change, None).wait().unwrap();
    let with = |name: &str, text: &str| Place { secret: Some(Secret::new(text)), ..case.place(name) };
    case.world.handle().unlock(with("second", "another long password")).wait().unwrap();
    let owed = KeysOwed { plan: case.plan.id.clone(), from: Some(case.place("second").location) };
    assert_eq!(NAMES.map(|name| case.keys_owed(name)), [vec![owed.clone()], vec![], vec![]]);
    case.put_back("destination");
    assert_eq!(case.keys_owed("destination"), [owed], "that it is there brings nothing");
    assert!(case.world.handle().unlock(with("destination", "another long password")).wait().is_err(), "it was away");
    write(&case.world.source().join("b"), "new");
    let report = case.back_up();
    assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
    for name in NAMES {
        case.world
            .handle()
            .unlock(with(name, "another long password"))
            .wait()
            .unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert!(case.world.handle().unlock(with(name, PASSWORD)).wait().is_err(), "{name}");
        assert_eq!(case.keys_owed(name), []);
    }
}

#[test]
fn a_copy_brings_a_change_of_keys_though_no_version_is_lacking() {
    let case = Case::new();
    case.back_up();
    case.pull_out("third");
    let change = KeyChange::Replace(NewSecrets::of(Secret::new("another long password")));
    let from = Place { secret: Some(Secret::new(PASSWORD)), ..case.place("destination") };
    case.world.handle().change_keys(from, change, None).wait().unwrap();
    case.put_back("third");
    assert_eq!(case.keys_owed("third").len(), 1);
    assert_eq!(case.replicate("destination", "third").outcome, Outcome::Completed);
    assert_eq!(case.keys_owed("third"), []);
    let place = Place { secret: Some(Secret::new("another long password")), ..case.place("third") };
    case.world.handle().unlock(place).wait().unwrap();
}

#[test]
fn a_version_is_deleted_at_all_of_them() {
    let case = Case::new();
    let first = version_of(&case.back_up());
    write(&case.world.source().join("b"), "new");
    let second = version_of(&case.back_up());
    case.pull_out("third");
    let spec = DeleteSpec { from: case.place("destination"), versions: vec![first.clone()], everywhere: true };
    let report = case.world.run(|run| Command::Delete { run, spec });
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "one keeps it: {report:?}");
    case.put_back("third");
    for (name, left) in [("destination", vec![&second]), ("second", vec![&second]), ("third", vec![&first, &second])] {
        assert_eq!(case.versions(name).iter().collect::<Vec<_>>(), left, "{name}");
        case.restores(name);
    }
}

#[test]
fn another_destination_stands_in_while_versions_are_read() {
    let case = Case::new();
    let id = version_of(&case.back_up());
    // Open, then gone.
    assert_eq!(case.versions("destination"), std::slice::from_ref(&id));
    let place = case.place("destination");
    let origin = Origin::Version { place: place.clone(), version: VersionChoice::Id(id.clone()) };
    assert!(case.world.handle().children(origin, strongroom::model::path::PathBytes::default(), 0, 10).wait().unwrap().total > 0);
    case.pull_out("destination");
    let to = case.world.path("out");
    let report = case.world.restore(place.clone(), VersionChoice::Id(id.clone()), &to);
    assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
    assert_eq!(tree(&to.join("source")), tree(&case.world.source()));
    // And where it was never open.
    case.world.handle().versions(place.clone()).wait().unwrap();
    let report = case.world.restore(place, VersionChoice::Latest, &case.world.path("again"));
    assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
}

#[test]
fn a_destination_that_is_full_in_the_middle_keeps_no_version_from_the_others() {
    let case = Case::new();
    case.back_up();
    let mut film = vec![0; 3_000_000];
    getrandom::fill(&mut film).unwrap();
    write(&case.world.source().join("b"), film);
    // Whatever is written first is pulled out; what is opened after that works.
    case.world.put_before(pulled::once(100_000));
    let report = case.back_up();
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{report:?}");
    assert_eq!(lacking(&report), 1, "{:?}", report.warnings);
    let with: Vec<&str> = NAMES.into_iter().filter(|name| case.versions(name).len() == 2).collect();
    assert_eq!(with.len(), 2, "{with:?}");
    with.iter().for_each(|name| case.restores(name));
    write(&case.world.source().join("c"), "later");
    assert_eq!(case.back_up().outcome, Outcome::Completed);
    for name in NAMES {
        case.restores(name);
        let data = fs::read_dir(case.world.path(name)).unwrap().next().unwrap().unwrap().path().join("data");
        assert_eq!(fs::read_dir(data).unwrap().count(), 3, "{name}: nothing is left of what made no version");
    }
}

#[test]
fn one_place_in_two_spellings_is_written_once() {
    let world = World::new();
    write(&world.source().join("a"), "x");
    let one = world.destination();
    fs::create_dir_all(&one).unwrap();
    fs::create_dir_all(world.path("elsewhere")).unwrap();
    let dotted = Location::local(one.join("."));
    let spelled = Location::local(world.path("elsewhere/../destination"));
    // What the address alone tells.
    let mut plan = Plan { destinations: vec![Location::local(&*one), dotted], ..world.plan("Documents") };
    let refused = world.save(&plan).unwrap_err();
    assert!(refused.code == Code::Usage && refused.what.contains("is the same place as"), "{refused:?}");
    // A plan that nobody looked at so: it is backed up, and what is wrong is said.
    let once = |plan: &Plan| {
        let plan = Box::new(plan.clone());
        world.run(|run| Command::BackUpOnce {
            run,
            plan,
            secrets: NewSecrets { password: Some(Secret::new(PASSWORD)), ..NewSecrets::default() },
            kind: WantedType::Auto,
            base: None,
            take_over: false,
            accept_shrunk: false,
        })
    };
    let report = once(&plan);
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{report:?}");
    assert!(report.warnings[0].detail.contains("is the same place as"), "{:?}", report.warnings);
    // What only the folder tells.
    plan.destinations = vec![Location::local(&*one), spelled];
    let refused = world.save(&plan).unwrap_err();
    assert!(refused.what.contains("is the same place as"), "{refused:?}");
    let report = once(&plan);
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "{report:?}");
    assert!(report.warnings[0].detail.contains("is the same place as"), "{:?}", report.warnings);
}
