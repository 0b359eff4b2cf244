//! A source that vanished or shrank sharply: no version is made of it, nothing is cleaned up, and a person decides.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use strongroom::model::clean_up::CleanUpSpec;
use strongroom::model::history::{Ending, HistoryFilter};
use strongroom::model::path::PathBytes;
use strongroom::model::problem::{Cause, Code};
use strongroom::model::retention::{Doubt, Retention};
use strongroom::model::run::{Outcome, RunKind, Trigger};
use strongroom::model::schedule::DueBecause;
use strongroom::model::snapshot::{BackupType, WantedType};
use strongroom::model::status::{Status, Why};

use super::*;

/// A plan of two folders, `source` with 40 files and `other` with three.
struct Case {
    world: World,
    plan: Plan,
}

impl Case {
    fn new() -> Self {
        let world = World::in_memory();
        for n in 0..40 {
            write(&world.source().join(format!("in/{n:02}")), format!("content {n}"));
        }
        for n in 0..3 {
            write(&world.path("other").join(n.to_string()), "x");
        }
        let mut plan = world.plan("Documents");
        plan.sources.paths.push(world.path("other").into());
        world.save(&plan).unwrap();
        let case = Self { world, plan };
        case.done(case.back_up());
        case
    }

    fn back_up(&self) -> RunReport {
        self.world.back_up(&self.plan, WantedType::Auto)
    }

    fn anyway(&self) -> RunReport {
        let (plan, kind) = (self.plan.id.clone(), WantedType::Auto);
        self.world.run(|run| Command::BackUp { run, plan, kind, base: None, take_over: false, accept_shrunk: true })
    }

    #[track_caller]
    fn done(&self, report: RunReport) -> VersionId {
        assert!(report.outcome.is_success(), "{report:?}");
        version_of(&report)
    }

    /// That a run is held, and leaves the destination as it was to the byte.
    #[track_caller]
    fn held(&self, kind: WantedType) -> Problem {
        let before = tree(&self.world.destination());
        let report = self.world.back_up(&self.plan, kind);
        let Outcome::Failed(problem) = report.outcome else { panic!("{report:?}") };
        assert_eq!(problem.code, Code::SourceShrank, "{problem:?}");
        assert_eq!(report.detail, RunDetail::None);
        assert!(tree(&self.world.destination()) == before, "nothing at the destination is touched");
        problem
    }

    fn versions(&self) -> Vec<VersionId> {
        self.world.handle().versions(self.world.place(&self.plan)).wait().unwrap().into_iter().map(|m| m.id).collect()
    }

    fn stands(&self) -> (Status, Option<Code>) {
        let plan = self.world.handle().overview().plans[0].clone();
        (
            plan.status,
            match plan.why {
                Why::Failed(problem) => Some(problem.code),
                _ => None,
            },
        )
    }

    fn delete(&self, files: std::ops::Range<usize>) {
        files.for_each(|n| fs::remove_file(self.world.source().join(format!("in/{n:02}"))).unwrap());
    }

    fn restored(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let out = self.world.path("out");
        let report = self.world.restore(self.world.place(&self.plan), VersionChoice::Latest, &out);
        assert!(report.outcome.is_success(), "{report:?}");
        let found = tree(&out);
        fs::remove_dir_all(out).unwrap();
        found
    }
}

#[test]
fn half_the_files_gone_is_held_until_somebody_decides() {
    let case = Case::new();
    case.delete(0..20);
    let problem = case.held(WantedType::Auto);
    assert!(problem.what.contains("source holds 20 files") && problem.what.contains("has 40 files"), "{problem:?}");
    assert!(problem.fix.contains("back up anyway") && problem.command.contains("--accept-shrunk"), "{problem:?}");
    assert_eq!(case.stands(), (Status::NeedsAttention, Some(Code::SourceShrank)));
    // However it is made: a full version would be one of a source that is half gone as well.
    case.held(WantedType::Full);
    case.held(WantedType::Differential);
    assert_eq!(case.versions().len(), 1);

    case.done(case.anyway());
    assert_eq!(case.stands(), (Status::Protected, None));
    assert_eq!(case.restored().len(), 23);
    // What was said is the measure from then on, also for what builds on an older version.
    case.done(case.back_up());
    case.done(case.world.back_up(&case.plan, WantedType::Differential));
    case.done(case.world.back_up(&case.plan, WantedType::Full));
}

#[test]
fn less_than_half_is_nothing_unusual_and_new_files_make_up_for_gone_ones() {
    let case = Case::new();
    case.delete(0..19);
    case.done(case.back_up());
    // All of them under other names.
    fs::rename(case.world.source().join("in"), case.world.source().join("moved")).unwrap();
    case.done(case.back_up());
    // Of few files most may go.
    fs::remove_file(case.world.path("other/0")).unwrap();
    fs::remove_file(case.world.path("other/1")).unwrap();
    case.done(case.back_up());
}

