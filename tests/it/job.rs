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

/// A plan whose destination lets nothing be deleted: it is backed up and restored, nothing is hidden that stays there, and what clean-up
/// cannot do is said before and after. `run` puts the destination where `%` stands.
pub fn append_only(world: &World, run: &dyn Fn(&str) -> Ran) {
    const SAID: &str = "Nothing can be deleted at ";
    tree::plain(&world.source(), 30, &mut Random(85));
    let back_up = |n: u64| {
        fs::write(world.source().join("new"), Random(n).bytes(300_000)).unwrap();
        run("backup Docs --json").ok().last()
    };
    let versions = || run("versions --from % --json").ok().lines().iter().filter(|line| line.get("id").is_some()).count();
    run("plan add Docs --source @source --to %").ok();
    let first = back_up(86);
    back_up(87);
    assert_eq!(run("storage list --json").ok().lines()[0]["deletable"], true, "nobody has tried yet");

    let tested = run("storage test % --json").ok().last();
    assert_eq!((&tested["writable"], &tested["deletable"]), (&true.into(), &false.into()), "{tested}");
    assert!(tested["latency_ms"].is_u64(), "{tested}");
    assert!(
        ["write_speed", "read_speed"].iter().all(|speed| tested[speed].as_f64().is_some_and(|speed| speed > 0.0)),
        "{tested}"
    );
    let said = run("storage test %").ok().out;
    assert!(said.contains("/s written") && said.contains("/s read") && said.contains("nothing can be deleted there"), "{said}");
    let is_told = tested["free"].is_u64();
    assert_ne!(is_told, said.contains("the server does not say how much room there is"), "{said}");

    assert_eq!(run("storage list --json").ok().lines()[0]["deletable"], false);
    assert_eq!(run("storage health % --json").ok().lines()[0]["deletable"], false);
    for line in ["storage list", "storage health %"] {
        let said = run(line).ok().out;
        assert!(said.contains(SAID), "{said}");
    }
    let looked = run("storage health % --history --json").ok().lines();
    assert!(looked.iter().any(|sample| sample["speed"].is_u64() && sample["read_speed"].is_u64()), "{looked:?}");

    run("retention set Docs --keep-last 1").ok();
    let said = run("cleanup Docs --dry-run").ok().out;
    assert!(said.contains(SAID), "{said}");
    let cleaned = run("cleanup Docs --anyway").code(3);
    assert!(format!("{}{}", cleaned.out, cleaned.err).contains(SAID), "{}{}", cleaned.out, cleaned.err);
    let delete = format!("delete --from % --version {}", first["version"].as_str().unwrap());
    let said = run(&format!("{delete} --dry-run")).ok();
    assert!(format!("{}{}", said.out, said.err).contains(SAID), "{}{}", said.out, said.err);
    let refused = run(&format!("{delete} --json"));
    assert_eq!(refused.problem(), "not-writable", "{}", refused.out);
    assert!(refused.out.contains(SAID), "{}", refused.out);
    assert_eq!(versions(), 2, "what stays there is not hidden");

    // Though the rule cannot be kept.
    back_up(88);
    assert_eq!(versions(), 3);
    run("verify --from % --all --depth full").ok();
    run("restore --from % --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));
}

/// A plan whose first run is cut off: its server ends when two volumes are there. `finished`: how many are.
pub fn dies(world: &World, run: &(dyn Fn(&str) -> Ran + Sync), finished: &dyn Fn() -> usize, end: &dyn Fn()) {
    fs::create_dir(world.source()).unwrap();
    for n in 0..40 {
        fs::write(world.source().join(format!("{n}")), Random(n).bytes(4 << 20)).unwrap();
    }
    run("plan add Big --source @source --to % --volume-size 16M").ok();
    let ended = thread::scope(|scope| {
        let ran = scope.spawn(|| run("backup Big --json"));
        while finished() < 2 && !ran.is_finished() {
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
