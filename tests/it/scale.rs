//! Memory does not grow with the number of files: the same operations on trees of two sizes, and the peaks of both.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Random, World, long, peak};

const MIB: u64 = 1 << 20;
/// Folders are of one size, so that only their number differs.
const IN_FOLDER: usize = 250;

/// Some with a few bytes of their own, most empty; every fifth is a second name of a file in a folder far from it.
fn fill(source: &Path, entries: usize) {
    let path = |kind: &str, n: usize| {
        let folder = source.join(format!("{kind}/{:03}/{:03}", n / IN_FOLDER / 100, n / IN_FOLDER % 100));
        if n.is_multiple_of(IN_FOLDER) {
            fs::create_dir_all(&folder).unwrap();
        }
        folder.join(format!("document-{n:07}.txt"))
    };
    for n in 0..entries / 5 * 4 {
        let content = if n % 10 < 3 { format!("{n:x} of its own") } else { String::new() };
        fs::write(path("a", n), content).unwrap();
    }
    for n in 0..entries / 5 {
        let first = source.join(format!("a/{:03}/{:03}/document-{n:07}.txt", n / IN_FOLDER / 100, n / IN_FOLDER % 100));
        fs::hard_link(first, path("b", n)).unwrap();
    }
}

/// Runs it, opened by a key file since stretching a password takes memory of its own. The result, and the most memory it held at a time.
fn measured(world: &World, line: &str) -> (Value, u64) {
    let out = world.path("result");
    let mut command = world.command();
    command.env_remove("STRONGROOM_PASSWORD").args(["-q", "--json"]);
    command
        .args(line.split(' ').map(|word| word.strip_prefix('@').map_or(word.into(), |name| world.path(name).into_os_string())));
    let mut child = command.stdout(fs::File::create(&out).unwrap()).stderr(Stdio::null()).spawn().unwrap();
    let (code, peak) = peak(&mut child);
    let text = fs::read_to_string(out).unwrap();
    let last = text.lines().last().unwrap_or_default();
    assert!(code.success(), "`{line}`: {code}: {last}");
    (serde_json::from_str(last).unwrap(), peak)
}

/// The peak of each operation, by its name.
fn peaks(entries: usize, all: bool) -> Vec<(&'static str, u64)> {
    let world = World::new();
    fill(&world.source(), entries);
    fs::write(world.path("key"), Random(3).bytes(64)).unwrap();
    let mut found = Vec::new();
    let mut step = |name: &'static str, line: &str| {
        let (result, peak) = measured(&world, line);
        found.push((name, peak));
        result
    };
    // What was just written may change again unseen, and is read again for that.
    sleep(Duration::from_millis(3100));
    let backup = "backup --source @source --to @dest --key-file @key";
    let full = step("full", backup);
    let same = step("unchanged", backup);
    assert_eq!((full["totals"]["files"].as_u64(), same["totals"]["new_files"].as_u64()), (Some(entries as u64), Some(0)));
    // 59 bytes for each segment of the list.
    let stored = same["totals"]["stored_bytes"].as_u64().unwrap();
    assert!(stored < 8000 + entries as u64 / 12, "{stored} bytes for an unchanged run");
    assert_eq!(step("find", "find document-0000077.txt --from @dest")["count"], 2);
    step("ls", "ls --from @dest @source/a/000/001");
    step("versions --of", "versions --from @dest --of @source/a/000/000/document-0000003.txt");
    step("verify", "verify --from @dest --depth full");
    step("restore", "restore --from @dest --to @out");
    let restored = fs::metadata(world.path("out/source/b/000/000/document-0000003.txt")).unwrap();
    assert_eq!(restored.nlink(), 2);
    fs::remove_dir_all(world.path("out")).unwrap();
    if !all {
        return found;
    }
    // Most of it is gone here and has come there.
    fs::rename(world.source().join("a"), world.source().join("z")).unwrap();
    let moved = step("moved", backup);
    let version = |result: &Value| result["version"].as_str().unwrap().to_owned();
    step("diff", &format!("diff --from @dest {} {}", version(&full), version(&moved)));
    step("delete", &format!("delete --from @dest --version {}", version(&full)));
    found
}

fn do_not_grow(small: usize, large: usize, all: bool, by: u64) {
    for ((name, few), (_, many)) in peaks(small, all).into_iter().zip(peaks(large, all)) {
        eprintln!("{name}: {} MiB, {} MiB", few / MIB, many / MIB);
        assert!(many < few + by, "{name}: {} MiB for {small} entries, {} MiB for {large}", few / MIB, many / MIB);
        assert!(many < 80 * MIB, "{name}: {} MiB for {large} entries", many / MIB);
    }
}

#[test]
fn memory_does_not_grow_with_the_number_of_files() {
    do_not_grow(8_000, 32_000, false, 16 * MIB);
}

#[test]
fn nor_does_it_up_to_a_million() {
    if long() {
        do_not_grow(100_000, 1_000_000, true, 20 * MIB);
    }
}

/// A folder that holds more than is listed at a time.
#[test]
fn a_folder_of_a_million_files_takes_no_more() {
    if !long() {
        return;
    }
    let world = World::new();
    let flat = world.source().join("flat");
    fs::create_dir_all(&flat).unwrap();
    (0..1_000_000u32).for_each(|n| drop(fs::File::create(flat.join(format!("{:08x} of them", n.reverse_bits()))).unwrap()));
    fs::write(world.path("key"), Random(3).bytes(64)).unwrap();
    let (full, peak) = measured(&world, "backup --source @source --to @dest --key-file @key");
    assert_eq!(full["totals"]["files"], 1_000_000);
    assert!(peak < 80 * MIB, "{} MiB", peak / MIB);
}
