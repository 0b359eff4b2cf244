//! What is stored already is found under any name.

use std::fs;
use std::os::unix::fs::FileExt;

use super::*;
use crate::archive::writer::assemble::interfere;
use crate::model::volume_size::VolumeSize;

const BIG: usize = 5 << 20;

/// Thirty small files and one that is cut.
fn folder(bench: &Bench) {
    for n in 0..30 {
        bench.write(&format!("f/{n}"), noise(100 + 37 * n, n as u64));
    }
    bench.write("f/big", noise(BIG, 99));
}

fn copy(bench: &Bench, from: &str, to: &str) {
    for entry in fs::read_dir(bench.path(from)).unwrap() {
        let entry = entry.unwrap();
        bench.write(&format!("{to}/{}", entry.file_name().to_str().unwrap()), fs::read(entry.path()).unwrap());
    }
}

/// Bytes of content in the run's own volumes.
fn stored(done: &Done) -> u64 {
    done.written.index.volumes.iter().filter(|v| v.volume.run == done.run).map(|v| v.stored).sum()
}

#[test]
fn what_was_moved_or_copied_is_not_stored_again() {
    for sealed in [true, false] {
        let mut bench = Bench { sealed, ..Bench::new() };
        folder(&bench);
        let full = bench.run();
        assert_eq!(full.written.totals.dedup_bytes, 0);
        let bytes = full.written.totals.bytes;

        fs::rename(bench.path("f"), bench.path("g")).unwrap();
        fs::remove_file(bench.path("g/3")).unwrap();
        copy(&bench, "g", "a/copy");
        let next = bench.run();
        bench.check_contents(&next);
        assert_eq!(stored(&next), 0);
        assert!(next.written.objects[0].size < 1000, "headers of folders");
        assert_eq!(next.written.totals.dedup_bytes, next.written.totals.new_bytes);
        assert_eq!(next.written.totals.new_bytes, 2 * (bytes - 100 - 3 * 37));

        // What the parent no longer lists still lies in a volume that it refers to.
        bench.write("again", noise(100 + 3 * 37, 3));
        let third = bench.run();
        assert!(!third.stored("again"));
        bench.check_contents(&third);
        let info = &third.written.index.volumes[0];
        assert_eq!((info.live, info.stored), (bytes, bytes), "what is shared counts once");
    }
}

#[test]
fn a_sealed_run_stores_nothing_twice_and_an_unsealed_one_all() {
    for sealed in [true, false] {
        let mut bench = Bench { sealed, ..Bench::new() };
        folder(&bench);
        copy(&bench, "f", "g");
        let full = bench.run();
        bench.check_contents(&full);
        let once = full.written.totals.bytes / 2;
        assert_eq!(stored(&full), if sealed { once } else { 2 * once });
        assert_eq!(full.written.totals.dedup_bytes, if sealed { once } else { 0 });
        assert_eq!(full.entry("f/7").pieces == full.entry("g/7").pieces, sealed);
        // A full knows nothing of what is older.
        bench.parent = None;
        let second = bench.run();
        assert!(second.written.needs.is_empty());
        assert!(second.entries.values().flat_map(|e| &e.pieces).all(|p| p.volume.run == second.run));
    }
}

#[test]
fn copies_far_apart_find_each_other() {
    let mut bench = Bench { sealed: true, ..Bench::new() };
    bench.format.volume_size = Some(VolumeSize::Bytes(1 << 20));
    bench.write("a", noise(3000, 1));
    for n in 0..12 {
        bench.write(&format!("b/{n}"), noise(3 << 20, 10 + n));
    }
    bench.write("c", noise(3000, 1));
    let done = bench.run();
    bench.check_contents(&done);
    assert!(done.written.objects.len() > 4);
    assert_eq!(done.entry("a").pieces, done.entry("c").pieces);
}

#[test]
fn what_is_not_offered_is_stored_again() {
    let mut bench = Bench { sealed: true, ..Bench::new() };
    folder(&bench);
    bench.run();
    bench.offered = false;
    fs::rename(bench.path("f"), bench.path("g")).unwrap();
    let next = bench.run();
    bench.check_contents(&next);
    assert!(next.written.needs.iter().all(|need| need.volumes.is_empty()));
}

#[test]
fn lists_in_a_damaged_catalog_are_written_anew() {
    let mut bench = Bench { sealed: true, ..Bench::new() };
    folder(&bench);
    let first = bench.run();
    let second = bench.run();
    assert!(second.written.needs.iter().any(|need| need.catalog));
    bench.catalogs = false;
    let third = bench.run();
    bench.check_contents(&third);
    assert!(third.written.needs.iter().all(|need| !need.catalog));
    // What stands in it counts as new, but the content is found.
    assert_eq!((third.written.totals.new_files, stored(&third)), (31, 0));
    assert_eq!(third.entries, first.entries);
}

#[test]
fn without_the_cache_all_is_well_and_found_again() {
    let mut bench = Bench { sealed: true, ..Bench::new() };
    folder(&bench);
    bench.run();
    for n in 0..2 {
        if n == 0 {
            fs::remove_dir_all(bench.pieces()).unwrap();
        } else {
            for entry in fs::read_dir(bench.pieces()).unwrap() {
                fs::write(entry.unwrap().path(), [0; 300]).unwrap();
            }
        }
        fs::rename(bench.path(["f", "g"][n]), bench.path(["g", "h"][n])).unwrap();
        let next = bench.run();
        bench.check_contents(&next);
        assert_eq!(stored(&next), 0);
    }
    // A cache that cannot be made costs room, no more.
    fs::remove_dir_all(bench.pieces()).unwrap();
    fs::write(bench.pieces(), "").unwrap();
    fs::rename(bench.path("h"), bench.path("i")).unwrap();
    let (written, _) = bench.run_into(Arc::new(bench.objects.clone())).unwrap();
    assert!(written.pieces.keep(&|_| {}).is_err());
    assert!(written.totals.new_files == 31 && written.totals.dedup_bytes == 0);
}

#[test]
fn an_unchanged_run_leaves_the_cache_alone() {
    let mut bench = Bench { sealed: true, ..Bench::new() };
    folder(&bench);
    bench.run();
    fs::remove_dir_all(bench.pieces()).unwrap();
    bench.run();
    assert!(!bench.pieces().exists());
}

#[test]
fn what_was_taken_back_is_not_referred_to() {
    // Both readings of the first file have its beginning; what of the first one was taken back lies nowhere.
    for size in [5_000, BIG] {
        let mut bench = Bench { sealed: true, ..Bench::new() };
        let before = noise(size, 1);
        bench.write("a", &before);
        bench.write("b", &before);
        bench.write("c", noise(300, 4));
        let path = bench.path("a");
        let mut left = 3;
        interfere::set(Some(Box::new(move |of| {
            if left > 0 && of.as_bytes().ends_with(b"/a") {
                left -= 1;
                fs::File::options().write(true).open(&path).unwrap().write_all_at(&[left; 50], size as u64 - 100).unwrap();
                touch(&path);
            }
        })));
        let done = bench.run();
        interfere::set(None);
        for name in ["b", "c"] {
            assert!(bench.content(done.entry(name)) == fs::read(bench.path(name)).unwrap(), "{name}");
        }
        bench.content(done.entry("a"));
        let next = bench.run();
        bench.check_contents(&next);
    }
}
