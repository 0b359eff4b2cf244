//! Deleting versions: what others need stays, what forbids it is said, and what was cut off is finished.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use strongroom::engine::message::Command;
use strongroom::model::problem::Code;
use strongroom::model::prune::DeleteSpec;
use strongroom::model::restore::{Depth, VersionChoice};
use strongroom::model::run::{Outcome, RunDetail};
use strongroom::model::snapshot::{Manifest, VersionId, WantedType};

use super::*;
use crate::support::Random;

type Files = BTreeMap<PathBuf, Vec<u8>>;

struct Case {
    world: World,
    plan: Plan,
    versions: Vec<(VersionId, Files)>,
}

/// A full and two incremental versions, each with a file of its own and without one of the first's.
fn three_versions() -> Case {
    let world = World::new();
    let mut random = Random(5);
    for n in 0..6 {
        write(&world.source().join(format!("folder/{n}")), random.bytes(20_000));
    }
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    let mut case = Case { world, plan, versions: Vec::new() };
    case.back_up(WantedType::Full);
    for n in 0..2 {
        write(&case.world.source().join(format!("new {n}")), random.bytes(30_000));
        std::fs::remove_file(case.world.source().join(format!("folder/{n}"))).unwrap();
        case.back_up(WantedType::Incremental);
    }
    case
}

impl Case {
    fn back_up(&mut self, kind: WantedType) -> RunReport {
        let report = self.world.back_up(&self.plan, kind);
        assert!(report.outcome.is_success(), "{report:?}");
        self.versions.push((version_of(&report), tree(&self.world.source())));
        report
    }

    fn id(&self, n: usize) -> VersionId {
        self.versions[n].0.clone()
    }

    fn spec(&self, versions: &[VersionId]) -> DeleteSpec {
        DeleteSpec { from: self.world.place(&self.plan), versions: versions.to_vec(), everywhere: false }
    }

    fn delete(&self, versions: &[VersionId]) -> RunReport {
        let spec = self.spec(versions);
        self.world.run(|run| Command::Delete { run, spec })
    }

    fn folder(&self) -> PathBuf {
        self.world.destination().join(self.plan.folder_name())
    }

    fn listed(&self) -> Vec<Manifest> {
        self.world.handle().versions(self.world.place(&self.plan)).wait().unwrap()
    }

    /// The versions that are there are these, and they come back as they were.
    fn are_left(&self, left: &[usize]) {
        let ids: Vec<VersionId> = left.iter().map(|n| self.id(*n)).collect();
        assert_eq!(self.listed().into_iter().map(|m| m.id).collect::<Vec<_>>(), ids);
        assert_eq!(self.world.verify(&self.plan, Depth::Full).outcome, Outcome::Completed);
        for n in left {
            let out = self.world.path("out");
            let done = self.world.restore(self.world.place(&self.plan), VersionChoice::Id(self.id(*n)), &out);
            assert_eq!(done.outcome, Outcome::Completed, "{done:?}");
            assert!(tree(&out.join("source")) == self.versions[*n].1);
            std::fs::remove_dir_all(out).unwrap();
        }
    }

    fn runs(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder().join("data"))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn refused(report: &RunReport, code: Code) {
    assert!(matches!(&report.outcome, Outcome::Failed(p) if p.code == code), "{:?}", report.outcome);
}

#[test]
fn any_version_can_go_and_all_others_stay_whole() {
    for gone in [vec![0], vec![1], vec![0, 1], vec![2], vec![0, 2]] {
        let case = three_versions();
        let ids: Vec<VersionId> = gone.iter().map(|n| case.id(*n)).collect();
        let before = tree(&case.folder().join("data"));
        let plan = case.world.handle().plan_deletion(case.spec(&ids)).wait().unwrap();
        assert!(tree(&case.folder().join("data")) == before, "a plan touches nothing");
        let report = case.delete(&ids);
        assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
        let RunDetail::Delete { versions, bytes, plan_bytes, left, .. } = &report.detail else { panic!("{report:?}") };
        assert_eq!((versions, *bytes, *left), (&ids, plan.bytes, 3 - gone.len() as u64));
        let after: u64 = tree(&case.folder().join("data")).values().map(|f| f.len() as u64).sum();
        let all: u64 = before.values().map(|f| f.len() as u64).sum();
        assert_eq!((after, after), (*plan_bytes, all - bytes));
        let left: Vec<usize> = (0..3).filter(|n| !gone.contains(n)).collect();
        case.are_left(&left);
        let overview = case.world.handle().overview();
        assert_eq!((overview.plans[0].versions, overview.plans[0].stored_bytes), (Some(left.len() as u64), Some(after)));
    }
}

#[test]
fn when_the_last_that_needed_it_goes_so_does_the_rest_of_an_older_one() {
    let mut case = three_versions();
    assert!(case.delete(&[case.id(0)]).outcome.is_success());
    assert!(case.runs().contains(&case.id(0).to_string()), "its volume is needed");
    case.back_up(WantedType::Full);
    assert!(case.delete(&[case.id(1), case.id(2)]).outcome.is_success());
    assert_eq!(case.runs(), [case.id(3).to_string()]);
    case.are_left(&[3]);
    // Nothing of it comes back, and the next version builds on what is there.
    case.back_up(WantedType::Auto);
    case.are_left(&[3, 4]);
}

#[test]
fn the_last_good_version_stays() {
    let case = three_versions();
    refused(&case.delete(&[case.id(0), case.id(1), case.id(2)]), Code::Usage);
    refused(&case.delete(&[VersionId::try_from("20200101T000000Z-full-00000000".to_string()).unwrap()]), Code::NothingThere);
    case.are_left(&[0, 1, 2]);
    assert!(!case.folder().join("deleted").exists(), "nothing was marked");
}

#[test]
fn a_manifest_that_cannot_be_read_stops_deletion() {
    let case = three_versions();
    let path = case.folder().join(format!("versions/{}.json", case.id(1)));
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 20]).unwrap();
    refused(&case.delete(&[case.id(0)]), Code::Damaged);
    std::fs::write(&path, whole).unwrap();
    case.are_left(&[0, 1, 2]);
    // Somebody may give that very version up.
    std::fs::write(&path, "nonsense").unwrap();
    assert!(case.delete(&[case.id(1)]).outcome.is_success());
    case.are_left(&[0, 2]);
}

