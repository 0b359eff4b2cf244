//! What goes wrong in the world: each a clear outcome.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::{PASSWORD, Ran, Random, World, assert_same, is_root, root_tool, walk};
use crate::tree;

/// A small file system in memory; unmounted when dropped.
pub struct Small(PathBuf);

impl Small {
    pub fn mount(at: PathBuf, size: &str) -> Self {
        fs::create_dir(&at).unwrap();
        let uid = rustix::process::geteuid().as_raw();
        root_tool("mount", &["-t", "tmpfs", "-o", &format!("size={size},mode=0755,uid={uid}"), "tmpfs", at.to_str().unwrap()]);
        Self(at)
    }

    pub fn resize(&self, size: &str) {
        root_tool("mount", &["-o", &format!("remount,size={size}"), self.0.to_str().unwrap()]);
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        root_tool("umount", &[self.0.to_str().unwrap()]);
    }
}

#[test]
fn a_full_disk_leaves_no_version_and_no_harm() {
    let world = World::new();
    let disk = Small::mount(world.dest(), "12m");
    let mut random = Random(1);
    tree::plain(&world.source(), 20, &mut random);
    world.back_up();
    fs::write(world.source().join("big"), random.bytes(30 << 20)).unwrap();
    let full = world.run("backup --source @source --to @dest --json").code(1);
    assert_eq!(full.problem(), "no-room");
    assert_eq!(world.versions().len(), 1);
    world.run("verify --from @dest --depth full").ok();
    let used: u64 = walk(&world.dest()).iter().map(|p| fs::metadata(world.dest().join(p)).unwrap().len()).sum();
    assert!(used < 2 << 20, "{used} bytes are left behind");

    disk.resize("100m");
    assert_eq!(world.back_up()["result"], "completed");
    world.restore_and_compare("latest", &world.source());
}

#[test]
fn a_full_target_names_what_was_not_restored() {
    let world = World::new();
    let mut random = Random(2);
    for n in 0..20 {
        fs::create_dir_all(world.source()).unwrap();
        fs::write(world.source().join(format!("file {n:02}")), random.bytes(1 << 20)).unwrap();
    }
    world.back_up();
    let _disk = Small::mount(world.path("small"), "6m");
    let dry = world.run("restore --from @dest --to @small/out --dry-run --json").code(1);
    assert_eq!(dry.problem(), "no-room");
    let ran = world.run("restore --from @dest --to @small/out --json");
    assert!(matches!(ran.code, Some(1 | 3)), "{:?} {}", ran.code, ran.out);
    // Beside the files lies the restore's journal: said again, it goes on.
    let restored = world.path("small/out/source");
    for path in walk(&restored).into_iter().map(|p| restored.join(p)).filter(|p| p.is_file()) {
        let original = world.source().join(path.file_name().unwrap());
        assert!(fs::read(&path).unwrap() == fs::read(original).unwrap(), "{} is not whole", path.display());
    }
}

