//! How destinations are, over time: noted whenever one is looked at, and looked at now and then where nothing else does it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::model::health::{Failure, Sample};
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::problem::Problem;
use crate::model::status::{self, Status, Why};
use crate::os::drives;
use crate::os::identity::device;
use crate::storage::{self, Room};

use super::append_only;
use super::core::{Core, lock};
use super::destination;
use super::explain;
use super::message::{DestinationStatus, TestResult};

/// Between two looks at a destination that nothing else looks at.
const EVERY: SignedDuration = SignedDuration::from_mins(59);
/// Between two questions whether it is time for one.
const ASK: Duration = Duration::from_secs(10 * 60);
/// Most days that are told.
const MOST_DAYS: u32 = 800;

/// Notes how a destination was found, where it is one of a plan that is saved here. A history that cannot be written costs the note alone.
pub fn note(core: &Core, location: &Location, sample: &Sample) {
    if is_one_of_ours(core, location)
        && let Err(error) = core.history.note_health(location, sample)
    {
        tracing::warn!("how a destination was found is not noted: {error}");
    }
}

/// Notes that it could be used, and what room it has.
pub fn reached(core: &Core, location: &Location, room: Option<Room>) {
    let sample = Sample::new(core.env.clock.now(), None);
    note(core, location, &Sample { free: room.map(|r| r.free), total: room.map(|r| r.total), ..sample });
}

/// Notes that it could not be used, where the problem is the destination's own.
pub fn failed(core: &Core, location: &Location, problem: &Problem) {
    if let Some(failure) = Failure::of_destination(problem) {
        note(core, location, &Sample::new(core.env.clock.now(), Some(failure)));
    }
}

/// Notes what a card of the destination shows.
pub fn seen(core: &Core, status: &DestinationStatus) {
    let failure = status.problem.as_ref().and_then(Failure::of_destination);
    // Half of what lies there is not what is used.
    let used = if status.problem.is_none() { Some(status.used) } else { None };
    let sample = Sample {
        free: status.free,
        total: status.total,
        used,
        latency_ms: status.latency_ms,
        ..Sample::new(core.env.clock.now(), failure)
    };
    note(core, &status.location, &sample);
}

/// Notes how a test ended.
pub fn tested(core: &Core, location: &Location, result: &Result<TestResult, Problem>) {
    match result {
        Ok(result) => {
            let [speed, read_speed] = [result.write_speed, result.read_speed].map(|speed| speed.map(|speed| speed as u64));
            let (free, total, latency_ms) = (result.free, result.total, result.latency_ms);
            let sample = Sample::new(core.env.clock.now(), None);
            note(core, location, &Sample { free, total, latency_ms, speed, read_speed, ..sample });
            match (result.deletable, result.to_be_made) {
                (Some(false), _) => append_only::was_refused(core, location),
                (Some(true), false) => append_only::was_not_refused(core, location),
                (Some(true), true) | (None, _) => {}
            }
        }
        Err(problem) => failed(core, location, problem),
    }
}

/// Samples of the last days, oldest first.
pub fn history(core: &Core, location: &Location, days: u32) -> Result<Vec<Sample>, Problem> {
    let now = core.env.clock.now();
    let back = SignedDuration::from_hours(24 * i64::from(days.min(MOST_DAYS)));
    let since = now.checked_sub(back).unwrap_or(Timestamp::MIN);
    core.history.health(location, since, now).map_err(explain::history)
}

/// A plan's status, with what its destinations say of it. Who backs up by hand plugs a drive in for that, or switches a server on: nobody
/// is to be told that it lies in the drawer.
pub fn judge(core: &Core, plan: &Plan, judged: (Status, Why), now: Timestamp) -> (Status, Why) {
    if !plan.runs_by_itself() {
        return judged;
    }
    let patience = lock(&core.config).settings.patience;
    status::with_away(judged, &away(core, plan, now), patience, now)
}

