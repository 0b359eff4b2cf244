//! One flipped byte anywhere in any object of a sealed backup: full verification finds it, restore refuses that data.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use crate::support::{Random, World, long, tool, walk};
use crate::tree;

#[test]
fn a_flipped_byte_is_found_and_never_restored() {
    let world = World::new();
    let mut random = Random(9);
    tree::plain(&world.source(), 40, &mut random);
    fs::write(world.source().join("cut"), random.bytes(3 << 20)).unwrap();
    fs::write(world.source().join("text"), b"the same line again\n".repeat(200_000)).unwrap();
    tool("cp", ["-a".as_ref(), world.source().as_os_str(), world.path("first").as_os_str()]);
    let first = world.back_up()["version"].as_str().unwrap().to_string();
    tree::change(&world.source(), &mut random);
    world.back_up();

    let folder = world.plan_folder();
    let objects: Vec<PathBuf> = walk(&folder).into_iter().filter(|p| folder.join(p).is_file()).collect();
    for kind in [
        "strongroom.json",
        "owner-",
        "keys-1.json",
        "keys-1.copy.json",
        "README.txt",
        "recover.py",
        "objects.json",
        "catalog.",
        "v0001.",
    ] {
        let there = objects.iter().any(|o| o.file_name().unwrap().to_string_lossy().starts_with(kind));
        assert!(there, "no {kind} among {objects:?}");
    }
    let mut flips = Vec::new();
    for object in &objects {
        let length = fs::metadata(folder.join(object)).unwrap().len();
        let mut offsets = vec![0, length / 3, length / 2, length.saturating_sub(2), length - 1];
        offsets.extend((0..if long() { 20 } else { 2 }).map(|_| random.below(length)));
        flips.extend(offsets.into_iter().map(|offset| (object.clone(), offset, 1u8 << random.below(8))));
    }
    // Two lanes, each with a copy of everything.
    let (left, right) = flips.split_at(flips.len() / 2);
    thread::scope(|scope| {
        for (n, lane) in [left, right].into_iter().enumerate() {
            let (world, first) = (&world, &first);
            scope.spawn(move || Lane::new(world, n).work(lane, first));
        }
    });
}

struct Lane<'a> {
    world: &'a World,
    dest: PathBuf,
    home: PathBuf,
    out: PathBuf,
}

impl<'a> Lane<'a> {
    fn new(world: &'a World, n: usize) -> Self {
        let lane = Self {
            world,
            dest: world.path(&format!("dest{n}")),
            home: world.path(&format!("home{n}")),
            out: world.path(&format!("out{n}")),
        };
        tool("cp", ["-a".as_ref(), world.dest().as_os_str(), lane.dest.as_os_str()]);
        tool("cp", ["-a".as_ref(), world.home().as_os_str(), lane.home.as_os_str()]);
        lane
    }

    fn work(&self, flips: &[(PathBuf, u64, u8)], first: &str) {
        let folder = self.dest.join(self.world.plan_folder().file_name().unwrap());
        for (object, offset, bit) in flips {
            let path = folder.join(object);
            let whole = fs::read(&path).unwrap();
            let mut bytes = whole.clone();
            bytes[usize::try_from(*offset).unwrap()] ^= bit;
            fs::write(&path, &bytes).unwrap();
            let what = format!("{}, byte {offset}, bit {bit:#04x}", object.display());
            self.verify_finds(&what);
            self.restore_writes_nothing_wrong(first, &self.world.path("first"), &what);
            self.restore_writes_nothing_wrong("latest", &self.world.source(), &what);
            fs::write(&path, whole).unwrap();
        }
        let ran = self.run(&["verify", "--depth", "full"], "all mended");
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    }

    fn run(&self, args: &[&str], what: &str) -> crate::support::Ran {
        let mut command = crate::support::command(&self.home);
        command.args(args).arg("--from").arg(&self.dest);
        crate::support::Ran::of(&mut command, what)
    }

    fn verify_finds(&self, what: &str) {
        let ran = self.run(&["verify", "--depth", "full"], what);
        assert!(matches!(ran.code, Some(1 | 10 | 12)), "verify does not find {what}: {:?}\n{}{}", ran.code, ran.out, ran.err);
    }

    /// Whatever the exit code: what stands in the target is right.
    fn restore_writes_nothing_wrong(&self, version: &str, original: &Path, what: &str) {
        let target = self.out.to_str().unwrap();
        let ran = self.run(&["restore", "--version", version, "--to", target], what);
        assert!(ran.code.is_some_and(|c| c != 101), "{what}: {}", ran.err);
        if !self.out.exists() {
            assert_ne!(ran.code, Some(0), "{what}: nothing was restored, and that is called a success");
            return;
        }
        let mut missing = 0;
        for path in walk(original) {
            let (from, to) = (original.join(&path), self.out.join("source").join(&path));
            if from.is_file() && to.exists() {
                assert!(fs::read(&from).unwrap() == fs::read(&to).unwrap(), "{what}: wrong bytes in {}", path.display());
            }
            missing += usize::from(!to.exists());
        }
        let extra = walk(&self.out).len() as i64 - (walk(original).len() + 1 - missing) as i64;
        // A failed restore may stop before the source's own folder stands.
        assert!(extra <= 0, "{what}: {extra} things that never were in the backup: {:?}", walk(&self.out));
        assert!(missing == 0 || ran.code != Some(0), "{what}: {missing} files are missing, and that is called a success");
        fs::remove_dir_all(&self.out).unwrap();
    }
}
