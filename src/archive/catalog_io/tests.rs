use std::sync::Arc;

use zeroize::Zeroizing;

use super::*;
use crate::archive::key::{KeyRing, PlanKey};
use crate::archive::object::{Objects, catalog_file_name};
use crate::archive::seal::{Identity, ObjectKind, Sealer};
use crate::archive::sums::Sums;
use crate::archive::test_objects::MemoryObjects;
use crate::archive::test_version;
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind, FileTime, Piece, Xattr};
use crate::model::format::{Cipher, Kind};
use crate::model::plan::PlanId;
use crate::model::snapshot::{BackupType, CatalogRef, Manifest, Need, Totals};

fn run(n: u32) -> VersionId {
    VersionId::new("2026-11-21T20:00:00Z".parse().unwrap(), BackupType::Full, n.to_be_bytes())
}

fn plan() -> PlanId {
    PlanId::from_random([7; 16])
}

fn ring() -> Arc<KeyRing> {
    Arc::new(KeyRing::new(PlanKey { id: [1; 16], bytes: Zeroizing::new([2; 32]) }))
}

fn piece(run: &VersionId, number: u32, n: u64, length: u32) -> Piece {
    Piece {
        volume: VolumeRef { run: run.clone(), number },
        frame_offset: n / 100 * 1_000_000,
        frame_length: 1_000_000,
        offset: (n % 100) as u32 * 4096,
        length,
        hash: *blake3::hash(&n.to_le_bytes()).as_bytes(),
    }
}

fn thing(path: &str, kind: EntryKind) -> Entry {
    let (mtime, ctime) = (FileTime { seconds: 1_700_000_000, nanos: 5 }, FileTime { seconds: 1_700_000_001, nanos: 999_999_999 });
    Entry { mode: 0o644, uid: 1000, gid: 1000, mtime, ctime, inode: 17, ..test_version::entry(path, kind) }
}

fn file(path: &str, pieces: Vec<Piece>) -> Entry {
    let size = pieces.iter().map(|piece| u64::from(piece.length)).sum();
    Entry { size, pieces, ..thing(path, EntryKind::File) }
}

/// Files in folders of a hundred, a piece each.
fn many(run: &VersionId, count: u64) -> Vec<Entry> {
    let entry = |n: u64| {
        let path = format!("home/user/folder-{:05}/file-{:03}.txt", n / 100, n % 100);
        Entry { inode: 5_000_000 + n, ..file(&path, vec![piece(run, 1 + (n / 50_000) as u32, n, 1000 + (n % 7) as u32)]) }
    };
    (0..count).map(entry).collect()
}

fn volume(run: &VersionId, number: u32) -> VolumeInfo {
    let volume = VolumeRef { run: run.clone(), number };
    VolumeInfo {
        volume,
        kind: Kind::TarGz,
        size: 1 << 30,
        sha256: [3; 32],
        crc64nvme: None,
        header: Vec::new(),
        live: 0,
        stored: 1 << 30,
    }
}

fn manifest(run: &VersionId, sealed: bool, catalog: CatalogRef) -> Manifest {
    Manifest {
        format: 1,
        kind: "version".into(),
        plan: plan(),
        id: run.clone(),
        sequence: 1,
        backup_type: BackupType::Full,
        parent: None,
        sealed,
        home: String::new(),
        started: jiff::Timestamp::UNIX_EPOCH,
        finished: jiff::Timestamp::UNIX_EPOCH,
        totals: Totals::default(),
        objects_sha256: String::new(),
        catalog,
        needs: Vec::new(),
    }
}

/// Writes catalogs into one memory and reads them back.
struct Place {
    objects: MemoryObjects,
    sealed: bool,
}

impl Place {
    fn new(sealed: bool) -> Self {
        Self { objects: MemoryObjects::new(), sealed }
    }

    fn writer(&self, run: &VersionId, parent: Option<&CatalogIndex>) -> Result<CatalogWriter> {
        let name = catalog_file_name(self.sealed);
        let identity = Identity { plan: plan().bytes(), version: run.as_str(), object: name, kind: ObjectKind::Catalog };
        let sealer = self.sealed.then(|| Sealer::new(ring().newest(), Cipher::Aes256Gcm, identity, [9; 32]));
        let out = self.objects.create(&format!("data/{run}/{name}")).unwrap();
        CatalogWriter::new(out, name, sealer, run.clone(), vec!["/home".into()], vec!["*.tmp".into()], parent)
    }

