//! Backups that are killed, cancelled or run out of room in the middle: the next run goes on from the volumes that were finished.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::faults::Small;
use crate::support::{Random, World, tool, walk};
use crate::tree;

const MIB: u64 = 1 << 20;
/// About what a volume of these runs holds: a frame more than four of these files.
const VOLUME: u64 = 8 * MIB;

/// Inode and time, which tell whether it was written anew, and size.
type Volume = (u64, i64, u64);

struct Way {
    name: &'static str,
    options: &'static str,
}

const WAYS: [Way; 3] = [
    Way { name: "sealed", options: "--volume-size 4M" },
    Way { name: "plain", options: "--volume-size 4M --no-encryption" },
    Way { name: "plain zip", options: "--volume-size 4M --no-encryption --format zip" },
];

/// Odd files, many small ones, some of a MiB and a large one.
fn source() -> World {
    let world = World::new();
    let mut random = Random(11);
    tree::plain(&world.source(), 300, &mut random);
    tree::odd(&world.source(), &mut random);
    fs::create_dir(world.source().join("m")).unwrap();
    for n in 0..40 {
        fs::write(world.source().join(format!("m/{n}")), random.bytes(MIB as usize)).unwrap();
    }
    fs::write(world.source().join("n large"), random.bytes(40 * MIB as usize)).unwrap();
    // What was just written may change again unseen, and is read again for that.
    sleep(Duration::from_millis(3100));
    world
}

fn begin(world: &World, way: &Way) -> Child {
    let mut command = world.command();
    command.args(["backup", "--source"]).arg(world.source()).arg("--to").arg(world.dest());
    command.args(way.options.split(' ')).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn finish(world: &World, way: &Way) -> Value {
    world.run(&format!("backup --source @source --to @dest --json {}", way.options)).ok().last()
}

/// Finished volumes by name, with what tells whether one was written anew.
fn volumes(world: &World) -> BTreeMap<PathBuf, Volume> {
    let found = walk(&world.dest()).into_iter().filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with('v') && path.parent().is_some_and(|p| p.parent().is_some_and(|p| p.ends_with("data")))
    });
    found
        .filter_map(|path| {
            let meta = fs::metadata(world.dest().join(&path)).ok()?;
            Some((path, (meta.ino(), meta.mtime() * 1_000_000_000 + meta.mtime_nsec(), meta.len())))
        })
        .collect()
}

/// Waits until so many volumes are finished; `false` where the run was quicker.
fn wait_for(world: &World, child: &mut Child, wanted: usize) -> bool {
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if world.dest().exists() && volumes(world).len() >= wanted {
            return true;
        }
        assert!(Instant::now() < until, "waited for volume {wanted}");
        sleep(Duration::from_millis(1));
    }
}

/// Bytes of volumes that were there before and are the same, and of the others.
fn kept_and_new(before: &BTreeMap<PathBuf, Volume>, after: &BTreeMap<PathBuf, Volume>) -> (u64, u64) {
    let (kept, new): (Vec<_>, Vec<_>) = after.iter().partition(|(name, volume)| before.get(*name) == Some(volume));
    let sum = |of: Vec<(&PathBuf, &Volume)>| of.iter().map(|(_, (.., size))| size).sum();
    (sum(kept), sum(new))
}

/// No more than one version, whole, and nothing else.
fn is_whole(world: &World) {
    assert_eq!(world.versions().len(), 1);
    assert_eq!(fs::read_dir(world.plan_folder().join("data")).unwrap().count(), 1);
    world.run("verify --from @dest --depth full").ok();
    world.restore_and_compare("latest", &world.source());
    let notes = world.home().join("cache/journals");
    assert!(walk(&notes).iter().all(|path| notes.join(path).is_dir()), "no journal of what has become a version");
}

#[test]
fn a_killed_run_goes_on_from_its_volumes() {
    for way in &WAYS {
        let world = source();
        // Again and again, each time a little further.
        let mut most = 0;
        for wanted in [1, 3, 3, 8, 14] {
            let mut child = begin(&world, way);
            if !wait_for(&world, &mut child, wanted) {
                panic!("{}: the run was quicker than {wanted} volumes", way.name);
            }
            let _ = child.kill();
            let _ = child.wait();
            assert_eq!(world.versions().len(), 0, "no version before its manifest");
            let now = volumes(&world);
            assert!(now.len() >= most, "{}: what was finished is gone: {} of {most}", way.name, now.len());
            most = now.len() - 1;
        }
        let before = volumes(&world);
        let there: u64 = before.values().map(|(.., size)| size).sum();
        let result = finish(&world, way);
        assert_eq!(result["result"], "completed", "{}: {result}", way.name);
        let (kept, new) = kept_and_new(&before, &volumes(&world));
        assert!(kept + VOLUME >= there, "{}: of {there} bytes {kept} were kept", way.name);
        assert_eq!(result["resumed_bytes"], kept);
        let all = result["packed"]["volumes"].as_u64().unwrap();
        assert_eq!(kept + new, all);
        is_whole(&world);
        if way.name == "plain" {
            plain_tools_give_every_file(&world);
        }
        // As if nothing had been: nothing is new to the next run.
        let next = finish(&world, way);
        assert_eq!(next["totals"]["new_files"], 0, "{next}");
    }
}

