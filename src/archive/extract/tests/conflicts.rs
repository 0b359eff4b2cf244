//! What stands there already.

use super::*;

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
