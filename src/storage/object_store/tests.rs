//! Against real stores, and against servers that lie.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::*;
use crate::storage::person::Person;
use crate::storage::servers::fake::{Fake, Request, answer};
use crate::storage::servers::proxy::Proxy;
use crate::storage::servers::stores::{self, AZURE_ACCOUNT, BUCKET, S3_KEY, S3_SECRET, Store};
use crate::storage::{contract, cuts};

mod claims;
mod keeping;
mod requests;
mod single;
mod sums;

/// With one secret; none where it is empty.
fn knows(secret: &'static str, ca_file: Option<PathBuf>) -> Person {
    Person { password: Some(secret).filter(|secret| !secret.is_empty()), ca_file }
}

fn at(address: &str, secret: &'static str) -> Result<ObjectStore, Error> {
    ObjectStore::open(&Location::of_server(address).unwrap().unwrap(), &knows(secret, None))
}

fn kind<T>(result: Result<T, Error>) -> Kind {
    match result {
        Ok(_) => panic!("it worked"),
        Err(error) => error.kind,
    }
}

/// A store and a place in it.
struct World {
    dir: tempfile::TempDir,
    store: Store,
}

impl World {
    fn new(kind: stores::Kind) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::start(kind, dir.path());
        Self { dir, store }
    }

    fn open(&self, prefix: &str) -> ObjectStore {
        at(&self.store.address(prefix), self.store.secret()).unwrap()
    }
}

/// What no small object shows: that it waits, or parts of it are on their way at once; that none of it is seen; that it is whole.
fn large_objects_are_whole(storage: &dyn Storage, races_are_seen: bool) {
    let bytes: Vec<u8> = (0..(20 << 20) + 1).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut upload = storage.create("p/large").unwrap();
    for piece in bytes.chunks(3_333_333) {
        upload.write_all(piece).unwrap();
    }
    assert_eq!(storage.list("p").unwrap(), [], "not before it is finished");
    let mut other = storage.create("p/large").unwrap();
    other.write_all(&bytes[..9 << 20]).unwrap();
    upload.finish().unwrap();
    if races_are_seen {
        assert_eq!(kind(other.finish()), Kind::AlreadyExists);
    } else {
        drop(other);
    }
    assert_eq!(kind(storage.create("p/large")), Kind::AlreadyExists);
    let mut read = vec![0; bytes.len()];
    storage.read_at("p/large", 0, &mut read).unwrap();
    assert!(read == bytes);
    let mut part = vec![0; (17 << 20) + 5];
    storage.read_at("p/large", 1_000_001, &mut part).unwrap();
    assert!(part == bytes[1_000_001..1_000_001 + part.len()]);
    let mut beyond = vec![0; bytes.len()];
    assert_eq!(kind(storage.read_at("p/large", 1, &mut beyond)), Kind::TooShort);
    assert_eq!(storage.read_all("p/large", 32 << 20).unwrap().len(), bytes.len());
    assert_eq!(kind(storage.read_all("p/large", 10 << 20)), Kind::TooLong);
    let (hash, _) = storage.sha256_on_medium("p/large", &mut |_| true).unwrap();
    assert_eq!(hash, <[u8; 32]>::from(Sha256::digest(&bytes)));

    let mut dropped = storage.create("p/dropped").unwrap();
    dropped.write_all(&bytes).unwrap();
    drop(dropped);
    let names: Vec<String> = storage.list("p").unwrap().into_iter().map(|child| child.name).collect();
    assert_eq!(names, ["large"]);
    storage.delete_folder("p").unwrap();
    assert_eq!(storage.list("").unwrap(), []);
}

#[test]
fn a_small_s3_does_what_every_storage_must() {
    let world = World::new(stores::Kind::S3s);
    contract::holds_but_for_races(&world.open("some/where"));
    large_objects_are_whole(&world.open(""), false);
}

