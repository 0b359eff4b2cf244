//! Logs and files of pieces: found again, also after damage, taking back and merging.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::index::PieceIndex;
use super::sorted::{Sorted, write_log, write_merged};
use super::*;
use crate::archive::test_version::Builder;
use crate::model::catalog::VolumeRef;
use crate::model::run::Cancel;
use crate::model::snapshot::VersionId;

const KEY: Key = [7; 32];

fn run(n: u32) -> VersionId {
    VersionId::try_from(format!("20261121T200000Z-incr-{n:08x}")).unwrap()
}

fn record(n: u64) -> Record {
    let hash = *blake3::hash(&n.to_le_bytes()).as_bytes();
    Record {
        hash,
        frame_offset: n / 50,
        frame_length: 0,
        offset: (n % 50) as u32 * 512,
        length: 100 + n as u32,
        volume: Record::UNPLACED,
    }
}

fn log_of(folder: &Path, numbers: impl IntoIterator<Item = u64>) -> Log {
    let mut log = Log::new(Some(folder.into()), KEY, true);
    numbers.into_iter().for_each(|n| log.push(record(n)));
    log
}

fn find(log: &Log, n: u64) -> bool {
    log.find(&record(n).hash, record(n).length) == Some(record(n))
}

fn volume(run_number: u32) -> VolumeRef {
    VolumeRef { run: run(run_number), number: 1 }
}

/// Keeps so many records for a run; all earlier runs are still wanted.
fn keep_run(folder: &Path, n: u32, numbers: std::ops::Range<u64>) {
    let wanted: HashSet<VersionId> = (0..=n).map(run).collect();
    let place = |r: Record| Some(Record { volume: 0, frame_length: 9, ..r });
    let random = |bytes: &mut [u8]| getrandom::fill(bytes).unwrap();
    keep(folder, &log_of(folder, numbers), &run(n), vec![volume(n)], &wanted, &random, place).unwrap();
}

fn files(folder: &Path) -> Vec<Sorted> {
    let paths = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    paths.map(|path| Sorted::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).collect()
}

#[test]
fn a_run_finds_what_it_stored_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let log = log_of(dir.path(), 0..20_000);
    assert!((0..20_000).all(|n| find(&log, n)));
    assert!(!(20_000..30_000).any(|n| find(&log, n)));
    assert_eq!(log.find(&record(5).hash, 1), None, "another length is another piece");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left of it");
}

#[test]
fn what_is_taken_back_is_not_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = log_of(dir.path(), 0..10_000);
    // Records 9950 to 9999 lie in frame 199, fifty to a frame.
    log.take_back(199, 10 * 512);
    assert!(find(&log, 9959) && !find(&log, 9960) && !find(&log, 9999));
    // Far into what is written already.
    for frame in (100..200).rev() {
        log.take_back(frame, 0);
    }
    assert_eq!(log.len(), 5000);
    assert!(find(&log, 4999) && !find(&log, 5000));
    log.push(record(77_777));
    assert!(find(&log, 77_777) && !find(&log, 5000));
    // Nothing of that frame is last.
    log.take_back(3, 0);
    assert_eq!(log.len(), 5001);
}

#[test]
fn a_log_without_a_folder_keeps_nothing() {
    let mut log = Log::new(None, KEY, true);
    log.push(record(1));
    log.take_back(0, 0);
    assert!(log.is_empty() && !find(&log, 1));
    // Or where the folder cannot be made.
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let log = log_of(&dir.path().join("file"), 0..5000);
    assert!(!find(&log, 1));
}

