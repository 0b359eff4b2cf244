//! Room that stays free at a destination.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::{human, room};
use crate::storage::{Error, Kind, Room, Storage};

/// Bytes that are written between two looks.
const LOOK: u64 = 64 << 20;

/// What may be written until the room is looked at again. Shared by all that is written into a folder.
#[derive(Default)]
pub struct Reserve(Mutex<u64>);

impl Reserve {
    /// Before so many bytes are written. `NoRoom` where they would go into what stays free.
    pub fn spend(&self, storage: &dyn Storage, name: &str, bytes: u64) -> Result<(), Error> {
        let mut left = self.left();
        if *left < bytes {
            *left = allowed(storage, name, bytes)?;
        }
        *left -= bytes.min(*left);
        Ok(())
    }

    fn left(&self) -> MutexGuard<'_, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before anything is written; what is written first needs no look of its own then.
    pub fn check(&self, storage: &dyn Storage) -> Result<(), Error> {
        *self.left() = allowed(storage, "", 0)?;
        Ok(())
    }
}

fn allowed(storage: &dyn Storage, name: &str, bytes: u64) -> Result<u64, Error> {
    // Not every server tells.
    let Some(Room { free, total }) = storage.room()? else { return Ok(LOOK.max(bytes)) };
    let kept = room::kept(total);
    match free.checked_sub(kept).filter(|room| *room > bytes) {
        // Others write there too: what is nearly full is looked at more often.
        Some(room) => Ok((room / 4).min(LOOK).max(bytes)),
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
        let before = *reserve.0.lock().unwrap();
        reserve.spend(&storage, "a", 1 << 10).unwrap();
        assert_eq!(*reserve.0.lock().unwrap(), before - (1 << 10), "no look for each piece");
        assert_eq!(reserve.spend(&storage, "a", room.total).unwrap_err().kind, Kind::NoRoom);
    }
}