#[test]
fn a_strict_s3_does_what_every_storage_must() {
    let world = World::new(stores::Kind::Moto);
    contract::holds(&world.open("some/{machine}"));
    assert_eq!(kind(at(&world.store.address("{env:NOT_SET_ANYWHERE}"), world.store.secret())), Kind::Unfilled);
    large_objects_are_whole(&world.open(""), true);
    let uploads = world.store.asked(&format!("GET /{BUCKET}?uploads"), "");
    assert!(uploads.contains("ListMultipartUploadsResult") && !uploads.contains("<Upload>"), "{uploads}");
}

#[test]
fn a_bucket_that_keeps_what_is_deleted_is_known() {
    let world = World::new(stores::Kind::MotoLocked);
    let storage = world.open("x");
    assert_eq!(storage.keeping(), Some(Keeping::Locked { days: Some(30) }));
    // What is deleted is gone for whoever does not ask for older versions.
    for bytes in [b"one", b"two"] {
        storage.put("f/a", bytes).unwrap();
        assert_eq!(kind(storage.put("f/a", b"other")), Kind::AlreadyExists);
        assert_eq!(storage.read_all("f/a", 100).unwrap(), bytes);
        storage.put("f/b", bytes).unwrap();
        storage.delete("f/a").unwrap();
        assert_eq!(kind(storage.size("f/a")), Kind::NotFound);
        storage.put("f/a", b"again").unwrap();
        storage.delete_folder("f").unwrap();
        assert_eq!(storage.list("f").unwrap(), []);
    }
    let other = World::new(stores::Kind::Moto);
    assert_eq!(other.open("").keeping(), None);
    let versions = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let url = format!("http://127.0.0.1:{}/{BUCKET}?versioning", other.store.port);
    let put = ["-sf", "-X", "PUT", "-H", "Content-Type: application/xml", "--data", versions, &url];
    assert!(std::process::Command::new("curl").args(put).status().unwrap().success());
    assert_eq!(other.open("").keeping(), Some(Keeping::Versions));
    let s3s = World::new(stores::Kind::S3s);
    assert_eq!(s3s.open("").keeping(), None, "it knows no such thing");
}

#[test]
fn a_locked_bucket_gets_its_sums_and_its_class_by_one_request_and_in_parts() {
    let world = World::new(stores::Kind::MotoLocked);
    let mut storage = at(&format!("{}&storage_class=STANDARD_IA", world.store.address("x")), world.store.secret()).unwrap();
    storage.bucket.as_mut().and_then(Arc::get_mut).unwrap().longest = 1 << 20;
    for (name, length) in [("small", 1000), ("other", 1000), ("large", (17 << 20) + 1)] {
        storage.put(name, &vec![7; length]).unwrap();
        assert_eq!(storage.size(name).unwrap(), length as u64);
        let told = world.store.told_of(&format!("x/{name}"));
        assert!(told.contains("x-amz-storage-class: standard_ia"), "{told}");
        // Of what came in parts Moto does not tell it.
        assert!(name == "large" || told.contains("x-amz-object-lock-mode: governance"), "{told}");
    }
}

#[test]
fn what_a_lock_keeps_is_known_from_what_may_not_be_deleted() {
    let no = |code: &str, message: &str| format!("<Code>{code}</Code><Message>{message}</Message>");
    for (code, message, meant) in [
        ("AccessDenied", "Access Denied", Kind::Denied),
        ("AccessDenied", "Access Denied because object protected by object lock.", Kind::Held),
        ("ObjectUnderRetention", "Not yet.", Kind::Held),
    ] {
        let status = if code == "AccessDenied" { "403 Forbidden" } else { "409 Conflict" };
        let why = no(code, message);
        let (_fake, address) = fake2(move |asked| match asked.method.as_str() {
            "DELETE" => answer(status, "", format!("<Error>{why}</Error>").as_bytes()),
            "POST" => {
                let errors: String = ["a", "b"].iter().map(|key| format!("<Error><Key>x/f/{key}</Key>{why}</Error>")).collect();
                answer("200 OK", "", format!("<DeleteResult>{errors}</DeleteResult>").as_bytes())
            }
            _ => page(&format!("{}{}", entry("x/f/a"), entry("x/f/b")), ""),
        });
        let storage = at(&address, "S").unwrap();
        assert_eq!(kind(storage.delete("f/a")), meant, "{code}: {message}");
        assert_eq!(kind(storage.delete_folder("f")), meant, "{code}: {message}, of many");
    }
}

