//! Access lists of Windows as text: `D:PAI(A;OICI;FA;;;SY)…`, see
//! <https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format>.

/// The list of a folder for `owner` (`S-1-…`), the system and administrators, who may enter everywhere: protected from what the
/// folder above would add; full access, inherited by files and folders.
pub(in crate::os) fn for_owner_alone(owner: &str) -> String {
    format!("O:{owner}D:P(A;OICI;GA;;;{owner})(A;OICI;GA;;;SY)(A;OICI;GA;;;BA)")
}

/// Whether a list lets in nobody but these three. `false` where that cannot be told.
pub(in crate::os) fn is_for_owner_alone(list: &str, owner: &str) -> bool {
    // Without any entry there is either no list, which lets everybody in, or one that lets in nobody.
    let Some((_, entries)) = list.split_once('(') else { return false };
    entries.split('(').all(|entry| {
        let fields: Vec<&str> = entry.trim_end_matches(')').split(';').collect();
        matches!(fields.as_slice(), ["A" | "D", _, _, _, _, who] if *who == owner || matches!(*who, "SY" | "BA"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_seen() {
        let us = "S-1-5-21-1-2-3-1001";
        for closed in [
            for_owner_alone(us).as_str(),
            "D:(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;S-1-5-21-1-2-3-1001)",
            "D:PAI(A;OICI;FA;;;S-1-5-21-1-2-3-1001)",
        ] {
            assert!(is_for_owner_alone(closed, us), "{closed}");
        }
        for open in [
            "D:(A;OICIID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)",
            "D:(A;;FA;;;S-1-5-21-1-2-3-1002)",
            "D:NO_ACCESS_CONTROL",
            "D:P",
            "",
            "D:(XA;;FX;;;S-1-5-21-1-2-3-1001;(@User.x==1))",
        ] {
            assert!(!is_for_owner_alone(open, us), "{open}");
        }
    }
}
