//! Room that stays free at a destination, and the most that a backup may take there.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::{human, max_size, room};
use crate::storage::{Error, Kind, Room, Storage};

/// Bytes that are written between two looks, where it is not known that there is much room.
const LOOK: u64 = 64 << 20;
/// The most, and the share of what is free.
const FAR: u64 = 1 << 30;
const FAR_SHARE: u64 = 16;

/// What may be written until the room is looked at again. Shared by all that is written into a folder.
#[derive(Default)]
pub struct Reserve {
    left: Mutex<u64>,
    most: Mutex<Option<Most>>,
}

/// What may lie in a plan's folder, in bytes.
struct Most {
    max: u64,
    /// What does already; what was begun and not finished counts until it is counted anew.
    taken: u64,
}

impl Most {
    fn take(&mut self, name: &str, bytes: u64, within: u64) -> Result<(), Error> {
        match self.taken.checked_add(bytes).filter(|taken| *taken <= within) {
            Some(taken) => {
                self.taken = taken;
                Ok(())
            }
            None => Err(self.is_full(name)),
        }
    }

    fn is_full(&self, name: &str) -> Error {
        let why = format!("{} lie there, {} may", human::bytes(self.taken), human::bytes(self.max));
        Error::new(Kind::MaxSize, name, &why)
    }
}

impl Reserve {
    /// Before so many bytes are written. `NoRoom` where they would go into what stays free.
    pub fn spend(&self, storage: &dyn Storage, name: &str, bytes: u64) -> Result<(), Error> {
        if let Some(most) = &mut *self.most() {
            most.take(name, bytes, max_size::for_volumes(most.max))?;
        }
        let mut left = self.left();
        if *left < bytes {
            *left = allowed(storage, name, bytes)?;
        }
        *left -= bytes.min(*left);
        Ok(())
    }

    /// The same of what ends a version, which may go into what was kept for it of what may lie there.
    pub fn spend_last(&self, name: &str, bytes: u64) -> Result<(), Error> {
        match &mut *self.most() {
            Some(most) => most.take(name, bytes, most.max),
            None => Ok(()),
        }
    }

    /// From now on at most so many bytes lie there, of which so many are taken. `MaxSize` where there is no room for a volume.
    pub fn keep_within(&self, max: u64, taken: u64) -> Result<(), Error> {
        let most = Most { max, taken };
        let is_full = taken >= max_size::for_volumes(max);
        let error = is_full.then(|| most.is_full(""));
        *self.most() = Some(most);
        error.map_or(Ok(()), Err)
    }

    fn left(&self) -> MutexGuard<'_, u64> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn most(&self) -> MutexGuard<'_, Option<Most>> {
        self.most.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before anything is written; what is written first needs no look of its own then.
    pub fn check(&self, storage: &dyn Storage) -> Result<(), Error> {
        *self.left() = allowed(storage, "", 0)?;
        Ok(())
    }
}

fn allowed(storage: &dyn Storage, name: &str, bytes: u64) -> Result<u64, Error> {
    // Not every server tells.
    let Some(Room { free, total }) = storage.room()? else { return Ok(FAR.max(bytes)) };
    let kept = room::kept(total);
    match free.checked_sub(kept).filter(|room| *room > bytes) {
        // Others write there too: what is nearly full is looked at more often.
        Some(room) => Ok((room / 4).min(LOOK).max((room / FAR_SHARE).min(FAR)).max(bytes)),
        None => {
            let why = format!("{} are free, and {} of them stay so", human::bytes(free), human::bytes(kept.min(free)));
            Err(Error::new(Kind::NoRoom, name, &why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::local::Local;

    #[test]
    fn a_little_stays_free() {
        let root = tempfile::tempdir().unwrap();
        let storage = Local::open(root.path()).unwrap();
        let room = storage.room().unwrap().expect("a file system tells");
        let reserve = Reserve::default();
        reserve.check(&storage).unwrap();
        reserve.spend(&storage, "a", 1 << 10).unwrap();
        let before = *reserve.left();
        reserve.spend(&storage, "a", 1 << 10).unwrap();
        assert_eq!(*reserve.left(), before - (1 << 10), "no look for each piece");
        assert_eq!(reserve.spend(&storage, "a", room.total).unwrap_err().kind, Kind::NoRoom);
    }
    #[test]
    fn no_more_lies_there_than_may() {
        let root = tempfile::tempdir().unwrap();
        let storage = Local::open(root.path()).unwrap();
        let kind = |result: Result<(), Error>| result.map_err(|error| error.kind);
        let reserve = Reserve::default();
        assert_eq!(kind(reserve.spend_last("a", u64::MAX)), Ok(()), "nobody has said how much");
        assert_eq!(kind(reserve.keep_within(1000, 990)), Err(Kind::MaxSize));
        assert_eq!(kind(reserve.keep_within(1000, 100)), Ok(()));
        assert_eq!(kind(reserve.spend(&storage, "a", 890)), Ok(()));
        assert_eq!(kind(reserve.spend(&storage, "a", 1)), Err(Kind::MaxSize), "a hundredth is not for volumes");
        assert_eq!(kind(reserve.spend_last("a", 10)), Ok(()));
        assert_eq!(kind(reserve.spend_last("a", 1)), Err(Kind::MaxSize));
        assert_eq!(kind(reserve.spend(&storage, "a", u64::MAX)), Err(Kind::MaxSize));
    }
}
