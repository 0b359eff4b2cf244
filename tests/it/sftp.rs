//! Destinations on an SFTP server: the whole job from the command line, and a server that is not what it was.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::job;
use crate::servers::sshd::Sshd;
use crate::support::{Ran, Random, World, assert_same};

mod log_in;

/// A person whose ssh has a key that opens the server.
pub struct Person {
    pub world: World,
    pub server: Sshd,
}

impl Person {
    pub fn new() -> Self {
        let world = World::new();
        let server = Sshd::start(&world.path("server"));
        fs::create_dir_all(world.path("person")).unwrap();
        fs::rename(&server.keys, world.path("person/.ssh")).unwrap();
        std::os::unix::fs::symlink(world.path("person/.ssh"), &server.keys).unwrap();
        Self { world, server }
    }

    pub fn address(&self) -> String {
        self.server.address(&self.world.dest())
    }

    pub fn run(&self, line: &str) -> Ran {
        self.run_with(line, |_| {})
    }

    /// `%` stands for the destination.
    pub fn run_with(&self, line: &str, change: impl FnOnce(&mut Command)) -> Ran {
        let line = line.replace('%', &self.address());
        self.world.run_with(&line, |command| {
            command.env("HOME", self.world.path("person")).env_remove("SSH_AUTH_SOCK");
            change(command);
        })
    }

    /// The command of a line, to be run by the test itself.
    pub fn words(&self, line: &str) -> Command {
        let mut command = self.world.words(&line.replace('%', &self.address()));
        command.env("HOME", self.world.path("person")).env_remove("SSH_AUTH_SOCK");
        command
    }

    fn forget_servers(&self) {
        fs::remove_file(self.world.path("person/.ssh/known_hosts")).unwrap();
    }
}

fn code(ran: &Ran) -> Value {
    ran.problem().into()
}

#[test]
fn the_whole_job_on_a_server() {
    let person = Person::new();
    job::whole(&person.world, &|line| person.run(line), Some(&person.world.dest()));
}

#[test]
fn a_new_server_is_trusted_by_its_key_only() {
    let mut person = Person::new();
    person.forget_servers();
    fs::create_dir(person.world.source()).unwrap();
    let line = "backup --source @source --to % --json";
    let refused = person.run(line);
    assert_eq!(code(&refused), "server-unknown");
    assert!(refused.out.contains(&person.server.fingerprint), "{}", refused.out);
    let other = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let named = person.run(&format!("{line} --host-key {other}"));
    assert_eq!(code(&named), "server-changed");
    assert!(named.out.contains("another key than the one that was named"), "{}", named.out);
    assert!(!person.world.dest().exists(), "nothing was sent to it");
    person.run(&format!("{line} --host-key {}", person.server.fingerprint)).ok();
    person.run(line).ok();
    let named = person.run(&format!("{line} --host-key {other}"));
    assert!(named.out.contains("another key than the one that was named"), "{}", named.out);
    person.server.process.stop();
    person.server.start_again_with_another_key();
    let changed = person.run(line);
    assert_eq!(code(&changed), "server-changed");
    assert!(changed.out.contains("another key than before"), "{}", changed.out);
    assert_eq!(code(&person.run(&format!("{line} --accept-new-host-key"))), "server-changed", "it is not new");
    person.run(&format!("{line} --host-key {}", person.server.shown_now())).ok();
    person.run(line).ok();
}

#[test]
fn a_server_that_was_only_read_from_is_known_from_then_on() {
    let mut person = Person::new();
    fs::create_dir(person.world.source()).unwrap();
    person.run("backup --source @source --to %").ok();
    person.forget_servers();
    fs::remove_dir_all(person.world.home()).unwrap();
    let line = "versions --from % --json";
    assert_eq!(code(&person.run(line)), "server-unknown");
    person.run(&format!("{line} --accept-new-host-key")).ok();
    person.run(line).ok();
    person.server.process.stop();
    person.server.start_again_with_another_key();
    assert_eq!(code(&person.run(&format!("{line} --accept-new-host-key"))), "server-changed", "it is not new any more");
}

