//! Servers that are busy, break off, or lie.

use std::io::Write;

use super::fake::{Fake, Reply, entry, list, part};
use super::*;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

/// Ends the answer to a request in the middle: these bytes of it come.
fn broken_off(whole: usize, sent: Vec<u8>, range: &str) -> Reply {
    let mut text =
        format!("HTTP/1.1 206 Partial Content\r\nContent-Length: {whole}\r\nContent-Range: {range}\r\n\r\n").into_bytes();
    text.extend(sent);
    Reply::raw(text)
}

#[test]
fn what_a_server_took_and_lost_is_sent_again_under_another_name() {
    for (loses, sent) in [(1, 2), (99, 3)] {
        let fake = Fake::start(move |seen, count| (seen.method == "PUT" && count <= loses).then(|| Reply::of("201 Created")));
        let put = storage(&fake).put("f/a", b"whole");
        let names: std::collections::BTreeSet<_> = fake.seen("PUT").into_iter().map(|seen| seen.target).collect();
        assert_eq!(names.len(), sent);
        match loses {
            1 => assert_eq!(put.map(|()| storage(&fake).read_all("f/a", 9).unwrap()).unwrap(), b"whole"),
            _ => assert_eq!(kind(put), Kind::Nonsense),
        }
    }
}

#[test]
fn a_server_that_asks_for_patience_gets_it() {
    for status in ["503 Service Unavailable", "429 Too Many Requests", "502 Bad Gateway", "504 Gateway Timeout", "423 Locked"] {
        let fake = Fake::start(move |seen, count| {
            let busy = ["PUT", "GET"].contains(&seen.method.as_str()) && count == 1;
            busy.then(|| Reply::of(status).header("Retry-After", "0"))
        });
        let storage = storage(&fake);
        storage.put("a", b"whole").unwrap();
        assert_eq!(storage.read_all("a", 9).unwrap(), b"whole");
        let sent: Vec<_> = fake.seen("PUT").into_iter().map(|seen| seen.body).collect();
        assert_eq!(sent, [b"whole", b"whole"], "{status}");
        assert_eq!(fake.seen("GET").len(), 2);
    }
}

#[test]
fn a_server_that_stays_busy_or_locked_is_called_so() {
    let fake = Fake::start(|seen, _| (seen.method == "GET").then(|| Reply::of("503 Service Unavailable")));
    assert_eq!(kind(storage(&fake).read_all("a", 9)), Kind::ServerBusy);
    assert_eq!(fake.seen("GET").len(), 7);
    let long = |seen: &fake::Request, _| {
        (seen.method == "GET").then(|| Reply::of("503 Service Unavailable").header("Retry-After", "86400"))
    };
    let fake = Fake::start(long);
    assert_eq!(kind(storage(&fake).read_all("a", 9)), Kind::ServerBusy);
    assert_eq!(fake.seen("GET").len(), 1, "nobody waits a day");
    let fake = Fake::start(|seen, _| (seen.method == "DELETE").then(|| Reply::of("423 Locked")));
    let storage = storage(&fake);
    storage.put("a", b"x").unwrap();
    assert_eq!(kind(storage.delete("a")), Kind::Locked);
}

#[test]
fn what_is_full_or_refused_is_called_so() {
    for (status, wanted) in [
        ("507 Insufficient Storage", Kind::NoRoom),
        ("413 Content Too Large", Kind::FileTooLarge),
        ("403 Forbidden", Kind::NotWritable),
        ("500 Internal Server Error", Kind::NotStored),
    ] {
        let fake = Fake::start(move |seen, _| (seen.method == "PUT").then(|| Reply::of(status)));
        let storage = storage(&fake);
        assert_eq!(kind(storage.put("a", b"x")), wanted);
        assert_eq!((fake.seen("PUT").len(), fake.seen("MOVE").len()), (1, 0));
    }
}

#[test]
fn an_upload_that_breaks_off_is_sent_again() {
    let fake = Fake::start(|seen, count| (seen.method == "PUT" && count < 3).then(Reply::cut));
    let storage = storage(&fake);
    let mut upload = storage.create("big").unwrap();
    upload.write_all(&bytes(3_000_000)).unwrap();
    upload.finish().unwrap();
    assert_eq!(fake.seen("PUT").len(), 3);
    assert_eq!(storage.read_all("big", 3_000_000).unwrap(), bytes(3_000_000));
}

