//! Destinations on WebDAV servers: the whole job from the command line, and servers that are not to be trusted, or die.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::job;
use crate::servers::apache::{self, Apache, Asks};
use crate::servers::ca::Ca;
use crate::servers::dufs::{self, Dufs};
use crate::support::{Ran, Random, World, assert_same, walk};
use crate::tree;

/// `%` stands for the destination.
fn run_with(world: &World, address: &str, password: &str, line: &str, change: impl FnOnce(&mut Command)) -> Ran {
    let line = line.replace('%', address);
    world.run_with(&line, |command| {
        command.env("STRONGROOM_STORAGE_PASSWORD", password);
        change(command);
    })
}

fn run(world: &World, address: &str, line: &str) -> Ran {
    run_with(world, address, apache::PASSWORD, line, |_| {})
}

fn code(ran: &Ran) -> Value {
    ran.problem().into()
}

fn the_whole_job(world: &World, address: &str, password: &str, more: &str, on_disk: &Path) {
    let run = |line: &str| run_with(world, address, password, &format!("{line} {more}"), |_| {});
    job::whole(world, &run, Some(on_disk));
}

#[test]
fn the_whole_job_on_an_open_line() {
    let (world, server) = (World::new(), Apache::start(Asks::Basic, None));
    the_whole_job(&world, &server.address("b"), apache::PASSWORD, "", &server.data().join("b"));
    let said = run(&world, &server.address("b"), "versions --from %").ok();
    assert!(said.err.contains("not protected"), "{}", said.err);
    let verified = run(&world, &server.address("b"), "verify --from %").ok();
    assert_eq!(verified.err.matches("not protected").count(), 1, "{}", verified.err);
    let quiet = run(&world, &server.address("b"), "verify --from % --quiet").ok();
    assert!(!quiet.err.contains("not protected"), "{}", quiet.err);
}

#[test]
fn the_whole_job_over_tls() {
    let world = World::new();
    let ca = Ca::new(&world.path("ca"));
    let server = Apache::start(Asks::Digest, Some(&ca.identity()));
    let more = format!("--ca-file {}", ca.file().display());
    the_whole_job(&world, &server.address("%C3%BC"), apache::PASSWORD, &more, &server.data().join("ü"));
    let said = run(&world, &server.address("%C3%BC"), "versions --from %").ok();
    assert_eq!(said.err, "", "it is known by now who vouches for the server, and nobody can listen");
}

#[test]
fn the_whole_job_on_a_server_that_takes_the_standard_lightly() {
    let world = World::new();
    fs::create_dir(world.path("shown")).unwrap();
    let server = Dufs::start(&world.path("shown"));
    the_whole_job(&world, &server.address("b"), dufs::PASSWORD, "", &world.path("shown/b"));
}

#[test]
fn a_password_is_asked_for_and_never_told() {
    let (world, server) = (World::new(), Apache::start(Asks::Basic, None));
    fs::create_dir(world.source()).unwrap();
    let line = "backup --source @source --to % --json";
    let none = run_with(&world, &server.address("b"), "", line, |command| _ = command.env_remove("STRONGROOM_STORAGE_PASSWORD"));
    assert_eq!((code(&none), none.code), ("storage-password-needed".into(), Some(12)));
    let refused = run_with(&world, &server.address("b"), "not this one", line, |_| {});
    assert_eq!((code(&refused), refused.code), ("storage-password".into(), Some(12)));
    assert!(!refused.out.contains("not this one") && !refused.err.contains("not this one"));
    let inside = server.address("b").replace("ada@", "ada:secret@");
    let in_address = run(&world, &inside, line);
    assert_eq!(code(&in_address), "usage");
    assert!(!in_address.out.contains("secret") && !in_address.err.contains("secret"));
}

