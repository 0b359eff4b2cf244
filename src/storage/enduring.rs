//! A server's storage through a bad network: what fails for a while is tried again, over a new connection where the old one is dead.
//!
//! Everything but uploads can simply be asked again. An upload is kept here besides, so that it can be sent anew.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::backoff::spread;
use super::spool::Spool;
use super::{Error, Kind, Listed, Room, Storage, Take, Upload};

/// Tries in all.
const TRIES: u32 = 6;
/// Before the second try; then twice as long each time, more or less.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

type Open = Box<dyn Fn() -> Result<Box<dyn Storage>, Error> + Send + Sync>;

/// Waits that long.
type Pause = fn(Duration);

pub struct Enduring(Arc<Inner>);

struct Inner {
    /// Connects anew.
    open: Open,
    pause: Pause,
    current: Mutex<Current>,
}

/// What is asked now, and how many connections there were before it.
struct Current {
    storage: Arc<dyn Storage>,
    number: u64,
}

impl Enduring {
    /// `storage`: the first connection. `open`: another one to the same place.
    pub fn new(storage: Box<dyn Storage>, open: Open) -> Self {
        Self::pausing(storage, open, thread::sleep)
    }

    fn pausing(storage: Box<dyn Storage>, open: Open, pause: Pause) -> Self {
        let current = Current { storage: Arc::from(storage), number: 0 };
        Self(Arc::new(Inner { open, pause, current: Mutex::new(current) }))
    }
}

impl Inner {
    fn current(&self) -> (Arc<dyn Storage>, u64) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        (current.storage.clone(), current.number)
    }

    /// A new connection in the place of one that failed; whoever comes second takes that of the first.
    fn connect_anew(&self, failed: u64) -> Result<(), Error> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number == failed {
            let storage = Arc::from((self.open)()?);
            *current = Current { storage, number: failed + 1 };
        }
        Ok(())
    }

    /// Asks until there is an answer, or nothing more is worth a try.
    fn ask<T>(&self, mut ask: impl FnMut(&dyn Storage) -> Result<T, Error>) -> Result<T, Error> {
        let mut tries = 1;
        loop {
            let (storage, number) = self.current();
            let error = match ask(&*storage) {
                Err(error) if error.kind.is_temporary() && tries < TRIES => error,
                answer => return answer,
            };
            tracing::info!("tried again, since it may pass: {error}");
            self.wait_and_connect(&mut tries, number, error)?;
        }
    }

    /// Waits, and connects anew; fails with `error` once it has been tried often enough.
    fn wait_and_connect(&self, tries: &mut u32, failed: u64, error: Error) -> Result<(), Error> {
        let mut error = error;
        while *tries < TRIES {
            (self.pause)(pause(*tries));
            *tries += 1;
            match self.connect_anew(failed) {
                Ok(()) => return Ok(()),
                Err(again) if again.kind.is_temporary() => error = again,
                Err(again) => return Err(again),
            }
        }
        Err(error)
    }
}

/// After so many tries: twice as long as before.
fn pause(tries: u32) -> Duration {
    spread(FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(10)))
}

