//! FTP servers that let in one connection of a machine only.

use crate::job;
use crate::servers::pure_ftpd::{PASSWORD, PureFtpd};
use crate::servers::vsftpd::Vsftpd;
use crate::support::World;

#[test]
fn the_whole_job_on_a_server_that_lets_in_one_connection() {
    let world = World::new();
    let server = PureFtpd::with(&world.path("server"), &["-C", "1"]);
    let run = |line: &str| {
        let line = line.replace('%', &server.address("ftp", "/dest"));
        world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", PASSWORD))
    };
    job::whole(&world, &run, Some(&server.root().join("dest")));
    let tested = run("storage test % --json").ok().last();
    assert_eq!(tested["writable"], true, "{tested}");
}

#[test]
fn the_whole_job_on_another_server_of_that_kind() {
    let world = World::new();
    let server = Vsftpd::start(&world.path("server"), "max_per_ip=1\n");
    let run = |line: &str| world.run(&line.replace('%', &server.address("ftp", "/dest")));
    job::whole(&world, &run, None);
}
