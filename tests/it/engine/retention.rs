//! What a plan's rule keeps, at real destinations: by itself after a backup, by hand, and when it asks first.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use strongroom::model::clean_up::CleanUpSpec;
use strongroom::model::history::HistoryFilter;
use strongroom::model::problem::Code;
use strongroom::model::retention::Retention;
use strongroom::model::run::{Outcome, RunKind, Trigger};
use strongroom::model::snapshot::WantedType;

use super::*;
use crate::support::Random;

struct Case {
    world: World,
    plan: Plan,
    random: Random,
}

fn rule(parts: &[(&str, &str)]) -> Retention {
    let mut rule = Retention::default();
    parts.iter().for_each(|(part, value)| rule.set(part, value).unwrap());
    rule
}

impl Case {
    fn new() -> Self {
        let world = World::new();
        let plan = world.plan("Documents");
        world.save(&plan).unwrap();
        Self { world, plan, random: Random(3) }
    }

    /// A version a day later, with one file changed.
    fn back_up(&mut self) -> VersionId {
        let now = self.world.clock.now();
        self.world.clock.set(&(now + SignedDuration::from_hours(24)).to_string());
        write(&self.world.source().join("file"), self.random.bytes(40_000));
        let report = self.world.back_up(&self.plan, WantedType::Auto);
        assert_eq!(report.outcome, Outcome::Completed, "{report:?}");
        version_of(&report)
    }

    fn keep(&mut self, parts: &[(&str, &str)]) {
        self.plan.retention = rule(parts);
        self.world.save(&self.plan).unwrap();
    }

    fn versions(&self) -> Vec<VersionId> {
        self.world.handle().versions(self.world.place(&self.plan)).wait().unwrap().into_iter().map(|m| m.id).collect()
    }

    fn clean_up(&self, despite_doubts: bool) -> RunReport {
        let spec = CleanUpSpec { plan: self.plan.id.clone(), despite_doubts };
        self.world.run(|run| Command::CleanUp { run, spec })
    }

    fn deletions(&self) -> Vec<RunReport> {
        let filter = HistoryFilter { kind: Some(RunKind::Delete), limit: 100, ..HistoryFilter::default() };
        self.world.handle().history(filter).wait().unwrap().runs
    }

