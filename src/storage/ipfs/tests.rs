//! Against a node over memory, and a real one.

use std::io::Write;
use std::time::Duration;

use super::*;
use crate::model::location::Location;
use crate::storage::access::NoAccess;
use crate::storage::contract;
use crate::storage::person::Person;
use crate::storage::servers::fake_ipfs::{FakeIpfs, Reply, cid_of, json};
use crate::storage::servers::js_ipfs::JsIpfs;
use crate::storage::servers::proxy::Proxy;

mod lies;

fn folder(address: &str) -> IpfsFolder {
    match Location::of_server(address) {
        Some(Ok(Location::Ipfs(folder))) => *folder,
        other => panic!("{other:?}"),
    }
}

/// For whom nobody waits long.
fn open(address: &str) -> Result<Ipfs, Error> {
    open_as(address, &NoAccess)
}

fn open_as(address: &str, person: &dyn Access) -> Result<Ipfs, Error> {
    open_at(address, person, Duration::from_secs(20))
}

/// `stall`: for how long it may say nothing.
fn open_at(address: &str, person: &dyn Access, stall: Duration) -> Result<Ipfs, Error> {
    let pace = Pace { stall, first: Duration::from_millis(1), ..Pace::default() };
    Ipfs::begin(&folder(address), person, false, pace)
}

fn kind<T>(result: Result<T, Error>) -> Kind {
    match result {
        Ok(_) => panic!("it worked"),
        Err(error) => error.kind,
    }
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n % 251) as u8).collect()
}

#[test]
fn it_does_what_every_storage_must() {
    let fake = FakeIpfs::good();
    Ipfs::create_and_open(&folder(&fake.address("ä b/")), &NoAccess).unwrap();
    contract::holds(&open(&fake.address("ä b")).unwrap());
    fake.node.tidy_up();
    let state = fake.node.lock();
    assert_eq!((state.files.len(), state.pins.len(), state.blocks.len()), (0, 0, 0), "nothing is kept of what was deleted");
}

#[test]
fn it_does_so_read_through_a_gateway_and_from_the_nodes_root() {
    let fake = FakeIpfs::good();
    contract::holds(&open(&fake.through_gateway("d")).unwrap());
    assert_eq!(fake.seen("files/read").iter().filter(|seen| !seen.arg("arg").contains("/.tmp-")).count(), 2, "only to check");
    assert!(fake.seen("").iter().any(|seen| seen.call.starts_with("/ipfs/bafk") && seen.header("range").starts_with("bytes=")));
    let root = FakeIpfs::good();
    root.node.lock().folders.remove("/d");
    contract::holds(&open(&root.address("")).unwrap());
}

#[test]
fn only_a_new_destination_is_made() {
    let fake = FakeIpfs::good();
    assert_eq!(kind(open(&fake.address("new"))), Kind::Unreachable);
    Ipfs::create_and_open(&folder(&fake.address("new")), &NoAccess).unwrap().put("a", b"b").unwrap();
    Ipfs::create_and_open(&folder(&fake.address("new")), &NoAccess).unwrap();
    assert_eq!(fake.node.lock().files.get("/new/a"), Some(&cid_of(b"b")));
    assert_eq!(kind(Ipfs::create_and_open(&folder(&fake.address("no/where")), &NoAccess)), Kind::Unreachable);
    assert_eq!(kind(Ipfs::create_and_open(&folder(&fake.address("new/a")), &NoAccess)), Kind::NotAFolder);
    let storage = open(&fake.address("new")).unwrap();
    storage.node.remove("", true).unwrap();
    assert_eq!(kind(storage.list("")), Kind::Unreachable);
    assert_eq!(kind(storage.list("f")), Kind::Unreachable);
    assert_eq!(kind(storage.delete("a")), Kind::Unreachable);
}

