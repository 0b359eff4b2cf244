//! The power fails, at many moments and right after the end: what was not synced is lost, of the destination, of the home or of what is being
//! restored to; and everything that was reported is there.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{Random, World, differences, hit, is_root, long, root_tool, tool, walk};
use crate::tree;
use crate::vault::{DEEDS, Deed, Vault};

/// A file system that can lose its power; unmounted when dropped.
struct Disk {
    image: PathBuf,
    at: PathBuf,
}

impl Disk {
    fn mount(world: &World, name: &str) -> Self {
        let (image, at) = (world.path(&format!("{name} image")), world.path(name));
        fs::File::create(&image).unwrap().set_len(400 << 20).unwrap();
        root_tool("mkfs.xfs", &["-q", image.to_str().unwrap()]);
        fs::create_dir(&at).unwrap();
        let disk = Self { image, at };
        disk.on();
        let id = |id: u32| id.to_string();
        let owner = format!("{}:{}", id(rustix::process::geteuid().as_raw()), id(rustix::process::getegid().as_raw()));
        root_tool("chown", &[&owner, disk.at()]);
        disk
    }

    fn at(&self) -> &str {
        self.at.to_str().unwrap()
    }

    fn on(&self) {
        root_tool("mount", &["-o", "loop", self.image.to_str().unwrap(), self.at()]);
    }

    /// What cuts the power when it is told to: all that is not synced then is lost, not even the file system's own log is written any more.
    fn switch(&self) -> Switch {
        let mut command = Command::new(if is_root() { "xfs_io" } else { "sudo" });
        if !is_root() {
            command.args(["-n", "xfs_io"]);
        }
        Switch(command.arg("-x").arg(&self.at).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap())
    }

    /// Mounts it again, for which its log is replayed.
    fn back(&self) {
        root_tool("umount", &[self.at()]);
        self.on();
    }

    fn sync(&self) {
        root_tool("sync", &["-f", self.at()]);
    }
}

/// Started beforehand: short runs would be over while it starts.
struct Switch(Child);

impl Switch {
    fn cut(mut self) {
        self.0.stdin.take().unwrap().write_all(b"shutdown\n").unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        root_tool("umount", &[self.at()]);
    }
}

/// Cuts the power of one disk in the middle of these deeds, again and again, and now and then right after their end.
fn cut_again_and_again(seed: u64, name: &str, deeds: &[Deed], cuts: usize) {
    let mut disk = None;
    let mut vault = Vault::new(seed, |world| disk = Some(Disk::mount(world, name)));
    let disk = disk.unwrap();
    let mut random = Random(seed);
    let mut spans = vault.spans(deeds);
    let mut middle = 0;
    for n in 0.. {
        if middle == cuts {
            break;
        }
        assert!(n < 5 * cuts, "only {middle} cuts fell into the middle");
        let deed = deeds[n % deeds.len()];
        let mut command = vault.begin(deed);
        disk.sync();
        let after = random.below(5) == 0;
        let moment = if after { Duration::MAX } else { spans[&deed].mul_f64(random.below(1000) as f64 / 1000.0) };
        let switch = disk.switch();
        let (ran, was_over) = hit(&mut command, moment, |_| switch.cut());
        eprintln!("{n}: {deed:?}, cut after {moment:?}, over: {was_over}");
        assert!(ran.code.is_some());
        match (was_over, after) {
            (false, _) => middle += 1,
            // It is shorter than was thought.
            (true, false) => _ = spans.insert(deed, moment),
            (true, true) => {}
        }
        disk.back();
        vault.judge(&ran);
        // Some are hit again before they could go on.
        if n % 3 != 0 {
            vault.goes_on();
        }
    }
    vault.goes_on();
}

/// How many of these many cuts there are in this run.
fn cuts(ordinary: usize) -> usize {
    if long() { 10 * ordinary } else { ordinary }
}

#[test]
fn of_the_destination() {
    let deeds = [Deed::BackUp, Deed::BackUp, Deed::Delete, Deed::RotateKey, Deed::BackUp, Deed::ChangeKey];
    cut_again_and_again(61, "dest", &deeds, cuts(12));
}

#[test]
fn of_the_home() {
    cut_again_and_again(62, "home", &DEEDS, cuts(8));
}

#[test]
fn of_what_is_restored_to() {
    cut_again_and_again(63, "target", &[Deed::Restore], cuts(4));
}

/// Where a source is a file system of its own, which the folder above it does not tell.
#[test]
fn of_a_source_that_was_restored_in_place() {
    let world = World::new();
    let disk = Disk::mount(&world, "source");
    tree::plain(&world.source(), 200, &mut Random(64));
    tool("cp", ["-a".as_ref(), world.source().as_os_str(), world.path("copy").as_os_str()]);
    world.back_up();
    for n in 0..17 {
        fs::remove_dir_all(world.source().join(format!("folder {n}"))).unwrap();
    }
    disk.sync();
    let switch = disk.switch();
    world.run("restore --from @dest --in-place").ok();
    switch.cut();
    disk.back();
    // The folder that the others are in was there, and stays as it is.
    let found = differences(&world.path("copy"), &world.source());
    assert!(found.lines().all(|line| line.starts_with(".d..t")), "{found}");
    assert_eq!(walk(&world.path("copy")), walk(&world.source()));
}

#[test]
fn right_after_settings_were_changed() {
    let world = World::new();
    let disk = Disk::mount(&world, "home");
    let plans = |world: &World| world.run("plan list --json").ok().out.matches("\"name\"").count();
    fs::create_dir(world.source()).unwrap();
    fs::create_dir(world.dest()).unwrap();
    for n in 1..=cuts(3) {
        world.run(&format!("plan add plan{n} --source @source --to @dest --no-encryption --json")).ok();
        disk.switch().cut();
        disk.back();
        assert_eq!(plans(&world), n);
        world.run(&format!("backup plan{n}")).ok();
    }
    assert!(Path::new(disk.at()).join("config").is_dir());
}
