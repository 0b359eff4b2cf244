//! Limits of speed: kept to on each kind of server, and by settings that a command changes.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::servers::dufs::{self, Dufs};
use crate::servers::pure_ftpd::{self, PureFtpd};
use crate::servers::sshd::Sshd;
use crate::servers::stores::{Kind, Store};
use crate::support::{Random, World};

/// What is sent, and at how many bytes per second.
const LENGTH: usize = 1_500_000;
const SPEED: &str = "500kB";
/// The least that it takes: all but what may be on its way at once.
const LEAST: Duration = Duration::from_secs(2);

/// Each takes its time: on no machine it may take less.
fn keeps_to_its_limits(world: &World, address: &str, access: &dyn Fn(&mut Command)) {
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("a"), Random(61).bytes(LENGTH)).unwrap();
    let run = |line: &str| world.run_with(&line.replace('%', address), |command| access(command)).ok();
    run(&format!("limit --upload {SPEED}"));
    let begun = Instant::now();
    run("backup --source @source --to % --json");
    assert!(begun.elapsed() > LEAST, "up in {:?}", begun.elapsed());
    run(&format!("limit --upload off --download {SPEED}"));
    let begun = Instant::now();
    run("restore --from % --to @out --json");
    assert!(begun.elapsed() > LEAST, "down in {:?}", begun.elapsed());
    assert_eq!(fs::read(world.path("out/source/a")).unwrap(), fs::read(world.source().join("a")).unwrap());
}

fn with_password(command: &mut Command, password: &str) {
    command.env("STRONGROOM_STORAGE_PASSWORD", password);
}

#[test]
fn they_are_kept_to_over_sftp() {
    let world = World::new();
    let server = Sshd::start(&world.path("server"));
    fs::create_dir_all(world.path("person")).unwrap();
    fs::rename(&server.keys, world.path("person/.ssh")).unwrap();
    std::os::unix::fs::symlink(world.path("person/.ssh"), &server.keys).unwrap();
    let home = world.path("person");
    keeps_to_its_limits(&world, &server.address(&world.dest()), &|command| {
        command.env("HOME", &home).env_remove("SSH_AUTH_SOCK");
    });
}

#[test]
fn they_are_kept_to_over_webdav() {
    let world = World::new();
    fs::create_dir(world.path("shown")).unwrap();
    let server = Dufs::start(&world.path("shown"));
    keeps_to_its_limits(&world, &server.address("b"), &|command| with_password(command, dufs::PASSWORD));
}

#[test]
fn they_are_kept_to_over_ftp() {
    let world = World::new();
    let server = PureFtpd::start(&world.path("server"));
    keeps_to_its_limits(&world, &server.address("ftp", "/dest"), &|command| with_password(command, pure_ftpd::PASSWORD));
}

#[test]
fn they_are_kept_to_by_an_object_store() {
    let world = World::new();
    let store = Store::start(Kind::S3s, &world.path("server"));
    keeps_to_its_limits(&world, &store.address("b"), &|command| with_password(command, store.secret()));
}

#[test]
fn folders_know_none_and_wrong_ones_are_refused() {
    let world = World::new();
    let show = || world.run("limit --json").ok().last();
    assert!(show()["upload"].is_null());
    assert_eq!(show()["connections"].as_u64(), Some(4));
    let set = world.run("limit --upload 2MB/s --download 40kB --between 08:00-18:00").ok();
    assert!(set.out.contains("at most 2.0 MB/s up and 40.0 kB/s down from 08:00 to 18:00"), "{}", set.out);
    assert_eq!((show()["upload"].as_u64(), show()["between"].as_str()), (Some(2_000_000), Some("08:00-18:00")));
    for bad in ["--upload 1kB", "--upload fast", "--between 08:00", "--between 08:00-08:00"] {
        assert_eq!(world.run(&format!("limit {bad}")).code, Some(2), "{bad}");
    }
    let set = world.run("limit --connections 8").ok();
    assert!(set.out.contains("8 files to or from each server"), "{}", set.out);
    assert_eq!((show()["connections"].as_u64(), show()["runs"].as_u64()), (Some(8), Some(2)));
    for bad in ["0", "17", "many"] {
        assert_eq!(world.run(&format!("limit --connections {bad}")).code, Some(2), "{bad}");
    }
    world.run("limit --upload off --download off --between always").ok();
    assert!(show()["upload"].is_null() && show()["between"].is_null());
}
