//! Objects that go into a bucket of S3 by one request.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::*;
use crate::storage::stop::Stop;

const CRC32_OF_WHOLE: &str = "xFkpTw==";

/// A bucket where nothing lies yet, at a server that answers a PUT as it likes.
fn bucket(answers: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> (Fake, ObjectStore) {
    let (fake, address) = fake2(move |asked| match asked.method.as_str() {
        "GET" if is_list(asked) => page("", ""),
        "PUT" => answers(asked),
        _ => answer("404 Not Found", "", b""),
    });
    (fake, at(&address, "S").unwrap())
}

/// The sums that each PUT brought: CRC32, MD5.
fn sums(fake: &Fake) -> Vec<(bool, bool)> {
    let brings = |asked: &Request, name: &str| !asked.header(name).is_empty();
    let puts = fake.asked().into_iter().filter(|asked| asked.method == "PUT");
    puts.map(|asked| (brings(&asked, "x-amz-checksum-crc32"), brings(&asked, "content-md5"))).collect()
}

#[test]
fn a_large_object_takes_one_request() {
    let (fake, storage) = bucket(|asked| {
        let told = format!("x-amz-checksum-crc32: {}\r\n", asked.header("x-amz-checksum-crc32"));
        answer("200 OK", &told, b"")
    });
    let bytes: Vec<u8> = (0..(20u32 << 20) + 1).map(|n| (n % 251) as u8).collect();
    for name in ["a", "b"] {
        let mut upload = storage.create(name).unwrap();
        for piece in bytes.chunks(3_333_333) {
            upload.write_all(piece).unwrap();
        }
        upload.finish().unwrap();
    }
    let asked: Vec<_> = fake.asked().into_iter().filter(|asked| !is_list(asked)).collect();
    assert_eq!(asked.iter().map(|asked| asked.method.as_str()).collect::<Vec<_>>(), ["HEAD", "PUT", "HEAD", "PUT"]);
    assert!(asked[1].body == bytes && asked[3].body == bytes);
    assert_eq!(asked[3].header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
    assert_eq!(asked[3].header("content-length"), bytes.len().to_string());
}

#[test]
fn a_store_is_sent_the_sum_that_it_compares_by() {
    // One that tells the sum again has reckoned it.
    let (fake, storage) = bucket(|asked| {
        assert_eq!(asked.header("x-amz-checksum-crc32"), CRC32_OF_WHOLE);
        answer("200 OK", &format!("x-amz-checksum-crc32: {CRC32_OF_WHOLE}\r\n"), b"")
    });
    ["a", "b", "c"].into_iter().for_each(|name| storage.put(name, b"whole").unwrap());
    assert_eq!(sums(&fake), [(true, true), (true, false), (true, false)]);

    // One that does not, does not know it.
    let (fake, storage) = bucket(|_| answer("200 OK", "", b""));
    ["a", "b"].into_iter().for_each(|name| storage.put(name, b"whole").unwrap());
    assert_eq!(sums(&fake), [(true, true), (false, true)]);

    // Nor does one that refuses it.
    for status in ["501 Not Implemented", "400 Bad Request"] {
        let (fake, storage) = bucket(move |asked| match asked.header("x-amz-checksum-crc32") {
            "" => answer("200 OK", "", b""),
            _ => answer(status, "", b"<Error><Code>InvalidArgument</Code><Message>Unsupported header</Message></Error>"),
        });
        ["a", "b"].into_iter().for_each(|name| storage.put(name, b"whole").unwrap());
        assert_eq!(sums(&fake), [(true, true), (false, true), (false, true)]);
    }
}

#[test]
fn what_differs_there_is_sent_again_and_does_not_count() {
    let tries = Mutex::new(0);
    let (fake, storage) = bucket(move |_| {
        *tries.lock().unwrap() += 1;
        match *tries.lock().unwrap() {
            1 => answer("400 Bad Request", "", b"<Error><Code>BadDigest</Code></Error>"),
            _ => answer("200 OK", &format!("x-amz-checksum-crc32: {CRC32_OF_WHOLE}\r\n"), b""),
        }
    });
    storage.put("a", b"whole").unwrap();
    assert_eq!(sums(&fake), [(true, true), (true, true)]);

    let (fake, storage) = bucket(|_| answer("200 OK", "x-amz-checksum-crc32: AAAAAA==\r\n", b""));
    assert_eq!(kind(storage.put("a", b"whole")), Kind::DamagedOnItsWay);
    assert!(fake.asked().iter().any(|asked| asked.method == "DELETE"), "it is taken away");
}

#[test]
fn an_object_of_somebody_else_is_left_alone() {
    let (fake, storage) = bucket(|_| answer("412 Precondition Failed", "", b"<Error><Code>PreconditionFailed</Code></Error>"));
    assert_eq!(kind(storage.put("a", b"whole")), Kind::AlreadyExists);
    assert!(fake.asked().iter().all(|asked| asked.method != "DELETE"));
}

#[test]
fn what_is_too_long_for_one_request_goes_in_parts() {
    for (store, races_are_seen) in [(stores::Kind::S3s, false), (stores::Kind::Moto, true)] {
        let world = World::new(store);
        let mut storage = world.open("");
        storage.bucket.as_mut().and_then(Arc::get_mut).unwrap().longest = 1 << 20;
        large_objects_are_whole(&storage, races_are_seen);
        let uploads = world.store.asked(&format!("GET /{BUCKET}?uploads"), "");
        assert!(!uploads.contains("<Upload>"), "{uploads}");
    }
}

#[test]
fn what_nobody_wants_any_more_is_not_sent_again() {
    let is_asked = Arc::new(AtomicBool::new(false));
    let asked = is_asked.clone();
    let (fake, storage) = bucket(move |_| {
        asked.store(true, Relaxed);
        answer("503 Slow Down", "Retry-After: 20\r\n", b"<Error><Code>SlowDown</Code></Error>")
    });
    let mut upload = storage.create("a").unwrap();
    upload.write_all(b"whole").unwrap();
    let ended = Stop::when(move || is_asked.load(Relaxed)).during(|| upload.finish());
    assert_eq!((kind(ended), sums(&fake).len()), (Kind::Cancelled, 1));
}
