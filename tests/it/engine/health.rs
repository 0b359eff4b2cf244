//! How destinations were: noted whenever one is looked at, told later, and missed when it is away for too long.

use std::fs;

use strongroom::model::health::Sample;
use strongroom::model::problem::Code;
use strongroom::model::run::Outcome;
use strongroom::model::status::{Status, Why};

use super::*;

/// A year apart: it is not overdue while a destination is away.
const SELDOM: &str = "8000h";

fn told(world: &World, location: &Location) -> Vec<Sample> {
    world.handle().health(location.clone(), 60).wait().unwrap()
}

fn codes(samples: &[Sample]) -> Vec<Option<Code>> {
    samples.iter().map(|sample| sample.failure.as_ref().map(|failure| failure.code)).collect()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_is_away_for_too_long_needs_attention_until_it_is_there_again() {
    let world = World::new();
    world.clock.set("2026-11-10T12:00:00Z");
    write(&world.source().join("a"), "x");
    let plan = Plan { schedules: world.every(SELDOM), ..world.plan("Documents") };
    world.save(&plan).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    let at_end = told(&world, &world.location());
    assert_eq!(codes(&at_end), [None], "a run's end tells");
    assert!(at_end[0].total.is_some_and(|total| total > 0) && at_end[0].free.is_some(), "{at_end:?}");

    fs::rename(world.destination(), world.path("away")).unwrap();
    let status = || world.handle().destination_status(world.location()).wait().unwrap();
    let look = || status().problem.map(|problem| problem.code);
    let stands = || {
        let overview = world.handle().overview();
        (overview.plans[0].status, overview.plans[0].why.clone())
    };
    world.clock.set("2026-11-11T12:00:00Z");
    let away = status();
    assert_eq!(away.problem.map(|problem| problem.code), Some(Code::DestinationMissing));
    let [remembered] = &away.plans[..] else { panic!("{:?}", away.plans) };
    assert_eq!((&*remembered.name, remembered.versions, remembered.stored), ("Documents", 1, None));
    assert!(remembered.remembered && remembered.newest.is_some(), "{remembered:?}");
    world.clock.set("2026-11-18T11:00:00Z");
    look();
    assert_eq!(stands(), (Status::Protected, Why::Nothing), "a drive may lie in the drawer for a week");
    world.clock.set("2026-11-18T12:00:01Z");
    look();
    wait_until("attention", || stands().0 == Status::NeedsAttention);
    match stands().1 {
        Why::Away { destination, since } => {
            assert_eq!(destination, world.location());
            assert_eq!(since.strftime("%F %H:%M").to_string(), "2026-11-11 12:00");
        }
        why => panic!("{why:?}"),
    }
    fs::rename(world.path("away"), world.destination()).unwrap();
    let back = status();
    assert_eq!(back.problem, None);
    assert!(!back.plans[0].remembered && back.plans[0].stored.is_some_and(|stored| stored > 0), "{:?}", back.plans);
    wait_until("nothing amiss", || stands() == (Status::Protected, Why::Nothing));
    let samples = told(&world, &world.location());
    assert_eq!(codes(&samples).iter().filter(|code| code.is_some()).count(), 3, "{samples:?}");
    assert!(samples.last().unwrap().used.is_some_and(|used| used > 0), "{samples:?}");
}

#[test]
fn the_empty_folder_that_a_drive_is_mounted_on_is_not_the_drive() {
    let world = World::new();
    write(&world.source().join("a"), "x");
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    world.back_up(&plan, WantedType::Auto);
    fs::rename(world.destination(), world.path("away")).unwrap();
    fs::create_dir(world.destination()).unwrap();
    let status = world.handle().destination_status(world.location()).wait().unwrap();
    assert_eq!(status.problem.map(|problem| problem.code), Some(Code::MarkerMissing));
    // A backup that has lost its marker is still there.
    fs::remove_dir(world.destination()).unwrap();
    fs::rename(world.path("away"), world.destination()).unwrap();
    fs::remove_file(world.destination().join(plan.folder_name()).join("strongroom.json")).unwrap();
    let status = world.handle().destination_status(world.location()).wait().unwrap();
    assert_eq!(status.problem, None);
}

#[test]
fn a_run_tells_of_each_destination() {
    let world = World::new();
    write(&world.source().join("a"), "x");
    let second = Location::local(world.path("second"));
    fs::create_dir(world.path("second")).unwrap();
    let plan = Plan { destinations: vec![world.location(), second.clone()], ..world.plan("Documents") };
    world.save(&plan).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    fs::rename(world.path("second"), world.path("away")).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::CompletedWithWarnings);
    assert_eq!(codes(&told(&world, &world.location())), [None], "twice within five minutes");
    assert_eq!(codes(&told(&world, &second)), [None, Some(Code::DestinationMissing)]);
    fs::rename(world.path("away"), world.path("second")).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    assert_eq!(codes(&told(&world, &second)), [None, Some(Code::DestinationMissing), None]);
}

