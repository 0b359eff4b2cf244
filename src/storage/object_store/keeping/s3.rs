//! A bucket of S3: its object lock and its versioning.

use super::ask;
use crate::model::keeping::Keeping;
use crate::storage::object_store::direct::Direct;
use crate::storage::object_store::fault::element;

const DAYS_OF_YEAR: u32 = 365;

pub async fn of(direct: &Direct) -> Option<Keeping> {
    match ask(direct, "?object-lock=", "").await.as_ref().and_then(|told| lock(&told.body)) {
        Some(lock) => Some(lock),
        None => ask(direct, "?versioning=", "").await.as_ref().and_then(|told| versions(&told.body)),
    }
}

/// With the time for which all that is written is locked.
fn lock(told: &str) -> Option<Keeping> {
    if element(told, "ObjectLockEnabled") != "Enabled" {
        return None;
    }
    let number = |name| element(told, name).parse::<u32>().ok().filter(|number| *number > 0);
    let years = || number("Years").map(|years| years.saturating_mul(DAYS_OF_YEAR));
    Some(Keeping::Locked { days: number("Days").or_else(years) })
}

fn versions(told: &str) -> Option<Keeping> {
    (element(told, "Status") == "Enabled").then_some(Keeping::Versions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bucket_says_of_itself_is_read() {
        let locked = |rule: &str| lock(&format!("<C><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</C>"));
        let rule = |span: &str| format!("<Rule><DefaultRetention><Mode>COMPLIANCE</Mode>{span}</DefaultRetention></Rule>");
        for (span, days) in [
            ("<Days>30</Days><Years>0</Years>", Some(30)),
            ("<Years>2</Years>", Some(730)),
            ("<Years>99999999</Years>", Some(u32::MAX)),
            ("<Days>-1</Days>", None),
        ] {
            assert_eq!(locked(&rule(span)), Some(Keeping::Locked { days }), "{span}");
        }
        assert_eq!(locked(""), Some(Keeping::Locked { days: None }));
        assert_eq!((lock("<html>"), lock("")), (None, None));
        assert_eq!(versions("<V><Status>Enabled</Status></V>"), Some(Keeping::Versions));
        for other in ["<V/>", "<V><Status>Suspended</Status></V>", "<Status>", ""] {
            assert_eq!(versions(other), None, "{other}");
        }
    }
}