    fn write(
        &self,
        run: &VersionId,
        entries: &[Entry],
        parent: Option<&CatalogIndex>,
        own: Vec<VolumeInfo>,
    ) -> (Manifest, WrittenCatalog) {
        let mut writer = self.writer(run, parent).unwrap();
        for entry in entries {
            writer.push(entry).unwrap();
        }
        let written = writer.finish(own, parent.map_or(&[], |parent| &parent.volumes)).unwrap();
        (manifest(run, self.sealed, written.catalog.clone()), written)
    }

    fn open(&self, manifest: &Manifest) -> Result<CatalogReader> {
        CatalogReader::open(Arc::new(self.objects.clone()), self.sealed.then(ring), &plan(), manifest)
    }
}

fn all(reader: &CatalogReader) -> Vec<Entry> {
    reader.entries().collect::<Result<_>>().unwrap()
}

/// One of everything that an entry can say.
fn odd(run: &VersionId) -> Vec<Entry> {
    let mut entries = vec![
        Entry {
            size: 3000 + 8192,
            holes: vec![(0, 4096), (5000, 4096)],
            xattrs: vec![
                Xattr { name: b"user.text".to_vec(), value: b"value".to_vec() },
                Xattr { name: b"user.\xff".to_vec(), value: vec![0, 255, 10] },
            ],
            torn: true,
            unsettled: true,
            kept_from: Some(run.clone()),
            mode: 0o4755,
            ..file("a/sparse", vec![piece(run, 1, 1, 1000), piece(run, 2, 2, 2000)])
        },
        Entry { size: 1 << 40, holes: vec![(0, 1 << 40)], ..thing("a/only-a-hole", EntryKind::File) },
        Entry { uid: 0, gid: u32::MAX, inode: u64::MAX, ..thing("a/empty", EntryKind::File) },
        Entry { mode: 0o755, ..thing("a", EntryKind::Folder) },
        Entry { mode: 0o1777, mtime: FileTime { seconds: -5, nanos: 1 }, ..thing("b/tmp", EntryKind::Folder) },
        Entry { ctime: FileTime { seconds: 1_700_000_000, nanos: 5 }, ..thing("b/same-times", EntryKind::Fifo) },
        Entry { mode: 0o777, ..thing("l", EntryKind::Symlink { target: PathBytes::new(&b"../\xfe\xff"[..]) }) },
        thing("d/c", EntryKind::CharDevice { major: 4, minor: 1 << 19 }),
        thing("d/b", EntryKind::BlockDevice { major: 8, minor: 0 }),
        Entry { link: Some("a/sparse".into()), ..file("z", vec![piece(run, 1, 1, 1000)]) },
        file("quote\"back\\slash\nnewline\u{1}ä", vec![]),
    ];
    let mut not_text = file("x", vec![]);
    not_text.path = PathBytes::new(&b"not-text/\xff\xfe\n"[..]);
    entries.push(not_text);
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries
}

#[test]
fn everything_an_entry_can_say_comes_back() {
    for sealed in [false, true] {
        let place = Place::new(sealed);
        let entries = odd(&run(1));
        let (manifest, written) = place.write(&run(1), &entries, None, vec![volume(&run(1), 1), volume(&run(1), 2)]);
        let reader = place.open(&manifest).unwrap();
        assert_eq!(all(&reader), entries);
        let mut reversed: Vec<Entry> = reader.entries_reversed().collect::<Result<_>>().unwrap();
        reversed.reverse();
        assert_eq!(reversed, entries);
        assert_eq!(reader.index, written.index);
        assert_eq!(reader.index.sources, ["/home".into()]);
        assert_eq!(reader.index.excludes, ["*.tmp"]);
        assert_eq!(reader.version, run(1));
        assert!(written.needs.is_empty());
        // The hard link's piece is not counted again.
        assert_eq!(reader.volume(&VolumeRef { run: run(1), number: 1 }).unwrap().live, 1000);
        assert!(reader.volume(&VolumeRef { run: run(1), number: 3 }).is_none());
        let bytes = place.objects.get(&format!("data/{}/{}", run(1), catalog_file_name(sealed)));
        assert_eq!(written.sums, Sums::of(&bytes));
        assert_eq!(written.catalog.size, bytes.len() as u64);
        if !sealed {
            // The whole file is what `zstd -dc` reads.
            let text = String::from_utf8(zstd::decode_all(&bytes[..]).unwrap()).unwrap();
            assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        }
    }
}

