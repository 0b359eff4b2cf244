//! Killed at many moments of a restore, or cancelled: the same again ends with every file whole and nothing left over.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use crate::support::{Random, World, assert_same, long, tool, wait, walk};
use crate::syscalls::{self, Fault};
use crate::tree;

const POLICIES: [&str; 4] = ["skip", "overwrite", "newer", "keep-both"];

/// A home that has the key, and a version of small files, files of several pieces, links and folders.
fn world(random: &mut Random) -> World {
    let world = World::new();
    tree::odd(&world.source(), random);
    tree::plain(&world.source().join("many"), 2000, random);
    fs::write(world.source().join("big"), random.bytes(24 << 20)).unwrap();
    world.back_up();
    world
}

fn restore(world: &World, policy: &str) -> Child {
    let mut command = world.command();
    command.args(["restore", "--conflict", policy, "--from"]).arg(world.dest()).arg("--to").arg(world.path("out"));
    // The home has the key: no time goes into the password.
    command.env_remove("STRONGROOM_PASSWORD").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Whether everything is there, and nothing says that a restore is under way.
fn is_over(world: &World, out: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(out) else { return false };
    let is_journal = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(".strongroom-restore-");
    !entries.any(|entry| is_journal(&entry.unwrap().file_name())) && walk(out).len() > walk(&world.source()).len()
}

fn nothing_but(world: &World, out: &Path) {
    assert_eq!(walk(out).len(), walk(&world.source()).len() + 1, "something is left over");
}

#[test]
fn a_killed_restore_is_finished_by_the_next() {
    let mut random = Random(77);
    let world = world(&mut random);
    let out = world.path("out");
    let begun = Instant::now();
    assert!(restore(&world, "skip").wait().unwrap().success());
    let mut span = begun.elapsed();
    let wanted = if long() { 200 } else { 24 };
    let (mut killed, mut tries) = (0, 0);
    while killed < wanted {
        tries += 1;
        assert!(tries < 5 * wanted, "only {killed} restores were killed in the middle");
        let policy = POLICIES[killed % POLICIES.len()];
        let _ = fs::remove_dir_all(&out);
        let mut done = false;
        // Some die several times before one ends.
        for _ in 0..=killed % 3 {
            let begun = Instant::now();
            let mut child = restore(&world, policy);
            wait(&mut child, Duration::from_micros(random.below(span.as_micros() as u64)));
            let _ = child.kill();
            let ended = child.wait().unwrap();
            if ended.signal() != Some(9) {
                assert!(ended.success(), "{ended}");
                span = begun.elapsed();
                done = true;
                break;
            } else if is_over(&world, &out) {
                // Only its process had not ended yet.
                done = true;
                break;
            } else if out.exists() {
                killed += 1;
            }
        }
        // Another restore after one that was done is a new one, and keeps both.
        if done {
            continue;
        }
        assert!(restore(&world, policy).wait().unwrap().success(), "{policy}");
        assert_same(&world.source(), &out.join("source"));
        nothing_but(&world, &out);
    }
}

#[test]
fn a_killed_restore_spares_what_stood_there_before() {
    let mut random = Random(78);
    let world = world(&mut random);
    let out = world.path("out");
    let span = {
        let begun = Instant::now();
        assert!(restore(&world, "skip").wait().unwrap().success());
        begun.elapsed()
    };
    for n in 0..8 {
        fs::remove_dir_all(&out).unwrap();
        let own = out.join("source/many/folder 3");
        fs::create_dir_all(&own).unwrap();
        // What the backup has begins with this.
        fs::write(own.join("file 3.txt"), "file 3\n").unwrap();
        let policy = POLICIES[n % POLICIES.len()];
        let mut child = restore(&world, policy);
        wait(&mut child, Duration::from_micros(random.below(span.as_micros() as u64)));
        let _ = child.kill();
        if child.wait().unwrap().success() {
            // Done before it was hit: another restore is a new one.
            continue;
        }
        assert!(restore(&world, policy).wait().unwrap().success(), "{policy}");
        let theirs = fs::read(world.source().join("many/folder 3/file 3.txt")).unwrap();
        let spared = policy != "overwrite";
        let here = fs::read(own.join("file 3.txt")).unwrap();
        assert!(here == if spared { b"file 3\n".to_vec() } else { theirs.clone() }, "{policy}");
        let names: Vec<String> = walk(&out).iter().map(|p| p.display().to_string()).collect();
        let beside = names.iter().filter(|name| name.contains("file 3 (restored ")).count();
        assert_eq!(beside, usize::from(policy == "keep-both"), "{policy}");
        let undone = names.iter().filter(|name| name.contains(".strongroom-undo-") && name.ends_with("file 3.txt")).count();
        assert_eq!(undone, usize::from(policy == "overwrite"), "{policy}");
        assert!(!names.iter().any(|name| name.contains(".strongroom-tmp-") || name.contains(".strongroom-restore-")), "{policy}");
    }
}

#[test]
fn a_cancelled_restore_is_finished_by_the_next() {
    let mut random = Random(79);
    let world = world(&mut random);
    let out = world.path("out");
    let begun = Instant::now();
    assert!(restore(&world, "skip").wait().unwrap().success());
    let span = begun.elapsed();
    for policy in POLICIES {
        fs::remove_dir_all(&out).unwrap();
        let mut child = restore(&world, policy);
        wait(&mut child, Duration::from_micros(random.below(span.as_micros() as u64)));
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT);
        if child.wait().unwrap().success() {
            // Done before it was cancelled: another restore is a new one.
            continue;
        }
        assert!(restore(&world, policy).wait().unwrap().success(), "{policy}");
        assert_same(&world.source(), &out.join("source"));
        nothing_but(&world, &out);
    }
}

