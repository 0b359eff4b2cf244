//! A storage that fails when it is told to: for tests of whatever uses one.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use super::{Error, Kind, Listed, Room, Storage, Upload, stop};

/// Wraps a storage; from a chosen call on, one or all calls fail with a chosen system error.
pub struct Faulty {
    inner: Arc<dyn Storage>,
    faults: Arc<Faults>,
}

/// Counts calls (each write into an upload is one) and decides.
struct Faults {
    calls: AtomicU64,
    first: u64,
    last: u64,
    /// As the system numbers it, so that it is judged like a real one.
    errno: i32,
    /// What is written waits at its end.
    waits: bool,
}

impl Faulty {
    /// Fails call number `nth` (from 1) with this `errno`, all others go through.
    pub fn once(inner: Arc<dyn Storage>, nth: u64, errno: i32) -> Self {
        Self::between(inner, nth, nth, errno)
    }

    /// Fails call number `nth` and all after it.
    pub fn from(inner: Arc<dyn Storage>, nth: u64, errno: i32) -> Self {
        Self::between(inner, nth, u64::MAX, errno)
    }

    /// What is written waits at its end for a server that does not come back, as long as somebody wants it, and half a minute at most.
    pub fn waiting(inner: Arc<dyn Storage>) -> Self {
        let faults = Faults { calls: AtomicU64::new(0), first: u64::MAX, last: u64::MAX, errno: 0, waits: true };
        Self { inner, faults: Arc::new(faults) }
    }

    fn between(inner: Arc<dyn Storage>, first: u64, last: u64, errno: i32) -> Self {
        Self { inner, faults: Arc::new(Faults { calls: AtomicU64::new(0), first, last, errno, waits: false }) }
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.faults.calls.load(Ordering::SeqCst)
    }
}

impl Faults {
    fn call(&self) -> io::Result<()> {
        let n = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        if (self.first..=self.last).contains(&n) { Err(io::Error::from_raw_os_error(self.errno)) } else { Ok(()) }
    }

    fn reading(&self, context: &str) -> Result<(), Error> {
        self.call().map_err(|e| Error::from_read(context, e))
    }

    fn writing(&self, context: &str) -> Result<(), Error> {
        self.call().map_err(|e| Error::from_io(context, e))
    }
}

impl Storage for Faulty {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        self.faults.reading(folder)?;
        self.inner.list(folder)
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        self.faults.reading(name)?;
        self.inner.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.faults.reading(name)?;
        self.inner.read_at(name, offset, buffer)
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        self.faults.writing(name)?;
        let inner = self.inner.create(name)?;
        Ok(Box::new(FaultyUpload { inner, faults: self.faults.clone(), name: name.into() }))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.faults.writing(name)?;
        self.inner.delete(name)
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        self.faults.writing(name)?;
        self.inner.delete_folder(name)
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        self.faults.reading("")?;
        self.inner.room()
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        self.faults.reading(name)?;
        self.inner.sha256_on_medium(name, each)
    }

    fn identity(&self) -> Option<(u64, u64)> {
        self.inner.identity()
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        self.faults.writing(folder)?;
        self.inner.sweep_temporary(folder, before)
    }
}

struct FaultyUpload {
    inner: Box<dyn Upload>,
    faults: Arc<Faults>,
    name: String,
}

impl Write for FaultyUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.faults.call()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Upload for FaultyUpload {
    fn finish(self: Box<Self>) -> Result<(), Error> {
        self.faults.writing(&self.name)?;
        if self.faults.waits {
            stop::pause(Duration::from_secs(30));
            return Err(Error::new(Kind::ServerAway, &self.name, "no answer"));
        }
        self.inner.finish()
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;
    use crate::storage::local::Local;

    fn storage(dir: &tempfile::TempDir) -> Arc<dyn Storage> {
        Arc::new(Local::open(dir.path()).unwrap())
    }

    #[test]
    fn without_a_fault_it_is_what_it_wraps() {
        let dir = tempfile::tempdir().unwrap();
        crate::storage::contract::holds(&Faulty::once(storage(&dir), u64::MAX, 5));
    }

    #[test]
    fn a_put_fails_at_each_of_its_calls_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        for nth in 1..=3 {
            let faulty = Faulty::once(storage(&dir), nth, Errno::NOSPC.raw_os_error());
            assert_eq!(faulty.put("a", b"bytes").unwrap_err().kind, Kind::NoRoom, "{nth}");
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "{nth}");
        }
        let faulty = Faulty::from(storage(&dir), 4, Errno::STALE.raw_os_error());
        faulty.put("a", b"bytes").unwrap();
        assert_eq!(faulty.list("").unwrap_err().kind, Kind::Unreachable);
        assert_eq!((faulty.size("a").unwrap_err().kind, faulty.calls()), (Kind::Unreachable, 5));
    }
}
