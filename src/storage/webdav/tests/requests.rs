//! As few requests as it takes: each costs the way there and back.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use super::fake::{Fake, Reply};
use super::*;
use crate::storage::stop::Stop;

/// The requests that something took, by their methods.
fn count(fake: &Fake, what: impl FnOnce()) -> String {
    let before = fake.seen("").len();
    what();
    fake.seen("")[before..].iter().map(|seen| seen.method.clone()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_good_server_is_asked_no_more_than_needed() {
    let fake = Fake::good();
    let storage = storage(&fake);
    storage.put("f/first", b"x").unwrap();
    assert_eq!(count(&fake, || storage.put("f/b", b"x").unwrap()), "PUT PROPFIND PROPFIND MOVE");
    assert_eq!(count(&fake, || _ = storage.read_all("f/b", 9).unwrap()), "GET");
    assert_eq!(count(&fake, || storage.read_at("f/b", 0, &mut [0]).unwrap()), "GET");
    assert_eq!(count(&fake, || _ = storage.list("f").unwrap()), "PROPFIND");
    assert_eq!(count(&fake, || storage.delete("f/b").unwrap()), "PROPFIND DELETE");
}

#[test]
fn a_volume_in_a_folder_that_was_made_here_is_not_looked_for() {
    let fake = Fake::good();
    let (storage, volume) = (storage(&fake), vec![7; (1 << 20) + 1]);
    assert_eq!(count(&fake, || storage.put("f/run/v1", &volume).unwrap()), "MKCOL PUT PROPFIND MOVE");
    assert_eq!(count(&fake, || storage.put("f/run/v2", &volume).unwrap()), "PUT PROPFIND MOVE");
    assert_eq!(kind(storage.put("f/run/v2", &volume)), Kind::AlreadyExists);
    // Another connection did not make it.
    let other = super::storage(&fake);
    assert_eq!(kind(other.put("f/run/v1", &volume)), Kind::AlreadyExists);
}

#[test]
fn a_folder_that_a_list_has_shown_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("p/versions")).unwrap();
    let server = Dufs::start(dir.path());
    let proxy = Proxy::to(([127, 0, 0, 1], server.port).into());
    let at = WebdavFolder { port: proxy.address.port(), ..folder(&server.address("")) };
    let storage = Webdav::open(&at, &Person::with(dufs::PASSWORD)).unwrap();
    storage.list("p").unwrap();
    let fate = proxy.fate();
    fate.asked();
    storage.put("p/versions/a", b"x").unwrap();
    let asked = fate.asked();
    assert!(!asked.iter().any(|line| line.starts_with("MKCOL")), "{asked:#?}");
    // What is gone meanwhile is made again.
    fs::remove_dir(dir.path().join("p/data")).unwrap_or_default();
    storage.delete_folder("p").unwrap();
    storage.put("p/versions/b", b"x").unwrap();
    assert_eq!(on_disk(&dir.path().join("p/versions")), ["b"]);
}

#[test]
fn large_content_is_asked_for_first_until_some_was_taken() {
    let full =
        |seen: &super::fake::Request, count| (seen.method == "PUT" && count == 3).then(|| Reply::of("507 Insufficient Storage"));
    let fake = Fake::start(full);
    let (storage, volume) = (storage(&fake), vec![7; (1 << 20) + 1]);
    for (n, taken) in [true, true, false, true, true].into_iter().enumerate() {
        assert_eq!(storage.put(&format!("f/{n}"), &volume).is_ok(), taken, "{n}");
    }
    let first: Vec<bool> = fake.seen("PUT").iter().map(|seen| !seen.header("expect").is_empty()).collect();
    assert_eq!(first, [true, false, false, true, false]);
}

#[test]
fn no_more_is_asked_at_once_than_there_may_be_connections() {
    struct Sparing(usize);
    impl Access for Sparing {
        fn connections(&self) -> usize {
            self.0
        }
    }
    for connections in [1, 2, 4] {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(0)));
        let (asked, seen) = (now.clone(), most.clone());
        let fake = Fake::start(move |_, _| {
            let at_once = asked.fetch_add(1, SeqCst) + 1;
            let mut most = seen.lock().unwrap();
            *most = at_once.max(*most);
            drop(most);
            thread::sleep(Duration::from_millis(20));
            asked.fetch_sub(1, SeqCst);
            None
        });
        let storage = Webdav::open(&folder(&fake.address()), &Sparing(connections)).unwrap();
        thread::scope(|scope| {
            for lane in 0..connections {
                let storage = &storage;
                scope.spawn(move || (0..4).for_each(|n| storage.put(&format!("f/{lane}-{n}"), b"x").unwrap()));
            }
        });
        let most = *most.lock().unwrap();
        assert!(most <= connections && (connections == 1 || most > 1), "{most} of {connections}");
    }
}

#[test]
fn a_list_of_ten_thousand_takes_one_request() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("f")).unwrap();
    let names: Vec<String> = (0..10_000).map(|n| format!("{n:05}")).collect();
    names.iter().for_each(|name| fs::write(dir.path().join("f").join(name), "x").unwrap());
    let server = Dufs::start(dir.path());
    let proxy = Proxy::to(([127, 0, 0, 1], server.port).into());
    let folder = WebdavFolder { port: proxy.address.port(), ..folder(&server.address("")) };
    let storage = Webdav::open(&folder, &Person::with(dufs::PASSWORD)).unwrap();
    proxy.fate().asked();
    let listed: Vec<String> = storage.list("f").unwrap().into_iter().map(|child| child.name).collect();
    assert!(listed == names, "{} listed", listed.len());
    assert_eq!(proxy.fate().asked(), ["PROPFIND /f/"]);
}

#[test]
fn what_nobody_wants_any_more_is_neither_sent_to_its_end_nor_tried_again() {
    let busy = |seen: &super::fake::Request, _| {
        (seen.method == "PUT").then(|| Reply::of("503 Service Unavailable").header("Retry-After", "100"))
    };
    let fake = Fake::start(busy);
    let storage = storage(&fake);
    let mut upload = storage.create("f/a").unwrap();
    upload.write_all(b"bytes").unwrap();
    // It is asked before each piece, and then in the pause.
    assert_eq!(kind(Stop::after(10).during(|| upload.finish())), Kind::Cancelled);
    assert_eq!(fake.seen("PUT").len(), 1);

    let fake = Fake::good();
    let storage = super::storage(&fake);
    let mut upload = storage.create("f/a").unwrap();
    upload.write_all(&vec![7; 32 << 20]).unwrap();
    assert_eq!(kind(Stop::after(20).during(|| upload.finish())), Kind::Cancelled);
    assert_eq!(fake.seen("PUT").len(), 0, "it never came whole");
    storage.put("f/a", b"bytes").unwrap();
}