#[test]
fn uploads_that_died_are_taken_away() {
    let world = World::new(stores::Kind::Moto);
    for key in ["x/f/a%20%26b", "x/f/c", "x/f/deep/d", "y/f/e"] {
        let begun = world.store.asked(&format!("POST /{BUCKET}/{key}?uploads"), "");
        assert!(begun.contains("<UploadId>"), "{begun}");
    }
    let storage = world.open("x");
    assert_eq!(storage.sweep_temporary("f", Some("2000-01-01T00:00:00Z".parse().unwrap())).unwrap(), 0);
    assert_eq!(storage.sweep_temporary("f", None).unwrap(), 2);
    assert_eq!(storage.sweep_temporary("f", None).unwrap(), 0);
    let left = world.store.asked(&format!("GET /{BUCKET}?uploads"), "");
    assert_eq!(left.matches("<Upload>").count(), 2, "{left}");
}

#[test]
fn azure_does_what_every_storage_must() {
    let world = World::new(stores::Kind::Azurite);
    contract::holds(&world.open("some/where"));
    large_objects_are_whole(&world.open(""), true);
}

#[test]
fn google_does_what_every_storage_must() {
    let world = World::new(stores::Kind::Gcs);
    contract::holds_but_for_races(&world.open("some/where"));
    large_objects_are_whole(&world.open(""), false);
}

#[test]
fn garage_does_what_every_storage_must() {
    if std::env::var("STRONGROOM_LONG").is_ok_and(|value| value == "1") {
        let world = World::new(stores::Kind::Garage);
        contract::holds_but_for_races(&world.open("some/where"));
        large_objects_are_whole(&world.open(""), false);
    }
}

/// The store behind a proxy.
fn through_a_proxy(store: &Store, prefix: &str) -> (ObjectStore, Proxy) {
    let proxy = Proxy::to(([127, 0, 0, 1], store.port).into());
    let address = store.address(prefix).replace(&format!(":{}", store.port), &format!(":{}", proxy.address.port()));
    (at(&address, store.secret()).unwrap(), proxy)
}

#[test]
fn what_does_not_open_a_store_is_said() {
    let s3 = World::new(stores::Kind::S3s);
    let address = s3.store.address("x");
    assert_eq!(kind(at(&address, "another secret")), Kind::Refused);
    assert_eq!(kind(at(&address.replace(S3_KEY, "AKOTHER"), S3_SECRET)), Kind::Refused);
    assert_eq!(kind(at(&address.replace(BUCKET, "no-such-bucket"), S3_SECRET)), Kind::NoBucket);
    assert_eq!(kind(at(&address.replace("http:", "https:"), S3_SECRET)), Kind::NoHttps);
    drop(s3);
    assert_eq!(kind(at(&address, S3_SECRET)), Kind::ServerAway);

    let azure = World::new(stores::Kind::Azurite);
    let address = azure.store.address("x");
    assert_eq!(kind(at(&address, "bm90IHRoZSBrZXk=")), Kind::Refused);
    assert_eq!(kind(at(&address, "no base64")), Kind::NotAKey);
    let elsewhere = format!("az://{AZURE_ACCOUNT}/no-such-container?endpoint=http://127.0.0.1:{}", azure.store.port);
    assert_eq!(kind(at(&elsewhere, azure.store.secret())), Kind::NoBucket);
    assert_eq!(kind(at("gs://bucket/x?endpoint=http://127.0.0.1:1", "{}")), Kind::NotAKey);
}

