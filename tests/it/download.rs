//! Downloads: a version with all that it needs, and single files, from a server into a folder.

use std::fs;

use crate::servers::dufs::{self, Dufs};
use crate::support::{Ran, Random, World, assert_same};
use crate::tree;

struct Person {
    world: World,
    server: Dufs,
}

impl Person {
    fn new() -> Self {
        let world = World::new();
        fs::create_dir(world.path("shown")).unwrap();
        let server = Dufs::start(&world.path("shown"));
        Self { world, server }
    }

    /// `%` stands for the destination.
    fn run(&self, line: &str) -> Ran {
        let line = line.replace('%', &self.server.address("b"));
        self.world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", dufs::PASSWORD))
    }

    /// The plan's folder at the server.
    fn plan(&self) -> String {
        let mut folders = fs::read_dir(self.world.path("shown/b")).unwrap();
        folders.next().unwrap().unwrap().file_name().into_string().unwrap()
    }
}

#[test]
fn a_version_comes_with_all_that_it_needs() {
    let person = Person::new();
    let world = &person.world;
    tree::plain(&world.source(), 40, &mut Random(91));
    let first = person.run("backup --source @source --to % --json").ok().last();
    fs::write(world.source().join("new"), Random(92).bytes(300_000)).unwrap();
    person.run("backup --source @source --to % --json").ok();
    let got = person.run("download % --to @got --json").ok().last();
    assert_eq!((got["kind"].as_str(), got["versions"].as_array().map(Vec::len)), (Some("replicate"), Some(1)), "{got}");
    // Without the server: also what the first version had stored.
    world.run("verify --from @got --all --depth full").ok();
    world.run("restore --from @got --to @out").ok();
    assert_same(&world.source(), &world.path("out/source"));

    // It was only a copy: where somebody has thrown it away, it comes again, and nobody waits for a drive.
    fs::remove_dir_all(world.path("got")).unwrap();
    person.run("download % --to @got --json").ok();
    world.run("restore --from @got --to @again").ok();
    assert_same(&world.source(), &world.path("again/source"));

    let older = format!("download %/{} --version {} --to @older", person.plan(), first["version"].as_str().unwrap());
    person.run(&older).ok();
    world.run("restore --from @older --to @before").ok();
    assert!(!world.path("before/source/new").exists() && world.path("before/source").exists());
}

#[test]
fn no_older_version_comes_in_place_of_one_that_is_damaged() {
    let person = Person::new();
    let world = &person.world;
    tree::plain(&world.source(), 5, &mut Random(95));
    let id = |ran: Ran| ran.ok().last()["version"].as_str().unwrap().to_owned();
    let second = |id: &str| {
        let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", id.split('-').next().unwrap()).unwrap();
        time.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
    };
    let older = id(person.run("backup --source @source --to % --json"));
    let between = second(&older) + std::time::Duration::from_secs(1);
    while jiff::Timestamp::now() < between + std::time::Duration::from_secs(1) {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let newer = id(person.run("backup --source @source --to % --json"));
    let manifest = world.path("shown/b").join(person.plan()).join(format!("versions/{newer}.json"));
    fs::write(manifest, "{}").unwrap();
    for line in ["download % --to @got --json", "restore --from % --to @got --json"] {
        let ran = person.run(line);
        assert_eq!(ran.problem(), "damaged", "{line}: {}", ran.out);
        assert!(!world.path("got").exists(), "{line}");
    }
    for version in [older.clone(), between.to_string()] {
        let got = person.run(&format!("download % --to @got --version {version} --json")).ok().last();
        assert_eq!(got["versions"][0].as_str(), Some(older.as_str()), "{got}");
        fs::remove_dir_all(world.path("got")).unwrap();
    }
}

#[test]
fn a_single_file_comes_as_it_is() {
    let person = Person::new();
    let world = &person.world;
    fs::create_dir(world.source()).unwrap();
    // Longer than what is read at once.
    fs::write(world.source().join("a"), Random(93).bytes(21 << 20)).unwrap();
    person.run("backup --source @source --to % --no-encryption --name Open").ok();
    let there = world.path("shown/b").join(person.plan());
    let volume =
        crate::support::walk(&there).into_iter().max_by_key(|path| fs::metadata(there.join(path)).unwrap().len()).unwrap();
    let name = volume.file_name().unwrap();
    let line = format!("download %/{}/{} --to @got --json", person.plan(), volume.display());
    let got = person.run(&line).ok().last();
    assert_eq!(fs::read(world.path("got").join(name)).unwrap(), fs::read(there.join(&volume)).unwrap());
    assert_eq!(got["bytes"].as_u64(), fs::metadata(there.join(&volume)).ok().map(|file| file.len()), "{got}");
    let again = person.run(&line);
    assert!(again.code == Some(2) && again.out.contains("there already"), "what is there is not replaced: {}", again.out);
    person.run(&format!("{line} --overwrite")).ok();
    let none = person.run(&format!("download %/{}/nothing --to @got --json", person.plan()));
    assert_eq!((none.code, none.problem().as_str()), (Some(10), "nothing-there"), "{}", none.out);

    // No folder is left of what did not come; one that was there stays.
    let missing = format!("download %/{}/nothing --to", person.plan());
    person.run(&format!("{missing} @new/deep")).code(10);
    assert!(!world.path("new").exists());
    fs::create_dir(world.path("empty")).unwrap();
    person.run(&format!("{missing} @empty/deep")).code(10);
    assert_eq!(fs::read_dir(world.path("empty")).unwrap().count(), 0);
}
