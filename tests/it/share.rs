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
    share.server.process.end();
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

#[test]
fn a_share_is_named_as_such_and_is_to_be_mounted_again_when_it_is_away() {
    let world = World::new();
    let share = Share::mount(&world.path("share"));
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("a"), "first").unwrap();
    world.run(&format!("plan add Documents --source @source --to {}", share.at.display())).ok();
    let words = format!("a network share (sshfs) at {}@127.0.0.1:{}", share.server.user, share.shown.display());
    let listed = |world: &World| {
        assert!(world.run("storage list").ok().out.contains(&words));
        let all = world.run("storage list --json").ok();
        all.lines().iter().find_map(|line| line.get("share").cloned()).unwrap()
    };
    assert_eq!(listed(&world)["kind"], "fuse.sshfs");
    world.run("backup Documents").ok();
    assert!(world.run("storage health").ok().out.contains(&words));
    let health = |world: &World| {
        let told = world.run("storage health --json");
        told.lines().iter().find(|line| line.get("share").is_some()).cloned().unwrap()
    };
    assert_eq!((health(&world)["share"]["kind"].as_str(), health(&world)["problem"].is_null()), (Some("fuse.sshfs"), true));

    share.unmount();
    assert_eq!(listed(&world)["kind"], "fuse.sshfs", "it is remembered");
    let away = health(&world);
    assert_eq!(away["problem"]["code"], "marker-missing", "{away}");
    let fix = format!("It lies on {words}. Mount the share again");
    assert!(away["problem"]["fix"].as_str().unwrap().starts_with(&fix), "{away}");
    for line in ["backup Documents", &format!("ls --from {}", share.at.display())] {
        let said = world.run(line);
        assert!(
            said.code != Some(0) && said.err.contains("Mount the share again") && !said.err.contains("drive"),
            "{}",
            said.err
        );
    }
}
