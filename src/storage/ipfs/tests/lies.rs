//! Nodes that are busy, break off, or lie; and what is no node.

use super::*;
use crate::storage::stop::Stop;

fn storage(fake: &FakeIpfs) -> Ipfs {
    open(&fake.address("d")).unwrap()
}

/// The calls that something makes.
fn calls(fake: &FakeIpfs, what: impl FnOnce()) -> String {
    let before = fake.seen("").len();
    what();
    fake.seen("")[before..].iter().map(|seen| seen.call.clone()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_good_node_is_asked_no_more_than_needed() {
    let fake = FakeIpfs::good();
    let storage = storage(&fake);
    let put = calls(&fake, || storage.put("f/a", b"x").unwrap());
    assert_eq!(put, "add files/cp files/stat pin/add files/cp files/rm files/flush");
    assert_eq!(calls(&fake, || storage.read_at("f/a", 0, &mut [0]).unwrap()), "files/read");
    assert_eq!(calls(&fake, || _ = storage.read_all("f/a", 9).unwrap()), "files/stat files/read");
    assert_eq!(calls(&fake, || _ = storage.list("f").unwrap()), "files/ls");
    assert_eq!(calls(&fake, || storage.delete("f/a").unwrap()), "files/stat pin/rm files/rm files/flush");
    let through = open(&fake.through_gateway("d")).unwrap();
    storage.put("b", &bytes(2_000_000)).unwrap();
    let big = format!("/ipfs/{}", storage.object("b").unwrap().hash);
    let read = calls(&fake, || (0..3).for_each(|at| through.read_at("b", at, &mut [0]).unwrap()));
    assert_eq!(read, format!("files/stat {big} {big} {big}"));
}

#[test]
fn a_busy_node_and_a_cut_line_get_patience() {
    for reply in [|| json("503 Service Unavailable", "").header("Retry-After", "0"), Reply::cut as fn() -> Reply] {
        let fake = FakeIpfs::start(move |seen, count, _| {
            let fails = ["add", "pin/add", "files/cp", "files/read", "files/ls", "files/rm", "pin/rm"].contains(&&*seen.call);
            (fails && count % 3 != 0).then(reply)
        });
        let storage = storage(&fake);
        let mut upload = storage.create("f/big").unwrap();
        upload.write_all(&bytes(3_000_000)).unwrap();
        upload.finish().unwrap();
        assert_eq!(storage.read_all("f/big", 3_000_000).unwrap(), bytes(3_000_000));
        assert_eq!(storage.list("f").unwrap()[0].size, 3_000_000);
        storage.delete("f/big").unwrap();
        assert_eq!(storage.list("f").unwrap(), []);
        assert!(fake.node.lock().pins.is_empty());
    }
    let fake = FakeIpfs::start(|seen, _, _| (seen.call == "files/read").then(|| json("503 Service Unavailable", "")));
    let storage = storage(&fake);
    storage.put("a", b"x").unwrap();
    assert_eq!(kind(storage.read_at("a", 0, &mut [0])), Kind::ServerBusy);
    assert_eq!(fake.seen("files/read").len(), 7);
}

#[test]
fn what_nobody_wants_any_more_is_not_sent_again() {
    let busy = || json("503 Service Unavailable", "").header("Retry-After", "100");
    let fake = FakeIpfs::start(move |seen, _, _| (seen.call == "add").then(busy));
    let storage = storage(&fake);
    let mut upload = storage.create("f/a").unwrap();
    upload.write_all(b"bytes").unwrap();
    assert_eq!(kind(Stop::after(10).during(|| upload.finish())), Kind::Cancelled);
    assert_eq!(fake.seen("add").len(), 1);
}

#[test]
fn an_answer_that_was_lost_is_no_failure() {
    for lost in 1..3 {
        // It was done, and the answer did not come: of the copy that nobody sees, and of the one that everybody does.
        let fake = FakeIpfs::start(move |seen, count, node| {
            (seen.call == "files/cp" && count == lost).then(|| {
                node.answer(seen);
                Reply::cut()
            })
        });
        let storage = storage(&fake);
        storage.put("a", b"x").unwrap();
        assert_eq!(storage.read_all("a", 9).unwrap(), b"x");
        assert_eq!(fake.node.lock().files.keys().collect::<Vec<_>>(), ["/d/a"]);
        assert_eq!(kind(storage.put("a", b"x")), Kind::AlreadyExists, "not taken for one's own");
    }
}

#[test]
fn a_download_goes_on_at_the_byte_where_it_broke() {
    let fake = FakeIpfs::start(|seen, count, _| match (&*seen.call, count) {
        ("files/read", 1) => {
            let mut text = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".to_vec();
            text.extend(&bytes(1_000_000)[..600_000]);
            Some(Reply::raw(text))
        }
        ("files/read", 2) => Some(Reply::cut()),
        _ => None,
    });
    let storage = storage(&fake);
    storage.put("a", &bytes(1_000_000)).unwrap();
    let mut read = vec![0; 1_000_000];
    storage.read_at("a", 0, &mut read).unwrap();
    assert!(read == bytes(1_000_000));
    let asked: Vec<_> =
        fake.seen("files/read").iter().map(|seen| format!("{} {}", seen.arg("offset"), seen.arg("count"))).collect();
    assert_eq!(asked, ["0 1000000", "600000 400000", "600000 400000"]);
}

#[test]
fn what_was_not_kept_as_it_was_sent_does_not_count() {
    let other = |bytes: &'static [u8]| {
        FakeIpfs::start(move |seen, _, node| {
            (seen.call == "add").then(|| {
                let cid = cid_of(bytes);
                node.lock().blocks.insert(cid.clone(), bytes.into());
                Reply::ok(format!("{{\"Name\":\"object\",\"Hash\":\"{cid}\",\"Size\":\"4\"}}"))
            })
        })
    };
    for kept in [&b"fou"[..], b"fuor", b""] {
        let fake = other(kept);
        let storage = storage(&fake);
        let error = storage.put("a", b"four").unwrap_err();
        assert_eq!(error.kind, Kind::Nonsense, "{error}");
        assert_eq!((storage.list("").unwrap(), fake.node.lock().files.len()), (vec![], 0));
        assert!(fake.node.lock().pins.is_empty());
    }
    for hash in ["", "../../x", "bafyÄ", "f0155122000", "zzzz"] {
        let fake = FakeIpfs::start(move |seen, _, _| (seen.call == "add").then(|| Reply::ok(format!("{{\"Hash\":\"{hash}\"}}"))));
        assert_eq!(kind(storage(&fake).put("a", b"four")), Kind::Nonsense, "{hash}");
        assert!(fake.seen("files/cp").is_empty());
    }
}

#[test]
fn a_node_that_makes_another_tree_gives_back_what_was_sent() {
    // Its blocks are smaller: the CID is another one, the content is not.
    let other = cid_of(b"the root of another tree");
    let (told, known) = (other.clone(), other.clone());
    let fake = FakeIpfs::start(move |seen, _, node| {
        (seen.call == "add").then(|| {
            node.answer(seen);
            let mut state = node.lock();
            let whole = state.blocks.values().next().unwrap().clone();
            state.blocks.insert(told.clone(), whole);
            Reply::ok(format!("{{\"Hash\":\"{told}\"}}\n"))
        })
    });
    let storage = storage(&fake);
    storage.put("a", &bytes(2_500_000)).unwrap();
    assert_eq!(fake.seen("files/read").len(), 1, "once, to be sure");
    assert_eq!(storage.object("a").unwrap().hash, known);
    assert!(fake.node.lock().pins.contains(&known));
}

#[test]
fn content_that_was_tidied_away_under_our_hands_is_no_object() {
    let fake = FakeIpfs::start(|seen, _, node| {
        if seen.call == "pin/add" {
            node.lock().blocks.clear();
        }
        None
    });
    let storage = storage(&fake);
    assert_eq!(kind(storage.put("a", b"x")), Kind::NotFound);
    assert_eq!(storage.list("").unwrap(), []);
    assert!(fake.node.lock().files.is_empty());
}

#[test]
fn what_is_full_or_refused_is_called_so() {
    for (reply, wanted) in [
        ((|| Reply::failed("write: no space left on device")) as fn() -> Reply, Kind::NoRoom),
        (|| Reply::failed("something else\nis wrong"), Kind::Other),
        (|| json("403 Forbidden", ""), Kind::NoPassword),
        (|| json("413 Content Too Large", ""), Kind::FileTooLarge),
        (|| json("507 Insufficient Storage", ""), Kind::NoRoom),
        (|| json("500 Internal Server Error", "oh"), Kind::Other),
    ] {
        let fake = FakeIpfs::start(move |seen, _, _| (seen.call == "add").then(reply));
        let storage = storage(&fake);
        let error = storage.put("a", b"x").unwrap_err();
        assert_eq!(error.kind, wanted, "{error}");
        assert!(!error.to_string().contains('\n'));
        assert_eq!(fake.seen("add").len(), 1);
        assert!(fake.node.lock().files.is_empty());
    }
}

#[test]
fn what_is_no_node_is_said_so() {
    for reply in [
        (|| Reply::page("200 OK")) as fn() -> Reply,
        || Reply::page("404 Not Found"),
        || Reply::page("405 Method Not Allowed"),
        || json("404 Not Found", "{\"Message\":\"Not Found\"}"),
        || Reply::ok(""),
        || Reply::ok("[]"),
        || Reply::ok("{\"Hash\":\"bafy\",\"Size\":-1,\"Type\":\"directory\"}"),
        || Reply::endless("{\"Hash\":\"", "x"),
        || Reply::raw("SSH-2.0-OpenSSH_9\r\n"),
    ] {
        let fake = FakeIpfs::start(move |_, _, _| Some(reply()));
        assert_eq!(kind(open(&fake.address("d"))), Kind::Nonsense);
        assert_eq!(kind(Ipfs::create_and_open(&folder(&fake.address("d")), &NoAccess)), Kind::Nonsense);
    }
    assert_eq!(kind(open("ipfs+http://127.0.0.1:1/d")), Kind::ServerAway);
}

#[test]
fn lists_and_parts_that_lie_are_refused() {
    let listed = |reply: fn() -> Reply| {
        let fake = FakeIpfs::start(move |seen, _, _| (seen.call == "files/ls").then(reply));
        storage(&fake).list("f").map(|all| all.into_iter().map(|child| child.name).collect::<Vec<_>>()).map_err(|e| e.kind)
    };
    assert_eq!(listed(|| Reply::ok(NAMES)), Ok(vec!["good".into()]), "what is no name of ours is not seen");
    assert_eq!(listed(|| Reply::page("200 OK")), Err(Kind::Nonsense));
    assert_eq!(listed(|| Reply::ok("{\"Entries\":[{\"Name\":\"a\"")), Err(Kind::Nonsense));
    assert_eq!(listed(|| Reply::endless("{\"Entries\":[", "{\"Name\":\"a\",\"Type\":0,\"Size\":1},")), Err(Kind::TooLong));

    let read = |reply: fn() -> Reply| {
        let fake = FakeIpfs::start(move |seen, _, _| (seen.call == "files/read").then(reply));
        let storage = storage(&fake);
        storage.put("a", &bytes(100)).unwrap();
        kind(storage.read_at("a", 0, &mut [0; 10]))
    };
    assert_eq!(read(|| Reply::page("200 OK")), Kind::Nonsense);
    assert_eq!(read(|| Reply::ok(bytes(11))), Kind::Nonsense, "more than was asked for");
    assert_eq!(read(|| Reply::endless("", "x")), Kind::Nonsense);
    assert_eq!(read(|| Reply::ok("")), Kind::ServerAway, "there is more");
    assert_eq!(read(|| Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")), Kind::ServerAway);
    // Folders within folders for ever.
    let fake = FakeIpfs::start(|seen, _, _| {
        let is_below = seen.arg("arg") != "/d" && ["files/stat", "files/ls"].contains(&&*seen.call);
        is_below.then(|| match &*seen.call {
            "files/stat" => Reply::ok("{\"Hash\":\"bafy\",\"Size\":0,\"Type\":\"directory\"}"),
            _ => Reply::ok("{\"Entries\":[{\"Name\":\"x\",\"Type\":1}]}"),
        })
    });
    assert_eq!(kind(storage(&fake).delete_folder("f")), Kind::Nonsense);
}

const NAMES: &str = r#"{"Entries":[{"Name":"../x","Type":0,"Size":1},{"Name":"..","Type":1},{"Name":"a/b","Type":0},{"Name":"","Type":0},{"Name":"good","Type":0,"Size":1},{"Name":"good","Type":0,"Size":2}]}"#;

#[test]
fn a_gateway_that_lies_is_refused() {
    for (reply, wanted) in [
        ((|| Reply::page("200 OK")) as fn() -> Reply, Kind::Nonsense),
        (|| json("206 Partial Content", "0123456789").header("Content-Range", "bytes 1-10/100"), Kind::Nonsense),
        (|| json("206 Partial Content", "012345678").header("Content-Range", "bytes 0-9/100"), Kind::Nonsense),
        (|| json("302 Found", "").header("Location", "http://elsewhere.example/"), Kind::Elsewhere),
        (|| json("404 Not Found", ""), Kind::NotFound),
        (|| json("401 Unauthorized", "").header("WWW-Authenticate", "Basic realm=\"x\""), Kind::NoPassword),
        (Reply::cut, Kind::ServerAway),
    ] {
        let fake = FakeIpfs::start(move |seen, _, _| seen.call.starts_with("/ipfs/").then(reply));
        // The node's password is not the gateway's.
        let storage = open_as(&fake.through_gateway("d"), &Person::with("lovelace")).unwrap();
        storage.put("a", &bytes(100)).unwrap();
        assert_eq!(kind(storage.read_at("a", 0, &mut [0; 10])), wanted);
        assert!(fake.seen("").iter().all(|seen| seen.header("authorization").is_empty()));
    }
}

#[test]
fn nobody_is_followed_elsewhere() {
    let other = FakeIpfs::good();
    let to = format!("http://127.0.0.1:{}/api/v0/files/stat?arg=/d", other.port);
    let fake = FakeIpfs::start(move |_, _, _| Some(json("307 Temporary Redirect", "").header("Location", to.clone())));
    assert_eq!(kind(open(&fake.address("d"))), Kind::Elsewhere);
    assert_eq!(other.seen("").len(), 0);
}

#[test]
fn the_password_is_shown_when_it_is_asked_for() {
    // As a server before the node asks, and as kubo itself refuses.
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let fake = FakeIpfs::start(move |seen, _, _| {
            let refused = json(status, "Access Denied");
            let refused =
                if status.starts_with("401") { refused.header("WWW-Authenticate", "Basic realm=\"x\"") } else { refused };
            (seen.header("authorization") != "Basic YWRhOmxvdmVsYWNl").then_some(refused)
        });
        let address = fake.address("d").replace("://", "://ada@");
        assert_eq!(kind(open(&address)), Kind::NoPassword);
        assert_eq!(kind(open_as(&address, &Person::with("wrong"))), Kind::Refused);
        let before = fake.seen("").len();
        let storage = open_as(&address, &Person::with("lovelace")).unwrap();
        storage.put("a", b"x").unwrap();
        let shown = fake.seen("")[before..].iter().filter(|seen| !seen.header("authorization").is_empty()).count();
        assert_eq!(fake.seen("").len() - before - shown, 1, "only the first request was without");
    }
}

#[test]
fn a_node_that_says_nothing_is_away() {
    let silent = || Reply::Raw(Box::new(|line| _ = std::io::Read::read(line, &mut [0])));
    let fake = FakeIpfs::start(move |seen, _, _| (seen.call == "files/read").then(silent));
    open(&fake.address("d")).unwrap().put("a", b"x").unwrap();
    let storage = open_at(&fake.address("d"), &NoAccess, Duration::from_secs(1)).unwrap();
    assert_eq!(kind(storage.read_at("a", 0, &mut [0])), Kind::ServerAway);
    // It is asked again, and not for ever; on a busy machine a line may end before it has been silent for long.
    assert!((3..=7).contains(&fake.seen("files/read").len()), "{:?}", fake.seen("files/read").len());
}
