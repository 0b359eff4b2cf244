//! A container of Azure's: whether a policy or a hold lets nothing be deleted, whether it keeps versions, and its soft delete.

use http::HeaderMap;
use reqsign_azure_storage::Credential;

use super::ask;
use crate::model::keeping::Keeping;
use crate::storage::object_store::direct::{Direct, path};
use crate::storage::object_store::fault::element;

/// The language that is spoken.
const VERSION: &str = "2022-11-02";

/// Each is asked for by itself: a key may open one and not the other.
pub async fn of(direct: &Direct<Credential>, container: &str) -> Option<Keeping> {
    let container = path(container);
    let held = ask(direct, &format!("{container}?restype=container"), VERSION).await;
    if held.is_some_and(|told| is_held(&told.headers)) {
        return Some(Keeping::Held { days: None });
    }
    // That an account keeps versions, only what lies there tells.
    let versions = format!("{container}?restype=container&comp=list&include=versions&maxresults=1");
    if ask(direct, &versions, VERSION).await.is_some_and(|told| has_versions(&told.body)) {
        return Some(Keeping::Versions);
    }
    soft(&ask(direct, "/?restype=service&comp=properties", VERSION).await?.body)
}

fn is_held(headers: &HeaderMap) -> bool {
    let is = |name: &str| headers.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    is("x-ms-has-immutability-policy") || is("x-ms-has-legal-hold")
}

fn has_versions(list: &str) -> bool {
    !element(list, "VersionId").is_empty()
}

fn soft(properties: &str) -> Option<Keeping> {
    let policy = properties.split_once("<DeleteRetentionPolicy>")?.1.split("</DeleteRetentionPolicy>").next()?;
    let days = element(policy, "Days").parse().ok().filter(|days| *days > 0)?;
    (element(policy, "Enabled") == "true").then_some(Keeping::Soft { days })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_a_container_says_of_itself_is_read() {
        let held = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            is_held(&headers)
        };
        assert!(held("x-ms-has-immutability-policy", "true") && held("x-ms-has-legal-hold", "True"));
        assert!(!held("x-ms-has-immutability-policy", "false") && !held("x-ms-other", "true"));
        let list = |blob: &str| has_versions(&format!("<EnumerationResults><Blobs>{blob}</Blobs></EnumerationResults>"));
        assert!(list("<Blob><Name>a</Name><VersionId>2026-11-20T18:00:00.0000000Z</VersionId></Blob>"));
        assert!(!list("<Blob><Name>a</Name></Blob>") && !list("<Blob><VersionId></VersionId></Blob>") && !list(""));
        let properties = |policy: &str| {
            let others = "<HourMetrics><RetentionPolicy><Enabled>true</Enabled><Days>3</Days></RetentionPolicy></HourMetrics>";
            soft(&format!("<S>{others}<DeleteRetentionPolicy>{policy}</DeleteRetentionPolicy></S>"))
        };
        assert_eq!(properties("<Enabled>true</Enabled><Days>7</Days>"), Some(Keeping::Soft { days: 7 }));
        for other in
            ["<Enabled>false</Enabled>", "<Enabled>false</Enabled><Days>7</Days>", "<Enabled>true</Enabled><Days>0</Days>", ""]
        {
            assert_eq!(properties(other), None, "{other}");
        }
        assert_eq!(soft("<html>"), None);
    }
}