#[test]
fn an_upload_counts_only_with_its_size() {
    let fake = Fake::start(|seen, _| {
        let is_upload = seen.target.contains("/.tmp-") && seen.method == "PROPFIND";
        is_upload.then(|| Reply::with("207 Multi-Status", list(&[entry(&seen.target, Some(3))])))
    });
    let storage = storage(&fake);
    assert_eq!(kind(storage.put("a", b"four")), Kind::Nonsense);
    assert_eq!((fake.seen("MOVE").len(), fake.seen("DELETE").len()), (0, 1));
    assert_eq!(storage.list("").unwrap(), []);
}

#[test]
fn a_lost_answer_to_the_last_step_is_no_failure() {
    let fake = Fake::start(|seen, count| (seen.method == "MOVE" && count == 1).then(Reply::cut));
    storage(&fake).put("a", b"x").unwrap();
    // It was done, and the answer did not come.
    let store: Arc<std::sync::OnceLock<Arc<fake::Store>>> = Arc::default();
    let of_fake = store.clone();
    let fake = Fake::start(move |seen, count| {
        (seen.method == "MOVE" && count == 1).then(|| {
            of_fake.get().unwrap().answer(seen);
            Reply::cut()
        })
    });
    assert!(store.set(fake.store.clone()).is_ok());
    let storage = storage(&fake);
    storage.put("a", b"x").unwrap();
    assert_eq!(fake.seen("MOVE").len(), 2);
    assert_eq!(storage.read_all("a", 9).unwrap(), b"x");
    assert_eq!(kind(storage.put("a", b"y")), Kind::AlreadyExists);
}

#[test]
fn behind_another_server_the_path_alone_says_where() {
    let fake = Fake::start(|seen, _| seen.header("destination").starts_with("http").then(|| Reply::of("502 Bad Gateway")));
    let storage = storage(&fake);
    storage.put("ä", b"x").unwrap();
    let to: Vec<_> = fake.seen("MOVE").iter().map(|seen| seen.header("destination").to_owned()).collect();
    assert_eq!(to, [format!("http://127.0.0.1:{}/d/%C3%A4", fake.port), "/d/%C3%A4".into()]);
    assert!(fake.seen("MOVE").iter().all(|seen| seen.header("overwrite") == "F"));
}

#[test]
fn a_download_goes_on_at_the_byte_where_it_broke() {
    let file = bytes(1_000_000);
    let whole = file.clone();
    let fake = Fake::start(move |seen, count| {
        if seen.method != "GET" {
            return None;
        }
        match count {
            1 => Some(broken_off(1_000_000, file[..600_000].to_vec(), "bytes 0-999999/1000000")),
            2 => Some(Reply::cut()),
            _ => Some(part(&file, seen.header("range"))),
        }
    });
    let storage = storage(&fake);
    let mut read = vec![0; 1_000_000];
    storage.read_at("a", 0, &mut read).unwrap();
    assert!(read == whole);
    let ranges: Vec<_> = fake.seen("GET").iter().map(|seen| seen.header("range").to_owned()).collect();
    assert_eq!(ranges, ["bytes=0-999999", "bytes=600000-999999", "bytes=600000-999999"]);
}

#[test]
fn a_server_without_parts_is_read_from_the_beginning() {
    let fake = Fake::start(|seen, _| (seen.method == "GET").then(|| Reply::with("200 OK", bytes(500_000))));
    let storage = storage(&fake);
    let mut read = vec![0; 1000];
    for offset in [0, 123_456, 499_000] {
        storage.read_at("a", offset, &mut read).unwrap();
        assert_eq!(read, bytes(500_000)[offset as usize..][..1000]);
    }
    assert_eq!(kind(storage.read_at("a", 499_001, &mut read)), Kind::TooShort);
    assert_eq!(kind(storage.read_at("a", 5 << 30, &mut read)), Kind::TooShort);
}

