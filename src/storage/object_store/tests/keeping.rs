//! What buckets of Google's and containers of Azure's say of what they keep, by servers that are made up: the emulators know none of it.

use super::*;

const KEY: &str = "a2V5";

/// A container that answers so where it is asked for itself, for its versions and for its account.
fn container(itself: Vec<u8>, versions: Vec<u8>, account: Vec<u8>) -> (Fake, ObjectStore) {
    let fake = Fake::start(move |asked, _| {
        let is = |part: &str| asked.target.contains(part);
        assert!(asked.header("authorization").starts_with("SharedKey account:"), "{asked:?}");
        if is("comp=properties") {
            account.clone()
        } else if is("include=versions") {
            versions.clone()
        } else if is("comp=list") {
            answer("200 OK", "", b"<EnumerationResults><Blobs></Blobs><NextMarker/></EnumerationResults>")
        } else {
            itself.clone()
        }
    });
    let storage = at(&format!("az://account/{BUCKET}/x?endpoint=http://127.0.0.1:{}", fake.port), KEY).unwrap();
    (fake, storage)
}

#[test]
fn a_container_that_keeps_what_is_deleted_is_known() {
    let ok = |headers: &str, body: &str| answer("200 OK", headers, body.as_bytes());
    let no = || answer("403 Forbidden", "", b"<Error><Code>AuthorizationPermissionMismatch</Code></Error>");
    let held = "x-ms-has-immutability-policy: true\r\nx-ms-has-legal-hold: false\r\n";
    let free = "x-ms-has-immutability-policy: false\r\nx-ms-has-legal-hold: false\r\n";
    let versions =
        "<EnumerationResults><Blobs><Blob><Name>a</Name><VersionId>2026</VersionId></Blob></Blobs></EnumerationResults>";
    let none = "<EnumerationResults><Blobs></Blobs></EnumerationResults>";
    let soft = "<P><DeleteRetentionPolicy><Enabled>true</Enabled><Days>7</Days></DeleteRetentionPolicy></P>";
    for (itself, listed, account, meant) in [
        (ok(held, ""), ok("", versions), ok("", soft), Some(Keeping::Held { days: None })),
        (ok(free, ""), ok("", versions), ok("", soft), Some(Keeping::Versions)),
        (ok(free, ""), ok("", none), ok("", soft), Some(Keeping::Soft { days: 7 })),
        (ok(free, ""), ok("", none), ok("", "<P/>"), None),
        // A key that may not ask for the one may ask for the other.
        (no(), ok("", versions), no(), Some(Keeping::Versions)),
        (no(), no(), ok("", soft), Some(Keeping::Soft { days: 7 })),
        (no(), no(), no(), None),
        (ok("", "<html>"), answer("400 Bad Request", "", b""), answer("501 Not Implemented", "", b""), None),
    ] {
        let (fake, storage) = container(itself, listed, account);
        assert_eq!(storage.keeping(), meant, "{:?}", fake.asked().iter().map(|asked| &asked.target).collect::<Vec<_>>());
    }
    let emulator = World::new(stores::Kind::Azurite);
    assert_eq!(emulator.open("").keeping(), None);
}

#[test]
fn a_bucket_of_googles_that_keeps_what_is_deleted_is_known() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("proof"), "proof").unwrap();
    let retention = r#"{"retentionPolicy":{"retentionPeriod":"2592000"}}"#;
    for (said, meant) in [
        (answer("200 OK", "", retention.as_bytes()), Some(Keeping::Held { days: Some(30) })),
        (answer("200 OK", "", br#"{"versioning":{"enabled":true}}"#), Some(Keeping::Versions)),
        (answer("200 OK", "", br#"{"softDeletePolicy":{"retentionDurationSeconds":"604800"}}"#), Some(Keeping::Soft { days: 7 })),
        (answer("200 OK", "", b"{}"), None),
        (answer("403 Forbidden", "", br#"{"error":{"code":403,"message":"no storage.buckets.get access"}}"#), None),
        (answer("404 Not Found", "", b""), None),
    ] {
        let fake = Fake::start(move |asked, _| {
            let json = |body: &[u8]| answer("200 OK", "Content-Type: application/json\r\n", body);
            match asked.target.split_once('?').map_or(&*asked.target, |(path, _)| path) {
                "/token" => json(br#"{"access_token":"token","token_type":"Bearer","expires_in":3600}"#),
                _ if asked.header("authorization") != "Bearer token" => answer("401 Unauthorized", "", b"{}"),
                path if path == format!("/storage/v1/b/{BUCKET}") => said.clone(),
                _ => json(br#"{"kind":"storage#objects"}"#),
            }
        });
        let account = serde_json::json!({
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/here",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": format!("http://127.0.0.1:{}/token", fake.port),
            "credential_source": { "file": dir.path().join("proof"), "format": { "type": "text" } },
        });
        let address = format!("gs://{BUCKET}/x?endpoint=http://127.0.0.1:{}", fake.port);
        assert_eq!(at(&address, account.to_string().leak()).unwrap().keeping(), meant);
    }
}
