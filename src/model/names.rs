//! Names of files, and the one form that catalogs have of absolute paths.
//!
//! On Windows a catalog path begins with the drive (`C:/Users/…`) or, of a share, as Windows itself
//! has it (`UNC/server/share/…`); one from another system means a folder at the top of the current drive.

use std::path::Path;

use super::path::PathBytes;

/// Whether a name is one component that names something in a folder: not empty, `.`, `..`, and without `/` and NUL.
pub fn is_component(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.contains(&b'/') && !name.contains(&0)
}

/// Whether Windows would take a name for exactly this one: others it refuses, shortens, or takes for devices or streams of files
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
pub fn windows_takes(name: &[u8]) -> bool {
    const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    let odd = |b: &u8| *b < 32 || b"<>:\"/\\|?*".contains(b);
    if !is_component(name) || name.iter().any(odd) || name.ends_with(b".") || name.ends_with(b" ") {
        return false;
    }
    let Some(units) = super::path::to_wide(name) else { return false };
    if units.len() > 255 {
        return false;
    }
    let stem = String::from_utf8_lossy(name.split(|b| *b == b'.').next().unwrap_or(name)).trim_end().to_lowercase();
    let numbered = ["com", "lpt"].iter().find_map(|port| stem.strip_prefix(port));
    let is_port = numbered.is_some_and(|n| ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"].contains(&n));
    !is_port && !DEVICES.contains(&stem.as_str())
}

/// How an absolute path begins here, for people.
pub const BEGINS: &str = if cfg!(windows) { "C:\\" } else { "/" };

/// Whether what a person typed says by itself where it is.
pub fn is_absolute(typed: &str) -> bool {
    Path::new(typed.trim()).is_absolute()
}

/// A path as people know it: catalogs leave out how it begins (on Unix the leading `/`), warnings do not.
pub fn shown(path: &PathBytes) -> String {
    shown_text(&path.display())
}

/// The same of a path that has become text already.
pub fn shown_text(path: &str) -> String {
    if is_absolute(path) { path.into() } else { system_path(path.as_bytes()).display().into_owned() }
}

/// Text with names in it on one line: names may hold anything, and what could break the line, move a terminal's cursor or recolour it
/// is shown as `\u{fffd}`.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;

/// The components of an absolute path joined by `/`; `None` where one of them climbs.
fn joined<'a>(components: impl Iterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut clean = Vec::new();
    for component in components.filter(|c| !c.is_empty() && *c != b".") {
        if component == b".." || component.contains(&0) {
            return None;
        }
        if !clean.is_empty() {
            clean.push(b'/');
        }
        clean.extend_from_slice(component);
    }
    Some(clean)
}

#[cfg(unix)]
mod unix {
    use crate::model::path::PathBytes;

    /// The catalog path of an absolute path, in its one form; `None` for one that is not absolute or climbs by `..`.
    pub fn catalog_path(system: &[u8]) -> Option<Vec<u8>> {
        system.starts_with(b"/").then(|| super::joined(system.split(|b| *b == b'/'))).flatten()
    }

    /// The absolute path that a catalog path stands for.
    pub fn system_path(catalog: &[u8]) -> PathBytes {
        let mut bytes = Vec::with_capacity(catalog.len() + 1);
        bytes.push(b'/');
        bytes.extend_from_slice(catalog);
        PathBytes::new(bytes)
    }

    /// How many bytes of a catalog path are the folder that it lies in, without the slash after it; `None` for a top folder, which
    /// lies in none.
    pub fn parent_length(catalog: &[u8]) -> Option<usize> {
        (!catalog.is_empty()).then(|| catalog.iter().rposition(|b| *b == b'/').unwrap_or(0))
    }
}

#[cfg(windows)]
mod windows {
    pub fn catalog_path(system: &[u8]) -> Option<Vec<u8>> {
        super::windows_catalog_path(system)
    }

    pub fn system_path(catalog: &[u8]) -> crate::model::path::PathBytes {
        crate::model::path::PathBytes::new(super::windows_system_path(catalog))
    }

    pub fn parent_length(catalog: &[u8]) -> Option<usize> {
        super::windows_parent_length(catalog)
    }
}

/// The name of a folder that stands for the beginning of a catalog path: Windows has none that is called like a drive.
pub fn folder_name(first: &[u8]) -> &[u8] {
    if cfg!(windows) { windows_folder_name(first) } else { first }
}

fn windows_folder_name(first: &[u8]) -> &[u8] {
    if is_drive(first) { first.strip_suffix(b":").unwrap_or(first) } else { first }
}

fn is_drive(component: &[u8]) -> bool {
    matches!(component, [letter, b':'] if letter.is_ascii_alphabetic())
}