#[test]
fn an_empty_version_is_one_too() {
    let place = Place::new(true);
    let (manifest, _) = place.write(&run(1), &[], None, vec![]);
    let reader = place.open(&manifest).unwrap();
    assert_eq!(reader.entries().count(), 0);
    assert!(reader.segment(0).is_err());
}

#[test]
fn large_catalogs_are_read_from_anywhere() {
    let place = Place::new(true);
    let entries = many(&run(1), 100_000);
    let (manifest, written) = place.write(&run(1), &entries, None, vec![volume(&run(1), 1), volume(&run(1), 2)]);
    let reader = place.open(&manifest).unwrap();
    let segments = &written.index.segments;
    assert!((50..200).contains(&segments.len()), "{} segments", segments.len());
    assert!(segments.iter().all(|segment| (1..=8192).contains(&segment.entries)));
    assert_eq!(all(&reader), entries);
    for (path, expected) in [
        ("", Some(0)),
        ("home/user", Some(0)),
        ("home/user/folder-00500/file-050.txt", Some(50_050)),
        ("home/user/folder-00500/file-050.txt0", Some(50_051)),
        ("home/user/folder-00999/file-099.txt", Some(99_999)),
        ("home/user/folder-01", None),
        ("zzz", None),
    ] {
        let mut rest = reader.entries_from(path.as_bytes());
        assert_eq!(rest.next().map(|entry| entry.unwrap()), expected.map(|at: usize| entries[at].clone()), "{path}");
    }
    place.objects.take_reads();
    reader.entries_from(b"home/user/folder-00500/file-050.txt").next().unwrap().unwrap();
    assert_eq!(place.objects.take_reads().len(), 1, "one segment is read");
}

#[test]
fn what_did_not_change_is_not_stored_again() {
    let place = Place::new(true);
    let mut entries = many(&run(1), 100_000);
    let (_, first) = place.write(&run(1), &entries, None, vec![volume(&run(1), 1), volume(&run(1), 2)]);
    entries[40_000] = file("home/user/folder-00400/file-000.txt", vec![piece(&run(2), 1, 0, 5)]);
    entries.remove(70_000);
    entries.insert(10_000, file("home/user/folder-00099/new", vec![]));
    let (manifest, second) = place.write(&run(2), &entries, Some(&first.index), vec![volume(&run(2), 1)]);
    let own = second.index.segments.iter().filter(|segment| segment.run == run(2)).count();
    assert!((1..=9).contains(&own), "{own} segments written anew");
    assert!(second.catalog.size < first.catalog.size / 8);
    assert_eq!(second.needs, [Need { run: run(1), volumes: vec![(1, 2)], catalog: true }]);
    assert_eq!(all(&place.open(&manifest).unwrap()), entries);
    let live = |n: usize| second.index.volumes[n].live;
    assert_eq!(second.index.volumes.iter().map(|info| info.volume.number).collect::<Vec<_>>(), [1, 2, 1]);
    assert!(live(0) < first.index.volumes[0].live && live(2) == 5);
}

#[test]
fn no_more_than_sixteen_older_catalogs_are_drawn_on() {
    let place = Place::new(false);
    let mut entries = many(&run(1), 60_000);
    let (_, mut last) = place.write(&run(1), &entries, None, vec![volume(&run(1), 1), volume(&run(1), 2)]);
    for n in 2..40 {
        // Each run changes an entry in another place.
        entries[n as usize * 1500].mtime.seconds += i64::from(n);
        let (manifest, written) = place.write(&run(n), &entries, Some(&last.index), vec![]);
        let older = written.needs.iter().filter(|need| need.catalog).count();
        assert!(older <= 16, "{older} older catalogs");
        assert!(written.index.segments.iter().filter(|segment| segment.run == run(n)).count() < 10);
        assert!(place.open(&manifest).is_ok());
        last = written;
    }
}

