//! What is asked of servers, counted on the way there: as little as it takes.

use std::fs;

use crate::servers::dufs::{self, Dufs};
use crate::servers::proxy::Proxy;
use crate::servers::stores::{self, Store};
use crate::support::{Random, World};

/// A server's address behind a proxy, and what opens it.
struct Place {
    proxy: Proxy,
    address: String,
    secret: &'static str,
    _server: Box<dyn std::any::Any>,
}

fn places(world: &World) -> Vec<Place> {
    fs::create_dir_all(world.path("shown")).unwrap();
    let webdav = Dufs::start(&world.path("shown"));
    let s3 = Store::start(stores::Kind::S3s, &world.path("s3"));
    let behind = |port: u16, address: String, secret, server: Box<dyn std::any::Any>| {
        let proxy = Proxy::to(([127, 0, 0, 1], port).into());
        let address = address.replace(&format!(":{port}"), &format!(":{}", proxy.address.port()));
        Place { proxy, address, secret, _server: server }
    };
    let address = webdav.address("b");
    let first = behind(webdav.port, address, dufs::PASSWORD, Box::new(webdav));
    let (address, secret) = (s3.address("b"), s3.secret());
    vec![first, behind(s3.port, address, secret, Box::new(s3))]
}

#[test]
fn one_file_of_many_comes_back_with_few_requests_and_few_bytes() {
    let world = World::new();
    // Fifty volumes and more, in two versions.
    for n in 0..400 {
        let folder = world.source().join(format!("{}", n % 20));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{n}")), Random(900 + n).bytes(150_000)).unwrap();
    }
    let wanted = "7/207";
    for place in places(&world) {
        let run = |line: &str| {
            world.run_with(&line.replace('%', &place.address), |command| {
                _ = command.env("STRONGROOM_STORAGE_PASSWORD", place.secret)
            })
        };
        run("backup --source @source --to % --volume-size 1M").ok();
        fs::write(world.source().join("more"), Random(899).bytes(1_000_000)).unwrap();
        run("backup --source @source --to % --volume-size 1M").ok();
        fs::remove_file(world.source().join("more")).unwrap();
        // As on a machine that has never seen it.
        fs::remove_dir_all(world.home()).unwrap();
        let fate = place.proxy.fate();
        fate.asked();
        let before = fate.carried();
        run(&format!("restore --from % --to @out --path @source/{wanted}")).ok();
        let (asked, carried) = (fate.asked(), fate.carried() - before);
        let out = world.path("out/source").join(wanted);
        assert!(fs::read(&out).unwrap() == fs::read(world.source().join(wanted)).unwrap());
        println!("{} requests, {carried} bytes:\n  {}", asked.len(), asked.join("\n  "));
        assert!(asked.len() <= 14, "{asked:#?}");
        // The frame that it lies in has four MiB.
        assert!(carried < 4_500_000, "{carried}");
        fs::remove_dir_all(world.path("out")).unwrap();
    }
}