#[test]
fn wrong_parts_and_lengths_are_nonsense() {
    let range =
        |text: &'static str, length: usize| Reply::with("206 Partial Content", bytes(length)).header("Content-Range", text);
    let answers: [fn() -> Reply; 7] = [
        || Reply::with("206 Partial Content", bytes(10)),
        || Reply::with("206 Partial Content", bytes(10)).header("Content-Range", "bytes 1-10/100"),
        || Reply::with("206 Partial Content", bytes(10)).header("Content-Range", "bytes 0-99/100"),
        || Reply::with("206 Partial Content", bytes(9)).header("Content-Range", "bytes 0-9/100"),
        || Reply::with("206 Partial Content", bytes(11)).header("Content-Range", "bytes 0-9/100"),
        || {
            Reply::with("206 Partial Content", bytes(10))
                .header("Content-Range", "bytes 0-9/100")
                .header("Content-Encoding", "gzip")
        },
        || {
            Reply::raw(
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/100\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n",
            )
        },
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let fake = Fake::start(move |seen, _| match seen.method.as_str() {
            "GET" => Some(answer()),
            "PROPFIND" if !seen.target.ends_with('/') => {
                Some(Reply::with("207 Multi-Status", list(&[entry(&seen.target, Some(100))])))
            }
            _ => None,
        });
        assert_eq!(kind(storage(&fake).read_at("a", 0, &mut [0; 10])), Kind::Nonsense, "{number}");
        assert_eq!(fake.seen("GET").len(), 1);
    }
    let fake = Fake::start(move |seen, _| (seen.method == "GET").then(|| range("bytes 0-8/9", 9)));
    assert_eq!(kind(storage(&fake).read_at("a", 0, &mut [0; 10])), Kind::TooShort);
}

