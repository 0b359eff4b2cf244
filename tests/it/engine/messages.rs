//! What the engine tells, when and how often; by a clock and a messenger of the test's own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use strongroom::engine::message::{ChannelKeys, Event};
use strongroom::model::alert::{Alert, Channel, Topic};
use strongroom::model::health::Patience;
use strongroom::model::history::HistoryFilter;
use strongroom::model::run::{Outcome, RunKind};
use strongroom::model::settings::Settings;
use strongroom::notify::{Button, Error, Kind, Notifier, OnPress, Parcel, Press};

use super::*;

/// Keeps what is sent, and fails as it is told to.
#[derive(Default)]
pub struct Kept {
    told: Mutex<Vec<Alert>>,
    failures: Mutex<VecDeque<Kind>>,
    pressed: Mutex<Option<OnPress>>,
    /// Removed when the next one is sent.
    spoils: Mutex<Option<PathBuf>>,
    /// Sending is a fault of ours.
    panics: AtomicBool,
    tried: AtomicUsize,
}

impl Notifier for Kept {
    fn send(&self, parcel: &Parcel<'_>) -> Result<(), Error> {
        self.tried.fetch_add(1, Ordering::Relaxed);
        assert!(!self.panics.load(Ordering::Relaxed), "as the test wants it");
        if let Some(kind) = self.failures.lock().unwrap().pop_front() {
            return Err(Error::new(kind, "as the test wants it"));
        }
        // How full the disk is that the tests run on is none of theirs.
        if parcel.alert.topics != [Topic::LowRoom] {
            self.told.lock().unwrap().push(parcel.alert.clone());
        }
        if let Some(path) = self.spoils.lock().unwrap().take() {
            std::fs::remove_file(path).unwrap();
        }
        Ok(())
    }

    fn on_press(&self, pressed: OnPress) {
        *self.pressed.lock().unwrap() = Some(pressed);
    }
}

impl Kept {
    /// Subjects of what was sent since it was last asked; the engine must have ended.
    fn subjects(&self) -> Vec<String> {
        self.told.lock().unwrap().drain(..).map(|alert| alert.subject).collect()
    }

    fn fails(&self, kinds: &[Kind]) {
        self.failures.lock().unwrap().extend(kinds);
    }

    fn press(&self, button: Button, plan: &Plan) {
        let pressed = self.pressed.lock().unwrap().clone().unwrap();
        pressed(Press { button, plan: Some(plan.id.clone()), run: None });
    }
}

const FAILED: &str = "Backup of Documents failed";

fn documents(world: &World) -> Plan {
    write(&world.source().join("a"), "x");
    let plan = world.plan("Documents");
    world.save(&plan).unwrap();
    plan
}

fn away(world: &World, is_away: bool) {
    let (there, away) = (world.destination(), world.path("away"));
    if is_away { std::fs::rename(there, away).unwrap() } else { std::fs::rename(away, there).unwrap() }
}

/// Backs up and ends the engine, which waits until it has told.
fn back_up(world: &mut World, plan: &Plan) -> Vec<String> {
    world.start("home", false);
    world.back_up(plan, WantedType::Auto);
    world.stop();
    world.told.subjects()
}

fn messages_in_activity(world: &World) -> Vec<RunReport> {
    let filter = HistoryFilter { kind: Some(RunKind::Message), limit: 100, ..HistoryFilter::default() };
    world.handle().history(filter).wait().unwrap().runs
}

#[test]
fn a_trouble_is_told_once_again_after_a_while_and_when_it_ends() {
    let mut world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    let plan = documents(&world);
    assert!(back_up(&mut world, &plan).is_empty(), "nobody asked to hear of successes");
    away(&world, true);
    assert_eq!(back_up(&mut world, &plan), [FAILED]);
    assert!(back_up(&mut world, &plan).is_empty(), "also in another process");
    world.clock.set("2026-11-20T19:00:00Z");
    assert_eq!(back_up(&mut world, &plan), [FAILED], "seven hours later");
    world.clock.set("2026-11-21T12:00:00Z");
    assert!(back_up(&mut world, &plan).is_empty());
    away(&world, false);
    assert_eq!(back_up(&mut world, &plan), ["Documents is backed up again"]);
    assert!(back_up(&mut world, &plan).is_empty());
}

