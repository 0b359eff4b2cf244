//! Uploads that died in an S3 bucket: nobody sees their parts, but somebody pays for them.

use std::sync::Arc;

use http::{HeaderMap, Method};
use jiff::Timestamp;
use opendal::Buffer;
use percent_encoding::utf8_percent_encode;

use super::body::Content;
use super::direct::{Direct, PLAIN, path};
use super::fault::{Fault, Refusal, element};
use crate::storage::Kind;

/// Of a thousand uploads each.
const MOST_PAGES: usize = 100;

pub struct Uploads(pub Arc<Direct>);

/// An upload that has not ended.
struct Begun {
    key: String,
    id: String,
    at: Option<Timestamp>,
}

impl Uploads {
    /// Ends those whose keys begin so, and have no `/` after it, that were begun before then; all without a time. A store that does not list them, or a
    /// key that may not, has none.
    pub async fn sweep(&self, within: &str, before: Option<Timestamp>) -> opendal::Result<usize> {
        let mut swept = 0;
        for _ in 0..MOST_PAGES {
            let query = format!("delimiter=%2F&prefix={}&uploads=", utf8_percent_encode(within, PLAIN));
            let list = match self.ask(Method::GET, &format!("?{query}")).await {
                Ok(list) => list,
                Err(e) if Fault::of(&e).is_some_and(|fault| matches!(fault.kind(), Kind::Denied | Kind::Other)) => break,
                Err(e) => return Err(e),
            };
            let is_old = |begun: &Begun| before.is_none_or(|before| begun.at.is_some_and(|at| at < before));
            let is_here = |begun: &Begun| begun.key.strip_prefix(within).is_some_and(|name| !name.contains('/'));
            let old: Vec<Begun> = parse(&list).into_iter().filter(|begun| is_here(begun) && is_old(begun)).collect();
            for begun in &old {
                let id = utf8_percent_encode(&begun.id, PLAIN);
                self.ask(Method::DELETE, &format!("{}?uploadId={id}", path(&begun.key))).await?;
                swept += 1;
            }
            // What was ended makes room for the next page.
            if old.is_empty() || element(&list, "IsTruncated") != "true" {
                break;
            }
        }
        Ok(swept)
    }

    async fn ask(&self, method: Method, rest: &str) -> opendal::Result<String> {
        let nothing = Content::Memory(Buffer::new());
        let answer = self.0.ask(method, rest, HeaderMap::new(), &nothing).await.map_err(Fault::into_error)?;
        // One that has ended meanwhile is no error.
        if answer.status.is_success() || answer.status == http::StatusCode::NOT_FOUND {
            return Ok(String::from_utf8_lossy(&answer.body).into_owned());
        }
        Err(Fault::Refused(Refusal::read(answer.status.as_u16(), &answer.headers, &answer.body)).into_error())
    }
}

fn parse(list: &str) -> Vec<Begun> {
    let uploads = list.split("<Upload>").skip(1).map(|upload| upload.split("</Upload>").next().unwrap_or_default());
    let read = |upload: &str| Begun {
        key: plain(&element(upload, "Key")),
        id: plain(&element(upload, "UploadId")),
        at: element(upload, "Initiated").parse().ok(),
    };
    uploads.map(read).filter(|begun| !begun.key.is_empty() && !begun.id.is_empty()).collect()
}

/// Without XML's own spelling of the signs that it needs.
fn plain(text: &str) -> String {
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    signs.iter().fold(text.to_owned(), |text, (written, sign)| text.replace(written, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_are_read_from_a_list() {
        let list = "<R><Upload><Key>a &amp;amp; b</Key><UploadId>1</UploadId><Initiated>2026-11-21T20:00:00.000Z</Initiated></Upload>\
                    <Upload><Key>c</Key></Upload><Upload><Key>d</Key><UploadId>2</UploadId><Initiated>soon</Initiated></Upload>";
        let read: Vec<_> = parse(list).into_iter().map(|begun| (begun.key, begun.id, begun.at.is_some())).collect();
        assert_eq!(read, [("a &amp; b".into(), "1".into(), true), ("d".into(), "2".into(), false)]);
        for odd in ["", "<Upload>", "<Upload><Key>", "</Upload><Upload></Upload>"] {
            assert_eq!(parse(odd).len(), 0, "{odd}");
        }
    }
}
