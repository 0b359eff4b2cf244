//! A drive that is mounted elsewhere than before is found there; a copy of it is not taken for it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{World, root_tool};

/// A file system of its own; unmounted when dropped.
struct Drive {
    image: PathBuf,
    at: Option<PathBuf>,
}

impl Drive {
    fn new(world: &World, name: &str) -> Self {
        let image = world.path(&format!("{name} image"));
        fs::File::create(&image).unwrap().set_len(64 << 20).unwrap();
        root_tool("mkfs.ext4", &["-q", "-F", text(&image)]);
        Self { image, at: None }
    }

    /// Bit for bit the same, but for the id that each file system has.
    fn copy(&self, world: &World, name: &str) -> Self {
        let image = world.path(&format!("{name} image"));
        fs::copy(&self.image, &image).unwrap();
        // Its id may be changed only where it was looked through since it was last mounted.
        root_tool("e2fsck", &["-f", "-p", text(&image)]);
        root_tool("tune2fs", &["-U", "random", text(&image)]);
        Self { image, at: None }
    }

    fn mount(&mut self, at: &Path) {
        self.unmount();
        fs::create_dir_all(at).unwrap();
        root_tool("mount", &["-o", "loop", text(&self.image), text(at)]);
        let id = |id: u32| id.to_string();
        let owner = format!("{}:{}", id(rustix::process::geteuid().as_raw()), id(rustix::process::getegid().as_raw()));
        root_tool("chown", &[&owner, text(at)]);
        self.at = Some(at.into());
    }

    fn unmount(&mut self) {
        if let Some(at) = self.at.take() {
            root_tool("umount", &[text(&at)]);
        }
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        self.unmount();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Names of the versions that lie in a folder.
fn versions(folder: &Path) -> usize {
    let plans = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().join("versions"));
    plans.filter_map(|versions| fs::read_dir(versions).ok()).map(Iterator::count).sum()
}

#[test]
fn a_drive_is_found_wherever_it_is_mounted_and_a_copy_is_not_taken_for_it() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("a"), "one").unwrap();
    let (first, second, third) = (world.path("media/BACKUP"), world.path("media/BACKUP1"), world.path("media/BACKUP2"));
    let mut blue = Drive::new(&world, "blue");
    blue.mount(&first);
    fs::create_dir(first.join("mine")).unwrap();
    let to = first.join("mine");
    let run = |line: &str| world.run(&line.replace('%', text(&to)));
    run("plan add Docs --source @source --to % --no-encryption").ok();
    run("backup Docs").ok();
    assert_eq!(versions(&to), 1);

    // Elsewhere; where it was there is the empty folder that it was mounted on.
    blue.mount(&second);
    fs::write(world.source().join("a"), "other").unwrap();
    run("backup Docs").ok();
    assert_eq!((versions(&second.join("mine")), fs::read_dir(&first).unwrap().count()), (2, 0));
    let health = run("storage health").ok().out;
    assert!(health.contains(&format!("found at {}", second.join("mine").display())), "{health}");
    assert_eq!(run("versions --from % --json").ok().lines().iter().filter(|line| line.get("id").is_some()).count(), 2);
    run("restore --from % --to @out --json").ok();
    assert_eq!(fs::read(world.path("out/source/a")).unwrap(), b"other");

    // A copy that is plugged in instead holds the same marker, but is another drive.
    blue.unmount();
    let mut copy = blue.copy(&world, "copy");
    copy.mount(&third);
    assert_eq!(versions(&third.join("mine")), 2);
    assert_ne!(run("backup Docs").code, Some(0));
    assert_eq!(versions(&third.join("mine")), 2);
    // And where it has taken the drive's old place, the drive itself is the destination.
    copy.mount(&first);
    blue.mount(&second);
    fs::write(world.source().join("a"), "third").unwrap();
    run("backup Docs").ok();
    assert_eq!((versions(&second.join("mine")), versions(&to)), (3, 2));
}
