//! Servers that let us in once only.

use std::io::Write;

use super::*;
use crate::storage::servers::fake_ftp::{FakeFtp, Lies};
use crate::storage::servers::vsftpd::Vsftpd;

#[test]
fn it_does_what_every_storage_must_over_one_connection() {
    let dir = tempfile::tempdir().unwrap();
    let pure = PureFtpd::with(&dir.path().join("pure"), &["-C", "1"]);
    contract::holds(&open(&pure.address("ftp", ""), &person()).unwrap());
    let vs = Vsftpd::start(&dir.path().join("vs"), "max_per_ip=1\n");
    contract::holds(&open(&vs.address("ftp", ""), &person()).unwrap());
}

#[test]
fn over_tls_too() {
    let dir = tempfile::tempdir().unwrap();
    let authority = crate::storage::servers::ca::Ca::new(&dir.path().join("ca"));
    let both = authority.identity().both();
    let server = PureFtpd::with(dir.path(), &["-C", "1", "-Y", "2", "-2", both.to_str().unwrap()]);
    let person = Person { ca_file: Some(authority.file()), ..person() };
    contract::holds(&open(&server.address("ftps", ""), &person).unwrap());
}

#[test]
fn uploads_and_readers_make_way_for_each_other_between_two_pieces() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::with(dir.path(), &["-C", "1"]);
    let storage = open(&server.address("ftp", ""), &person()).unwrap();
    let (first, second) = (noise(6 << 20), noise(6 << 20));
    storage.put("there", &first).unwrap();
    thread::scope(|scope| {
        for name in ["a", "b"] {
            let (storage, second) = (&storage, &second);
            scope.spawn(move || {
                let mut upload = storage.create(name).unwrap();
                second.chunks(100_000).for_each(|piece| upload.write_all(piece).unwrap());
                upload.finish().unwrap();
            });
        }
        let (storage, first) = (&storage, &first);
        scope.spawn(move || {
            let mut read = Vec::new();
            let through = storage.read_through("there", 0, first.len() as u64, &mut |piece| {
                read.extend_from_slice(piece);
                // Whoever takes it may ask something, or wait for somebody who does.
                assert_eq!(storage.size("there")?, first.len() as u64);
                thread::scope(|scope| scope.spawn(|| storage.list("").map(drop)).join().unwrap())
            });
            through.unwrap();
            assert!(read == *first);
        });
        for _ in 0..20 {
            assert!(names(storage, "").contains(&"there".to_owned()));
        }
    });
    for name in ["a", "b"] {
        assert!(fs::read(server.root().join(name)).unwrap() == second, "{name}");
    }
    assert_eq!(names(&storage, ""), ["a", "b", "there"]);
    assert_eq!(storage.sweep_temporary("", None).unwrap(), 0);
}

/// A server that lets nobody in beside who is there.
fn alone() -> (FakeFtp, Ftp) {
    let server = FakeFtp::start(Lies::default());
    let storage = open_in_haste(&format!("ftp://127.0.0.1:{}/", server.port)).unwrap();
    server.lie(|lies| lies.replies = vec![("USER", "421 There are too many connections"); 10_000]);
    server.put("/there", b"there");
    (server, storage)
}

#[test]
fn what_made_way_goes_on_where_the_server_says_that_it_ends() {
    let (server, storage) = alone();
    let bytes = noise(600 << 10);
    let mut upload = storage.create("a").unwrap();
    upload.write_all(&bytes[..300 << 10]).unwrap();
    assert_eq!(storage.read_all("there", 9).unwrap(), b"there");
    server.log();
    upload.write_all(&bytes[300 << 10..]).unwrap();
    upload.finish().unwrap();
    let log = server.log();
    let began: Vec<&str> = log.iter().map(|line| line.split(' ').next().unwrap_or_default()).take(4).collect();
    assert_eq!((began, &*log[2]), (vec!["SIZE", "PASV", "REST", "STOR"], "REST 262144"), "{log:?}");
    assert!(storage.read_all("a", 1 << 20).unwrap() == bytes);
}

#[test]
fn an_upload_that_nobody_disturbs_is_one_transfer() {
    let (server, storage) = alone();
    server.log();
    storage.put("a", &noise(3 << 20)).unwrap();
    let log = server.log();
    let count = |command: &str| log.iter().filter(|line| line.starts_with(command)).count();
    assert_eq!((count("STOR"), count("REST"), count("SIZE")), (1, 0, 2), "{log:?}");
}

#[test]
fn what_made_way_and_is_given_up_leaves_nothing() {
    let (server, storage) = alone();
    let mut upload = storage.create("a").unwrap();
    upload.write_all(&noise(300 << 10)).unwrap();
    assert_eq!(storage.size("there").unwrap(), 5);
    drop(upload);
    assert_eq!(server.names(), ["/there"]);
}

#[test]
fn what_a_full_server_says_while_an_upload_makes_way_is_the_uploads_failure() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::with(dir.path(), &["-C", "1"]);
    server.limit(4);
    let storage = open(&server.address("ftp", ""), &person()).unwrap();
    storage.put("there", b"there").unwrap();
    let mut upload = storage.create("big").unwrap();
    // What the server has against it shows when the line is full, or when somebody else wants it.
    let pieces = noise(16 << 20);
    let written = pieces.chunks(1 << 20).try_for_each(|piece| {
        assert_eq!(storage.size("there").unwrap(), 5);
        upload.write_all(piece)
    });
    let ended = written.map_err(|e| Error::from_io("big", e)).and_then(|()| upload.finish());
    assert_eq!(kind(ended), Kind::NoRoom);
    assert_eq!(storage.read_all("there", 9).unwrap(), b"there");
}
