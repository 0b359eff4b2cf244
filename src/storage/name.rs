//! Names of objects and folders at a destination.

use std::io;

use jiff::Timestamp;

use super::{Error, Kind};

/// Begins the names of unfinished uploads.
pub const TEMPORARY: &str = ".tmp-";

const LONGEST_COMPONENT: usize = 255;
/// Of all components.
pub const LONGEST: usize = 4000;

/// Checks a name: relative, components split by `/`, none of them empty, `.` or `..`, none that only uploads may have.
pub fn check(name: &str) -> Result<(), Error> {
    let fits = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.len() <= LONGEST_COMPONENT
            && !part.starts_with(TEMPORARY)
            && !part.bytes().any(|b| b == 0)
    };
    if name.len() <= LONGEST && name.split('/').all(fits) {
        Ok(())
    } else {
        Err(Error::new(Kind::InvalidName, name, "not a name that an object can have"))
    }
}

/// Whether what a server names in a folder can be ours, or what an upload has left there: nothing that leads elsewhere.
pub fn is_child(name: &str) -> bool {
    name.len() <= LONGEST_COMPONENT && !name.contains('/') && (name.starts_with(TEMPORARY) || check(name).is_ok())
}

/// Folder (empty: the root) and last component.
pub fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

/// Of a child of a folder (empty: the root).
pub fn join(folder: &str, child: &str) -> String {
    if folder.is_empty() { child.into() } else { format!("{folder}/{child}") }
}

/// Whether it is what an upload that died has left, if last written before then; without a time any is.
pub fn is_left(child: &str, modified: Option<Timestamp>, before: Option<Timestamp>) -> bool {
    child.starts_with(TEMPORARY) && before.is_none_or(|before| modified.is_some_and(|at| at < before))
}

/// A name beside it for an upload that is not finished, which nobody else has.
pub fn temporary(name: &str) -> Result<String, Error> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|e| Error { kind: Kind::Other, context: name.into(), source: io::Error::other(e) })?;
    let last = format!("{TEMPORARY}{}", data_encoding::HEXLOWER.encode(&random));
    Ok(join(split(name).0, &last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_below_the_root() {
        for good in ["a", "a/b", "data/20261121T200000Z-full-5f3a9c2e/v0001.tar.zst", "...", "ä ö", ".hidden"] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "x".repeat(256);
        let deep = "d/".repeat(2100) + "x";
        for bad in ["", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\0b", ".tmp-1", "a/.tmp-1", &long, &deep] {
            assert_eq!(check(bad).unwrap_err().kind, Kind::InvalidName, "{bad}");
        }
        assert!(["a", "...", ".tmp-", ".tmp-1"].into_iter().all(is_child));
        let temporary = format!("{TEMPORARY}{long}");
        assert!(!["", ".", "..", "a/b", ".tmp-/../a", "a\0b", &long, &temporary].into_iter().any(is_child));
        assert_eq!(split("a/b/c"), ("a/b", "c"));
        assert_eq!(split("c"), ("", "c"));
    }
}
