//! What every storage must do, whatever it is made of.

use std::io::Write;

use sha2::{Digest, Sha256};

use super::{Error, Kind, Storage};

/// To be run against an empty storage, which is empty again afterwards.
pub fn holds(storage: &dyn Storage) {
    checked(storage, true);
}

/// The same where the server does not look again, when an upload ends, whether there is one by now.
pub fn holds_but_for_races(storage: &dyn Storage) {
    checked(storage, false);
}

fn checked(storage: &dyn Storage, races_are_seen: bool) {
    assert_eq!(storage.list("").unwrap(), []);
    objects_are_written_once_and_whole(storage, races_are_seen);
    ranges_are_read_exactly(storage);
    unfinished_uploads_leave_nothing(storage);
    names_cannot_escape(storage);
    deleting_is_complete(storage);
    assert_eq!(names(storage, ""), [""; 0]);
    if let Some(room) = storage.room().unwrap() {
        assert!(room.free <= room.total && room.total > 0);
    }
}

fn names(storage: &dyn Storage, folder: &str) -> Vec<String> {
    storage.list(folder).unwrap().into_iter().map(|child| child.name).collect()
}

fn objects_are_written_once_and_whole(storage: &dyn Storage, races_are_seen: bool) {
    storage.put("f/versions/b.json", b"two").unwrap();
    storage.put("f/versions/a.json", b"").unwrap();
    storage.put("f/strongroom.json", b"one").unwrap();
    assert_eq!(names(storage, "f"), ["strongroom.json", "versions"]);
    let listed = storage.list("f/versions").unwrap();
    let shown: Vec<_> = listed.iter().map(|c| (c.name.as_str(), c.is_folder, c.size)).collect();
    assert_eq!(shown, [("a.json", false, 0), ("b.json", false, 3)]);
    assert!(storage.list("f").unwrap()[1].is_folder);
    assert_eq!(storage.list("f/nothing").unwrap(), []);

    assert_eq!(storage.put("f/strongroom.json", b"other").unwrap_err().kind, Kind::AlreadyExists);
    let (mut first, mut second) = (storage.create("f/race").unwrap(), storage.create("f/race").unwrap());
    first.write_all(b"first").unwrap();
    second.write_all(b"second").unwrap();
    first.finish().unwrap();
    if races_are_seen {
        assert_eq!(second.finish().unwrap_err().kind, Kind::AlreadyExists);
    } else {
        drop(second);
    }
    assert_eq!(storage.read_all("f/race", 100).unwrap(), b"first");
    assert_eq!(storage.put("f/race", b"third").unwrap_err().kind, Kind::AlreadyExists);
    assert_eq!(names(storage, "f"), ["race", "strongroom.json", "versions"]);
    assert_eq!(storage.read_all("f/strongroom.json", 3).unwrap(), b"one");
    assert_eq!(storage.read_all("f/strongroom.json", 2).unwrap_err().kind, Kind::TooLong);
}