impl Storage for Enduring {
    fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        self.0.ask(|storage| storage.list(folder))
    }

    fn size(&self, name: &str) -> Result<u64, Error> {
        self.0.ask(|storage| storage.size(name))
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> Result<(), Error> {
        self.0.ask(|storage| storage.read_at(name, offset, buffer))
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> Result<(), Error> {
        // What was taken before a break is not read again.
        let mut at = offset;
        self.0.ask(|storage| {
            storage.read_through(name, at, end, &mut |piece| {
                take(piece)?;
                at += piece.len() as u64;
                Ok(())
            })
        })
    }

    fn read_all(&self, name: &str, limit: u64) -> Result<Vec<u8>, Error> {
        self.0.ask(|storage| storage.read_all(name, limit))
    }

    fn is_streamed(&self) -> bool {
        self.0.current().0.is_streamed()
    }

    fn create(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        let upload = self.0.ask(|storage| storage.create(name))?;
        let number = self.0.current().1;
        Ok(Box::new(Kept { inner: self.0.clone(), name: name.to_owned(), upload: Ok(upload), number, spool: Spool::default() }))
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        self.0.ask(|storage| storage.delete(name))
    }

    fn delete_folder(&self, name: &str) -> Result<(), Error> {
        self.0.ask(|storage| storage.delete_folder(name))
    }

    fn room(&self) -> Result<Option<Room>, Error> {
        self.0.ask(|storage| storage.room())
    }

    fn sha256_on_medium(&self, name: &str, each: &mut dyn FnMut(u64) -> bool) -> Result<([u8; 32], bool), Error> {
        // What was counted before a break is not counted again.
        let mut counted = 0;
        self.0.ask(|storage| {
            let mut now = 0;
            storage.sha256_on_medium(name, &mut |bytes| {
                now += bytes;
                let more = now.saturating_sub(counted).min(bytes);
                counted = counted.max(now);
                each(more)
            })
        })
    }

    fn identity(&self) -> Option<(u64, u64)> {
        self.0.current().0.identity()
    }

    fn sweep_temporary(&self, folder: &str, before: Option<Timestamp>) -> Result<usize, Error> {
        self.0.ask(|storage| storage.sweep_temporary(folder, before))
    }
}

/// An upload that is kept until it is there.
struct Kept {
    inner: Arc<Inner>,
    name: String,
    /// On its way, or why it is not any more.
    upload: Result<Box<dyn Upload>, Error>,
    /// Of the connection that it went over.
    number: u64,
    spool: Spool,
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.spool.write_all(bytes).map_err(|e| io::Error::other(Error::of_spool(&self.name, e)))?;
        if let Ok(upload) = &mut self.upload
            && let Err(error) = upload.write_all(bytes)
        {
            let error = Error::from_io(&self.name, error);
            if !error.kind.is_temporary() {
                return Err(io::Error::other(error));
            }
            // It is sent anew at the end.
            self.upload = Err(error);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for Kept {
    fn lies_in(&mut self, file: &Arc<File>) {
        self.spool.lies_in(file);
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        let mut tries = 1;
        let mut result = self.upload.and_then(Upload::finish);
        loop {
            let error = match result {
                Err(error) if error.kind.is_temporary() && tries < TRIES => error,
                ended => return ended,
            };
            tracing::info!("sent again, since it may pass: {error}");
            self.inner.wait_and_connect(&mut tries, self.number, error)?;
            let (storage, number) = self.inner.current();
            self.number = number;
            result = send(&*storage, &self.name, &self.spool);
        }
    }
}

/// Sends what was kept. That it is there already is what an earlier try has done whose answer was lost, if it is just as long: names are
/// given once.
fn send(storage: &dyn Storage, name: &str, spool: &Spool) -> Result<(), Error> {
    let mut upload = match storage.create(name) {
        Err(error) if error.kind == Kind::AlreadyExists && storage.size(name)? == spool.length() => return Ok(()),
        created => created?,
    };
    spool.send_to(name, &mut *upload)?;
    upload.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::faulty::Faulty;
    use crate::storage::{contract, local::Local};

    const EPIPE: i32 = 32;

    fn enduring(root: &std::path::Path, fails: impl Fn(Arc<dyn Storage>, u64) -> Faulty + Send + Sync + 'static) -> Enduring {
        let root = root.to_path_buf();
        let connections = std::sync::atomic::AtomicU64::new(0);
        let open = move || -> Result<Box<dyn Storage>, Error> {
            let number = connections.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Ok(Box::new(fails(Arc::new(Local::open(&root)?), number)))
        };
        let first = open().unwrap();
        Enduring::pausing(first, Box::new(open), |_| {})
    }

    #[test]
    fn it_is_a_storage_whenever_the_line_breaks() {
        // Every connection dies at its first, second, … call.
        for at in 1..40 {
            let root = tempfile::tempdir().unwrap();
            let storage = enduring(root.path(), move |inner, number| match number {
                0 => Faulty::from(inner, at, EPIPE),
                _ => Faulty::from(inner, u64::MAX, EPIPE),
            });
            contract::holds(&storage);
        }
    }

    #[test]
    fn what_does_not_pass_is_told_after_a_while() {
        let root = tempfile::tempdir().unwrap();
        let storage = enduring(root.path(), |inner, _| Faulty::from(inner, 1, EPIPE));
        assert_eq!(storage.size("a").unwrap_err().kind, Kind::ServerAway);
        assert_eq!(storage.0.current().1, u64::from(TRIES) - 1, "as often as it should be");
        let full = tempfile::tempdir().unwrap();
        let storage = enduring(full.path(), |inner, _| Faulty::from(inner, 1, 28));
        assert_eq!(storage.put("a", b"x").unwrap_err().kind, Kind::NoRoom);
        assert_eq!(storage.0.current().1, 0, "a full disk is not tried again");
    }

    #[test]
    fn pauses_double_and_differ() {
        for tries in 1..TRIES {
            let whole = FIRST_PAUSE * (1 << (tries - 1));
            let all: Vec<Duration> = (0..50).map(|_| pause(tries)).collect();
            assert!(all.iter().all(|pause| (whole / 2..=whole).contains(pause)), "{all:?}");
            assert!(all.iter().any(|pause| *pause != all[0]));
        }
    }
}
