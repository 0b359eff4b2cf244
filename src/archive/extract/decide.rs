//! What becomes of an entry, by what stands under its name.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::content::Layout;
use super::plan::Planner;
use super::put::{How, MOST_BESIDE, remove};
use super::resume::Stands;
use crate::archive::target::name::beside;
use crate::archive::target::root::Folder;
use crate::model::catalog::Entry;
use crate::os::stat::look;

pub enum Decision {
    Put(How),
    /// What stands there is perhaps ours and not whole; that is looked at when its content is at hand.
    Again,
    /// A restore that did not end has made it; `beside`: not under its own name.
    Whole {
        beside: bool,
    },
    /// Left alone because of the policy.
    Left,
}

impl Planner<'_> {
    /// What is to become of a file. A failure is told and counted.
    pub fn decide(&mut self, parent: &Arc<Folder>, entry: &Entry, layout: &Layout) -> Option<Decision> {
        if parent.fresh {
            return Some(Decision::Put(How::New));
        }
        match self.try_decide(parent, entry, layout) {
            Ok(decision) => Some(decision),
            Err(e) => {
                self.shared.tally.not_written(&entry.path, e);
                None
            }
        }
    }

    fn try_decide(&mut self, parent: &Arc<Folder>, entry: &Entry, layout: &Layout) -> io::Result<Decision> {
        let shared = self.shared;
        let path = entry.path.as_bytes();
        let Some(name) = self.places.of(path).map(|(_, place)| place.name_of(path)) else {
            return Ok(Decision::Put(How::New));
        };
        let fd = self.folders.get(parent)?;
        let Some(existing) = look(fd, name)? else { return Ok(Decision::Put(How::New)) };
        match shared.stands(fd, name, entry, layout, &existing)? {
            Stands::Whole => return Ok(Decision::Whole { beside: false }),
            Stands::Unsure => return Ok(Decision::Again),
            Stands::Unknown => return Ok(Decision::Put(How::Replace)),
            Stands::Torn => {
                remove(fd, name);
                return Ok(Decision::Put(How::New));
            }
            Stands::Theirs => {}
        }
        let how = shared.put.decide(entry.mtime, &existing);
        if how == Some(How::Beside) && shared.before.is_some() {
            for n in 1..MOST_BESIDE {
                let name = beside(name, &shared.put.date, n);
                let Some(existing) = look(fd, name.as_slice())? else { break };
                match shared.stands(fd, &name, entry, layout, &existing)? {
                    Stands::Whole => return Ok(Decision::Whole { beside: true }),
                    Stands::Torn => remove(fd, &name),
                    Stands::Unsure | Stands::Unknown | Stands::Theirs => {}
                }
            }
        }
        Ok(how.map_or(Decision::Left, Decision::Put))
    }

    /// Counts what would come of an entry.
    pub fn foresee(&mut self, parent: &Arc<Folder>, entry: &Entry) -> Option<How> {
        let decision = self.decide(parent, entry, &Layout::default())?;
        let counts = &self.shared.tally.counts;
        let (count, how) = match decision {
            Decision::Put(How::Replace) => (&counts.replaced, Some(How::Replace)),
            Decision::Put(How::Beside) => (&counts.beside, Some(How::Beside)),
            Decision::Left => (&counts.skipped, None),
            Decision::Put(How::New) | Decision::Again | Decision::Whole { .. } => (&counts.created, Some(How::New)),
        };
        count.fetch_add(1, Relaxed);
        how
    }
}