#[test]
fn a_folder_is_no_object_and_names_are_those_that_every_node_understands() {
    let fake = FakeIpfs::good();
    let storage = open(&fake.address("d")).unwrap();
    storage.put("folder/folder", b"a").unwrap();
    assert_eq!(kind(storage.size("folder")), Kind::NotFound);
    assert_eq!(kind(storage.read_all("folder", 9)), Kind::NotFound);
    assert_eq!(kind(storage.read_at("folder", 0, &mut [0])), Kind::NotFound);
    assert_eq!(storage.list("folder").unwrap()[0].name, "folder", "not taken for the list of a file");
    assert_eq!(kind(storage.list("folder/folder")), Kind::NotFound);
    assert_eq!(kind(storage.create("folder").map(drop)), Kind::AlreadyExists);
    assert_eq!(kind(storage.delete("folder")), Kind::Other);
    for name in ["100% #1?&+;=.json", "ü \"<>|*.tar", "~x", "page.html", "QmX"] {
        storage.put(name, name.as_bytes()).unwrap();
        assert_eq!(storage.read_all(name, 99).unwrap(), name.as_bytes());
        assert!(storage.list("").unwrap().iter().any(|child| child.name == name && child.size == name.len() as u64), "{name}");
        storage.delete(name).unwrap();
    }
    for name in ["a\\b", " a", "a ", "f /x"] {
        assert_eq!(kind(storage.put(name, b"x")), Kind::InvalidName, "{name}");
    }
}

#[test]
fn what_is_there_is_pinned_and_what_is_deleted_is_not() {
    let fake = FakeIpfs::good();
    let storage = open(&fake.address("d")).unwrap();
    storage.put("f/a", b"a").unwrap();
    storage.put("f/sub/b", b"b").unwrap();
    storage.put("c", b"c").unwrap();
    assert_eq!(fake.node.lock().pins.len(), 3);
    storage.delete("c").unwrap();
    assert!(!fake.node.lock().pins.contains(&cid_of(b"c")));
    storage.delete_folder("f").unwrap();
    assert!(fake.node.lock().pins.is_empty());
    assert_eq!(storage.put("f/a", b"a").map_err(|e| e.kind), Ok(()));
    assert_eq!(kind(storage.put("f/a", b"other")), Kind::AlreadyExists);
    let state = fake.node.lock();
    assert_eq!(state.pins.iter().collect::<Vec<_>>(), [&cid_of(b"a")], "what did not arrive is not kept either");
}

#[test]
fn what_an_upload_that_died_left_is_swept() {
    let fake = FakeIpfs::good();
    let storage = open(&fake.address("d")).unwrap();
    storage.put("f/whole", b"whole").unwrap();
    {
        let mut state = fake.node.lock();
        for (name, bytes) in [("half", &b"half"[..]), ("whole", b"whole")] {
            let cid = cid_of(bytes);
            state.blocks.insert(cid.clone(), bytes.into());
            state.pins.insert(cid.clone());
            state.files.insert(format!("/d/f/.tmp-{name}"), cid);
        }
    }
    assert_eq!(storage.list("f").unwrap().len(), 1);
    assert_eq!(storage.sweep_temporary("f", Some(Timestamp::UNIX_EPOCH)).unwrap(), 0, "nobody knows how old it is");
    assert_eq!(storage.sweep_temporary("f", None).unwrap(), 2);
    let state = fake.node.lock();
    assert_eq!(state.files.keys().collect::<Vec<_>>(), ["/d/f/whole"]);
    assert_eq!(state.pins.iter().collect::<Vec<_>>(), [&cid_of(b"whole")], "what has got its name is kept");
}

#[test]
fn the_folders_own_cid_is_told() {
    let fake = FakeIpfs::good();
    let storage = open(&fake.address("d")).unwrap();
    let before = storage.cid().unwrap().unwrap();
    storage.put("a", b"a").unwrap();
    let after = storage.cid().unwrap().unwrap();
    assert!(before != after && after.starts_with("bafk"), "{before} {after}");
}

#[test]
fn a_real_node_does_what_every_storage_must() {
    let Some(server) = real() else { return };
    let server = &server.1;
    Ipfs::create_and_open(&folder(&server.address("ä b/")), &NoAccess).unwrap();
    contract::holds(&patient(&server.address("ä b")));
    contract::holds(&patient(&server.through_gateway("ä b")));
    assert_eq!(kind(Ipfs::open(&folder(&server.address("none")), &NoAccess)), Kind::Unreachable);
    assert_eq!(kind(Ipfs::create_and_open(&folder(&server.address("no/where")), &NoAccess)), Kind::Unreachable);
    assert_eq!(kind(Ipfs::open(&folder(&format!("ipfs+http://127.0.0.1:{}", server.gateway)), &NoAccess)), Kind::Nonsense);
    // Nothing is left of it that its tidying up would not take.
    server.order("repo/gc");
    assert_eq!(server.order("pin/ls?type=recursive").matches("recursive").count(), 0);
}

