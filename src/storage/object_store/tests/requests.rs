//! What is asked of a store: as little as it takes, and what comes instead of what was asked for.

use std::fs;
use std::thread;

use super::*;

#[test]
fn lists_have_as_many_pages_as_it_takes() {
    let world = World::new(stores::Kind::Moto);
    let storage = world.open("many");
    // A page has a thousand.
    let names: Vec<String> = (0..1005).map(|n| format!("{n:04}")).collect();
    thread::scope(|scope| {
        for names in names.chunks(300) {
            let storage = &storage;
            scope.spawn(move || names.iter().for_each(|name| storage.put(&format!("f/{name}"), b"x").unwrap()));
        }
    });
    let listed: Vec<String> = storage.list("f").unwrap().into_iter().map(|child| child.name).collect();
    assert_eq!(listed, names);
    storage.delete_folder("f").unwrap();
    assert_eq!(storage.list("").unwrap(), []);
}

#[test]
fn a_list_of_ten_thousand_takes_a_request_for_each_page() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::start(stores::Kind::S3s, dir.path());
    let folder = dir.path().join("data").join(BUCKET).join("many/f");
    fs::create_dir_all(&folder).unwrap();
    let names: Vec<String> = (0..10_000).map(|n| format!("{n:05}")).collect();
    names.iter().for_each(|name| fs::write(folder.join(name), "x").unwrap());
    let (storage, proxy) = through_a_proxy(&store, "many");
    proxy.fate().asked();
    let listed: Vec<String> = storage.list("f").unwrap().into_iter().map(|child| child.name).collect();
    assert!(listed == names, "{} listed", listed.len());
    let asked = proxy.fate().asked();
    assert!(asked.len() == 10 && asked.iter().all(|asked| asked.contains("list-type=2")), "{asked:?}");
}

/// What of ten thousand keys stands on the page that is asked for, and where the next one begins. `usual`: of a page for which nobody says
/// how many it may have, which is the longest too.
fn on_page(asked: &Request, token: &str, most: &str, usual: usize) -> (std::ops::Range<usize>, Option<usize>) {
    let url = url::Url::parse("http://store").unwrap().join(&asked.target).unwrap();
    let number = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.parse::<usize>().unwrap());
    let from = number(token).unwrap_or(0);
    let end = (from + number(most).unwrap_or(usual).min(usual)).min(10_000);
    (from..end, Some(end).filter(|end| *end < 10_000))
}

/// No fewer are possible: a page has no more.
fn lists_ten_thousand_by(requests: usize, fake: &Fake, storage: &ObjectStore) {
    let before = fake.asked().len();
    let names: Vec<String> = (0..10_000).map(|n| format!("{n:05}")).collect();
    let listed: Vec<String> = storage.list("f").unwrap().into_iter().map(|child| child.name).collect();
    assert!(listed == names, "{} listed", listed.len());
    assert_eq!(fake.asked().len() - before, requests);
}

#[test]
fn azure_lists_five_thousand_by_a_request() {
    let fake = Fake::start(|asked, _| {
        let (page, next) = on_page(asked, "marker", "maxresults", 5000);
        let blob = |n: usize| {
            let told = "<Content-Length>1</Content-Length><Last-Modified>Sat, 21 Nov 2026 20:00:00 GMT</Last-Modified>";
            format!("<Blob><Name>x/f/{n:05}</Name><Properties>{told}</Properties></Blob>")
        };
        let (blobs, next) = (page.map(blob).collect::<String>(), next.map_or(String::new(), |next| next.to_string()));
        let body = format!("<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>");
        answer("200 OK", "Content-Type: application/xml\r\n", body.as_bytes())
    });
    let address = format!("az://{AZURE_ACCOUNT}/bucket/x?endpoint=http://127.0.0.1:{}", fake.port);
    lists_ten_thousand_by(2, &fake, &at(&address, stores::AZURE_KEY).unwrap());
}

#[test]
fn google_lists_a_thousand_by_a_request() {
    let fake = Fake::start(|asked, _| {
        let (page, next) = on_page(asked, "pageToken", "maxResults", 1000);
        let item =
            |n: usize| serde_json::json!({ "name": format!("x/f/{n:05}"), "size": "1", "updated": "2026-11-21T20:00:00Z" });
        let mut body = serde_json::json!({ "kind": "storage#objects", "items": page.map(item).collect::<Vec<_>>() });
        if let Some(next) = next {
            body["nextPageToken"] = next.to_string().into();
        }
        answer("200 OK", "Content-Type: application/json\r\n", body.to_string().as_bytes())
    });
    let address = format!("gs://bucket/x?endpoint=http://127.0.0.1:{}&anonymous=yes", fake.port);
    lists_ten_thousand_by(10, &fake, &at(&address, "").unwrap());
}

