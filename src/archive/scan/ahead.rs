//! Looks ahead of a walk where the medium answers slowly: a walk looks at one thing after the other, and a disk or a server
//! whose metadata is in no cache would keep it waiting each time. Several threads look at what comes next, folder by
//! folder in the walk's order, so that it finds everything in the system's cache. What they see counts for nothing but that.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::metadata::{Kind, Meta, status};
use super::rules::Rules;
use super::walk::to_list;
use crate::model::path::PathBytes;
use crate::os::beneath::Beneath;
use crate::os::folder::{Folder, For};
use crate::os::owner::User;

/// They wait for the medium, hardly for the processor.
const THREADS: usize = 8;
/// Opening a folder and looking at the first thing in it takes some 5 µs from the cache, and 75 µs or more for each read of a
/// fast disk, which brings the metadata of neighbours also.
const SLOW: Duration = Duration::from_micros(25);
/// What counts of a single wait: the thread may only have been put aside for another.
const LONGEST: Duration = Duration::from_micros(200);
/// Folders over which the mean is taken.
const FOLDERS: u32 = 32;
/// Lists above this many bytes take long in any case, and say nothing.
const SMALL_LIST: usize = 8 << 10;
/// Entries that are looked at before the walk has come to them: what lies further ahead may have left the cache by then.
const FURTHEST: u64 = 100_000;
/// Folders that are known and wait; the walk itself meets those that there is no room for.
const MOST_WAITING: usize = 20_000;
/// Folders whose path is longer are left to the walk.
const LONGEST_PATH: usize = 3000;
/// Room for the names that one call brings.
const LISTING_BUFFER: usize = 32 << 10;

/// Of one walk through one source.
pub(super) struct Ahead {
    /// Of the last folders: how many, and how long it waited for them.
    folders: u32,
    waited: Duration,
    /// Entries that the walk has looked at.
    walked: u64,
    looking: Option<Looking>,
}

/// The threads; dropped, they end.
struct Looking {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    root: Beneath,
    device: u64,
    rules: Rules,
    /// Device and inode of folders that are passed over.
    avoid: Vec<(u64, u64)>,
    /// Of the process, to know whose folders may be read without touching their access times.
    user: User,
    queue: Mutex<Queue>,
    changed: Condvar,
    ended: AtomicBool,
    /// Entries looked at by all threads.
    seen: AtomicU64,
    /// How many of them may lie ahead of the walk.
    furthest: u64,
}

struct Queue {
    /// Relative to the source; the least first.
    waiting: BinaryHeap<Reverse<Waiting>>,
    /// Where the walk is, and how many entries it has looked at.
    position: PathBytes,
    walked: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    path: PathBytes,
    owner: u32,
}

impl Ahead {
    pub(super) fn new() -> Self {
        Self { folders: 0, waited: Duration::ZERO, walked: 0, looking: None }
    }

    /// Notes that the walk entered a folder: how long that and the first look into the one before took, how many entries it has, of
    /// how many bytes of names. `begin` says what the threads need once it is worth while.
    pub(super) fn entered(
        &mut self,
        path: &[u8],
        took: Duration,
        (entries, bytes): (usize, usize),
        begin: impl FnOnce() -> Option<Start>,
    ) {
        self.walked += entries as u64;
        if let Some(looking) = &self.looking {
            return looking.follow(path, self.walked);
        }
        if bytes > SMALL_LIST {
            return;
        }
        self.folders += 1;
        self.waited += took.min(LONGEST);
        if self.folders == FOLDERS {
            if self.waited >= SLOW * FOLDERS {
                self.looking = begin().map(|start| Looking::begin(start, path, self.walked, FURTHEST));
            }
            (self.folders, self.waited) = (0, Duration::ZERO);
        }
    }
}

/// What the threads need to know of a source.
pub(super) struct Start {
    pub(super) root: Folder,
    pub(super) device: u64,
    pub(super) owner: u32,
    pub(super) rules: Rules,
    pub(super) avoid: Vec<(u64, u64)>,
    pub(super) user: User,
}