    /// What follows a backup has been done.
    fn settle(&self) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.world.handle().overview().runs.is_empty() {
            assert!(Instant::now() < end);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn restores(&self) {
        let out = self.world.path("out");
        let done = self.world.restore(self.world.place(&self.plan), VersionChoice::Latest, &out);
        assert_eq!(done.outcome, Outcome::Completed, "{done:?}");
        assert!(tree(&out.join("source")) == tree(&self.world.source()));
        std::fs::remove_dir_all(out).unwrap();
    }
}

#[test]
fn what_is_not_kept_goes_after_a_backup_and_is_recorded_with_the_reason() {
    let mut case = Case::new();
    let mut made: Vec<VersionId> = (0..3).map(|_| case.back_up()).collect();
    case.settle();
    assert_eq!((case.versions().len(), case.deletions().len()), (3, 0), "without a rule all stay");
    case.keep(&[("keep-last", "3")]);
    made.push(case.back_up());
    case.settle();
    assert_eq!(case.versions(), made[1..]);
    let [went] = &case.deletions()[..] else { panic!("{:?}", case.deletions()) };
    assert_eq!((went.trigger, &went.outcome), (Trigger::Retention, &Outcome::Completed));
    let RunDetail::Delete { versions, cleaned, left, .. } = &went.detail else { panic!("{went:?}") };
    assert_eq!((versions, *left), (&made[..1].to_vec(), 3));
    let why: Vec<String> = cleaned[0].verdicts[0].why.iter().map(|reason| reason.in_words()).collect();
    assert_eq!(why, ["not among the last 3"]);
    case.restores();
    // Of a run that finds nothing to do nothing is said.
    assert_eq!(case.clean_up(false).outcome, Outcome::Completed);
    case.keep(&[("keep-last", "9")]);
    made.push(case.back_up());
    case.settle();
    assert_eq!((case.versions().len(), case.deletions().len()), (4, 2), "the one by hand is");
    assert_eq!(case.world.handle().overview().plans[0].versions, Some(4));
}

#[test]
fn where_more_than_half_would_go_a_person_is_asked_first() {
    let mut case = Case::new();
    (0..4).for_each(|_| _ = case.back_up());
    case.keep(&[("keep-last", "1")]);
    let newest = case.back_up();
    case.settle();
    assert_eq!(case.versions().len(), 5);
    let asked = case.deletions();
    assert!(matches!(&asked[0].outcome, Outcome::Failed(problem) if problem.code == Code::Doubtful), "{asked:?}");
    let held = case.clean_up(false);
    assert!(matches!(&held.outcome, Outcome::Failed(problem) if problem.what.contains("4 of 5 versions would go")), "{held:?}");
    let preview = case.world.handle().preview_retention(case.plan.clone()).wait().unwrap();
    let judged = preview.places[0].judged.as_ref().unwrap();
    assert_eq!((judged.going.len(), judged.doubts.len()), (4, 1));
    assert_eq!(case.clean_up(true).outcome, Outcome::Completed);
    assert_eq!(case.versions(), [newest]);
    case.restores();
}

#[test]
fn what_is_pinned_stays_and_is_not_deleted_by_hand_either() {
    let mut case = Case::new();
    let made: Vec<VersionId> = (0..3).map(|_| case.back_up()).collect();
    let handle = case.world.handle();
    assert_eq!(handle.pin(case.plan.id.clone(), made[0].clone(), true).wait().unwrap(), []);
    let spec = strongroom::model::prune::DeleteSpec {
        from: case.world.place(&case.plan),
        versions: vec![made[0].clone()],
        everywhere: false,
    };
    let refused = case.world.run(|run| Command::Delete { run, spec: spec.clone() });
    assert!(matches!(&refused.outcome, Outcome::Failed(problem) if problem.what.contains("pinned")), "{refused:?}");
    case.keep(&[("keep-last", "2")]);
    let newest = case.back_up();
    case.settle();
    assert_eq!(case.versions(), [made[0].clone(), made[2].clone(), newest.clone()]);
    let handle = case.world.handle();
    handle.pin(case.plan.id.clone(), made[0].clone(), false).wait().unwrap();
    handle.pin(case.plan.id.clone(), made[0].clone(), false).wait().unwrap();
    assert_eq!(case.clean_up(false).outcome, Outcome::Completed);
    assert_eq!(case.versions(), [made[2].clone(), newest]);
    assert!(handle.pin(case.plan.id.clone(), made[0].clone(), true).wait().is_err(), "it is gone");
}

#[test]
fn versions_take_no_more_room_than_allowed_and_what_others_need_is_counted_once() {
    let mut case = Case::new();
    let big = case.random.bytes(4 << 20);
    write(&case.world.source().join("big"), big);
    let made: Vec<VersionId> = (0..5).map(|_| case.back_up()).collect();
    let all = case.world.handle().stored(case.world.place(&case.plan)).wait().unwrap();
    // Of the first version's folder the volume stays: all need what is in it. The oldest go until the rest fits.
    let allowed = all - 50_000;
    case.plan.retention.max_bytes = Some(allowed);
    case.world.save(&case.plan).unwrap();
    let before = case.world.handle().preview_retention(case.plan.clone()).wait().unwrap();
    let judged = before.places[0].judged.clone().unwrap();
    assert!(judged.over.is_none() && !judged.going.is_empty() && judged.going.len() < 4, "{judged:?}");
    assert_eq!(case.clean_up(true).outcome, Outcome::Completed);
    let left = case.world.handle().stored(case.world.place(&case.plan)).wait().unwrap();
    assert!(left <= allowed, "{left} of {allowed}");
    assert_eq!(case.versions(), made[judged.going.len()..]);
    case.restores();
}

#[test]
fn a_schedule_may_have_a_rule_of_its_own() {
    let mut world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    write(&world.source().join("a"), "x");
    let daily = world.every("daily").map(|schedule| schedule.retention = Some(rule(&[("keep-last", "2")])));
    let plan = Plan { schedules: daily, ..world.plan("Documents") };
    world.save(&plan).unwrap();
    let by_hand = version_of(&world.back_up(&plan, WantedType::Auto));
    for day in 20..24 {
        world.stop();
        world.clock.set(&format!("2026-11-{day}T20:00:01Z"));
        write(&world.source().join(format!("file {day}")), "x");
        world.start("home", true);
        let end = Instant::now() + Duration::from_secs(60);
        let done = |world: &World| {
            let overview = world.handle().overview();
            overview.runs.is_empty()
                && overview.plans[0].next_run() == Some(format!("2026-11-{}T20:00:00Z", day + 1).parse().unwrap())
        };
        while !done(&world) {
            assert!(Instant::now() < end);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let left: Vec<VersionId> = world.handle().versions(world.place(&plan)).wait().unwrap().into_iter().map(|m| m.id).collect();
    assert_eq!(left.len(), 3, "two of the schedule, and the one by hand, which the plan's rule keeps: {left:?}");
    assert_eq!(left[0], by_hand);
}