#[test]
fn a_version_that_vanished_stops_deletion_until_it_is_given_up() {
    let mut case = three_versions();
    let path = case.folder().join(format!("versions/{}.json", case.id(1)));
    let whole = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    refused(&case.delete(&[case.id(0)]), Code::ForeignHand);
    // Also after a backup, which says so.
    assert_eq!(case.back_up(WantedType::Auto).outcome, Outcome::CompletedWithWarnings);
    refused(&case.delete(&[case.id(0)]), Code::ForeignHand);
    std::fs::write(&path, &whole).unwrap();
    case.are_left(&[0, 1, 2, 3]);
    std::fs::remove_file(&path).unwrap();
    assert!(case.delete(&[case.id(0), case.id(1)]).outcome.is_success());
    case.are_left(&[2, 3]);
    // A copy of what was deleted is no version.
    std::fs::write(&path, &whole).unwrap();
    case.are_left(&[2, 3]);
    assert_eq!(case.back_up(WantedType::Auto).outcome, Outcome::Completed);
    assert!(!path.exists());
}

/// Three versions, and another home that has nothing of them but their password.
struct Second(Case);

impl Second {
    fn new() -> Self {
        let mut case = three_versions();
        case.world.start("second-home", false);
        Self(case)
    }

    fn back_up(&mut self, take_over: bool) {
        let Self(case) = self;
        let plan = Box::new(case.plan.clone());
        let secrets = NewSecrets { password: Some(Secret::new(PASSWORD)), ..NewSecrets::default() };
        let kind = WantedType::Auto;
        let made =
            case.world.run(|run| Command::BackUpOnce { run, plan, secrets, kind, base: None, take_over, accept_shrunk: false });
        assert!(made.outcome.is_success(), "{made:?}");
        case.versions.push((version_of(&made), tree(&case.world.source())));
    }

    fn delete_first(&self) -> RunReport {
        let Self(case) = self;
        let from = Place { secret: Some(Secret::new(PASSWORD)), ..case.world.place(&case.plan) };
        let spec = DeleteSpec { from, versions: vec![case.id(0)], everywhere: false };
        case.world.run(|run| Command::Delete { run, spec })
    }

    fn now(&self) -> Timestamp {
        self.0.world.clock.now()
    }

    /// Sets the clock to so many hours after (or before) a time.
    fn set(&self, time: Timestamp, hours: i64) {
        self.0.world.clock.set(&(time + SignedDuration::from_hours(hours)).to_string());
    }
}

const WEEK: i64 = 7 * 24;

#[test]
fn only_the_owner_deletes_and_not_soon_after_taking_over() {
    let mut second = Second::new();
    refused(&second.delete_first(), Code::OtherOwner);
    second.back_up(true);
    refused(&second.delete_first(), Code::OtherOwner);
    second.0.are_left(&[0, 1, 2, 3]);
    second.set(second.now(), WEEK + 24);
    assert!(second.delete_first().outcome.is_success());
    second.0.are_left(&[1, 2, 3]);
}

/// By a clock that was wrong, or by somebody who wants nothing ever to be deleted.
#[test]
fn a_take_over_that_is_dated_ahead_holds_for_seven_days_from_when_it_is_seen() {
    let mut second = Second::new();
    let start = second.now();
    second.set(start, 10 * 365 * 24);
    second.back_up(true);
    // The clock is right again. What stands there would forbid it for ten years.
    second.set(start, 1);
    let Outcome::Failed(said) = second.delete_first().outcome else { panic!("nothing may be deleted yet") };
    assert!(said.code == Code::OtherOwner && said.what.contains("not come yet") && said.fix.contains("clock"), "{said:?}");
    second.back_up(false);
    second.set(start, WEEK);
    refused(&second.delete_first(), Code::OtherOwner);
    second.set(start, WEEK + 2);
    assert!(second.delete_first().outcome.is_success());
    second.0.are_left(&[1, 2, 3, 4]);
}

