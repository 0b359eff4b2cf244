//! Lines that a journal may hold, and some that it may not.

use std::path::Path;

use super::*;
use crate::archive::catalog_io::VolumeInfo;
use crate::archive::test_version::entry;
use crate::model::catalog::{EntryKind, VolumeRef};
use crate::model::format::Kind;

fn of() -> Of {
    let run = VersionId::try_from("20261121T200000Z-full-00000001".to_string()).unwrap();
    Of { plan: PlanId::from_random([7; 16]), run, seal: None }
}

fn info(number: u32) -> VolumeInfo {
    let volume = VolumeRef { run: of().run, number };
    VolumeInfo {
        volume,
        kind: Kind::TarZst,
        size: 1 << 30,
        sha256: [1; 32],
        crc64nvme: Some(u64::MAX - 1),
        header: Vec::new(),
        live: 9,
        stored: 9,
    }
}

fn piece(volume: u32, n: u32) -> Piece {
    let volume = VolumeRef { run: of().run, number: volume };
    Piece { volume, frame_offset: u64::from(n) * 10, frame_length: 9, offset: 0, length: 1000, hash: [n as u8; 32] }
}

fn file(path: &str, pieces: Vec<Piece>) -> Entry {
    let size = pieces.iter().map(|p| u64::from(p.length)).sum();
    Entry { size, pieces, ..entry(path, EntryKind::File) }
}

fn begin(path: &Path, volumes: &[VolumeInfo], before: Vec<Left>) -> RunJournal {
    RunJournal::begin(path, &of(), Kind::TarZst, volumes, before.into_iter(), &|bytes| bytes.fill(5)).unwrap()
}

fn read(path: &Path) -> (usize, Vec<Left>) {
    let left = LeftRun::open(path, &of()).unwrap();
    (left.volumes().len(), left.paths().collect())
}

#[test]
fn only_what_lies_in_durable_volumes_counts() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sub/journal");
    let journal = begin(&path, &[], Vec::new());
    let fresh = Fresh { known_bytes: 3, whole_here: true };
    journal.entry(&file("a", vec![piece(1, 1)]), fresh, 1);
    assert_eq!(read(&path), (0, Vec::new()));
    journal.parts(&"b".into(), &[(1, piece(1, 2)), (2, piece(2, 1))], 1);
    journal.entry(&file("c", Vec::new()), fresh, 2);
    journal.volume(&info(1));
    let a = Left { path: "a".into(), entry: Some((file("a", vec![piece(1, 1)]), fresh)), parts: Vec::new() };
    let b = Left { path: "b".into(), entry: None, parts: vec![(1, piece(1, 2))] };
    assert_eq!(read(&path), (1, vec![a.clone(), b]));
    journal.entry(&file("d", vec![piece(3, 1)]), fresh, 3);
    journal.volume(&info(2));
    let (volumes, found) = read(&path);
    let paths: Vec<_> = found.iter().map(|left| (left.path.display().into_owned(), left.parts.len())).collect();
    assert_eq!((volumes, paths), (2, vec![("a".into(), 0), ("b".into(), 2), ("c".into(), 0)]));
    assert_eq!(found[0], a);
}

#[test]
fn what_is_long_comes_back_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let journal = begin(&path, &[], Vec::new());
    let mut long = file("long", (0..30_000).map(|n| piece(1 + n % 300, n)).collect());
    long.holes = (0..10_000).map(|n| (n * 2000 + 1000, 500)).collect();
    long.size += 10_000 * 500;
    journal.entry(&long, Fresh::default(), 300);
    journal.entry(&file("next", vec![piece(300, 1)]), Fresh::default(), 300);
    (1..=300).for_each(|n| journal.volume(&info(n)));
    let (_, found) = read(&path);
    assert_eq!(found.len(), 2);
    assert!(found[0].entry.as_ref().is_some_and(|(entry, _)| *entry == long));
    // And again, when the run has been gone on with.
    let journal = begin(&path, &(1..=300).map(info).collect::<Vec<_>>(), found.clone());
    drop(journal);
    assert_eq!(read(&path), (300, found));
}

#[test]
fn what_was_read_last_counts() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let whole =
        |path: &str, pieces| Left { path: path.into(), entry: Some((file(path, pieces), Fresh::default())), parts: Vec::new() };
    let parts = |path: &str, parts| Left { path: path.into(), entry: None, parts };
    let before = vec![
        whole("a", vec![piece(1, 1)]),
        whole("b", vec![piece(1, 2), piece(1, 3), piece(1, 4)]),
        parts("c", vec![(1, piece(1, 5)), (2, piece(1, 6))]),
        whole("d", vec![piece(1, 7)]),
    ];
    let journal = begin(&path, &[info(1)], before.clone());
    journal.entry(&file("a", vec![piece(2, 1)]), Fresh::default(), 2);
    journal.parts(&"b".into(), &[(2, piece(2, 2))], 2);
    journal.parts(&"c".into(), &[(3, piece(2, 3))], 2);
    journal.entry(&file("cc", vec![piece(2, 4)]), Fresh::default(), 2);
    // Not in order: nothing that follows is believed.
    journal.entry(&file("aa", vec![piece(2, 5)]), Fresh::default(), 2);
    journal.entry(&file("e", vec![piece(2, 6)]), Fresh::default(), 2);
    assert_eq!(read(&path), (1, before));
    journal.volume(&info(2));
    let expected = vec![
        whole("a", vec![piece(2, 1)]),
        parts("b", vec![(1, piece(1, 2)), (2, piece(2, 2)), (3, piece(1, 4))]),
        parts("c", vec![(1, piece(1, 5)), (2, piece(1, 6)), (3, piece(2, 3))]),
        whole("cc", vec![piece(2, 4)]),
        whole("d", vec![piece(1, 7)]),
    ];
    assert_eq!(read(&path), (2, expected));
}

#[test]
fn what_cannot_be_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal");
    let far = Piece { frame_offset: 1 << 30, ..piece(1, 1) };
    let beyond = Piece { offset: 9 << 20, ..piece(1, 1) };
    let nowhere = Piece { volume: VolumeRef { run: of().run, number: 0 }, ..piece(1, 1) };
    let wrong = [far, beyond, nowhere, piece(2, 1), Piece { length: 0, ..piece(1, 1) }];
    for piece in wrong {
        let journal = begin(&path, &[], Vec::new());
        journal.entry(&file("a", vec![piece.clone()]), Fresh::default(), 1);
        journal.entry(&Entry { size: 7, ..file("b", Vec::new()) }, Fresh::default(), 1);
        journal.parts(&"c".into(), &[(1, piece)], 1);
        journal.volume(&info(1));
        assert_eq!(read(&path), (1, Vec::new()));
    }
    for name in ["", "/a", "a/../b"] {
        let journal = begin(&path, &[], Vec::new());
        journal.parts(&name.into(), &[(1, piece(1, 1))], 1);
        journal.volume(&info(1));
        assert_eq!(read(&path), (1, Vec::new()));
    }
    // Volumes come one after the other.
    let journal = begin(&path, &[], Vec::new());
    journal.volume(&info(2));
    assert_eq!(read(&path).0, 0);
}
