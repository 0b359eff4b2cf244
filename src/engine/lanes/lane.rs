//! The way to one destination: first what was there before, then each object once it is finished, last what makes it a version.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::{panic, thread};

use super::LaneEnd;
use super::feed::{Feed, Given, Leader, Next};
use crate::archive::key::KeyRing;
use crate::archive::object::{Objects, run_folder};
use crate::archive::sums::Copied;
use crate::archive::{self, object_list};
use crate::engine::core::{Core, lock};
use crate::engine::explain;
use crate::engine::folder::copy::{NotCopied, Should};
use crate::engine::folder::{Folder, Listed};
use crate::engine::hand;
use crate::engine::left;
use crate::engine::replicate::{self, Copying};
use crate::model::location::Location;
use crate::model::problem::Problem;
use crate::model::replicate::Replicated;
use crate::model::run::{Cancel, Progress};
use crate::model::snapshot::{ObjectInfo, VersionId};
use crate::model::sum;
use crate::storage::stop::Stop;

/// Objects that were sent before anything told what they should be, by their full names.
pub type Sent = Mutex<HashMap<String, SentObject>>;

pub struct SentObject {
    size: u64,
    sum: Copied,
}

pub struct Lane {
    /// Among the lanes of the run.
    pub number: usize,
    pub core: Arc<Core>,
    /// Where what was there before is copied from.
    pub from: Arc<Folder>,
    pub from_location: Location,
    pub location: Location,
    /// The run was opened here.
    pub is_own: bool,
    /// The version that the run makes, and the one that it builds on.
    pub id: VersionId,
    pub parent: Option<VersionId>,
    /// Names of the volumes that the run goes on from.
    pub left: Option<Vec<String>>,
    pub ring: Option<Arc<KeyRing>>,
    /// Bytes that may lie there.
    pub max_size: Option<u64>,
    /// What is sent is read back before it becomes a version.
    pub read_back: bool,
    pub feed: Arc<Feed>,
    pub sent: Arc<Sent>,
    pub cancel: Cancel,
    pub progress: Progress,
}

/// Whether it has come to its end or panicked, nobody waits for it any more.
impl Drop for Lane {
    fn drop(&mut self) {
        self.feed.ended(self.number, Err(explain::internal("a lane panicked")));
    }
}

impl Lane {
    pub fn work(self, listed: &[Listed]) -> LaneEnd {
        let ended = self.all(listed);
        self.feed.ended(self.number, ended.as_ref().map(drop).map_err(Clone::clone));
        ended
    }

    fn all(&self, listed: &[Listed]) -> LaneEnd {
        let (to, mut before) = if self.is_own { (self.from.clone(), Replicated::default()) } else { self.open(listed)? };
        if self.is_own {
            self.feed.opened(self.number, &to, &self.location, true);
        }
        self.send_all(&to)?;
        let Some(leader) = self.feed.leader() else { return Err(explain::cancelled()) };
        if leader.lane == Some(self.number) {
            return Ok((Replicated { destination: self.location.display(), ..Replicated::default() }, Vec::new()));
        }
        let sent = std::mem::take(&mut *lock(&self.sent));
        let listed = leader.folder.manifests(self.ring.as_deref())?;
        // Sent before anything told what they should be.
        let sent = self.compare(&leader, &to, sent, &listed)?;
        let names: HashSet<String> = sent.keys().cloned().collect();
        let copying = self.copying(&leader.folder, &leader.location, &to);
        let (last, warnings) = copying.all(&listed, &|_| true, &names)?;
        before.destination = last.destination;
        before.objects += last.objects + sent.len() as u64;
        before.bytes = sum::saturating(sent.values().map(|sent| sent.size).chain([before.bytes, last.bytes]));
        before.versions.extend(last.versions);
        before.read_back = before.read_back.max(last.read_back);
        Ok((before, warnings))
    }

    fn copying<'a>(&'a self, from: &'a Folder, from_location: &'a Location, to: &'a Folder) -> Copying<'a> {
        Copying {
            core: &self.core,
            from,
            from_location,
            to,
            to_location: &self.location,
            ring: self.ring.as_deref(),
            read_back: self.read_back,
            progress: &self.progress,
            cancel: &self.cancel,
        }
    }