impl Looking {
    fn begin(start: Start, path: &[u8], walked: u64, furthest: u64) -> Self {
        let Start { root, device, owner, rules, avoid, user } = start;
        let waiting = BinaryHeap::from([Reverse(Waiting { path: PathBytes::default(), owner })]);
        let queue = Mutex::new(Queue { waiting, position: PathBytes::new(path.to_vec()), walked });
        let root = Beneath::new(root);
        let (changed, ended, seen) = (Condvar::new(), AtomicBool::new(false), AtomicU64::new(walked));
        let shared = Arc::new(Shared { root, device, rules, avoid, user, queue, changed, ended, seen, furthest });
        let thread = |_| {
            let shared = shared.clone();
            // Without a thread the walk only waits as it did.
            thread::Builder::new().name("look-ahead".into()).spawn(move || shared.look()).ok()
        };
        Self { threads: (0..THREADS).filter_map(thread).collect(), shared }
    }

    fn follow(&self, path: &[u8], walked: u64) {
        let mut queue = self.shared.lock();
        queue.position = PathBytes::new(path.to_vec());
        let held = self.shared.is_too_far(&queue);
        queue.walked = walked;
        if held && !self.shared.is_too_far(&queue) {
            drop(queue);
            self.shared.changed.notify_all();
        }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.shared.ended.store(true, Relaxed);
        // Whoever is about to wait has looked at `ended` before, with the lock.
        drop(self.shared.lock());
        self.shared.changed.notify_all();
        // They hold nothing that could be lost.
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) {
        let mut buffer = Vec::with_capacity(LISTING_BUFFER);
        while let Some(folder) = self.next() {
            // Whatever cannot be looked at is for the walk to tell.
            let _ = self.folder(&folder, &mut buffer);
        }
    }

