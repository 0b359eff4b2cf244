//! What may be left unread: the scan merged with the parent's catalog (FORMAT §3).
//!
//! Both come in catalog order, so that one pass without any table finds what is new, what is unchanged and what is gone.
//! An entry is unchanged where kind, size, mtime and, on file systems that keep them stable, ctime and inode are those of
//! the parent's, the parent's was settled and whole, and every volume it needs is offered.

use std::cmp::Ordering;
use std::io;
use std::iter::Peekable;

use super::Result;
use super::run_journal::{Fresh, Left};
use super::scan::{Batch, Kind, Met, Meta, is_gone};
use crate::model::catalog::{Entry, Piece, VolumeRef};
use crate::model::path::{PathBytes, compare_components};
use crate::model::snapshot::VersionId;

/// What is to be done about one path. In catalog order.
#[derive(Debug)]
pub enum Change {
    /// The parent's entry, with this scan's metadata; `meta` tells of links. With `fresh` it is not the parent's: this run has read it
    /// before it was cut off.
    Unchanged { entry: Entry, meta: Meta, fresh: Option<Fresh> },
    /// To be read. `parts`: what this run has of it from before it was cut off.
    Read { path: PathBytes, meta: Meta, looked_at: i128, parent: Option<Entry>, parts: Vec<(u64, Piece)> },
    /// What lies here and below could not be looked at; what the parent has there follows as `Kept`.
    Unreadable { path: PathBytes, error: io::Error },
    /// The parent's entry, marked with the version it is from.
    Kept(Entry),
}

/// The batches of a scan, or of a parent's catalog; `None` at the end.
pub type Batches<'a, T> = Box<dyn FnMut() -> Result<Option<T>> + 'a>;

/// What a run that is gone on with has read, in path order.
pub type Before<'a> = Box<dyn Iterator<Item = Left> + 'a>;

/// Merges.
pub struct Changes<'a> {
    scan: Batches<'a, Batch>,
    batch: Batch,
    at: usize,
    scan_ended: bool,
    parent: Batches<'a, Vec<Entry>>,
    parent_batch: std::vec::IntoIter<Entry>,
    parent_next: Option<Entry>,
    before: Peekable<Before<'a>>,
    keeper: Keeper<'a>,
    keeps: Keeping,
    /// Below this folder (or at it) all of the parent's entries are kept.
    keeping: Option<PathBytes>,
}

/// Of what the parent has below what cannot be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    All,
    /// But not where a source is not there any more: somebody has said that it is gone.
    WhatIsThere,
}

/// Knows what of the parent's can still be referred to.
pub struct Keeper<'a> {
    offered: &'a dyn Fn(&VolumeRef) -> bool,
    whole: &'a dyn Fn(&VolumeRef) -> bool,
    /// The volume that was asked about last: neighbours lie in the same one.
    last: Option<(VolumeRef, bool)>,
    version: Option<VersionId>,
}

impl<'a> Keeper<'a> {
    /// `version`: the parent. `offered`: what new entries may refer to; `whole`: what those may that cannot be read now.
    pub fn new(
        version: Option<VersionId>,
        offered: &'a dyn Fn(&VolumeRef) -> bool,
        whole: &'a dyn Fn(&VolumeRef) -> bool,
    ) -> Self {
        Self { offered, whole, last: None, version }
    }

    pub fn offers(&mut self, volume: &VolumeRef) -> bool {
        match &self.last {
            Some((last, offered)) if last == volume => *offered,
            _ => {
                let offered = (self.offered)(volume);
                self.last = Some((volume.clone(), offered));
                offered
            }
        }
    }

    /// Whether all content of an entry can be referred to.
    pub fn offers_all(&mut self, entry: &Entry) -> bool {
        entry.pieces.iter().all(|piece| self.offers(&piece.volume))
    }

