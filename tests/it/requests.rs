//! What is asked of servers, counted on the way there: as little as it takes.

use std::fs;

use crate::place::Place;
use crate::servers::stores::Kind;
use crate::support::Random;

/// Without which it cannot be done: what lies at the place, in the backup's folder and among its versions; the marker, its keys, the version
/// and the one whose volume has the file; of the catalog its ends and the piece that names the file; the file. As much is asked for
/// besides as it takes to see that the place is there, and who wrote it last.
const LEAST: usize = 3 + 1 + 1 + 2 + 3 + 1;

/// By at most so many requests.
fn one_file_of_many(place: &Place, most: usize) {
    let world = &place.world;
    // Fifty volumes and more, in two versions.
    for n in 0..400 {
        let folder = world.source().join(format!("{}", n % 20));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{n}")), Random(900 + n).bytes(150_000)).unwrap();
    }
    let wanted = "7/207";
    place.run("backup --source @source --to % --volume-size 1M").ok();
    fs::write(world.source().join("more"), Random(899).bytes(1_000_000)).unwrap();
    place.run("backup --source @source --to % --volume-size 1M").ok();
    // As on a machine that has never seen it.
    fs::remove_dir_all(world.home()).unwrap();
    let fate = &place.fate;
    fate.asked();
    let before = fate.carried();
    place.run(&format!("restore --from % --to @out --path @source/{wanted}")).ok();
    let (asked, carried) = (fate.asked(), fate.carried() - before);
    let out = world.path("out/source").join(wanted);
    assert!(fs::read(&out).unwrap() == fs::read(world.source().join(wanted)).unwrap());
    println!("{} requests, {carried} bytes:\n  {}", asked.len(), asked.join("\n  "));
    assert!((LEAST..=most).contains(&asked.len()), "{asked:#?}");
    // The frame that it lies in has four MiB.
    assert!(carried < 4_500_000, "{carried}");
}

#[test]
fn one_file_of_many_comes_back_with_few_requests_and_few_bytes() {
    // Its folder is looked at twice before it is listed.
    one_file_of_many(&Place::dufs(), LEAST + 3);
}

#[test]
fn from_a_strict_webdav_server() {
    one_file_of_many(&Place::apache(), LEAST + 3);
}

#[test]
fn from_a_small_s3() {
    one_file_of_many(&Place::store(Kind::S3s), LEAST + 2);
}

#[test]
fn from_a_strict_s3() {
    one_file_of_many(&Place::store(Kind::Moto), LEAST + 2);
}

#[test]
fn from_azure() {
    one_file_of_many(&Place::store(Kind::Azurite), LEAST + 2);
}

#[test]
fn from_google() {
    one_file_of_many(&Place::store(Kind::Gcs), LEAST + 2);
}

#[test]
fn from_an_ipfs_node() {
    // How long they are is asked of each of the five small objects first.
    one_file_of_many(&Place::ipfs(), LEAST + 7);
}