    /// Opens the destination and brings it up to date.
    fn open(&self, listed: &[Listed]) -> Result<(Arc<Folder>, Replicated), Problem> {
        let from = (&*self.from, &self.from_location);
        let to = replicate::target(&self.core, from, self.ring.as_deref(), &self.location, false)?;
        // Of runs that made no version; of the one that is gone on with what it makes anew.
        let there = to.manifests(self.ring.as_deref())?;
        hand::clear_litter(&self.core, &to, &self.location, &there, self.left.as_ref().map(|_| &self.id))?;
        if let Some(left) = &self.left {
            left::clear_rest(&to, &self.id, left)?;
        }
        to.keep_within(self.max_size)?;
        // What cannot be copied yet is tried again at the end.
        let copying = self.copying(&self.from, &self.from_location, &to);
        let (before, warnings) = copying.all(listed, &|_| true, &HashSet::new())?;
        let has = |parent: &VersionId| before.versions.contains(parent) || there.iter().any(|l| l.id == *parent);
        let may_lead = self.left.is_none() && warnings.is_empty() && self.parent.as_ref().is_none_or(has);
        self.feed.opened(self.number, &to, &self.location, may_lead);
        Ok((to, before))
    }

    /// Sends what is finished, a few at a time, until the run is over.
    fn send_all(&self, to: &Folder) -> Result<(), Problem> {
        let begun = Mutex::new(self.is_own);
        let each = || {
            while let Next::Object(object) = self.feed.next(self.number) {
                // Before the first: should the run make no version, what it leaves is known for litter.
                let mut begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
                if !std::mem::replace(&mut *begun, true) {
                    self.core.history.begin_folder(to.plan(), &self.location, &self.id).map_err(explain::history)?;
                }
                drop(begun);
                let sent = self.send(to, &object)?;
                lock(&self.sent).insert(object.name, sent);
                self.feed.has(self.number, object.number);
            }
            Ok(())
        };
        // One that fails is enough for all.
        let each = || each().inspect_err(|problem: &Problem| self.feed.ended(self.number, Err(problem.clone())));
        let at_once = self.core.uploads_at_once(self.reads_elsewhere(), &self.location);
        let stop = Stop::current();
        thread::scope(|scope| {
            let others: Vec<_> = (1..at_once).map(|_| scope.spawn(|| stop.within(each))).collect();
            let first = each();
            others.into_iter().map(|o| o.join().unwrap_or_else(|panic| panic::resume_unwind(panic))).fold(first, Result::and)
        })
    }

    /// Where it reads what it sends, if that is not in a file of this machine.
    fn reads_elsewhere(&self) -> Option<&Location> {
        Some(&self.from_location).filter(|_| !self.feed.is_spooled())
    }

    fn send(&self, to: &Folder, object: &Given) -> Result<SentObject, Problem> {
        let name = &*object.name;
        let (copied, size) = match &object.waits {
            Some((file, size)) => (to.copy_file(file, name, Should::Have(*size), &self.cancel, &|_| {}), *size),
            None => {
                let size = self.from.size(name).map_err(|e| archive::Error::object(name, e))?;
                (to.copy_from(&self.from, name, Should::Have(size), &self.cancel, &|_| {}), size)
            }
        };
        match copied {
            Ok(sum) => Ok(SentObject { size, sum }),
            // No run before knows this one's name, which is made of chance: another lane has sent it to the same place.
            Err(NotCopied::There(_)) if self.left.is_none() => Err(explain::same_place_as_another(&self.location)),
            Err(NotCopied::Source(problem) | NotCopied::Target(problem) | NotCopied::There(problem)) => Err(problem),
            Err(NotCopied::Cancelled) => Err(explain::cancelled()),
        }
    }

    /// Takes away what is not what the run wrote: read wrongly on its way. It is sent again with the rest. What stays is right.
    fn compare(
        &self,
        leader: &Leader,
        to: &Folder,
        mut sent: HashMap<String, SentObject>,
        listed: &[Listed],
    ) -> Result<HashMap<String, SentObject>, Problem> {
        let base = run_folder(&self.id);
        if sent.is_empty() || !listed.iter().any(|l| l.id == self.id) {
            return Ok(sent);
        }
        let (list, _) = object_list::read(&*leader.folder, to.plan(), &self.id, self.ring.as_deref(), None)?;
        for name in wrong(&sent, &base, &list.objects) {
            to.delete(&name)?;
            sent.remove(&name);
        }
        Ok(sent)
    }
}

/// Of what was sent what is not as it was written.
pub fn wrong(sent: &HashMap<String, SentObject>, base: &str, written: &[ObjectInfo]) -> Vec<String> {
    let named = written.iter().map(|info| (format!("{base}/{}", info.name), info));
    named.filter(|(name, info)| sent.get(name).is_some_and(|sent| !sent.sum.is(info))).map(|(name, _)| name).collect()
}