#[test]
fn files_of_very_many_pieces_span_frames() {
    let place = Place::new(true);
    let pieces: Vec<Piece> = (0..60_000).map(|n| piece(&run(1), 1, n, 1)).collect();
    let mut entries = vec![
        file("a", vec![piece(&run(1), 2, 1, 1)]),
        file("big", pieces),
        Entry { size: 20_001, holes: (0..20_000).map(|n| (n, 1)).collect(), ..file("holes", vec![piece(&run(1), 1, 1, 1)]) },
        file("z", vec![piece(&run(1), 1, 1, 1)]),
    ];
    let (manifest, first) = place.write(&run(1), &entries, None, vec![volume(&run(1), 1), volume(&run(1), 2)]);
    assert_eq!(first.index.segments.iter().map(|segment| segment.entries).collect::<Vec<_>>(), [2, 1, 1]);
    assert!((4..16).contains(&first.index.segments[0].more.len()));
    assert_eq!(first.index.segments[1].more.len(), 1);
    assert_eq!(all(&place.open(&manifest).unwrap()), entries);

    // One piece more in the middle: most of the frames stay.
    entries[1].pieces.insert(30_000, piece(&run(2), 1, 77, 1));
    entries[1].size += 1;
    let (manifest, second) = place.write(&run(2), &entries, Some(&first.index), vec![volume(&run(2), 1)]);
    let own = second.index.segments.iter().flat_map(SegmentRef::frames).filter(|frame| frame.run == run(2)).count();
    assert!(own <= 4, "{own} frames written anew");
    assert_eq!(all(&place.open(&manifest).unwrap()), entries);
}

#[test]
fn what_readers_would_refuse_is_not_written() {
    let good = file("a/b", vec![piece(&run(1), 1, 1, 10)]);
    let cases: Vec<Entry> = vec![
        Entry { path: "".into(), ..good.clone() },
        Entry { path: "/a".into(), ..good.clone() },
        Entry { path: "a/../b".into(), ..good.clone() },
        Entry { path: "a/./b".into(), ..good.clone() },
        Entry { path: "a/b/".into(), ..good.clone() },
        Entry { path: "a\0b".into(), ..good.clone() },
        Entry { size: 11, ..good.clone() },
        Entry { size: 15, holes: vec![(12, 5)], ..good.clone() },
        Entry { size: 15, holes: vec![(3, 2), (0, 3)], ..good.clone() },
        Entry { link: Some("../etc".into()), ..good.clone() },
        Entry { link: Some("b".into()), ..good.clone() },
        Entry { kind: EntryKind::Folder, ..good.clone() },
        Entry { mode: 0o100_644, ..good.clone() },
        Entry { mtime: FileTime { seconds: 0, nanos: 1_000_000_000 }, ..good.clone() },
        file("a", vec![piece(&run(1), 1, 1, (4 << 20) + 1)]),
        file("a", vec![Piece { offset: 8 << 20, ..piece(&run(1), 1, 1, 1) }]),
        Entry { xattrs: vec![Xattr { name: b"user.x".to_vec(), value: vec![0; 2 << 20] }], ..good.clone() },
        thing("a", EntryKind::Symlink { target: "".into() }),
    ];
    for (n, bad) in cases.iter().enumerate() {
        let mut writer = Place::new(false).writer(&run(1), None).unwrap();
        assert!(matches!(writer.push(bad), Err(Error::Limit(_))), "case {n}");
    }
    let mut writer = Place::new(false).writer(&run(1), None).unwrap();
    writer.push(&good).unwrap();
    assert!(writer.push(&good).is_err(), "twice");
    assert!(writer.push(&file("a-b", vec![])).is_ok());
    assert!(writer.push(&file("a/c", vec![])).is_err(), "out of order");
    assert!(writer.finish(vec![], &[]).is_err(), "an unknown volume");
}

