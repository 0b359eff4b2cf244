//! Volumes that are written become durable: several at a time where each waits for a server that is far away.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Receiver;

use super::volumes::Full;
use crate::archive::Result;
use crate::archive::catalog_io::VolumeInfo;

/// Bytes of volumes that are on their way at once: until they have arrived they take room on this machine. One that has more goes alone.
const MOST: u64 = 512 << 20;

/// What the threads that finish volumes share.
pub(super) struct Finishing<'a> {
    note: &'a (dyn Fn(&VolumeInfo) + Sync),
    /// Held by the one that takes the next volume and waits until there is room for it.
    taking: Mutex<()>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Of the volumes that are on their way.
    bytes: u64,
    failed: bool,
    /// The number of the volume that is noted next.
    next: u32,
    /// Durable, but not one before it.
    early: BTreeMap<u32, VolumeInfo>,
}

impl<'a> Finishing<'a> {
    /// `first`: the number of the run's first volume. `note` is told of each that is durable in the order of their numbers: a run is gone on
    /// with from its first volumes on.
    pub(super) fn new(first: u32, note: &'a (dyn Fn(&VolumeInfo) + Sync)) -> Self {
        let state = State { bytes: 0, failed: false, next: first, early: BTreeMap::new() };
        Self { note, taking: Mutex::default(), state: Mutex::new(state), changed: Condvar::new() }
    }

    /// One thread's work, until no volume comes any more or one fails on whichever thread.
    pub(super) fn run(&self, volumes: &Receiver<Full>) -> Result<()> {
        while let Some(volume) = self.take(volumes) {
            let mut under_way = UnderWay { of: self, info: Some(volume.info.clone()), is_durable: false };
            volume.finish()?;
            under_way.is_durable = true;
        }
        Ok(())
    }

    fn take(&self, volumes: &Receiver<Full>) -> Option<Full> {
        let _taking = self.taking.lock().unwrap_or_else(PoisonError::into_inner);
        if self.state().failed {
            return None;
        }
        let volume = volumes.recv().ok()?;
        let is_full = |state: &mut State| !state.failed && state.bytes > 0 && state.bytes.saturating_add(volume.info.size) > MOST;
        let mut state = self.changed.wait_while(self.state(), is_full).unwrap_or_else(PoisonError::into_inner);
        state.bytes = state.bytes.saturating_add(volume.info.size);
        (!state.failed).then_some(volume)
    }

    fn ended(&self, info: VolumeInfo, is_durable: bool) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(info.size);
        if is_durable {
            state.early.insert(info.volume.number, info);
        } else {
            state.failed = true;
        }
        let mut next = state.next;
        while let Some(info) = state.early.remove(&next) {
            (self.note)(&info);
            next += 1;
        }
        state.next = next;
        drop(state);
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A volume that is on its way; however that ends, nobody waits for its room.
struct UnderWay<'a> {
    of: &'a Finishing<'a>,
    info: Option<VolumeInfo>,
    is_durable: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(info) = self.info.take() {
            self.of.ended(info, self.is_durable);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::thread;
    use std::time::Duration;

    use crossbeam_channel::{Sender, unbounded};

    use super::*;
    use crate::archive::object::ObjectWriter;
    use crate::model::catalog::VolumeRef;
    use crate::model::format::Kind;
    use crate::model::snapshot::{BackupType, VersionId};

    /// Tells that it begins to finish, and ends when it is told how.
    struct Slow {
        number: u32,
        begun: Sender<u32>,
        ends: Receiver<bool>,
    }

    impl io::Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl ObjectWriter for Slow {
        fn finish(self: Box<Self>) -> io::Result<()> {
            self.begun.send(self.number).unwrap();
            if self.ends.recv().unwrap() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
        }
    }

    struct Bench {
        /// Of the volumes 1 to 4, how each ends.
        ends: Vec<Sender<bool>>,
        begun: Receiver<u32>,
        noted: Receiver<u32>,
    }

    impl Bench {
        fn begun(&self, many: usize) -> Vec<u32> {
            let mut numbers: Vec<u32> = (0..many).map(|_| self.begun.recv_timeout(Duration::from_secs(60)).unwrap()).collect();
            numbers.sort_unstable();
            numbers
        }

        fn nothing_begins(&self) -> bool {
            self.begun.recv_timeout(Duration::from_millis(100)).is_err()
        }
    }

    /// Four volumes of so many bytes, finished by three threads; how these ended.
    fn finished(size: u64, meanwhile: impl FnOnce(&Bench)) -> Vec<bool> {
        let run = VersionId::new(jiff::Timestamp::UNIX_EPOCH, BackupType::Full, [0; 4]);
        let (to_finish, full) = unbounded();
        let (begins, begun) = unbounded();
        let (notes, noted) = unbounded();
        let mut ends = Vec::new();
        for number in 1..=4 {
            let (end, ended) = unbounded();
            ends.push(end);
            let (volume, kind) = (VolumeRef { run: run.clone(), number }, Kind::Tar);
            let info =
                VolumeInfo { volume, kind, size, sha256: [0; 32], crc64nvme: None, header: Vec::new(), live: 0, stored: 0 };
            let out = Box::new(Slow { number, begun: begins.clone(), ends: ended });
            to_finish.send(Full::of("v", out, info)).unwrap();
        }
        drop(to_finish);
        let note = |info: &VolumeInfo| notes.send(info.volume.number).unwrap();
        let finishing = Finishing::new(1, &note);
        let bench = Bench { ends, begun, noted };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| finishing.run(&full).is_ok())).collect();
            meanwhile(&bench);
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    #[test]
    fn several_are_on_their_way_and_noted_in_order() {
        let ended = finished(1 << 20, |bench| {
            assert_eq!(bench.begun(3), [1, 2, 3]);
            assert!(bench.nothing_begins(), "there are three threads");
            bench.ends[1].send(true).unwrap();
            assert_eq!(bench.begun(1), [4]);
            bench.ends[3].send(true).unwrap();
            bench.ends[2].send(true).unwrap();
            assert!(bench.noted.recv_timeout(Duration::from_millis(100)).is_err(), "the first is not there");
            bench.ends[0].send(true).unwrap();
        });
        assert_eq!(ended, [true; 3]);
    }

    #[test]
    fn large_ones_go_alone() {
        let ended = finished(MOST, |bench| {
            for (end, number) in bench.ends.iter().zip(1..) {
                assert_eq!(bench.begun(1), [number]);
                assert!(bench.nothing_begins());
                end.send(true).unwrap();
            }
        });
        assert_eq!(ended, [true; 3]);
    }

    #[test]
    fn one_that_fails_ends_all() {
        let ended = finished(MOST / 2, |bench| {
            assert_eq!(bench.begun(2), [1, 2]);
            bench.ends[0].send(false).unwrap();
            // The third waits for room, and is not begun.
            assert!(bench.nothing_begins());
            bench.ends[1].send(true).unwrap();
            assert!(bench.nothing_begins() && bench.noted.is_empty());
        });
        assert_eq!(ended.iter().filter(|ok| !**ok).count(), 1);
    }
}
