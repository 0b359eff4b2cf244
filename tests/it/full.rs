//! Servers whose disk is full: what was not done is not seen, what is there can be cleaned, and with more room it goes on.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::faults::Small;
use crate::servers::apache::{self, Apache, Asks};
use crate::servers::dufs::{self, Dufs};
use crate::servers::stores::{BUCKET, Kind, Store};
use crate::sftp::Person;
use crate::support::{Ran, Random, World, assert_same, long, root_tool, walk};
use crate::tree;

const BACKUP: &str = "backup --source @source --to % --json";

/// A destination on a small disk.
struct Place<'a> {
    world: &'a World,
    /// `%` stands for the destination.
    run: &'a dyn Fn(&str) -> Ran,
    disk: &'a Small,
    /// Where on this machine what lies there can be seen.
    on_disk: PathBuf,
}

impl Place<'_> {
    fn versions(&self) -> usize {
        (self.run)("versions --from % --json").ok().lines().iter().filter(|line| line.get("id").is_some()).count()
    }

    fn unfinished(&self) -> Vec<PathBuf> {
        walk(&self.on_disk).into_iter().filter(|path| path.to_string_lossy().contains(".tmp-")).collect()
    }

    /// Two versions, then a source that there is no room for, which `until_full` backs up. `code` and `words`: what is said of that.
    fn fills_up(&self, code: &str, words: &str, until_full: &dyn Fn() -> Ran) {
        let (world, run) = (self.world, self.run);
        tree::plain(&world.source(), 20, &mut Random(851));
        let first = run(&format!("{BACKUP} --type full")).ok().last();
        run(&format!("{BACKUP} --type full")).ok();
        fs::write(world.source().join("big"), Random(852).bytes(24 << 20)).unwrap();
        let full = until_full();
        assert_eq!(full.problem(), code, "{}", full.out);
        assert!(full.out.contains(words), "{}", full.out);
        assert_eq!((self.versions(), self.unfinished()), (2, Vec::new()), "nothing half done is seen");
        run("verify --from % --all --depth full").ok();
        let first = first["version"].as_str().unwrap();
        run(&format!("delete --from % --version {first}")).ok();
        assert_eq!(self.versions(), 1);
        self.disk.resize("400m");
        run(BACKUP).ok();
        assert_eq!(self.unfinished(), Vec::<PathBuf>::new());
        run("verify --from % --all --depth full").ok();
        run("restore --from % --to @out").ok();
        assert_same(&world.source(), &world.path("out/source"));
    }
}

#[test]
fn an_sftp_server_that_others_fill_meanwhile() {
    let person = Person::new();
    let (world, run) = (&person.world, |line: &str| person.run(line));
    // So large that its room is looked at once, before.
    let disk = Small::mount(world.path("disk"), "160m");
    let on_disk = world.path("disk/b");
    fs::create_dir(&on_disk).unwrap();
    std::os::unix::fs::symlink(&on_disk, world.dest()).unwrap();
    let place = Place { world, run: &run, disk: &disk, on_disk };
    // Slowly enough for somebody else to come first.
    place.fills_up("no-room", "The destination is full.", &|| {
        run("limit --upload 4MB").ok();
        let full = thread::scope(|scope| {
            let ran = scope.spawn(|| run(BACKUP));
            let is_begun = |path: &PathBuf| fs::metadata(place.on_disk.join(path)).is_ok_and(|file| file.len() > 256 << 10);
            while !place.unfinished().iter().any(is_begun) && !ran.is_finished() {
                thread::sleep(Duration::from_millis(2));
            }
            fill(&world.path("disk/of others"));
            ran.join().unwrap()
        });
        run("limit --upload off").ok();
        assert!(full.out.contains("Failure"), "it is the server that has failed: {}", full.out);
        full
    });
}

/// Takes all the room that is left, also while others do.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    let piece = vec![0; 64 << 10];
    let full = (0..).find_map(|_| file.write_all(&piece).err()).unwrap();
    assert_eq!(full.kind(), ErrorKind::StorageFull);
}

#[test]
fn a_webdav_server() {
    let (world, server) = (World::new(), Apache::start(Asks::Basic, None));
    let at = server.data().join("small");
    let disk = Small::mount(at.clone(), "16m");
    root_tool("chown", &["www-data", at.to_str().unwrap()]);
    let run = |line: &str| {
        let line = line.replace('%', &server.address("small/b"));
        world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", apache::PASSWORD))
    };
    let place = Place { world: &world, run: &run, disk: &disk, on_disk: at.join("b") };
    place.fills_up("no-room", "The destination is full.", &|| run(BACKUP));
}

/// It fails in the middle of an upload, and hangs up.
#[test]
fn a_webdav_server_that_does_not_say_why() {
    let world = World::new();
    let disk = Small::mount(world.path("shown"), "16m");
    let server = Dufs::start(&world.path("shown"));
    let run = |line: &str| {
        let line = line.replace('%', &server.address("b"));
        world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", dufs::PASSWORD))
    };
    let place = Place { world: &world, run: &run, disk: &disk, on_disk: world.path("shown/b") };
    place.fills_up("io", "may be full", &|| run(BACKUP));
}

/// It is asked again several times, in case that it was a moment's trouble.
#[test]
fn a_bucket_that_does_not_say_why() {
    if !long() {
        return;
    }
    let world = World::new();
    fs::create_dir(world.path("server")).unwrap();
    let disk = Small::mount(world.path("server/data"), "16m");
    let store = Store::start(Kind::S3s, &world.path("server"));
    let run = |line: &str| {
        let line = line.replace('%', &store.address("b"));
        world.run_with(&line, |command| _ = command.env("STRONGROOM_STORAGE_PASSWORD", store.secret()))
    };
    let place = Place { world: &world, run: &run, disk: &disk, on_disk: world.path("server/data").join(BUCKET) };
    place.fills_up("destination-missing", "may be full", &|| run(BACKUP));
}
