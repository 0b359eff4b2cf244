//! Frames that are read ahead, where what lies together comes best in one go.

use std::io;
use std::sync::{Condvar, MutexGuard};
use std::time::Duration;

use super::*;
use crate::archive::object::{ObjectWriter, Take};
use crate::archive::test_objects::MemoryObjects;

/// Several volumes of several frames; some files lie in many.
fn builder(sealed: bool) -> Builder {
    let mut builder = Builder::new(&["/s"]);
    builder.cut(1000, 2000, 4);
    if sealed {
        builder.sealed();
    }
    for n in 0..12 {
        builder.file(&format!("s/f{n}"), noise(900, n));
    }
    builder.file("s/large", noise(16_000, 50)).link("s/large2", "s/large", noise(16_000, 50));
    builder
}

fn volumes(reads: impl IntoIterator<Item = String>) -> usize {
    reads.into_iter().filter(|name| name.contains("/v0")).count()
}

#[test]
fn a_volume_that_is_wanted_comes_by_one_request() {
    for sealed in [false, true] {
        let version = builder(sealed).build();
        let (one, other) = (temp(), temp());
        Ask::to(one.path()).run(&version).unwrap();
        version.objects.take_reads();
        version.objects.stream(u64::MAX);
        let done = Ask::to(other.path()).run(&version).unwrap();
        assert_eq!(done.warnings, []);
        assert_eq!(tree(one.path()), tree(other.path()));
        let mut through = version.objects.take_through();
        through.sort();
        let whole = |name: String| (version.objects.get(&name).len() as u64, name);
        let wanted: Vec<_> = version.volume_names().into_iter().map(whole).map(|(size, name)| (name, 0, size)).collect();
        assert!(wanted.len() > 2);
        assert_eq!(through, wanted);
        assert_eq!(volumes(version.objects.take_reads().into_iter().map(|read| read.0)), 0);
    }
}

#[test]
fn a_single_frame_is_asked_for_by_itself() {
    let version = builder(true).build();
    version.objects.stream(u64::MAX);
    version.objects.take_reads();
    let dir = temp();
    let done = Ask { paths: &["s/f3"], ..Ask::to(dir.path()) }.run(&version).unwrap();
    assert_eq!((done.counts.created, done.warning_count), (1, 0));
    assert_eq!(version.objects.take_through(), []);
    assert_eq!(volumes(version.objects.take_reads().into_iter().map(|read| read.0)), 1);
}

#[test]
fn what_breaks_off_is_asked_for_frame_by_frame() {
    let version = builder(true).build();
    let wanted = temp();
    Ask::to(wanted.path()).run(&version).unwrap();
    for breaks_off in (0..9000).step_by(451) {
        version.objects.stream(breaks_off);
        let dir = temp();
        let done = Ask::to(dir.path()).run(&version).unwrap();
        assert_eq!((done.warning_count, tree(dir.path()) == tree(wanted.path())), (0, true), "{breaks_off}");
    }
}

#[test]
fn damage_hits_the_same_files_as_without() {
    let mut builder = builder(true);
    for (volume, gone) in [(0, false), (1, true)] {
        let version = builder.build();
        let name = version.volume_names()[volume].clone();
        if gone {
            version.objects.remove(&name)
        } else {
            version.objects.flip(&name, 400)
        }
        let restored = || {
            let dir = temp();
            let mut warnings = Ask::to(dir.path()).run(&version).unwrap().warnings;
            warnings.sort_by(|a, b| a.path.cmp(&b.path));
            (warnings, tree(dir.path()))
        };
        let without = restored();
        version.objects.stream(u64::MAX);
        let with = restored();
        assert!(!without.0.is_empty());
        assert_eq!(without, with);
    }
}

/// A storage that bears so many requests at once, each to the end of what is read, and where the first waits until so many have met.
struct Lines {
    objects: MemoryObjects,
    most: usize,
    least: usize,
    /// Requests that go on, and how many have at most.
    inside: Mutex<(usize, usize)>,
    changed: Condvar,
}

impl Lines {
    fn restore(version: &TestVersion, most: usize, least: usize, dir: &Path) -> Result<Restored> {
        let lines = Self { objects: version.objects.clone(), most, least, inside: Mutex::default(), changed: Condvar::new() };
        let objects: Arc<dyn Objects> = Arc::new(lines);
        Ask::to(dir).with_job(version, &Progress::default(), &Cancel::default(), |job| {
            restore(&RestoreJob { objects, plan: job.plan.clone(), ring: job.ring.clone(), ..*job })
        })
    }

    fn wait_while(&self, goes_on: impl Fn(&(usize, usize)) -> bool) -> MutexGuard<'_, (usize, usize)> {
        let inside = self.inside.lock().unwrap();
        let (inside, waited) =
            self.changed.wait_timeout_while(inside, Duration::from_secs(60), |inside| goes_on(inside)).unwrap();
        assert!(!waited.timed_out(), "{inside:?}");
        inside
    }

    fn during<T>(&self, read: impl FnOnce() -> T) -> T {
        let mut inside = self.wait_while(|(inside, _)| *inside >= self.most);
        inside.0 += 1;
        inside.1 = inside.1.max(inside.0);
        self.changed.notify_all();
        drop(inside);
        drop(self.wait_while(|(_, met)| *met < self.least));
        let read = read();
        self.inside.lock().unwrap().0 -= 1;
        self.changed.notify_all();
        read
    }
}

impl Objects for Lines {
    fn size(&self, name: &str) -> io::Result<u64> {
        self.objects.size(name)
    }

    fn read_at(&self, name: &str, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.during(|| self.objects.read_at(name, offset, buffer))
    }

    fn read_through(&self, name: &str, offset: u64, end: u64, take: &mut Take<'_>) -> io::Result<()> {
        self.during(|| self.objects.read_through(name, offset, end, take))
    }

    fn is_streamed(&self) -> bool {
        true
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn ObjectWriter>> {
        self.objects.create(name)
    }
}

#[test]
fn a_few_volumes_are_on_their_way_at_once() {
    let version = builder(true).build();
    let (wanted, dir) = (temp(), temp());
    Ask::to(wanted.path()).run(&version).unwrap();
    let done = Lines::restore(&version, usize::MAX, 3, dir.path()).unwrap();
    assert_eq!((done.warning_count, tree(dir.path())), (0, tree(wanted.path())));
}

/// Whoever waited here for a line would wait for one that is held until he has taken what came over it.
#[test]
fn who_has_one_line_never_waits_for_another() {
    let mut builder = builder(true);
    for breaks_off in [u64::MAX, 700] {
        let version = builder.build();
        let (wanted, dir) = (temp(), temp());
        version.objects.remove(&version.volume_names()[1]);
        Ask::to(wanted.path()).run(&version).unwrap();
        version.objects.stream(breaks_off);
        let done = Lines::restore(&version, 1, 1, dir.path()).unwrap();
        assert!(done.warning_count > 0);
        assert_eq!(tree(dir.path()), tree(wanted.path()));
    }
}