#[test]
fn a_destination_that_is_away_for_too_long_is_told_once_and_that_it_is_there_again() {
    let mut world = World::new();
    world.clock.set("2026-11-10T12:00:00Z");
    write(&world.source().join("a"), "x");
    // A year apart: nothing runs meanwhile, and nothing is overdue.
    let schedules = world.every("8000h");
    let plans = ["Documents", "Pictures"].map(|name| Plan { schedules: schedules.clone(), ..world.plan(name) });
    for plan in &plans {
        world.save(plan).unwrap();
        assert_eq!(world.back_up(plan, WantedType::Auto).outcome, Outcome::Completed);
    }
    let by_hand = Plan { destinations: vec![Location::local(world.path("by-hand"))], ..world.plan("By hand") };
    world.save(&by_hand).unwrap();
    let settings = world.handle().overview().settings.clone();
    let patience = Patience { drives: 2, ..settings.patience };
    world.handle().save_settings(Settings { patience, ..settings }).wait().unwrap();
    away(&world, true);
    std::fs::remove_dir_all(world.path("by-hand")).unwrap();
    world.clock.set("2026-11-11T12:00:00Z");
    for location in [world.location(), by_hand.destinations[0].clone()] {
        assert!(world.handle().destination_status(location).wait().unwrap().problem.is_some());
    }
    // As long as the engine looks around at its start: its end waits until that is told.
    let look = |world: &mut World, at: &str| {
        world.stop();
        world.clock.set(at);
        world.start("home", true);
        world.stop();
        world.told.subjects()
    };
    assert_eq!(look(&mut world, "2026-11-13T11:59:00Z"), [""; 0], "it is not two days yet");
    assert_eq!(look(&mut world, "2026-11-13T12:05:00Z"), ["destination has been away for 2 days"]);
    assert_eq!(look(&mut world, "2026-11-30T12:00:00Z"), [""; 0], "once");
    away(&world, false);
    world.start("home", false);
    assert_eq!(world.handle().destination_status(world.location()).wait().unwrap().problem, None);
    assert_eq!(look(&mut world, "2026-11-30T12:01:00Z"), ["destination is there again"]);
    assert_eq!(look(&mut world, "2026-11-30T12:02:00Z"), [""; 0]);
}

/// SQLite writes no more once its file is not where it was, and still reads.
#[test]
fn a_history_that_takes_nothing_any_more_makes_no_storm_and_loses_nothing() {
    let mut world = World::new();
    let plan = documents(&world);
    away(&world, true);
    let history = world.path("home/data/history.sqlite");
    *world.told.spoils.lock().unwrap() = Some(history.clone());
    assert_eq!(back_up(&mut world, &plan), [FAILED], "it cannot be noted that it was sent");
    // A new one is begun, and lost before there is anything to tell.
    world.start("home", false);
    std::fs::remove_file(history).unwrap();
    world.back_up(&plan, WantedType::Auto);
    world.stop();
    assert_eq!(world.told.subjects(), [FAILED], "it could not be noted that it is to be sent");
}

