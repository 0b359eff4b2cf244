//! When destinations that lack versions are looked for again: quietly, and not too often.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::model::location::Location;
use crate::model::plan::{Plan, PlanId};

use super::core::Core;
use super::folder::Folder;
use super::several;

/// Between two looks at what plans lack.
const EVERY: Duration = Duration::from_secs(60);
/// Between two looks for a drive or a folder.
const FOLDER: Duration = Duration::from_secs(60);
/// For a server, at first and at most.
const SERVER: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(15 * 60));

/// A plan's destination that can get what it lacks, and where from.
pub struct Lagging {
    pub plan: PlanId,
    pub from: Location,
    pub to: Location,
}

/// Looks for them on threads of its own, now and then.
pub struct CatchUp {
    looks: Looks,
    last: Option<Instant>,
    found: (mpsc::Sender<Lagging>, mpsc::Receiver<Lagging>),
}

impl Default for CatchUp {
    fn default() -> Self {
        Self { looks: Looks::default(), last: None, found: mpsc::channel(64) }
    }
}

impl CatchUp {
    pub fn is_time(&self) -> bool {
        self.last.is_none_or(|last| last.elapsed() >= EVERY)
    }

    /// Begins to look for what plans lack. Within the engine's runtime.
    pub fn look(&mut self, core: &Arc<Core>, plans: &[Plan]) {
        let now = Instant::now();
        self.last = Some(now);
        for lagging in plans.iter().flat_map(|plan| self.looks.due(core, plan, now)) {
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
}

/// What was looked for, and how often in vain.
#[derive(Default)]
struct Looks(HashMap<(PlanId, Location), (Instant, u32)>);

impl Looks {
    /// Those of a plan that are worth a look now; they count as looked for.
    fn due(&mut self, core: &Core, plan: &Plan, now: Instant) -> Vec<Lagging> {
        // A history that cannot be read is said elsewhere.
        let behind = several::behind(core, plan).unwrap_or_default();
        self.0.retain(|(id, to), _| *id != plan.id || behind.iter().any(|(_, lags)| lags == to));
        let mut due = Vec::new();
        for (from, to) in behind {
            let (last, count) = self.0.get(&(plan.id.clone(), to.clone())).copied().unzip();
            let count = count.unwrap_or(0);
            if last.is_none_or(|last| now.duration_since(last) >= pause(&to, count)) {
                self.0.insert((plan.id.clone(), to.clone()), (now, count.saturating_add(1)));
                due.push(Lagging { plan: plan.id.clone(), from, to });
            }
        }
        due
    }
}

fn pause(to: &Location, looks: u32) -> Duration {
    match to.path() {
        Some(_) => FOLDER,
        None => SERVER.0.saturating_mul(1 << looks.saturating_sub(1).min(8)).min(SERVER.1),
    }
}

/// Whether the destination can be reached and is the one that it was. Blocks.
fn is_there(core: &Core, lagging: &Lagging) -> bool {
    let known = core.history.known_versions(&lagging.plan, &lagging.to).is_ok_and(|known| !known.is_empty());
    let Ok(storage) = core.open_storage(&lagging.to, !known) else { return false };
    !known || Folder::of_plan(&storage, &lagging.plan).is_ok_and(|folder| folder.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_away_is_asked_ever_more_seldom() {
        let server = Location::of_server("sftp://nas/b").unwrap().unwrap();
        let pauses: Vec<u64> = (1..8).map(|looks| pause(&server, looks).as_secs()).collect();
        assert_eq!(pauses, [60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(pause(&server, u32::MAX).as_secs(), 900);
        assert_eq!(pause(&Location::local("/mnt"), 9).as_secs(), 60);
    }
}