#[test]
fn an_emptied_folder_is_held_and_runs_once_its_files_are_back() {
    let case = Case::new();
    // As the mount point of a drive that is not there.
    fs::rename(case.world.path("other"), case.world.path("away")).unwrap();
    fs::create_dir(case.world.path("other")).unwrap();
    let problem = case.held(WantedType::Auto);
    assert!(problem.what.contains("other is empty") && problem.what.contains("3 files"), "{problem:?}");
    fs::remove_dir(case.world.path("other")).unwrap();
    fs::rename(case.world.path("away"), case.world.path("other")).unwrap();
    case.done(case.back_up());
    assert_eq!(case.stands(), (Status::Protected, None));
    assert_eq!(case.restored().len(), 43);
}

#[test]
fn another_folder_in_the_place_of_a_small_one_is_held() {
    let case = Case::new();
    fs::rename(case.world.path("other"), case.world.path("away")).unwrap();
    write(&case.world.path("other/lost+found"), "");
    let problem = case.held(WantedType::Auto);
    assert!(problem.what.contains("another folder lies at"), "{problem:?}");
}

#[test]
fn a_source_that_is_gone_is_held_and_can_be_let_go() {
    let case = Case::new();
    fs::rename(case.world.path("other"), case.world.path("away")).unwrap();
    let problem = case.held(WantedType::Auto);
    assert!(problem.what.contains("other is not there any more"), "{problem:?}");
    let report = case.anyway();
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings, "that it is not there is said");
    assert_eq!(report.warnings[0].cause, Cause::Unreadable);
    assert_eq!(case.restored().len(), 40, "what it had is in older versions");
    // It is no news any more.
    let again = case.back_up();
    assert_eq!(again.outcome, Outcome::CompletedWithWarnings);
    fs::rename(case.world.path("away"), case.world.path("other")).unwrap();
    case.done(case.back_up());
    assert_eq!(case.restored().len(), 43);
}

#[test]
fn files_that_were_cut_to_nothing_are_held() {
    let world = World::in_memory();
    for n in 0..20 {
        write(&world.source().join(n.to_string()), vec![n as u8; 1 << 20]);
    }
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    let case = Case { world, plan };
    case.done(case.back_up());
    for n in 0..19 {
        fs::write(case.world.source().join(n.to_string()), "").unwrap();
    }
    let problem = case.held(WantedType::Auto);
    assert!(problem.what.contains("holds 20 files, 1.0 MB,"), "{problem:?}");
}

#[test]
fn other_sources_and_rules_are_no_shrinkage() {
    let mut case = Case::new();
    // A source that is taken out of the plan.
    let only = case.plan.sources.paths[0].clone();
    let all = std::mem::replace(&mut case.plan.sources.paths, vec![only]);
    case.world.save(&case.plan).unwrap();
    case.done(case.back_up());
    // One that comes into it is new, whatever lies there or does not.
    case.plan.sources.paths = all;
    case.plan.sources.paths.push(PathBytes::from(case.world.path("nothing")));
    case.world.save(&case.plan).unwrap();
    case.done(case.back_up());
    case.plan.sources.paths.pop();
    case.world.save(&case.plan).unwrap();
    case.done(case.back_up());
    // Patterns that leave nearly all out.
    case.plan.sources.excludes = vec!["in/0*".into(), "in/1*".into(), "in/2*".into()];
    case.world.save(&case.plan).unwrap();
    case.done(case.back_up());
    case.plan.sources.excludes.clear();
    case.world.save(&case.plan).unwrap();
    case.done(case.back_up());
    // A tag that is heeded now, and was not before.
    case.plan.sources.honour_tags = false;
    case.world.save(&case.plan).unwrap();
    write(&case.world.source().join("in/.nobackup"), "");
    case.done(case.back_up());
    case.plan.sources.honour_tags = true;
    case.world.save(&case.plan).unwrap();
    case.done(case.back_up());
    assert_eq!(case.restored().len(), 4);
}

#[test]
fn a_first_backup_and_a_single_small_file_are_never_held() {
    let world = World::in_memory();
    write(&world.path("note"), "fifty thousand words");
    let mut plan = world.plan("Documents");
    plan.sources.paths = vec![world.path("note").into(), world.source().into()];
    world.save(&plan).unwrap();
    let case = Case { world, plan };
    case.done(case.back_up());
    for content in ["", "x"] {
        // Saved as editors do it.
        write(&case.world.path("new"), content);
        fs::rename(case.world.path("new"), case.world.path("note")).unwrap();
        case.done(case.back_up());
    }
}