#[test]
fn bodies_that_end_before_their_end_or_never_are_no_data() {
    let fake =
        Fake::start(|seen, _| (seen.method == "GET").then(|| Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")));
    let storage_of = storage(&fake);
    assert_eq!(kind(storage_of.read_all("a", 1000)), Kind::ServerAway);
    assert_eq!(fake.seen("GET").len(), 7);
    let fake = Fake::start(|seen, _| (seen.method == "GET").then(|| broken_off(10, Vec::new(), "bytes 0-9/10")));
    assert_eq!(kind(storage(&fake).read_at("a", 0, &mut [0; 10])), Kind::ServerAway);
    let fake = Fake::start(|seen, _| {
        (seen.method == "GET").then(|| {
            Reply::Raw(Box::new(|line| {
                let _ = line.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while line.write_all(&[b'x'; 10_000]).is_ok() {}
            }))
        })
    });
    assert_eq!(kind(storage(&fake).read_all("a", 100_000)), Kind::TooLong);
}

#[test]
fn a_list_that_lies_is_refused() {
    let listed = |body: fn(&str) -> Vec<u8>, status: &'static str| {
        let fake = Fake::start(move |seen, _| {
            (seen.method == "PROPFIND" && seen.header("depth") == "1").then(|| Reply::with(status, body(&seen.target)))
        });
        kind(storage(&fake).list("f"))
    };
    for body in [
        (|path| list(&[entry(path, None), entry("../../etc/passwd", Some(1))]).into_bytes()) as fn(&str) -> Vec<u8>,
        |path| list(&[entry(path, None), entry(&format!("{path}../x"), Some(1))]).into_bytes(),
        |path| list(&[entry(path, None), entry(&format!("{path}..%2Fx"), Some(1))]).into_bytes(),
        |path| list(&[entry(path, None), entry("http://other/x", Some(1))]).into_bytes(),
        |_| b"<html><body>Please log in</body></html>".to_vec(),
        |_| b"<!DOCTYPE html><html>".to_vec(),
        |path| list(&[entry(path, None)]).into_bytes()[..80].to_vec(),
        |_| Vec::new(),
    ] {
        assert_eq!(listed(body, "207 Multi-Status"), Kind::Nonsense);
    }
    assert_eq!(listed(|_| b"<html>".to_vec(), "200 OK"), Kind::Nonsense);
    assert_eq!(listed(|_| Vec::new(), "403 Forbidden"), Kind::NotReadable);
}

#[test]
fn a_list_without_end_ends() {
    let fake = Fake::start(|seen, _| {
        (seen.header("depth") == "1").then(|| {
            let path = seen.target.clone();
            Reply::Raw(Box::new(move |line| {
                let head = "HTTP/1.1 207 Multi-Status\r\n\r\n<D:multistatus xmlns:D=\"DAV:\">".to_owned() + &entry(&path, None);
                let _ = line.write_all(head.as_bytes());
                let many = format!("<D:response><D:href>{path}x</D:href></D:response>").repeat(1000);
                while line.write_all(many.as_bytes()).is_ok() {}
            }))
        })
    });
    assert_eq!(kind(storage(&fake).list("f")), Kind::TooLong);
}

#[test]
fn a_page_instead_of_data_is_nonsense() {
    let fake = Fake::start(|seen, _| {
        let page = || Reply::with("200 OK", "<html>Please log in</html>").header("Content-Type", "text/html; charset=utf-8");
        (seen.method == "GET").then(page)
    });
    let storage = storage(&fake);
    storage.put("a", b"x").unwrap();
    assert_eq!(kind(storage.read_all("a", 999)), Kind::Nonsense);
    assert_eq!(kind(storage.read_at("a", 0, &mut [0])), Kind::Nonsense);
    assert_eq!(kind(storage.sha256_on_medium("a", &mut |_| true)), Kind::Nonsense);
    for status in ["405 Method Not Allowed", "501 Not Implemented", "400 Bad Request", "200 OK"] {
        let fake = Fake::start(move |_, _| Some(Reply::with(status, "<html>").header("Content-Type", "text/html")));
        assert_eq!(kind(open(&fake.address(), &Person::with("lovelace"))), Kind::Nonsense, "{status}");
        assert_eq!(
            kind(Webdav::create_and_open(&folder(&fake.address()), &Person::with("lovelace"))),
            Kind::Nonsense,
            "{status}"
        );
    }
    let fake = Fake::start(|_, _| Some(Reply::raw("SSH-2.0-OpenSSH_9\r\n")));
    assert_eq!(kind(open(&fake.address(), &Person::with("lovelace"))), Kind::Nonsense);
}

#[test]
fn nobody_is_followed_elsewhere() {
    let other = Fake::good();
    for to in
        [format!("http://127.0.0.1:{}/d/", other.port), format!("http://localhost:{}/d/", other.port), "ftp://127.0.0.1/d".into()]
    {
        let to_there = to.clone();
        let fake = Fake::start(move |seen, _| match seen.header("authorization") {
            "" => Some(Reply::of("401 Unauthorized").header("WWW-Authenticate", "Basic realm=\"x\"")),
            _ => Some(Reply::of("307 Temporary Redirect").header("Location", to_there.clone())),
        });
        let error = open(&fake.address(), &Person::with("lovelace")).err().unwrap();
        assert_eq!((error.kind, error.source.to_string()), (Kind::Elsewhere, to));
    }
    assert_eq!(other.seen("").len(), 0);
    let fake = Fake::start(|_, _| Some(Reply::of("302 Found").header("Location", "/d/")));
    assert_eq!(kind(open(&fake.address(), &Person::with("lovelace"))), Kind::Nonsense, "in circles");
}

#[test]
fn a_folder_that_has_moved_is_used_where_it_is() {
    let fake = Fake::start(|seen, _| {
        let moved = seen.target.strip_prefix("/d/").map(|rest| format!("/new/{rest}"));
        moved.map(|to| Reply::of("301 Moved Permanently").header("Location", to))
    });
    let storage = storage(&fake);
    storage.put("a", b"x").unwrap();
    assert_eq!(storage.list("").unwrap()[0].name, "a");
    assert!(fake.store.0.lock().unwrap().contains_key("/new/a"));
    assert_eq!(fake.seen("").iter().filter(|seen| seen.target.starts_with("/d/")).count(), 1);
}

#[test]
fn the_password_is_shown_when_it_is_asked_for() {
    let fake = Fake::start(|seen, _| {
        let asked = Reply::of("401 Unauthorized").header("WWW-Authenticate", "Basic realm=\"x\"");
        (seen.header("authorization") != "Basic YWRhOmxvdmVsYWNl").then_some(asked)
    });
    let storage = storage(&fake);
    let shown = |seen: &[fake::Request]| seen.iter().filter(|seen| !seen.header("authorization").is_empty()).count();
    assert_eq!((fake.seen("").len(), shown(&fake.seen(""))), (2, 1));
    storage.put("a", b"x").unwrap();
    assert_eq!(fake.seen("").len() - shown(&fake.seen("")), 1, "not asked again for each request");
}

#[test]
fn a_server_that_says_nothing_is_away() {
    let fake = Fake::start(|seen, _| {
        (seen.method == "GET").then(|| Reply::Raw(Box::new(|line| _ = std::io::Read::read(line, &mut [0]))))
    });
    assert_eq!(kind(storage(&fake).read_all("a", 9)), Kind::ServerAway);
    assert_eq!(fake.seen("GET").len(), 3);
}

#[test]
fn room_is_known_where_the_server_counts() {
    let room = |free: &'static str| {
        let fake = Fake::start(move |seen, _| {
            let asks = String::from_utf8_lossy(&seen.body).contains("quota");
            asks.then(|| {
                let quota = format!(
                    "<D:quota-available-bytes>{free}</D:quota-available-bytes><D:quota-used-bytes>30</D:quota-used-bytes>"
                );
                let text = list(&[entry(&seen.target, None)]).replace("</D:prop>", &format!("{quota}</D:prop>"));
                Reply::with("207 Multi-Status", text)
            })
        });
        storage(&fake).room().unwrap()
    };
    assert_eq!(room("70"), Some(Room { free: 70, total: 100 }));
    assert_eq!(room("-3"), None, "as Nextcloud says that there is no limit");
    assert_eq!(storage(&Fake::good()).room().unwrap(), None);
}

