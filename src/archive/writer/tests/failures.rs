use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::AtomicU64;

use rustix::process::Uid;
use rustix::thread::set_thread_res_uid;

use super::*;
use crate::archive::Error;
use crate::archive::object::{ObjectWriter, Take};
use crate::archive::writer::assemble::interfere;
use crate::model::problem::Cause;
use crate::model::volume_size::VolumeSize;

/// Does something as a user who may not read everything. Threads it starts are that user's as well.
fn unprivileged<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let nobody = Some(Uid::from_raw(65534));
                set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            work()
        });
        thread.join().unwrap()
    })
}

fn set_mode(path: PathBuf, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_cannot_be_read_stays_as_the_parent_has_it() {
    let mut bench = Bench::new();
    set_mode(bench.temp.path().to_path_buf(), 0o755);
    for name in ["a", "closed/x", "closed/sub/y", "file", "z"] {
        bench.write(name, noise(5_000, name.len() as u64));
    }
    let full = bench.run();
    set_mode(bench.path("closed"), 0o000);
    set_mode(bench.path("file"), 0o000);
    bench.write("never", "had");
    set_mode(bench.path("never"), 0o000);
    let next = unprivileged(|| bench.run());
    assert_eq!(next.names(), ["", "a", "closed", "closed/sub", "closed/sub/y", "closed/x", "file", "z"]);
    for name in ["closed/x", "closed/sub", "closed/sub/y", "file"] {
        assert_eq!(next.entry(name), &Entry { kept_from: Some(full.run.clone()), ..full.entry(name).clone() });
    }
    assert_eq!(next.entry("closed").mode, 0);
    assert_eq!(next.entry("closed").kept_from, None);
    assert_eq!(next.entry("a"), full.entry("a"));
    let paths: Vec<_> = next.written.warnings.iter().map(|w| (w.cause, w.path.to_path_buf())).collect();
    let expected = ["closed", "file", "never"].map(|name| (Cause::Unreadable, bench.path(name)));
    assert_eq!(paths, expected);
    assert_eq!((next.written.warning_count, next.written.totals.warnings), (3, 4));
    // Kept again, it is still from the version that read it.
    let third = unprivileged(|| bench.run());
    assert_eq!(third.entry("file").kept_from, Some(full.run.clone()));
    // Readable again, it is read.
    set_mode(bench.path("closed"), 0o755);
    set_mode(bench.path("file"), 0o644);
    let last = bench.run();
    assert!(last.entries.values().all(|e| e.kept_from.is_none()));
    assert_eq!(last.written.totals.new_files, 4);
}

#[test]
fn a_missing_source_among_others_keeps_its_files() {
    let mut bench = Bench::new();
    bench.write("x", "1");
    let other = bench.temp.path().join("a-source");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("y"), "2").unwrap();
    bench.spec.paths.push(PathBytes::from(other.clone()));
    let base = |name: &str| PathBytes::from(bench.temp.path().join(name).strip_prefix("/").unwrap());
    let (kept_folder, kept_file) = (base("a-source"), base("a-source/y"));
    let full = bench.run();
    fs::remove_dir_all(&other).unwrap();
    let (written, _) = bench.run_into(Arc::new(MemoryObjects::new())).unwrap();
    assert_eq!((written.warning_count, written.totals.files, written.totals.folders), (1, 2, 2));
    assert_eq!(written.warnings[0].path.to_path_buf(), other);
    let next = bench.run();
    let kept: Vec<_> =
        next.entries.values().filter(|e| e.kept_from.as_ref() == Some(&full.run)).map(|e| e.path.clone()).collect();
    assert_eq!(kept, [kept_folder, kept_file]);
    fs::remove_dir_all(bench.path("")).unwrap();
    let all_missing = bench.run_into(Arc::new(MemoryObjects::new())).err();
    assert!(matches!(all_missing, Some(Error::Source { .. })));
}

#[test]
fn a_file_that_vanishes_is_left_out() {
    let mut bench = Bench::new();
    bench.write("a", "1");
    bench.write("b", noise(5 << 20, 1));
    let b = bench.path("b");
    interfere::set(Some(Box::new(move |path| {
        if path.file_name() == b"a" {
            fs::remove_file(&b).unwrap();
        }
    })));
    let done = bench.run();
    interfere::set(None);
    assert_eq!(done.names(), ["", "a"]);
    assert_eq!(done.written.warnings[0].cause, Cause::Vanished);
    assert_eq!(done.written.warnings[0].path.to_path_buf(), bench.path("b"));
}

/// Takes so many bytes, then is full.
struct Full {
    room: Arc<AtomicU64>,
}

struct FullWriter {
    room: Arc<AtomicU64>,
}

impl Objects for Full {
    fn size(&self, _: &str) -> io::Result<u64> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn read_at(&self, _: &str, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn read_through(&self, _: &str, _: u64, _: u64, _: &mut Take<'_>) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn create(&self, _: &str) -> io::Result<Box<dyn ObjectWriter>> {
        Ok(Box::new(FullWriter { room: self.room.clone() }))
    }
}

impl Write for FullWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.room.fetch_update(Relaxed, Relaxed, |room| room.checked_sub(bytes.len() as u64));
        if taken.is_err() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ObjectWriter for FullWriter {
    fn finish(self: Box<Self>) -> io::Result<()> {
        if self.room.load(Relaxed) == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

#[test]
fn a_full_destination_ends_the_run_wherever_it_is_full() {
    let mut bench = Bench::new();
    bench.format.volume_size = Some(VolumeSize::Bytes(1 << 20));
    for n in 0..40 {
        bench.write(&format!("f{n}"), noise(1 << 20, n));
    }
    for room in [0, 100, 5 << 20, 30 << 20, (40 << 20) + 20_000] {
        let full = Full { room: Arc::new(AtomicU64::new(room)) };
        match bench.run_into(Arc::new(full)).err() {
            Some(Error::Object { source, .. }) => assert_eq!(source.kind(), io::ErrorKind::StorageFull, "{room}"),
            other => panic!("{room}: {other:?}"),
        }
    }
}

#[test]
fn a_cancelled_run_ends() {
    let mut bench = Bench::new();
    for n in 0..10 {
        bench.write(&format!("f{n}"), noise(5 << 20, n));
    }
    let cancel = bench.cancel.clone();
    interfere::set(Some(Box::new(move |path| {
        if path.file_name() == b"f3" {
            cancel.cancel();
        }
    })));
    let ended = bench.run_into(Arc::new(bench.objects.clone()));
    interfere::set(None);
    assert!(matches!(ended, Err(Error::Cancelled)));
    assert!(bench.objects.names().iter().all(|name| !name.contains("catalog")), "nothing that looks finished");
    bench.cancel = Cancel::default();
    bench.objects = MemoryObjects::new();
    bench.run();
}