#[test]
fn every_flip_is_found() {
    let place = Place::new(true);
    let (manifest, _) = place.write(&run(1), &odd(&run(1)), None, vec![volume(&run(1), 1), volume(&run(1), 2)]);
    let name = format!("data/{}/{}", run(1), catalog_file_name(true));
    let whole = place.objects.get(&name);
    let read = || place.open(&manifest).and_then(|reader| reader.entries().collect::<Result<Vec<_>>>());
    assert!(read().is_ok());
    for at in 0..whole.len() {
        place.objects.flip(&name, at);
        assert!(read().is_err(), "byte {at}");
        place.objects.put(&name, whole.clone());
    }
    place.objects.put(&name, &whole[..whole.len() - 1]);
    assert!(matches!(read(), Err(Error::Damaged { .. })));
    place.objects.remove(&name);
    assert!(matches!(read(), Err(Error::Missing { .. })));
}

#[test]
fn sealed_and_plain_are_not_mistaken() {
    let sealed = Place::new(true);
    let (manifest, _) = sealed.write(&run(1), &[], None, vec![]);
    let open = |ring: Option<Arc<KeyRing>>, manifest: &Manifest| {
        CatalogReader::open(Arc::new(sealed.objects.clone()), ring, &plan(), manifest).err()
    };
    assert!(matches!(open(None, &manifest), Some(Error::UnknownKey { .. })));
    let claims_plain = Manifest { sealed: false, ..manifest.clone() };
    assert!(matches!(open(Some(ring()), &claims_plain), Some(Error::NotSealed { .. })));
    let other = Arc::new(KeyRing::new(PlanKey { id: [4; 16], bytes: Zeroizing::new([2; 32]) }));
    assert!(matches!(open(Some(other), &manifest), Some(Error::UnknownKey { .. })));
    // Another version's catalog under this name.
    let (moved, _) = sealed.write(&run(2), &[], None, vec![]);
    let bytes = sealed.objects.get(&format!("data/{}/{}", run(1), catalog_file_name(true)));
    sealed.objects.put(&format!("data/{}/{}", run(2), catalog_file_name(true)), bytes);
    assert!(matches!(open(Some(ring()), &moved), Some(Error::Damaged { .. })));
}

/// A plain catalog made of any lines: one segment and its index.
fn forged(lines: &str, change: impl Fn(&mut serde_json::Value)) -> Result<Vec<Entry>> {
    forged_frames(&[lines], change)?.entries().collect()
}

/// The same of any frames.
fn forged_frames(contents: &[&str], change: impl Fn(&mut serde_json::Value)) -> Result<CatalogReader> {
    let place = Place::new(false);
    let mut compressor = crate::archive::codec::zstd::Compressor::new(3);
    let mut object = Vec::new();
    let mut frames = Vec::new();
    for content in contents {
        let offset = object.len();
        compressor.compress(content.as_bytes(), &mut object);
        let hash = data_encoding::BASE64_NOPAD.encode(blake3::hash(content.as_bytes()).as_bytes());
        frames.push(serde_json::json!([0, offset, object.len() - offset, hash]));
    }
    let index_offset = object.len() as u64;
    let mut segment = serde_json::json!({"first": "a", "entries": 1, "files": 1, "bytes": 10, "frames": frames});
    change(&mut segment);
    let head = serde_json::json!({
        "format": 1, "kind": "catalog", "version": run(1).as_str(), "segments": 1, "volumes": 1,
        "sources": [], "excludes": [], "runs": [run(1).as_str()],
    });
    let volume = serde_json::json!({"run": 0, "number": 1, "size": 1 << 30, "sha256": "A".repeat(43), "live": 0, "stored": 0});
    compressor.compress(format!("{head}\n{segment}\n{volume}\n").as_bytes(), &mut object);
    let index_length = object.len() as u64 - index_offset;
    let name = catalog_file_name(false);
    let size = object.len() as u64;
    place.objects.put(&format!("data/{}/{name}", run(1)), object);
    let at = CatalogRef { name: name.into(), size, index_offset, index_length };
    place.open(&manifest(&run(1), false, at))
}