#[test]
fn sorted_files_find_every_piece() {
    let dir = tempfile::tempdir().unwrap();
    // More than is sorted at once, and so few that one block is not full.
    for (name, many) in [("large", 70_000), ("small", 3), ("none", 0)] {
        let path = dir.path().join(name).with_extension("pieces");
        let log = log_of(dir.path(), 0..many);
        write_log(&path, KEY, &log, vec![run(1)], vec![volume(1)], |r| Some(Record { volume: 0, ..r })).unwrap();
        let sorted = Sorted::open(&path).unwrap();
        assert_eq!(sorted.records, many);
        assert!((0..many).all(|n| sorted.find(&record(n).hash, record(n).length).is_some_and(|r| r.offset == record(n).offset)));
        assert!((many..many + 5000).all(|n| sorted.find(&record(n).hash, record(n).length).is_none()));
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
}

#[test]
fn a_flipped_bit_never_gives_a_wrong_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.pieces");
    write_log(&path, KEY, &log_of(dir.path(), 0..50), vec![run(1)], vec![volume(1)], |r| Some(Record { volume: 0, ..r }))
        .unwrap();
    let whole = fs::read(&path).unwrap();
    let mut lost = 0;
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, bytes).unwrap();
        let Ok(sorted) = Sorted::open(&path) else {
            assert!(at >= 50 * 64, "only the tail decides whether it can be used");
            continue;
        };
        for n in 0..50 {
            let right = Record { volume: 0, ..record(n) };
            let found = sorted.find(&right.hash, right.length);
            assert!(found.is_none_or(|found| found == right), "byte {at}");
            lost += u32::from(found.is_none());
        }
    }
    assert_eq!(lost, 50 * 64, "one piece for each byte of the records");
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(Sorted::open(&path).is_err(), "cut to {length}");
    }
}

#[test]
fn files_are_merged_and_what_nobody_wants_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    keep_run(dir.path(), 0, 0..5000);
    for n in 1..40u32 {
        keep_run(dir.path(), n, u64::from(n) * 10_000..u64::from(n) * 10_000 + 20);
        assert!(files(dir.path()).len() <= 9);
    }
    let all = files(dir.path());
    let found = |n: u64| all.iter().any(|f| f.find(&record(n).hash, record(n).length).is_some());
    assert!((0..5000).chain((1..40).flat_map(|n| n * 10_000..n * 10_000 + 20)).all(found));
    assert!(all.iter().any(|f| f.records == 5000), "the large one is left alone");

    let merged = dir.path().join("m.pieces");
    write_merged(&merged, KEY, &all, |r| *r == run(7) || *r == run(0)).unwrap();
    let merged = Sorted::open(&merged).unwrap();
    assert_eq!((merged.records, merged.runs.as_slice()), (5020, &[run(0), run(7)][..]));
    let found = merged.find(&record(70_003).hash, record(70_003).length).unwrap();
    assert_eq!(merged.volumes[found.volume as usize], volume(7));
}

#[test]
fn of_several_copies_the_newest_counts() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..9 {
        keep_run(dir.path(), n, 0..10);
    }
    let all = files(dir.path());
    assert_eq!(all.len(), 1);
    let found = all[0].find(&record(3).hash, record(3).length).unwrap();
    assert_eq!(all[0].volumes[found.volume as usize], volume(8));
}

#[test]
fn what_is_missing_is_made_from_the_catalog() {
    let mut builder = Builder::new(&["/s"]);
    let version = builder.file("s/a", b"some content").file("s/b", b"other content").folder("s/folder", 0o755).build();
    let catalog = version.catalog();
    let dir = tempfile::tempdir().unwrap();
    let random = |bytes: &mut [u8]| getrandom::fill(bytes).unwrap();
    let hash = *blake3::hash(b"some content").as_bytes();
    let look = |offers: bool| {
        let index = PieceIndex::open(dir.path(), &catalog, &random, &Cancel::default());
        index.find(&hash, 12, &mut |_| offers)
    };
    let found = look(true).unwrap();
    let is = catalog.entries().find_map(|e| e.unwrap().pieces.into_iter().find(|p| p.hash == hash)).unwrap();
    assert_eq!(found, is);
    assert_eq!(look(false), None, "only what is offered");
    // It is there from now on; damaged, it is made again.
    assert_eq!(files(dir.path()).len(), 1);
    let path = files(dir.path())[0].path.clone();
    fs::write(&path, "nonsense").unwrap();
    assert_eq!(look(true), Some(is));
    assert_ne!(fs::read(&path).ok().as_deref(), Some(&b"nonsense"[..]));
}
