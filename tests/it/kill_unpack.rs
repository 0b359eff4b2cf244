//! Killed at many moments of a restore out of one archive of another program: the same again ends with every file whole, what was
//! finished is not written anew, and nothing is left over.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::io::Errno;

use crate::support::{Random, World, assert_same, long, tool, walk};
use crate::syscalls::{self, Fault};
use crate::tree;

const POLICIES: [&str; 4] = ["skip", "overwrite", "newer", "keep-both"];

/// An archive of small files, a large one, one with holes, links, a pipe and a folder that cannot be written into.
fn world(random: &mut Random) -> World {
    let world = World::new();
    let source = world.source();
    tree::plain(&source.join("many"), 800, random);
    fs::write(source.join("big"), random.bytes(16 << 20)).unwrap();
    fs::File::create(source.join("holes")).unwrap().set_len(1 << 20).unwrap();
    fs::hard_link(source.join("big"), source.join("also big")).unwrap();
    symlink("big", source.join("link")).unwrap();
    tool("mkfifo", [source.join("pipe")]);
    fs::create_dir(source.join("closed")).unwrap();
    fs::write(source.join("closed/inside"), "inside").unwrap();
    fs::set_permissions(source.join("closed"), fs::Permissions::from_mode(0o500)).unwrap();
    let parts = [&world.path("a.tar.gz"), Path::new("-C"), &world.path(""), Path::new("source")];
    tool("tar", [Path::new("--sparse"), Path::new("--format=posix"), Path::new("-czf")].iter().chain(&parts));
    world
}

fn restore(world: &World, policy: &str) -> Child {
    let mut command = world.command();
    command.args(["restore", "--conflict", policy, "--from"]).arg(world.path("a.tar.gz")).arg("--to").arg(world.path("out"));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills a restore once so many folders stand in its target, or a little later; it may have ended by then.
fn kill_in_the_middle(world: &World, policy: &str, random: &mut Random) {
    let wanted = usize::try_from(random.below(16)).unwrap();
    let many = world.path("out/source/many");
    let mut child = restore(world, policy);
    while child.try_wait().unwrap().is_none() && fs::read_dir(&many).map_or(0, Iterator::count) < wanted {
        std::thread::sleep(Duration::from_micros(100));
    }
    std::thread::sleep(Duration::from_micros(random.below(2000)));
    let _ = child.kill();
    let _ = child.wait().unwrap();
}

/// The files that have their names, by inode.
fn finished(out: &Path) -> BTreeMap<PathBuf, u64> {
    let is_ours = |path: &Path| path.components().any(|part| part.as_os_str().to_string_lossy().starts_with(".strongroom-"));
    let files = walk(out).into_iter().filter(|path| !is_ours(path));
    files
        .map(|path| (path.clone(), fs::symlink_metadata(out.join(path)).unwrap()))
        .filter(|(_, m)| m.is_file())
        .map(|(p, m)| (p, m.ino()))
        .collect()
}

fn journal(out: &Path) -> bool {
    walk(out).iter().any(|path| path.to_string_lossy().starts_with(".strongroom-restore-"))
}

#[test]
fn a_killed_restore_out_of_an_archive_is_finished_by_the_next() {
    let mut random = Random(81);
    let world = world(&mut random);
    let out = world.path("out");
    assert!(restore(&world, "skip").wait().unwrap().success());
    assert_same(&world.source(), &out.join("source"));
    let (mut killed, mut stayed, mut tries) = (0, 0, 0);
    let wanted = if long() { 120 } else { 10 };
    while killed < wanted {
        tries += 1;
        assert!(tries < 6 * wanted, "only {killed} restores were killed in the middle");
        let policy = POLICIES[killed % POLICIES.len()];
        let _ = fs::remove_dir_all(&out);
        // Some die several times before one ends.
        for _ in 0..=killed % 2 {
            kill_in_the_middle(&world, policy, &mut random);
        }
        // Done before it was hit, or hit before it began: another restore is a new one.
        if !out.exists() || !journal(&out) {
            continue;
        }
        killed += 1;
        let before = finished(&out);
        assert!(restore(&world, policy).wait().unwrap().success(), "{policy}");
        assert_same(&world.source(), &out.join("source"));
        assert_eq!(walk(&out).len(), walk(&world.source()).len() + 1, "something is left over");
        let after = finished(&out);
        let anew: Vec<_> = before.iter().filter(|(path, inode)| after.get(*path) != Some(inode)).collect();
        assert!(anew.is_empty(), "{policy}: {} are written anew, as {:?}", anew.len(), anew.first());
        stayed += before.len();
    }
    assert!(stayed > 100, "{stayed} files in all were found finished");
}

#[test]
fn what_stood_there_before_a_killed_restore_is_spared() {
    let mut random = Random(82);
    let world = world(&mut random);
    let out = world.path("out");
    let mut hit = 0;
    for n in 0..10 {
        let policy = POLICIES[n % POLICIES.len()];
        let _ = fs::remove_dir_all(&out);
        let own = out.join("source/many/folder 3");
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("file 3.txt"), "theirs\n").unwrap();
        kill_in_the_middle(&world, policy, &mut random);
        if !journal(&out) {
            continue;
        }
        hit += 1;
        assert!(restore(&world, policy).wait().unwrap().success(), "{policy}");
        let here = fs::read(own.join("file 3.txt")).unwrap();
        assert_eq!(here == b"theirs\n", policy != "overwrite", "{policy}");
        let names: Vec<String> = walk(&out).iter().map(|p| p.display().to_string()).collect();
        let count = |part: &str| names.iter().filter(|name| name.contains(part)).count();
        assert_eq!(count("file 3 (restored "), usize::from(policy == "keep-both"), "{policy}: {names:?}");
        let undone = names.iter().filter(|name| name.contains(".strongroom-undo-") && name.ends_with("file 3.txt")).count();
        assert_eq!(undone, usize::from(policy == "overwrite"), "{policy}");
        assert_eq!(count(".strongroom-tmp-") + count(".strongroom-restore-"), 0, "{policy}");
    }
    assert!(hit > 2, "only {hit} restores were killed in the middle");
}

