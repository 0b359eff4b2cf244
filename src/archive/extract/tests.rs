//! What is restored, and what never is.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::*;
use crate::archive::test_version::{Builder, TIME, TestVersion, entry, xattr};
use crate::model::catalog::{Entry, EntryKind, FileTime};

/// What a test asks for; everything else is as a person would have it.
struct Ask<'a> {
    paths: &'a [&'a str],
    except: &'a [&'a str],
    target: Target,
    conflict: Conflict,
    metadata: bool,
    dry_run: bool,
}

impl Ask<'_> {
    fn to(dir: &Path) -> Self {
        let target = Target::Folder { path: dir.into(), full_paths: false };
        Self { paths: &[], except: &[], target, conflict: Conflict::Skip, metadata: true, dry_run: false }
    }

    fn run(&self, version: &TestVersion) -> Result<Restored> {
        self.watched(version, &Progress::default(), &Cancel::default())
    }

    fn watched(&self, version: &TestVersion, progress: &Progress, cancel: &Cancel) -> Result<Restored> {
        let list = |paths: &[&str]| paths.iter().map(|p| PathBytes::from(*p)).collect::<Vec<_>>();
        restore(&RestoreJob {
            plan: version.plan.clone(),
            objects: Arc::new(version.objects.clone()),
            ring: version.ring.clone(),
            catalog: &version.catalog(),
            paths: &list(self.paths),
            except: &list(self.except),
            target: &self.target,
            conflict: self.conflict,
            metadata: self.metadata,
            dry_run: self.dry_run,
            tag: "t1",
            date: "2026-11-21",
            progress,
            cancel,
        })
    }
}

fn noise(length: usize, seed: u8) -> Vec<u8> {
    let mut out = vec![0; length];
    blake3::Hasher::new().update(&[seed]).finalize_xof().fill(&mut out);
    out
}

/// Paths below `dir` with contents of files; links and folders as text.
fn tree(dir: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut todo = vec![dir.to_path_buf()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            let what = if kind.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else if kind.is_dir() {
                todo.push(path.clone());
                "folder".into()
            } else if kind.is_file() {
                String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
            } else {
                "other".into()
            };
            found.insert(path.strip_prefix(dir).unwrap().display().to_string(), what);
        }
    }
    found
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn time_of(path: &Path) -> FileTime {
    let meta = fs::symlink_metadata(path).unwrap();
    FileTime { seconds: meta.mtime(), nanos: meta.mtime_nsec() as u32 }
}

#[test]
fn everything_comes_back() {
    for sealed in [false, true] {
        let big = noise(9_500, 1);
        let mut builder = Builder::new(&["/home/u/docs"]);
        if sealed {
            builder.sealed();
        }
        builder
            .folder("home/u/docs/sub", 0o750)
            .file("home/u/docs/a.txt", "one")
            .file("home/u/docs/empty", "")
            .file("home/u/docs/sub/big", &big)
            .link("home/u/docs/sub/same", "home/u/docs/sub/big", &big)
            .symlink("home/u/docs/sub/link", "../a.txt")
            .add(Entry { mode: 0o640, ..entry("home/u/docs/pipe", EntryKind::Fifo) }, b"")
            .add(
                Entry { mode: 0o4555, xattrs: vec![xattr("user.note", b"x\0y")], ..entry("home/u/docs/tool", EntryKind::File) },
                b"run",
            );
        let version = builder.build();
        let dir = temp();
        let target = dir.path().join("new/place");
        let progress = Progress::default();
        let done = Ask::to(&target).watched(&version, &progress, &Cancel::default()).unwrap();
        assert_eq!(done.warnings, []);
        assert_eq!((done.counts.created, done.counts.folders, done.counts.failed), (7, 2, 0));
        let docs = target.join("docs");
        assert_eq!(fs::read(docs.join("sub/big")).unwrap(), big);
        assert_eq!(fs::read(docs.join("empty")).unwrap(), b"");
        assert_eq!(fs::read_link(docs.join("sub/link")).unwrap(), Path::new("../a.txt"));
        assert!(fs::symlink_metadata(docs.join("pipe")).unwrap().file_type().is_fifo());
        let meta = |name: &str| fs::symlink_metadata(docs.join(name)).unwrap();
        assert_eq!(meta("sub/big").ino(), meta("sub/same").ino());
        assert_eq!(meta("tool").mode() & 0o7777, 0o4555);
        assert_eq!(meta("pipe").mode() & 0o7777, 0o640);
        assert_eq!(meta("sub").mode() & 0o7777, 0o750);
        let mut value = [0; 16];
        let length = rustix::fs::getxattr(docs.join("tool"), "user.note", &mut value).unwrap();
        assert_eq!(&value[..length], b"x\0y");
        for name in ["", "a.txt", "sub", "sub/big", "sub/link", "pipe", "tool"] {
            assert_eq!(time_of(&docs.join(name)), TIME, "{name}");
        }
        let view = progress.view();
        assert_eq!((view.files_done, view.bytes_done), (view.files_total, view.bytes_total));
        assert_eq!(view.files_total, 5);
    }
}