/// A plan's destinations that cannot be used, and since when that is known.
fn away(core: &Core, plan: &Plan, now: Timestamp) -> Vec<(Location, Timestamp)> {
    let since = |location: &Location| Some((location.clone(), core.history.away_since(location, now).ok().flatten()?));
    plan.destinations.iter().filter_map(since).collect()
}

/// A destination that has been away for longer than anybody wants to be patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    pub location: Location,
    pub since: Timestamp,
    /// Names of the plans that wait for it.
    pub plans: Vec<String>,
}

/// Those that plans which run by themselves wait for, each once.
pub fn missed(core: &Core, plans: &[Plan], now: Timestamp) -> Vec<Missed> {
    let patience = lock(&core.config).settings.patience;
    let mut all: Vec<Missed> = Vec::new();
    for plan in plans.iter().filter(|plan| plan.runs_by_itself()) {
        for (location, since) in away(core, plan, now) {
            match all.iter_mut().find(|missed| missed.location.place() == location.place()) {
                Some(missed) => missed.plans.push(plan.name.clone()),
                None if patience.is_over(&location, since, now) => {
                    all.push(Missed { location, since, plans: vec![plan.name.clone()] });
                }
                None => {}
            }
        }
    }
    all
}

fn is_one_of_ours(core: &Core, location: &Location) -> bool {
    let place = location.place();
    lock(&core.config).plans.iter().flat_map(|plan| &plan.destinations).any(|known| known.place() == place)
}

/// Looks at destinations in the background.
#[derive(Default)]
pub struct Watch(Mutex<HashMap<Location, Look>>);

struct Look {
    /// When it was last asked whether it is time.
    asked: Instant,
    /// A look that hangs is not joined by others.
    goes_on: bool,
}

impl Watch {
    /// Begins to look at what nothing has looked at for an hour, each on a thread of its own; not for the sake of plans that run by hand
    /// only. Within the engine's runtime.
    pub fn look(&self, core: &Arc<Core>, plans: &[Plan]) {
        for location in self.due(plans) {
            let core = core.clone();
            tokio::task::spawn_blocking(move || core.watch.during(&location, || look(&core, &location)));
        }
    }

    /// Those whose turn it is to be asked about; they count as asked.
    fn due(&self, plans: &[Plan]) -> Vec<Location> {
        let now = Instant::now();
        let mut looks = lock(&self.0);
        let mut due = Vec::new();
        for location in plans.iter().filter(|plan| plan.runs_by_itself()).flat_map(|plan| &plan.destinations) {
            let look = looks.get(location);
            if look.is_none_or(|look| !look.goes_on && now.duration_since(look.asked) >= ASK) {
                looks.insert(location.clone(), Look { asked: now, goes_on: true });
                due.push(location.clone());
            }
        }
        looks.retain(|location, look| look.goes_on || plans.iter().any(|plan| plan.destinations.contains(location)));
        due
    }

    /// Has a look made that counts as going on until it ends, also in a panic: one that is a bug of ours is not the last.
    fn during(&self, location: &Location, look: impl FnOnce()) {
        let _looking = Looking { watch: self, location };
        look();
    }

    fn has_ended(&self, location: &Location) {
        if let Some(look) = lock(&self.0).get_mut(location) {
            look.goes_on = false;
        }
    }
}

/// A look that goes on.
struct Looking<'a> {
    watch: &'a Watch,
    location: &'a Location,
}

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        self.watch.has_ended(self.location);
    }
}

