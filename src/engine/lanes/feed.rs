//! What a run has finished, which of its lanes have it, and which of them could make a version of it.
//!
//! Where the run writes to a folder of this machine, the lanes read there. Where it goes to servers alone, what is finished waits in a
//! spool, and the foremost lane sets the pace: what it has goes from the spool when there is need of room, and a lane that lacks it then
//! gets it later, from where the version is.

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::engine::core::lock;
use crate::engine::folder::Folder;
use crate::engine::spool::{Spool, Spooled, Spooling};
use crate::model::location::Location;
use crate::model::problem::Problem;

/// Where a version comes into being.
#[derive(Clone)]
pub struct Leader {
    /// Its lane; `None` where the run writes to it itself.
    pub lane: Option<usize>,
    pub folder: Arc<Folder>,
    pub location: Location,
}

pub struct Feed {
    state: Mutex<State>,
    changed: Condvar,
    /// `None`: the lanes read where the run writes.
    spool: Option<Spool>,
}

#[derive(Default)]
struct State {
    /// In the order in which they were finished.
    objects: Vec<Finished>,
    /// Those before it do not wait in the spool any more.
    kept_from: usize,
    lanes: Vec<Standing>,
    end: Option<End>,
}

struct Finished {
    name: String,
    lies: Lies,
}

enum Lies {
    /// Where the run writes.
    Written,
    Spooled(Spooled),
    /// At a lane's destination alone.
    Sent,
}

/// How far a lane is.
#[derive(Default)]
struct Standing {
    /// Once its destination is open.
    opened: Option<Open>,
    /// Where it goes on in the order of objects.
    next: usize,
    /// Objects before `next` that are on their way.
    under_way: BTreeSet<usize>,
    /// It lacks some that are nowhere here any more.
    lacks: bool,
    ended: Option<Result<(), Problem>>,
}

struct Open {
    folder: Arc<Folder>,
    location: Location,
    /// All that the version refers to of older runs lies there.
    may_lead: bool,
}

enum End {
    Version(Leader),
    NoVersion,
}

/// What a lane is to do next.
pub enum Next {
    Object(Given),
    End,
}

/// An object for a lane.
pub struct Given {
    pub number: usize,
    /// In full.
    pub name: String,
    /// Where it waits on this machine, and its bytes; `None`: it lies where the run writes.
    pub waits: Option<(Arc<File>, u64)>,
}

/// That no lane is left that could make a version.
#[derive(Debug, thiserror::Error)]
#[error("no destination is left")]
pub struct NoneLeft;

