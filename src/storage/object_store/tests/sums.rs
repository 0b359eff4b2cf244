//! What a store says of the bytes that it took, where that is not what it was sent.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crc_fast::CrcAlgorithm::Crc64Nvme;
use data_encoding::BASE64;
use md5::Md5;

use super::*;

/// Longer than one part.
const LENGTH: usize = (8 << 20) + 1000;
const OTHER_MD5: &str = "AAAAAAAAAAAAAAAAAAAAAA==";

fn md5(bytes: &[u8]) -> String {
    BASE64.encode(&Md5::digest(bytes))
}

/// As Azure tells it of a block.
fn crc64(bytes: &[u8]) -> String {
    BASE64.encode(&crc_fast::checksum(Crc64Nvme, bytes).to_le_bytes())
}

fn bytes() -> Vec<u8> {
    (0..LENGTH).map(|n| (n % 251) as u8).collect()
}

fn count(fake: &Fake, method: &str, holds: &str) -> usize {
    fake.asked().iter().filter(|asked| asked.method == method && asked.target.contains(holds)).count()
}

#[test]
fn each_part_brings_its_sum_and_is_sent_again_where_it_was_damaged() {
    for (with, secret) in [("access_key=AK", "S"), ("anonymous=yes", "")] {
        let (parts, is_there) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let fake = Fake::start(move |asked, _| match asked.method.as_str() {
            "GET" => page("", ""),
            "POST" if asked.target.contains("uploadId=") => {
                is_there.store(1, Relaxed);
                answer("200 OK", "", b"<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>")
            }
            "POST" => {
                answer("200 OK", "", b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
            }
            "PUT" => {
                assert_eq!(asked.header("content-md5"), md5(&asked.body));
                match parts.fetch_add(1, Relaxed) {
                    0 => answer("400 Bad Request", "", b"<Error><Code>BadDigest</Code></Error>"),
                    _ => answer("200 OK", "ETag: \"p\"\r\n", b""),
                }
            }
            "HEAD" if is_there.load(Relaxed) == 1 => answer("200 OK", &format!("Content-Length: {LENGTH}\r\n"), b""),
            _ => answer("404 Not Found", "", b""),
        });
        let address = format!("s3://bucket/x?endpoint=http://127.0.0.1:{}&{with}", fake.port);
        let mut storage = at(&address, secret).unwrap();
        if let Some(bucket) = storage.bucket.as_mut().and_then(Arc::get_mut) {
            bucket.longest = 1 << 20;
        }
        storage.put("a", &bytes()).unwrap();
        assert_eq!(count(&fake, "PUT", "partNumber="), 3, "two parts, one of them twice");
    }
}

/// A container of Azure where nothing lies before its list of blocks, at a server that answers other PUTs as it likes.
fn container(answers: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> (Fake, ObjectStore) {
    let is_there = Mutex::new(false);
    let fake = Fake::start(move |asked, _| match asked.method.as_str() {
        "GET" => answer("200 OK", "", b"<EnumerationResults><Blobs></Blobs><NextMarker/></EnumerationResults>"),
        "PUT" if asked.target.contains("comp=blocklist") => {
            *is_there.lock().unwrap() = true;
            answer("201 Created", "", b"")
        }
        "PUT" => answers(asked),
        "DELETE" => answer("202 Accepted", "", b""),
        "HEAD" if *is_there.lock().unwrap() => answer("200 OK", &format!("Content-Length: {LENGTH}\r\n"), b""),
        _ => answer("404 Not Found", "", b""),
    });
    let address = format!("az://account/container/x?endpoint=http://127.0.0.1:{}", fake.port);
    (fake, at(&address, "a2V5").unwrap())
}

#[test]
fn a_block_that_azure_took_damaged_is_sent_again() {
    let blocks = AtomicUsize::new(0);
    let (fake, storage) = container(move |asked| {
        let told = match blocks.fetch_add(1, Relaxed) {
            0 => crc64(b"other"),
            _ => crc64(&asked.body),
        };
        answer("201 Created", &format!("x-ms-content-crc64: {told}\r\n"), b"")
    });
    storage.put("a", &bytes()).unwrap();
    let puts: Vec<Request> = fake.asked().into_iter().filter(|asked| asked.target.contains("comp=block&")).collect();
    assert_eq!(puts.len(), 3, "two blocks, one of them twice");
    let list = fake.asked().into_iter().find(|asked| asked.target.contains("comp=blocklist")).unwrap();
    assert_eq!(String::from_utf8(list.body).unwrap().matches("<Latest>").count(), 2);
}

#[test]
fn a_blob_that_azure_took_damaged_is_taken_away_and_does_not_count() {
    let (fake, storage) = container(|_| answer("201 Created", &format!("Content-MD5: {OTHER_MD5}\r\n"), b""));
    assert_eq!(kind(storage.put("a", b"whole")), Kind::DamagedOnItsWay);
    assert_eq!((count(&fake, "PUT", "/x/a"), count(&fake, "DELETE", "/x/a")), (1, 1));

    let (fake, storage) = container(|asked| answer("201 Created", &format!("Content-MD5: {}\r\n", md5(&asked.body)), b""));
    storage.put("a", b"whole").unwrap();
    storage.put("b", b"").unwrap();
    assert_eq!(count(&fake, "DELETE", ""), 0);
}

/// A bucket of Google's that tells this MD5 of what it took; the right one where there is none.
fn google(told: Option<&'static str>) -> (Fake, ObjectStore) {
    // What came of the object, and whether it is finished.
    let there: Mutex<(Vec<u8>, bool)> = Mutex::default();
    let fake = Fake::start(move |asked, _| {
        let mut there = there.lock().unwrap();
        let object = |bytes: &[u8]| {
            let sum = told.map_or_else(|| md5(bytes), str::to_owned);
            let object = format!(r#"{{"name":"x/a","size":"{}","md5Hash":"{sum}"}}"#, bytes.len());
            answer("200 OK", "Content-Type: application/json\r\n", object.as_bytes())
        };
        match asked.method.as_str() {
            "POST" => answer("200 OK", &format!("Location: http://{}/upload\r\n", asked.header("host")), b""),
            "PUT" => {
                there.0.extend_from_slice(&asked.body);
                there.1 = !asked.header("content-range").ends_with("/*");
                let range = format!("Range: bytes=0-{}\r\n", there.0.len().saturating_sub(1));
                if there.1 { object(&there.0) } else { answer("308 Resume Incomplete", &range, b"") }
            }
            "DELETE" => answer("204 No Content", "", b""),
            _ if asked.target.contains("/o?") => answer("200 OK", "", br#"{"kind":"storage#objects"}"#),
            _ if there.1 => object(&there.0),
            _ => answer("404 Not Found", "", b""),
        }
    });
    let address = format!("gs://bucket/x?endpoint=http://127.0.0.1:{}&anonymous=yes", fake.port);
    (fake, at(&address, "").unwrap())
}

#[test]
fn what_google_took_damaged_is_taken_away_and_does_not_count() {
    for sent in [bytes(), b"whole".to_vec(), Vec::new()] {
        for (told, counts) in [(None, true), (Some(""), true), (Some(OTHER_MD5), false)] {
            let (fake, storage) = google(told);
            let put = storage.put("a", &sent);
            assert_eq!(put.map_err(|e| e.kind), if counts { Ok(()) } else { Err(Kind::DamagedOnItsWay) }, "{told:?}");
            assert_eq!(count(&fake, "DELETE", ""), usize::from(!counts), "{told:?}");
        }
    }
}