#[test]
fn symbolic_links_keep_their_further_names() {
    let to = |path: &str, target: &str, first: &str| Entry {
        link: Some(PathBytes::from(first)),
        ..entry(path, EntryKind::Symlink { target: PathBytes::from(target) })
    };
    let pipe = Entry { link: Some("s/pipe".into()), ..entry("s/pipe too", EntryKind::Fifo) };
    let version = Builder::new(&["/s"])
        .folder("s/deep", 0o755)
        .symlink("s/a", "nowhere")
        .add(to("s/b", "nowhere", "s/a"), b"")
        .add(to("s/deep/c", "nowhere", "s/a"), b"")
        // What does not fit together stands for itself.
        .add(to("s/d", "elsewhere", "s/a"), b"")
        .add(Entry { mode: 0o600, ..entry("s/pipe", EntryKind::Fifo) }, b"")
        .add(Entry { mode: 0o600, ..pipe }, b"")
        .build();
    for paths in [&[][..], &["s/b", "s/deep", "s/d", "s/pipe too"]] {
        let dir = temp();
        let done = Ask { paths, ..Ask::to(dir.path()) }.run(&version).unwrap();
        assert_eq!(done.warnings, []);
        let meta = |name: &str| fs::symlink_metadata(dir.path().join("s").join(name)).unwrap();
        assert_eq!(meta("b").ino(), meta("deep/c").ino());
        assert_eq!(time_of(&dir.path().join("s/b")), TIME);
        assert_eq!(meta("d").nlink(), 1);
        assert_eq!(fs::read_link(dir.path().join("s/d")).unwrap(), Path::new("elsewhere"));
        if paths.is_empty() {
            assert_eq!((meta("a").ino(), meta("a").nlink()), (meta("b").ino(), 3));
            assert_eq!(meta("pipe").ino(), meta("pipe too").ino());
        }
        assert_eq!(meta("pipe too").mode() & 0o7777, 0o600);
    }
}

