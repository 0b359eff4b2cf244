//! Against real servers.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::*;
use crate::model::location::Location;
use crate::storage::person::Person;
use crate::storage::servers::apache::{self, Apache, Asks};
use crate::storage::servers::ca::Ca;
use crate::storage::servers::dufs::{self, Dufs};
use crate::storage::servers::proxy::Proxy;
use crate::storage::{contract, cuts};

mod fake;
mod lies;
mod requests;

fn folder(address: &str) -> WebdavFolder {
    match Location::of_server(address) {
        Some(Ok(Location::Webdav(folder))) => folder,
        other => panic!("{other:?}"),
    }
}

fn open(address: &str, person: &Person) -> Result<Webdav, Error> {
    Webdav::open(&folder(address), person)
}

fn kind<T>(result: Result<T, Error>) -> Kind {
    match result {
        Ok(_) => panic!("it worked"),
        Err(error) => error.kind,
    }
}

/// What lies in a folder of a server's disk, besides what is the server's own.
fn on_disk(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != ".DAV" && name != "readonly").collect();
    names.sort();
    names
}

#[test]
fn it_does_what_every_storage_must() {
    let server = Apache::start(Asks::Basic, None);
    Webdav::create_and_open(&folder(&server.address("ä b/")), &Person::with(apache::PASSWORD)).unwrap();
    contract::holds(&open(&server.address("ä b"), &Person::with(apache::PASSWORD)).unwrap());
    assert_eq!(on_disk(&server.data().join("ä b")), [""; 0]);
}

#[test]
fn it_does_so_over_tls_and_by_digest() {
    let dir = tempfile::tempdir().unwrap();
    let ca = Ca::new(dir.path());
    let server = Apache::start(Asks::Digest, Some(&ca.identity()));
    let person = Person { ca_file: Some(ca.file()), ..Person::with(apache::PASSWORD) };
    Webdav::create_and_open(&folder(&server.address("d")), &person).unwrap();
    contract::holds(&open(&server.address("d"), &person).unwrap());
    assert_eq!(kind(open(&server.address("d"), &Person { ca_file: Some(ca.file()), ..Person::with("wrong") })), Kind::Refused);
}

#[test]
fn it_does_so_on_a_server_that_takes_the_standard_lightly() {
    let dir = tempfile::tempdir().unwrap();
    let server = Dufs::start(dir.path());
    fs::create_dir(dir.path().join("d")).unwrap();
    contract::holds(&open(&server.address("d"), &Person::with(dufs::PASSWORD)).unwrap());
    assert_eq!(on_disk(&dir.path().join("d")), [""; 0]);
    assert_eq!(
        kind(Webdav::create_and_open(&folder(&server.address("no/where")), &Person::with(dufs::PASSWORD))),
        Kind::Unreachable
    );
    assert_eq!(on_disk(dir.path()), ["d"]);
    assert_eq!(kind(open(&server.address("d"), &Person::with("wrong"))), Kind::Refused);
}

#[test]
fn only_a_new_destination_is_made() {
    let server = Apache::start(Asks::Basic, None);
    let (at, person) = (|path: &str| folder(&server.address(path)), Person::with(apache::PASSWORD));
    assert_eq!(kind(Webdav::open(&at("new"), &person)), Kind::Unreachable);
    Webdav::create_and_open(&at("new"), &person).unwrap().put("a", b"b").unwrap();
    assert_eq!(fs::read(server.data().join("new/a")).unwrap(), b"b");
    assert_eq!(kind(Webdav::create_and_open(&at("no/where"), &person)), Kind::Unreachable);
    assert_eq!(kind(Webdav::create_and_open(&at("new/a"), &person)), Kind::NotAFolder);
    Webdav::open(&at(""), &person).unwrap().put("top", b"x").unwrap();
    assert_eq!(on_disk(&server.data()), ["new", "top"]);
}

#[test]
fn a_folder_is_no_object_and_other_names_are_left_alone() {
    let server = Apache::start(Asks::Basic, None);
    let storage = open(&server.address(""), &Person::with(apache::PASSWORD)).unwrap();
    storage.put("folder/a", b"a").unwrap();
    assert_eq!(kind(storage.size("folder")), Kind::NotFound);
    assert_eq!(kind(storage.read_all("folder", 9)), Kind::NotFound);
    assert_eq!(kind(storage.read_at("folder", 0, &mut [0])), Kind::NotFound);
    assert_eq!(kind(storage.list("folder/a")), Kind::NotFound);
    assert_eq!(kind(storage.put("folder", b"x")), Kind::AlreadyExists);
    assert_eq!(kind(storage.delete("folder")), Kind::Other);
    assert_eq!(storage.read_all("folder/a", 9).unwrap(), b"a");
    for name in ["100% #1?&+;.json", "ü \"<>\\|*.tar", "~x", "page.html"] {
        storage.put(name, name.as_bytes()).unwrap();
        assert_eq!(storage.read_all(name, 99).unwrap(), name.as_bytes());
        assert!(storage.list("").unwrap().iter().any(|child| child.name == name && child.size == name.len() as u64), "{name}");
        storage.delete(name).unwrap();
    }
}

