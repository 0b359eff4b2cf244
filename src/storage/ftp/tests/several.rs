//! Several files on their way at once.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::*;
use crate::storage::servers::fake_ftp::{FakeFtp, Lies};
use crate::storage::stop::Stop;

#[test]
fn who_reads_a_file_through_is_not_broken_off_by_others_who_do() {
    let server = FakeFtp::start(Lies::default());
    let storage = open_in_haste(&format!("ftp://127.0.0.1:{}/", server.port)).unwrap();
    let bytes = noise(9 << 20);
    let all = ["a", "b", "c", "d", "e", "f"];
    all.iter().for_each(|name| server.put(&format!("/{name}"), &bytes));
    server.log();
    thread::scope(|scope| {
        for name in all {
            let (storage, bytes) = (&storage, &bytes);
            scope.spawn(move || {
                for _ in 0..2 {
                    let mut read = Vec::new();
                    let through = storage.read_through(name, 0, bytes.len() as u64, &mut |piece| {
                        read.extend_from_slice(piece);
                        Ok(())
                    });
                    through.unwrap();
                    assert!(read == *bytes, "{name}");
                }
            });
        }
    });
    let log = server.log();
    let count = |command: &str| log.iter().filter(|line| line.starts_with(command)).count();
    assert_eq!((count("RETR"), count("REST")), (12, 0), "{log:?}");
}

#[test]
fn folders_are_made_once_for_all_that_goes_into_them() {
    let server = FakeFtp::start(Lies::default());
    let storage = open_in_haste(&format!("ftp://127.0.0.1:{}/", server.port)).unwrap();
    server.log();
    thread::scope(|scope| {
        for n in 0..4 {
            let storage = &storage;
            scope.spawn(move || storage.put(&format!("plan/data/run/{n}"), b"volume").unwrap());
        }
    });
    storage.put("plan/data/run/4", b"volume").unwrap();
    let made: Vec<String> = server.log().into_iter().filter(|line| line.starts_with("MKD") || line.starts_with("CWD")).collect();
    assert_eq!(made, ["MKD /plan", "MKD /plan/data", "MKD /plan/data/run"]);
}

#[test]
fn folders_that_are_gone_are_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::start(dir.path());
    let storage = open_in_haste(&server.address("ftp", "")).unwrap();
    storage.put("plan/data/run/0", b"volume").unwrap();
    storage.delete_folder("plan/data").unwrap();
    storage.put("plan/data/run/0", b"volume").unwrap();
    // By somebody else: the folder itself, and one above a folder that is new.
    for next in ["plan/data/run/0", "plan/data/another/0"] {
        fs::remove_dir_all(server.root().join("plan/data")).unwrap();
        storage.put(next, b"volume").unwrap();
        assert_eq!(storage.read_all(next, 99).unwrap(), b"volume");
    }
    // The root never is.
    fs::remove_dir_all(server.root().join("plan")).unwrap();
    server.folder("root");
    let below = open_in_haste(&server.address("ftp", "/root")).unwrap();
    fs::remove_dir(server.root().join("root")).unwrap();
    assert_eq!(kind(below.put("plan/a", b"a")), Kind::Unreachable);
    assert_eq!(kind(below.put("a", b"a")), Kind::Unreachable);
}

#[test]
fn an_upload_waits_for_those_that_go_on_where_the_server_lets_only_few_in() {
    let dir = tempfile::tempdir().unwrap();
    let server = PureFtpd::with(dir.path(), &["-C", "2"]);
    let storage = open_in_haste(&server.address("ftp", "")).unwrap();
    let (is_over, piece) = (AtomicBool::new(false), noise(300 << 10));
    thread::scope(|scope| {
        for name in ["a", "b"] {
            let mut upload = storage.create(name).unwrap();
            let (is_over, piece) = (&is_over, &piece);
            scope.spawn(move || {
                // Longer than anything is waited for.
                let until = Instant::now() + SHORT.whole * 2;
                while Instant::now() < until {
                    upload.write_all(piece).unwrap();
                    thread::sleep(Duration::from_millis(100));
                }
                is_over.store(true, Relaxed);
                upload.finish().unwrap();
            });
        }
        // Not waited for: there are no connections for it.
        assert_eq!(storage.room().unwrap(), None);
        assert!(!is_over.load(Relaxed));
        storage.put("c", b"c").unwrap();
        assert!(is_over.load(Relaxed));
    });
    assert_eq!(names(&storage, ""), ["a", "b", "c"]);
}

/// A server whose next connection is a new one, with a file `a`.
fn about_to_call_again() -> (FakeFtp, Ftp) {
    let server = FakeFtp::start(Lies::default());
    let storage = open_in_haste(&format!("ftp://127.0.0.1:{}/", server.port)).unwrap();
    server.put("/a", b"a");
    server.lie(|lies| lies.replies = vec![("SIZE", "421 Timeout")]);
    (server, storage)
}

#[test]
fn a_server_that_still_counts_lines_which_are_dead_is_waited_for() {
    let (server, storage) = about_to_call_again();
    let full = [
        ("USER", "421 There are too many connected users"),
        ("PASS", "530 Sorry, the maximum number of clients (2) for this user are already connected."),
        ("USER", "530 Too many connections"),
    ];
    server.lie(|lies| lies.replies.extend(full));
    assert_eq!(storage.size("a").unwrap(), 1);
    server.lie(|lies| assert_eq!(lies.replies.len(), 0, "it was asked that often"));
}

#[test]
fn that_a_server_is_full_is_never_taken_for_a_wrong_password() {
    let full = ("PASS", "530 Sorry, the maximum number of clients (2) for this user are already connected.");
    let (server, storage) = about_to_call_again();
    server.lie(|lies| lies.replies.extend([full; 1000]));
    let error = storage.put("b", b"b").unwrap_err();
    assert_eq!((error.kind, error.source.to_string()), (Kind::Crowded, "0".into()));
    server.lie(|lies| lies.replies.clear());
    storage.put("b", b"b").unwrap();

    // Who has never been let in is told soon, and who cancels need not wait.
    let never = FakeFtp::start(Lies { replies: vec![full; 1000], ..Lies::default() });
    assert_eq!(kind(open_in_haste(&format!("ftp://127.0.0.1:{}/", never.port))), Kind::Crowded);
    never.lie(|lies| assert!((990..1000).contains(&lies.replies.len()), "{}", lies.replies.len()));
    let (server, storage) = about_to_call_again();
    server.lie(|lies| lies.replies.extend([full; 1000]));
    assert_eq!(kind(Stop::after(3).during(|| storage.size("a"))), Kind::Cancelled);

    // A password that is wrong is called so, at once.
    let wrong = ("PASS", "530 Login incorrect.");
    let (server, storage) = about_to_call_again();
    server.lie(|lies| lies.replies.extend([wrong; 2]));
    assert_eq!(kind(storage.size("a")), Kind::Refused);
    server.lie(|lies| assert_eq!(lies.replies.len(), 1));
}

#[test]
fn what_a_server_did_not_let_in_it_may_let_in_later() {
    let server = FakeFtp::start(Lies::default());
    let storage = open_in_haste(&format!("ftp://127.0.0.1:{}/", server.port)).unwrap();
    let mut upload = storage.create("a").unwrap();
    upload.write_all(b"a").unwrap();
    server.lie(|lies| lies.replies = vec![("USER", "421 Too many connections"); 1000]);
    // Over that of the first.
    storage.put("b", b"b").unwrap();
    server.lie(|lies| lies.replies.clear());
    upload.finish().unwrap();
    assert_eq!(server.names(), ["/a", "/b"]);
}
