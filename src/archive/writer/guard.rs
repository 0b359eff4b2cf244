//! Counts what goes into a version source by source, and holds the run where one shrank sharply: see [`crate::model::shrink`].

use crate::archive::before::{Before, Source};
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, EntryKind};
use crate::model::path::{PathBytes, compare_components};
use crate::model::shrink::{Found, How, judge};

/// Is told of all that a version gets, in catalog order, and says no as soon as a source has come to its end, or a mount point in one.
pub(super) struct Guard<'a> {
    sources: Counting<'a>,
    unmounted: Counting<'a>,
}

struct Counting<'a> {
    /// Those that have not come to their end.
    left: &'a [Source],
    same_rules: bool,
    found: Found,
    /// Something of the source at hand could not be looked at: what is not seen is not gone.
    unclear: bool,
}

impl<'a> Guard<'a> {
    /// `before`: `None` where nothing is compared.
    pub fn new(before: Option<&'a Before>) -> Self {
        let of = |left: fn(&Before) -> &[Source]| Counting {
            left: before.map_or(&[], left),
            same_rules: before.is_none_or(|before| before.same_rules),
            found: Found::default(),
            unclear: false,
        };
        Self { sources: of(|before| &before.sources), unmounted: of(|before| &before.unmounted) }
    }

    /// `Shrunk` where a source that ended before this has shrunk.
    pub fn met(&mut self, entry: &Entry) -> Result<()> {
        self.lies_at(&entry.path, &entry.kind, entry.size)
    }

    /// The same of something that is there, and is not in the version because it cannot be read.
    pub fn unread(&mut self, path: &PathBytes, size: u64) -> Result<()> {
        self.lies_at(path, &EntryKind::File, size)
    }

    /// What lies at this path and below it could not be looked at.
    pub fn hidden(&mut self, path: &PathBytes) -> Result<()> {
        self.sources.hidden(path)?;
        self.unmounted.hidden(path)
    }

    fn lies_at(&mut self, path: &PathBytes, kind: &EntryKind, size: u64) -> Result<()> {
        self.unmounted.lies_at(path, kind, size)?;
        self.sources.lies_at(path, kind, size)
    }

    /// A source is not there any more. What the parent has there follows, and counts for nothing.
    pub fn missing(&mut self, path: &PathBytes) -> Result<()> {
        match self.sources.left.iter().find(|source| source.path == *path) {
            Some(source) => Err(Error::Shrunk(vec![source.shrunk(How::Missing, Default::default())])),
            None => Ok(()),
        }
    }

    /// Nothing follows.
    pub fn finish(&mut self) -> Result<()> {
        self.unmounted.finish()?;
        self.sources.finish()
    }
}

