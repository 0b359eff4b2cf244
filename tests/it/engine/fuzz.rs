//! Hostile input: archives whose every checksum fits though their content was mutated, and readers that are given anything. Nothing
//! panics, nothing is written beside the target, memory stays bounded. `tests/run --long` goes on for some
//! twenty minutes, and each STRONGROOM_SEED tries others.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;
use sha2::{Digest, Sha256};
use strongroom::archive::codec::{Compressor, Decompressor, zstd};
use strongroom::archive::json_lines::{self, Trust};
use strongroom::archive::key::{KeyFile, KeyRing, PlanKey};
use strongroom::archive::seal::{Identity, ObjectKind, Opener, Sealer};
use strongroom::model::format::{Cipher, Kind};
use strongroom::model::marker::{Deleted, Marker, Owner};
use strongroom::model::problem::Code;
use strongroom::model::restore::{Depth, PlanChoice, VersionChoice};
use strongroom::model::run::Outcome;
use strongroom::model::snapshot::{Manifest, ObjectList};
use strongroom::state::config;

use super::*;
use crate::support::{Random, long};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Resident memory at its highest that a run over a hostile archive may come to, in bytes.
const MOST_MEMORY: u64 = 3 << 30;

/// How often each is tried.
fn rounds(short: u64, long_rounds: u64) -> u64 {
    if long() { long_rounds } else { short }
}

/// Other choices for each STRONGROOM_SEED (a number), the same again for the same one.
fn chance(own: u64) -> Random {
    let seed = std::env::var("STRONGROOM_SEED").map_or(0, |seed| seed.parse().expect("STRONGROOM_SEED is a number"));
    Random(own + 10_000 * seed)
}

/// Numbers and words that readers stumble over.
const NASTY: [&str; 22] = [
    "0",
    "-1",
    "1",
    "255",
    "4096",
    "65536",
    "4194304",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\"..\"",
    "\"/etc/passwd\"",
    "\"a\\u0000b\"",
    "\"../../x\"",
];

/// Changes bytes somewhere; of text mostly such that it stays JSON.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(3) {
        if bytes.is_empty() {
            return;
        }
        let at = random.below(bytes.len() as u64) as usize;
        match random.below(9) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => bytes.truncate(at),
            3 => {
                let end = (at + 1 + random.below(40) as usize).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + 1 + random.below(200) as usize).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            5 if !other.is_empty() => {
                let from = random.below(other.len() as u64) as usize;
                let to = (from + 1 + random.below(100) as usize).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _ => swap_value(bytes, at, random),
        }
    }
}

/// Puts something nasty in the place of a number or string at or after `at`.
fn swap_value(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let Some(start) = bytes.iter().skip(at).position(|b| b.is_ascii_digit() || *b == b'"').map(|n| n + at) else { return };
    let length = match bytes[start] {
        b'"' => bytes[start + 1..].iter().position(|b| *b == b'"').map_or(1, |n| n + 2),
        _ => bytes[start..].iter().take_while(|b| b.is_ascii_digit()).count(),
    };
    let nasty = NASTY[random.below(NASTY.len() as u64) as usize];
    bytes.splice(start..start + length, nasty.bytes());
}

/// A small object with this first line.
fn with_checksum(line: &[u8]) -> Vec<u8> {
    let mut line: Vec<u8> = line.iter().copied().filter(|b| *b != b'\n').collect();
    line.push(b'\n');
    let sum = data_encoding::HEXLOWER.encode(&Sha256::digest(&line));
    line.extend_from_slice(format!("sha256:{sum}\n").as_bytes());
    line
}

fn first_line(bytes: &[u8]) -> Vec<u8> {
    bytes.split(|b| *b == b'\n').next().unwrap_or_default().to_vec()
}

fn golden(name: &str) -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).join("destination");
    tree(&folder)
}

fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let length = ::zstd::zstd_safe::find_frame_compressed_size(rest).unwrap();
        all.push(::zstd::decode_all(&rest[..length]).unwrap());
        rest = &rest[length..];
    }
    all
}

fn frame(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    zstd::Compressor::new(1).compress(text, &mut out);
    out
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Nothing,
    Entries,
    Index,
    Objects,
    Manifest,
}