/// A backup of a small tree, and an archive of it by another program.
fn backed_up_and_archived(seed: u64) -> World {
    let world = World::new();
    tree::plain(&world.source(), 40, &mut Random(seed));
    world.back_up();
    tool("tar", ["--format=posix".into(), "-C".into(), world.path(""), "-cf".into(), world.path("a.tar"), "source".into()]);
    world
}

/// What is restored later, since it could not be the first time or was lost since, leaves a folder the time it had.
#[test]
fn a_repeated_restore_leaves_folders_their_times() {
    let world = backed_up_and_archived(80);
    for from in ["@dest", "@a.tar"] {
        let out = world.path("out");
        let _ = fs::remove_dir_all(&out);
        let line = format!("restore --from {from} --to @out");
        world.run(&line).ok();
        let (folder, other) = (out.join("source/folder 1"), out.join("source/folder 2"));
        for folder in [&folder, &other] {
            let before = fs::metadata(folder).unwrap().modified().unwrap();
            fs::remove_file(walk(folder).first().map(|name| folder.join(name)).unwrap()).unwrap();
            // Somebody has changed the second one for good.
            if folder.ends_with("folder 1") {
                fs::File::open(folder).unwrap().set_modified(before).unwrap();
            }
        }
        let theirs = fs::metadata(&other).unwrap().modified().unwrap();
        world.run(&line).ok();
        let time = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(time(&folder), time(&world.source().join("folder 1")), "{from}");
        assert!(time(&other) >= theirs && time(&other) != time(&world.source().join("folder 2")), "{from}");
        assert_eq!(walk(&out).len(), walk(&world.source()).len() + 1, "{from}");
    }
}

/// A restore whose last sync fails has not ended in good order: whoever goes on looks at all of it again.
#[test]
fn a_restore_that_may_be_lost_is_not_one_that_was_stopped() {
    let world = backed_up_and_archived(84);
    for from in ["@dest", "@a.tar"] {
        let out = world.path("out");
        let begin = || {
            let _ = fs::remove_dir_all(&out);
            world.words(&format!("restore --from {from} --to @out --json"))
        };
        let below = [out.clone()];
        let (ran, calls) = syscalls::run(&mut begin(), &below, None);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        let at = calls.iter().rposition(|call| call.starts_with("syncfs")).expect("the last sync");
        let fault = Fault { at, error: Errno::IO, lasting: false };
        let (ran, calls) = syscalls::run(&mut begin(), &below, Some(fault));
        assert!(calls[at].starts_with("syncfs"), "{:?}", calls[at]);
        assert_ne!(ran.code, Some(0), "{from}");
        let journal = walk(&out).into_iter().find(|path| path.to_string_lossy().starts_with(".strongroom-restore-"));
        let journal = fs::read_to_string(out.join(journal.expect("it has not ended"))).unwrap();
        assert!(!journal.contains("stopped"), "{from}: {journal}");
        world.run(&format!("restore --from {from} --to @out")).ok();
        assert_same(&world.source(), &out.join("source"));
        assert_eq!(walk(&out).len(), walk(&world.source()).len() + 1, "{from}: something is left over");
    }
}
