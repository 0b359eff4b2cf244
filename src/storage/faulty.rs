//! A storage that fails when it is told to: for tests of whatever uses one.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::passing::{Call, Hooks, Passing};
use super::{Error, Kind, Storage, stop};

/// From a chosen call on, one or all calls fail with a chosen system error.
pub type Faulty = Passing<Faults>;

/// Counts calls (each write into an upload is one) and decides.
pub struct Faults {
    behind: Arc<dyn Storage>,
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
    pub fn once(behind: Arc<dyn Storage>, nth: u64, errno: i32) -> Self {
        Self::between(behind, nth, nth, errno)
    }

    /// Fails call number `nth` and all after it.
    pub fn from(behind: Arc<dyn Storage>, nth: u64, errno: i32) -> Self {
        Self::between(behind, nth, u64::MAX, errno)
    }

    /// What is written waits at its end for a server that does not come back, as long as somebody wants it, and half a minute at most.
    pub fn waiting(behind: Arc<dyn Storage>) -> Self {
        Self::with(Faults { behind, calls: AtomicU64::new(0), first: u64::MAX, last: u64::MAX, errno: 0, waits: true })
    }

    fn between(behind: Arc<dyn Storage>, first: u64, last: u64, errno: i32) -> Self {
        Self::with(Faults { behind, calls: AtomicU64::new(0), first, last, errno, waits: false })
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.hooks.calls.load(Ordering::SeqCst)
    }
}

impl Faults {
    fn call(&self) -> io::Result<()> {
        let n = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        if (self.first..=self.last).contains(&n) { Err(io::Error::from_raw_os_error(self.errno)) } else { Ok(()) }
    }
}

impl Hooks for Faults {
    fn behind(&self) -> &dyn Storage {
        &*self.behind
    }

    fn before(&self, call: Call, name: &str) -> Result<(), Error> {
        self.call().map_err(|e| if call == Call::Change { Error::from_io(name, e) } else { Error::from_read(name, e) })
    }

    fn before_write(&self, _: usize) -> io::Result<()> {
        self.call()
    }

    fn before_finish(&self, name: &str) -> Result<(), Error> {
        self.before(Call::Change, name)?;
        if self.waits {
            stop::pause(Duration::from_secs(30));
            return Err(Error::new(Kind::ServerAway, name, "no answer"));
        }
        Ok(())
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