/// The full version of a plan folder with its list of entries, its index, or one of its small objects mutated, and everything that
/// vouches for it made to fit.
fn hostile(files: &Files, what: What, random: &mut Random) -> Files {
    let mut files = files.clone();
    let find = |part: &str| files.keys().find(|name| name.to_str().unwrap().contains(part)).cloned().unwrap();
    let (manifest_name, catalog_name, objects_name) = (find("versions/"), find("catalog.jsonl.zst"), find("objects.json"));
    let mut parts = frames(&files[&catalog_name]);
    let (mut index, mut segment) = (parts.pop().unwrap(), parts.pop().unwrap());
    if what == What::Entries {
        mutate(&mut segment, &index, random);
    }
    let packed = frame(&segment);
    // The index says where the segment lies and what it is.
    let mut lines: Vec<Vec<u8>> = index.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    if let Some(line) = lines.get_mut(1)
        && let Ok(mut value) = serde_json::from_slice::<Value>(line)
    {
        let hash = data_encoding::BASE64_NOPAD.encode(blake3::hash(&segment).as_bytes());
        value["frames"] = serde_json::json!([[0, 0, packed.len(), hash]]);
        *line = serde_json::to_vec(&value).unwrap();
    }
    index = lines.join(&b'\n');
    if what == What::Index {
        mutate(&mut index, &segment, random);
    }
    let packed_index = frame(&index);
    let catalog = [&packed[..], &packed_index[..]].concat();
    let mut list: Value = serde_json::from_slice(&first_line(&files[&objects_name])).unwrap();
    for object in list["objects"].as_array_mut().unwrap() {
        if object["name"] == "catalog.jsonl.zst" {
            object["size"] = catalog.len().into();
            object["sha256"] = data_encoding::HEXLOWER.encode(&Sha256::digest(&catalog)).into();
        }
    }
    let mut list = serde_json::to_vec(&list).unwrap();
    let mut manifest: Value = serde_json::from_slice(&first_line(&files[&manifest_name])).unwrap();
    if what == What::Objects {
        mutate(&mut list, &segment, random);
    }
    let list = with_checksum(&list);
    manifest["objects_sha256"] = data_encoding::HEXLOWER.encode(&Sha256::digest(&list)).into();
    manifest["catalog"] = serde_json::json!({"name": "catalog.jsonl.zst", "size": catalog.len(), "index_offset": packed.len(),
        "index_length": packed_index.len()});
    let mut manifest = serde_json::to_vec(&manifest).unwrap();
    if what == What::Manifest {
        mutate(&mut manifest, &index, random);
    }
    files.insert(catalog_name, catalog);
    files.insert(objects_name, list);
    files.insert(manifest_name, with_checksum(&manifest));
    files
}

fn highest_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[test]
fn archives_that_vouch_for_themselves_do_no_harm() {
    let mut random = chance(4001);
    for name in ["format-1-plain", "format-1-plain-zip"] {
        let whole = golden(name);
        let only_full: Files = whole.into_iter().filter(|(path, _)| !path.to_str().unwrap().contains("-incr-")).collect();
        let mut world = World::in_memory();
        for round in 0..rounds(150, 20_000) {
            if round % 100 == 0 {
                let (home, _lock) = world.free("home");
                let _ = std::fs::remove_file(home.history_file());
            }
            world.start("home", false);
            let _ = std::fs::remove_dir_all(world.destination());
            let what = match round {
                0 => What::Nothing,
                _ => [What::Entries, What::Entries, What::Index, What::Objects, What::Manifest][random.below(5) as usize],
            };
            let files = hostile(&only_full, what, &mut random);
            for (path, bytes) in &files {
                write(&world.destination().join(path), bytes);
            }
            let place = Place { location: world.location(), plan: PlanChoice::Only, secret: None };
            let spec = VerifySpec { from: place.clone(), version: None, depth: Depth::Full };
            let verified = world.run(|run| Command::Verify { run, spec });
            std::fs::create_dir_all(world.path("below/out")).unwrap();
            let restored = world.restore(place, VersionChoice::Latest, &world.path("below/out"));
            if what == What::Nothing {
                assert_eq!((&verified.outcome, &restored.outcome), (&Outcome::Completed, &Outcome::Completed));
            }
            for report in [&verified, &restored] {
                if let Outcome::Failed(problem) = &report.outcome {
                    assert!(problem.code != Code::Internal, "{name} round {round}: {problem:?}");
                }
            }
            let beside: Vec<_> = std::fs::read_dir(world.path("below")).unwrap().map(|e| e.unwrap().file_name()).collect();
            assert_eq!(beside, ["out"], "{name} round {round}: something was written beside the target");
            std::fs::remove_dir_all(world.path("below")).unwrap();
            assert!(highest_memory() < MOST_MEMORY, "{name} round {round}: {} MiB", highest_memory() >> 20);
        }
    }
}

