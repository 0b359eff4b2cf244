//! A bucket of Google's: its retention policy, its versioning and its soft delete, as its JSON tells them.

use reqsign_google::Credential;
use serde_json::Value;

use super::{ask, days};
use crate::model::keeping::Keeping;
use crate::storage::object_store::direct::{Direct, path};

const FIELDS: &str = "fields=versioning,retentionPolicy,softDeletePolicy,defaultEventBasedHold";

pub async fn of(direct: &Direct<Credential>, bucket: &str) -> Option<Keeping> {
    read(&ask(direct, &format!("/storage/v1/b{}?{FIELDS}", path(bucket)), "").await?.body)
}

/// What lets nothing be deleted counts most, then what keeps it for ever.
fn read(told: &str) -> Option<Keeping> {
    let told: Value = serde_json::from_str(told).ok()?;
    // Of 64 bits, and so in quotes.
    let seconds = |path: &str| match told.pointer(path) {
        Some(Value::String(text)) => text.parse().ok(),
        Some(number) => number.as_u64(),
        None => None,
    };
    let is = |path: &str| told.pointer(path).and_then(Value::as_bool).unwrap_or(false);
    if let Some(days) = seconds("/retentionPolicy/retentionPeriod").and_then(days) {
        return Some(Keeping::Held { days: Some(days) });
    }
    if is("/defaultEventBasedHold") {
        return Some(Keeping::Held { days: None });
    }
    if is("/versioning/enabled") {
        return Some(Keeping::Versions);
    }
    seconds("/softDeletePolicy/retentionDurationSeconds").and_then(days).map(|days| Keeping::Soft { days })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bucket_says_of_itself_is_read() {
        let retention = r#""retentionPolicy":{"retentionPeriod":"2592000","isLocked":true}"#;
        let versioning = r#""versioning":{"enabled":true}"#;
        let soft = r#""softDeletePolicy":{"retentionDurationSeconds":"604800"}"#;
        for (said, meant) in [
            (retention.to_owned(), Some(Keeping::Held { days: Some(30) })),
            (format!("{soft},{versioning},{retention}"), Some(Keeping::Held { days: Some(30) })),
            (r#""retentionPolicy":{"retentionPeriod":1}"#.into(), Some(Keeping::Held { days: Some(1) })),
            (
                r#""retentionPolicy":{"retentionPeriod":"18446744073709551615"}"#.into(),
                Some(Keeping::Held { days: Some(u32::MAX) }),
            ),
            (r#""defaultEventBasedHold":true"#.into(), Some(Keeping::Held { days: None })),
            (format!("{soft},{versioning}"), Some(Keeping::Versions)),
            (soft.into(), Some(Keeping::Soft { days: 7 })),
            (r#""softDeletePolicy":{"retentionDurationSeconds":"0"},"versioning":{"enabled":false}"#.into(), None),
            (r#""retentionPolicy":{"retentionPeriod":"-1"}"#.into(), None),
            (r#""retentionPolicy":[]"#.into(), None),
            (String::new(), None),
        ] {
            assert_eq!(read(&format!("{{{said}}}")), meant, "{said}");
        }
        assert_eq!((read("<html>"), read(""), read("[]")), (None, None, None));
    }
}
