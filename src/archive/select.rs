//! Which entries of a version are meant: paths that are wanted and paths below them that are not. The longest rule that covers an
//! entry decides, as in a tree of checkboxes.

use std::collections::HashMap;

use super::catalog_io::CatalogReader;
use super::{Error, Result};
use crate::model::catalog::{Entry, EntryKind};
use crate::model::path::{PathBytes, compare_components};
use crate::model::run::Cancel;

/// A choice of entries by path.
pub struct Selection {
    rules: HashMap<Vec<u8>, bool>,
    /// The rules' paths in catalog order.
    sorted: Vec<PathBytes>,
    /// What holds where no rule covers a path.
    otherwise: bool,
}

impl Selection {
    /// `paths`: what is wanted, empty for everything; `except`: what is not wanted after all. Slashes at the ends do not matter.
    pub fn new(paths: &[PathBytes], except: &[PathBytes]) -> Self {
        let wanted = paths.iter().map(|path| (path, true));
        let rules: HashMap<Vec<u8>, bool> = wanted
            .chain(except.iter().map(|path| (path, false)))
            .map(|(path, takes)| (trim(path.as_bytes()).to_vec(), takes))
            .collect();
        let mut sorted: Vec<PathBytes> = rules.keys().map(|path| PathBytes::new(path.as_slice())).collect();
        sorted.sort();
        Self { rules, sorted, otherwise: paths.is_empty() }
    }

    /// Whether there is no rule that leaves anything out.
    pub fn is_everything(&self) -> bool {
        self.otherwise && self.rules.values().all(|takes| *takes)
    }

    pub fn takes(&self, path: &[u8]) -> bool {
        if self.rules.is_empty() {
            return self.otherwise;
        }
        ancestors(path).find_map(|ancestor| self.rules.get(ancestor).copied()).unwrap_or(self.otherwise)
    }

    /// Whether anything at or below `folder` may be taken.
    pub fn touches(&self, folder: &[u8]) -> bool {
        self.takes(folder) || self.rules.iter().any(|(path, takes)| *takes && within(path, folder))
    }

    /// The one answer for all paths from `first` up to but without `next` (`None`: to the end), in catalog order; `None` where
    /// it may differ among them.
    pub fn uniform(&self, first: &[u8], next: Option<&[u8]>) -> Option<bool> {
        if self.rules.is_empty() {
            return Some(self.otherwise);
        }
        let before = |bound: &[u8]| self.sorted.partition_point(|rule| compare_components(rule.as_bytes(), bound).is_lt());
        let (from, to) = (before(first), next.map_or(self.sorted.len(), before));
        let covers_all = |rule: &[u8]| rule.is_empty() || next.is_some_and(|next| within(next, rule));
        let begins_inside = self.sorted.get(from..to).unwrap_or_default().iter().any(|rule| {
            // A rule that begins with the range and goes on past it does not divide it.
            rule.as_bytes() != first || !covers_all(rule.as_bytes())
        });
        let ends_inside = ancestors(first).any(|ancestor| self.rules.contains_key(ancestor) && !covers_all(ancestor));
        (!begins_inside && !ends_inside).then(|| self.takes(first))
    }

    /// The one answer for a whole segment of a catalog.
    pub fn segment(&self, catalog: &CatalogReader, number: usize) -> Option<bool> {
        let segments = &catalog.index.segments;
        let first = segments.get(number)?.first.as_bytes();
        self.uniform(first, segments.get(number + 1).map(|next| next.first.as_bytes()))
    }

    /// Regular files and their bytes among the chosen entries. Reads only segments that the rules divide; those that are damaged
    /// are left out.
    pub fn sum(&self, catalog: &CatalogReader, cancel: &Cancel) -> Result<(u64, u64)> {
        let (mut files, mut bytes) = (0u64, 0u64);
        for (number, segment) in catalog.index.segments.iter().enumerate() {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            match self.segment(catalog, number) {
                Some(false) => {}
                Some(true) => {
                    files = files.saturating_add(segment.files);
                    bytes = bytes.saturating_add(segment.bytes);
                }
                None => {
                    let entries = match catalog.segment(number) {
                        Err(Error::Damaged { .. } | Error::Missing { .. }) => continue,
                        entries => entries?,
                    };
                    for entry in entries.iter().filter(|entry| entry.kind == EntryKind::File && self.takes(entry.path.as_bytes()))
                    {
                        files += 1;
                        bytes = bytes.saturating_add(entry.size);
                    }
                }
            }
        }
        Ok((files, bytes))
    }
}

