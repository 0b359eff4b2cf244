//! A share of another machine that is mounted here: the whole job, and what is said when its server dies or it is not mounted.

use std::fs;

use crate::job;
use crate::servers::share::Share;
use crate::support::World;

#[test]
fn the_whole_job_on_a_mounted_share() {
    let world = World::new();
    let share = Share::mount(&world.path("share"));
    let to = share.at.join("b").display().to_string();
    job::whole(&world, &|line| world.run(&line.replace('%', &to)), Some(&share.shown.join("b")));
}

#[test]
fn a_share_whose_server_is_gone_is_not_taken_for_an_empty_folder() {
    let world = World::new();
    let share = Share::mount(&world.path("share"));
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("a"), "first").unwrap();
    let line = format!("backup --source @source --to {} --json", share.at.display());
    world.run(&line).ok();
    share.server.end();
    fs::write(world.source().join("a"), "second").unwrap();
    let away = world.run(&line);
    // Its mount may have gone with it already.
    assert!(["destination-missing", "marker-missing"].contains(&&*away.problem()), "{}", away.out);
    share.unmount();
    let unmounted = world.run(&line);
    assert_eq!(unmounted.problem(), "marker-missing", "{}", unmounted.out);
    assert_eq!(fs::read_dir(&share.at).unwrap().count(), 0, "nothing is written into the folder below it");
    world.run(&format!("verify --from {} --all --depth full", share.shown.display())).ok();
}
