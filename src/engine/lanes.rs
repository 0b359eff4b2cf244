//! While a run writes to one destination, the others get what is finished: each has a lane of its own, so that none waits for another.
//!
//! Where the run writes to a server, what is finished waits in a spool for them as well.
//!
//! A lane first brings its destination up to date, then sends each volume once it is finished, and last what makes it a version. One
//! that fails is behind, and catches up later: by the next run, or when its destination is there again.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::archive::key::KeyRing;
use crate::archive::object::{ObjectWriter, Objects, Take, run_folder};
use crate::archive::sums::Copied;
use crate::archive::{self, object_list};
use crate::model::location::Location;
use crate::model::plan::Plan;
use crate::model::problem::{Problem, Warning};
use crate::model::replicate::Replicated;
use crate::model::run::{Cancel, Progress};
use crate::model::snapshot::{ObjectInfo, VersionId};

use super::core::{Core, lock};
use super::destination::Opened;
use super::explain;
use super::few_at_once::few_at_once;
use super::folder::copy::{NotCopied, Should};
use super::folder::{Folder, Listed};
use super::hand;
use super::replicate::{self, Copying};
use super::spool::{Spool, Spooled, Spooling};

/// What is finished at the destination that the run writes to.
struct Feed {
    state: Mutex<FeedState>,
    changed: Condvar,
    /// `None`: the lanes read where it lies, on this machine.
    spool: Option<Spool>,
}

#[derive(Default)]
struct FeedState {
    /// In the order in which they were finished.
    objects: Vec<Finished>,
    /// How many of them each lane has done with.
    done: Vec<usize>,
    /// The run is over; with a version or without one.
    ended: Option<bool>,
}

#[derive(Clone)]
struct Finished {
    /// In full.
    name: String,
    spooled: Option<Arc<Spooled>>,
}

/// What a lane is to do next.
enum Next {
    Objects(Vec<Finished>),
    Ended { version: bool },
}

impl Feed {
    fn new(lanes: usize, spool: Option<Spool>) -> Self {
        let state = FeedState { done: vec![0; lanes], ..FeedState::default() };
        Self { state: Mutex::new(state), changed: Condvar::new(), spool }
    }

    fn add(&self, name: &str, spooled: Option<Spooled>) {
        lock(&self.state).objects.push(Finished { name: name.to_owned(), spooled: spooled.map(Arc::new) });
        self.changed.notify_all();
    }

    /// Begins to keep an object for the lanes, where one is left that wants it.
    fn spool(&self) -> Option<Spooling> {
        let is_wanted = lock(&self.state).done.iter().any(|done| *done < usize::MAX);
        self.spool.as_ref().filter(|_| is_wanted)?.begin()
    }

    /// Lets go of what all lanes have.
    fn note_done(&self, lane: usize, done: usize) {
        let mut state = lock(&self.state);
        if let Some(of_lane) = state.done.get_mut(lane) {
            *of_lane = done;
        }
        let all = state.done.iter().copied().min().unwrap_or_default();
        state.objects.iter_mut().take(all).for_each(|object| object.spooled = None);
    }

    fn end(&self, version: bool) {
        lock(&self.state).ended.get_or_insert(version);
        self.changed.notify_all();
    }

