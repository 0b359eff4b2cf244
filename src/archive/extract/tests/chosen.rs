//! Parts of a version, and other places.

use super::*;

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
