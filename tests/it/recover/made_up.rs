//! Lists that somebody has made up, and what no small backup has.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use data_encoding::{BASE64, BASE64_NOPAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{run, shipped, small};
use crate::support::{World, walk};

const RUN: &str = "20261121T200000Z-full-5f3a9c2e";
const CONTENT: &[u8] = b"this is what somebody wants to plant";

fn frame(content: &[u8]) -> Vec<u8> {
    let mut compressor = zstd::bulk::Compressor::new(3).unwrap();
    compressor.set_parameter(zstd::zstd_safe::CParameter::ChecksumFlag(true)).unwrap();
    compressor.compress(content).unwrap()
}

fn lines(values: &[Value]) -> Vec<u8> {
    values.iter().map(|value| format!("{value}\n")).collect::<String>().into_bytes()
}

/// Writes an unsealed plan folder with one version of these entries, as FORMAT.md describes it. `volume`: what its one frame holds.
/// `more`: the further frame of the last entry.
fn made_up(folder: &Path, volume: &[u8], entries: &[Value], more: Option<Value>) {
    let plan = "10".repeat(16);
    let data = folder.join("data").join(RUN);
    fs::create_dir_all(&data).unwrap();
    fs::create_dir_all(folder.join("versions")).unwrap();
    let volume = frame(volume);
    fs::write(data.join("v0001.tar.zst"), &volume).unwrap();
    let hash = BASE64_NOPAD.encode(&[0; 32]);
    let table = json!({"volumes": [[RUN, 1]]});
    let mut catalog = frame(&lines(&[std::slice::from_ref(&table), entries].concat()));
    let mut frames = vec![json!([0, 0, catalog.len(), hash])];
    if let Some(more) = more {
        let further = frame(&lines(&[table, more]));
        frames.push(json!([0, catalog.len(), further.len(), hash]));
        catalog.extend(further);
    }
    let index = frame(&lines(&[
        json!({"format": 1, "kind": "catalog", "version": RUN, "segments": 1, "volumes": 1, "sources": [], "excludes": [], "runs": [RUN]}),
        json!({"first": "a", "entries": entries.len(), "files": 0, "bytes": 0, "frames": frames}),
        json!({"run": 0, "number": 1, "size": volume.len(), "live": 0, "stored": 0,
            "sha256": BASE64_NOPAD.encode(&Sha256::digest(&volume))}),
    ]));
    let offset = catalog.len();
    catalog.extend(&index);
    fs::write(data.join("catalog.jsonl.zst"), &catalog).unwrap();
    let manifest = json!({"format": 1, "kind": "version", "plan": plan, "id": RUN, "sequence": 1, "sealed": false,
        "started": "2026-11-21T20:00:00Z", "totals": {"files": 1, "bytes": 1},
        "catalog": {"name": "catalog.jsonl.zst", "size": catalog.len(), "index_offset": offset, "index_length": index.len()}});
    fs::write(folder.join(format!("versions/{RUN}.json")), small(&manifest)).unwrap();
}

fn blake3_of(piece: &[u8]) -> String {
    BASE64_NOPAD.encode(blake3::hash(piece).as_bytes())
}

/// A file with the planted content.
fn file(path: &str) -> Value {
    let length = frame(CONTENT).len();
    json!({"path": path, "size": CONTENT.len(), "mtime": [0, 0], "pieces": [[0, 0, length, 0, CONTENT.len(), blake3_of(CONTENT)]]})
}

fn link(path: &str, target: &Path) -> Value {
    json!({"path": path, "type": "symlink", "target": target.to_str().unwrap(), "mtime": [0, 0]})
}

