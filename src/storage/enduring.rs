//! A server's storage through a bad network: what fails for a while is tried again, over a new connection where the old one is dead.
//!
//! Everything but uploads can simply be asked again. An upload is kept here besides, so that it can be sent anew.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::backoff::spread;
use super::spool::Spool;
use super::stop::{self, Stop};
use super::{Error, Kind, Listed, Room, Storage, Take, Upload};

/// Tries in all.
const TRIES: u32 = 6;
/// Before the second try; then twice as long each time, more or less.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

type Open = Box<dyn Fn() -> Result<Box<dyn Storage>, Error> + Send + Sync>;

/// Waits that long; `false` where nobody wants another try any more.
type Pause = fn(Duration) -> bool;

pub struct Enduring(Arc<Inner>);

struct Inner {
    /// Connects anew.
    open: Open,
    pause: Pause,
    current: Mutex<Current>,
    /// Told when somebody has connected anew, or has not managed to.
    settled: Condvar,
}

/// What is asked now, and how many connections there were before it.
struct Current {
    storage: Arc<dyn Storage>,
    number: u64,
    /// Somebody connects anew.
    opening: bool,
}

impl Enduring {
    /// `storage`: the first connection. `open`: another one to the same place.
    pub fn new(storage: Box<dyn Storage>, open: Open) -> Self {
        Self::pausing(storage, open, stop::pause)
    }

    fn pausing(storage: Box<dyn Storage>, open: Open, pause: Pause) -> Self {
        let current = Mutex::new(Current { storage: Arc::from(storage), number: 0, opening: false });
        Self(Arc::new(Inner { open, pause, current, settled: Condvar::new() }))
    }
}

