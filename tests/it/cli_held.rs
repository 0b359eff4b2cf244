//! A drive that is not mounted, on the command line.

use std::fs;

use crate::support::{Random, World, root_tool, walk};
use crate::tree;

/// A file system of its own; let go at the end.
struct Mount(std::path::PathBuf);

impl Mount {
    fn new(at: std::path::PathBuf) -> Self {
        root_tool("mount", &["-t", "tmpfs", "-o", "size=16m,mode=0777", "tmpfs", at.to_str().unwrap()]);
        Self(at)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        root_tool("umount", &["-l", self.0.to_str().unwrap()]);
    }
}

#[test]
fn a_source_that_is_not_mounted_becomes_no_version() {
    let world = World::new();
    tree::plain(&world.source(), 5, &mut Random(1));
    fs::create_dir(world.path("stick")).unwrap();
    let mounted = Mount::new(world.path("stick"));
    fs::write(world.path("stick/one"), "1").unwrap();
    fs::write(world.path("stick/two"), "2").unwrap();
    world.run("plan add Docs --source @source @stick --to @dest").ok();
    world.run("backup Docs").ok();
    world.run("retention set Docs --keep-last 1").ok();
    drop(mounted);
    let before = walk(&world.dest());

    let held = world.run("backup Docs --json").code(1);
    assert_eq!(held.problem(), "source-shrank");
    let held = world.run("backup Docs").code(1);
    assert!(held.err.contains("stick is empty") && held.err.contains("--accept-shrunk"), "{}", held.err);
    assert_eq!(walk(&world.dest()), before);
    let status = world.run("status Docs").code(1);
    assert!(status.out.contains("held. No version was made"), "{}", status.out);
    let run = world.run("history --outcome failed --json").ok().lines()[0]["run"].clone();
    let shown = world.run(&format!("history show {run}")).ok().out;
    assert!(shown.starts_with("Backup of Docs is held.") && shown.contains("--accept-shrunk"), "{shown}");

    // Mounted again, with what it had.
    let mounted = Mount::new(world.path("stick"));
    fs::write(world.path("stick/one"), "1").unwrap();
    fs::write(world.path("stick/two"), "2").unwrap();
    world.run("backup Docs").ok();
    world.run("status Docs").ok();
    // Something lies in the mount point.
    drop(mounted);
    fs::write(world.path("stick/README"), "mount it").unwrap();
    assert!(world.run("backup Docs").code(1).err.contains("another folder lies at"));
    // It is given up.
    let made = world.run("backup Docs --accept-shrunk --json").ok().last();
    assert_eq!(made["result"], "completed");
    world.run("backup Docs").ok();
    world.run("status Docs").ok();
}

#[test]
fn folders_that_are_no_plan_are_looked_after_as_well() {
    let world = World::new();
    for n in 0..25 {
        fs::create_dir_all(world.source()).unwrap();
        fs::write(world.source().join(n.to_string()), "x").unwrap();
    }
    world.back_up();
    (0..13).for_each(|n| fs::remove_file(world.source().join(n.to_string())).unwrap());
    let held = world.run("backup --source @source --to @dest --json").code(1);
    assert_eq!(held.problem(), "source-shrank");
    assert_eq!(world.versions().len(), 1);
    world.run("backup --source @source --to @dest --accept-shrunk").ok();
    world.back_up();
    assert_eq!(world.versions().len(), 3);
}

/// A drive mounted within a larger source, with a tenth of its files.
#[test]
fn a_mount_point_within_a_source_that_is_not_mounted_becomes_no_version() {
    let world = World::new();
    for n in 0..100 {
        fs::create_dir_all(world.source().join("in/disk")).unwrap();
        fs::write(world.source().join(format!("in/{n:03}")), "here").unwrap();
    }
    let disk = world.source().join("in/disk");
    let fill = || (0..10).for_each(|n| fs::write(disk.join(n.to_string()), "on the drive").unwrap());
    let mounted = Mount::new(disk.clone());
    fill();
    world.run("plan add Docs --source @source --to @dest").ok();
    world.run("backup Docs").ok();
    world.run("backup Docs").ok();
    drop(mounted);
    let before = walk(&world.dest());
    for line in ["backup Docs", "backup Docs --type full"] {
        let held = world.run(line).code(1);
        assert!(held.err.contains("in/disk is empty") && held.err.contains("10 files"), "{}", held.err);
    }
    assert_eq!(walk(&world.dest()), before, "nothing at the destination is touched");
    world.run("status Docs").code(1);

    // Mounted again it simply runs, and whoever empties the drive itself is not asked.
    let mounted = Mount::new(disk.clone());
    fill();
    world.run("backup Docs").ok();
    world.run("status Docs").ok();
    (0..10).for_each(|n| fs::remove_file(disk.join(n.to_string())).unwrap());
    world.run("backup Docs").ok();
    fill();
    world.run("backup Docs").ok();

    // Something lies in the mount point.
    drop(mounted);
    fs::write(disk.join("README"), "mount it").unwrap();
    let held = world.run("backup Docs").code(1);
    assert!(held.err.contains("another folder lies at") && held.err.contains("in/disk"), "{}", held.err);
    // It is given up, and then it is an ordinary folder.
    world.run("backup Docs --accept-shrunk").ok();
    fs::remove_file(disk.join("README")).unwrap();
    world.run("backup Docs").ok();
    world.run("status Docs").ok();

    // A desktop takes the mount point away with the drive: that is no other than a folder that was deleted.
    let mounted = Mount::new(disk.clone());
    fill();
    world.run("backup Docs").ok();
    drop(mounted);
    fs::remove_dir(&disk).unwrap();
    world.run("backup Docs").ok();
}