#[test]
fn a_server_over_tls_is_the_one_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let (ca, other) = (Ca::new(&dir.path().join("ca")), Ca::new(&dir.path().join("other")));
    let server = Apache::start(Asks::Basic, Some(&ca.identity()));
    let trusting = |file: Option<PathBuf>| Person { ca_file: file, ..Person::with(apache::PASSWORD) };
    assert_eq!(kind(open(&server.address(""), &trusting(None))), Kind::Certificate);
    assert_eq!(kind(open(&server.address(""), &trusting(Some(other.file())))), Kind::Certificate);
    assert_eq!(kind(open(&server.address(""), &trusting(Some("/nonexistent".into())))), Kind::CaFile);
    open(&server.address(""), &trusting(Some(ca.file()))).unwrap();
    open(&server.address("").replace("127.0.0.1", "localhost"), &trusting(Some(ca.file()))).unwrap();
    let elsewhere = server.address("").replace("127.0.0.1", "127.0.0.2");
    assert_eq!(kind(open(&elsewhere, &trusting(Some(ca.file())))), Kind::ServerAway, "it listens at one address only");
    let plain = server.address("").replace("webdav://", "webdav+http://");
    assert_eq!(kind(open(&plain, &trusting(Some(ca.file())))), Kind::WantsTls, "whether it says so or breaks off");

    let expired = Apache::start(Asks::Basic, Some(&ca.expired()));
    assert_eq!(kind(open(&expired.address(""), &trusting(Some(ca.file())))), Kind::CertificateExpired);
    let open_line = Apache::start(Asks::Basic, None);
    let tls = open_line.address("").replace("webdav+http://", "webdav://");
    assert_eq!(kind(open(&tls, &trusting(None))), Kind::NoHttps);
}

#[test]
fn who_may_not_does_not() {
    let server = Apache::start(Asks::Basic, None);
    assert_eq!(kind(open(&server.address(""), &Person::default())), Kind::NoPassword);
    assert_eq!(kind(open(&server.address(""), &Person::with("wrong"))), Kind::Refused);
    let storage = open(&server.address("readonly"), &Person::with(apache::PASSWORD)).unwrap();
    assert_eq!(kind(storage.put("a", b"a")), Kind::NotWritable);
    assert_eq!(kind(storage.put("folder/a", b"a")), Kind::NotWritable);
    fs::write(server.data().join("readonly/there"), "x").unwrap();
    assert_eq!(kind(storage.delete("there")), Kind::NotWritable);
    assert_eq!(storage.read_all("there", 9).unwrap(), b"x");
}

#[test]
fn a_server_that_dies_is_away_and_leaves_nothing_half_done() {
    let mut server = Apache::start(Asks::Basic, None);
    let mut storage = open(&server.address(""), &Person::with(apache::PASSWORD)).unwrap();
    storage.server = Arc::new(hasty(&server.address(""), &Person::with(apache::PASSWORD)));
    let mut upload = storage.create("f/half").unwrap();
    upload.write_all(&vec![7; 9 << 20]).unwrap();
    server.process.stop();
    assert_eq!(kind(upload.finish()), Kind::ServerAway);
    assert_eq!(kind(storage.list("")), Kind::ServerAway);
    assert_eq!(kind(storage.read_all("f/half", 9)), Kind::ServerAway);
    assert_eq!(kind(open(&server.address(""), &Person::with(apache::PASSWORD))), Kind::ServerAway);
    server.start_again();
    assert_eq!(storage.list("f").unwrap(), [], "what was half done is not seen");
    fs::create_dir_all(server.data().join("f")).unwrap();
    fs::write(server.data().join("f/.tmp-00"), "half").unwrap();
    assert_eq!(storage.list("f").unwrap(), []);
    assert_eq!(storage.sweep_temporary("f", Some(Timestamp::UNIX_EPOCH)).unwrap(), 0, "it is young");
}

/// A server for which nobody waits long.
fn hasty(address: &str, person: &Person) -> Server {
    use std::time::Duration;
    let pace = Pace { stall: Duration::from_secs(1), first: Duration::from_millis(1), ..Pace::default() };
    Server::open(&folder(address), person, false, pace).unwrap()
}

fn storage(fake: &fake::Fake) -> Webdav {
    Webdav { server: Arc::new(hasty(&fake.address(), &Person::with("lovelace"))) }
}

#[test]
fn lines_that_are_cut_anywhere_cost_nothing_but_time() {
    let dir = tempfile::tempdir().unwrap();
    let server = Dufs::start(dir.path());
    let proxy = Proxy::to(([127, 0, 0, 1], server.port).into());
    let folder = WebdavFolder { port: proxy.address.port(), ..folder(&server.address("")) };
    let storage = Webdav::open(&folder, &Person::with(dufs::PASSWORD)).unwrap();
    cuts::anywhere(&storage, &proxy.fate(), &|name| fs::read(dir.path().join(name)).ok());
}
