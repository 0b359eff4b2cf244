//! A run with several destinations: each has a lane of its own, so that none waits for another.
//!
//! Where the run writes to a folder of this machine the lanes follow it there. Where all are servers, what is finished waits in a spool and
//! each lane sends it, also the one of the destination that the run has opened: the first that has all of it is where the version comes
//! into being, and the others get it from there.
//!
//! A lane first brings its destination up to date, then sends each volume once it is finished, and last what makes it a version. One
//! that fails is behind, and catches up later: by the next run, or when its destination is there again.

mod fed;
mod feed;
mod lane;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::thread;

use self::fed::Fed;
use self::feed::Feed;
pub use self::feed::Leader;
use self::lane::{Lane, Sent};
use crate::archive::object::{Objects, run_folder};
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::problem::{Problem, Warning};
use crate::model::replicate::Replicated;
use crate::model::run::{Cancel, Progress};
use crate::model::snapshot::{ObjectInfo, VersionId};
use crate::storage::stop::Stop;

use super::core::{Core, lock};
use super::destination::Opened;
use super::explain;
use super::folder::{Folder, Listed};
use super::spool::Spool;

/// The lanes of a run. Dropped before its end they stop without a version.
pub struct Lanes {
    feed: Arc<Feed>,
    lanes: Vec<Started>,
    /// Where the run writes itself, or has opened.
    own: Leader,
    id: VersionId,
}

struct Started {
    number: usize,
    location: Location,
    sent: Arc<Sent>,
    thread: thread::JoinHandle<LaneEnd>,
}

type LaneEnd = Result<(Replicated, Vec<Warning>), Problem>;

/// How a lane ended.
pub struct Ended {
    pub location: Location,
    pub result: LaneEnd,
}

/// What a run makes.
pub struct Making<'a> {
    pub id: &'a VersionId,
    /// The version that it builds on.
    pub parent: Option<&'a VersionId>,
    /// Names of the volumes that it goes on from.
    pub left: Option<Vec<String>>,
    /// The versions that lie where the run was opened.
    pub listed: &'a Arc<Vec<Listed>>,
}

impl Lanes {
    /// Starts a lane for each follower, and one for the destination that was opened where what is finished is spooled.
    pub fn start(
        core: &Arc<Core>,
        plan: &Plan,
        opened: &Opened,
        followers: Vec<Location>,
        making: &Making<'_>,
        cancel: &Cancel,
    ) -> Self {
        let spool = opened.location.server().filter(|_| !followers.is_empty()).map(|_| Spool::default());
        let own = spool.as_ref().map(|_| opened.location.clone());
        let is_own = |number| own.is_some() && number == 0;
        let places: Vec<Location> = own.iter().cloned().chain(followers).collect();
        let feed = Arc::new(Feed::new(places.len(), spool));
        let mut lanes = Vec::new();
        for (number, location) in places.into_iter().enumerate() {
            let sent: Arc<Sent> = Arc::default();
            let lane = Lane {
                number,
                core: core.clone(),
                from: opened.folder.clone(),
                from_location: opened.location.clone(),
                location: location.clone(),
                is_own: is_own(number),
                id: making.id.clone(),
                parent: making.parent.cloned(),
                left: making.left.clone(),
                ring: opened.ring.clone(),
                max_size: plan.max_sizes.at(&location),
                read_back: plan.read_back.is_wanted_at(&location),
                feed: feed.clone(),
                sent: sent.clone(),
                cancel: cancel.clone(),
                progress: Progress::default(),
            };
            let (listed, stop) = (making.listed.clone(), Stop::of(cancel));
            // Without a thread the lane is dropped, and has ended.
            if let Ok(thread) = thread::Builder::new().name("lane".into()).spawn(move || stop.within(|| lane.work(&listed))) {
                lanes.push(Started { number, location, sent, thread });
            }
        }
        let own = Leader { lane: None, folder: opened.folder.clone(), location: opened.location.clone() };
        Self { feed, lanes, own, id: making.id.clone() }
    }

    /// Where the run writes to, so that the lanes hear of it.
    pub fn objects(&self, folder: &Arc<Folder>) -> Arc<dyn Objects> {
        if self.lanes.is_empty() { folder.clone() } else { Arc::new(Fed { folder: folder.clone(), feed: self.feed.clone() }) }
    }

    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Waits for the destination where the version is to come into being: that which has all that the run wrote.
    pub fn elect(&self, written: &[ObjectInfo]) -> Result<Leader, Problem> {
        if !self.feed.is_spooled() {
            return Ok(self.own.clone());
        }
        let base = run_folder(&self.id);
        let are_right = |lane| self.lane(lane).is_some_and(|lane| lane::wrong(&lock(&lane.sent), &base, written).is_empty());
        let none_left = |_| self.why().map_or_else(|| explain::internal("no lane is left"), |(_, problem)| problem);
        self.feed.elect(&are_right).map_err(none_left)
    }

    fn lane(&self, number: usize) -> Option<&Started> {
        self.lanes.iter().find(|lane| lane.number == number)
    }

    /// Why there is no lane left that could make a version, and whose failure that was.
    pub fn why(&self) -> Option<(Location, Problem)> {
        let (lane, problem) = self.feed.failed().filter(|_| self.feed.is_spooled())?;
        Some((self.lane(lane)?.location.clone(), problem))
    }

    /// The version is there: it goes on to the lanes.
    pub fn version_is_at(&self, leader: &Leader) {
        self.feed.end(Some(leader.clone()));
    }

    /// Waits until each lane has the version, or has failed. Where the version came into being is not among them.
    pub fn finish(mut self) -> Vec<Ended> {
        let leader = self.feed.leader().and_then(|leader| leader.lane);
        let ended = std::mem::take(&mut self.lanes).into_iter().map(|lane| {
            let result = lane.thread.join().unwrap_or_else(|_| Err(explain::internal("a lane panicked")));
            (lane.number, Ended { location: lane.location, result })
        });
        // All of them are waited for.
        let ended: Vec<_> = ended.collect();
        ended.into_iter().filter(|(number, _)| Some(*number) != leader).map(|(_, ended)| ended).collect()
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.feed.end(None);
        for lane in std::mem::take(&mut self.lanes) {
            // It leaves whole objects only.
            let _ = lane.thread.join();
        }
    }
}
