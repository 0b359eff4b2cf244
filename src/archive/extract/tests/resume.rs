//! A restore that did not end, and is repeated.

use std::os::unix::fs::FileExt;
use std::time::{Duration, SystemTime};

use super::*;

const JOURNAL: &str = ".strongroom-restore-";

fn version() -> TestVersion {
    let big = noise(9_500, 1);
    Builder::new(&["/s"])
        .folder("s/closed", 0o555)
        .file("s/closed/a", "the first")
        .file("s/closed/b", "the second")
        .file("s/big", &big)
        .link("s/bigger", "s/big", &big)
        .file("s/empty", "")
        .symlink("s/link", "a")
        .add(Entry { link: Some("s/link".into()), ..entry("s/link too", EntryKind::Symlink { target: "a".into() }) }, b"")
        .add(Entry { mode: 0o600, ..entry("s/pipe", EntryKind::Fifo) }, b"")
        .build()
}

/// A target in which somebody's own things stood before a restore with this policy, which died just before its end.
fn died(version: &TestVersion, conflict: Conflict, mine: &[&str]) -> tempfile::TempDir {
    let dir = temp();
    for path in mine {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "mine").unwrap();
    }
    // The file system's clock ticks a few hundred times a second.
    std::thread::sleep(Duration::from_millis(20));
    Ask::to(dir.path()).with_job(version, &Progress::default(), &Cancel::default(), |job| {
        let (places, roots) = Places::open(&job.catalog.index.sources, &Selection::new(&[], &[]), job.target, false).unwrap();
        open_journal(job, &places, &roots).unwrap().0.unwrap();
    });
    let journal = journal(dir.path());
    let begun = fs::read(&journal).unwrap();
    Ask { conflict, tag: "t2", ..Ask::to(dir.path()) }.run(version).unwrap();
    assert!(!journal.exists());
    fs::write(journal, begun).unwrap();
    dir
}

fn journal(dir: &Path) -> PathBuf {
    let mut names = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    names.find(|p| p.file_name().unwrap().to_string_lossy().starts_with(JOURNAL)).unwrap()
}

fn inodes(dir: &Path) -> BTreeMap<String, u64> {
    tree(dir).into_keys().map(|name| (name.clone(), fs::symlink_metadata(dir.join(&name)).unwrap().ino())).collect()
}

fn set_time(path: &Path, time: FileTime) {
    let time = SystemTime::UNIX_EPOCH + Duration::new(time.seconds as u64, time.nanos);
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

const POLICIES: [Conflict; 4] = [Conflict::Skip, Conflict::Overwrite, Conflict::Newer, Conflict::KeepBoth];

#[test]
fn what_is_whole_is_not_made_again() {
    let version = version();
    for conflict in POLICIES {
        for mine in [&[][..], &["s/big", "s/link", "s/closed/a", "s/pipe"]] {
            let dir = died(&version, conflict, mine);
            let mut before = inodes(dir.path());
            before.retain(|name, _| !name.starts_with(JOURNAL));
            let done = Ask { conflict, tag: "t3", ..Ask::to(dir.path()) }.run(&version).unwrap();
            assert_eq!(inodes(dir.path()), before, "{conflict:?} {mine:?}");
            assert_eq!((done.warnings.as_slice(), done.counts.bytes), (&[][..], 0), "{conflict:?} {mine:?}");
            assert_eq!(done.undo.is_some(), conflict == Conflict::Overwrite && !mine.is_empty());
        }
    }
}

#[test]
fn what_is_not_whole_is_made_again() {
    let version = version();
    for conflict in POLICIES {
        let dir = died(&version, conflict, &[]);
        let s = dir.path().join("s");
        let whole = tree(&s);
        let folder = s.join("closed");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        // Cut short, with a hole in it as after a loss of power, with the right time and zeros, without its time, and not there.
        fs::write(folder.join("a"), "the f").unwrap();
        fs::File::options().write(true).open(folder.join("b")).unwrap().write_all_at(&[0; 4], 4).unwrap();
        fs::File::options().write(true).open(s.join("big")).unwrap().write_all_at(&[0; 512], 1024).unwrap();
        set_time(&s.join("big"), TIME);
        set_time(&s.join("empty"), FileTime { seconds: 1_700_000_000, nanos: 0 });
        fs::set_permissions(s.join("empty"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::remove_file(s.join("link")).unwrap();
        fs::write(s.join(".strongroom-tmp-t1-7"), "half").unwrap();
        fs::write(s.join(".strongroom-tmp-other-7"), "somebody else's").unwrap();
        let done = Ask { conflict, tag: "t3", ..Ask::to(dir.path()) }.run(&version).unwrap();
        assert_eq!(done.warnings, []);
        fs::remove_file(s.join(".strongroom-tmp-other-7")).unwrap();
        assert_eq!(tree(&s), whole, "{conflict:?}");
        assert_eq!(tree(dir.path()).len(), whole.len() + 1, "{conflict:?}: {:?}", tree(dir.path()).keys());
        for name in ["big", "empty", "closed", "closed/a", "closed/b", "link"] {
            assert_eq!(time_of(&s.join(name)), TIME, "{conflict:?} {name}");
        }
        let meta = |name: &str| fs::symlink_metadata(s.join(name)).unwrap();
        assert_eq!((meta("closed").mode() & 0o777, meta("empty").mode() & 0o777), (0o555, 0o644));
        assert_eq!(meta("big").ino(), meta("bigger").ino());
        assert_eq!(meta("link").ino(), meta("link too").ino());
    }
}

#[test]
fn what_somebody_changed_since_is_spared() {
    let version = version();
    let dir = died(&version, Conflict::Skip, &["s/closed/b"]);
    let s = dir.path().join("s");
    fs::write(s.join("closed/a"), "the first, and more").unwrap();
    fs::File::options().write(true).open(s.join("big")).unwrap().write_all_at(b"edited", 2000).unwrap();
    Ask { tag: "t2", ..Ask::to(dir.path()) }.run(&version).unwrap();
    let left = tree(&s);
    assert_eq!((left["closed/a"].as_str(), left["closed/b"].as_str()), ("the first, and more", "mine"));
    assert_eq!(&fs::read(s.join("big")).unwrap()[2000..2006], b"edited");
}

#[test]
fn another_restore_that_died_is_told_of() {
    let version = version();
    let dir = died(&version, Conflict::Skip, &[]);
    let done = Ask { paths: &["s/big"], ..Ask::to(dir.path()) }.run(&version).unwrap();
    assert_eq!(done.warnings.iter().map(|w| w.cause).collect::<Vec<_>>(), [Cause::Incomplete]);
    Ask { tag: "t2", ..Ask::to(dir.path()) }.run(&version).unwrap();
    let done = Ask { paths: &["s/big"], ..Ask::to(dir.path()) }.run(&version).unwrap();
    assert_eq!(done.warnings, []);
}