impl Feed {
    pub fn new(lanes: usize, spool: Option<Spool>) -> Self {
        let lanes = (0..lanes).map(|_| Standing::default()).collect();
        Self { state: Mutex::new(State { lanes, ..State::default() }), changed: Condvar::new(), spool }
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is finished goes through the spool to all lanes alike.
    pub fn is_spooled(&self) -> bool {
        self.spool.is_some()
    }

    /// Begins to keep an object; `None` where nothing can be kept on this machine.
    pub fn spool(&self) -> Option<Spooling> {
        self.spool.as_ref()?.begin()
    }

    /// Something that lies where the run writes.
    pub fn add_written(&self, name: &str) {
        lock(&self.state).objects.push(Finished { name: name.to_owned(), lies: Lies::Written });
        self.changed.notify_all();
    }

    /// Something that waits here; returns once it has arrived at a lane that could make a version.
    pub fn add_spooled(&self, name: &str, spooled: Spooled) -> Result<(), NoneLeft> {
        let mut state = lock(&self.state);
        let number = state.objects.len();
        state.objects.push(Finished { name: name.to_owned(), lies: Lies::Spooled(spooled) });
        self.changed.notify_all();
        loop {
            if state.is_lost() {
                return Err(NoneLeft);
            }
            // What has gone from the spool had arrived.
            if state.kept_from > number || state.leaders().any(|(_, lane)| lane.has(number)) {
                return Ok(());
            }
            state = self.wait(state);
        }
    }

    /// Something that was written to a lane's destination, since it is too large to wait here.
    pub fn add_sent(&self, name: &str, lane: usize) {
        let mut state = lock(&self.state);
        state.objects.push(Finished { name: name.to_owned(), lies: Lies::Sent });
        state.lanes.iter_mut().enumerate().filter(|(number, _)| *number != lane).for_each(|(_, other)| other.lacks = true);
        self.changed.notify_all();
    }

    /// Makes some room in the spool. `false` where all of it is taken by what is not finished yet.
    pub fn make_room(&self) -> Result<bool, NoneLeft> {
        let mut state = lock(&self.state);
        loop {
            state.pass_by();
            let oldest = state.kept_from;
            if oldest == state.objects.len() {
                return Ok(false);
            }
            if state.is_lost() {
                return Err(NoneLeft);
            }
            if state.leaders().any(|(_, lane)| lane.has(oldest)) {
                state.lanes.iter_mut().filter(|lane| lane.next <= oldest).for_each(|lane| lane.lacks = true);
                state.let_go(oldest);
                self.changed.notify_all();
                return Ok(true);
            }
            state = self.wait(state);
        }
    }

    /// A lane whose destination takes what is too large to wait here.
    pub fn through(&self) -> Result<(usize, Arc<Folder>), NoneLeft> {
        let mut state = lock(&self.state);
        loop {
            if let Some((number, open)) = state.leaders().find_map(|(number, lane)| Some((number, lane.opened.as_ref()?))) {
                return Ok((number, open.folder.clone()));
            }
            if state.is_lost() {
                return Err(NoneLeft);
            }
            state = self.wait(state);
        }
    }

    /// Waits for the first lane that has all objects. `are_right`: whether it has them as they were written; else they are sent it again
    /// later, and it is not the one.
    pub fn elect(&self, are_right: &dyn Fn(usize) -> bool) -> Result<Leader, NoneLeft> {
        let mut state = lock(&self.state);
        loop {
            let all = state.objects.len();
            let complete = state.leaders().find_map(|(number, lane)| {
                let open = lane.opened.as_ref().filter(|_| lane.next == all && lane.under_way.is_empty())?;
                Some(Leader { lane: Some(number), folder: open.folder.clone(), location: open.location.clone() })
            });
            match complete {
                Some(Leader { lane: Some(number), .. }) if !are_right(number) => {
                    if let Some(lane) = state.lanes.get_mut(number) {
                        lane.lacks = true;
                    }
                }
                Some(leader) => return Ok(leader),
                None if state.is_lost() => return Err(NoneLeft),
                None => state = self.wait(state),
            }
        }
    }

    /// Where the version is now, if there is one; the run is over. What was said first counts.
    pub fn end(&self, version: Option<Leader>) {
        lock(&self.state).end.get_or_insert(version.map_or(End::NoVersion, End::Version));
        self.changed.notify_all();
    }

    /// Where the version is.
    pub fn leader(&self) -> Option<Leader> {
        match &lock(&self.state).end {
            Some(End::Version(leader)) => Some(leader.clone()),
            _ => None,
        }
    }

    /// A lane's destination is open and has what was there before.
    pub fn opened(&self, lane: usize, folder: &Arc<Folder>, location: &Location, may_lead: bool) {
        if let Some(lane) = lock(&self.state).lanes.get_mut(lane) {
            lane.opened = Some(Open { folder: folder.clone(), location: location.clone(), may_lead });
        }
        self.changed.notify_all();
    }

    /// Waits for what a lane is to do.
    pub fn next(&self, lane: usize) -> Next {
        let mut state = lock(&self.state);
        loop {
            let State { objects, lanes, end, .. } = &mut *state;
            let Some(standing) = lanes.get_mut(lane) else { return Next::End };
            // Of a run that made no version nothing more is worth its way.
            if standing.ended.is_some() || matches!(end, Some(End::NoVersion)) {
                return Next::End;
            }
            while let Some(object) = objects.get(standing.next) {
                let number = standing.next;
                standing.next += 1;
                let waits = match &object.lies {
                    Lies::Written => None,
                    Lies::Spooled(spooled) => Some((spooled.file().clone(), spooled.size())),
                    Lies::Sent => continue,
                };
                standing.under_way.insert(number);
                return Next::Object(Given { number, name: object.name.clone(), waits });
            }
            if end.is_some() {
                return Next::End;
            }
            state = self.wait(state);
        }
    }

    /// A lane has an object.
    pub fn has(&self, lane: usize, object: usize) {
        let mut state = lock(&self.state);
        if let Some(lane) = state.lanes.get_mut(lane) {
            lane.under_way.remove(&object);
        }
        state.let_go_of_what_all_have();
        self.changed.notify_all();
    }

    /// A lane has come to its end, or failed; nothing is kept for it any more. What was said first counts.
    pub fn ended(&self, lane: usize, how: Result<(), Problem>) {
        let mut state = lock(&self.state);
        if let Some(lane) = state.lanes.get_mut(lane) {
            lane.ended.get_or_insert(how);
        }
        state.let_go_of_what_all_have();
        self.changed.notify_all();
    }

    /// Where no lane is left that could make a version: the first that has failed, and why.
    pub fn failed(&self) -> Option<(usize, Problem)> {
        let state = lock(&self.state);
        if !state.is_lost() {
            return None;
        }
        let problem = |lane: &Standing| lane.ended.as_ref()?.as_ref().err().cloned();
        state.lanes.iter().enumerate().find_map(|(number, lane)| Some((number, problem(lane)?)))
    }
}

impl State {
    /// The lanes that have all that is gone from here, or are getting it: any of them could make a version.
    fn leaders(&self) -> impl Iterator<Item = (usize, &Standing)> {
        self.lanes
            .iter()
            .enumerate()
            .filter(|(_, lane)| lane.ended.is_none() && !lane.lacks && lane.opened.as_ref().is_none_or(|open| open.may_lead))
    }

    fn is_lost(&self) -> bool {
        self.leaders().next().is_none()
    }

    fn let_go(&mut self, number: usize) {
        if let Some(object) = self.objects.get_mut(number) {
            object.lies = Lies::Sent;
        }
        self.pass_by();
    }

    /// Goes past what does not wait in the spool.
    fn pass_by(&mut self) {
        while self.objects.get(self.kept_from).is_some_and(|object| !matches!(object.lies, Lies::Spooled(_))) {
            self.kept_from += 1;
        }
    }

    fn let_go_of_what_all_have(&mut self) {
        self.pass_by();
        while self.kept_from < self.objects.len()
            && self.lanes.iter().all(|lane| lane.ended.is_some() || lane.has(self.kept_from))
        {
            self.let_go(self.kept_from);
        }
    }
}

impl Standing {
    fn has(&self, number: usize) -> bool {
        number < self.next && !self.under_way.contains(&number)
    }
}
