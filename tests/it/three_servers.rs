//! A plan with three destinations, an SSH server, a WebDAV server and a folder, one of which is killed for a while.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::job;
use crate::servers::dufs::{self, Dufs};
use crate::sftp::Person;
use crate::support::{Random, assert_same, walk};

/// A server is looked for each minute at first.
const PATIENCE: Duration = Duration::from_secs(150);

#[test]
fn one_of_three_that_is_killed_for_a_while_catches_up_by_itself() {
    let person = Person::new();
    let world = &person.world;
    for folder in ["shown", "folder", "source"] {
        fs::create_dir(world.path(folder)).unwrap();
    }
    let mut server = Dufs::start(&world.path("shown"));
    let dav = server.address("b");
    let on_disk = world.path("shown/b");
    fs::write(world.source().join("first"), "first").unwrap();
    person.run("plan add Big --source @source --to % --to @folder --volume-size 16M").ok();
    person
        .run_with(&format!("storage add {dav} --plan Big"), |command| {
            command.env("STRONGROOM_STORAGE_PASSWORD", dufs::PASSWORD);
        })
        .ok();
    person.run("backup Big").ok();
    let versions = || walk(&on_disk).iter().filter(|path| path.to_string_lossy().contains("/versions/")).count();
    let (one, before) = (versions(), job::finished(&on_disk));
    assert!(one > 0 && before > 0);

    let mut daemon = person.words("daemon").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for n in 0..30 {
        fs::write(world.source().join(format!("{n}")), Random(n).bytes(4 << 20)).unwrap();
    }
    let report = thread::scope(|scope| {
        let ran = scope.spawn(|| person.run("backup Big --json"));
        while job::finished(&on_disk) < before + 1 && !ran.is_finished() {
            thread::sleep(Duration::from_millis(2));
        }
        assert!(!ran.is_finished(), "it was over before the server was");
        server.process.end();
        ran.join().unwrap()
    });
    let report = report.code(3).last();
    assert_eq!(
        (report["warning_count"].as_u64(), report["warnings"][0]["cause"].as_str()),
        (Some(1), Some("destination")),
        "{report}"
    );
    for from in ["%", "@folder"] {
        assert_eq!(person.run(&format!("versions --from {from} --json")).ok().last()["count"], 2, "{from}");
    }
    assert_eq!(versions(), one, "nothing half done is seen");

    server.process.start_again();
    let begun = Instant::now();
    while versions() == one {
        assert!(begun.elapsed() < PATIENCE, "nobody brings it what it lacks");
        thread::sleep(Duration::from_millis(50));
    }
    let all = ["%", "@folder", &dav];
    // While the run that brings it ends.
    let copies = || person.run("history --kind replicate --json").ok().lines();
    while copies().len() == 1 {
        assert!(begun.elapsed() < PATIENCE, "it does not end");
        thread::sleep(Duration::from_millis(200));
    }
    let copied = &copies()[0];
    assert_eq!((copied["trigger"].as_str(), copied["result"].as_str()), (Some("catch-up"), Some("completed")), "{copied}");
    for (n, from) in all.into_iter().enumerate() {
        assert_eq!(person.run(&format!("versions --from {from} --json")).ok().last()["count"], 2, "{from}");
        person.run(&format!("restore --from {from} --to @out-{n}")).ok();
        assert_same(&world.source(), &world.path(&format!("out-{n}/source")));
    }
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
    for from in all {
        person.run(&format!("verify --from {from} --all --depth full")).ok();
    }
}