/// As `tar -x` gives them, without us.
fn plain_tools_give_every_file(world: &World) {
    let out = world.path("out");
    fs::create_dir(&out).unwrap();
    for volume in volumes(world).keys() {
        let volume = world.dest().join(volume);
        tool("tar", ["--zstd".as_ref(), "-xpf".as_ref(), volume.as_os_str(), "-C".as_ref(), out.as_os_str()]);
    }
    let there = out.join(world.source().strip_prefix("/").unwrap());
    let mut whole = 0;
    for path in walk(&world.source()) {
        let (from, to) = (world.source().join(&path), there.join(&path));
        if from.symlink_metadata().unwrap().is_file() && fs::metadata(&from).unwrap().len() <= 4 * MIB {
            assert!(fs::read(&from).unwrap() == fs::read(&to).unwrap(), "{}", path.display());
            whole += 1;
        }
    }
    assert!(whole > 300);
    let mut parts: Vec<_> = walk(&out).into_iter().filter(|p| p.parent().is_some_and(|p| p.ends_with("n large"))).collect();
    parts.sort();
    let joined: Vec<u8> = parts.iter().flat_map(|part| fs::read(out.join(part)).unwrap()).collect();
    assert!(joined == fs::read(world.source().join("n large")).unwrap(), "parts join to the large file");
}

#[test]
fn what_changes_between_is_stored_as_it_is_then() {
    let world = source();
    let way = &WAYS[0];
    let mut child = begin(&world, way);
    assert!(wait_for(&world, &mut child, 6));
    let _ = child.kill();
    let _ = child.wait();
    let mut random = Random(12);
    tree::change(&world.source(), &mut random);
    fs::write(world.source().join("m/3"), random.bytes(MIB as usize)).unwrap();
    fs::remove_file(world.source().join("m/5")).unwrap();
    fs::rename(world.source().join("m/6"), world.source().join("z6")).unwrap();
    fs::remove_file(world.source().join("big random")).unwrap();
    fs::create_dir(world.source().join("big random")).unwrap();
    let result = finish(&world, way);
    assert!(result["resumed_bytes"].as_u64().unwrap() > 4 * VOLUME / 2, "{result}");
    is_whole(&world);
}

#[test]
fn plain_tools_join_large_files_as_they_are_in_the_end() {
    for way in &WAYS[1..] {
        let world = World::new();
        fs::create_dir(world.source()).unwrap();
        let mut random = Random(13);
        let file = |name: &str| world.source().join(name);
        for name in ["a", "b", "c", "d"] {
            fs::write(file(name), random.bytes(12 * MIB as usize)).unwrap();
        }
        fs::write(file("z"), random.bytes(100 * MIB as usize)).unwrap();
        let mut child = begin(&world, way);
        assert!(wait_for(&world, &mut child, 13));
        let _ = child.kill();
        let _ = child.wait();
        let mut content = fs::read(file("a")).unwrap();
        content.truncate(7 * MIB as usize);
        content[5 * MIB as usize] ^= 1;
        fs::write(file("a"), content).unwrap();
        fs::write(file("b"), "small").unwrap();
        fs::write(file("c"), "").unwrap();
        let result = finish(&world, way);
        assert!(result["resumed_bytes"].as_u64().unwrap() > 40 * MIB, "{result}");
        is_whole(&world);

        let out = world.path("out");
        fs::create_dir(&out).unwrap();
        for volume in volumes(&world).keys() {
            let volume = world.dest().join(volume);
            match way.name {
                "plain" => tool("tar", ["--zstd".as_ref(), "-xpf".as_ref(), volume.as_os_str(), "-C".as_ref(), out.as_os_str()]),
                _ => tool("unzip", ["-oq".as_ref(), volume.as_os_str(), "-d".as_ref(), out.as_os_str()]),
            };
        }
        let parts = out.join(".strongroom-parts").join(world.source().strip_prefix("/").unwrap());
        for name in ["a", "b", "c", "d", "z"] {
            let mut found: Vec<_> = walk(&parts.join(name)).into_iter().map(|part| parts.join(name).join(part)).collect();
            found.sort();
            let joined: Vec<u8> = found.iter().flat_map(|part| fs::read(part).unwrap()).collect();
            assert!(joined == fs::read(file(name)).unwrap(), "{}: {name}", way.name);
        }
    }
}

#[test]
fn a_cancelled_run_is_gone_on_with() {
    let world = source();
    let way = &WAYS[0];
    let mut child = begin(&world, way);
    assert!(wait_for(&world, &mut child, 4));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let before = volumes(&world);
    let result = finish(&world, way);
    let (kept, _) = kept_and_new(&before, &volumes(&world));
    assert_eq!(result["resumed_bytes"], kept);
    assert!(before.len() >= 4 && kept > 3 * 4 * MIB, "{result}");
    is_whole(&world);
}