/// [`catalog_path`] as Windows has it: of `C:\a\b`, `\\server\share\a` and both with `\\?\` before them. Slashes may be of either kind.
#[cfg(any(windows, test))]
fn windows_catalog_path(system: &[u8]) -> Option<Vec<u8>> {
    let mut path: Vec<u8> = system.iter().map(|b| if *b == b'\\' { b'/' } else { *b }).collect();
    let mut share = false;
    if path.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"//?/UNC/")) {
        path.drain(..8);
        share = true;
    } else if path.starts_with(b"//?/") {
        path.drain(..4);
    } else if path.starts_with(b"//") {
        path.drain(..2);
        share = true;
    }
    let mut clean = joined(path.split(|b| *b == b'/'))?;
    let first = clean.split(|b| *b == b'/').next().unwrap_or_default();
    if share {
        // Server and share.
        let is_share = clean.contains(&b'/') && first != b"?" && !first.contains(&b':');
        return is_share.then(|| [SHARE, clean.as_slice()].concat());
    }
    // `C:a` is relative to the current folder of that drive.
    let is_absolute = is_drive(first) && path.get(2) == Some(&b'/') || is_drive(&path);
    if !is_absolute {
        return None;
    }
    if let Some(letter) = clean.first_mut() {
        letter.make_ascii_uppercase();
    }
    Some(clean)
}

/// How catalog paths of shares begin.
#[cfg(any(windows, test))]
const SHARE: &[u8] = b"UNC/";

#[cfg(any(windows, test))]
fn windows_system_path(catalog: &[u8]) -> Vec<u8> {
    if is_drive(catalog) {
        return [catalog, b"/"].concat();
    }
    if matches!(catalog, [letter, b':', b'/', ..] if letter.is_ascii_alphabetic()) {
        return catalog.to_vec();
    }
    match catalog.strip_prefix(SHARE) {
        Some(share) if share.contains(&b'/') => [b"//", share].concat(),
        _ => [b"/", catalog].concat(),
    }
}

#[cfg(any(windows, test))]
fn windows_parent_length(catalog: &[u8]) -> Option<usize> {
    let share = catalog.strip_prefix(SHARE).filter(|share| share.contains(&b'/'));
    let is_top = match share {
        Some(share) => share.iter().filter(|b| **b == b'/').count() == 1,
        None => catalog.is_empty() || is_drive(catalog),
    };
    (!is_top).then(|| catalog.iter().rposition(|b| *b == b'/').unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_would_change_are_known() {
        let bad = [
            "", ".", "..", "a:b", "a\\b", "a/b", "a?", "a*", "a.", "a ", "con", "NUL", "Aux.txt", "com1", "LPT9.x", "COM²", "a\n",
        ];
        for name in bad {
            assert!(!windows_takes(name.as_bytes()), "{name:?}");
        }
        for name in ["a", ".a", "a.b", "console", "com", "com10", "nul-", "ä€😀", "a b", "..a"] {
            assert!(windows_takes(name.as_bytes()), "{name:?}");
        }
        assert!(!windows_takes(b"\xff") && windows_takes(b"\xed\xa0\xbd"));
        assert!(!windows_takes("ä".repeat(256).as_bytes()) && windows_takes("ä".repeat(255).as_bytes()));
    }

    #[test]
    fn a_drive_becomes_a_folder() {
        for (first, name) in [("C:", "C"), ("C", "C"), ("CC:", "CC:"), (":", ":"), ("UNC", "UNC")] {
            assert_eq!(windows_folder_name(first.as_bytes()), name.as_bytes());
        }
    }

    #[test]
    fn paths_of_windows_have_one_form() {
        let cases = [
            (r"C:\Users\u", "C:/Users/u", "C:/Users/u"),
            (r"c:/Users//u/.\x\", "C:/Users/u/x", "C:/Users/u/x"),
            (r"C:\", "C:", "C:/"),
            (r"\\?\C:\a", "C:/a", "C:/a"),
            (r"\\server\share", "UNC/server/share", "//server/share"),
            (r"\\?\UNC\server\share\a", "UNC/server/share/a", "//server/share/a"),
        ];
        for (given, catalog, system) in cases {
            assert_eq!(windows_catalog_path(given.as_bytes()).as_deref(), Some(catalog.as_bytes()), "{given}");
            assert_eq!(windows_system_path(catalog.as_bytes()), system.as_bytes());
        }
        for given in ["", "a", r"\a", "C:a", r"C:\a\..\b", r"\\server", r"\\.\C:\a", r"\\?\Volume{1}\a"] {
            assert_eq!(windows_catalog_path(given.as_bytes()), None, "{given}");
        }
        for (catalog, system) in [("", "/"), ("home/u", "/home/u"), ("UNC/x", "/UNC/x"), ("C:x/a", "/C:x/a")] {
            assert_eq!(windows_system_path(catalog.as_bytes()), system.as_bytes());
        }
        let parents = [
            ("", None),
            ("C:", None),
            ("C:/a", Some(2)),
            ("C:/a/b", Some(4)),
            ("UNC/s/h", None),
            ("UNC/s/h/a", Some(7)),
            ("home", Some(0)),
            ("home/u", Some(4)),
        ];
        for (path, length) in parents {
            assert_eq!(windows_parent_length(path.as_bytes()), length, "{path}");
        }
    }
}