#[test]
fn a_fault_in_sending_makes_no_storm_and_what_was_to_be_sent_goes_later() {
    let mut world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    let plan = documents(&world);
    away(&world, true);
    world.told.panics.store(true, Ordering::Relaxed);
    world.back_up(&plan, WantedType::Auto);
    let until = Instant::now() + Duration::from_secs(60);
    while world.told.tried.load(Ordering::Relaxed) == 0 {
        assert!(Instant::now() < until, "it is tried");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Time enough for more, if it were begun again at once.
    world.back_up(&plan, WantedType::Auto);
    world.stop();
    assert_eq!(world.told.tried.load(Ordering::Relaxed), 1);
    world.told.panics.store(false, Ordering::Relaxed);
    world.clock.set("2026-11-20T12:10:00Z");
    world.start("home", true);
    world.stop();
    assert_eq!(world.told.subjects(), [FAILED]);
}

#[test]
fn silence_is_told() {
    let mut world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    let plan = Plan { schedules: world.every("daily"), ..documents(&world) };
    world.save(&plan).unwrap();
    back_up(&mut world, &plan);
    away(&world, true);
    world.clock.set("2026-11-23T09:00:00Z");
    // It begins what it missed, which fails: that is told beside it.
    world.start("home", true);
    world.stop();
    let mut told = world.told.subjects();
    told.sort();
    assert!(told.contains(&"Documents has not been backed up for too long".to_owned()), "{told:?}");
    world.start("home", true);
    world.stop();
    let again = world.told.subjects();
    assert!(!again.iter().any(|subject| subject.contains("too long")), "{again:?}");
    away(&world, false);
    assert_eq!(back_up(&mut world, &plan), ["Documents is backed up again"]);
}

#[test]
fn who_sleeps_is_told_in_the_morning() {
    let mut world = World::new();
    world.clock.set("2026-11-20T23:00:00Z");
    let plan = documents(&world);
    let mut settings = world.handle().overview().settings.clone();
    settings.messages.quiet = "22:00-07:00".parse().ok();
    world.handle().save_settings(settings).wait().unwrap();
    let loud = Channel { quiet: false, on: vec![Topic::Failure], ..Channel::desktop() };
    away(&world, true);
    assert!(back_up(&mut world, &plan).is_empty());
    world.clock.set("2026-11-21T07:00:01Z");
    world.start("home", true);
    world.stop();
    assert_eq!(world.told.subjects(), [FAILED]);
    // A channel that does not heed them is told at once.
    world.clock.set("2026-11-21T23:00:00Z");
    world.start("home", false);
    world.handle().save_channel(loud, ChannelKeys::default()).wait().unwrap();
    assert_eq!(back_up(&mut world, &plan), [FAILED]);
}

#[test]
fn what_could_not_be_told_is_tried_again_after_a_restart_and_said_in_activity() {
    let mut world = World::new();
    world.clock.set("2026-11-20T12:00:00Z");
    let plan = documents(&world);
    away(&world, true);
    world.told.fails(&[Kind::Away]);
    assert!(back_up(&mut world, &plan).is_empty());
    world.start("home", true);
    let noted = messages_in_activity(&world);
    assert!(
        matches!(&noted[..], [one] if matches!(&one.outcome, Outcome::Failed(problem) if problem.fix.starts_with("It is tried again.")))
    );
    assert_eq!(world.handle().overview().unseen, 2, "beside the run that failed");
    world.stop();
    assert!(world.told.subjects().is_empty(), "not at once");
    world.clock.set("2026-11-20T12:01:30Z");
    world.start("home", true);
    world.stop();
    assert_eq!(world.told.subjects(), [FAILED]);
    world.clock.set("2026-11-21T12:01:30Z");
    world.told.fails(&[Kind::Refused]);
    assert!(back_up(&mut world, &plan).is_empty());
    world.clock.set("2026-11-21T14:00:00Z");
    world.start("home", true);
    assert_eq!(messages_in_activity(&world).len(), 2, "a refusal is final, and said");
    world.stop();
    assert!(world.told.subjects().is_empty());
}

#[test]
fn nobody_at_the_desktop_is_no_news() {
    let mut world = World::new();
    let plan = documents(&world);
    away(&world, true);
    world.told.fails(&[Kind::Nobody]);
    back_up(&mut world, &plan);
    world.start("home", false);
    assert!(messages_in_activity(&world).is_empty());
}

#[test]
fn buttons_raise_the_window_and_begin_a_backup() {
    let mut world = World::new();
    let plan = documents(&world);
    world.start("home", true);
    let mut events = world.handle().events();
    let mut next = || loop {
        match events.blocking_recv().unwrap() {
            Event::Raise => return "raised".to_owned(),
            Event::RunStarted(run) => return format!("began {}", run.name),
            Event::RunEnded(_) => {}
        }
    };
    world.told.press(Button::Open, &plan);
    assert_eq!(next(), "raised");
    world.told.press(Button::BackUp, &plan);
    assert_eq!(next(), "began Documents");
    world.stop();
    // The engine is gone; the message is still on the screen.
    world.told.press(Button::BackUp, &plan);
}
