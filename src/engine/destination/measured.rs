//! How fast a destination is: a few small requests, then files that grow until their way there and back tells something.

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::engine::append_only::is_refusal;
use crate::engine::core::Core;
use crate::model::problem::{Code, Problem};
use crate::storage::{Error, Storage};

/// Bytes of the first file, of which hardly more is seen than what each file costs.
const TINY: usize = 1 << 10;
/// Bytes of the second.
const FIRST: usize = 64 << 10;
/// Bytes of the largest; where nothing can be deleted all of them stay there.
const MOST: usize = 8 << 20;
const MOST_THAT_STAYS: usize = 512 << 10;
/// No file has more than so many times the bytes of the one before it.
const GROWTH: f64 = 16.0;
/// Small requests, the middle one of which is told.
const REQUESTS: usize = 5;
/// What takes so long tells how fast it is.
const ENOUGH: Duration = Duration::from_millis(500);
/// How long a larger file is to take each way.
const WANTED: Duration = Duration::from_secs(1);
/// After that no further file is begun.
const LONGEST: Duration = Duration::from_secs(3);

pub struct Measured {
    /// Until a small request was answered.
    pub latency: Duration,
    /// Bytes a second.
    pub write_speed: f64,
    /// `None`: what was read may come from this machine's memory.
    pub read_speed: Option<f64>,
    /// What was written could be deleted again.
    pub deletable: bool,
}

/// Writes, reads and removes small files.
pub fn measure(core: &Core, storage: &dyn Storage) -> Result<Measured, Problem> {
    let begun = Instant::now();
    let tiny = Probe::send(core, storage, TINY, |name| latency(storage, name))?;
    let most = if tiny.deletable { MOST } else { MOST_THAT_STAYS };
    let mut size = FIRST;
    loop {
        let probe = Probe::send(core, storage, size, |_| Ok(()))?;
        let written = beyond(probe.written, tiny.written);
        let read = probe.read.map(|read| beyond(read, tiny.read.unwrap_or_default()));
        let longer = written.max(read.unwrap_or_default());
        if size >= most || longer >= ENOUGH || begun.elapsed() >= LONGEST {
            return Ok(Measured {
                latency: tiny.between,
                write_speed: speed(size, written),
                read_speed: read.map(|read| speed(size, read)),
                deletable: tiny.deletable,
            });
        }
        size = larger(size, longer).min(most);
    }
}

/// How many bytes are to take [`WANTED`], where these took that long.
fn larger(size: usize, took: Duration) -> usize {
    let times = (WANTED.as_secs_f64() / took.as_secs_f64().max(f64::MIN_POSITIVE)).clamp(2.0, GROWTH);
    (size as f64 * times) as usize
}

/// What a file took of itself: each costs something however small it is.
fn beyond(took: Duration, tiny: Duration) -> Duration {
    took.saturating_sub(tiny).max(took / 2)
}

/// Bytes a second. No clock is so fine that nothing could have passed.
fn speed(size: usize, took: Duration) -> f64 {
    size as f64 / took.max(Duration::from_nanos(1)).as_secs_f64()
}

/// The middle one of a few small requests about what lies there.
fn latency(storage: &dyn Storage, name: &str) -> Result<Duration, Error> {
    let mut all = [Duration::ZERO; REQUESTS];
    for took in &mut all {
        storage.look_anew();
        let begun = Instant::now();
        storage.size(name)?;
        *took = begun.elapsed();
    }
    all.sort_unstable();
    Ok(all.get(REQUESTS / 2).copied().unwrap_or_default())
}

/// A file that was there for a moment.
struct Probe<T> {
    written: Duration,
    read: Option<Duration>,
    deletable: bool,
    between: T,
}