/// Somebody connects anew, until this is dropped.
struct Opening<'a>(&'a Inner);

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        self.0.lock().opening = false;
        self.0.settled.notify_all();
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> (Arc<dyn Storage>, u64) {
        let current = self.lock();
        (current.storage.clone(), current.number)
    }

    /// A new connection in the place of one that failed; whoever comes second takes that of the first. A server may take its time to let us
    /// in: who asks it something over the connection that there is does not wait for that.
    fn connect_anew(&self, failed: u64) -> Result<(), Error> {
        let stop = Stop::current();
        let mut current = self.lock();
        while current.number == failed && current.opening {
            if stop.is_over() {
                return Err(Error::new(Kind::Cancelled, "the server", "cancelled"));
            }
            current = self.settled.wait_timeout(current, stop::SLICE).unwrap_or_else(PoisonError::into_inner).0;
        }
        if current.number != failed {
            return Ok(());
        }
        current.opening = true;
        drop(current);
        let opening = Opening(self);
        let storage = Arc::from((self.open)()?);
        let mut current = self.lock();
        (current.storage, current.number) = (storage, failed + 1);
        drop(current);
        drop(opening);
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

    /// Waits, and connects anew; fails with `error` once it has been tried often enough, or nobody wants it any more.
    fn wait_and_connect(&self, tries: &mut u32, failed: u64, error: Error) -> Result<(), Error> {
        let mut error = error;
        while *tries < TRIES {
            if !(self.pause)(pause(*tries)) {
                break;
            }
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
        let (inner, name) = (self.0.clone(), name.to_owned());
        Ok(Box::new(Kept { inner, name, upload: Ok(upload), number, spool: Spool::default(), left: Vec::new() }))
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
    /// What tries that failed have left there.
    left: Vec<String>,
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
            self.left.extend(upload.leaves());
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
        let mut result = self.upload.and_then(|upload| finish(upload, &mut self.left));
        loop {
            let error = match result {
                Err(error) if error.kind.is_temporary() && tries < TRIES => error,
                Err(error) => return Err(error),
                Ok(()) => break,
            };
            tracing::info!("sent again, since it may pass: {error}");
            self.inner.wait_and_connect(&mut tries, self.number, error)?;
            let (storage, number) = self.inner.current();
            self.number = number;
            result = send(&*storage, &self.name, &self.spool, &mut self.left);
        }
        let storage = self.inner.current().0;
        for left in &self.left {
            // What it cannot be rid of now only takes room.
            if let Err(error) = storage.remove_left(left) {
                tracing::info!("what an upload left stays there: {error}");
            }
        }
        Ok(())
    }
}

/// `left`: what it leaves where that fails is added.
fn finish(upload: Box<dyn Upload>, left: &mut Vec<String>) -> Result<(), Error> {
    let leaves = upload.leaves();
    upload.finish().inspect_err(|_| left.extend(leaves))
}

/// Sends what was kept. That it is there already is what an earlier try has done whose answer was lost, if it is just as long: names are
/// given once.
fn send(storage: &dyn Storage, name: &str, spool: &Spool, left: &mut Vec<String>) -> Result<(), Error> {
    let mut upload = match storage.create(name) {
        Err(error) if error.kind == Kind::AlreadyExists && storage.size(name)? == spool.length() => return Ok(()),
        created => created?,
    };
    spool.send_to(name, &mut *upload).inspect_err(|_| left.extend(upload.leaves()))?;
    finish(upload, left)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

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
        Enduring::pausing(first, Box::new(open), |_| !Stop::current().is_over())
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
    fn what_nobody_wants_any_more_is_neither_sent_again_nor_waited_for() {
        let root = tempfile::tempdir().unwrap();
        // Its second call is the first write into the upload.
        let storage = enduring(root.path(), |inner, number| Faulty::from(inner, if number == 0 { 2 } else { u64::MAX }, EPIPE));
        let mut upload = storage.create("a").unwrap();
        upload.write_all(b"bytes").unwrap();
        let error = Stop::after(0).during(|| upload.finish()).unwrap_err();
        assert_eq!((error.kind, storage.0.current().1), (Kind::Cancelled, 0));
        assert_eq!(Stop::after(0).during(|| storage.list("")).unwrap_err().kind, Kind::Cancelled);
        assert_eq!(storage.list("").unwrap(), [], "for others it goes on");

        // It is over while it is sent again.
        let storage = enduring(root.path(), |inner, number| Faulty::from(inner, if number == 0 { 2 } else { u64::MAX }, EPIPE));
        let mut upload = storage.create("a").unwrap();
        upload.write_all(&vec![7; 5 << 20]).unwrap();
        assert_eq!(Stop::after(3).during(|| upload.finish()).unwrap_err().kind, Kind::Cancelled);
        assert_eq!(storage.0.current().1, 1);
        assert_eq!(storage.list("").unwrap(), [], "what was half sent is taken away");
    }

    #[test]
    fn a_server_that_takes_its_time_to_let_us_in_holds_nobody_else_up() {
        let root = tempfile::tempdir().unwrap();
        let (let_in, door) = mpsc::channel::<()>();
        let (knocked, knocks) = mpsc::channel();
        let at = root.path().to_path_buf();
        let door = Mutex::new(door);
        let open = move || -> Result<Box<dyn Storage>, Error> {
            knocked.send(()).unwrap();
            door.lock().unwrap().recv().unwrap();
            Ok(Box::new(Local::open(&at)?))
        };
        let first = Faulty::once(Arc::new(Local::open(root.path()).unwrap()), 1, EPIPE);
        let storage = Enduring::pausing(Box::new(first), Box::new(open), |_| true);
        thread::scope(|scope| {
            // Gone with this: nobody waits at the door of a test that has failed.
            let let_in = let_in;
            let waits = scope.spawn(|| storage.list("").unwrap());
            knocks.recv().unwrap();
            // Over the connection that there is.
            assert!(!storage.is_streamed());
            assert_eq!(storage.list("").unwrap(), []);
            // Who needs the new one too waits for it, unless nobody wants that any more.
            assert_eq!(Stop::after(2).within(|| storage.0.connect_anew(0)).unwrap_err().kind, Kind::Cancelled);
            let second = scope.spawn(|| storage.0.connect_anew(0).unwrap());
            let_in.send(()).unwrap();
            assert_eq!(waits.join().unwrap(), []);
            second.join().unwrap();
        });
        assert_eq!((storage.0.current().1, knocks.try_iter().count()), (1, 0), "once for both");
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