#[test]
fn conflicts_go_each_way() {
    let version = Builder::new(&["/s"]).file("s/f.txt", "from the backup").file("s/new", "n").build();
    let prepared = |newer: bool| {
        let dir = temp();
        fs::create_dir(dir.path().join("s")).unwrap();
        let path = dir.path().join("s/f.txt");
        fs::write(&path, "mine").unwrap();
        let seconds = if newer { 1_700_000_000 } else { 1_500_000_000 };
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        dir
    };
    let run = |conflict, newer, dry_run| {
        let dir = prepared(newer);
        let done = Ask { conflict, dry_run, ..Ask::to(dir.path()) }.run(&version).unwrap();
        (tree(dir.path()), done)
    };
    let cases = [
        (Conflict::Skip, false, "mine", (1, 0, 1, 0)),
        (Conflict::Overwrite, true, "from the backup", (1, 1, 0, 0)),
        (Conflict::Newer, false, "from the backup", (1, 1, 0, 0)),
        (Conflict::Newer, true, "mine", (1, 0, 1, 0)),
        (Conflict::KeepBoth, false, "mine", (1, 0, 0, 1)),
    ];
    for (conflict, newer, content, counts) in cases {
        let (tree, done) = run(conflict, newer, false);
        let c = done.counts;
        assert_eq!((c.created, c.replaced, c.skipped, c.beside), counts, "{conflict:?}");
        assert_eq!(tree["s/f.txt"], content, "{conflict:?}");
        assert_eq!(tree["s/new"], "n");
        let replaced = c.replaced == 1;
        assert_eq!(tree.get(".strongroom-undo-t1/s/f.txt").map(String::as_str), replaced.then_some("mine"));
        assert_eq!(done.undo.is_some(), replaced);
        if conflict == Conflict::KeepBoth {
            assert_eq!(tree["s/f (restored 2026-11-21).txt"], "from the backup");
        }
        assert!(!tree.keys().any(|name| name.contains("-tmp-")), "{tree:?}");
        let (untouched, foreseen) = run(conflict, newer, true);
        let f = foreseen.counts;
        assert_eq!((f.created, f.replaced, f.skipped, f.beside), counts, "foreseen {conflict:?}");
        assert_eq!(untouched.len(), 2, "a dry run writes nothing");
        assert!(f.fetched > 0 && f.free.is_some() && foreseen.undo.is_none());
    }
}

#[test]
fn a_second_restore_beside_gets_a_number() {
    let version = Builder::new(&["/s"]).file("s/f", "x").file("s/big", noise(3000, 1)).build();
    let dir = temp();
    for _ in 0..3 {
        Ask { conflict: Conflict::KeepBoth, ..Ask::to(dir.path()) }.run(&version).unwrap();
    }
    let tree = tree(&dir.path().join("s"));
    let names: Vec<&str> = tree.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "big",
            "big (restored 2026-11-21 2)",
            "big (restored 2026-11-21)",
            "f",
            "f (restored 2026-11-21 2)",
            "f (restored 2026-11-21)"
        ]
    );
}

#[test]
fn kinds_that_differ_are_conflicts() {
    let version = Builder::new(&["/s"])
        .folder("s/a", 0o755)
        .file("s/a/in", "in")
        .file("s/b", "file")
        .symlink("s/c", "x")
        .file("s/d", "")
        .build();
    let prepared = || {
        let dir = temp();
        fs::create_dir_all(dir.path().join("s/b/below")).unwrap();
        fs::write(dir.path().join("s/a"), "I am a file").unwrap();
        fs::write(dir.path().join("s/c"), "no link").unwrap();
        dir
    };
    let dir = prepared();
    let done = Ask::to(dir.path()).run(&version).unwrap();
    let left = tree(&dir.path().join("s"));
    assert_eq!((left["a"].as_str(), left["b"].as_str(), left["c"].as_str()), ("I am a file", "folder", "no link"));
    assert_eq!((done.counts.skipped, done.counts.created), (3, 1));
    assert_eq!(
        done.warnings.iter().map(|w| (w.cause, w.path.clone())).collect::<Vec<_>>(),
        [(crate::model::problem::Cause::Skipped, PathBytes::from("s/a"))]
    );

    let dir = prepared();
    let done = Ask { conflict: Conflict::Overwrite, ..Ask::to(dir.path()) }.run(&version).unwrap();
    let all = tree(dir.path());
    assert_eq!((all["s/a/in"].as_str(), all["s/b"].as_str(), all["s/c"].as_str()), ("in", "file", "-> x"));
    assert_eq!(all[".strongroom-undo-t1/s/a"], "I am a file");
    assert_eq!(all[".strongroom-undo-t1/s/b/below"], "folder");
    assert_eq!(all[".strongroom-undo-t1/s/c"], "no link");
    assert_eq!(done.warnings, []);

    let dir = prepared();
    Ask { conflict: Conflict::KeepBoth, ..Ask::to(dir.path()) }.run(&version).unwrap();
    let all = tree(&dir.path().join("s"));
    assert_eq!(all["a (restored 2026-11-21)/in"], "in");
    assert_eq!(all["b (restored 2026-11-21)"], "file");
    assert_eq!(all["c (restored 2026-11-21)"], "-> x");
    assert_eq!(time_of(&dir.path().join("s/a (restored 2026-11-21)")), TIME);
}

