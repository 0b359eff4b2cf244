use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use rustix::io::Errno;

use super::*;
use crate::storage::servers::share::Share;
use crate::storage::{contract, plan_folders};

fn local() -> (tempfile::TempDir, Local) {
    let dir = tempfile::tempdir().unwrap();
    let local = Local::open(dir.path()).unwrap();
    (dir, local)
}

#[test]
fn it_keeps_the_contract() {
    let (_dir, storage) = local();
    contract::holds(&storage);
}

#[test]
fn it_keeps_the_contract_in_memory() {
    let dir = tempfile::tempdir_in("/dev/shm").unwrap();
    contract::holds(&Local::open(dir.path()).unwrap());
}

#[test]
fn it_keeps_the_contract_on_a_mounted_share() {
    let dir = tempfile::tempdir().unwrap();
    let share = Share::mount(dir.path());
    contract::holds(&Local::open(&share.at).unwrap());
    assert_eq!(fs::read_dir(&share.shown).unwrap().count(), 0);
}

#[test]
fn without_openat2_links_are_not_followed_either() {
    let (dir, storage) = local();
    storage.put("a/b/c", b"x").unwrap();
    symlink("a", dir.path().join("link")).unwrap();
    symlink("c", dir.path().join("a/b/link")).unwrap();
    for name in ["link/b/c", "a/b/link"] {
        assert!(storage.size(name).is_err(), "{name}");
    }
    storage.root.by_steps();
    for name in ["link/b/c", "a/b/link"] {
        assert!(storage.size(name).is_err(), "{name}");
    }
    assert_eq!(storage.size("a/b/c").unwrap(), 1);
}

#[test]
fn links_are_neither_listed_nor_written_through() {
    let (dir, storage) = local();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("f"), "theirs").unwrap();
    symlink(outside.path(), dir.path().join("out")).unwrap();
    symlink(outside.path().join("f"), dir.path().join("file")).unwrap();
    assert_eq!(storage.list("").unwrap(), []);
    assert!(storage.list("out").is_err());
    assert!(storage.put("out/new", b"x").is_err());
    assert!(storage.put("file", b"x").is_err());
    assert!(storage.delete("out/f").is_err());
    assert!(storage.delete_folder("out").is_err());
    // A link within a folder of ours goes with it, what it points to stays.
    storage.put("ours/x", b"x").unwrap();
    symlink(outside.path(), dir.path().join("ours/out")).unwrap();
    storage.delete_folder("ours").unwrap();
    assert_eq!(fs::read_to_string(outside.path().join("f")).unwrap(), "theirs");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn what_is_not_a_file_is_not_an_object() {
    let (dir, storage) = local();
    rustix::fs::mknodat(rustix::fs::CWD, dir.path().join("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    fs::create_dir(dir.path().join("folder")).unwrap();
    assert_eq!(storage.size("pipe").unwrap_err().kind, Kind::NotFound);
    assert_eq!(storage.size("folder").unwrap_err().kind, Kind::NotFound);
    assert_eq!(storage.size("pipe/x").unwrap_err().kind, Kind::NotFound);
}

#[test]
fn others_cannot_read_what_is_written() {
    let (dir, storage) = local();
    storage.put("a/b", b"x").unwrap();
    assert_eq!(fs::metadata(dir.path().join("a")).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(dir.path().join("a/b")).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_missing_destination_is_unreachable() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("drive");
    let kind = |result: Result<Local, Error>| result.err().map(|e| e.kind);
    assert_eq!(kind(Local::open(&path)), Some(Kind::Unreachable));
    assert_eq!(kind(Local::create_and_open(&path.join("deeper"))), Some(Kind::Unreachable));
    let storage = Local::create_and_open(&path).unwrap();
    storage.put("a", b"x").unwrap();
    storage.delete("a").unwrap();
    fs::remove_dir(&path).unwrap();
    // Removed since it was opened: an empty list would look as if all versions were gone.
    assert_eq!(storage.list("").unwrap_err().kind, Kind::Unreachable);
    assert_eq!(storage.list("versions").unwrap_err().kind, Kind::Unreachable);
    assert_eq!(storage.size("a").unwrap_err().kind, Kind::Unreachable);
    assert_eq!(storage.put("a", b"x").unwrap_err().kind, Kind::Unreachable);
    assert_eq!(storage.put("f/a", b"x").unwrap_err().kind, Kind::Unreachable);
    assert_eq!(storage.delete("a").unwrap_err().kind, Kind::Unreachable);
    fs::write(&path, "a file").unwrap();
    assert_eq!(kind(Local::open(&path)), Some(Kind::NotAFolder));
    assert_eq!(kind(Local::create_and_open(&path)), Some(Kind::NotAFolder));
    assert_eq!(kind(Local::create_and_open(&path.join("below"))), Some(Kind::NotAFolder));
}

#[test]
fn leftovers_are_swept_by_age() {
    let (dir, storage) = local();
    storage.put("f/object", b"x").unwrap();
    for name in [".tmp-1", ".tmp-2"] {
        fs::write(dir.path().join("f").join(name), "left").unwrap();
    }
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    fs::File::options().write(true).open(dir.path().join("f/.tmp-1")).unwrap().set_modified(old).unwrap();
    fs::create_dir(dir.path().join("f/.tmp-folder")).unwrap();
    let half_an_hour_ago = Timestamp::now() - jiff::SignedDuration::from_mins(30);
    assert_eq!(storage.sweep_temporary("f", Some(half_an_hour_ago)).unwrap(), 1);
    assert!(dir.path().join("f/.tmp-2").exists());
    assert_eq!(storage.sweep_temporary("f", None).unwrap(), 1);
    assert_eq!(storage.size("f/object").unwrap(), 1);
    assert!(dir.path().join("f/.tmp-folder").exists(), "not one of ours");
}

#[test]
fn errors_are_told_apart() {
    let kinds = [
        (Errno::NOSPC, Kind::NoRoom),
        (Errno::DQUOT, Kind::NoRoom),
        (Errno::ROFS, Kind::NotWritable),
        (Errno::ACCESS, Kind::NotWritable),
        (Errno::STALE, Kind::Unreachable),
        (Errno::NOTCONN, Kind::Unreachable),
        (Errno::FBIG, Kind::FileTooLarge),
        (Errno::IO, Kind::Other),
    ];
    for (errno, kind) in kinds {
        assert_eq!(Error::from_io("x", errno.into()).kind, kind, "{errno}");
    }
    assert_eq!(Error::from_read("x", Errno::ACCESS.into()).kind, Kind::NotReadable);
}

#[test]
fn folders_with_a_marker_are_found() {
    let (dir, storage) = local();
    storage.put("Documents-abababab/strongroom.json", b"{}").unwrap();
    storage.put("Photos-cdcdcdcd/strongroom.json", b"{}").unwrap();
    storage.put("other/file", b"x").unwrap();
    storage.put("strongroom.json", b"{}").unwrap();
    fs::create_dir(dir.path().join("lost+found")).unwrap();
    fs::set_permissions(dir.path().join("lost+found"), fs::Permissions::from_mode(0o000)).unwrap();
    assert_eq!(plan_folders(&storage).unwrap(), ["Documents-abababab", "Photos-cdcdcdcd"]);
}
