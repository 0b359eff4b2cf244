//! What comes back, and how it looks.

use super::*;

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
    assert_eq!(named, ["MetadataNotSet s/foreign", "MetadataNotSet s/trusted", "NotWritten s/device"], "{:?}", done.warnings);
    assert_eq!(done.counts.failed, 1, "only root makes devices");
    let meta = |name: &str| fs::metadata(target.join("s").join(name)).unwrap();
    assert_eq!(meta("closed").mode() & 0o7777, 0o555);
    assert_eq!(meta("closed/f").len(), 1);
    assert_eq!(meta("closed/marked").mode() & 0o7777, 0o444);
    assert_eq!(rustix::fs::getxattr(target.join("s/closed/marked"), "user.a", &mut [0; 4][..]).unwrap(), 1);
    // Whoever restores must not get somebody else's right to run as another.
    assert_eq!(meta("foreign").mode() & 0o7777, 0o755);
    assert_eq!(fs::read(target.join("s/foreign")).unwrap(), b"foreign");
}