#[test]
fn a_real_node_keeps_large_objects_under_the_cid_that_is_computed_here() {
    let Some((_dir, mut server)) = real() else { return };
    let storage = patient(&server.address(""));
    let mut upload = storage.create("f/large").unwrap();
    let mut tree = cid::Tree::default();
    // More leaves than one node of the tree links to.
    let piece = bytes(5 << 20);
    for _ in 0..36 {
        upload.write_all(&piece).unwrap();
        tree.write(&piece);
    }
    upload.finish().unwrap();
    let root = tree.root();
    let stat = storage.object("f/large").unwrap();
    assert_eq!((Cid::parse(&stat.hash), stat.size), (Some(root), 180 << 20));
    assert!(server.order(&format!("pin/ls?arg={root}&type=recursive&cid-base=base32")).contains("recursive"));
    // Through its tidying up, and a death without warning.
    server.order("repo/gc");
    server.start_again();
    let through = patient(&server.through_gateway(""));
    for offset in [0, 5 << 20, (174 << 20) - 7, (180 << 20) - 1000] {
        let (mut node, mut gateway) = (vec![0; 1000], vec![0; 1000]);
        storage.read_at("f/large", offset, &mut node).unwrap();
        through.read_at("f/large", offset, &mut gateway).unwrap();
        let wanted: Vec<u8> = (offset..offset + 1000).map(|at| piece[at as usize % piece.len()]).collect();
        assert!(node == wanted && gateway == wanted, "at {offset}");
    }
    for name in ["100% #1?&+;=.json", "ü \"<>|*.tar", "~x", "page.html"] {
        storage.put(name, b"<html>").unwrap();
        assert_eq!(through.read_all(name, 99).unwrap(), b"<html>", "{name}");
        assert_eq!(storage.read_all(name, 99).unwrap(), b"<html>", "{name}");
        assert!(storage.list("").unwrap().iter().any(|child| child.name == name && child.size == 6), "{name}");
    }
    assert!(storage.cid().unwrap().unwrap().starts_with("bafy"));
    storage.delete_folder("f").unwrap();
    let kept = server.order(&format!("pin/ls?arg={root}&type=recursive&cid-base=base32"));
    assert!(kept.contains("is not pinned"), "{kept}");
}

#[test]
fn a_list_of_ten_thousand_takes_one_request() {
    let fake = FakeIpfs::good();
    let storage = open(&fake.address("d")).unwrap();
    storage.put("f/00000", b"x").unwrap();
    {
        let mut state = fake.node.lock();
        let cid = state.files["/d/f/00000"].clone();
        state.files.extend((1..10_000).map(|n| (format!("/d/f/{n:05}"), cid.clone())));
    }
    let before = fake.seen("").len();
    assert_eq!(storage.list("f").unwrap().len(), 10_000);
    let asked: Vec<String> = fake.seen("").split_off(before).into_iter().map(|seen| seen.call).collect();
    assert_eq!(asked, ["files/ls"]);
}

#[test]
fn a_real_node_lists_ten_thousand_by_one_request() {
    let Some((dir, server)) = real() else { return };
    let part = |n: usize| {
        let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"f%2F{n:05}\"");
        format!("--x\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n{n:05}\r\n")
    };
    let form = dir.path().join("form");
    std::fs::write(&form, (0..10_000).map(part).collect::<String>() + "--x--\r\n").unwrap();
    // The folder is told last.
    let told = server.send("add?cid-version=1&pin=false", "x", &form);
    let added: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(added["Name"], "f");
    server.order(&format!("files/cp?arg=/ipfs/{}&arg=/f", added["Hash"].as_str().unwrap()));
    let proxy = Proxy::to(([127, 0, 0, 1], server.port).into());
    let storage = patient(&format!("ipfs+http://127.0.0.1:{}", proxy.address.port()));
    proxy.fate().asked();
    let listed = storage.list("f").unwrap();
    assert!(listed.len() == 10_000 && listed.iter().all(|child| child.size == 5), "{}", listed.len());
    let asked = proxy.fate().asked();
    assert!(asked.len() == 1 && asked[0].contains("files/ls"), "{asked:?}");
}

/// In the long tier only: it takes long to install.
fn real() -> Option<(tempfile::TempDir, JsIpfs)> {
    if std::env::var("STRONGROOM_LONG").is_ok_and(|value| value == "1") {
        let dir = tempfile::tempdir().unwrap();
        let server = JsIpfs::start(dir.path());
        Some((dir, server))
    } else {
        None
    }
}

fn patient(address: &str) -> Ipfs {
    Ipfs::open(&folder(address), &NoAccess).unwrap()
}