#[test]
fn nothing_is_written_through_a_link() {
    let version = Builder::new(&["/s"]).folder("s/d", 0o755).file("s/d/x", "new").file("s/f", "new").build();
    for conflict in [Conflict::Skip, Conflict::Overwrite, Conflict::Newer, Conflict::KeepBoth] {
        let (dir, outside) = (temp(), temp());
        fs::write(outside.path().join("f"), "outside").unwrap();
        fs::create_dir(dir.path().join("s")).unwrap();
        symlink(outside.path(), dir.path().join("s/d")).unwrap();
        symlink(outside.path().join("f"), dir.path().join("s/f")).unwrap();
        Ask { conflict, ..Ask::to(dir.path()) }.run(&version).unwrap();
        assert_eq!(tree(outside.path()), BTreeMap::from([("f".to_string(), "outside".to_string())]), "{conflict:?}");
        let replaced = conflict == Conflict::Overwrite;
        assert_eq!(dir.path().join("s/d").is_symlink(), !replaced, "{conflict:?}");
        assert_eq!(dir.path().join("s/d/x").exists(), replaced);
    }
    // The same by a link of the backup's own: a list of files that no backup would write.
    let outside = temp();
    let version = Builder::new(&["/s"]).symlink("s/d", outside.path().to_str().unwrap()).file("s/d/x", "new").build();
    let dir = temp();
    for conflict in [Conflict::Skip, Conflict::Overwrite] {
        Ask { conflict, ..Ask::to(dir.path()) }.run(&version).unwrap();
        assert_eq!(tree(outside.path()), BTreeMap::new());
    }
}

#[test]
fn damage_hits_only_its_files() {
    // Two small files to a frame; the large one lies in several.
    let mut builder = Builder::new(&["/s"]);
    builder.cut(1000, 2000, 2);
    for n in 0..6 {
        builder.file(&format!("s/f{n}"), noise(1000, n));
    }
    builder.file("s/large", noise(7000, 50)).link("s/large2", "s/large", noise(7000, 50)).symlink("s/link", "f0");
    for (volume, gone) in [(0, false), (0, true), (2, false)] {
        let version = builder.build();
        let catalog = version.catalog();
        let entries: Vec<Entry> = (0..catalog.index.segments.len()).flat_map(|n| catalog.segment(n).unwrap()).collect();
        let name = version.volume_names()[volume].clone();
        let damaged = version.volume_names()[volume].clone();
        let hit = |e: &Entry| {
            e.pieces
                .iter()
                .any(|p| crate::archive::object::volume_name(&p.volume, false) == damaged && (gone || p.frame_offset == 0))
        };
        let hit: Vec<PathBytes> = entries.iter().filter(|e| hit(e)).map(|e| e.path.clone()).collect();
        if gone {
            version.objects.remove(&name)
        } else {
            version.objects.flip(&name, 40)
        }
        let dir = temp();
        let done = Ask::to(dir.path()).run(&version).unwrap();
        let mut named: Vec<PathBytes> = done.warnings.iter().map(|w| w.path.clone()).collect();
        named.sort();
        assert!(!hit.is_empty() && hit.len() < entries.len() - 2);
        assert_eq!(named, hit);
        assert!(done.warnings.iter().all(|w| w.cause == crate::model::problem::Cause::Damaged), "{:?}", done.warnings);
        assert_eq!(done.counts.failed as usize, hit.len());
        let left: Vec<String> = tree(&dir.path().join("s")).into_keys().collect();
        let whole = entries.iter().filter(|e| !hit.contains(&e.path) && e.path.as_bytes() != b"s");
        let whole: Vec<String> = whole.map(|e| e.path.display().trim_start_matches("s/").to_string()).collect();
        assert_eq!(left, whole);
    }
}

