//! Destinations on IPFS nodes: the whole job from the command line, in the open and sealed, and read through a gateway.

use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::job;
use crate::servers::fake_ipfs::{FakeIpfs, Reply};
use crate::servers::js_ipfs::JsIpfs;
use crate::support::{Random, World, assert_same, long, tool};

/// `to` is written to; `from` is where the same is read.
fn the_whole_job(world: &World, to: &str, from: &str, how: &str) {
    let at = |line: &str, place: &str| {
        let how = if line.starts_with("backup ") { how } else { "" };
        world.run(&format!("{} {how}", line.replace('%', place)))
    };
    job::whole(world, &|line| at(line, to), None);
    at("verify --from % --all --depth full", from).ok();
    at("restore --from % --to @through", from).ok();
    assert_same(&world.path("kept"), &world.path("through/source"));
}

/// The folder's CID as `storage health` tells it.
fn told_cid(world: &World, address: &str) -> String {
    let lines = world.run(&format!("storage health {address} --json")).ok().lines();
    let told: Vec<&Value> = lines.iter().filter_map(|line| line.get("cid")).collect();
    told.first().and_then(|cid| cid.as_str()).expect("a CID").to_owned()
}

#[test]
fn the_whole_job_on_a_node() {
    for how in ["", "--no-encryption"] {
        let (world, fake) = (World::new(), FakeIpfs::good());
        the_whole_job(&world, &fake.address("b"), &fake.through_gateway("b"), how);
        assert!(fake.seen("").iter().any(|seen| seen.call.starts_with("/ipfs/")), "the gateway was asked");
        let before = told_cid(&world, &fake.address("b"));
        {
            let state = fake.node.lock();
            assert!(
                !state.files.is_empty() && state.files.keys().all(|path| !path.contains(".tmp-")),
                "nothing half done is left"
            );
            let shown: std::collections::BTreeSet<_> = state.files.values().cloned().collect();
            assert_eq!(state.pins, shown, "what is there is kept, and nothing else");
        }
        fake.node.tidy_up();
        world.run(&format!("verify --from {} --all --depth full", fake.address("b"))).ok();
        assert_eq!(told_cid(&world, &fake.address("b")), before);
        let people = world.run(&format!("storage health {}", fake.address("b"))).ok();
        assert!(people.out.contains(&format!("/ipfs/{before}")), "{}", people.out);
    }
}

#[test]
fn a_run_whose_node_dies_is_gone_on_with() {
    if !long() {
        return;
    }
    let world = World::new();
    let mut server = JsIpfs::start(&world.path("node"));
    let address = server.address("b");
    fs::create_dir(world.source()).unwrap();
    for n in 0..40 {
        fs::write(world.source().join(format!("{n}")), Random(n).bytes(4 << 20)).unwrap();
    }
    world.run(&format!("plan add Big --source @source --to {address} --volume-size 16M")).ok();
    let ended = thread::scope(|scope| {
        let ran = scope.spawn(|| world.run("backup Big --json"));
        // More have their names than are on their way at once: of some it is known already that they are there.
        while volumes(&server) < 6 && !ran.is_finished() {
            thread::sleep(Duration::from_millis(20));
        }
        server.process.end();
        ran.join().unwrap()
    });
    assert_eq!(ended.problem(), "destination-missing", "{}", ended.out);
    server.start_again();
    let report = world.run("backup Big --json").ok().last();
    assert!(report["resumed_bytes"].as_u64().is_some_and(|bytes| bytes >= 16 << 20), "it began anew: {report}");
    world.run(&format!("verify --from {address} --depth full")).ok();
    world.run(&format!("restore --from {address} --to @out")).ok();
    assert_same(&world.source(), &world.path("out/source"));
    let shown = server.order("files/ls?arg=/b&long=true");
    assert!(!shown.contains(".tmp-"), "{shown}");
}

/// Volumes of the only run of the only backup.
fn volumes(server: &JsIpfs) -> usize {
    let names = |folder: &str| -> Vec<String> {
        let list = server.order(&format!("files/ls?arg={folder}"));
        list.split("\"Name\":\"").skip(1).filter_map(|rest| Some(rest.split('"').next()?.to_owned())).collect()
    };
    let Some(backup) = names("/b").into_iter().find(|name| name.starts_with("Big")) else { return 0 };
    let Some(run) = names(&format!("/b/{backup}/data")).pop() else { return 0 };
    names(&format!("/b/{backup}/data/{run}")).iter().filter(|name| name.starts_with("v0")).count()
}

#[test]
fn what_is_no_node_is_said_so() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    let page = FakeIpfs::start(|_, _, _| Some(Reply::page("200 OK")));
    let ran = world.run(&format!("backup --source @source --to {} --json", page.address("b")));
    assert_eq!(ran.problem(), "server-answer");
    let gone = world.run("backup --source @source --to ipfs+http://127.0.0.1:1/b --json");
    assert_eq!(gone.problem(), "destination-missing");
    let full = FakeIpfs::start(|seen, _, _| (seen.call == "add").then(|| Reply::failed("write: no space left on device")));
    let ran = world.run(&format!("backup --source @source --to {} --json", full.address("b")));
    assert_eq!(ran.problem(), "no-room");
    for bad in ["ipfs+http://u:secret@h/b", "ipfs+http://h/ipfs/x", "ipfs+http://h/b?gateway=ftp://g"] {
        let ran = world.run(&format!("backup --source @source --to {bad} --json"));
        assert_eq!(ran.problem(), "usage");
        assert!(!ran.out.contains("secret") && !ran.err.contains("secret"));
    }
}

#[test]
fn the_whole_job_on_a_real_node() {
    if !long() {
        return;
    }
    for (how, path) in [("", "b"), ("--no-encryption", "%C3%BC")] {
        let world = World::new();
        let server = JsIpfs::start(&world.path("node"));
        let (to, from) = (server.address(path), server.through_gateway(path));
        the_whole_job(&world, &to, &from, how);
        // By the CID alone, out of any gateway, as the README says it.
        let cid = told_cid(&world, &to);
        server.order("repo/gc");
        server.get(&format!("get?arg=/ipfs/{cid}&archive=true"), &world.path("all.tar"));
        tool("tar", ["-xf", world.path("all.tar").to_str().unwrap(), "-C", world.path("").to_str().unwrap()]);
        world.run(&format!("restore --from @{cid} --to @by_cid")).ok();
        assert_same(&world.source(), &world.path("by_cid/source"));
        let listed = server.order(&format!("ls?arg=/ipfs/{cid}"));
        assert!(listed.contains("\"Links\""), "{listed}");
        let inside: Value = serde_json::from_str(&listed).unwrap();
        let folder = inside["Objects"][0]["Links"][0]["Name"].as_str().expect("a plan's folder").to_owned();
        let url = format!("http://127.0.0.1:{}/ipfs/{cid}/{folder}/strongroom.json", server.gateway);
        let got = tool("curl", ["-sgf", &url]);
        assert!(got.contains("\"plan\""), "{got}");
    }
}