impl Counting<'_> {
    fn hidden(&mut self, path: &PathBytes) -> Result<()> {
        self.lies_at(path, &EntryKind::Folder, 0)?;
        self.unclear |= self.left.first().is_some_and(|source| path.is_within(source.path.as_bytes()));
        Ok(())
    }

    fn lies_at(&mut self, path: &PathBytes, kind: &EntryKind, size: u64) -> Result<()> {
        while let Some(source) = self.left.first() {
            if path.is_within(source.path.as_bytes()) {
                if *kind != EntryKind::Folder || *path != source.path {
                    self.found.things += 1;
                }
                if *kind == EntryKind::File {
                    self.found.counts.files += 1;
                    self.found.empty += u64::from(size == 0);
                    self.found.counts.bytes = self.found.counts.bytes.saturating_add(size);
                }
                return Ok(());
            }
            if compare_components(path.as_bytes(), source.path.as_bytes()).is_lt() {
                return Ok(());
            }
            self.end_source()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        while !self.left.is_empty() {
            self.end_source()?;
        }
        Ok(())
    }

    fn end_source(&mut self) -> Result<()> {
        let Some((source, left)) = self.left.split_first() else { return Ok(()) };
        self.left = left;
        let unclear = std::mem::take(&mut self.unclear);
        let found = Found { inode: source.inode, ..std::mem::take(&mut self.found) };
        match judge(&source.had, &found).filter(|_| self.same_rules && !unclear) {
            Some(how) => Err(Error::Shrunk(vec![source.shrunk(how, found.counts)])),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::test_version::entry;
    use crate::model::shrink::{Counts, Had};

    fn source(path: &str, files: u64) -> Source {
        Source { path: path.into(), had: Had { counts: Counts { files, bytes: files }, inode: Some(1) }, inode: Some(1) }
    }

    fn before(sources: Vec<Source>) -> Before {
        Before { sources, unmounted: Vec::new(), same_rules: true }
    }

    fn file(path: &str) -> Entry {
        Entry { size: 1, ..entry(path, EntryKind::File) }
    }

    /// Which source held the run, and after how many things that were met; `None`: none did.
    fn held(before: &Before, met: &[Entry]) -> Option<(String, How, usize)> {
        let mut guard = Guard::new(Some(before));
        let told = |error: Error, after| match error {
            Error::Shrunk(shrunk) => Some((shrunk[0].source.display().into_owned(), shrunk[0].how, after)),
            other => panic!("{other}"),
        };
        for (at, entry) in met.iter().enumerate() {
            if let Err(error) = guard.met(entry) {
                return told(error, at);
            }
        }
        guard.finish().err().and_then(|error| told(error, met.len()))
    }

    #[test]
    fn each_source_is_counted_by_itself_and_judged_at_its_end() {
        let folder = |path: &str| entry(path, EntryKind::Folder);
        let many = |source: &str, n: usize| (0..n).map(|n| file(&format!("{source}/{n:03}"))).collect::<Vec<_>>();
        let before = before(vec![source("a", 40), source("b", 40), source("c/d", 1)]);
        let all = |a, b| [vec![folder("a")], many("a", a), vec![folder("b")], many("b", b), vec![file("c/d")]].concat();
        assert_eq!(held(&before, &all(21, 40)), None);
        assert_eq!(held(&before, &all(20, 40)), Some(("/a".into(), How::FewerFiles, 21)), "as soon as the next begins");
        assert_eq!(held(&before, &all(40, 0)), Some(("/b".into(), How::Empty, 42)));
        assert_eq!(held(&before, &many("z", 1)), Some(("/a".into(), How::Empty, 0)));
        assert_eq!(held(&before, &[]), Some(("/a".into(), How::Empty, 0)));
        assert_eq!(held(&before, &all(40, 40)[..82]), Some(("/c/d".into(), How::Empty, 82)));
    }

    #[test]
    fn with_other_rules_less_is_no_less() {
        let rules = Before { same_rules: false, ..before(vec![source("a", 40)]) };
        assert_eq!(held(&rules, &[entry("a", EntryKind::Folder)]), None);
        let mut guard = Guard::new(Some(&rules));
        assert!(matches!(guard.missing(&"a".into()), Err(Error::Shrunk(_))), "there or not has nothing to do with them");
    }

    #[test]
    fn what_cannot_be_seen_is_not_gone() {
        let before = before(vec![source("a", 40), source("b", 40)]);
        let mut guard = Guard::new(Some(&before));
        guard.hidden(&"a/secret".into()).unwrap();
        guard.met(&file("b/1")).unwrap();
        assert!(guard.finish().is_err(), "the other source is another matter");
        let mut guard = Guard::new(Some(&before));
        (0..30).for_each(|n| guard.unread(&format!("a/{n:02}").as_str().into(), 1).unwrap());
        assert!(matches!(guard.met(&file("z")), Err(Error::Shrunk(shrunk)) if shrunk[0].source == "/b".into()));
    }

    #[test]
    fn a_mount_point_within_a_source_is_judged_by_itself() {
        let many = |folder: &str, n: usize| (0..n).map(|n| file(&format!("{folder}/{n:03}"))).collect::<Vec<_>>();
        let unmounted = vec![source("a/disk", 40), source("a/stick", 3)];
        let before = Before { unmounted, ..before(vec![source("a", 400)]) };
        let all =
            |disk, stick, after| [many("a/disk", disk), many("a/in", 300), many("a/stick", stick), many("a/z", after)].concat();
        assert_eq!(held(&before, &all(21, 2, 5)), None);
        assert_eq!(held(&before, &all(20, 2, 5)), Some(("/a/disk".into(), How::FewerFiles, 20)), "however much the source has");
        assert_eq!(held(&before, &all(40, 0, 5)), Some(("/a/stick".into(), How::Empty, 340)));
    }

    #[test]
    fn without_anything_to_compare_with_all_is_well() {
        let mut guard = Guard::new(None);
        guard.met(&file("a")).unwrap();
        guard.missing(&"a".into()).unwrap();
        guard.finish().unwrap();
    }
}