#[test]
fn holes_stay_holes() {
    const MIB: u64 = 1 << 20;
    let data = noise(10_000, 4);
    // The second piece goes on behind the hole that its bytes lie around.
    let holes = vec![(0, MIB), (MIB + 1500, 3 * MIB), (4 * MIB + 10_000, MIB)];
    let sparse = Entry { holes: holes.clone(), ..entry("s/sparse", EntryKind::File) };
    let only_hole = Entry { holes: vec![(0, 5 * MIB)], ..entry("s/nothing", EntryKind::File) };
    let whole = Entry { holes: vec![(100, MIB)], ..entry("s/small", EntryKind::File) };
    let version = Builder::new(&["/s"]).add(sparse, &data).add(only_hole, b"").add(whole, &data[..600]).build();
    let dir = temp();
    let done = Ask::to(dir.path()).run(&version).unwrap();
    assert_eq!(done.warnings, []);
    let path = |name: &str| dir.path().join("s").join(name);
    let mut expected = vec![0; MIB as usize];
    expected.extend_from_slice(&data[..1500]);
    expected.resize(expected.len() + 3 * MIB as usize, 0);
    expected.extend_from_slice(&data[1500..]);
    expected.resize(expected.len() + MIB as usize, 0);
    assert!(fs::read(path("sparse")).unwrap() == expected);
    assert!(fs::metadata(path("sparse")).unwrap().blocks() * 512 < MIB);
    assert_eq!((fs::metadata(path("nothing")).unwrap().len(), fs::metadata(path("nothing")).unwrap().blocks()), (5 * MIB, 0));
    let small = fs::read(path("small")).unwrap();
    assert!(small[..100] == data[..100] && small[100 + MIB as usize..] == data[100..600] && small.len() as u64 == MIB + 600);
}

#[test]
fn a_file_of_very_many_pieces_goes_through_many_windows() {
    let data = noise(400_000, 9);
    let mut builder = Builder::new(&["/s"]);
    builder.cut(2, 4000, 50).file("s/many", &data).file("s/zz", "z");
    let version = builder.build();
    let dir = temp();
    let done = Ask::to(dir.path()).run(&version).unwrap();
    assert_eq!(done.warnings, []);
    assert!(fs::read(dir.path().join("s/many")).unwrap() == data);
}

#[test]
fn chosen_paths_only() {
    let version = Builder::new(&["/home/u", "/home/v/u"])
        .folder("home/u/a", 0o700)
        .folder("home/u/a/b", 0o755)
        .file("home/u/a/b/x", "x")
        .file("home/u/a/y", "y")
        .link("home/u/a/z", "home/u/a/b/x", "x")
        .link("home/u/a/zz", "home/u/a/b/x", "x")
        .file("home/v/u/w", "w")
        .build();
    let dir = temp();
    let ask = Ask { paths: &["home/u/a", "home/v/u/w"], except: &["home/u/a/b"], ..Ask::to(dir.path()) };
    let progress = Progress::default();
    ask.watched(&version, &progress, &Cancel::default()).unwrap();
    let names: Vec<String> = tree(dir.path()).into_keys().collect();
    assert_eq!(names, ["u", "u (2)", "u (2)/w", "u/a", "u/a/y", "u/a/z", "u/a/zz"]);
    assert_eq!(progress.view().files_total, 4);
    let inode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().ino();
    assert_eq!(inode("u/a/z"), inode("u/a/zz"), "hard links whose first name was not wanted");
    // Folders above what is wanted are plain ones.
    assert_eq!(fs::metadata(dir.path().join("u")).unwrap().mode() & 0o7777, 0o755);
    assert_eq!(fs::metadata(dir.path().join("u/a")).unwrap().mode() & 0o7777, 0o700);

    let dir = temp();
    let target = Target::Folder { path: dir.path().into(), full_paths: true };
    Ask { target, paths: &["home/v"], ..Ask::to(dir.path()) }.run(&version).unwrap();
    assert_eq!(tree(dir.path()).into_keys().collect::<Vec<_>>(), ["home", "home/v", "home/v/u", "home/v/u/w"]);
    let wrong = Ask { paths: &["home/u/nothing"], ..Ask::to(dir.path()) }.run(&version);
    assert!(matches!(wrong, Err(Error::NoSuchPath(path)) if path == "home/u/nothing"));
}