#[test]
fn a_run_without_room_goes_on_when_there_is_some() {
    let world = source();
    let way = &WAYS[0];
    let disk = Small::mount(world.dest(), "40m");
    let full = world.run(&format!("backup --source @source --to @dest --json {}", way.options)).code(1);
    assert_eq!(full.problem(), "no-room");
    let before = volumes(&world);
    assert!(before.len() >= 4, "{before:?}");
    disk.resize("400m");
    let result = finish(&world, way);
    assert_eq!(kept_and_new(&before, &volumes(&world)).0, before.values().map(|(.., size)| size).sum::<u64>());
    assert!(result["resumed_bytes"].as_u64().unwrap() > 3 * 4 * MIB, "{result}");
    is_whole(&world);
}

/// Ends a run when it has finished so many volumes; returns their paths.
fn cut_off(world: &World, wanted: usize) -> Vec<PathBuf> {
    let mut child = begin(world, &WAYS[0]);
    assert!(wait_for(world, &mut child, wanted));
    let _ = child.kill();
    let _ = child.wait();
    volumes(world).into_keys().map(|path| world.dest().join(path)).collect()
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_volumes_are_not_gone_on_from_or_found_by_the_read_back() {
    let way = &WAYS[0];
    // The last ones, as a power cut would have it.
    let world = source();
    let there = cut_off(&world, 6);
    there[3..].iter().for_each(|path| flip(path));
    let result = finish(&world, way);
    assert!(result["resumed_bytes"].as_u64().unwrap() <= 3 * VOLUME, "{result}");
    is_whole(&world);

    // One that is gone, and with it all that follow.
    let world = source();
    let there = cut_off(&world, 6);
    fs::remove_file(&there[2]).unwrap();
    let result = finish(&world, way);
    assert!(result["resumed_bytes"].as_u64().unwrap() <= 2 * VOLUME, "{result}");
    is_whole(&world);

    // One in the middle shows when all is read back; the next run puts it right.
    let world = source();
    let there = cut_off(&world, 6);
    flip(&there[1]);
    let ran = world.run(&format!("backup --source @source --to @dest --json {}", way.options)).code(1);
    assert_eq!(ran.problem(), "damaged");
    let next = finish(&world, way);
    assert_eq!(next["result"], "completed");
    world.run("verify --from @dest --depth full --version latest").ok();
    world.restore_and_compare("latest", &world.source());
}

#[test]
fn without_its_journal_or_its_key_or_for_another_kind_a_run_begins_anew() {
    let world = source();
    cut_off(&world, 3);
    fs::remove_dir_all(world.home().join("cache")).unwrap();
    assert!(finish(&world, &WAYS[0])["resumed_bytes"].is_null());
    is_whole(&world);

    let world = source();
    cut_off(&world, 3);
    let result = world.run("backup --source @source --to @dest --json --volume-size 4M --format tar.gz").ok().last();
    assert!(result["resumed_bytes"].is_null(), "{result}");
    is_whole(&world);

    // Its volumes are sealed with a key that is not the newest any more.
    let world = source();
    let there = cut_off(&world, 3);
    world.run("key rotate --from @dest --kdf pbkdf2 --yes").ok();
    let result = finish(&world, &WAYS[0]);
    assert!(result["resumed_bytes"].is_null(), "{result}");
    assert!(!there.iter().any(|path| path.exists()), "what was begun is cleared away");
    is_whole(&world);

    // A full one is gone on with by whoever asks for nothing else, and only by them.
    let world = source();
    finish(&world, &WAYS[0]);
    let there = volumes(&world).len();
    let mut child = begin_full(&world);
    assert!(wait_for(&world, &mut child, there + 3));
    let _ = child.kill();
    let _ = child.wait();
    let result = finish(&world, &WAYS[0]);
    assert!(result["type"] == "full" && result["resumed_bytes"].as_u64().unwrap() > 2 * 4 * MIB, "{result}");
    assert_eq!(world.versions().len(), 2);
    world.run("verify --from @dest --depth full").ok();
    world.restore_and_compare("latest", &world.source());

    // Whoever cancels a full one does not want it; but may have it after all.
    for (next, kind) in [("auto", "incremental"), ("full", "full")] {
        let there = volumes(&world).len();
        let mut child = begin_full(&world);
        assert!(wait_for(&world, &mut child, there + 3));
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let line = format!("backup --source @source --to @dest --json --volume-size 4M --type {next}");
        let result = world.run(&line).ok().last();
        assert_eq!((result["type"].as_str(), result["resumed_bytes"].is_null()), (Some(kind), kind != "full"), "{result}");
    }
    assert_eq!(world.versions().len(), 4);
    assert_eq!(fs::read_dir(world.plan_folder().join("data")).unwrap().count(), 4);
}

fn begin_full(world: &World) -> Child {
    let mut command = world.command();
    command
        .args(["backup", "--type", "full", "--volume-size", "4M", "--source"])
        .arg(world.source())
        .arg("--to")
        .arg(world.dest());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