/// Somebody who is not root, for whom modes count.
fn as_nobody(world: &World, line: &str) -> Ran {
    if !is_root() {
        return world.run(line);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--", env!("CARGO_BIN_EXE_strongroom")]);
    for word in line.split_whitespace() {
        match word.strip_prefix('@') {
            Some(name) => command.arg(world.path(name)),
            None => command.arg(word),
        };
    }
    command.env("STRONGROOM_HOME", world.home()).env("STRONGROOM_PASSWORD", PASSWORD).env("HOME", world.path("nobody"));
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").env_remove("XDG_RUNTIME_DIR");
    Ran::of(&mut command, line)
}

fn give_to_nobody(world: &World) {
    if is_root() {
        fs::set_permissions(world.path(""), Permissions::from_mode(0o755)).unwrap();
        chown(world.path(""), Some(65534), Some(65534)).unwrap();
        for path in walk(&world.path("")) {
            std::os::unix::fs::lchown(world.path("").join(path), Some(65534), Some(65534)).unwrap();
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_keeps_its_last_content() {
    let world = World::new();
    tree::plain(&world.source(), 20, &mut Random(3));
    let secret = world.source().join("folder 3/file 3.txt");
    let never = world.source().join("never readable");
    let known = fs::read(&secret).unwrap();
    fs::write(&never, "x").unwrap();
    fs::set_permissions(&never, Permissions::from_mode(0o000)).unwrap();
    give_to_nobody(&world);

    let line = "backup --source @source --to @dest --json";
    let first = as_nobody(&world, line).code(3).last();
    assert_eq!((&first["result"], &first["warning_count"]), (&json!("completed-with-warnings"), &json!(1)));
    assert_eq!(first["warnings"][0]["cause"], "unreadable");
    assert!(first["warnings"][0]["path"].as_str().unwrap().ends_with("never readable"));

    // Its content changes and it can no longer be read: the new version keeps what the old one has.
    fs::write(&secret, "changed meanwhile").unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o000)).unwrap();
    let second = as_nobody(&world, line).code(3).last();
    assert_eq!(second["warning_count"], 2, "{second}");
    let people = as_nobody(&world, "backup --source @source --to @dest").code(3);
    let said = |name: &str| people.err.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{}", people.err));
    assert!(said("never readable").ends_with("it is not in this version"), "{}", people.err);
    assert!(said("file 3.txt").ends_with("kept as the version before has it"), "{}", people.err);

    as_nobody(&world, "restore --from @dest --to @out").ok();
    let restored = world.path("out/source/folder 3/file 3.txt");
    fs::set_permissions(&restored, Permissions::from_mode(0o600)).unwrap();
    assert!(fs::read(restored).unwrap() == known);
    let row = as_nobody(&world, "ls --from @dest -R --json").ok().lines();
    let row = row.iter().find(|r| r["path"].as_str().is_some_and(|p| p.ends_with("file 3.txt"))).unwrap();
    assert_eq!(row["kept_from"], first["version"]);
}

#[test]
fn a_source_that_changes_while_it_is_read_is_marked() {
    let world = World::new();
    tree::plain(&world.source(), 20, &mut Random(4));
    let path = world.source().join("database");
    fs::write(&path, Random(5).bytes(48 << 20)).unwrap();
    let stop = AtomicBool::new(false);
    let ran = thread::scope(|scope| {
        scope.spawn(|| {
            let file = File::options().write(true).open(&path).unwrap();
            let mut n = 0u64;
            while !stop.load(Ordering::Relaxed) {
                n += 1;
                file.write_all_at(&n.to_le_bytes(), (n * 4096) % (48 << 20)).unwrap();
                thread::sleep(Duration::from_micros(300));
            }
        });
        let ran = world.run("backup --source @source --to @dest --json");
        stop.store(true, Ordering::Relaxed);
        ran
    });
    let ran = ran.code(3).last();
    assert_eq!(ran["warnings"][0]["cause"], "changed-while-read", "{ran}");
    world.run("verify --from @dest --depth full").ok();
    world.run("restore --from @dest --to @out").ok();
    assert_eq!(fs::metadata(world.path("out/source/database")).unwrap().len(), 48 << 20);
    // Nothing changes it any more: read again, and whole.
    assert_eq!(world.back_up()["result"], "completed");
    world.restore_and_compare("latest", &world.source());
}

#[test]
fn files_that_come_and_go_meanwhile_do_not_stop_it() {
    let world = World::new();
    tree::plain(&world.source(), 3000, &mut Random(6));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = Random(7);
            while !stop.load(Ordering::Relaxed) {
                let folder = world.source().join(format!("folder {}", random.below(17)));
                let n = random.below(3000);
                let _ = fs::remove_file(folder.join(format!("file {n}.txt")));
                let _ = fs::write(folder.join(format!("come {n}")), "x");
                let _ = fs::rename(folder.join(format!("come {}", random.below(3000))), folder.join("moved"));
            }
        });
        for _ in 0..3 {
            let ran = world.run("backup --source @source --to @dest --json");
            assert!(matches!(ran.code, Some(0 | 3)), "{:?} {}{}", ran.code, ran.out, ran.err);
        }
        stop.store(true, Ordering::Relaxed);
    });
    world.run("verify --from @dest --depth full").ok();
    assert_eq!(world.back_up()["result"], "completed");
    world.restore_and_compare("latest", &world.source());
}

#[test]
fn a_missing_destination_is_not_made_anew() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(8));
    fs::create_dir(world.path("drive")).unwrap();
    world.run("plan add Docs --source @source --to @drive/backups").ok();
    world.run("backup Docs").ok();
    world.run("backup --source @source --to @drive/backups --name other --no-encryption").ok();

    // Unplugged: not even the folder is there.
    fs::rename(world.path("drive"), world.path("away")).unwrap();
    for line in ["backup Docs --json", "backup --source @source --to @drive/backups --name other --no-encryption --json"] {
        assert_eq!(world.run(line).code(10).problem(), "destination-missing", "{line}");
    }
    assert!(!world.path("drive").exists());
    // Not mounted: the empty folder below the mount point shows.
    fs::create_dir_all(world.path("drive/backups")).unwrap();
    for line in ["backup Docs --json", "backup --source @source --to @drive/backups --name other --no-encryption --json"] {
        assert_eq!(world.run(line).code(1).problem(), "marker-missing", "{line}");
    }
    assert_eq!(walk(&world.path("drive")), [Path::new("backups")]);
    // And back again.
    fs::remove_dir_all(world.path("drive")).unwrap();
    fs::rename(world.path("away"), world.path("drive")).unwrap();
    assert_eq!(world.run("backup Docs --json").ok().last()["type"], "incremental");
}

#[test]
fn a_destination_that_cannot_be_written_says_so() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(9));
    fs::create_dir(world.dest()).unwrap();
    give_to_nobody(&world);
    fs::set_permissions(world.dest(), Permissions::from_mode(0o555)).unwrap();
    let ran = as_nobody(&world, "backup --source @source --to @dest --json").code(1);
    assert_eq!(ran.problem(), "not-writable");
}