    /// The next folder that the walk has not passed, once it is not too far ahead; `None` at the end.
    fn next(&self) -> Option<Waiting> {
        let mut queue = self.lock();
        loop {
            if self.ended.load(Relaxed) {
                return None;
            }
            if !self.is_too_far(&queue)
                && let Some(Reverse(folder)) = queue.waiting.pop()
            {
                if is_passed(&folder.path, &queue.position) {
                    continue;
                }
                return Some(folder);
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn is_too_far(&self, queue: &Queue) -> bool {
        self.seen.load(Relaxed) > queue.walked + self.furthest
    }

    fn folder(&self, Waiting { path, owner }: &Waiting, buffer: &mut Vec<u8>) -> io::Result<()> {
        let folder = self.root.folder(path.as_bytes(), For::Reaching)?;
        let folder = to_list(&folder, self.user.may_hide_access(*owner))?;
        let mut folders = Vec::new();
        folder.each_name(buffer, |name| {
            if self.ended.load(Relaxed) {
                return;
            }
            if let Ok(meta) = status(&folder, name)
                && let Some(found) = self.goes_into(path, name.to_bytes(), &meta)
            {
                folders.push(Reverse(Waiting { path: found, owner: meta.uid }));
            }
            self.seen.fetch_add(1, Relaxed);
        })?;
        self.put(folders);
        Ok(())
    }

    /// The path of a folder into which the walk will go also.
    fn goes_into(&self, parent: &PathBytes, name: &[u8], meta: &Meta) -> Option<PathBytes> {
        if meta.kind != Kind::Folder || meta.device != self.device || self.avoid.contains(&(meta.device, meta.inode)) {
            return None;
        }
        let path = parent.join(name);
        (path.as_bytes().len() <= LONGEST_PATH && !self.rules.leave_out(path.as_bytes(), true)).then_some(path)
    }

    fn put(&self, folders: Vec<Reverse<Waiting>>) {
        if folders.is_empty() {
            return;
        }
        let mut queue = self.lock();
        let room = MOST_WAITING.saturating_sub(queue.waiting.len());
        queue.waiting.extend(folders.into_iter().take(room));
        drop(queue);
        self.changed.notify_all();
    }
}

/// Whether a walk at `position` has left `path` behind it: it comes before, and is not a folder that the walk is within.
fn is_passed(path: &PathBytes, position: &PathBytes) -> bool {
    path < position && !position.is_within(path.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;
    use std::time::Instant;

    use super::*;
    use crate::model::source_spec::SourceSpec;

    /// A tree of 10 folders with 10 folders with 10 files each: 1,110 entries.
    fn tree(root: &Path) {
        for (a, b) in (0..10).flat_map(|a| (0..10).map(move |b| (a, b))) {
            let folder = root.join(format!("{a}/{b}"));
            fs::create_dir_all(&folder).unwrap();
            (0..10).for_each(|file| fs::write(folder.join(file.to_string()), "x").unwrap());
        }
    }

    fn start(root: &Path, exclude: &str, avoid: Vec<(u64, u64)>) -> Start {
        let meta = fs::metadata(root).unwrap();
        let spec = SourceSpec { excludes: vec![exclude.into()], ..SourceSpec::default() };
        let rules = Rules::new(&spec).unwrap();
        let root = Folder::open(root, For::Reading).unwrap();
        Start { root, device: meta.dev(), owner: meta.uid(), rules, avoid, user: User::of_this_process() }
    }

    /// Until `enough`, or for ever.
    fn wait(looking: &Looking, enough: impl Fn(u64) -> bool) -> u64 {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let seen = looking.shared.seen.load(Relaxed);
            if enough(seen) {
                return seen;
            }
            assert!(Instant::now() < until, "{seen}");
            thread::yield_now();
        }
    }

    #[test]
    fn all_is_looked_at_that_the_walk_will_come_to() {
        let temp = tempfile::tempdir().unwrap();
        tree(temp.path());
        wait(&Looking::begin(start(temp.path(), "none", Vec::new()), b"", 0, FURTHEST), |seen| seen == 1110);
        // Two folders less by a pattern, one because it is passed over, and three since the walk is past them.
        let avoided = fs::metadata(temp.path().join("9")).unwrap();
        let start = start(temp.path(), "/[67]", vec![(avoided.dev(), avoided.ino())]);
        let looking = Looking::begin(start, b"3/0", 0, FURTHEST);
        wait(&looking, |seen| seen == 10 + 4 * 110);
        thread::sleep(Duration::from_millis(20));
        assert_eq!(wait(&looking, |_| true), 450);
    }

    #[test]
    fn it_stays_near_the_walk() {
        let temp = tempfile::tempdir().unwrap();
        tree(temp.path());
        let looking = Looking::begin(start(temp.path(), "none", Vec::new()), b"", 0, 200);
        let most = |walked: u64| walked + 200 + 10 * THREADS as u64;
        let seen = wait(&looking, |seen| seen > 200);
        thread::sleep(Duration::from_millis(20));
        assert!(wait(&looking, |_| true) <= most(0), "{seen}");
        // Nothing that it has not come to yet is passed by then.
        looking.follow(b"", 300);
        assert!(wait(&looking, |seen| seen > 500) <= most(300));
        looking.follow(b"", 2000);
        wait(&looking, |seen| seen == 1110);
        // Dropped while it waits for more to come.
    }

    #[test]
    fn only_what_is_slow_on_average_begins_it() {
        let temp = tempfile::tempdir().unwrap();
        let mut ahead = Ahead::new();
        let mut enter = |took: Duration, bytes: usize| {
            ahead.entered(b"x", took, (1, bytes), || Some(start(temp.path(), "none", Vec::new())));
            ahead.looking.is_some()
        };
        for folder in 0..10 * FOLDERS {
            let quick = if folder % 16 == 0 { Duration::from_secs(1) } else { Duration::from_micros(5) };
            assert!(!enter(quick, 10) && !enter(Duration::from_secs(1), SMALL_LIST + 1));
        }
        let began = (0..FOLDERS).map(|_| enter(SLOW, 10)).filter(|began| *began).count();
        assert_eq!(began, 1, "with the last of them");
    }
}