    /// The parent's entry for a file that cannot be read now; `None` where its content is no longer to be had.
    pub fn keep(&mut self, mut entry: Entry) -> Option<Entry> {
        if !entry.pieces.iter().all(|piece| (self.whole)(&piece.volume)) {
            return None;
        }
        if entry.kept_from.is_none() {
            entry.kept_from = Some(self.version.clone()?);
        }
        Some(entry)
    }
}

impl<'a> Changes<'a> {
    pub fn new(
        scan: Batches<'a, Batch>,
        parent: Batches<'a, Vec<Entry>>,
        before: Before<'a>,
        keeper: Keeper<'a>,
        keeps: Keeping,
    ) -> Self {
        Self {
            scan,
            batch: Batch::default(),
            at: 0,
            scan_ended: false,
            parent,
            parent_batch: Vec::new().into_iter(),
            parent_next: None,
            before: before.peekable(),
            keeper,
            keeps,
            keeping: None,
        }
    }

    pub fn keeper(&mut self) -> &mut Keeper<'a> {
        &mut self.keeper
    }

    /// The next change; `None` at the end.
    pub fn advance(&mut self) -> Result<Option<Change>> {
        loop {
            self.fill()?;
            if let Some(kept) = self.keep_next() {
                return Ok(Some(kept));
            }
            if self.parent_next.is_none() && self.fill_parent()? {
                continue;
            }
            let Some((path, met)) = self.batch.get(self.at) else {
                // What the parent still has is gone.
                if self.parent_next.take().is_none() {
                    return Ok(None);
                }
                continue;
            };
            let order = self.parent_next.as_ref().map_or(Ordering::Less, |entry| {
                if path == entry.path.as_bytes() { Ordering::Equal } else { compare_components(path, entry.path.as_bytes()) }
            });
            match met {
                _ if order == Ordering::Greater => self.parent_next = None,
                Met::Unreadable => {
                    let path = PathBytes::new(path);
                    let error = self.batch.take_error(self.at);
                    // A walk tells of nothing else that it is gone.
                    if self.keeps == Keeping::All || !is_gone(&error) {
                        self.keeping = Some(path.clone());
                    }
                    self.at += 1;
                    return Ok(Some(Change::Unreadable { path, error }));
                }
                Met::Found { meta } => {
                    let meta = *meta;
                    let parent = if order == Ordering::Equal { self.parent_next.take() } else { None };
                    let mut left = left_of(&mut self.before, path);
                    let usable = |entry: &Entry, keeper: &mut Keeper<'_>| is_unchanged(&meta, entry) && keeper.offers_all(entry);
                    let read = left.as_mut().and_then(|left| left.entry.take_if(|(entry, _)| usable(entry, &mut self.keeper)));
                    let change = match (read, parent) {
                        (Some((entry, fresh)), _) => {
                            Change::Unchanged { entry: with_metadata(entry, &meta), meta, fresh: Some(fresh) }
                        }
                        (None, Some(entry)) if usable(&entry, &mut self.keeper) => {
                            Change::Unchanged { entry: with_metadata(entry, &meta), meta, fresh: None }
                        }
                        (None, parent) => {
                            let (path, looked_at) = (PathBytes::new(path), self.batch.begun);
                            let parts = left.map(Left::into_parts).unwrap_or_default();
                            Change::Read { path, meta, looked_at, parent, parts }
                        }
                    };
                    self.at += 1;
                    return Ok(Some(change));
                }
            }
        }
    }

    /// The parent's next entry where it is one of those that are kept.
    fn keep_next(&mut self) -> Option<Change> {
        let folder = self.keeping.as_ref()?;
        let Some(entry) = &self.parent_next else { return None };
        if !entry.path.is_within(folder.as_bytes()) {
            self.keeping = None;
            return None;
        }
        let mut entry = self.parent_next.take()?;
        // What it was a link to is kept with it only from the same folder; else it stands for itself.
        entry.link = entry.link.filter(|first| first.is_within(folder.as_bytes()) && first != folder);
        self.keeper.keep(entry).map(Change::Kept)
    }

    fn fill(&mut self) -> Result<()> {
        while self.at >= self.batch.len() && !self.scan_ended {
            self.at = 0;
            match (self.scan)()? {
                Some(batch) => self.batch = batch,
                None => {
                    self.batch = Batch::default();
                    self.scan_ended = true;
                }
            }
        }
        if self.parent_next.is_none() {
            self.fill_parent()?;
        }
        Ok(())
    }

    /// Whether there is another entry of the parent's.
    fn fill_parent(&mut self) -> Result<bool> {
        while self.parent_next.is_none() {
            self.parent_next = self.parent_batch.next();
            if self.parent_next.is_none() {
                match (self.parent)()? {
                    Some(batch) => self.parent_batch = batch.into_iter(),
                    None => return Ok(false),
                }
            }
        }
        Ok(true)
    }
}