#[test]
fn a_test_tells_how_fast_it_is() {
    let world = World::new();
    write(&world.source().join("a"), "x");
    world.save(&world.plan("Documents")).unwrap();
    let tested = world.handle().test_destination(world.location()).wait().unwrap();
    let samples = told(&world, &world.location());
    let [sample] = &samples[..] else { panic!("{samples:?}") };
    assert!(sample.speed.is_some_and(|speed| speed > 0) && sample.latency_ms.is_some(), "{sample:?}");
    assert_eq!(sample.latency_ms, tested.latency_ms);
    // On some file systems all that was written is in memory, and says nothing of reading.
    assert_eq!(sample.read_speed, tested.read_speed.map(|speed| speed as u64));
    let elsewhere = Location::local(world.source());
    world.handle().test_destination(elsewhere.clone()).wait().unwrap();
    assert_eq!(told(&world, &elsewhere), [], "no backup goes there");
}

#[test]
fn nothing_but_time_makes_an_engine_look() {
    let mut world = World::new();
    world.clock.set("2026-11-10T12:00:00Z");
    write(&world.source().join("a"), "x");
    let plan = Plan { schedules: world.every(SELDOM), ..world.plan("Documents") };
    world.save(&plan).unwrap();
    world.back_up(&plan, WantedType::Auto);
    let other = Plan { destinations: vec![Location::local(world.path("by-hand"))], ..world.plan("By hand") };
    fs::create_dir(world.path("by-hand")).unwrap();
    world.save(&other).unwrap();
    fs::rename(world.destination(), world.path("away")).unwrap();
    world.stop();
    world.clock.set("2026-11-10T12:30:00Z");
    world.start("home", true);
    // What was looked at in the last hour is left alone; this one is looked for by nobody.
    world.stop();
    world.clock.set("2026-11-10T14:00:00Z");
    world.start("home", true);
    wait_until("a look", || told(&world, &world.location()).len() > 1);
    assert_eq!(codes(&told(&world, &world.location())), [None, Some(Code::DestinationMissing)]);
    assert_eq!(told(&world, &other.destinations[0]), [], "who backs up by hand is not spied on");
}

#[test]
fn a_folder_that_the_first_backup_makes_at_a_server_can_be_chosen_and_is_not_made_before() {
    let world = World::new();
    let at = |text: &str| Location::of_server(text).unwrap().unwrap();
    let test = |text: &str| world.handle().test_destination(at(text)).wait();
    let refused = test("sftp://ada@nas/~/backups").unwrap_err();
    assert_eq!(refused.code, Code::DestinationMissing, "nor is there where it would lie: {refused:?}");
    // What stands for the place where the account begins.
    fs::create_dir(world.path("sftp___ada_nas__")).unwrap();
    let told = test("sftp://ada@nas/~/backups").unwrap();
    assert!(told.to_be_made && told.plans == 0 && told.write_speed.is_none(), "{told:?}");
    assert_eq!((told.writable, told.deletable), (None, None), "only making it tells");
    assert!(!world.path("sftp___ada_nas___backups").exists());
    let plan = Plan { destinations: vec![at("sftp://ada@nas/~/backups")], ..world.plan("Documents") };
    write(&world.source().join("a"), "x");
    world.save(&plan).unwrap();
    assert_eq!(world.back_up(&plan, WantedType::Auto).outcome, Outcome::Completed);
    let told = test("sftp://ada@nas/~/backups").unwrap();
    assert!(!told.to_be_made && told.plans == 1, "{told:?}");
    assert_eq!((told.writable, told.deletable), (Some(true), Some(true)));
}

#[test]
fn a_folder_of_this_machine_is_promised_only_where_it_can_be_made() {
    let world = World::new();
    let test = |path: &Path| world.handle().test_destination(Location::local(path)).wait();
    let told = test(&world.path("new")).unwrap();
    assert!(told.to_be_made && told.writable == Some(true), "{told:?}");
    assert!(!world.path("new").exists());
    if cfg!(target_os = "linux") {
        // What root may do there by its permissions, nobody can.
        assert_eq!(test(Path::new("/proc/backups")).unwrap_err().code, Code::DestinationMissing);
    }
}