#[test]
fn a_whole_object_is_asked_for_as_it_is() {
    let through = |storage: &Webdav, from: u64, to: u64| {
        let mut read = Vec::new();
        let taken = storage.read_through("f/a", from, to, &mut |piece| {
            read.extend_from_slice(piece);
            Ok(())
        });
        taken.unwrap();
        read
    };
    let ranges = |fake: &Fake| fake.seen("GET").iter().map(|seen| seen.header("range").to_owned()).collect::<Vec<_>>();
    let whole = bytes(2_000_000);
    let fake = Fake::good();
    let good = storage(&fake);
    good.put("f/a", &whole).unwrap();
    assert!(through(&good, 0, 2_000_000) == whole);
    assert!(through(&good, 1_000_000, 2_000_000) == whole[1_000_000..]);
    good.sha256_on_medium("f/a", &mut |_| true).unwrap();
    assert_eq!(ranges(&fake), ["", "bytes=1000000-1999999", ""]);

    // Where it breaks off, the rest is asked for.
    let sent = whole[..1_000_000].to_vec();
    let fake = Fake::start(move |seen, count| {
        let mut text = b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n".to_vec();
        text.extend(&sent);
        (seen.method == "GET" && count == 1).then(|| Reply::raw(text))
    });
    let cut = storage(&fake);
    cut.put("f/a", &whole).unwrap();
    assert!(through(&cut, 0, 2_000_000) == whole);
    assert_eq!(ranges(&fake), ["", "bytes=1000000-1999999"]);

    // A server that takes it for a page shows by the numbers of a part that it is the object.
    let file = whole.clone();
    let fake = Fake::start(move |seen, _| {
        let reply = || part(&file, seen.header("range")).header("Content-Type", "text/html");
        (seen.method == "GET").then(reply)
    });
    let odd = storage(&fake);
    odd.put("f/a", &whole).unwrap();
    assert!(through(&odd, 0, 2_000_000) == whole);
    assert_eq!(ranges(&fake), ["", "bytes=0-1999999"]);

    // A shorter one is none.
    let fake = Fake::good();
    let short = storage(&fake);
    short.put("f/a", &whole[..1_999_999]).unwrap();
    assert_eq!(kind(short.read_through("f/a", 0, 2_000_000, &mut |_| Ok(()))), Kind::TooShort);
}