#[test]
fn in_place_through_links_above_the_source() {
    let dir = temp();
    let real = dir.path().join("mnt/home");
    fs::create_dir_all(real.join("u")).unwrap();
    symlink(&real, dir.path().join("home")).unwrap();
    let source = dir.path().join("home/u");
    let catalog_path = source.to_str().unwrap().trim_start_matches('/').to_string();
    let version = Builder::new(&[source.to_str().unwrap()]).file(&format!("{catalog_path}/f"), "back").build();
    Ask { target: Target::InPlace, ..Ask::to(dir.path()) }.run(&version).unwrap();
    assert_eq!(fs::read(real.join("u/f")).unwrap(), b"back");
    // And where the source itself is a link to a folder, or gone with all above it.
    fs::rename(real.join("u"), dir.path().join("elsewhere")).unwrap();
    fs::remove_file(dir.path().join("elsewhere/f")).unwrap();
    symlink(dir.path().join("elsewhere"), real.join("u")).unwrap();
    Ask { target: Target::InPlace, ..Ask::to(dir.path()) }.run(&version).unwrap();
    assert_eq!(fs::read(dir.path().join("elsewhere/f")).unwrap(), b"back");
    fs::remove_file(dir.path().join("home")).unwrap();
    Ask { target: Target::InPlace, ..Ask::to(dir.path()) }.run(&version).unwrap();
    assert_eq!(fs::read(dir.path().join("home/u/f")).unwrap(), b"back");
}

#[test]
fn deep_paths_come_back() {
    let mut builder = Builder::new(&["/s"]);
    let mut path = "s".to_string();
    while path.len() < 6000 {
        path = format!("{path}/{}", "d".repeat(97));
        builder.folder(&path, 0o711);
    }
    builder.file(&format!("{path}/file"), "deep").symlink(&format!("{path}/link"), "file");
    let version = builder.build();
    let dir = temp();
    let done = Ask::to(dir.path()).run(&version).unwrap();
    assert_eq!(done.warnings, []);
    let root = Root::open(dir.path()).unwrap();
    let folder = root.folder(path.as_bytes()).unwrap();
    assert_eq!(rustix::fs::fstat(&folder).unwrap().st_mode & 0o7777, 0o711);
    let file = rustix::fs::statat(&folder, "file", rustix::fs::AtFlags::SYMLINK_NOFOLLOW).unwrap();
    assert_eq!((file.st_size, file.st_mtime), (4, TIME.seconds));
    assert_eq!(rustix::fs::readlinkat(&folder, "link", Vec::new()).unwrap().to_bytes(), b"file");
}

#[test]
fn without_metadata_only_content_comes() {
    let version =
        Builder::new(&["/s"]).folder("s/d", 0o700).add(Entry { mode: 0o600, ..entry("s/f", EntryKind::File) }, b"x").build();
    let dir = temp();
    let before = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    Ask { metadata: false, ..Ask::to(dir.path()) }.run(&version).unwrap();
    let meta = |name: &str| fs::metadata(dir.path().join(name)).unwrap();
    assert!(meta("s/f").modified().unwrap() > before && meta("s/d").modified().unwrap() > before);
    assert_eq!(meta("s/f").mode() & 0o200, 0o200);
    assert_ne!(meta("s/f").mode() & 0o077, 0, "as the umask has it");
}

#[test]
fn what_is_cancelled_leaves_nothing_incomplete() {
    let version = Builder::new(&["/s"]).file("s/f", "x").file("s/large", noise(9000, 1)).build();
    let dir = temp();
    let cancel = Cancel::default();
    cancel.cancel();
    let done = Ask::to(dir.path()).watched(&version, &Progress::default(), &cancel);
    assert!(matches!(done, Err(Error::Cancelled)));
    assert!(!tree(dir.path()).keys().any(|name| name.contains("large") || name.contains("-tmp-")));
}

/// Runs `work` as somebody who is not root: only this thread and those it begins change.
fn as_nobody<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let (uid, gid) = (rustix::fs::Uid::from_raw(65534), rustix::fs::Gid::from_raw(65534));
                rustix::thread::set_thread_groups(&[]).unwrap();
                rustix::thread::set_thread_res_gid(gid, gid, gid).unwrap();
                rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
            }
            work()
        });
        thread.join().unwrap()
    })
}