#[test]
fn a_password_is_asked_for_where_no_key_fits() {
    let person = Person::new();
    fs::create_dir(person.world.source()).unwrap();
    fs::remove_file(person.world.path("person/.ssh/id_ed25519")).unwrap();
    let line = "backup --source @source --to % --json";
    assert_eq!(code(&person.run(line)), "storage-password-needed");
    let refused = person.run_with(line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", "not this one"));
    assert_eq!((code(&refused), refused.code), ("storage-password".into(), Some(12)));
    assert!(!refused.out.contains("not this one") && !refused.err.contains("not this one"));
}

#[test]
fn a_run_whose_server_dies_is_gone_on_with() {
    let mut person = Person::new();
    let volumes = person.world.dest();
    job::dies(&person.world, &|line| person.run(line), &|| job::finished(&volumes), &|| person.server.process.end());
    assert_eq!(code(&person.run("backup Big --json")), "destination-missing", "nothing answers");
    person.server.process.start_again();
    job::goes_on(&person.world, &|line| person.run(line));
}

#[test]
fn a_server_that_dies_holds_nobody_back_and_catches_up() {
    let mut person = Person::new();
    let world = &person.world;
    fs::create_dir(world.source()).unwrap();
    fs::create_dir(world.path("copy")).unwrap();
    for n in 0..30 {
        fs::write(world.source().join(format!("{n}")), Random(n).bytes(4 << 20)).unwrap();
    }
    person.run("plan add Big --source @source --to % --to @copy --volume-size 16M").ok();
    // It dies while it is written to.
    let volumes = world.dest();
    let report = thread::scope(|scope| {
        let ran = scope.spawn(|| person.run("backup Big --json"));
        while job::finished(&volumes) < 1 && !ran.is_finished() {
            thread::sleep(Duration::from_millis(2));
        }
        person.server.process.end();
        ran.join().unwrap()
    });
    let report = report.code(3).last();
    assert_eq!(report["warnings"][0]["cause"], "destination", "{report}");
    person.run("restore --from @copy --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));
    fs::remove_dir_all(world.path("out")).unwrap();

    person.server.process.start_again();
    let caught_up = person.run("backup Big --json").ok().last();
    assert_eq!(caught_up["copies"][0]["versions"].as_array().unwrap().len(), 2, "{caught_up}");
    person.run("verify --from % --all --depth full").ok();

    // It dies while it is read.
    let mut restore = person.words("restore --from % --to @out --json").stdout(Stdio::piped()).spawn().unwrap();
    let restored = |least: usize| fs::read_dir(person.world.path("out/source")).is_ok_and(|entries| entries.count() >= least);
    while !restored(3) && restore.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    person.server.process.end();
    let there = fs::read_dir(person.world.path("out/source")).unwrap().count();
    let output = restore.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(there < 30, "it was over before the server was");
    assert_same(&person.world.source(), &person.world.path("out/source"));
}

#[test]
fn since_when_a_server_is_away_is_told() {
    let person = Person::new();
    fs::create_dir(person.world.source()).unwrap();
    fs::write(person.world.source().join("a"), "x").unwrap();
    person.run("plan add Docs --source @source --to % --schedule 300d").ok();
    person.run("backup Docs").ok();
    let well = person.run("storage health --history --json").ok().lines();
    assert!(well.len() == 3 && well[0]["code"].is_null() && well[1]["away_since"].is_null(), "{well:?}");
    person.server.process.end();
    person.run("storage health").code(10);
    let told = person.run("storage health --history --json").code(1).lines();
    let [good, bad, sum, result] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&good["failure"], &bad["failure"]["code"]), (&Value::Null, &Value::from("destination-missing")));
    assert_eq!((&sum["away_since"], &sum["looks"], &sum["good_looks"]), (&bad["at"], &2.into(), &1.into()), "{sum}");
    assert_eq!((&sum["needs_attention"], &result["result"]), (&false.into(), &"failed".into()));
    let said = person.run("storage health % --history --days 2").code(1).out;
    assert!(said.contains("The server does not answer.") && said.contains("not usable since today"), "{said}");
}