impl<T> Probe<T> {
    /// `between`: what is asked while it is there.
    fn send(
        core: &Core,
        storage: &dyn Storage,
        size: usize,
        between: impl FnOnce(&str) -> Result<T, Error>,
    ) -> Result<Self, Problem> {
        let name = format!(".strongroom-test-{}", data_encoding::HEXLOWER.encode(&core.random::<6>()));
        let mut bytes = vec![0; size];
        (core.env.entropy)(&mut bytes);
        let begun = Instant::now();
        let put = storage.put(&name, &bytes);
        let written = begun.elapsed();
        let looked = put.and_then(|()| between(&name)).map_err(Problem::from);
        let read = looked.and_then(|between| Ok((read_back(storage, &name, &bytes)?, between)));
        // Whatever came before.
        let removed = storage.delete(&name);
        let (read, between) = read?;
        let deletable = match removed {
            Ok(()) => true,
            Err(error) if is_refusal(error.kind) => false,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { written, read, deletable, between })
    }
}

/// Reads what was written and compares it; how long that took, where it says how fast the destination is.
fn read_back(storage: &dyn Storage, name: &str, bytes: &[u8]) -> Result<Option<Duration>, Problem> {
    let begun = Instant::now();
    // What this machine has written to a disk a moment ago is in its memory, too.
    if storage.identity().is_some() {
        let (sum, is_from_medium) = storage.sha256_on_medium(name, &mut |_| true)?;
        let took = begun.elapsed();
        return if sum[..] == Sha256::digest(bytes)[..] { Ok(is_from_medium.then_some(took)) } else { Err(other_bytes()) };
    }
    let (mut at, mut is_same) = (0, true);
    storage.read_through(name, 0, bytes.len() as u64, &mut |piece| {
        let end = at + piece.len();
        is_same &= bytes.get(at..end) == Some(piece);
        at = end;
        Ok(())
    })?;
    let took = begun.elapsed();
    if is_same && at == bytes.len() { Ok(Some(took)) } else { Err(other_bytes()) }
}

fn other_bytes() -> Problem {
    Problem::new(
        Code::Io,
        "What was read back from the destination is not what was written to it.",
        "No backup would be safe there. Have the drive checked, or ask whoever runs the server.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::local::Local;
    use crate::storage::passing::{Hooks, Passing};

    /// A folder as a server would give it.
    struct Server(Local);

    impl Hooks for Server {
        fn behind(&self) -> &dyn Storage {
            &self.0
        }

        fn identity(&self) -> Option<(u64, u64)> {
            None
        }
    }

    #[test]
    fn what_comes_back_other_than_it_was_written_is_no_backup() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Local::open(dir.path()).unwrap();
        let (local, server) = (open(), Passing::with(Server(open())));
        local.put("a", b"written").unwrap();
        let read = |storage: &dyn Storage, bytes: &[u8]| read_back(storage, "a", bytes).map_err(|problem| problem.code);
        assert!(read(&local, b"written").is_ok());
        assert!(read(&server, b"written").is_ok_and(|took| took.is_some()), "what a server gives comes over the line");
        for storage in [&local as &dyn Storage, &server] {
            assert_eq!(read(storage, b"writteN"), Err(Code::Io));
        }
    }

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn a_file_grows_until_it_takes_long_enough_but_not_by_leaps() {
        assert_eq!(larger(FIRST, MILLISECOND), 16 * FIRST);
        assert_eq!(larger(FIRST, Duration::ZERO), 16 * FIRST);
        assert_eq!(larger(FIRST, 250 * MILLISECOND), 4 * FIRST);
        assert_eq!(larger(FIRST, 900 * MILLISECOND), 2 * FIRST);
    }

    #[test]
    fn what_each_file_costs_is_no_part_of_the_speed() {
        assert_eq!(beyond(900 * MILLISECOND, 400 * MILLISECOND), 500 * MILLISECOND);
        assert_eq!(beyond(500 * MILLISECOND, 400 * MILLISECOND), 250 * MILLISECOND, "the first one may have been slow by chance");
        assert_eq!(beyond(Duration::ZERO, MILLISECOND), Duration::ZERO);
        assert!((speed(1_000_000, 500 * MILLISECOND) - 2e6).abs() < 1.0);
        assert!(speed(1, Duration::ZERO).is_finite());
    }
}
