//! Real files in numbers: parts of /usr, with `tests/run --long` all of it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::json;
use strongroom::model::format::Kind;

use crate::support::{Random, World, assert_same, long, tool, walk};

fn sources() -> Vec<PathBuf> {
    if long() {
        return vec!["/usr".into()];
    }
    ["/usr/share/doc", "/usr/bin", "/usr/include"].into_iter().map(PathBuf::from).filter(|p| p.is_dir()).collect()
}

#[test]
fn usr_sealed_and_back() {
    let world = World::new();
    let sources = sources();
    let ran = world.run_with("backup --to @dest --no-tags --name usr --json --source", |c| _ = c.args(&sources)).ok().last();
    assert!(ran["totals"]["files"].as_u64().unwrap() > 1000, "{ran}");
    world.run("verify --from @dest --depth full").ok();
    world.run("restore --from @dest --to @out --full-paths").ok();
    for source in &sources {
        assert_same(source, &world.path("out").join(source.strip_prefix("/").unwrap()));
    }
    let again = world.run_with("backup --to @dest --no-tags --name usr --json --source", |c| _ = c.args(&sources)).ok().last();
    assert_eq!(again["totals"]["new_files"], 0, "{again}");
    assert!(!Path::new("/usr/.strongroom").exists());
}

#[test]
fn usr_in_every_format() {
    let sources = if long() { sources() } else { vec![PathBuf::from("/usr/include/linux")] };
    for kind in Kind::ALL {
        for seal in ["", "--no-encryption"] {
            let world = World::new();
            let line = format!("backup --to @dest --no-tags --name usr {seal} --format {} --source", kind.name());
            world.run_with(&line, |c| _ = c.args(&sources)).ok();
            world.run("verify --from @dest --depth full").ok();
            world.run("restore --from @dest --to @out --full-paths").ok();
            for source in &sources {
                assert_same(source, &world.path("out").join(source.strip_prefix("/").unwrap()));
            }
        }
    }
}

#[test]
fn one_percent_of_usr_changes_and_both_versions_come_back() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    let mut sources = sources();
    // The three trees are written here three times; a day's run does with less.
    sources.retain(|path| long() || path != Path::new("/usr/bin"));
    let flags = ["-aHAXS", "--relative"].map(Path::new).into_iter();
    tool("rsync", flags.chain(sources.iter().map(PathBuf::as_path)).chain([world.source().as_path()]));
    // Copying has just written all of it.
    std::thread::sleep(std::time::Duration::from_millis(3200));
    let line = "backup --to @dest --no-tags --json --source @source";
    let first = world.run(line).ok().last();
    world.run("restore --from @dest --to @first").ok();
    assert_same(&world.source(), &world.path("first/source"));

    let changed = change(&world.source(), &mut Random(11));
    let second = world.run(line).ok().last();
    assert_eq!((&second["type"], &second["totals"]["new_files"]), (&json!("incremental"), &json!(changed)), "{second}");
    world.run("verify --from @dest --depth full --all").ok();

    world.run(&format!("restore --from @dest --to @again --version {}", first["version"].as_str().unwrap())).ok();
    assert_same(&world.path("first/source"), &world.path("again/source"));
    fs::remove_dir_all(world.path("again")).unwrap();
    world.run("restore --from @dest --to @latest").ok();
    assert_same(&world.source(), &world.path("latest/source"));
}

/// One regular file in a hundred: written anew, appended to, given another mode, moved or removed. Returns how many have to be read.
fn change(root: &Path, random: &mut Random) -> u64 {
    let mut to_read = 0;
    for path in walk(root).iter().map(|p| root.join(p)) {
        let meta = path.symlink_metadata().unwrap();
        // What has several names would change under all of them.
        if !meta.is_file() || meta.nlink() > 1 || random.below(100) != 0 {
            continue;
        }
        to_read += 1;
        match random.below(5) {
            0 => fs::write(&path, random.bytes(5000)).unwrap(),
            1 => fs::write(&path, [fs::read(&path).unwrap(), b"one line more\n".to_vec()].concat()).unwrap(),
            2 => fs::set_permissions(&path, fs::Permissions::from_mode(meta.mode() ^ 0o004)).unwrap(),
            3 => fs::rename(&path, path.with_extension("moved")).unwrap(),
            _ => {
                fs::remove_file(&path).unwrap();
                to_read -= 1;
            }
        }
    }
    to_read
}
