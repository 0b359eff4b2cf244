use std::fs;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use super::*;
use crate::archive::writer::assemble::interfere;
use crate::model::catalog::EntryKind;
use crate::model::problem::Cause;

#[test]
fn what_is_unchanged_is_not_stored_again() {
    let mut bench = Bench::new();
    for n in 0..3000 {
        bench.write(&format!("d{}/f{n}", n % 7), if n % 3 == 0 { vec![] } else { noise(n, n as u64) });
    }
    let full = bench.run();
    assert_eq!((full.written.totals.files, full.written.totals.new_files, full.written.totals.folders), (3000, 3000, 8));
    bench.check_contents(&full);
    let again = bench.run();
    assert_eq!((again.written.totals.files, again.written.totals.new_files), (3000, 0));
    assert_eq!(again.written.totals.bytes, full.written.totals.bytes);
    assert_eq!(again.written.objects.len(), 1, "only a catalog");
    assert_eq!(again.entries, full.entries);
    assert_eq!(bench.progress.files_done.load(Relaxed), 6000);
    assert_eq!(bench.progress.bytes_done.load(Relaxed), 2 * full.written.totals.bytes);
    assert!(bench.progress.totals_known.load(Relaxed));
}

#[test]
fn changed_new_and_gone_files() {
    let mut bench = Bench::new();
    for name in ["a", "b", "c/d", "e"] {
        bench.write(name, noise(10_000, 1));
    }
    bench.run();
    bench.write("b", noise(10_000, 2));
    bench.write("c/new", noise(500, 3));
    fs::remove_file(bench.path("e")).unwrap();
    touch(&bench.path("a"));
    let next = bench.run();
    assert_eq!(next.names(), ["", "a", "b", "c", "c/d", "c/new"]);
    bench.check_contents(&next);
    assert!(next.stored("b") && next.stored("c/new"));
    assert!(!next.stored("a"), "the same content under another time");
    assert!(!next.stored("c/d"));
    assert_eq!(
        next.entry("a").mtime.seconds,
        fs::metadata(bench.path("a")).map(|m| std::os::unix::fs::MetadataExt::mtime(&m)).unwrap()
    );
}

#[test]
fn without_offered_volumes_all_is_stored_again() {
    let mut bench = Bench::new();
    bench.write("a", noise(10_000, 1));
    bench.write("big", noise(9 << 20, 2));
    bench.run();
    bench.offered = false;
    let next = bench.run();
    assert!(next.entries.values().flat_map(|e| &e.pieces).all(|p| p.volume.run == next.run));
    bench.check_contents(&next);
}

#[test]
fn of_a_big_file_only_what_changed_is_stored() {
    let mut bench = Bench::new();
    let mut content = noise(24 << 20, 1);
    bench.write("big", &content);
    bench.write("after", "x");
    let full = bench.run();
    assert!(full.entry("big").pieces.len() > 6);
    bench.check_contents(&full);
    content.insert(0, 7);
    bench.write("big", &content);
    let next = bench.run();
    bench.check_contents(&next);
    let stored: u64 = next.entry("big").pieces.iter().filter(|p| p.volume.run == next.run).map(|p| u64::from(p.length)).sum();
    assert!(stored > 0 && stored <= 8 << 20, "{stored}");
    assert!(next.written.totals.stored_bytes < 9 << 20);
    assert_eq!(next.entry("after"), full.entry("after"));
}

#[test]
fn holes_are_kept_as_holes() {
    let mut bench = Bench::new();
    let sparse = |name: &str, size: u64, data: &[(u64, usize)]| {
        let file = fs::File::create(bench.path(name)).unwrap();
        file.set_len(size).unwrap();
        for (offset, length) in data {
            file.write_all_at(&noise(*length, *offset), *offset).unwrap();
        }
    };
    sparse("whole", 50 << 20, &[(1 << 20, 8192), (20 << 20, 4096)]);
    sparse("cut", 60 << 20, &[(0, 6 << 20), (30 << 20, 7 << 20)]);
    sparse("nothing", 10 << 20, &[]);
    let done = bench.run();
    bench.check_contents(&done);
    let data = |name: &str| done.entry(name).pieces.iter().map(|p| u64::from(p.length)).sum::<u64>();
    // A file system without holes stores the zeros.
    if !done.entry("whole").holes.is_empty() {
        assert_eq!(data("whole"), 12288);
        assert_eq!(done.entry("whole").pieces.len(), 1);
        assert_eq!(data("cut"), 13 << 20);
        assert_eq!(data("nothing"), 0);
        assert_eq!(done.entry("nothing").holes, [(0, 10 << 20)]);
    }
}

