//! One archive file per version (`--volume-size whole`).

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use strongroom::model::format::Kind;

use crate::support::{Random, World, tool, walk};
use crate::tree;

/// The volumes of a version.
fn volumes(world: &World, version: &str) -> Vec<PathBuf> {
    let data = world.plan_folder().join("data").join(version);
    let is_volume = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"v"));
    walk(&data).into_iter().filter(is_volume).map(|path| data.join(path)).collect()
}

fn back_up(world: &World, line: &str) -> String {
    let report = world.run(&format!("backup --source @source --to @dest --volume-size whole --json {line}")).ok().last();
    report["version"].as_str().unwrap().to_string()
}

#[test]
fn each_version_is_one_file_in_every_kind() {
    for kind in Kind::ALL {
        let world = World::new();
        let mut random = Random(71);
        tree::plain(&world.source(), 40, &mut random);
        // More than the smallest volume that is closed unasked.
        fs::write(world.source().join("large"), random.bytes(if kind == Kind::TarZst { 150 << 20 } else { 3 << 20 })).unwrap();
        let first = back_up(&world, &format!("--format {} --no-encryption", kind.name()));
        let kept = world.path("kept");
        tool("cp", [OsStr::new("-a"), world.source().as_os_str(), kept.as_os_str()]);
        fs::write(world.source().join("new"), random.bytes(100_000)).unwrap();
        fs::remove_file(world.source().join("large")).unwrap();
        let second = back_up(&world, "--no-encryption");
        for version in [&first, &second] {
            assert_eq!(volumes(&world, version).len(), 1, "{}: {version}", kind.name());
        }
        world.run("verify --from @dest --all --depth full").ok();
        world.restore_and_compare(&first, &kept);
        world.restore_and_compare(&second, &world.source());
        // An ordinary program has all files from the one.
        let out = world.path("by bsdtar");
        fs::create_dir(&out).unwrap();
        tool("bsdtar", [OsStr::new("-xf"), volumes(&world, &first)[0].as_os_str(), OsStr::new("-C"), out.as_os_str()]);
        assert_same_content(&kept, &out.join(world.source().strip_prefix("/").unwrap()));
    }
}

/// By rsync, whatever zip cannot say of times and owners.
fn assert_same_content(a: &Path, b: &Path) {
    let slash = |path: &Path| format!("{}/", path.display());
    let listed = tool("rsync", ["-rlcn", "--itemize-changes", "--delete", &slash(a), &slash(b)]);
    // What is cut lies there in parts, as in every volume.
    let wrong: Vec<&str> = listed.lines().filter(|line| !line.starts_with(".d") && !line.ends_with(" large")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// More than an ordinary volume of zip has, and than fit into one record of its directory.
const FILES: usize = 45_000;

#[test]
fn a_zip_with_more_members_than_fit_into_one_record_of_its_directory() {
    let world = World::new();
    let long = "a name of some length ".repeat(9);
    for n in 0..FILES {
        let folder = world.source().join(format!("{long}{}", n % 100));
        if n < 100 {
            fs::create_dir_all(&folder).unwrap();
        }
        fs::write(folder.join(format!("{long}{n}")), n.to_string()).unwrap();
    }
    for sealed in [false, true] {
        let dest = if sealed { "sealed" } else { "plain" };
        let with = if sealed { "" } else { "--no-encryption" };
        world.run(&format!("backup --source @source --to @{dest} --format zip --volume-size whole {with}")).ok();
        world.run(&format!("verify --from @{dest} --depth full")).ok();
        let found = walk(&world.path(dest));
        let volume = found.iter().filter(|path| path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"v0")));
        let volumes: Vec<_> = volume.collect();
        assert_eq!(volumes.len(), 1, "{volumes:?}");
        let volume = world.path(dest).join(volumes[0]);
        // By its own directory, without the catalog.
        if sealed {
            world.run(&format!("restore --from {} --to @out", volume.display())).ok();
            assert_same_content(&world.source(), &world.path("out").join(world.source().strip_prefix("/").unwrap()));
        } else {
            let listed = tool("unzip", [OsStr::new("-Z1"), volume.as_os_str()]);
            assert_eq!(listed.lines().filter(|line| !line.ends_with('/')).count(), FILES);
        }
    }
    let left = walk(&world.home());
    assert!(!left.iter().any(|path| path.to_string_lossy().contains("directory")), "{left:?}");
}