/// Runs `read` on mutations of each of `corpus`.
fn try_all(name: &str, corpus: &[Vec<u8>], rounds: u64, mut read: impl FnMut(&[u8])) {
    let mut random = chance(77);
    for round in 0..rounds {
        let mut bytes = corpus[random.below(corpus.len() as u64) as usize].clone();
        let other = &corpus[random.below(corpus.len() as u64) as usize];
        mutate(&mut bytes, other, &mut random);
        if catch_unwind(AssertUnwindSafe(|| read(&bytes))).is_err() {
            panic!("{name} round {round}: {}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn small_objects_of_any_content_are_read_or_refused() {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for name in ["format-1-plain", "format-1-sealed", "format-1-sealed-rotated"] {
        lines.extend(
            golden(name)
                .into_iter()
                .filter(|(path, _)| path.extension().is_some_and(|e| e == "json"))
                .map(|(_, b)| first_line(&b)),
        );
    }
    lines.push(br#"{"format":1,"kind":"deleted","plan":"3f7d732338b7835810b8d9baecd2d8ec","id":"20261121T144551Z-full-9e5fba9b","home":"096a9c94f953ef7daffe39571079cd3a","at":"2026-11-21T14:45:51Z"}"#.to_vec());
    let plan = World::in_memory().plan("x").id;
    try_all("small objects", &lines, rounds(20_000, 4_000_000), |line| {
        let bytes = with_checksum(line);
        let _ = json_lines::decode::<Marker>("o", &bytes, Trust::Checksum);
        let _ = json_lines::decode::<Owner>("o", &bytes, Trust::Checksum);
        let _ = json_lines::decode::<Deleted>("o", &bytes, Trust::Checksum);
        let _ = json_lines::decode::<Manifest>("o", &bytes, Trust::Checksum);
        let _ = json_lines::decode::<ObjectList>("o", &bytes, Trust::Checksum);
        let keys = KeyFile { object: "o", plan: &plan, n: 1, bytes: &bytes };
        let _ = (keys.check(None), keys.shown());
        let _ = json_lines::decode::<Marker>("o", line, Trust::Checksum);
    });
}

#[test]
fn frames_of_any_content_are_unpacked_or_refused() {
    let mut random = chance(5);
    let content = [b"some text, some text, and more of it\n".repeat(40), random.bytes(900)].concat();
    for kind in Kind::ALL.into_iter().filter(|kind| !kind.is_zip()) {
        let mut packed = Vec::new();
        Compressor::new(kind, 3).compress(&content, &mut packed);
        let mut decompressor = Decompressor::default();
        let mut out = Vec::new();
        try_all(kind.name(), &[packed], rounds(3_000, 500_000), |frame| {
            let _ = decompressor.decompress(kind, "o", frame, 1 << 20, &mut out);
            assert!(out.len() <= 1 << 20);
        });
    }
    for name in ["format-1-plain-zip", "format-1-plain-zip-zstd"] {
        let volumes: Vec<Vec<u8>> =
            golden(name).into_iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "zip")).map(|(_, b)| b).collect();
        let mut decompressor = Decompressor::default();
        let mut out = Vec::new();
        try_all(name, &volumes, rounds(2_000, 200_000), |frame| {
            let _ = decompressor.decompress(Kind::Zip, "o", frame, 16 << 20, &mut out);
            assert!(out.len() <= 16 << 20);
        });
    }
}

#[test]
fn seals_of_any_content_are_opened_or_refused() {
    let ring = KeyRing::new(PlanKey { id: [7; 16], bytes: zeroize::Zeroizing::new([9; 32]) });
    let identity = Identity {
        plan: [1; 16],
        version: "20261121T144551Z-full-9e5fba9b",
        object: "v0001.tar.zst.sealed",
        kind: ObjectKind::Volume,
    };
    let mut corpus = Vec::new();
    for cipher in Cipher::ALL {
        let sealer = Sealer::new(ring.newest(), cipher, identity, [3; 32]);
        let mut bytes = sealer.header().to_vec();
        let mut record = b"a record's content".to_vec();
        sealer.seal(bytes.len() as u64, true, &mut record);
        bytes.extend_from_slice(&record);
        corpus.push(bytes);
    }
    let whole = corpus.clone();
    try_all("seal", &corpus, rounds(20_000, 2_000_000), |bytes| {
        let Ok(opener) = Opener::new(&ring, bytes, identity, "o") else { return };
        let mut record = bytes[opener.header_length()..].to_vec();
        if opener.open(opener.header_length() as u64, &mut record).is_ok() {
            assert!(whole.iter().any(|it| it == bytes), "a seal opened that is not the one that was made");
        }
    });
}

#[test]
fn settings_and_patterns_of_any_content_are_read_or_refused() {
    let world = World::in_memory();
    let mut plan = world.plan("Documents");
    plan.sources.excludes = vec!["*.tmp".into(), "!/keep/**".into(), "[a-z]*{x,y}\\ ".into()];
    world.save(&plan).unwrap();
    let home = Home::locate(Some(&world.path("home"))).unwrap();
    let text = std::fs::read(home.settings_file()).unwrap();
    let mut other = World::in_memory();
    let (fuzzed, _lock) = other.free("fuzzed");
    std::fs::create_dir_all(fuzzed.settings_file().parent().unwrap()).unwrap();
    try_all("settings", &[text], rounds(1_500, 300_000), |bytes| {
        std::fs::write(fuzzed.settings_file(), bytes).unwrap();
        let _ = config::load(&fuzzed);
    });
    write(&other.source().join("folder/a file"), b"x");
    let patterns = [&b"*.tmp"[..], b"!/keep/**", b"[a-z]*{x,y}\\ ", b"/a/**/b?", b"[!]a-]", b"\\\\"].map(<[u8]>::to_vec);
    try_all("patterns", &patterns, rounds(3_000, 300_000), |bytes| {
        let excludes = vec![String::from_utf8_lossy(bytes).into_owned()];
        let spec = SourceSpec { paths: vec![other.source().into()], excludes, ..SourceSpec::default() };
        let cancel = strongroom::model::run::Cancel::default();
        let _ = strongroom::archive::scan::scan(&spec, &[], &cancel, &|| 0, |_, _| std::ops::ControlFlow::Continue(()));
    });
}
