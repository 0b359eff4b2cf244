//! Sums that go with what is sent, so that a store itself refuses what arrives otherwise: then there is never anything of it to be seen.

use std::future::Future;
use std::sync::Arc;

use data_encoding::BASE64;
use http::{HeaderName, HeaderValue, Method, header, request};
use md5::{Digest, Md5};
use opendal::Buffer;
use reqsign_azure_storage::Credential;

use super::direct::Direct;
use super::fault::Fault;

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const GOOGLES: HeaderName = HeaderName::from_static("x-goog-hash");
/// Azure's, of an object that comes by one request. Of blocks it tells itself what it took, before they are seen.
const BLOB_TYPE: HeaderName = HeaderName::from_static("x-ms-blob-type");
/// How a request begins that is signed with an account's key.
const SIGNED: &[u8] = b"SharedKey ";

/// What goes with which requests, by the kind of store.
pub enum Claims {
    /// S3: with all that bring something, parts too; buckets whose objects are locked want it.
    All,
    /// Azure: with an object that comes by one request. An account's key signs that header too, so that it is signed anew, by what opens the
    /// container, where anything does.
    Objects(Option<Arc<Direct<Credential>>>),
    /// Google: with the last request of an object; the sum is that of all of it.
    Last,
    /// Nothing: it is no store that is asked.
    None,
}

tokio::task_local! {
    static WHOLE: String;
}

/// Ends an object with this MD5, in base64.
pub async fn of_whole<T>(md5: String, what: impl Future<Output = T>) -> T {
    WHOLE.scope(md5, what).await
}

impl Claims {
    /// Adds it to a request that is signed already.
    pub async fn add(&self, parts: &mut request::Parts, body: &Buffer) -> Result<(), Fault> {
        if parts.method != Method::PUT {
            return Ok(());
        }
        match self {
            Self::All if !body.is_empty() => {
                parts.headers.insert(CONTENT_MD5, value(&digest(body))?);
            }
            Self::Objects(container) if parts.headers.contains_key(BLOB_TYPE) => {
                let is_signed = parts.headers.get(header::AUTHORIZATION).is_some_and(|by| by.as_bytes().starts_with(SIGNED));
                parts.headers.insert(CONTENT_MD5, value(&digest(body))?);
                if let Some(container) = container.as_ref().filter(|_| is_signed) {
                    container.sign(parts).await?;
                }
            }
            Self::Last if !body.is_empty() && is_last(parts) => {
                if let Ok(md5) = WHOLE.try_with(|md5| format!("md5={md5}")) {
                    parts.headers.insert(GOOGLES, value(&md5)?);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether it says how long the object is in all: `bytes 0-9/10`, and not `bytes 0-9/*`.
fn is_last(parts: &request::Parts) -> bool {
    let range = parts.headers.get(header::CONTENT_RANGE).map(HeaderValue::as_bytes);
    range.is_some_and(|range| range.last().is_some_and(u8::is_ascii_digit))
}

/// In base64, as the headers have it.
fn digest(body: &Buffer) -> String {
    let mut md5 = Md5::new();
    for piece in body.clone() {
        md5.update(&piece);
    }
    BASE64.encode(&md5.finalize())
}

fn value(text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_str(text).map_err(|e| Fault::Strange(e.to_string()))
}