#[test]
fn a_password_may_lie_in_a_file() {
    let (world, server) = (World::new(), Apache::start(Asks::Basic, None));
    tree::plain(&world.source(), 20, &mut Random(85));
    let by_file = |line: &str| {
        let line = line.replace('%', &server.address("b"));
        world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD_FILE", world.path("password")))
    };
    let line = "backup --source @source --to % --json";
    assert_eq!(code(&by_file(line)), "usage", "there is no such file");
    fs::write(world.path("password"), "not this one").unwrap();
    let refused = by_file(line);
    assert_eq!((code(&refused), refused.code), ("storage-password".into(), Some(12)));
    assert!(!refused.out.contains("not this one") && !refused.err.contains("not this one"));
    fs::write(world.path("password"), format!("{}\n", apache::PASSWORD)).unwrap();
    by_file(line).ok();
    by_file("verify --from % --depth full").ok();
    by_file("restore --from % --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));
    let aside = run_with(&world, &server.address("b"), "not this one", "versions --from % --json", |command| {
        command.env("STRONGROOM_STORAGE_PASSWORD_FILE", world.path("password"));
    });
    assert_eq!(code(&aside), "storage-password", "what is given itself comes before the file");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let world = World::new();
    let ca = Ca::new(&world.path("ca"));
    let server = Apache::start(Asks::Basic, Some(&ca.identity()));
    fs::create_dir(world.source()).unwrap();
    let line = "backup --source @source --to % --json";
    assert_eq!(code(&run(&world, &server.address("b"), line)), "server-certificate");
    assert!(!server.data().join("b").exists(), "nothing was sent to it");
    assert_eq!(code(&run(&world, &server.address("b"), &format!("{line} --ca-file @none"))), "usage");
    run(&world, &server.address("b"), &format!("{line} --ca-file {}", ca.file().display())).ok();
    run(&world, &server.address("b"), line).ok();

    let expired = Apache::start(Asks::Basic, Some(&ca.expired()));
    let refused = run(&world, &expired.address("b"), &format!("{line} --ca-file {}", ca.file().display()));
    assert_eq!(code(&refused), "server-certificate-expired");
    assert!(refused.out.contains("expired"), "{}", refused.out);

    let another = Apache::start(Asks::Basic, Some(&ca.named("DNS:elsewhere")));
    let refused = run(&world, &another.address("b"), &format!("{line} --ca-file {}", ca.file().display()));
    assert_eq!(code(&refused), "server-certificate-invalid");
    assert!(refused.out.contains("made for elsewhere, not for") && !refused.out.contains("--ca-file"), "{}", refused.out);
}

#[test]
fn who_vouches_for_a_server_is_remembered_by_whoever_only_reads() {
    let world = World::new();
    let ca = Ca::new(&world.path("ca"));
    let server = Apache::start(Asks::Basic, Some(&ca.identity()));
    fs::create_dir(world.source()).unwrap();
    let run = |line: &str| run(&world, &server.address("b"), line);
    let with = format!("--ca-file {}", ca.file().display());
    run(&format!("backup --source @source --to % {with}")).ok();
    fs::remove_dir_all(world.home()).unwrap();
    assert_eq!(code(&run("versions --from % --json")), "server-certificate");
    run(&format!("versions --from % {with}")).ok();
    run("versions --from %").ok();
}

#[test]
fn what_cannot_be_changed_is_read_all_the_same() {
    let (world, server) = (World::new(), Apache::start(Asks::Basic, None));
    tree::plain(&world.source(), 20, &mut Random(84));
    let line = "backup --source @source --to % --json";
    assert_eq!(code(&run(&world, &server.address("readonly"), line)), "not-writable");
    run(&world, &server.address("b"), line).ok();
    fs::remove_dir(server.data().join("readonly")).unwrap();
    fs::rename(server.data().join("b"), server.data().join("readonly")).unwrap();
    run(&world, &server.address("readonly"), "verify --from % --depth full").ok();
    run(&world, &server.address("readonly"), "restore --from % --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));
}

#[test]
fn where_nothing_can_be_deleted_backups_go_on_and_it_is_said() {
    let (world, server) = (World::new(), Apache::start(Asks::Basic, None));
    let address = server.address("kept");
    job::append_only(&world, &|line| run(&world, &address, line));
}

#[test]
fn a_run_whose_server_dies_is_gone_on_with() {
    let (world, mut server) = (World::new(), Apache::start(Asks::Basic, None));
    let (address, volumes) = (server.address("b"), server.data().join("b"));
    let run = |line: &str| run(&world, &address, line);
    job::dies(&world, &run, &|| job::finished(&volumes), &|| server.process.end());
    let shown: Vec<_> = walk(&volumes).into_iter().filter(|path| path.to_string_lossy().contains("/versions/")).collect();
    assert!(shown.is_empty(), "no version is seen that is not there: {shown:?}");
    server.process.stop();
    assert_eq!(code(&run("backup Big --json")), "destination-missing", "nothing answers");
    server.start_again();
    job::goes_on(&world, &run);
    assert!(walk(&volumes).iter().all(|path| !path.to_string_lossy().contains(".tmp-")), "nothing half done is left");
}

#[test]
fn a_folder_and_the_server_that_shows_it_are_no_two_destinations() {
    let world = World::new();
    let shown = world.path("shown");
    fs::create_dir_all(shown.join("b")).unwrap();
    tree::plain(&world.source(), 40, &mut Random(76));
    let server = Dufs::start(&shown);
    let line = format!("backup --source @source --to {} --to %", shown.join("b").display());
    let ran = run_with(&world, &server.address("b"), dufs::PASSWORD, &line, |_| {}).code(3);
    assert!(ran.err.contains("is the same place as") && !ran.err.contains("there already"), "{}", ran.err);
    run_with(&world, &server.address("b"), dufs::PASSWORD, "verify --from % --all --depth full", |_| {}).ok();
}
