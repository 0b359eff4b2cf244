//! Names under which things are restored.

pub use crate::model::names::is_component as is_safe;

/// Longest name that file systems take, in bytes.
const NAME_MAX: usize = 255;

/// Whether every component of a path is safe.
pub fn is_safe_path(path: &[u8]) -> bool {
    path.split(|b| *b == b'/').all(is_safe)
}

/// The name beside an existing one: `report (restored 2026-11-21).odt`, then with `2`, `3` … after the date.
pub fn beside(name: &[u8], date: &str, n: u32) -> Vec<u8> {
    let mark = if n < 2 { format!(" (restored {date})") } else { format!(" (restored {date} {n})") };
    insert(name, mark.as_bytes())
}

/// `name`, then `name (2)` … for sources whose last names are equal.
pub fn numbered(name: &[u8], n: u32) -> Vec<u8> {
    if n < 2 { name.to_vec() } else { insert(name, format!(" ({n})").as_bytes()) }
}

/// Puts `mark` before the extension; shortens the stem where the name would get too long.
fn insert(name: &[u8], mark: &[u8]) -> Vec<u8> {
    // An extension: what follows the last dot, unless the dot begins the name or what follows is long or holds spaces.
    let dot = name.iter().rposition(|b| *b == b'.').filter(|at| *at > 0 && name.len() - at <= 16 && !name[*at..].contains(&b' '));
    let (stem, extension) = name.split_at(dot.unwrap_or(name.len()));
    let mut keep = stem.len().min(NAME_MAX.saturating_sub(mark.len() + extension.len()));
    // Not in the middle of a UTF-8 character.
    while keep > 0 && keep < stem.len() && stem[keep] & 0xC0 == 0x80 {
        keep -= 1;
    }
    [&stem[..keep], mark, extension].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_safe() {
        for bad in [&b""[..], b".", b"..", b"a/b", b"a\0b"] {
            assert!(!is_safe(bad), "{bad:?}");
        }
        for good in [&b"a"[..], b"...", b"..a", b"\xff", b" "] {
            assert!(is_safe(good), "{good:?}");
        }
        for bad in [&b"/a"[..], b"a//b", b"a/../b", b"a/", b""] {
            assert!(!is_safe_path(bad), "{bad:?}");
        }
    }

    #[test]
    fn names_beside_keep_their_extension() {
        let cases: [(&[u8], u32, &[u8]); 5] = [
            (b"report.odt", 1, b"report (restored 2026-11-21).odt"),
            (b"report.odt", 2, b"report (restored 2026-11-21 2).odt"),
            (b".bashrc", 1, b".bashrc (restored 2026-11-21)"),
            (b"Mr. Smith goes", 1, b"Mr. Smith goes (restored 2026-11-21)"),
            (b"\xff.x", 3, b"\xff (restored 2026-11-21 3).x"),
        ];
        for (name, n, wanted) in cases {
            assert_eq!(beside(name, "2026-11-21", n), wanted);
        }
        let long = beside("ä".repeat(127).as_bytes(), "2026-11-21", 1);
        assert!(long.len() <= NAME_MAX && std::str::from_utf8(&long).is_ok());
        assert_eq!(numbered(b"Documents", 1), b"Documents");
        assert_eq!(numbered(b"Documents", 2), b"Documents (2)");
    }
}
