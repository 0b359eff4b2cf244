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