#[test]
fn microsofts_own_emulator_agrees_with_that() {
    // Ten thousand take it long.
    if std::env::var_os("STRONGROOM_LONG").is_none_or(|value| value != "1") {
        return;
    }
    let world = World::new(stores::Kind::Azurite);
    let (storage, proxy) = through_a_proxy(&world.store, "many");
    let names: Vec<String> = (0..10_000).map(|n| format!("{n:05}")).collect();
    thread::scope(|scope| {
        for names in names.chunks(2500) {
            let storage = &storage;
            scope.spawn(move || names.iter().for_each(|name| storage.put(&format!("f/{name}"), b"x").unwrap()));
        }
    });
    proxy.fate().asked();
    let listed: Vec<String> = storage.list("f").unwrap().into_iter().map(|child| child.name).collect();
    assert!(listed == names, "{} listed", listed.len());
    assert_eq!(proxy.fate().asked().len(), 2);
}

#[test]
fn an_object_is_read_through_by_one_request_and_gone_on_with_where_it_was_cut() {
    for which in [stores::Kind::S3s, stores::Kind::Azurite] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::start(which, dir.path());
        let (storage, proxy) = through_a_proxy(&store, "one");
        let bytes: Vec<u8> = (0..20 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        storage.put("a", &bytes).unwrap();
        let read = |cut: Option<u64>| {
            proxy.fate().asked();
            if let Some(after) = cut {
                proxy.fate().cut_after(after);
            }
            let (begun, mut read) = (proxy.fate().carried(), Vec::new());
            let taken = storage.read_through("a", 0, bytes.len() as u64, &mut |piece| {
                read.extend_from_slice(piece);
                Ok(())
            });
            taken.unwrap();
            assert!(read == bytes);
            (proxy.fate().asked().len(), proxy.fate().carried() - begun)
        };
        assert_eq!(read(None).0, 1);
        let (asked, carried) = read(Some(12 << 20));
        assert_eq!(asked, 2);
        // What had come was not asked for again, but for what was on its way just then.
        assert!(carried < 24 << 20, "{carried}");
        let stopped = storage.read_through("a", 0, bytes.len() as u64, &mut |_| Err(Error::new(Kind::Cancelled, "a", "enough")));
        assert_eq!(kind(stopped), Kind::Cancelled);
        assert_eq!(storage.read_all("a", 32 << 20).unwrap().len(), bytes.len(), "and it goes on");
    }
}

#[test]
fn what_is_wrong_with_what_is_streamed_is_said() {
    let cases: [(&str, &str, usize, Kind); 5] = [
        ("206 Partial Content", "Content-Range: bytes 0-99/1000\r\n", 100, Kind::Nonsense),
        ("206 Partial Content", "Content-Range: bytes 100-199/1000\r\n", 50, Kind::Nonsense),
        ("206 Partial Content", "Content-Range: bytes 100-149/150\r\n", 50, Kind::TooShort),
        ("206 Partial Content", "Content-Range: bytes 100-199/1000\r\n", 5000, Kind::Nonsense),
        ("416 Range Not Satisfiable", "", 0, Kind::TooShort),
    ];
    for (status, headers, length, meant) in cases {
        let (_fake, storage) = giving(status, headers, length);
        let mut taken = 0;
        let read = storage.read_through("a", 100, 200, &mut |piece| {
            taken += piece.len();
            Ok(())
        });
        assert_eq!((kind(read), taken), (meant, 0), "{status} {headers} {length}");
    }
}

#[test]
fn no_more_connections_are_made_than_may_be() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::start(stores::Kind::S3s, dir.path());
    let (storage, proxy) = through_a_proxy(&store, "few");
    proxy.fate().delay(Duration::from_millis(5));
    thread::scope(|scope| {
        for n in 0..12 {
            let storage = &storage;
            scope.spawn(move || storage.put(&format!("f/{n}"), &[7; 100_000]).unwrap());
        }
    });
    assert_eq!(storage.list("f").unwrap().len(), 12);
    let most = proxy.fate().most_open();
    // One that has just served may still be open while the next is made.
    assert!(most > 1 && most <= 2 * knows("", None).connections() as u64, "{most}");
}

#[test]
fn an_answer_whose_beginning_does_not_end_is_none() {
    let headers = "X-More: more\r\n".repeat(100_000);
    let (fake, address) = fake(move |_, _| answer("200 OK", &headers, b""));
    let error = at(&address, "S").err().unwrap();
    assert_eq!((error.kind, error.source.to_string()), (Kind::Nonsense, "the beginning of its answer does not end".into()));
    assert_eq!(fake.asked().len(), 1, "it is not asked again");
}
