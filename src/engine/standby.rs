//! Reading a backup that lies at several destinations: where one fails, the next stands in, also in the middle of a restore. Which that
//! is has been decided when it was opened.
//!
//! What is read is proved by the reader, wherever it comes from.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, OnceLock};

use crate::archive::object::{ObjectWriter, Objects, Take};
use crate::model::location::Location;
use crate::model::plan::PlanId;
use crate::storage::access::Access;
use crate::storage::stop::Stop;
use crate::storage::{self, Kind, Storage};

use super::core::lock;
use super::env::OpenStorage;
use super::folder::Folder;

/// A plan's folder, and those that stand in for it.
pub struct Standby {
    all: Arc<All>,
    /// The one that is read from.
    current: AtomicUsize,
    /// Which of them gave each object, or some of it; `None` where nobody wants to know.
    gave: Option<Mutex<HashMap<String, Vec<usize>>>>,
}

struct All {
    folders: Vec<OnceLock<Option<Arc<Folder>>>>,
    /// One for each folder.
    locations: Vec<Location>,
    plan: PlanId,
    open: OpenStorage,
    access: Arc<dyn Access>,
}

impl Standby {
    /// `others`: where it lies as well, the one that stands in first before the rest.
    pub fn new(
        (first, location): (Arc<Folder>, Location),
        others: Vec<Location>,
        open: OpenStorage,
        access: Arc<dyn Access>,
    ) -> Self {
        let plan = first.plan().clone();
        let mut folders = vec![OnceLock::from(Some(first))];
        folders.extend(others.iter().map(|_| OnceLock::new()));
        let locations = std::iter::once(location).chain(others).collect();
        Self { all: Arc::new(All { folders, locations, plan, open, access }), current: AtomicUsize::new(0), gave: None }
    }

    /// The same for one run, which is told where it has read what.
    pub fn noting(&self) -> Self {
        Self { all: self.all.clone(), current: AtomicUsize::new(self.current.load(Relaxed)), gave: Some(Mutex::default()) }
    }

    /// By destination, which of these objects came from there, or are missing there. One that more than one has given some of is named for
    /// each: what they gave was proved as a whole.
    pub fn by_place(&self, objects: &[String]) -> Vec<(&Location, Vec<String>)> {
        let mut found: Vec<(&Location, Vec<String>)> = self.all.locations.iter().map(|location| (location, Vec::new())).collect();
        let gave = self.gave.as_ref().map(lock);
        for object in objects {
            let current = [self.current.load(Relaxed)];
            let places = gave.as_ref().and_then(|gave| gave.get(object)).map_or(&current[..], Vec::as_slice);
            for at in places {
                if let Some((_, named)) = found.get_mut(*at) {
                    named.push(object.clone());
                }
            }
        }
        found.retain(|(_, objects)| !objects.is_empty());
        found
    }

    /// The folder of that number, opened when it is first needed; `None` where it cannot be.
    fn folder(&self, at: usize) -> Option<Arc<Folder>> {
        let all = &self.all;
        let open = || {
            let storage: Arc<dyn Storage> = (all.open)(all.locations.get(at)?, false, &all.access).ok()?;
            Folder::of_plan(&storage, &all.plan).ok()?.map(Arc::new)
        };
        let known = all.folders.get(at)?;
        if let Some(folder) = known.get() {
            return folder.clone();
        }
        let opened = open();
        // Who did not wait for its server does not know whether it is there.
        if opened.is_none() && Stop::current().is_over() {
            return None;
        }
        known.get_or_init(|| opened).clone()
    }

    fn note(&self, name: &str, at: usize) {
        let Some(gave) = &self.gave else { return };
        let mut gave = lock(gave);
        match gave.get_mut(name) {
            Some(places) if places.contains(&at) => {}
            Some(places) => places.push(at),
            None => _ = gave.insert(name.to_owned(), vec![at]),
        }
    }

    /// `read` is told the number of the folder.
    fn try_each<T>(&self, name: &str, mut read: impl FnMut(&Folder, usize) -> io::Result<T>) -> io::Result<T> {
        let current = self.current.load(Relaxed);
        let mut first_error = None;
        for at in std::iter::once(current).chain((0..self.all.folders.len()).filter(|at| *at != current)) {
            let Some(folder) = self.folder(at) else { continue };
            match read(&folder, at) {
                Ok(read) => {
                    self.note(name, at);
                    if first_error.as_ref().is_some_and(is_away) {
                        tracing::info!("another destination stands in for one that is not reached any more");
                        self.current.store(at, Relaxed);
                    }
                    return Ok(read);
                }
                // Whoever reads wants no more: nobody else is asked.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => {
                    if !is_away(&error) {
                        self.note(name, at);
                    }
                    first_error.get_or_insert(error);
                }
            }
        }
        Err(first_error.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
    }
}

/// Whether the destination as a whole fails, not one object.
fn is_away(error: &io::Error) -> bool {
    let kind = error.get_ref().and_then(|inner| inner.downcast_ref::<storage::Error>()).map(|error| error.kind);
    !matches!(kind, Some(Kind::NotFound | Kind::TooShort | Kind::InvalidName))
}

impl Objects for Standby {
    fn size(&self, name: &str) -> io::Result<u64> {
        self.try_each(name, |folder, _| folder.size(name))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.try_each(name, |folder, _| folder.read_at(name, offset, buffer))
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> io::Result<()> {
        // What was taken of one is not read again of the next.
        let mut at = offset;
        let mut stopped = None;
        let read = self.try_each(name, |folder, number| {
            folder.read_through(name, at, end, &mut |piece| {
                self.note(name, number);
                take(piece).map_err(|why| {
                    stopped = Some(why);
                    io::Error::from(io::ErrorKind::Interrupted)
                })?;
                at += piece.len() as u64;
                Ok(())
            })
        });
        stopped.map_or(read, Err)
    }

    fn read_all(&self, name: &str, limit: u64) -> io::Result<Vec<u8>> {
        self.try_each(name, |folder, _| Objects::read_all(folder, name, limit))
    }

    fn is_streamed(&self) -> bool {
        self.folder(self.current.load(Relaxed)).is_some_and(|folder| folder.is_streamed())
    }

    fn create(&self, _: &str) -> io::Result<Box<dyn ObjectWriter>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