/// The date is right, and the clock goes back for a while: nothing is deleted sooner for that.
#[test]
fn a_clock_that_is_behind_for_a_while_shortens_no_take_over() {
    let mut second = Second::new();
    let taken = second.now() + SignedDuration::from_hours(30 * 24);
    second.set(taken, 0);
    second.back_up(true);
    second.set(taken, -20 * 24);
    second.back_up(false);
    second.set(taken, 24);
    refused(&second.delete_first(), Code::OtherOwner);
    second.set(taken, WEEK + 1);
    assert!(second.delete_first().outcome.is_success());
}

/// Wherever a deletion was cut off, what is marked is no version, all others are whole, and the next run clears up.
#[test]
fn a_deletion_that_was_cut_off_is_finished_by_the_next_run() {
    // What a whole deletion does, step by step.
    let mut step = 0;
    loop {
        let mut case = three_versions();
        let aside = case.world.path("aside");
        copy(&case.folder(), &aside);
        assert!(case.delete(&[case.id(0), case.id(1)]).outcome.is_success());
        let (before, after) = (tree(&aside), tree(&case.folder()));
        let marks: Vec<&PathBuf> = after.keys().filter(|name| !before.contains_key(*name)).collect();
        let gone: Vec<&PathBuf> = before.keys().filter(|name| !after.contains_key(*name)).collect();
        // Marks first, then manifests, then the rest.
        let (manifests, rest): (Vec<_>, Vec<_>) = gone.into_iter().partition(|name| name.starts_with("versions"));
        let steps = marks.len() + manifests.len() + rest.len();
        assert!(steps >= 6, "{steps}");
        // Back to where it was cut off.
        let done = |at: usize| at < step;
        let all = marks.iter().map(|m| (m, true)).chain(manifests.iter().chain(&rest).map(|g| (g, false)));
        for (at, (name, is_mark)) in all.enumerate() {
            match (is_mark, done(at)) {
                (true, false) => std::fs::remove_file(case.folder().join(name)).unwrap(),
                (false, false) => write(&case.folder().join(name), &before[*name]),
                _ => {}
            }
        }
        // The home knows as much as it did when it was killed; marks are told apart from foreign hands by what they are.
        case.world.start("home", false);
        let marked = step.min(marks.len());
        let left: Vec<usize> =
            (0..3).filter(|n| *n == 2 || !marks.iter().take(marked).any(|m| m.ends_with(case.id(*n).as_str()))).collect();
        case.are_left(&left);
        if marked == marks.len() {
            let report = case.back_up(WantedType::Auto);
            assert!(report.outcome.is_success(), "{report:?}");
            let now = tree(&case.folder());
            assert!(manifests.iter().chain(&rest).all(|name| !now.contains_key(*name)), "step {step}: {:?}", now.keys());
            case.are_left(&[2, 3]);
        }
        step += 1;
        if step > steps {
            break;
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for (name, content) in tree(from) {
        write(&to.join(name), content);
    }
}

#[test]
fn no_number_comes_twice_and_what_was_deleted_does_not_come_back() {
    let mut case = three_versions();
    let folder = case.world.destination().join(case.plan.folder_name());
    let name = format!("versions/{}.json", case.id(2));
    let manifest = std::fs::read(folder.join(&name)).unwrap();
    assert_eq!(case.delete(&[case.id(2)]).outcome, Outcome::Completed);
    case.back_up(WantedType::Incremental);
    let listed = || case.world.handle().versions(case.world.place(&case.plan)).wait().unwrap();
    assert_eq!(listed().iter().map(|version| version.sequence).collect::<Vec<_>>(), [1, 2, 4]);
    // Put back with its mark it is none; without it this home knows that it is not its own doing.
    std::fs::write(folder.join(&name), manifest).unwrap();
    assert_eq!(listed().len(), 3);
    std::fs::remove_file(folder.join("deleted").join(case.id(2).as_str())).unwrap();
    assert_eq!(listed().last().unwrap().id, case.id(3), "and it stands behind what followed it");
    refused(&case.world.back_up(&case.plan, WantedType::Auto), Code::ForeignHand);
}

#[test]
fn the_newest_version_is_as_old_as_its_run() {
    let case = three_versions();
    let listed = case.world.handle().versions(case.world.place(&case.plan)).wait().unwrap();
    let shown = case.world.handle().plans_at(case.world.location()).wait().unwrap();
    // To the nanosecond: a version's name has only seconds, and those of its first begin where its run was gone on with.
    assert_eq!(shown[0].newest, listed.last().map(|version| version.started));
}