#[test]
fn a_small_catalog_does_not_take_much_memory() {
    let header = format!("{{\"volumes\":[[\"{}\",1]]}}\n", run(1));
    let piece = format!("[0,0,100,0,1,\"{}\"]", "A".repeat(43));
    let entry = format!("{header}{{\"path\":\"a\",\"size\":10,\"mtime\":[0,0],\"pieces\":[{piece}]}}\n");
    let pieces = format!("{header}{{\"more\":[{}]}}\n", vec![piece; 50_000].join(","));
    let holes = format!("{header}{{\"more\":[],\"holes\":[{}]}}\n", vec!["[1,1]"; 300_000].join(","));
    for more in [pieces, holes] {
        // One frame, told of again and again.
        let reader = forged_frames(&[&entry, &more], |segment| {
            let frames = segment["frames"].as_array_mut().unwrap();
            let last = frames[1].clone();
            frames.resize(1000, last);
        });
        let reader = reader.unwrap();
        let Err(Error::Damaged { what, .. }) = reader.segment(0) else { panic!("it is read to its end") };
        assert!(what.contains("too long"), "{what}");
        assert_eq!(reader.heads(0).unwrap()[0].path, "a".into(), "a look at names needs none of them");
    }
}

#[test]
fn hostile_catalogs_are_refused() {
    let header = |number: u32| format!("{{\"volumes\":[[\"{}\",{number}]]}}\n", run(1));
    let hash = "A".repeat(43);
    let entry = |path: &str, more: &str| {
        format!("{{\"path\":\"{path}\",\"size\":10,\"mtime\":[0,0],\"pieces\":[[0,0,100,0,10,\"{hash}\"]]{more}}}\n")
    };
    let same = |_: &mut serde_json::Value| {};
    let good = header(1) + &entry("a", "");
    assert_eq!(forged(&good, same).unwrap().len(), 1);
    assert_eq!(forged(&(header(1) + &entry("a", ",\"unknown\":{\"x\":[1]}")), same).unwrap().len(), 1);
    let bad: Vec<String> = vec![
        String::new(),
        header(1),
        good.trim_end().into(),
        good.clone() + "\n",
        good.clone() + &entry("b", ""),
        header(2) + &entry("a", ""),
        header(1) + &entry("../a", ""),
        header(1) + &entry("a", ",\"mode\":\"100644\""),
        header(1) + &entry("a", ",\"mode\":\"+644\""),
        header(1) + &entry("a", ",\"type\":\"folder\""),
        header(1) + &entry("a", ",\"type\":\"device\""),
        header(1) + &entry("a", ",\"target\":\"x\""),
        header(1) + &entry("a", ",\"link\":\"/etc/passwd\""),
        header(1) + &entry("a", ",\"size\":10"),
        header(1) + &entry("a", "").replace("[0,0,100,0,10", "[1,0,100,0,10"),
        header(1) + &entry("a", "").replace("[0,0,100,0,10", "[0,0,100,8388600,10"),
        header(1) + &entry("a", "").replace("\"size\":10", "\"size\":9"),
        header(1) + &entry("a", "").replace("\"size\":10", "\"size\":-1"),
        header(1) + &entry("a", "").replace(&hash, &hash[1..]),
        format!("{}{}", header(1), "[".repeat(100_000)),
        "\u{0}".repeat(9 << 20),
    ];
    for (n, lines) in bad.iter().enumerate() {
        assert!(matches!(forged(lines, same), Err(Error::Damaged { .. })), "case {n}");
    }
    let changes: [(&str, serde_json::Value); 8] = [
        ("first", "b".into()),
        ("first", "../a".into()),
        ("entries", 2.into()),
        ("files", 0.into()),
        ("bytes", 11.into()),
        ("frames", serde_json::json!([])),
        ("frames", serde_json::json!([[0, 0, 4_000_000_000u32, hash]])),
        ("frames", serde_json::json!([[1, 0, 100, hash]])),
    ];
    for (name, value) in changes {
        assert!(matches!(forged(&good, |segment| segment[name] = value.clone()), Err(Error::Damaged { .. })), "{name}");
    }
}