/// Looks at a destination, if it is time, and notes what was found. Blocks.
fn look(core: &Core, location: &Location) {
    let now = core.env.clock.now();
    // A history that cannot be read is said elsewhere.
    let last = core.history.last_look(location, now).ok().flatten();
    if last.is_some_and(|(at, _)| now.duration_since(at) < EVERY) {
        return;
    }
    let was_good = last.is_some_and(|(_, good)| good);
    if was_good && let Some(room) = room_of_drive(&core.found(location)) {
        return reached(core, location, Some(room));
    }
    let begun = Instant::now();
    match open(core, location) {
        Ok(room) => {
            let latency_ms = Some(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
            let (free, total) = (room.map(|r| r.free), room.map(|r| r.total));
            note(core, location, &Sample { free, total, latency_ms, ..Sample::new(core.env.clock.now(), None) });
        }
        Err(problem) => failed(core, location, &problem),
    }
}

/// With as few requests as tell it.
fn open(core: &Core, location: &Location) -> Result<Option<Room>, Problem> {
    let storage = core.storage(location)?;
    let room = storage.room()?;
    if storage::plan_folders(&*storage)?.is_empty() {
        destination::check_unused(core, location, &*storage)?;
    }
    Ok(room)
}

/// Room of the drive that a folder lies on, where that is mounted and not the system's own. The system has it in memory: the folder itself
/// might have to be read from a disk that sleeps, once an hour for nothing. That the drive is another one, or the folder gone, is found by
/// whatever needs it next, and from then on each time.
fn room_of_drive(location: &Location) -> Option<Room> {
    let path = location.path()?;
    let above = |drive: &&drives::Mounted| {
        let point = drive.point.as_bytes();
        path.is_within(point.strip_suffix(b"/").unwrap_or(point))
    };
    let mounted = drives::mounted();
    let drive = mounted.iter().filter(above).max_by_key(|drive| drive.point.as_bytes().len())?;
    let is_other = !drive.is_network && device(&drive.point.as_path()) != device(&drives::system_root());
    is_other.then_some(Room { free: drive.free, total: drive.total })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::PlanId;
    use crate::model::schedule::{Schedule, ScheduleId, Schedules, When};

    fn plan(schedules: Schedules, destinations: &[&str]) -> Plan {
        Plan {
            destinations: destinations.iter().map(|path| Location::local(*path)).collect(),
            schedules,
            ..Plan::new(PlanId::from_random([7; 16]), "Documents", Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn each_destination_of_what_runs_by_itself_is_asked_about_once_in_a_while() {
        let watch = Watch::default();
        let hourly = || Schedule::new(ScheduleId::first(), When::Hourly { minute: 0 }, Timestamp::UNIX_EPOCH).into();
        let plans = [plan(hourly(), &["/a", "/b"]), plan(hourly(), &["/b", "/c"]), plan(Schedules::default(), &["/d"])];
        let at = |path: &str| Location::local(path);
        assert_eq!(watch.due(&plans), [at("/a"), at("/b"), at("/c")]);
        assert_eq!(watch.due(&plans), [], "they are being looked at");
        ["/a", "/b"].iter().for_each(|path| watch.has_ended(&at(path)));
        assert_eq!(watch.due(&plans), [], "it was just now");
        let earlier = Instant::now().checked_sub(ASK).unwrap();
        lock(&watch.0).values_mut().for_each(|look| look.asked = earlier);
        assert_eq!(watch.due(&plans), [at("/a"), at("/b")], "what hangs is not joined by another");
        watch.has_ended(&at("/a"));
        assert_eq!(watch.due(&plans[1..]), []);
        assert_eq!(lock(&watch.0).len(), 2, "what no plan has any more is forgotten");
    }

    #[test]
    fn after_a_look_that_panics_there_is_a_next_one() {
        let watch = Watch::default();
        let hourly = Schedule::new(ScheduleId::first(), When::Hourly { minute: 0 }, Timestamp::UNIX_EPOCH);
        let plans = [plan(hourly.into(), &["/a"])];
        let due = watch.due(&plans);
        let panics = || watch.during(&due[0], || panic!("a bug"));
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).unwrap_err();
        let earlier = Instant::now().checked_sub(ASK).unwrap();
        lock(&watch.0).values_mut().for_each(|look| look.asked = earlier);
        assert_eq!(watch.due(&plans), due);
    }

    #[test]
    fn the_systems_own_disk_is_looked_at_as_it_is() {
        assert_eq!(room_of_drive(&Location::of_server("sftp://nas/b").unwrap().unwrap()), None);
        assert_eq!(room_of_drive(&Location::local("/")), None);
    }
}
