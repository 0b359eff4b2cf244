//! Reading a backup that lies at several destinations: where one fails, the next stands in, also in the middle of a restore. Which that
//! is has been decided when it was opened.
//!
//! What is read is proved by the reader, wherever it comes from.

use std::io;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};

use crate::archive::object::{ObjectWriter, Objects, Take};
use crate::model::location::Location;
use crate::model::plan::PlanId;
use crate::storage::access::Access;
use crate::storage::{self, Kind, Storage};

use super::env::OpenStorage;
use super::folder::Folder;

/// A plan's folder, and those that stand in for it.
pub struct Standby {
    folders: Vec<OnceLock<Option<Arc<Folder>>>>,
    locations: Vec<Location>,
    plan: PlanId,
    open: OpenStorage,
    access: Arc<dyn Access>,
    /// The one that is read from.
    current: AtomicUsize,
}

impl Standby {
    pub fn new(first: Arc<Folder>, others: Vec<Location>, open: OpenStorage, access: Arc<dyn Access>) -> Self {
        let plan = first.plan().clone();
        let mut folders = vec![OnceLock::from(Some(first))];
        folders.extend(others.iter().map(|_| OnceLock::new()));
        Self { folders, locations: others, plan, open, access, current: AtomicUsize::new(0) }
    }

    /// The folder of that number, opened when it is first needed; `None` where it cannot be.
    fn folder(&self, at: usize) -> Option<Arc<Folder>> {
        let open = || {
            let location = self.locations.get(at.checked_sub(1)?)?;
            let storage: Arc<dyn Storage> = (self.open)(location, false, &self.access).ok()?;
            Folder::of_plan(&storage, &self.plan).ok()?.map(Arc::new)
        };
        self.folders.get(at)?.get_or_init(open).clone()
    }

    fn try_each<T>(&self, mut read: impl FnMut(&Folder) -> io::Result<T>) -> io::Result<T> {
        let current = self.current.load(Relaxed);
        let mut first_error = None;
        for at in std::iter::once(current).chain((0..self.folders.len()).filter(|at| *at != current)) {
            let Some(folder) = self.folder(at) else { continue };
            match read(&folder) {
                Ok(read) => {
                    if first_error.as_ref().is_some_and(is_away) {
                        tracing::info!("another destination stands in for one that is not reached any more");
                        self.current.store(at, Relaxed);
                    }
                    return Ok(read);
                }
                // Whoever reads wants no more: nobody else is asked.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => _ = first_error.get_or_insert(error),
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
        self.try_each(|folder| folder.size(name))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.try_each(|folder| folder.read_at(name, offset, buffer))
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> io::Result<()> {
        // What was taken of one is not read again of the next.
        let mut at = offset;
        let mut stopped = None;
        let read = self.try_each(|folder| {
            folder.read_through(name, at, end, &mut |piece| {
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
        self.try_each(|folder| Objects::read_all(folder, name, limit))
    }

    fn is_streamed(&self) -> bool {
        self.folder(self.current.load(Relaxed)).is_some_and(|folder| folder.is_streamed())
    }

    fn create(&self, _: &str) -> io::Result<Box<dyn ObjectWriter>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
