//! Servers that die, stall, or are cut off.

use std::io::Write;
use std::net::TcpListener;

use super::*;
use crate::storage::cuts;
use crate::storage::servers::ca::Ca;
use crate::storage::servers::pure_ftpd::Network;
use crate::storage::stop::Stop;

#[test]
fn a_server_that_dies_is_away_and_what_was_half_done_is_not_seen() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = PureFtpd::start(dir.path());
    let address = server.address("ftp", "");
    let storage = open_in_haste(&address).unwrap();
    let mut upload = storage.create("half").unwrap();
    upload.write_all(&noise(3 << 20)).unwrap();
    server.process.stop();
    let written = upload.write_all(&noise(64 << 20)).map_err(|e| Error::from_io("half", e).kind);
    assert_eq!(written, Err(Kind::ServerAway));
    drop(upload);
    assert_eq!(kind(storage.list("")), Kind::ServerAway);
    assert_eq!(kind(storage.read_all("half", 9)), Kind::ServerAway);
    assert_eq!(kind(open_in_haste(&address)), Kind::ServerAway);
    server.process.start_again();
    // The same one as before: it calls again.
    assert_eq!(storage.list("").unwrap(), []);
    assert_eq!(storage.sweep_temporary("", None).unwrap(), 1);
    storage.put("half", b"whole").unwrap();
}

#[test]
fn that_nobody_takes_the_first_call_is_told_at_once() {
    let begun = Instant::now();
    assert_eq!(kind(open("ftp://ada@127.0.9.4:9/", &person())), Kind::ServerAway);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn whoever_cancels_does_not_wait_for_a_server_that_says_nothing() {
    // The system takes the call for it.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let long = Duration::from_secs(100_000);
    let patience = Patience { connect: long, answer: long, whole: long, ..SHORT };
    for address in [format!("ftp://ada@127.0.0.1:{port}/"), format!("ftps://ada@127.0.0.1:{port}/?tls=implicit")] {
        let opened = Stop::after(3).during(|| Ftp::connect(&folder(&address), &person(), patience));
        assert_eq!(kind(opened), Kind::Cancelled, "{address}");
    }
}

#[test]
fn a_server_that_comes_back_is_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = PureFtpd::start(dir.path());
    let storage = open(&server.address("ftp", ""), &person()).unwrap();
    let bytes = noise(24 << 20);
    let mut upload = storage.create("big").unwrap();
    upload.write_all(&bytes[..20 << 20]).unwrap();
    server.process.start_again();
    upload.write_all(&bytes[20 << 20..]).unwrap();
    upload.finish().unwrap();
    assert!(fs::read(server.root().join("big")).unwrap() == bytes);
    let mut buffer = vec![0; 1 << 20];
    for (n, piece) in bytes.chunks(buffer.len()).enumerate() {
        if n % 5 == 2 {
            server.process.start_again();
        }
        storage.read_at("big", (n << 20) as u64, &mut buffer).unwrap();
        assert!(buffer == piece, "{n}");
    }
}

#[test]
fn a_server_that_stalls_is_not_waited_for_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::start(dir.path());
    server.folder("shown");
    let storage = open_in_haste(&server.address("ftp", "/shown")).unwrap();
    storage.put("there", &noise(32 << 20)).unwrap();
    let mut upload = storage.create("half").unwrap();
    upload.write_all(&noise(1 << 20)).unwrap();
    let mut buffer = vec![0; 1 << 20];
    storage.read_at("there", 0, &mut buffer).unwrap();
    server.process.signal("STOP");
    let written = upload.write_all(&noise(64 << 20)).map_err(|e| Error::from_io("half", e).kind);
    assert_eq!(written, Err(Kind::ServerAway));
    drop(upload);
    let mut all = vec![0; 30 << 20];
    assert_eq!(kind(storage.read_at("there", 1 << 20, &mut all)), Kind::ServerAway);
    assert_eq!(kind(storage.list("")), Kind::ServerAway);
    assert_eq!(kind(open_in_haste(&server.address("ftp", "/shown"))), Kind::ServerAway);
    server.process.signal("CONT");
    assert_eq!(names(&storage, ""), ["there"]);
    storage.put("half", b"whole").unwrap();
}

#[test]
fn lines_that_are_cut_anywhere_cost_nothing_but_time() {
    let dir = tempfile::tempdir().unwrap();
    cut_anywhere(&Network::of(PureFtpd::start(dir.path()), "ftp", [127, 0, 9, 1]), &person());
}

#[test]
fn over_tls_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Ca::new(&dir.path().join("ca"));
    let server = PureFtpd::secured(dir.path(), &authority.named("IP:127.0.9.2").both());
    let person = Person { ca_file: Some(authority.file()), ..person() };
    cut_anywhere(&Network::of(server, "ftps", [127, 0, 9, 2]), &person);
}

fn cut_anywhere(network: &Network, person: &Person) {
    let storage = open(&format!("{}/", network.address), person).unwrap();
    cuts::anywhere(&storage, &network.fate, &|name| fs::read(network.server.root().join(name)).ok());
}

#[test]
fn a_connection_that_lay_idle_and_died_is_opened_anew() {
    let dir = tempfile::tempdir().unwrap();
    let network = Network::of(PureFtpd::start(dir.path()), "ftp", [127, 0, 9, 3]);
    let storage = open(&format!("{}/", network.address), &person()).unwrap();
    storage.put("a", b"a").unwrap();
    for _ in 0..3 {
        network.fate.cut_now();
        let begun = Instant::now();
        assert_eq!(storage.read_all("a", 9).unwrap(), b"a");
        assert_eq!(names(&storage, ""), ["a"]);
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}
