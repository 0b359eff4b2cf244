//! A server that lies.

use sha2::{Digest, Sha256};

use super::*;
use crate::storage::servers::fake_ftp::{FakeFtp, Lies};

fn lying(lies: Lies) -> (FakeFtp, Ftp) {
    let server = FakeFtp::start(lies);
    let storage = open_in_haste(&format!("ftp://127.0.0.1:{}/", server.port)).unwrap();
    server.log();
    (server, storage)
}

#[test]
fn lists_without_end_are_ended() {
    let entry = "type=file;size=1; name-#";
    let (server, storage) = lying(Lies { list: vec![entry.into()], endless: true, ..Lies::default() });
    assert_eq!(kind(storage.list("")), Kind::TooLong);
    server.lie(|lies| lies.list = vec!["x".repeat(100_000)]);
    assert_eq!(kind(storage.list("")), Kind::TooLong);
    // Nothing of it is an entry: it takes no memory, only time.
    server.lie(|lies| lies.list = vec!["nothing".into()]);
    let begun = Instant::now();
    assert_eq!(kind(storage.list("")), Kind::ServerAway);
    assert!(begun.elapsed() < Duration::from_secs(300));
    server.lie(|lies| *lies = Lies::default());
    assert_eq!(storage.list("").unwrap(), []);
}

#[test]
fn names_that_lead_elsewhere_are_no_children() {
    let lines = [
        "type=file;size=1; good",
        "type=file;size=1; ../up",
        "type=dir; ..",
        "type=pdir; /",
        "type=dir; .",
        "type=dir; a/b",
        "type=file;size=1; /etc/passwd",
        "type=file;size=1; .tmp-../../up",
        "type=file;size=1; .tmp-",
        "type=file;size=1; tab\there",
        "type=file;size=1; \u{1b}[2J",
        "type=file;size=1; good",
        "type=OS.unix=symlink;size=1; link",
        "type=file;size=99999999999999999999; huge",
        "garbage",
        "",
    ];
    let (server, storage) = lying(Lies { list: lines.map(String::from).to_vec(), ..Lies::default() });
    server.put("/huge", b"hello");
    assert_eq!(names(&storage, ""), ["good", "huge"]);
    assert_eq!(storage.list("").unwrap()[1].size, 5, "where a list tells no size, SIZE does");
    assert_eq!(storage.sweep_temporary("", None).unwrap(), 0);
    server.log();
    storage.delete_folder("f").unwrap();
    let log = server.log();
    assert!(log.iter().all(|line| !line.contains("..") && !line.contains("/etc")), "{log:?}");
}

#[test]
fn what_a_list_tells_no_size_of_is_asked_for_it() {
    let lines = ["type=file; a", "type=file;size=7; b", "type=dir; c", "type=file; gone"];
    let (server, storage) = lying(Lies { list: lines.map(String::from).to_vec(), ..Lies::default() });
    server.put("/f/a", b"hello");
    let listed: Vec<_> = storage.list("f").unwrap().into_iter().map(|child| (child.name, child.size)).collect();
    assert_eq!(listed, [("a".into(), 5), ("b".into(), 7), ("c".into(), 0)]);
    assert_eq!(server.log().iter().filter(|line| line.starts_with("SIZE")).count(), 2);
    // Where nobody can say how long it is, it is not taken for empty.
    server.lie(|lies| lies.replies = vec![("SIZE", "550 Could not get file size.")]);
    assert!(storage.list("f").is_err());
    server.lie(|lies| lies.replies = vec![("SIZE", "502 What is that?")]);
    assert_eq!(kind(storage.list("f")), Kind::Nonsense);
}

#[test]
fn a_list_that_was_cut_is_asked_for_again() {
    let lines = ["type=dir; folder", "type=file;size=7; file"];
    let (server, storage) = lying(Lies { list: lines.map(String::from).to_vec(), ..Lies::default() });
    let whole = ["file", "folder"];
    for cut in [0, 9, "type=dir; folder\r\ntype=file;size=7; fi".len()] {
        server.lie(|lies| lies.cut_lists = vec![cut]);
        assert_eq!(names(&storage, ""), whole, "after {cut}");
    }
    // Always: it is no list.
    server.lie(|lies| lies.cut_lists = vec![9; 100]);
    assert_eq!(kind(storage.list("")), Kind::ServerAway);
    server.lie(|lies| (lies.cut_lists, lies.list) = (Vec::new(), Vec::new()));
    assert_eq!(storage.list("").unwrap(), [], "and one that is empty stays so");
}

#[test]
fn sizes_that_are_not_true_are_found_out() {
    let (server, storage) = lying(Lies { size: Some(u64::MAX), ..Lies::default() });
    server.put("/there", b"hello");
    assert_eq!(storage.size("there").unwrap(), u64::MAX);
    assert_eq!(kind(storage.read_at("there", 3, &mut [0; 9])), Kind::TooShort);
    assert_eq!(kind(storage.sha256_on_medium("there", &mut |_| true)), Kind::TooShort);
    assert_eq!(kind(storage.read_all("there", 9)), Kind::TooLong);
    for size in [0, 4, 6, u64::MAX] {
        server.lie(|lies| lies.size = Some(size));
        let meant = if size < 5 { Kind::DamagedOnItsWay } else { Kind::Nonsense };
        assert_eq!(kind(storage.put("new", b"hello")), meant, "{size}");
        assert!(!server.names().contains(&"/new".into()), "an upload counts only when its size is right");
    }
    server.lie(|lies| lies.size = None);
    storage.put("new", b"hello").unwrap();
    server.lie(|lies| lies.cut_files = Some(0));
    assert_eq!(kind(storage.read_at("new", 0, &mut [0; 5])), Kind::TooShort);
    // A line that ends further on each time, though never far enough, is no damage.
    server.put("/long", &[7; 20]);
    server.lie(|lies| lies.cut_files = Some(2));
    assert_eq!(kind(storage.read_at("long", 0, &mut [0; 20])), Kind::ServerAway);
}