fn ranges_are_read_exactly(storage: &dyn Storage) {
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    let mut upload = storage.create("f/data/big").unwrap();
    // Pieces of odd lengths, small and larger than any buffer.
    for piece in bytes.chunks(777_777) {
        upload.write_all(&piece[..1]).unwrap();
        upload.write_all(&piece[1..]).unwrap();
    }
    upload.finish().unwrap();
    assert_eq!(storage.size("f/data/big").unwrap(), 3_000_000);
    let mut buffer = vec![0; 1000];
    storage.read_at("f/data/big", 2_000_001, &mut buffer).unwrap();
    assert_eq!(buffer, bytes[2_000_001..2_001_001]);
    storage.read_at("f/data/big", 2_999_000, &mut buffer).unwrap();
    assert_eq!(storage.read_at("f/data/big", 2_999_001, &mut buffer).unwrap_err().kind, Kind::TooShort);
    assert_eq!(storage.read_at("f/data/big", u64::MAX / 2, &mut buffer).unwrap_err().kind, Kind::TooShort);
    assert_eq!(storage.size("f/data/none").unwrap_err().kind, Kind::NotFound);
    assert_eq!(storage.read_at("f/data/none", 0, &mut buffer).unwrap_err().kind, Kind::NotFound);

    // Whoever takes what is read may wait for another server meanwhile.
    let other = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let wait = || other.block_on(std::future::ready(()));
    for (from, to) in [(0, 3_000_000), (0, 1_000_000), (1_999_999, 3_000_000), (700, 701), (5, 5)] {
        let mut read = Vec::new();
        let taken = storage.read_through("f/data/big", from, to, &mut |piece| {
            wait();
            read.extend_from_slice(piece);
            Ok(())
        });
        taken.unwrap();
        assert!(read == bytes[from as usize..to as usize], "{from} to {to}");
    }
    let taking = |name: &str, from, to| storage.read_through(name, from, to, &mut |_| Ok(())).unwrap_err().kind;
    assert_eq!(taking("f/data/big", 2_000_000, 3_000_001), Kind::TooShort);
    assert_eq!(taking("f/data/none", 0, 9), Kind::NotFound);
    let mut pieces = 0;
    let ended = storage.read_through("f/data/big", 0, 3_000_000, &mut |_| {
        pieces += 1;
        Err(Error::new(Kind::Cancelled, "f/data/big", "enough"))
    });
    assert_eq!((ended.unwrap_err().kind, pieces), (Kind::Cancelled, 1));

    let mut told = 0;
    let (hash, _) = storage
        .sha256_on_medium("f/data/big", &mut |n| {
            wait();
            told += n;
            true
        })
        .unwrap();
    assert_eq!((hash, told), (Sha256::digest(&bytes).into(), 3_000_000));
    assert_eq!(storage.sha256_on_medium("f/data/big", &mut |_| false).unwrap_err().kind, Kind::Cancelled);
    assert_eq!(storage.sha256_on_medium("f/data/none", &mut |_| true).unwrap_err().kind, Kind::NotFound);
}

fn unfinished_uploads_leave_nothing(storage: &dyn Storage) {
    let mut upload = storage.create("f/half").unwrap();
    upload.write_all(&vec![1; 1_000_000]).unwrap();
    assert!(!names(storage, "f").contains(&"half".to_string()), "not visible before it is finished");
    assert_eq!(names(storage, "f").len(), 4, "nor under another name");
    drop(upload);
    assert_eq!(storage.size("f/half").unwrap_err().kind, Kind::NotFound);
    assert_eq!(storage.sweep_temporary("f", None).unwrap(), 0, "it was taken away at once");
    assert_eq!(storage.sweep_temporary("nowhere", None).unwrap(), 0);
}

fn names_cannot_escape(storage: &dyn Storage) {
    for name in ["", "/etc/passwd", "../x", "f/../../x", "f//x", "f/./x", "f/.tmp-x", "f\0x"] {
        assert_eq!(storage.put(name, b"x").unwrap_err().kind, Kind::InvalidName, "{name:?}");
        assert_eq!(storage.size(name).unwrap_err().kind, Kind::InvalidName, "{name:?}");
        assert_eq!(storage.delete(name).unwrap_err().kind, Kind::InvalidName, "{name:?}");
        assert_eq!(storage.delete_folder(name).unwrap_err().kind, Kind::InvalidName, "{name:?}");
    }
}

fn deleting_is_complete(storage: &dyn Storage) {
    storage.delete("f/race").unwrap();
    storage.delete("f/race").unwrap();
    storage.delete("nowhere/race").unwrap();
    assert_eq!(storage.size("f/race").unwrap_err().kind, Kind::NotFound);
    storage.put("f/race", b"anew").unwrap();
    storage.delete_folder("f/data").unwrap();
    storage.delete_folder("f/data").unwrap();
    assert_eq!(names(storage, "f"), ["race", "strongroom.json", "versions"]);
    storage.delete_folder("f").unwrap();
}