#[test]
fn a_plain_user_restores_what_he_may() {
    let version = as_nobody(|| {
        let foreign = Entry { uid: 1, gid: 1, mode: 0o6755, ..entry("s/foreign", EntryKind::File) };
        let marked = Entry { mode: 0o444, xattrs: vec![xattr("user.a", b"1")], ..entry("s/closed/marked", EntryKind::File) };
        let trusted = Entry { xattrs: vec![xattr("trusted.a", b"1")], ..entry("s/trusted", EntryKind::File) };
        Builder::new(&["/s"])
            .folder("s/closed", 0o555)
            .file("s/closed/f", "f")
            .add(marked, b"m")
            .add(foreign, b"foreign")
            .add(trusted, b"t")
            .add(entry("s/device", EntryKind::CharDevice { major: 1, minor: 3 }), b"")
            .build()
    });
    let dir = temp();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let target = dir.path().join("t");
    let done = as_nobody(|| Ask::to(&target).run(&version).unwrap());
    let mut named: Vec<String> = done.warnings.iter().map(|w| format!("{:?} {}", w.cause, w.path.display())).collect();
    named.sort();
    assert_eq!(named, ["MetadataNotSet s/device", "MetadataNotSet s/foreign", "MetadataNotSet s/trusted"], "{:?}", done.warnings);
    assert_eq!(done.counts.failed, 0);
    let meta = |name: &str| fs::metadata(target.join("s").join(name)).unwrap();
    assert_eq!(meta("closed").mode() & 0o7777, 0o555);
    assert_eq!(meta("closed/f").len(), 1);
    assert_eq!(meta("closed/marked").mode() & 0o7777, 0o444);
    assert_eq!(rustix::fs::getxattr(target.join("s/closed/marked"), "user.a", &mut [0; 4][..]).unwrap(), 1);
    // Whoever restores must not get somebody else's right to run as another.
    assert_eq!(meta("foreign").mode() & 0o7777, 0o755);
    assert_eq!(fs::read(target.join("s/foreign")).unwrap(), b"foreign");
}

#[test]
fn undo_lies_where_it_can() {
    // The folder above the source belongs to somebody else.
    let dir = temp();
    let above = dir.path().join("above");
    let source: PathBuf = above.join("u");
    fs::create_dir_all(&source).unwrap();
    fs::set_permissions(&above, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(source.join("f"), "mine").unwrap();
    if rustix::process::geteuid().is_root() {
        for path in [&source, &source.join("f")] {
            std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
        }
    }
    let text = source.to_str().unwrap();
    let version = as_nobody(|| Builder::new(&[text]).file(&format!("{}/f", text.trim_start_matches('/')), "new").build());
    let ask = Ask { target: Target::InPlace, conflict: Conflict::Overwrite, ..Ask::to(dir.path()) };
    let done = as_nobody(|| ask.run(&version).unwrap());
    assert_eq!(fs::read(source.join("f")).unwrap(), b"new");
    if rustix::process::geteuid().is_root() {
        assert_eq!(fs::read(source.join(".strongroom-undo-t1/f")).unwrap(), b"mine");
        assert_eq!(done.undo, Some(PathBytes::from(source.join(".strongroom-undo-t1"))));
    }
}

#[test]
fn no_room_ends_it() {
    // Without the right to mount there is nothing to show it with.
    let dir = temp();
    let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(dir.path()).status();
    if !mounted.is_ok_and(|status| status.success()) {
        return;
    }
    let version = Builder::new(&["/s"]).cut(100_000, 400_000, 9).file("s/a", "a").file("s/large", noise(3 << 20, 1)).build();
    let done = Ask::to(dir.path()).run(&version);
    let left = tree(dir.path());
    std::process::Command::new("umount").arg(dir.path()).status().unwrap();
    assert!(
        matches!(&done, Err(Error::File { source, .. }) if source.kind() == std::io::ErrorKind::StorageFull),
        "{:?}",
        done.err()
    );
    assert!(!left.keys().any(|name| name.contains("large") || name.contains("-tmp-")), "{left:?}");
}