/// What is left of a path. Paths are asked for in order.
fn left_of(before: &mut Peekable<Before<'_>>, path: &[u8]) -> Option<Left> {
    while before.next_if(|left| compare_components(left.path.as_bytes(), path).is_lt()).is_some() {}
    before.next_if(|left| left.path.as_bytes() == path)
}

fn is_unchanged(meta: &Meta, entry: &Entry) -> bool {
    let whole = !entry.torn && !entry.unsettled && entry.kept_from.is_none();
    let same = meta.kind.is(&entry.kind) && meta.size == entry.size && meta.mtime == entry.mtime;
    let stable = meta.stable && meta.ctime == entry.ctime && meta.inode == entry.inode;
    // Without a ctime nothing tells that a link points elsewhere, or that owner or mode are others.
    let fallback =
        !meta.stable && meta.kind != Kind::Symlink && (meta.mode, meta.uid, meta.gid) == (entry.mode, entry.uid, entry.gid);
    whole && same && (stable || fallback)
}

/// Inode and ctime may be others where they do not count.
fn with_metadata(mut entry: Entry, meta: &Meta) -> Entry {
    entry.ctime = meta.ctime;
    entry.inode = meta.inode;
    entry
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::archive::test_version;
    use crate::model::catalog::{EntryKind, FileTime, Piece};
    use crate::os::stat::Stat;

    const TIME: FileTime = FileTime { seconds: 1_700_000_000, nanos: 5 };

    fn version(name: &str) -> VersionId {
        VersionId::try_from(name.to_string()).unwrap()
    }

    fn parent_version() -> VersionId {
        version("20261121T200000Z-full-00000001")
    }

    fn meta(kind: Kind) -> Meta {
        let size = if kind == Kind::File { 7 } else { 0 };
        let stat =
            Stat { kind, mode: 0o644, uid: 1, gid: 2, size, mtime: TIME, ctime: TIME, device: 1, inode: 42, links: 1, blocks: 8 };
        Meta { stat, stable: true }
    }

    fn changed(meta: Meta, change: impl FnOnce(&mut Stat)) -> Meta {
        let mut changed = meta;
        change(&mut changed.stat);
        changed
    }

    fn entry(path: &str, kind: EntryKind) -> Entry {
        let is_file = kind == EntryKind::File;
        let piece = Piece {
            volume: VolumeRef { run: parent_version(), number: 1 },
            frame_offset: 0,
            frame_length: 9,
            offset: 512,
            length: 7,
            hash: [1; 32],
        };
        Entry {
            mode: 0o644,
            uid: 1,
            gid: 2,
            size: if is_file { 7 } else { 0 },
            mtime: TIME,
            ctime: TIME,
            inode: 42,
            pieces: if is_file { vec![piece] } else { Vec::new() },
            ..test_version::entry(path, kind)
        }
    }

    fn file(path: &str) -> Entry {
        entry(path, EntryKind::File)
    }

    type Found<'a> = (&'a str, std::result::Result<Meta, io::ErrorKind>);

    /// Each change in a word: `=` unchanged, `*` read (`+` where the parent has nothing), `!` unreadable, `~` kept.
    fn merge(found: Vec<Found<'_>>, parent: Vec<Entry>, offered: bool) -> Vec<String> {
        merge_with(found, parent, offered, offered)
    }

    fn merge_with(found: Vec<Found<'_>>, parent: Vec<Entry>, offered: bool, whole: bool) -> Vec<String> {
        merge_keeping(Keeping::All, found, parent, offered, whole)
    }

    fn merge_keeping(keeps: Keeping, found: Vec<Found<'_>>, parent: Vec<Entry>, offered: bool, whole: bool) -> Vec<String> {
        // Batches of one show that nothing depends on where they are cut.
        let mut scan: VecDeque<Batch> =
            found.into_iter().map(|(path, what)| Batch::of(0, vec![(path.as_bytes(), what.map_err(io::Error::from))])).collect();
        let mut parent: VecDeque<Vec<Entry>> = parent.into_iter().map(|e| vec![e]).collect();
        let (offers, is_whole) = (|_: &VolumeRef| offered, |_: &VolumeRef| whole);
        let keeper = Keeper::new(Some(parent_version()), &offers, &is_whole);
        let mut changes = Changes::new(
            Box::new(|| Ok(scan.pop_front())),
            Box::new(|| Ok(parent.pop_front())),
            Box::new(std::iter::empty()),
            keeper,
            keeps,
        );
        let mut words = Vec::new();
        while let Some(change) = changes.advance().unwrap() {
            words.push(match change {
                Change::Unchanged { entry, .. } => format!("={}", entry.path.display()),
                Change::Read { path, parent: Some(_), .. } => format!("*{}", path.display()),
                Change::Read { path, parent: None, .. } => format!("+{}", path.display()),
                Change::Unreadable { path, error } => {
                    assert!(is_gone(&error) || error.kind() == io::ErrorKind::PermissionDenied);
                    format!("!{}", path.display())
                }
                Change::Kept(entry) => {
                    let link = entry.link.map_or(String::new(), |l| format!(">{}", l.display()));
                    format!("~{}{link}@{}", entry.path.display(), entry.kept_from.unwrap())
                }
            });
        }
        words
    }

    #[test]
    fn new_changed_gone_and_unchanged_are_told_apart() {
        let larger = changed(meta(Kind::File), |stat| stat.size = 8);
        let found = vec![
            ("a", Ok(meta(Kind::Folder))),
            ("a/b", Ok(meta(Kind::File))),
            ("a/c", Ok(larger)),
            ("a-b", Ok(meta(Kind::File))),
            ("z", Ok(meta(Kind::File))),
        ];
        let parent = vec![entry("a", EntryKind::Folder), file("a/a"), file("a/b"), file("a/c"), file("b"), file("z"), file("zz")];
        assert_eq!(merge(found.clone(), parent.clone(), true), ["=a", "=a/b", "*a/c", "+a-b", "=z"]);
        assert_eq!(merge(found, parent, false), ["=a", "*a/b", "*a/c", "+a-b", "*z"]);
    }

    #[test]
    fn each_doubt_means_reading() {
        let is_unchanged = |m: Meta, e: Entry| is_unchanged(&m, &e);
        let plain = meta(Kind::File);
        let other = FileTime { seconds: 1_700_000_000, nanos: 6 };
        assert!(is_unchanged(plain, file("a")));
        assert!(!is_unchanged(changed(plain, |stat| stat.size = 8), file("a")));
        assert!(!is_unchanged(changed(plain, |stat| stat.mtime = other), file("a")));
        assert!(!is_unchanged(changed(plain, |stat| stat.ctime = other), file("a")));
        assert!(!is_unchanged(changed(plain, |stat| stat.inode = 43), file("a")));
        assert!(!is_unchanged(changed(plain, |stat| (stat.kind, stat.size) = (Kind::Fifo, 7)), file("a")));
        assert!(!is_unchanged(plain, Entry { torn: true, ..file("a") }));
        assert!(!is_unchanged(plain, Entry { unsettled: true, ..file("a") }));
        assert!(!is_unchanged(plain, Entry { kept_from: Some(parent_version()), ..file("a") }));
    }

    #[test]
    fn without_stable_ctime_and_inode_the_rest_counts() {
        let fat = Meta { stable: false, ..changed(meta(Kind::File), |stat| (stat.inode, stat.ctime) = (1, FileTime::default())) };
        assert!(is_unchanged(&fat, &file("a")));
        assert!(!is_unchanged(&changed(fat, |stat| stat.mode = 0o600), &file("a")));
        let link = entry("l", EntryKind::Symlink { target: "x".into() });
        assert!(is_unchanged(&meta(Kind::Symlink), &link));
        assert!(!is_unchanged(&Meta { stable: false, ..meta(Kind::Symlink) }, &link));
    }

    #[test]
    fn what_cannot_be_listed_keeps_what_the_parent_has() {
        let found = vec![
            ("a", Ok(meta(Kind::Folder))),
            ("a", Err(io::ErrorKind::PermissionDenied)),
            ("b", Err(io::ErrorKind::PermissionDenied)),
            ("c", Ok(meta(Kind::File))),
        ];
        let older = version("20261120T200000Z-full-00000002");
        let parent = vec![
            entry("a", EntryKind::Folder),
            file("a/x"),
            Entry { link: Some("a/x".into()), ..file("a/y") },
            Entry { kept_from: Some(older.clone()), ..file("a/z") },
            file("a-gone"),
            entry("b", EntryKind::Folder),
            Entry { link: Some("a/x".into()), ..file("b/x") },
            file("b-gone"),
            file("c"),
        ];
        let at = |path: &str| format!("~{path}@{}", parent_version());
        let expected = vec![
            "=a".into(),
            "!a".into(),
            at("a/x"),
            at("a/y>a/x"),
            format!("~a/z@{older}"),
            "!b".into(),
            at("b"),
            at("b/x"),
            "=c".to_string(),
        ];
        assert_eq!(merge(found.clone(), parent.clone(), true), expected);
        // What is not worth being referred to by others holds it all the same.
        assert_eq!(merge_with(found.clone(), parent.clone(), false, true).len(), expected.len());
        // Folders hold nothing that must be there.
        assert_eq!(merge(found, parent, false), ["=a".to_string(), "!a".into(), "!b".into(), at("b"), "*c".into()]);
    }

    #[test]
    fn a_source_that_is_said_to_be_gone_keeps_nothing() {
        let found = || vec![("a", Err(io::ErrorKind::NotFound)), ("b", Err(io::ErrorKind::PermissionDenied))];
        let parent = || vec![file("a/x"), file("b/x")];
        let kept = |path: &str| format!("~{path}@{}", parent_version());
        assert_eq!(merge(found(), parent(), true), ["!a".to_string(), kept("a/x"), "!b".into(), kept("b/x")]);
        let letting_go = merge_keeping(Keeping::WhatIsThere, found(), parent(), true, true);
        assert_eq!(letting_go, ["!a".to_string(), "!b".into(), kept("b/x")]);
    }

    #[test]
    fn an_end_of_either_side_is_no_end_of_the_other() {
        assert_eq!(merge(vec![("a", Ok(meta(Kind::File)))], vec![], true), ["+a"]);
        assert_eq!(merge(vec![], vec![file("a"), file("b")], true), Vec::<String>::new());
        let found = vec![("a", Err(io::ErrorKind::PermissionDenied))];
        assert_eq!(merge(found, vec![file("a/x"), file("b")], true), ["!a".to_string(), format!("~a/x@{}", parent_version())]);
    }
}