#[test]
fn an_empty_source_and_empty_files() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    let empty = world.back_up();
    assert_eq!(empty["totals"]["files"], 0);
    world.restore_and_compare("latest", &world.source());
    for n in 0..100 {
        fs::write(world.source().join(format!("empty {n}")), b"").unwrap();
    }
    assert_eq!(world.back_up()["totals"]["files"], 100);
    world.run("verify --from @dest --depth full").ok();
    world.restore_and_compare("latest", &world.source());
    // A single file as the source.
    world.run_with("backup --to @dest --name one --source", |c| _ = c.arg(world.source().join("empty 7"))).ok();
    world.run("restore --from @dest --plan one --to @out").ok();
    assert!(world.path("out/empty 7").is_file());
}

#[test]
fn a_folder_of_a_hundred_thousand() {
    const ENTRIES: usize = 100_000;
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    for n in 0..ENTRIES {
        fs::write(world.source().join(format!("{n:06}")), n.to_string()).unwrap();
    }
    // Until the newest of them is settled (FORMAT.md): what is read sooner is read again.
    std::thread::sleep(Duration::from_millis(3200));
    let ran = world.back_up();
    assert_eq!(ran["totals"]["files"], ENTRIES);
    let listed = world.run("ls --from @dest --json @source").ok();
    assert_eq!(listed.out.lines().count(), ENTRIES + 1);
    world.run("verify --from @dest --depth full").ok();
    world.restore_and_compare("latest", &world.source());
    assert_eq!(world.back_up()["totals"]["new_files"], 0);
}

#[test]
fn a_path_of_four_thousand_characters() {
    let world = World::new();
    let mut path = world.source();
    while path.as_os_str().len() < 3750 {
        path.push("d".repeat(200));
    }
    fs::create_dir_all(&path).unwrap();
    path.push("f".repeat(4000 - path.as_os_str().len() - 1));
    fs::write(&path, "deep down").unwrap();
    assert_eq!(path.as_os_str().len(), 4000);
    world.back_up();
    world.run("verify --from @dest --depth full").ok();
    world.run("restore --from @dest --to @o").ok();
    assert_same(&world.source(), &world.path("o/source"));
    // Where the restored path is longer than the system takes in one piece.
    let far = format!("restore --from @dest --to @{}", "o".repeat(200));
    world.run(&far).ok();
    let deep = format!("find {} -type f -execdir cat {{}} +", world.path(&"o".repeat(200)).display());
    assert_eq!(crate::support::tool("sh", ["-c", &deep]), "deep down");
    crate::support::tool("rm", ["-rf".as_ref(), world.path(&"o".repeat(200)).as_os_str()]);
    crate::support::tool("rm", ["-rf".as_ref(), world.source().as_os_str()]);
}

#[test]
fn a_destination_within_the_source_is_left_out() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(10));
    for _ in 0..2 {
        world.run("backup --source @source --to @source/dest --no-encryption").ok();
    }
    world.run("restore --from @source/dest --to @out").ok();
    assert_eq!(walk(&world.path("out/source")).iter().filter(|p| p.starts_with("dest")).count().min(2), 0);
}

#[test]
fn ctrl_c_ends_with_130_and_leaves_no_version() {
    let world = World::new();
    tree::plain(&world.source(), 10, &mut Random(11));
    world.back_up();
    fs::write(world.source().join("big"), Random(12).bytes(400 << 20)).unwrap();
    let mut command = world.command();
    // One volume, so that nothing is finished that would be kept for the next run.
    command.args(["backup", "--volume-size", "whole", "--source"]).arg(world.source()).arg("--to").arg(world.dest());
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let data = world.plan_folder().join("data");
    while fs::read_dir(&data).unwrap().count() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
        thread::sleep(Duration::from_millis(5));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(world.versions().len(), 1);
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
    let history = world.run("history --json --limit 1").ok().lines();
    assert_eq!(history[0]["result"], "cancelled");
}

/// What is laid aside of files with several names finds no room on the disk of the home: memory takes it.
#[test]
fn a_full_home_disk_does_not_keep_hard_links_from_their_backup() {
    let world = World::new();
    let home = Small::mount(world.home(), "8m");
    let mut random = Random(41);
    tree::plain(&world.source(), 20, &mut random);
    world.back_up();
    let folder = world.source().join("a folder with a name that is long enough to make what is kept of each file longer");
    fs::create_dir(&folder).unwrap();
    for n in 0..8000 {
        fs::write(folder.join(format!("{n:05} first")), format!("file {n}")).unwrap();
        fs::hard_link(folder.join(format!("{n:05} first")), folder.join(format!("{n:05} second"))).unwrap();
    }
    // Room for the history, and not for what is laid aside.
    let free = || rustix::fs::statvfs(world.home()).map(|fs| fs.f_bavail * fs.f_frsize).unwrap();
    fs::write(world.home().join("filler"), vec![0; usize::try_from(free()).unwrap() - (600 << 10)]).unwrap();
    let backup = world.run("backup --source @source --to @dest --json");
    assert!(matches!(backup.code, Some(0 | 3)), "{:?} {}{}", backup.code, backup.out, backup.err);
    fs::remove_file(world.home().join("filler")).unwrap();
    world.restore_and_compare("latest", &world.source());
    drop(home);
}