#[test]
fn a_file_that_changes_is_read_again_once() {
    for (name, size) in [("small", 5_000), ("big", 9 << 20)] {
        let mut bench = Bench::new();
        bench.write(name, noise(size, 1));
        let path = bench.path(name);
        let mut left = 1;
        interfere::set(Some(Box::new(move |_| {
            if left > 0 {
                left -= 1;
                fs::File::options().write(true).open(&path).unwrap().write_all_at(b"changed", 100).unwrap();
                touch(&path);
            }
        })));
        let done = bench.run();
        interfere::set(None);
        bench.check_contents(&done);
        assert_eq!((done.written.warning_count, done.entry(name).torn), (0, false), "{name}");
    }
}

#[test]
fn a_file_that_keeps_changing_is_torn() {
    // What is small is read once by the scan's look, and twice by looks of its own.
    for (name, size, step, steps) in [("small", 5_000, 2_000, 2), ("big", 9 << 20, 2_000, 1), ("shrinks", 6 << 20, -2_000, 1)] {
        let mut bench = Bench::new();
        bench.write(name, noise(size, 1));
        let path = bench.path(name);
        interfere::set(Some(Box::new(move |_| {
            let file = fs::File::options().write(true).open(&path).unwrap();
            let length = file.metadata().unwrap().len();
            file.set_len(length.checked_add_signed(step).unwrap()).unwrap();
        })));
        let done = bench.run();
        interfere::set(None);
        assert!(done.entry(name).torn, "{name}");
        assert_eq!(bench.content(done.entry(name)).len() as i64, size as i64 + step * steps);
        assert_eq!((done.written.warning_count, done.written.totals.warnings), (1, 1));
        assert_eq!(done.written.warnings[0].cause, Cause::ChangedWhileRead);
        assert_eq!(done.written.warnings[0].path.to_path_buf(), bench.path(name));
        let next = bench.run();
        assert!(!next.entry(name).torn);
        bench.check_contents(&next);
    }
}

#[test]
fn what_changed_just_now_is_read_next_time() {
    let mut bench = Bench::new();
    bench.write("a", "1");
    bench.ahead = Duration::ZERO;
    let first = bench.run();
    assert!(first.entry("a").unsettled);
    // The same size and, to the file system's clock, perhaps the same time.
    bench.ahead = Duration::from_secs(60);
    let second = bench.run();
    assert_eq!(second.written.totals.new_files, 1);
    assert!(!second.entry("a").unsettled && !second.stored("a"));
    assert_eq!(bench.run().written.totals.new_files, 0);
}

#[test]
fn attributes_and_other_kinds_are_kept() {
    let mut bench = Bench::new();
    bench.write("f", "x");
    std::os::unix::fs::symlink("some/where", bench.path("l")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, bench.path("p"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    let set = |name: &str| rustix::fs::setxattr(bench.path(name), "user.note", b"\x00\xff", rustix::fs::XattrFlags::empty());
    let possible = set("f").is_ok() && set("").is_ok();
    let done = bench.run();
    assert_eq!(done.entry("l").kind, EntryKind::Symlink { target: "some/where".into() });
    assert_eq!(done.entry("p").kind, EntryKind::Fifo);
    assert_eq!(done.written.totals.others, 2);
    if possible {
        for name in ["", "f"] {
            assert_eq!(
                (&done.entry(name).xattrs[0].name[..], &done.entry(name).xattrs[0].value[..]),
                (&b"user.note"[..], &b"\x00\xff"[..])
            );
        }
    }
    assert_eq!(bench.run().entries, done.entries);
}
