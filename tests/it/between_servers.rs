//! From one server to another, by the command line: versions are copied, plans move, are taken over elsewhere, and come into a folder.

use std::fs;

use serde_json::{Value, json};

use crate::servers::dufs::{self, Dufs};
use crate::servers::pure_ftpd::{self, PureFtpd};
use crate::servers::stores::{Kind, S3_SECRET, Store};
use crate::sftp::Person;
use crate::support::{Ran, Random, World, assert_same, walk};
use crate::tree;

/// Runs a line with what opens a server.
fn run(person: &Person, line: &str, secret: &str) -> Ran {
    person.run_with(line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", secret))
}

/// Two versions at that address; gives their ids.
fn two_versions(person: &Person, address: &str, secret: &str) -> [Value; 2] {
    tree::plain(&person.world.source(), 40, &mut Random(71));
    [72, 73].map(|seed| {
        fs::write(person.world.source().join("new"), Random(seed).bytes(2_000_000)).unwrap();
        run(person, &format!("backup --source @source --to {address} --json"), secret).ok().last()["version"].clone()
    })
}

/// What lies there is whole, and restores on a machine that has never seen it.
fn is_whole(person: &Person, address: &str, secret: &str) {
    let world = &person.world;
    run(person, &format!("verify --from {address} --all --depth full"), secret).ok();
    fs::rename(world.home(), world.path("known home")).unwrap();
    run(person, &format!("restore --from {address} --to @out"), secret).ok();
    assert_same(&world.source(), &world.path("out/source"));
    fs::remove_dir_all(world.path("out")).unwrap();
    fs::remove_dir_all(world.home()).unwrap();
    fs::rename(world.path("known home"), world.home()).unwrap();
}

fn dufs(world: &World) -> Dufs {
    fs::create_dir(world.path("shown")).unwrap();
    Dufs::start(&world.path("shown"))
}

#[test]
fn versions_are_copied_from_sftp_to_s3_and_the_backup_goes_on_elsewhere() {
    let person = Person::new();
    let world = &person.world;
    let store = Store::start(Kind::S3s, &world.path("store"));
    let s3 = store.address("deep/place");
    let ids = two_versions(&person, "%", "");
    let line = format!("replicate --from % --to {s3} --json");
    let one = run(&person, &format!("{line} --version {}", ids[0].as_str().unwrap()), S3_SECRET).ok().last();
    assert_eq!(one["versions"], json!([ids[0]]), "{one}");
    let other = run(&person, &line, S3_SECRET).ok().last();
    assert_eq!((other["kind"].as_str(), &other["versions"]), (Some("replicate"), &json!([ids[1]])), "{other}");
    assert!(other["bytes"].as_u64().is_some_and(|bytes| bytes >= 2_000_000), "{other}");
    let none = run(&person, &line, S3_SECRET).ok().last();
    assert_eq!((&none["versions"], &none["bytes"]), (&json!([]), &0.into()), "{none}");
    is_whole(&person, &s3, S3_SECRET);

    // Another machine takes it over where it was.
    fs::rename(world.home(), world.path("old home")).unwrap();
    let known = "adopt % --json";
    assert_eq!(person.run(known).problem(), "other-owner", "nobody is asked");
    let adopted = person.run(&format!("{known} --yes --name Taken")).ok().last();
    assert_eq!((adopted["name"].as_str(), &adopted["sources"]), (Some("Taken"), &json!([world.source()])), "{adopted}");
    fs::write(world.source().join("newer"), "newer").unwrap();
    let next = person.run("backup Taken --json").ok().last();
    assert_eq!(next["type"], "incremental", "{next}");
    assert!(
        next["totals"]["stored_bytes"].as_u64().is_some_and(|bytes| bytes < 100_000),
        "what lies there is not sent again: {next}"
    );
    is_whole(&person, "%", "");
    fs::remove_dir_all(world.home()).unwrap();
    fs::rename(world.path("old home"), world.home()).unwrap();
    let late = person.run("backup --source @source --to % --json");
    assert_eq!((late.code, late.problem().as_str()), (Some(1), "other-owner"), "{}", late.out);
}

#[test]
fn a_plan_goes_from_s3_to_webdav() {
    let person = Person::new();
    let world = &person.world;
    let store = Store::start(Kind::S3s, &world.path("store"));
    let (server, s3) = (dufs(world), store.address("deep/place"));
    let dav = server.address("b");
    tree::plain(&world.source(), 40, &mut Random(74));
    run(&person, &format!("plan add Docs --source @source --to {s3}"), S3_SECRET).ok();
    let first = person.run("backup Docs --json").ok().last()["version"].clone();
    let tried = |address: &str, secret: &str| {
        let tried = run(&person, &format!("storage test {address} --json"), secret).ok().last();
        assert_eq!((&tried["result"], &tried["destination"]), (&"completed".into(), &json!(address)), "{tried}");
        // What is not there yet was not tried.
        let may = if tried["to_be_made"] == true { Value::Null } else { true.into() };
        assert_eq!((&tried["writable"], &tried["deletable"]), (&may, &may), "{tried}");
        tried
    };
    assert!(tried(&s3, S3_SECRET)["write_speed"].as_f64().is_some_and(|speed| speed > 0.0));
    assert_eq!(tried(&dav, dufs::PASSWORD)["to_be_made"], true);
    let refused = run(&person, &format!("storage test {dav} --json"), "not this one");
    assert_eq!(refused.problem(), "storage-password");
    assert!(walk(&world.path("shown")).iter().all(|path| !path.starts_with("b")), "a test makes nothing");

    // Added, and brought what lies at the other; each opens by its own.
    let added = run(&person, &format!("storage add {dav} --plan Docs --json"), dufs::PASSWORD).ok().last();
    assert_eq!(added["destinations"], json!([s3, dav]), "{added}");
    let copied = person.run(&format!("replicate --from {s3} --to {dav} --json")).ok().last();
    assert_eq!(copied["versions"], json!([first]), "{copied}");
    assert!(tried(&dav, "")["write_speed"].as_f64().is_some_and(|speed| speed > 0.0), "it is a plan's by now");
    fs::write(world.source().join("new"), Random(75).bytes(2_000_000)).unwrap();
    let second = person.run("backup Docs --json").ok().last();
    assert_eq!((second["warning_count"].as_u64(), second["copies"][0]["versions"].as_array().map(Vec::len)), (Some(0), Some(1)));
    is_whole(&person, &s3, S3_SECRET);
    is_whole(&person, &dav, dufs::PASSWORD);

    // Moved on to SFTP: the new one stands where the old one stood.
    let sftp = person.address();
    let moved = person.run(&format!("storage move {s3} --to % --plan Docs --json")).ok().last();
    assert_eq!(moved["destinations"], json!([sftp, dav]), "{moved}");
    assert_eq!(person.run("versions --from % --json").ok().last()["count"], 2);
    drop(store);
    fs::write(world.source().join("newer"), "newer").unwrap();
    person.run("backup Docs --json").ok();
    is_whole(&person, "%", "");
    is_whole(&person, &dav, dufs::PASSWORD);
    let listed = person.run("storage list --json").ok().lines();
    let all: Vec<&Value> = listed.iter().filter_map(|line| line.get("destination")).collect();
    assert_eq!(all, [&json!(sftp), &json!(dav)], "{listed:?}");
}

#[test]
fn versions_come_from_ftp_and_s3_into_folders() {
    let person = Person::new();
    let world = &person.world;
    let server = PureFtpd::start(&world.path("ftp"));
    let ftp = server.address("ftp", "/dest");
    let ids = two_versions(&person, &ftp, pure_ftpd::PASSWORD);
    fs::create_dir(world.path("copy")).unwrap();
    let copied = run(&person, &format!("replicate --from {ftp} --to @copy --json"), pure_ftpd::PASSWORD).ok().last();
    assert_eq!(copied["versions"], json!(ids), "{copied}");
    is_whole(&person, world.path("copy").to_str().unwrap(), "");

    // The older one alone, by an address that leads to the backup's own folder.
    let there = server.root().join("dest");
    let folder = fs::read_dir(&there).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
    let line = format!("download {ftp}/{folder} --version {} --to @older --json", ids[0].as_str().unwrap());
    let got = run(&person, &line, pure_ftpd::PASSWORD).ok().last();
    assert_eq!((got["kind"].as_str(), &got["versions"]), (Some("replicate"), &json!([ids[0]])), "{got}");
    person.run("restore --from @older --to @before").ok();
    assert_eq!(fs::read(world.path("before/source/new")).unwrap(), Random(72).bytes(2_000_000));

    // A single file as it is.
    let volume = walk(&there).into_iter().max_by_key(|path| fs::metadata(there.join(path)).unwrap().len()).unwrap();
    let got = run(&person, &format!("download {ftp}/{} --to @single --json", volume.display()), pure_ftpd::PASSWORD).ok().last();
    let (single, whole) = (world.path("single").join(volume.file_name().unwrap()), fs::read(there.join(&volume)).unwrap());
    assert_eq!(got["bytes"], whole.len(), "{got}");
    assert!(fs::read(single).unwrap() == whole);

    // On to S3, and from there to a machine that knows nothing.
    let store = Store::start(Kind::S3s, &world.path("store"));
    let s3 = store.address("deep/place");
    run(&person, &format!("replicate --from @copy --to {s3}"), S3_SECRET).ok();
    let other = store.address("other/place");
    let copied = run(&person, &format!("replicate --from {s3} --to {other} --json"), S3_SECRET).ok().last();
    assert_eq!(copied["versions"], json!(ids), "from one store to another: {copied}");
    is_whole(&person, &other, S3_SECRET);
    fs::remove_dir_all(world.home()).unwrap();
    let got = run(&person, &format!("download {s3} --to @got --json"), S3_SECRET).ok().last();
    assert_eq!(got["versions"], json!([ids[1]]), "{got}");
    drop((server, store));
    is_whole(&person, world.path("got").to_str().unwrap(), "");
}
