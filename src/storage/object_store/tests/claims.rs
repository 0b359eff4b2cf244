//! What a store is told of an object, so that it refuses it by itself where it comes otherwise.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;

use super::*;

fn md5(bytes: &[u8]) -> String {
    BASE64.encode(&Md5::digest(bytes))
}

fn puts(fake: &Fake) -> Vec<Request> {
    fake.asked().into_iter().filter(|asked| asked.method == "PUT").collect()
}

fn deleted(fake: &Fake) -> usize {
    fake.asked().iter().filter(|asked| asked.method == "DELETE").count()
}

/// An empty container of Azure, at a server that answers PUTs as it likes.
fn container(secret: &'static str, answers: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> (Fake, ObjectStore) {
    let fake = Fake::start(move |asked, _| match asked.method.as_str() {
        "GET" => answer("200 OK", "", b"<EnumerationResults><Blobs></Blobs><NextMarker/></EnumerationResults>"),
        "PUT" => answers(asked),
        _ => answer("404 Not Found", "", b""),
    });
    let address = format!("az://account/container/x?endpoint=http://127.0.0.1:{}", fake.port);
    (fake, at(&address, secret).unwrap())
}

/// How a request of that account's is signed with the key `key` (https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key).
fn signature(asked: &Request) -> String {
    let length = if asked.body.is_empty() { String::new() } else { asked.body.len().to_string() };
    let ours = ["x-ms-blob-type", "x-ms-date", "x-ms-meta-strongroomupload", "x-ms-version"];
    let ours: String = ours.iter().map(|name| format!("{name}:{}\n", asked.header(name))).collect();
    let (md5, unless) = (asked.header("content-md5"), asked.header("if-none-match"));
    let text = format!("PUT\n\n\n{length}\n{md5}\n\n\n\n\n{unless}\n\n\n{ours}/account{}", asked.target);
    let mut mac = Hmac::<Sha256>::new_from_slice(b"key").unwrap();
    mac.update(text.as_bytes());
    format!("SharedKey account:{}", BASE64.encode(&mac.finalize().into_bytes()))
}

#[test]
fn a_small_blob_brings_its_sum_to_azure_which_its_key_has_signed() {
    for bytes in [b"whole".as_slice(), b""] {
        let (fake, storage) = container("a2V5", |_| answer("201 Created", "", b""));
        storage.put("a", bytes).unwrap();
        let put = puts(&fake).remove(0);
        assert_eq!((put.header("content-md5"), put.header("authorization")), (&*md5(bytes), &*signature(&put)));
    }
}

#[test]
fn a_small_blob_brings_it_as_well_where_no_key_signs() {
    let (fake, storage) = container("?sv=2022&sig=x", |_| answer("201 Created", "", b""));
    storage.put("a", b"whole").unwrap();
    let put = puts(&fake).remove(0);
    assert_eq!((put.header("content-md5"), put.header("authorization")), (&*md5(b"whole"), ""));
    assert!(put.target.contains("sig=x"), "{}", put.target);
}

#[test]
fn what_azure_refuses_for_its_sum_is_sent_again_and_was_never_there() {
    let tries = AtomicUsize::new(0);
    let (fake, storage) = container("a2V5", move |_| match tries.fetch_add(1, Relaxed) {
        0 => answer("400 Bad Request", "x-ms-error-code: Md5Mismatch\r\n", b""),
        _ => answer("201 Created", "", b""),
    });
    storage.put("a", b"whole").unwrap();
    assert_eq!((puts(&fake).len(), deleted(&fake)), (2, 0));
}

#[test]
fn google_is_told_the_sum_of_all_of_an_object_with_the_last_of_it() {
    for (length, takes) in [(5, true), ((8 << 20) + 1000, true), (5, false), (0, true)] {
        let is_there = AtomicBool::new(false);
        let fake = Fake::start(move |asked, _| match asked.method.as_str() {
            "POST" => answer("200 OK", &format!("Location: http://{}/upload\r\n", asked.header("host")), b""),
            "PUT" if asked.header("content-range").ends_with("/*") => {
                answer("308 Resume Incomplete", &format!("Range: bytes=0-{}\r\n", asked.body.len() - 1), b"")
            }
            "PUT" if !takes => answer(
                "400 Bad Request",
                "",
                br#"{"error":{"code":400,"message":"Provided MD5 hash \"A\" doesn't match calculated MD5 hash \"B\"."}}"#,
            ),
            "PUT" => {
                is_there.store(true, Relaxed);
                answer(
                    "200 OK",
                    "Content-Type: application/json\r\n",
                    format!(r#"{{"name":"x/a","size":"{length}"}}"#).as_bytes(),
                )
            }
            "DELETE" => answer("204 No Content", "", b""),
            _ if asked.target.contains("/o?") => answer("200 OK", "", br#"{"kind":"storage#objects"}"#),
            _ if is_there.load(Relaxed) => answer("200 OK", "", format!(r#"{{"name":"x/a","size":"{length}"}}"#).as_bytes()),
            _ => answer("404 Not Found", "", b""),
        });
        let address = format!("gs://bucket/x?endpoint=http://127.0.0.1:{}&anonymous=yes", fake.port);
        let storage = at(&address, "").unwrap();
        let bytes: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
        let put = storage.put("a", &bytes).map_err(|e| e.kind);
        assert_eq!(put, if takes { Ok(()) } else { Err(Kind::DamagedOnItsWay) });
        let told: Vec<String> = puts(&fake).iter().map(|asked| asked.header("x-goog-hash").to_owned()).collect();
        let last = if length == 0 { String::new() } else { format!("md5={}", md5(&bytes)) };
        let before = vec![String::new(); usize::from(length > 8 << 20)];
        assert_eq!(told, [before, vec![last]].concat());
        assert!(takes || fake.asked().iter().all(|asked| asked.method != "DELETE" || asked.target.contains("/upload")));
    }
}
