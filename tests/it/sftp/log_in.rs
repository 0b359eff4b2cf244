//! Getting in: by keys, sealed or not, by an agent that holds them, by a password.

use std::path::PathBuf;

use super::*;
use crate::servers::account::Account;
use crate::servers::ssh_agent::SshAgent;
use crate::support::{hit, tool};

const LINE: &str = "backup --source @source --to % --json";
const PASSPHRASE: &str = "open sesame";
/// Nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(110);

impl Person {
    fn with_something() -> Self {
        let person = Self::new();
        fs::create_dir(person.world.source()).unwrap();
        fs::write(person.world.source().join("a"), Random(40).bytes(300_000)).unwrap();
        person
    }

    fn key(&self, name: &str) -> PathBuf {
        self.world.path("person/.ssh").join(name)
    }

    /// A key of its own; the server knows it only where that is said.
    fn new_key(&self, name: &str, kind: &str, passphrase: &str) {
        let _ = fs::remove_file(self.key(name));
        let file = self.key(name);
        let file = file.to_str().unwrap();
        tool("ssh-keygen", ["-q", "-N", passphrase, "-f", file].into_iter().chain(kind.split(' ')));
    }

    fn with_password(&self, line: &str, password: &str) -> Ran {
        self.run_with(line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", password))
    }

    /// With that agent; ends within a bounded time.
    fn with_agent(&self, agent: &SshAgent, line: &str, password: &str) -> Ran {
        let mut command = self.words(line);
        command.env("SSH_AUTH_SOCK", &agent.socket).env("STRONGROOM_STORAGE_PASSWORD", password);
        hit(&mut command, PATIENCE, |_| ()).0
    }

    fn restores(&self, run: &dyn Fn(&str) -> Ran) {
        run("restore --from % --to @out").ok();
        assert_same(&self.world.source(), &self.world.path("out/source"));
        fs::remove_dir_all(self.world.path("out")).unwrap();
    }
}

#[track_caller]
fn refused(ran: &Ran, given: &str) {
    assert_eq!((code(ran), ran.code), ("storage-password".into(), Some(12)), "{}", ran.out);
    assert!(!ran.out.contains(given) && !ran.err.contains(given));
}

#[test]
fn a_sealed_key_opens_with_its_passphrase() {
    let person = Person::with_something();
    let known = person.key("id_ed25519.pub");
    fs::remove_file(person.key("id_ed25519")).unwrap();
    let kinds = [
        ("id_ed25519", "-t ed25519"),
        ("id_ecdsa", "-t ecdsa"),
        ("id_rsa", "-t rsa -b 2048"),
        ("id_rsa", "-t rsa -b 2048 -m PEM"),
        ("id_rsa", "-t rsa -b 2048 -m PKCS8"),
    ];
    for (name, kind) in kinds {
        person.new_key(name, kind, PASSPHRASE);
        let public = person.key(&format!("{name}.pub"));
        if public != known {
            fs::copy(public, &known).unwrap();
        }
        let none = person.run(LINE);
        assert_eq!((code(&none), none.code), ("storage-password-needed".into(), Some(12)), "{kind}: {}", none.out);
        refused(&person.with_password(LINE, "not this one"), "not this one");
        let right = person.with_password(LINE, PASSPHRASE);
        assert_eq!(right.code, Some(0), "{kind}: {}{}", right.out, right.err);
        person.restores(&|line| person.with_password(line, PASSPHRASE));
        fs::remove_file(person.key(name)).unwrap();
    }
}

#[test]
fn a_plan_keeps_the_passphrase_of_its_key() {
    let person = Person::with_something();
    tool("ssh-keygen", ["-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", person.key("id_ed25519").to_str().unwrap()]);
    person.with_password("plan add Docs --source @source --to %", PASSPHRASE).ok();
    person.run("backup Docs").ok();
    person.restores(&|line| person.run(line));
    let key = fs::read_to_string(person.key("id_ed25519")).unwrap();
    assert!(key.contains("OPENSSH PRIVATE KEY"), "the key's file is left as it was");
}

#[test]
fn an_agent_opens_it_without_any_file() {
    let person = Person::with_something();
    let mut agent = SshAgent::start(&person.world.path("agent"));
    agent.add(&person.key("id_ed25519"));
    fs::remove_file(person.key("id_ed25519")).unwrap();
    person.with_agent(&agent, LINE, "").ok();
    person.restores(&|line| person.with_agent(&agent, line, ""));
    agent.forget_all();
    assert_eq!(code(&person.with_agent(&agent, LINE, "")), "storage-password-needed", "it holds none");
    agent.process.stop();
    assert_eq!(code(&person.with_agent(&agent, LINE, "")), "storage-password-needed", "nobody listens there");
}

#[test]
fn the_agents_rsa_key_opens_it_too() {
    let person = Person::with_something();
    let agent = SshAgent::start(&person.world.path("agent"));
    fs::remove_file(person.key("id_ed25519")).unwrap();
    person.new_key("id_rsa", "-t rsa -b 2048", "");
    fs::copy(person.key("id_rsa.pub"), person.key("id_ed25519.pub")).unwrap();
    agent.add(&person.key("id_rsa"));
    fs::remove_file(person.key("id_rsa")).unwrap();
    person.with_agent(&agent, LINE, "").ok();
}

#[test]
fn an_agent_that_is_dead_or_silent_keeps_nobody_out() {
    let person = Person::with_something();
    let mut agent = SshAgent::start(&person.world.path("agent"));
    agent.process.signal("STOP");
    person.with_agent(&agent, LINE, "").ok();
    agent.process.stop();
    assert!(agent.socket.exists());
    person.with_agent(&agent, LINE, "").ok();
}

#[test]
fn keys_that_do_not_fit_leave_a_try_for_what_does() {
    let mut person = Person::with_something();
    let agent = SshAgent::start(&person.world.path("agent"));
    for n in 0..6 {
        person.new_key("other", "-t ed25519", "");
        agent.add(&person.key("other"));
        fs::rename(person.key("other"), person.key(&format!("other-{n}"))).unwrap();
    }
    person.with_agent(&agent, LINE, "").ok();

    // A server closes the door after six tries: the same three in the agent and in files count once.
    let account = Account::new(PASSPHRASE);
    person.server.take_passwords();
    agent.forget_all();
    let keys = [("id_ed25519", "-t ed25519"), ("id_ecdsa", "-t ecdsa"), ("id_rsa", "-t rsa -b 2048")];
    let others = || {
        for (name, kind) in keys {
            person.new_key(name, kind, "");
        }
        fs::copy(person.key("other.pub"), person.key("id_ed25519.pub")).unwrap();
    };
    others();
    keys.iter().for_each(|(name, _)| agent.add(&person.key(name)));
    let line = LINE.replace('%', &of(&person, &account));
    assert_eq!(code(&person.with_agent(&agent, &line, "")), "storage-password-needed");
    refused(&person.with_agent(&agent, &line, "not this one"), "not this one");
    person.with_agent(&agent, &line, PASSPHRASE).ok();

    // And where all are others.
    for n in 0..3 {
        agent.add(&person.key(&format!("other-{n}")));
    }
    others();
    refused(&person.with_agent(&agent, &line, "not this one"), "not this one");
    person.with_agent(&agent, &line, PASSPHRASE).ok();
}

/// Where that account may write.
fn of(person: &Person, account: &Account) -> String {
    format!("sftp://{}@127.0.0.1:{}{}/dest", account.name, person.server.port, account.home().display())
}

#[test]
fn a_password_opens_an_account_of_the_system() {
    let mut person = Person::with_something();
    let account = Account::new(PASSPHRASE);
    person.server.take_passwords();
    fs::remove_file(person.key("id_ed25519")).unwrap();
    let address = of(&person, &account);
    let line = LINE.replace('%', &address);
    assert_eq!(code(&person.run(&line)), "storage-password-needed");
    refused(&person.with_password(&line, "not this one"), "not this one");
    assert!(!account.home().join("dest").exists(), "nothing was sent to it");
    person.with_password(&line, PASSPHRASE).ok();
    fs::rename(person.world.home(), person.world.path("known")).unwrap();
    person.restores(&|line| person.with_password(&line.replace('%', &address), PASSPHRASE));
    assert_eq!(
        code(&person.run(&"versions --from % --json".replace('%', &address))),
        "storage-password-needed",
        "it was not kept"
    );

    let file = person.world.path("password");
    fs::write(&file, format!("{PASSPHRASE}\n")).unwrap();
    let by_file = |line: &str| {
        person.run_with(&line.replace('%', &address), |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD_FILE", &file))
    };
    by_file("plan add Docs --source @source --to %").ok();
    fs::remove_file(&file).unwrap();
    person.run("backup Docs").ok();
    // Nobody who is not let in.
    let nobody = line.replace(&account.name, "nobody-of-that-name");
    refused(&person.with_password(&nobody, PASSPHRASE), PASSPHRASE);
}
