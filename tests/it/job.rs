//! The whole job on a destination of any kind: back up, add a version, verify, restore on a machine that has never seen it, delete.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::support::{Ran, Random, World, assert_same, tool, walk};
use crate::tree;

/// `run` puts the destination where `%` stands. `on_disk`: where what lies there can be seen as files. What lies in the source is kept.
pub fn whole(world: &World, run: &dyn Fn(&str) -> Ran, on_disk: Option<&Path>) {
    tree::plain(&world.source(), 60, &mut Random(81));
    tree::odd(&world.source(), &mut Random(83));
    // What was written a moment ago would be read again.
    thread::sleep(Duration::from_millis(3200));
    let first = run("backup --source @source --to % --json").ok().last();
    fs::write(world.source().join("new"), Random(82).bytes(3_000_000)).unwrap();
    let kept = world.path("kept");
    tool("cp", [OsStr::new("-a"), world.source().as_os_str(), kept.as_os_str()]);
    let second = run("backup --source @source --to % --json").ok().last();
    assert_eq!((second["type"].as_str(), second["totals"]["new_files"].as_u64()), (Some("incremental"), Some(1)), "{second}");
    run("verify --from % --all --depth full").ok();
    assert_eq!(run("versions --from % --json").ok().lines().iter().filter(|line| line.get("id").is_some()).count(), 2);
    if let Some(on_disk) = on_disk {
        // What lies there is what a folder would hold: all of it can be had without any server.
        world.run(&format!("verify --from {} --all --depth full", on_disk.display())).ok();
        assert!(walk(on_disk).iter().all(|path| !path.to_string_lossy().contains(".tmp-")), "nothing half done is left");
    }

    fs::rename(world.home(), world.path("lost home")).unwrap();
    run("restore --from % --to @out").ok();
    assert_same(&kept, &world.path("out/source"));
    fs::remove_dir_all(world.home()).unwrap();
    fs::rename(world.path("lost home"), world.home()).unwrap();

    run(&format!("delete --from % --version {}", first["version"].as_str().unwrap())).ok();
    run("verify --from % --all --depth full").ok();
    run("restore --from % --to @again").ok();
    assert_same(&kept, &world.path("again/source"));
}

/// A plan whose first run is cut off: its server ends when two volumes are there. `volumes`: where they lie.
pub fn dies(world: &World, run: &(dyn Fn(&str) -> Ran + Sync), volumes: &Path, end: &dyn Fn()) {
    fs::create_dir(world.source()).unwrap();
    for n in 0..40 {
        fs::write(world.source().join(format!("{n}")), Random(n).bytes(4 << 20)).unwrap();
    }
    run("plan add Big --source @source --to % --volume-size 16M").ok();
    let ended = thread::scope(|scope| {
        let ran = scope.spawn(|| run("backup Big --json"));
        while finished(volumes) < 2 && !ran.is_finished() {
            thread::sleep(Duration::from_millis(2));
        }
        end();
        ran.join().unwrap()
    });
    assert_eq!(ended.problem(), "destination-missing", "{}", ended.out);
}

/// The next run of that plan, once its server is there again: it goes on, and all is whole.
pub fn goes_on(world: &World, run: &dyn Fn(&str) -> Ran) {
    let report = run("backup Big --json").ok().last();
    assert!(report["resumed_bytes"].as_u64().is_some_and(|bytes| bytes >= 8 << 20), "it began anew: {report}");
    run("verify --from % --depth full").ok();
    run("restore --from % --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));
}

/// Volumes that are finished.
pub fn finished(dest: &Path) -> usize {
    if !dest.exists() {
        return 0;
    }
    let is_volume = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"v0"));
    walk(dest).iter().filter(|path| is_volume(path)).count()
}