#[test]
fn what_cannot_be_read_is_not_gone() {
    if rustix::process::geteuid().is_root() {
        // Nothing is hidden from root; the guard's own tests have it.
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let case = Case::new();
    fs::set_permissions(case.world.source().join("in"), fs::Permissions::from_mode(0o0)).unwrap();
    let report = case.back_up();
    fs::set_permissions(case.world.source().join("in"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(report.outcome, Outcome::CompletedWithWarnings);
    assert_eq!(case.restored().len(), 43);
}

#[test]
fn nothing_is_cleaned_up_by_itself_while_a_plan_is_held() {
    let mut case = Case::new();
    for _ in 0..3 {
        let now = case.world.clock.now();
        case.world.clock.set(&(now + SignedDuration::from_hours(24)).to_string());
        case.done(case.back_up());
    }
    let all = case.versions();
    assert_eq!(all.len(), 4);
    case.delete(0..30);
    case.held(WantedType::Auto);
    let mut rule = Retention::default();
    rule.set("keep-last", "3").unwrap();
    case.plan.retention = rule;
    case.world.save(&case.plan).unwrap();
    let clean_up = |despite_doubts| {
        let spec = CleanUpSpec { plan: case.plan.id.clone(), despite_doubts };
        case.world.run(|run| Command::CleanUp { run, spec })
    };
    let refused = clean_up(false);
    let Outcome::Failed(problem) = &refused.outcome else { panic!("{refused:?}") };
    assert!(problem.code == Code::Doubtful && problem.what.contains("was held"), "{problem:?}");
    let preview = case.world.handle().preview_retention(case.plan.clone()).wait().unwrap();
    assert_eq!(preview.places[0].judged.as_ref().unwrap().doubts, [Doubt::Held]);
    assert_eq!(case.versions(), all);
    // A failure of another kind since then is no answer.
    fs::rename(case.world.destination(), case.world.path("unplugged")).unwrap();
    assert!(!case.back_up().outcome.is_success());
    fs::rename(case.world.path("unplugged"), case.world.destination()).unwrap();
    assert!(matches!(clean_up(false).outcome, Outcome::Failed(problem) if problem.code == Code::Doubtful));
    assert_eq!(case.versions(), all);
    // Once somebody has decided the rule is carried out, by itself and after the backup.
    let made = case.done(case.anyway());
    let end = Instant::now() + Duration::from_secs(60);
    while case.versions() != [all[2].clone(), all[3].clone(), made.clone()] {
        assert!(Instant::now() < end, "{:?}", case.versions());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn all_destinations_are_left_as_they_are() {
    let mut case = Case::new();
    let second = case.world.path("second");
    fs::create_dir(&second).unwrap();
    case.plan.destinations.push(Location::local(second.clone()));
    case.world.save(&case.plan).unwrap();
    case.done(case.back_up());
    let before = tree(&second);
    case.delete(0..40);
    case.held(WantedType::Auto);
    assert!(tree(&second) == before);
}

#[test]
fn a_held_run_of_a_schedule_waits_like_a_failed_one_and_runs_once_its_source_is_back() {
    let mut world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    for n in 0..30 {
        write(&world.source().join(n.to_string()), "x");
    }
    let plan = Plan { schedules: world.every("daily"), ..world.plan("Documents") };
    world.save(&plan).unwrap();
    assert!(world.back_up(&plan, WantedType::Auto).outcome.is_success());
    world.stop();
    fs::rename(world.source(), world.path("away")).unwrap();
    fs::create_dir(world.source()).unwrap();
    world.clock.set("2026-11-20T20:00:01Z");
    world.start("home", true);
    let runs = |world: &World, ending| {
        let filter = HistoryFilter { kind: Some(RunKind::Backup), ending: Some(ending), limit: 10, ..HistoryFilter::default() };
        world.handle().history(filter).wait().unwrap().runs
    };
    let wait_for = |world: &World, ending, count| {
        let end = Instant::now() + Duration::from_secs(60);
        while runs(world, ending).len() < count || !world.handle().overview().runs.is_empty() {
            assert!(Instant::now() < end, "{:?}", runs(world, ending));
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait_for(&world, Ending::Failed, 1);
    let held = runs(&world, Ending::Failed).remove(0);
    assert!(matches!(&held.outcome, Outcome::Failed(problem) if problem.code == Code::SourceShrank), "{held:?}");
    assert_eq!(held.trigger, Trigger::Schedule);
    let next = world.handle().overview().plans[0].next.unwrap();
    // The history keeps times to the millisecond.
    let wait = next.at.as_millisecond() - held.started.as_millisecond();
    assert_eq!((next.because, wait), (DueBecause::Retry(1), 5 * 60 * 1000));
    // Tried again later and later, not at each look.
    for (minutes, failures) in [(6, 2), (22, 3)] {
        world.stop();
        world.clock.set(&(held.started + SignedDuration::from_mins(minutes)).to_string());
        world.start("home", true);
        wait_for(&world, Ending::Failed, failures);
        let next = world.handle().overview().plans[0].next.unwrap();
        assert_eq!(next.because, DueBecause::Retry(failures as u32));
    }
    // It is mounted again: nobody has to say anything.
    world.stop();
    fs::remove_dir(world.source()).unwrap();
    fs::rename(world.path("away"), world.source()).unwrap();
    world.clock.set("2026-11-20T21:40:00Z");
    world.start("home", true);
    wait_for(&world, Ending::Success, 2);
    assert_eq!(runs(&world, Ending::Success)[0].made(), Some(BackupType::Incremental));
    assert_eq!(world.handle().overview().plans[0].status, Status::Protected);
}