#[test]
fn a_file_that_does_not_end_is_read_as_far_as_it_should_be() {
    let (server, storage) = lying(Lies { endless_files: true, ..Lies::default() });
    server.put("/there", b"hello");
    assert_eq!(storage.read_all("there", 9).unwrap(), b"hello");
    let (hash, _) = storage.sha256_on_medium("there", &mut |_| true).unwrap();
    assert_eq!(hash, <[u8; 32]>::from(Sha256::digest(b"hello")));
    let mut read = Vec::new();
    let take = &mut |piece: &[u8]| {
        read.extend_from_slice(piece);
        Ok(())
    };
    storage.read_through("there", 1, 4, take).unwrap();
    assert_eq!(read, b"ell");
    server.lie(|lies| lies.size = Some(1 << 40));
    assert_eq!(kind(storage.read_all("there", 9)), Kind::TooLong);
    // Nothing of it still comes.
    server.lie(|lies| *lies = Lies::default());
    assert_eq!(storage.read_all("there", 9).unwrap(), b"hello");
}

#[test]
fn replies_without_end_and_drops_one_by_one_are_ended() {
    let (server, storage) = lying(Lies { endless_reply: true, ..Lies::default() });
    server.put("/there", &[7; 10]);
    assert_eq!(kind(storage.size("there")), Kind::TooLong);
    server.lie(|lies| *lies = Lies { drips: true, ..Lies::default() });
    let mut buffer = vec![0; 4000];
    assert_eq!(kind(storage.read_at("there", 0, &mut buffer)), Kind::ServerAway, "it would take more than a minute");
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let (server, storage) = lying(Lies::default());
    server.put("/a", b"hello");
    for reply in ["421 too busy", "425 cannot open data connection", "426 cut", "450 busy", "451 try again"] {
        server.lie(|lies| lies.replies = vec![("RETR", reply), ("RETR", reply)]);
        assert_eq!(storage.read_all("a", 9).unwrap(), b"hello", "{reply}");
    }
    server.log();
    server.lie(|lies| lies.replies = vec![("RETR", "425 no"); 20]);
    assert_eq!(kind(storage.read_all("a", 9)), Kind::ServerAway);
    let tries = server.log().iter().filter(|line| line.starts_with("RETR")).count();
    assert!((2..=6).contains(&tries), "{tries}");
    server.lie(|lies| lies.replies = vec![("STOR", "552 quota exceeded")]);
    assert_eq!(kind(storage.put("b", b"x")), Kind::NoRoom);
    let tries = server.log().iter().filter(|line| line.starts_with("STOR")).count();
    assert_eq!(tries, 1);
}

#[test]
fn a_rename_whose_reply_was_lost_is_found_done() {
    let (server, storage) = lying(Lies::default());
    server.lie(|lies| lies.replies = vec![("RNTO", "421 good bye")]);
    storage.put("a", b"x").unwrap();
    assert_eq!(server.names(), ["/a"]);
    assert_eq!(kind(storage.put("a", b"x")), Kind::AlreadyExists);
}

#[test]
fn no_more_is_asked_than_needed() {
    let (server, storage) = lying(Lies { list: vec!["type=cdir; .".into()], ..Lies::default() });
    let verbs = |server: &FakeFtp| -> Vec<String> {
        server.log().iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    };
    storage.put("a", &[7; 100_000]).unwrap();
    assert_eq!(verbs(&server), ["PASV", "STOR", "SIZE", "SIZE", "RNFR", "RNTO"]);
    storage.list("f").unwrap();
    assert_eq!(verbs(&server), ["PASV", "MLSD"]);
    storage.read_all("a", 200_000).unwrap();
    assert_eq!(verbs(&server), ["SIZE", "PASV", "RETR"]);
    let mut buffer = vec![0; 10_000];
    for n in 0..10 {
        storage.read_at("a", n * 10_000, &mut buffer).unwrap();
    }
    assert_eq!(verbs(&server), ["PASV", "RETR"], "one transfer, for the first to the last");
    storage.read_at("a", 50_000, &mut buffer).unwrap();
    assert_eq!(verbs(&server), ["PASV", "REST", "RETR"]);
}

#[test]
fn room_is_told_where_the_server_tells_it() {
    let (_server, storage) = lying(Lies { free: Some(5000), ..Lies::default() });
    assert_eq!(storage.room().unwrap().map(|room| room.free), Some(5000));
    let (_server, storage) = lying(Lies::default());
    assert_eq!(storage.room().unwrap(), None);
}

#[test]
fn a_list_of_ten_thousand_takes_one_request() {
    let list = (0..10_000).map(|n| format!("type=file;size=1; {n:05}")).collect();
    let (server, storage) = lying(Lies { list, ..Lies::default() });
    server.log();
    assert_eq!(storage.list("f").unwrap().len(), 10_000);
    // No fewer are possible: a line for the names, and the names. With the last the server is heard on whether these are all.
    assert_eq!(server.log(), ["PASV", "MLSD /f", "NOOP"]);
}
