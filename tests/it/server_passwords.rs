//! Which server gets to see a password that goes with a command: the one that it is for, and no other.

use std::fs;

use crate::servers::apache::{self, Apache, Asks};
use crate::servers::fake::{Fake, answer};
use crate::servers::sshd::Sshd;
use crate::servers::stores::{Kind, S3_SECRET, Store};
use crate::support::{Ran, World};

/// A server that asks for a password and takes none.
struct Curious(Fake);

impl Curious {
    fn start() -> Self {
        Self(Fake::start(|_, _| answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"here\"\r\n", b"")))
    }

    fn address(&self) -> String {
        format!("webdav+http://ada@127.0.0.1:{}/b", self.0.port)
    }

    /// What it was told of passwords.
    fn told(&self) -> Vec<String> {
        self.0.asked().iter().map(|asked| asked.header("authorization").to_owned()).filter(|told| !told.is_empty()).collect()
    }
}

/// With a password in the environment; empty: without.
fn run(world: &World, password: &str, line: &str) -> Ran {
    world.run_with(line, |command| {
        command.env("HOME", world.path("person")).env_remove("SSH_AUTH_SOCK");
        command.env("STRONGROOM_STORAGE_PASSWORD", password);
    })
}

fn world() -> World {
    let world = World::new();
    fs::create_dir_all(world.path("person")).unwrap();
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("a"), "a").unwrap();
    world
}

#[test]
fn each_server_of_a_plan_gets_its_own_that_is_remembered() {
    let (world, stranger, server) = (world(), world(), Apache::start(Asks::Basic, None));
    let store = Store::start(Kind::S3s, &world.path("s3"));
    run(&world, S3_SECRET, &format!("plan add Docs --source @source --to {}", store.address("b"))).ok();
    run(&world, apache::PASSWORD, &format!("storage add {} --plan Docs", server.address("b"))).ok();
    run(&world, S3_SECRET, "backup Docs --json").ok();
    run(&world, apache::PASSWORD, "storage health --json").ok();
    assert!(!server.log().contains("Password Mismatch"), "{}", server.log());
    run(&world, "", &format!("versions --from {}", store.address("b"))).ok();
    // That it would be told there.
    run(&stranger, "wrong", &format!("versions --from {}", server.address("b"))).code(12);
    assert!(server.log().contains("Password Mismatch"), "{}", server.log());
}

#[test]
fn of_several_servers_that_ask_for_one_none_gets_it() {
    let (world, curious) = (world(), Curious::start());
    let store = Store::start(Kind::S3s, &world.path("s3"));
    let (s3, other) = (store.address("b"), curious.address());
    run(&world, S3_SECRET, &format!("backup --source @source --to {s3}")).ok();
    for line in [
        format!("backup --source @source --to {s3} --to {other}"),
        format!("plan add Docs --source @source --to {other} --to {s3}"),
        format!("replicate --from {s3} --to {other}"),
        format!("storage health {s3} {other}"),
    ] {
        let ran = run(&world, S3_SECRET, &format!("{line} --json")).code(2);
        assert_eq!(ran.problem(), "usage", "{line}");
        assert!([&*s3, &*other, "storage add"].iter().all(|word| ran.out.contains(word)), "{}", ran.out);
        assert!(!ran.out.contains(S3_SECRET) && !ran.err.contains(S3_SECRET));
    }
    assert_eq!(curious.told(), [""; 0]);
    // Where only one asks, there is no doubt.
    let sshd = Sshd::start(&world.path("sshd"));
    fs::rename(&sshd.keys, world.path("person/.ssh")).unwrap();
    std::os::unix::fs::symlink(world.path("person/.ssh"), &sshd.keys).unwrap();
    run(&world, S3_SECRET, &format!("replicate --from {s3} --to {}", sshd.address(&world.path("copy")))).ok();
    run(&world, S3_SECRET, &format!("replicate --from {s3} --to @folder")).ok();
}

#[test]
fn one_that_is_remembered_comes_first_and_where_it_is_refused_the_one_that_is_given() {
    let (world, server) = (world(), Apache::start(Asks::Basic, None));
    let at = server.address("b");
    run(&world, apache::PASSWORD, &format!("plan add Docs --source @source --to {at}")).ok();
    run(&world, "wrong", &format!("storage test {at}")).ok();
    const NEW: &str = "it was changed";
    server.change_password(NEW);
    let test = format!("storage test {at} --json");
    assert_eq!(run(&world, "", &test).problem(), "storage-password");
    run(&world, NEW, &test).ok();
    assert_eq!(run(&world, "", &test).problem(), "storage-password", "what only a test was given is not remembered");
    let said = run(&world, NEW, &format!("storage add {at} --plan Docs")).ok();
    assert!(said.out.contains("remembered now"), "{}", said.out);
    run(&world, "", &test).ok();
    run(&world, "wrong", &test).ok();
    run(&world, "wrong", "backup Docs").ok();
}