/// A bucket of S3 at a server that answers what it likes.
fn fake(answers: impl Fn(&Request, usize) -> Vec<u8> + Send + Sync + 'static) -> (Fake, String) {
    let fake = Fake::start(answers);
    let address = format!("s3://bucket/x?endpoint=http://127.0.0.1:{}&access_key=AK", fake.port);
    (fake, address)
}

fn page(entries: &str, next: &str) -> Vec<u8> {
    let more = if next.is_empty() { "false" } else { "true" };
    let body = format!(
        "<ListBucketResult><IsTruncated>{more}</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>{entries}</ListBucketResult>"
    );
    answer("200 OK", "Content-Type: application/xml\r\n", body.as_bytes())
}

fn entry(key: &str) -> String {
    format!(
        "<Contents><Key>{key}</Key><Size>3</Size><LastModified>2026-11-21T20:00:00.000Z</LastModified><ETag>\"e\"</ETag></Contents>"
    )
}

fn is_list(asked: &Request) -> bool {
    asked.target.contains("list-type=2")
}

#[test]
fn a_busy_server_is_asked_again_when_it_says() {
    let (fake, address) = fake(|_, before| match before {
        0 => answer("503 Slow Down", "Retry-After: 1\r\n", b"<Error><Code>SlowDown</Code></Error>"),
        1 => answer("500 Internal Server Error", "", b""),
        _ => page("", ""),
    });
    let begun = Instant::now();
    let storage = at(&address, "S").unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "it did not wait");
    assert_eq!(fake.asked().len(), 3);
    assert_eq!(storage.list("").unwrap(), []);
}

