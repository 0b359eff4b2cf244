//! Whether a bucket keeps what is deleted, or lets nothing be deleted yet: cleaning up then frees no room, or only later.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use opendal::Buffer;
use reqsign_core::SigningCredential;

use super::body::Content;
use super::direct::Direct;
use crate::model::keeping::Keeping;

mod azure;
mod google;
mod s3;

/// For all answers: it is only good to know.
const PATIENCE: Duration = Duration::from_secs(20);
const SECONDS_OF_DAY: u64 = 24 * 60 * 60;

/// A bucket that can be asked.
pub enum Asked {
    S3(Arc<Direct>),
    Google(Direct<reqsign_google::Credential>, String),
    Azure(Arc<Direct<reqsign_azure_storage::Credential>>, String),
}

/// What it said.
struct Told {
    headers: HeaderMap,
    body: String,
}

impl Asked {
    /// `None` also where the store does not know such a thing, or does not tell it to this key.
    pub async fn keeping(&self) -> Option<Keeping> {
        let asked = async {
            match self {
                Self::S3(direct) => s3::of(direct).await,
                Self::Google(direct, bucket) => google::of(direct, bucket).await,
                Self::Azure(direct, container) => azure::of(direct, container).await,
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
    }
}

/// `version`: of the service's language, where it wants to be told that.
async fn ask<C: SigningCredential>(direct: &Direct<C>, rest: &str, version: &'static str) -> Option<Told> {
    let mut headers = HeaderMap::new();
    if !version.is_empty() {
        headers.insert(HeaderName::from_static("x-ms-version"), HeaderValue::from_static(version));
    }
    let answer = direct.ask(Method::GET, rest, headers, &Content::Memory(Buffer::new())).await.ok()?;
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    answer.status.is_success().then_some(Told { headers: answer.headers, body })
}

/// Whole days of a span, the last one too; `None` for none.
fn days(seconds: u64) -> Option<u32> {
    Some(u32::try_from(seconds.div_ceil(SECONDS_OF_DAY)).unwrap_or(u32::MAX)).filter(|days| *days > 0)
}
