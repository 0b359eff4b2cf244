//! When destinations that lack versions are looked for again: quietly, and not too often.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::model::location::Location;
use crate::model::plan::{Plan, PlanId};

use super::core::Core;
use super::folder::Folder;
use super::health;
use super::several;

/// Between two looks at what plans lack.
const EVERY: Duration = Duration::from_secs(60);
/// Between two looks for a drive or a folder.
const FOLDER: Duration = Duration::from_secs(60);
/// For a server, at first and at most.
const SERVER: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(15 * 60));
/// Between two tries to bring what one lacks that can be reached, at most: what fails today may fail tomorrow.
const TRIES: Duration = Duration::from_secs(6 * 60 * 60);

/// A plan's destination that can get what it lacks, and where from.
pub struct Lagging {
    pub plan: PlanId,
    pub from: Location,
    pub to: Location,
}

/// Looks for them on threads of its own, now and then.
pub struct CatchUp {
    looks: Looks,
    /// `None`: it is time.
    last: Option<Instant>,
    /// Where plans went at the last look: a new destination is not left to wait for the next one.
    known: Vec<(PlanId, Vec<Location>)>,
    /// Plans that were being written when it was their turn.
    put_off: HashSet<PlanId>,
    found: (mpsc::Sender<Lagging>, mpsc::Receiver<Lagging>),
}

impl Default for CatchUp {
    fn default() -> Self {
        Self { looks: Looks::default(), last: None, known: Vec::new(), put_off: HashSet::new(), found: mpsc::channel(64) }
    }
}

impl CatchUp {
    pub fn is_time(&self, plans: &[Plan]) -> bool {
        self.last.is_none_or(|last| last.elapsed() >= EVERY) || self.known != destinations(plans)
    }

    /// Begins to look for what plans lack; those that are being written have their turn once that has ended. Within the engine's runtime.
    pub fn look(&mut self, core: &Arc<Core>, plans: &[Plan], is_written: impl Fn(&PlanId) -> bool) {
        let now = Instant::now();
        self.last = Some(now);
        self.known = destinations(plans);
        let (written, idle): (Vec<&Plan>, Vec<&Plan>) = plans.iter().partition(|plan| is_written(&plan.id));
        self.put_off.extend(written.into_iter().map(|plan| plan.id.clone()));
        for lagging in idle.into_iter().flat_map(|plan| self.looks.due(core, plan, now)) {
            let (core, found) = (core.clone(), self.found.0.clone());
            tokio::task::spawn_blocking(move || {
                if is_there(&core, &lagging) {
                    // Nobody listens any more when the engine ends.
                    let _ = found.blocking_send(lagging);
                }
            });
        }
    }

    /// Waits for one that can be reached.
    pub async fn found(&mut self) -> Option<Lagging> {
        self.found.1.recv().await
    }

    /// What it lacks is being brought to it.
    pub fn begun(&mut self, lagging: &Lagging) {
        self.looks.tried(lagging);
    }

    /// It can be reached, and nothing can be brought to it now: that was no try, and it is looked for again as soon as that is over.
    pub fn put_off(&mut self, lagging: Lagging) {
        self.looks.forget(&lagging);
        self.put_off.insert(lagging.plan);
    }

    /// A run of the plan has ended.
    pub fn ended(&mut self, plan: &PlanId) {
        if self.put_off.remove(plan) {
            self.last = None;
        }
    }
}

fn destinations(plans: &[Plan]) -> Vec<(PlanId, Vec<Location>)> {
    plans.iter().map(|plan| (plan.id.clone(), plan.destinations.clone())).collect()
}

/// What was looked for.
#[derive(Default)]
struct Looks(HashMap<(PlanId, Location), Look>);

#[derive(Clone, Copy)]
struct Look {
    /// `None`: it does not count any more.
    last: Option<Instant>,
    /// How often it was looked for.
    looks: u32,
    /// How often it was there, and yet lacks something.
    tries: u32,
}