#[test]
fn that_nobody_takes_the_first_call_is_told_at_once() {
    let begun = Instant::now();
    let address = "s3://bucket?endpoint=http://127.0.9.5:9&region=here&access_key=ada";
    assert_eq!(kind(at(address, "secret")), Kind::ServerAway);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn a_server_that_stays_busy_is_given_up() {
    let (fake, address) = fake(|_, _| answer("503 Slow Down", "Retry-After: 86400\r\n", b""));
    assert_eq!(kind(at(&address, "S")), Kind::ServerBusy);
    assert_eq!(fake.asked().len(), 1, "a day is not waited");
}

#[test]
fn a_list_that_does_not_end_is_ended() {
    let (fake, address) = fake(|_, before| page("", &format!("token{before}")));
    assert_eq!(kind(at(&address, "S")), Kind::TooLong);
    assert!(fake.asked().len() <= 101);
    let entries: String = (0..1000).map(|n| entry(&format!("x/{n}"))).collect();
    let (fake, address) = self::fake(move |_, before| page(&entries, &format!("token{before}")));
    assert_eq!(kind(at(&address, "S").unwrap().list("")), Kind::TooLong);
    assert!(fake.asked().len() <= 1003);
    let (_fake, address) = self::fake(|_, _| page(&"<Junk/>".repeat(3 << 20), ""));
    assert_eq!(kind(at(&address, "S")), Kind::TooLong);
}

#[test]
fn names_that_lead_elsewhere_are_not_listed() {
    let keys = ["x/../y", "x/..", "x/good", "x/good", "elsewhere", "x/", "x/a//b", "/etc/passwd", "x/.tmp-1", "x/b&#0;"];
    let entries: String = keys[..9].iter().map(|key| entry(key)).collect();
    let (_fake, address) = fake(move |_, _| page(&entries, ""));
    let listed: Vec<String> = at(&address, "S").unwrap().list("").unwrap().into_iter().map(|child| child.name).collect();
    assert_eq!(listed, ["good"]);
    let broken = entry(keys[9]);
    let (_fake, address) = self::fake(move |_, _| page(&broken, ""));
    assert!(at(&address, "S").and_then(|storage| storage.list("")).is_err_and(|e| e.kind == Kind::Nonsense));
}

#[test]
fn what_is_no_store_is_called_so() {
    let html = "Content-Type: text/html; charset=utf-8\r\n";
    let (_fake, address) = fake(move |_, _| answer("200 OK", html, b"<html>Log in here</html>"));
    assert_eq!(kind(at(&address, "S")), Kind::Nonsense);
    let (_fake, address) = fake2(|_| answer("200 OK", "", b"not XML at all"));
    assert_eq!(kind(at(&address, "S")), Kind::Nonsense);
    // What was wanted of one server is never asked of another.
    let other = Fake::start(|_, _| page("", ""));
    let there = format!("Location: http://127.0.0.1:{}/bucket\r\n", other.port);
    let (_fake, address) = fake2(move |_| answer("307 Temporary Redirect", &there, b""));
    assert_eq!(kind(at(&address, "S")), Kind::Elsewhere);
    assert_eq!(other.asked().len(), 0);
}

fn fake2(answers: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> (Fake, String) {
    fake(move |asked, _| answers(asked))
}

#[test]
fn the_region_that_a_server_names_is_taken_where_nobody_named_one() {
    let elsewhere = |asked: &Request| match asked.header("authorization").contains("/eu-west-9/") {
        true => page("", ""),
        false => answer(
            "301 Moved Permanently",
            "x-amz-bucket-region: eu-west-9\r\n",
            b"<Error><Code>PermanentRedirect</Code></Error>",
        ),
    };
    let (fake, address) = fake2(elsewhere);
    at(&address, "S").unwrap();
    assert_eq!(fake.asked().len(), 2);
    assert_eq!(kind(at(&format!("{address}&region=us-east-1"), "S")), Kind::WrongRegion);
}

#[test]
fn wrong_parts_of_an_object_are_refused() {
    let cases: [(&str, &str, usize, Kind); 7] = [
        ("206 Partial Content", "Content-Range: bytes 0-99/1000\r\n", 100, Kind::Nonsense),
        ("206 Partial Content", "Content-Range: bytes 100-199/1000\r\n", 50, Kind::Nonsense),
        ("206 Partial Content", "Content-Range: bytes 100-149/150\r\n", 50, Kind::TooShort),
        ("206 Partial Content", "Content-Range: bytes 100-199/1000\r\n", 5000, Kind::TooLong),
        ("200 OK", "", 100, Kind::Nonsense),
        ("200 OK", "", 1000, Kind::TooLong),
        ("416 Range Not Satisfiable", "", 0, Kind::TooShort),
    ];
    for (status, headers, length, meant) in cases {
        let (_fake, storage) = giving(status, headers, length);
        let mut buffer = [0; 100];
        assert_eq!(kind(storage.read_at("a", 100, &mut buffer)), meant, "{status} {headers} {length}");
    }
}

/// A store that answers so to whoever wants an object.
fn giving(status: &'static str, headers: &'static str, length: usize) -> (Fake, ObjectStore) {
    let (fake, address) = fake2(move |asked| match is_list(asked) {
        true => page("", ""),
        false => answer(status, headers, &vec![7; length]),
    });
    (fake, at(&address, "S").unwrap())
}

#[test]
fn an_object_without_end_is_not_taken() {
    let (_fake, address) = fake2(|asked| match is_list(asked) {
        true => page("", ""),
        false => answer("200 OK", "Content-Length: 9999999999999\r\n", &vec![7; 1 << 20]),
    });
    assert_eq!(kind(at(&address, "S").unwrap().read_all("a", 1000)), Kind::TooLong);
}

#[test]
fn an_upload_whose_answer_was_lost_is_known_again() {
    use std::sync::{Arc, Mutex};
    // What was put, with its headers; the first time the connection breaks off before the answer.
    let put: Arc<Mutex<Option<Request>>> = Arc::default();
    let there = put.clone();
    let (_fake, address) = fake2(move |asked| {
        let mut there = there.lock().unwrap();
        match (asked.method.as_str(), &*there) {
            ("GET", _) if is_list(asked) => page("", ""),
            ("PUT", None) => {
                assert_eq!(asked.header("if-none-match"), "*");
                assert_eq!(asked.header("content-md5"), "NWye5g6doFMBrcO9lvazgw==");
                *there = Some(asked.clone());
                answer("500 Internal Server Error", "", b"")
            }
            ("PUT", Some(_)) => answer("412 Precondition Failed", "", b"<Error><Code>PreconditionFailed</Code></Error>"),
            ("HEAD", Some(put)) => {
                let token = put.header("x-amz-meta-strongroomupload");
                let headers = format!("Content-Length: {}\r\nx-amz-meta-strongroomupload: {token}\r\n", put.body.len());
                answer("200 OK", &headers, b"")
            }
            _ => answer("404 Not Found", "", b""),
        }
    });
    let storage = at(&address, "S").unwrap();
    storage.put("a", b"whole").unwrap();
    assert_eq!(put.lock().unwrap().as_ref().unwrap().body, b"whole");
    // Somebody else's is not.
    let mut upload = storage.create("b").map(drop).err();
    assert_eq!(upload.take().map(|e| e.kind), Some(Kind::AlreadyExists));
}

#[test]
fn an_upload_is_not_sent_elsewhere() {
    let other = Fake::start(|_, _| answer("200 OK", "", b"{}"));
    let there = format!("Location: http://127.0.0.1:{}/upload\r\n", other.port);
    let fake = Fake::start(move |asked, _| match asked.method.as_str() {
        "POST" => answer("200 OK", &there, b""),
        _ if asked.target.contains("/o?") => answer("200 OK", "", br#"{"kind":"storage#objects"}"#),
        _ => answer("404 Not Found", "", b""),
    });
    let storage = at(&format!("gs://bucket/x?endpoint=http://127.0.0.1:{}&anonymous=yes", fake.port), "").unwrap();
    assert_eq!(kind(storage.put("a", b"secret")), Kind::Nonsense);
    assert_eq!(other.asked().len(), 0);
}

#[test]
fn only_an_authority_that_vouches_for_a_server_opens_the_way_to_it() {
    assert!(trust::client(Some(Path::new("/nowhere/ca.pem")), Duration::from_secs(1)).is_err_and(|e| e.kind == Kind::CaFile));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("empty"), "nothing").unwrap();
    let empty = trust::client(Some(&dir.path().join("empty")), Duration::from_secs(1));
    assert!(empty.is_err_and(|e| e.kind == Kind::CaFile));

    let world = World::new(stores::Kind::MotoTls);
    let address = world.store.address("x");
    assert_eq!(kind(at(&address, S3_SECRET)), Kind::Certificate);
    let location = |address: &str| Location::of_server(address).unwrap().unwrap();
    let vouched = knows(S3_SECRET, Some(world.dir.path().join("ca/ca.pem")));
    let storage = ObjectStore::open(&location(&address), &vouched).unwrap();
    storage.put("a", b"whole").unwrap();
    assert_eq!(storage.read_all("a", 9).unwrap(), b"whole");
    let expired = World::new(stores::Kind::MotoExpired);
    let vouched = knows(S3_SECRET, Some(expired.dir.path().join("ca/ca.pem")));
    assert_eq!(kind(ObjectStore::open(&location(&expired.store.address("x")), &vouched)), Kind::CertificateExpired);
}

#[test]
fn lines_that_are_cut_anywhere_cost_nothing_but_time() {
    for which in [stores::Kind::S3s, stores::Kind::Azurite] {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::start(which, dir.path());
        let (storage, proxy) = through_a_proxy(&store, "some");
        cuts::anywhere(&storage, &proxy.fate(), &|_| None);
    }
}
