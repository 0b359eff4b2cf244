//! Servers that may only be read from: that is said at once, also what works, and whatever needs no writing does.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::servers::apache::{self, Apache, Asks};
use crate::servers::between;
use crate::servers::dufs::{self, Dufs};
use crate::servers::http::Reply;
use crate::servers::stores::{Kind, Store};
use crate::sftp::Person;
use crate::support::{Ran, Random, World, assert_same, tool, walk};
use crate::tree;

const BACKUP: &str = "backup --source @source --to % --json";

/// What was backed up there by [`fill`], when it was still let. `on_disk`: where what lies there can be seen as files.
fn can_still_be_read(world: &World, run: &dyn Fn(&str) -> Ran, on_disk: Option<&Path>) {
    let kept = world.path("kept");
    tool("cp", [OsStr::new("-a"), world.source().as_os_str(), kept.as_os_str()]);
    fs::write(world.source().join("new"), Random(861).bytes(300_000)).unwrap();
    let before = on_disk.map(walk);
    assert_eq!(run(BACKUP).code(1).problem(), "not-writable");

    let tested = run("storage test % --json").code(1);
    assert_eq!(tested.problem(), "not-writable");
    let said = run("storage test %").code(1).err;
    assert!(said.contains("can be read, but not written to"), "{said}");

    run("verify --from % --all --depth full").ok();
    run("restore --from % --to @out").ok();
    assert_same(&kept, &world.path("out/source"));
    let lines = run("versions --from % --json").ok().lines();
    let first = lines.iter().find_map(|line| line["id"].as_str()).unwrap();
    let refused = run(&format!("delete --from % --version {first} --json"));
    assert_eq!(refused.problem(), "not-writable", "{}", refused.out);
    assert_eq!(before, on_disk.map(walk), "nothing was written there");
}

fn fill(world: &World, run: &dyn Fn(&str) -> Ran) {
    tree::plain(&world.source(), 30, &mut Random(860));
    for _ in 0..2 {
        run(&format!("{BACKUP} --type full")).ok();
    }
}

#[test]
fn an_sftp_server() {
    let mut person = Person::new();
    fill(&person.world, &|line| person.run(line));
    person.server.start_again_by("internal-sftp -R");
    can_still_be_read(&person.world, &|line| person.run(line), Some(&person.world.dest()));
}

#[test]
fn a_webdav_server() {
    let (world, server) = (World::new(), Apache::start(Asks::Basic, None));
    let run = |place: &str, line: &str| {
        let line = line.replace('%', &server.address(place));
        world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", apache::PASSWORD))
    };
    fill(&world, &|line| run("b", line));
    let closed = server.data().join("readonly");
    fs::remove_dir(&closed).unwrap();
    fs::rename(server.data().join("b"), &closed).unwrap();
    can_still_be_read(&world, &|line| run("readonly", line), Some(&closed));
}

#[test]
fn a_webdav_server_that_takes_the_standard_lightly() {
    let world = World::new();
    fs::create_dir(world.path("shown")).unwrap();
    let mut server = Dufs::start(&world.path("shown"));
    let address = server.address("b");
    let run = |line: &str| {
        let line = line.replace('%', &address);
        world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", dufs::PASSWORD))
    };
    fill(&world, &run);
    server.start_again_read_only();
    can_still_be_read(&world, &run, Some(&world.path("shown/b")));
}

#[test]
fn a_bucket() {
    for kind in [Kind::S3s, Kind::Azurite, Kind::Gcs] {
        let world = World::new();
        let store = Store::start(kind, &world.path("server"));
        // As a key answers that has no right to write.
        let denied = match kind {
            Kind::S3s => ("403 Forbidden", "<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>"),
            Kind::Azurite => (
                "403 This request is not authorized to perform this operation using this permission.",
                "<Error><Code>AuthorizationPermissionMismatch</Code><Message>Not with this permission.</Message></Error>",
            ),
            _ => (
                "403 Forbidden",
                "{\"error\":{\"code\":403,\"message\":\"ada does not have storage.objects.create access.\",\
                  \"errors\":[{\"reason\":\"forbidden\",\"domain\":\"global\"}]}}",
            ),
        };
        let closed = between::before(store.port, move |asked| {
            let reads = ["GET", "HEAD"].contains(&asked.method.as_str());
            (!reads).then(|| Reply::with(denied.0, denied.1))
        });
        let (open, closed) = (store.port, closed);
        let run = |port: u16, line: &str| {
            let address = store.address("b").replace(&format!(":{open}"), &format!(":{port}"));
            let line = line.replace('%', &address);
            world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", store.secret()))
        };
        fill(&world, &|line| run(open, line));
        can_still_be_read(&world, &|line| run(closed, line), None);
    }
}
