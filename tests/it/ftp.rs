//! Destinations on FTP and FTPS servers: the whole job from the command line, and servers that are not as they should be.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::job;
use crate::servers::ca::Ca;
use crate::servers::pure_ftpd::{PASSWORD, PureFtpd};
use crate::servers::vsftpd::Vsftpd;
use crate::support::{Ran, Random, World, walk};

struct Person {
    world: World,
    server: PureFtpd,
    authority: Ca,
    scheme: &'static str,
}

impl Person {
    fn in_the_open() -> Self {
        let world = World::new();
        let authority = Ca::new(&world.path("ca"));
        let server = PureFtpd::start(&world.path("server"));
        Self { world, server, authority, scheme: "ftp" }
    }

    fn over_tls() -> Self {
        let world = World::new();
        let authority = Ca::new(&world.path("ca"));
        let server = PureFtpd::secured(&world.path("server"), &authority.identity().both());
        Self { world, server, authority, scheme: "ftps" }
    }

    fn run(&self, line: &str) -> Ran {
        self.run_with(line, |_| {})
    }

    /// `%` stands for the destination, with its certificates.
    fn run_with(&self, line: &str, change: impl FnOnce(&mut Command)) -> Ran {
        let line = line.replace('%', &self.server.address(self.scheme, "/dest"));
        self.world.run_with(&line, |command| {
            command.env("STRONGROOM_STORAGE_PASSWORD", PASSWORD);
            if self.scheme == "ftps" && line.contains("ftps:") {
                command.arg("--ca-file").arg(self.authority.file());
            }
            change(command);
        })
    }

    fn dest(&self) -> PathBuf {
        self.server.root().join("dest")
    }

    fn whole_job(&self) {
        job::whole(&self.world, &|line| self.run(line), Some(&self.dest()));
    }
}

#[test]
fn the_whole_job_on_a_server() {
    let person = Person::in_the_open();
    person.whole_job();
    let told = person.run("backup --source @source --to % --no-encryption --name Open");
    assert!(told.err.contains("FTP is not protected") && !told.err.contains(PASSWORD), "{}", told.err);
}

#[test]
fn the_whole_job_over_tls() {
    Person::over_tls().whole_job();
}

#[test]
fn a_certificate_that_does_not_fit_is_said_to_be_so() {
    let mut person = Person::over_tls();
    fs::create_dir(person.world.source()).unwrap();
    let line = "backup --source @source --to % --json";
    let without = |person: &Person| {
        let line = line.replace('%', &person.server.address("ftps", "/dest"));
        person.world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", PASSWORD))
    };
    let refused = without(&person);
    assert_eq!((refused.problem().as_str(), refused.code), ("server-certificate", Some(1)));
    assert!(refused.out.contains("--ca-file"), "{}", refused.out);
    person.run(line).ok();
    without(&person).ok();

    // Runs that nobody attends know it too, and the password.
    person.run("plan add Docs --source @source --to %").ok();
    let scheduled = |person: &Person| person.world.run_with("backup Docs --json", |_| {});
    scheduled(&person).ok();
    person.server.start_again_with(&person.authority.expired().both());
    let expired = scheduled(&person);
    assert_eq!(expired.problem(), "server-certificate-expired");
    assert!(expired.out.contains("expired"), "{}", expired.out);
    person.server.start_again_with(&person.authority.named("IP:127.0.0.2").both());
    let anothers = scheduled(&person);
    assert_eq!(anothers.problem(), "server-certificate-invalid");
    assert!(anothers.out.contains("made for 127.0.0.2,") && !anothers.out.contains("--ca-file"), "{}", anothers.out);
    person.server.start_again_with(&person.authority.identity().both());
    scheduled(&person).ok();
}

#[test]
fn who_gives_no_password_or_a_wrong_one_is_told() {
    let person = Person::in_the_open();
    fs::create_dir(person.world.source()).unwrap();
    let line = "backup --source @source --to % --json";
    let none = person.run_with(line, |command| _ = command.env_remove("STRONGROOM_STORAGE_PASSWORD"));
    assert_eq!(none.problem(), "storage-password-needed");
    let wrong = person.run_with(line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", "not this one"));
    assert_eq!((wrong.problem(), wrong.code), ("storage-password".into(), Some(12)));
    assert!(!wrong.out.contains("not this one") && !wrong.err.contains("not this one"));
    person.server.limit(1);
    fs::write(person.world.source().join("big"), Random(1).bytes(5 << 20)).unwrap();
    assert_eq!(person.run(line).problem(), "no-room");
}

#[test]
fn where_nothing_can_be_deleted_backups_go_on_and_it_is_said() {
    let world = World::new();
    let server = Vsftpd::start(&world.path("server"), "cmds_denied=DELE,RMD\n");
    let address = server.address("ftp", "");
    job::append_only(&world, &|line| world.run(&line.replace('%', &address)));
}

#[test]
fn a_run_whose_server_dies_is_gone_on_with() {
    let mut person = Person::in_the_open();
    job::dies(&person.world, &|line| person.run(line), &|| job::finished(&person.dest()), &|| person.server.process.end());
    assert_eq!(person.run("backup Big --json").problem(), "destination-missing", "nothing answers");
    person.server.process.start_again();
    job::goes_on(&person.world, &|line| person.run(line));
    let left = walk(&person.dest()).into_iter().filter(|path| path.to_string_lossy().contains(".tmp-")).count();
    assert_eq!(left, 0, "what was half done is gone");
}