    /// Waits for what comes after the first `done` objects; gives `most` of them at most.
    fn next(&self, done: usize, most: usize) -> Next {
        let mut state = lock(&self.state);
        loop {
            match (state.objects.get(done..).unwrap_or_default(), state.ended) {
                // Of a run that made no version nothing more is worth its way.
                (_, Some(false)) => return Next::Ended { version: false },
                (objects @ [_, ..], _) => return Next::Objects(objects.iter().take(most).cloned().collect()),
                ([], Some(true)) => return Next::Ended { version: true },
                ([], None) => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// A run's folder as the archive writes to it: what is finished there goes on to the lanes.
pub struct Fed {
    folder: Arc<Folder>,
    feed: Arc<Feed>,
}

impl Objects for Fed {
    fn size(&self, name: &str) -> io::Result<u64> {
        self.folder.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.folder.read_at(name, offset, buffer)
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> io::Result<()> {
        self.folder.read_through(name, offset, end, take)
    }

    fn read_all(&self, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        Objects::read_all(&*self.folder, name, limit)
    }

    fn is_streamed(&self) -> bool {
        self.folder.is_streamed()
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn ObjectWriter>> {
        let writer = Objects::create(&*self.folder, name)?;
        Ok(Box::new(FedWriter { writer, name: name.to_owned(), spooling: self.feed.spool(), feed: self.feed.clone() }))
    }
}

struct FedWriter {
    writer: Box<dyn ObjectWriter>,
    name: String,
    spooling: Option<Spooling>,
    feed: Arc<Feed>,
}

impl io::Write for FedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.spooling = self.spooling.take().and_then(|open| open.keep(bytes.get(..written).unwrap_or_default()));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl ObjectWriter for FedWriter {
    fn finish(self: Box<Self>) -> io::Result<()> {
        self.writer.finish()?;
        self.feed.add(&self.name, self.spooling.map(Spooling::finish));
        Ok(())
    }
}

/// The lanes of a run. Dropped before its end they stop without a version.
pub struct Lanes {
    feed: Arc<Feed>,
    lanes: Vec<(Location, thread::JoinHandle<LaneEnd>)>,
}

type LaneEnd = Result<(Replicated, Vec<Warning>), Problem>;

/// How a lane ended.
pub struct Ended {
    pub location: Location,
    pub result: LaneEnd,
}

impl Lanes {
    /// Starts a lane for each follower. `listed`: the versions that lie where the run writes; `id`: the one that it makes.
    pub fn start(
        core: &Arc<Core>,
        plan: &Plan,
        opened: &Opened,
        followers: Vec<Location>,
        listed: &Arc<Vec<Listed>>,
        id: &VersionId,
        cancel: &Cancel,
    ) -> Self {
        let spool = opened.location.server().map(|_| Spool::default());
        let feed = Arc::new(Feed::new(followers.len(), spool));
        let mut lanes = Vec::new();
        for (number, location) in followers.into_iter().enumerate() {
            let lane = Lane {
                number,
                core: core.clone(),
                from: opened.folder.clone(),
                from_location: opened.location.clone(),
                location: location.clone(),
                id: id.clone(),
                ring: opened.ring.clone(),
                max_size: plan.max_sizes.at(&location),
                feed: feed.clone(),
                cancel: cancel.clone(),
                progress: Progress::default(),
            };
            let listed = listed.clone();
            if let Ok(thread) = thread::Builder::new().name("lane".into()).spawn(move || lane.work(&listed)) {
                lanes.push((location, thread));
            }
        }
        Self { feed, lanes }
    }

    /// Where the run writes to, so that the lanes hear of it.
    pub fn objects(&self, folder: &Arc<Folder>) -> Arc<dyn Objects> {
        if self.lanes.is_empty() { folder.clone() } else { Arc::new(Fed { folder: folder.clone(), feed: self.feed.clone() }) }
    }

    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// The version is there: it goes on to the lanes.
    pub fn version_is_there(&self) {
        self.feed.end(true);
    }

    /// Waits until each lane has the version, or has failed.
    pub fn finish(mut self) -> Vec<Ended> {
        self.feed.end(true);
        let ended = std::mem::take(&mut self.lanes).into_iter().map(|(location, thread)| {
            let result = thread.join().unwrap_or_else(|_| Err(explain::internal("a lane panicked")));
            Ended { location, result }
        });
        ended.collect()
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.feed.end(false);
        for (_, thread) in std::mem::take(&mut self.lanes) {
            // It leaves whole objects only.
            let _ = thread.join();
        }
    }
}

/// An object that was sent before anything told what it should be.
struct Sent {
    size: u64,
    sum: Copied,
}

/// The way to one destination.
struct Lane {
    /// Among the lanes of the run.
    number: usize,
    core: Arc<Core>,
    from: Arc<Folder>,
    from_location: Location,
    location: Location,
    /// The version that the run makes.
    id: VersionId,
    ring: Option<Arc<KeyRing>>,
    /// Bytes that may lie there.
    max_size: Option<u64>,
    feed: Arc<Feed>,
    cancel: Cancel,
    progress: Progress,
}

/// Whether it has come to its end or failed, nothing is kept for it any more.
impl Drop for Lane {
    fn drop(&mut self) {
        self.feed.note_done(self.number, usize::MAX);
    }
}

impl Lane {
    fn work(&self, listed: &[Listed]) -> LaneEnd {
        let to = replicate::target(&self.core, &self.from, self.ring.as_deref(), &self.location, false)?;
        let copying = Copying {
            core: &self.core,
            from: &self.from,
            from_location: &self.from_location,
            to: &to,
            to_location: &self.location,
            ring: self.ring.as_deref(),
            progress: &self.progress,
            cancel: &self.cancel,
        };
        // Of runs that made no version.
        hand::clear_litter(&self.core, &to, &self.location, &to.manifests(self.ring.as_deref())?, Some(&self.id))?;
        to.keep_within(self.max_size)?;
        // What cannot be copied yet is tried again at the end.
        let (mut all, _) = copying.all(listed, &|_| true)?;
        let mut sent: HashMap<String, Sent> = HashMap::new();
        let mut done = 0;
        let at_once = self.core.uploads_at_once(Some(&self.from_location), &self.location);
        loop {
            match self.feed.next(done, at_once) {
                Next::Objects(objects) => {
                    if done == 0 {
                        // Should it make no version either, what it leaves is known for litter.
                        self.core.history.begin_folder(to.plan(), &self.location, &self.id).map_err(explain::history)?;
                    }
                    done += objects.len();
                    let these: Mutex<Vec<(String, Sent)>> = Mutex::default();
                    few_at_once(&objects, at_once, |object| {
                        let as_sent = self.send(&to, object)?;
                        lock(&these).push((object.name.clone(), as_sent));
                        Ok::<(), Problem>(())
                    })?;
                    drop(objects);
                    self.feed.note_done(self.number, done);
                    sent.extend(these.into_inner().unwrap_or_else(PoisonError::into_inner));
                }
                Next::Ended { version: false } => return Err(explain::cancelled()),
                Next::Ended { version: true } => break,
            }
        }
        let listed = self.from.manifests(self.ring.as_deref())?;
        // Sent before anything told what they should be.
        self.compare(&to, &sent, &listed)?;
        let (last, warnings) = copying.all(&listed, &|_| true)?;
        all.objects += last.objects + sent.len() as u64;
        all.bytes = sent.values().fold(all.bytes.saturating_add(last.bytes), |sum, sent| sum.saturating_add(sent.size));
        all.versions.extend(last.versions);
        Ok((all, warnings))
    }

    fn send(&self, to: &Folder, object: &Finished) -> Result<Sent, Problem> {
        let name = &*object.name;
        let size = match &object.spooled {
            Some(spooled) => spooled.size(),
            None => self.from.size(name).map_err(|e| archive::Error::object(name, e))?,
        };
        let should = Should::Have(size);
        let copied = match &object.spooled {
            Some(spooled) => to.copy_file(spooled.file(), name, should, &self.cancel, &|_| {}),
            None => to.copy_from(&self.from, name, should, &self.cancel, &|_| {}),
        };
        match copied {
            Ok(sum) => Ok(Sent { size, sum }),
            Err(NotCopied::Source(problem) | NotCopied::Target(problem)) => Err(problem),
            Err(NotCopied::Cancelled) => Err(explain::cancelled()),
        }
    }

    /// Takes away what is not what the run wrote: read wrongly on its way. It is sent again with the rest.
    fn compare(&self, to: &Folder, sent: &HashMap<String, Sent>, listed: &[Listed]) -> Result<(), Problem> {
        let runs: HashSet<&str> = sent.keys().filter_map(|name| name.rsplit_once('/')).map(|(run, _)| run).collect();
        for id in listed.iter().map(|l| &l.id).filter(|id| runs.contains(run_folder(id).as_str())) {
            for info in self.list(id)? {
                let name = format!("{}/{}", run_folder(id), info.name);
                if sent.get(&name).is_some_and(|sent| !sent.sum.is(&info)) {
                    to.delete(&name)?;
                }
            }
        }
        Ok(())
    }

    fn list(&self, id: &VersionId) -> Result<Vec<ObjectInfo>, Problem> {
        let (list, _) = object_list::read(&*self.from, self.from.plan(), id, self.ring.as_deref(), None)?;
        Ok(list.objects)
    }
}