/// `NoSuchPath` for the first of `paths` that the version neither holds nor holds anything below.
pub fn check_present(catalog: &CatalogReader, paths: &[PathBytes]) -> Result<()> {
    let mut sorted: Vec<PathBytes> = paths.iter().map(|path| PathBytes::new(trim(path.as_bytes()))).collect();
    sorted.sort();
    let mut loaded: Option<(usize, Vec<Entry>)> = None;
    for path in sorted {
        let number = segment_of(catalog, path.as_bytes());
        let next = catalog.index.segments.get(number + 1).map(|next| &next.first);
        if next.is_some_and(|first| first.is_within(path.as_bytes())) {
            continue;
        }
        if loaded.as_ref().is_none_or(|(at, _)| *at != number) && number < catalog.index.segments.len() {
            match catalog.segment(number) {
                Ok(entries) => loaded = Some((number, entries)),
                // What a damaged segment held cannot be denied.
                Err(Error::Damaged { .. } | Error::Missing { .. }) => continue,
                Err(e) => return Err(e),
            }
        }
        let entries = loaded.as_ref().map_or(&[][..], |(_, entries)| entries);
        let at = entries.partition_point(|entry| entry.path < path);
        if !entries.get(at).is_some_and(|entry| entry.path.is_within(path.as_bytes())) {
            return Err(Error::NoSuchPath(path.display().into_owned()));
        }
    }
    Ok(())
}

/// Number of the segment that holds `path`, if any does.
pub fn segment_of(catalog: &CatalogReader, path: &[u8]) -> usize {
    let segments = &catalog.index.segments;
    segments.partition_point(|segment| compare_components(segment.first.as_bytes(), path).is_le()).saturating_sub(1)
}

/// Without slashes at both ends.
pub fn trim(path: &[u8]) -> &[u8] {
    let start = path.iter().position(|b| *b != b'/').unwrap_or(path.len());
    let end = path.iter().rposition(|b| *b != b'/').map_or(start, |at| at + 1);
    path.get(start..end).unwrap_or_default()
}

/// Whether `path` is `folder` or lies below it; see [`PathBytes::is_within`].
pub fn within(path: &[u8], folder: &[u8]) -> bool {
    match path.strip_prefix(folder) {
        Some(rest) => folder.is_empty() || rest.is_empty() || rest.starts_with(b"/"),
        None => false,
    }
}

/// Whether `path` lies in `folder` itself, not deeper.
pub fn is_child(folder: &[u8], path: &[u8]) -> bool {
    path.len() > folder.len() && child_of(folder, path).len() == path.len() && within(path, folder)
}

/// The child of `folder` that `path`, which lies below it, is or lies below.
pub fn child_of<'a>(folder: &[u8], path: &'a [u8]) -> &'a [u8] {
    let start = if folder.is_empty() { 0 } else { folder.len() + 1 };
    let length = path.get(start..).unwrap_or_default().iter().position(|b| *b == b'/');
    length.map_or(path, |length| &path[..start + length])
}

/// The path itself, then its folders from the innermost to the empty one.
pub fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(path), |path| match path.iter().rposition(|b| *b == b'/') {
        Some(at) => Some(&path[..at]),
        None if path.is_empty() => None,
        None => Some(&[]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(list: &[&str]) -> Vec<PathBytes> {
        list.iter().map(|p| PathBytes::from(*p)).collect()
    }

    #[test]
    fn longest_rule_wins() {
        let s = Selection::new(&paths(&["a", "a/b/c/"]), &paths(&["/a/b"]));
        for (path, takes) in [("a", true), ("a/x", true), ("a/b", false), ("a/b/x", false), ("a/b/c", true), ("a/b/c/d", true)] {
            assert_eq!(s.takes(path.as_bytes()), takes, "{path}");
        }
        assert!(!s.takes(b"ab") && !s.takes(b"") && !s.is_everything());
        let all = Selection::new(&[], &paths(&["a"]));
        assert!(all.takes(b"b") && !all.takes(b"a/b") && !all.is_everything());
        assert!(Selection::new(&[], &[]).is_everything());
        assert!(Selection::new(&paths(&["/"]), &[]).takes(b"x/y"));
        assert!(s.touches(b"a") && s.touches(b"") && s.touches(b"a/b") && !s.touches(b"a/b/d") && !s.touches(b"b"));
    }

    #[test]
    fn uniform_never_contradicts_takes() {
        // Every range of a small universe against every small rule set: an answer for the range must be that of each path in it.
        let mut universe = paths(&["a", "a/b", "a/b/c", "a/b-", "a/d", "a-", "b", "b/c", "b/c/d", "c"]);
        universe.sort();
        let mut certain = 0;
        for wanted in 0..universe.len() {
            for unwanted in 0..universe.len() {
                let s = Selection::new(&universe[wanted..=wanted], &universe[unwanted..=unwanted]);
                for from in 0..universe.len() {
                    for to in from + 1..=universe.len() {
                        let next = universe.get(to).map(|p| p.as_bytes());
                        if let Some(answer) = s.uniform(universe[from].as_bytes(), next) {
                            certain += 1;
                            for path in &universe[from..to] {
                                assert_eq!(s.takes(path.as_bytes()), answer, "{path:?} by {wanted} {unwanted}");
                            }
                        }
                    }
                }
            }
        }
        assert!(certain > 1000, "{certain}");
    }

    #[test]
    fn ancestors_end_with_the_empty_one() {
        assert_eq!(ancestors(b"a/b").collect::<Vec<_>>(), [&b"a/b"[..], b"a", b""]);
        assert_eq!(ancestors(b"").count(), 1);
        assert!(within(b"a/b", b"a") && within(b"a", b"a") && within(b"a", b"") && !within(b"ab", b"a") && !within(b"a", b"a/b"));
        assert_eq!(trim(b"//a/b/"), b"a/b");
        assert_eq!(trim(b"/"), b"");
    }
}