#[test]
fn a_finished_file_that_lost_its_content_is_made_anew() {
    let mut random = Random(83);
    let world = world(&mut random);
    let out = world.path("out");
    // Killed as soon as some files stand there.
    let mut hit: Vec<PathBuf> = Vec::new();
    for _ in 0..20 {
        let _ = fs::remove_dir_all(&out);
        let mut child = restore(&world, "skip");
        while child.try_wait().unwrap().is_none() && !out.join("source/many/folder 1").exists() {
            std::thread::sleep(Duration::from_micros(200));
        }
        let _ = child.kill();
        let _ = child.wait().unwrap();
        hit = finished(&out).into_keys().collect();
        if journal(&out) && hit.len() > 20 {
            break;
        }
    }
    assert!(journal(&out) && hit.len() > 20, "{} files", hit.len());
    // As a loss of power leaves them: the right size and time, and zeros.
    for path in hit.iter().step_by(7) {
        let file = fs::File::options().write(true).open(out.join(path)).unwrap();
        let metadata = file.metadata().unwrap();
        file.set_len(metadata.len() / 2).unwrap();
        file.set_len(metadata.len()).unwrap();
        file.set_modified(metadata.modified().unwrap()).unwrap();
    }
    assert!(restore(&world, "skip").wait().unwrap().success());
    assert_same(&world.source(), &out.join("source"));
    assert_eq!(walk(&out).len(), walk(&world.source()).len() + 1, "something is left over");
}

/// One that found no room has not ended, whatever came after.
#[test]
fn a_restore_out_of_an_archive_that_found_no_room_is_gone_on_with() {
    let mut random = Random(85);
    let world = world(&mut random);
    let out = world.path("out");
    let begin = || {
        let _ = fs::remove_dir_all(&out);
        world.words("restore --from @a.tar.gz --to @out --json")
    };
    let below = [out.clone()];
    let (ran, calls) = syscalls::run(&mut begin(), &below, None);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for call in ["mkdirat", "pwrite64", "renameat2", "symlinkat"] {
        let at = calls.iter().rposition(|made| made.starts_with(call)).expect(call);
        let (ran, calls) = syscalls::run(&mut begin(), &below, Some(Fault { at, error: Errno::NOSPC, lasting: false }));
        assert!(calls[at].starts_with(call), "{:?}", calls[at]);
        assert_eq!((ran.code, ran.problem().as_str()), (Some(1), "no-room"), "{call}");
        assert!(journal(&out), "{call}");
        world.run("restore --from @a.tar.gz --to @out").ok();
        assert_same(&world.source(), &out.join("source"));
        assert_eq!(walk(&out).len(), walk(&world.source()).len() + 1, "{call}: something is left over");
    }
}

/// An archive cannot bring a journal: what it says would be believed.
#[test]
fn no_journal_comes_out_of_an_archive() {
    let world = World::new();
    fs::create_dir(world.source()).unwrap();
    fs::write(world.source().join("file"), "content").unwrap();
    let planted = world.source().join(".strongroom-restore-0123456789abcdef");
    fs::write(planted, "{\"begun\":{\"tag\":\"a\",\"date\":\"d\",\"at\":[0,0]}}\n").unwrap();
    tool("tar", ["-C".into(), world.path(""), "-cf".into(), world.path("a.tar"), "source".into()]);
    let ran = world.run("restore --from @a.tar --to @out --json").code(3);
    assert!(ran.out.contains("left out: it would be taken for"), "{}", ran.out);
    assert_eq!(walk(&world.path("out")), [PathBuf::from("source"), PathBuf::from("source/file")]);
}