impl Looks {
    /// Those of a plan that are worth a look now; they count as looked for.
    fn due(&mut self, core: &Core, plan: &Plan, now: Instant) -> Vec<Lagging> {
        // A history that cannot be read is said elsewhere.
        let behind = several::behind(core, plan).unwrap_or_default();
        self.0.retain(|(id, to), _| *id != plan.id || behind.iter().any(|(_, lags)| lags == to));
        let mut due = Vec::new();
        for (from, to) in behind {
            let known = self.0.get(&(plan.id.clone(), to.clone())).copied();
            let is_due = |look: Look| look.last.is_none_or(|last| now.duration_since(last) >= pause(&to, look.looks, look.tries));
            if known.is_none_or(is_due) {
                let (looks, tries) = known.map_or((0, 0), |look| (look.looks, look.tries));
                let look = Look { last: Some(now), looks: looks.saturating_add(1), tries };
                self.0.insert((plan.id.clone(), to.clone()), look);
                due.push(Lagging { plan: plan.id.clone(), from, to });
            }
        }
        due
    }

    fn tried(&mut self, lagging: &Lagging) {
        if let Some(look) = self.0.get_mut(&(lagging.plan.clone(), lagging.to.clone())) {
            look.tries = look.tries.saturating_add(1);
        }
    }

    fn forget(&mut self, lagging: &Lagging) {
        if let Some(look) = self.0.get_mut(&(lagging.plan.clone(), lagging.to.clone())) {
            look.last = None;
        }
    }
}

/// A drive that is plugged in is found within a minute; what was there and failed is not tried each minute for ever.
fn pause(to: &Location, looks: u32, tries: u32) -> Duration {
    let doubled =
        |first: Duration, count: u32, most: Duration| first.saturating_mul(1 << count.saturating_sub(1).min(16)).min(most);
    let away = match to.path() {
        Some(_) => FOLDER,
        None => doubled(SERVER.0, looks, SERVER.1),
    };
    if tries == 0 { away } else { away.max(doubled(FOLDER, tries, TRIES)) }
}

/// Whether the destination can be reached, is the one that it was and has room. Blocks.
fn is_there(core: &Core, lagging: &Lagging) -> bool {
    let known = core.history.known_versions(&lagging.plan, &lagging.to).is_ok_and(|known| !known.is_empty());
    let storage = match core.open_storage(&lagging.to, !known) {
        Ok(storage) => storage,
        Err(error) => {
            health::failed(core, &lagging.to, &error.into());
            return false;
        }
    };
    let max = core.plan(&lagging.plan).and_then(|plan| plan.max_sizes.at(&lagging.to));
    let has_room = |folder: Folder| folder.check_room().is_ok() && folder.keep_within(max).is_ok();
    !known || Folder::of_plan(&storage, &lagging.plan).is_ok_and(|folder| folder.is_some_and(has_room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_away_is_asked_ever_more_seldom() {
        let server = Location::of_server("sftp://nas/b").unwrap().unwrap();
        let pauses: Vec<u64> = (1..8).map(|looks| pause(&server, looks, 0).as_secs()).collect();
        assert_eq!(pauses, [60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(pause(&server, u32::MAX, 0).as_secs(), 900);
        assert_eq!(pause(&Location::local("/mnt"), 9, 0).as_secs(), 60);
    }

    #[test]
    fn what_is_there_and_fails_is_tried_ever_more_seldom() {
        let drive = Location::local("/mnt");
        let pauses: Vec<u64> = (1..11).map(|tries| pause(&drive, 99, tries).as_secs() / 60).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]);
        assert_eq!(pause(&drive, 1, u32::MAX), TRIES);
        let server = Location::of_server("sftp://nas/b").unwrap().unwrap();
        assert_eq!(pause(&server, 9, 1).as_secs(), 900, "a server is not asked more often for that");
    }
}