#[test]
fn nothing_is_written_outside() {
    let world = World::new();
    let (outside, out) = (world.path("outside"), world.path("world/out"));
    let with = |mut entry: Value, field: &str, value: Value| {
        entry[field] = value;
        entry
    };
    let folder_entry = |path: &str| json!({"path": path, "type": "folder", "mtime": [0, 0]});
    let cases: Vec<(&str, Vec<Value>)> = vec![
        ("a parent", vec![file("../planted")]),
        ("a parent within", vec![file("a/../../planted")]),
        ("an absolute path", vec![file(&outside.join("planted").display().to_string())]),
        ("two slashes", vec![file("a//planted")]),
        ("a zero byte", vec![file("a\0/planted")]),
        ("a link as folder", vec![link("door", &outside), file("door/planted")]),
        ("a link as folder of a folder", vec![link("door", &outside), folder_entry("door/planted")]),
        ("a link that becomes a folder", vec![link("door", &outside), folder_entry("door"), file("door/planted")]),
        ("a link that becomes a file", vec![link("door", &outside.join("secret")), file("door")]),
        ("a hard link to above", vec![with(file("linked"), "link", "../../outside/secret".into())]),
        ("a hard link through a link", vec![link("door", &outside), with(file("linked"), "link", "door/secret".into())]),
        ("a bad name in base64", vec![with(file("x"), "path", json!({"base64": BASE64.encode(b"\xff/../../planted")}))]),
        ("a size that is none", vec![with(file("a"), "size", json!(1u64 << 62))]),
        ("a hole before its beginning", vec![with(file("a"), "holes", json!([[0, -5], [3, 5]]))]),
        (
            "a piece beyond its frame",
            vec![with(file("a"), "pieces", json!([[0, 0, frame(CONTENT).len(), 30, CONTENT.len(), ""]]))],
        ),
        ("a volume that is none", vec![with(file("a"), "pieces", json!([[7, 0, 10, 0, 10, ""]]))]),
        ("JSON of another shape", vec![json!([1, 2]), json!({"path": 7})]),
        ("a device that is none", vec![json!({"path": "a", "type": "char-device", "device": "x", "mtime": [0, 0]})]),
        ("a kind that is none", vec![with(file("a"), "type", "door".into())]),
    ];
    for (what, entries) in cases {
        fs::create_dir_all(&outside).unwrap();
        fs::write(outside.join("secret"), "secret").unwrap();
        fs::create_dir_all(world.path("world")).unwrap();
        made_up(&world.path("plan"), CONTENT, &entries, None);
        let ran = run(&shipped(), &world.path("plan"), "", &["--to", out.to_str().unwrap()]);
        let through_a_link = what.starts_with("a hard link through");
        assert_eq!(ran.code, Some(i32::from(!through_a_link)), "{what}: {}", ran.err);
        assert_eq!(walk(&outside), [Path::new("secret")], "{what}");
        let secret = fs::metadata(outside.join("secret")).unwrap();
        assert_eq!((fs::read(outside.join("secret")).unwrap(), secret.nlink()), (b"secret".to_vec(), 1), "{what}");
        assert_eq!(walk(&world.path("world")).iter().filter(|p| !p.starts_with("out")).count(), 0, "{what}");
        for path in walk(&out).iter().map(|path| out.join(path)).filter(|path| path.symlink_metadata().unwrap().is_file()) {
            assert_eq!(fs::read(path).unwrap(), CONTENT, "{what}");
        }
        for folder in ["plan", "world", "outside"] {
            fs::remove_dir_all(world.path(folder)).unwrap();
        }
    }
}

#[test]
fn bombs_are_refused() {
    let world = World::new();
    made_up(&world.path("plan"), &vec![0; 9 << 20], &[file("a"), file("b")], None);
    let ran = run(&shipped(), &world.path("plan"), "", &["--to", world.path("out").to_str().unwrap()]).code(1);
    assert!(ran.err.contains("'/a' is not restored") && ran.err.contains("'/b' is not restored"), "{}", ran.err);
    assert_eq!(walk(&world.path("out")).len(), 0);
}

/// What no small backup has: pieces and holes that go on in a further frame, and a piece that holes lie in the midst of.
#[test]
fn a_file_goes_on_in_a_further_frame() {
    let world = World::new();
    let content = b"abcdefgh";
    let length = frame(content).len();
    let piece = |offset: usize, n: usize| json!([0, 0, length, offset, n, blake3_of(&content[offset..offset + n])]);
    let entry = json!({"path": {"base64": BASE64.encode(b"odd \xff")}, "size": 23, "mode": "640", "mtime": [-3, 5],
        "pieces": [piece(0, 4)], "holes": [[0, 2], [4, 3]]});
    let more = json!({"more": [piece(4, 4), piece(0, 1)], "holes": [[10, 5], [18, 4]]});
    made_up(&world.path("plan"), content, &[file("early"), entry], Some(more));
    let ran = run(&shipped(), &world.path("plan"), "", &["--to", world.path("out").to_str().unwrap()]).code(1);
    assert!(ran.err.contains("'/early' is not restored"), "{}", ran.err);
    let found = walk(&world.path("out"));
    assert_eq!(found.len(), 1, "{found:?}");
    let path = world.path("out").join(&found[0]);
    assert_eq!(fs::read(&path).unwrap(), b"\0\0ab\0\0\0cde\0\0\0\0\0fgh\0\0\0\0a");
    let meta = fs::metadata(&path).unwrap();
    assert_eq!((meta.mtime(), meta.mtime_nsec(), meta.mode() & 0o7777), (-3, 5, 0o640));
}
