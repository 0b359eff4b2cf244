//! All that a single archive holds, sorted as a version's catalog is: such a file has no list that could be looked into in parts, so it
//! is walked through once and what it tells is kept.

use std::io::Read;

use super::inspect::{count, count_damage, format_name};
use super::member::{Damage, Packed, Visitor};
use super::{Bytes, Container, walk};
use crate::archive::browse::{self, Pattern};
use crate::archive::select::{Selection, child_of, trim};
use crate::archive::{Error, Result};
use crate::model::catalog::{Entry, FileTime, Row, RowKind};
use crate::model::inspection::ArchiveFacts;
use crate::model::path::{PathBytes, compare_components};
use crate::model::run::Cancel;

/// How much is kept of an archive.
#[derive(Clone, Copy)]
pub struct Bounds {
    members: usize,
    /// Bytes of their paths.
    paths: usize,
}

impl Bounds {
    /// Unasked: some 200 MB of memory.
    pub const USUAL: Self = Self { members: 1_000_000, paths: 256 << 20 };
    /// Where somebody says that the list may be long.
    pub const WIDEST: Self = Self { members: 10_000_000, paths: 1 << 30 };
}

/// Kept of a member.
struct Item {
    path: PathBytes,
    kind: RowKind,
    size: u64,
    mtime: FileTime,
    mode: u32,
    uid: u32,
    gid: u32,
    target: Option<PathBytes>,
}

pub struct Listing {
    /// In catalog order, each path once.
    items: Vec<Item>,
    /// Files and bytes before each item, and of all at the end.
    sums: Vec<(u64, u64)>,
    pub facts: ArchiveFacts,
}

/// Walks through an archive. `TooMuch` where it holds more than is kept.
pub fn list(bytes: Box<dyn Bytes>, container: Container, bounds: Bounds, cancel: &Cancel) -> Result<Listing> {
    let size = bytes.length();
    let facts = ArchiveFacts { format: format_name(container), ..ArchiveFacts::default() };
    let mut gatherer = Gatherer { items: Vec::new(), paths: 0, bounds, facts };
    walk(bytes, container, &mut gatherer, cancel)?;
    let Gatherer { mut items, facts, .. } = gatherer;
    // A later member of the same name takes the place of an earlier one.
    items.reverse();
    items.sort_by(|a, b| a.path.cmp(&b.path));
    items.dedup_by(|a, b| a.path == b.path);
    let mut listing = Listing::new(items, facts);
    let (files, bytes) = listing.whole();
    (listing.facts.files, listing.facts.bytes) = (files, bytes);
    listing.facts.ratio = super::inspect::ratio(bytes, size);
    Ok(listing)
}

struct Gatherer {
    items: Vec<Item>,
    paths: usize,
    bounds: Bounds,
    facts: ArchiveFacts,
}

impl Visitor for Gatherer {
    fn member(&mut self, entry: &Entry, packed: Packed, _: &mut dyn Read) -> Result<()> {
        count(&mut self.facts, entry, packed);
        // The archive's own top folder is what everything lies in.
        if entry.path.is_empty() {
            return Ok(());
        }
        let row = browse::row(entry, None);
        self.paths += row.path.as_bytes().len() + row.target.as_ref().map_or(0, |target| target.as_bytes().len());
        if self.items.len() >= self.bounds.members || self.paths > self.bounds.paths {
            let entries = crate::model::human::count(self.items.len() as u64);
            return Err(Error::TooMuch(format!("it holds more than {entries} entries")));
        }
        let Row { path, kind, size, mtime, mode, uid, gid, target, .. } = row;
        self.items.push(Item { path, kind, size: size.unwrap_or(0), mtime, mode, uid, gid, target });
        Ok(())
    }

    fn damage(&mut self, damage: Damage) {
        count_damage(&mut self.facts, damage);
    }

    fn overlapping(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Listing {
    /// Of items in catalog order.
    fn new(items: Vec<Item>, facts: ArchiveFacts) -> Self {
        let mut sums = Vec::with_capacity(items.len() + 1);
        let (mut files, mut bytes) = (0u64, 0u64);
        for item in &items {
            sums.push((files, bytes));
            if item.kind == RowKind::File {
                files += 1;
                bytes = bytes.saturating_add(item.size);
            }
        }
        sums.push((files, bytes));
        Self { items, sums, facts }
    }

    /// Files and bytes of all.
    fn whole(&self) -> (u64, u64) {
        self.sums.last().copied().unwrap_or_default()
    }

    /// Immediate children of a folder (empty: the archive itself), from row `skip`, at most `limit`; and how many there are in all.
    /// Folders carry the sums of what lies below them, also those that have no member of their own.
    pub fn children(&self, folder: &[u8], skip: usize, limit: usize, cancel: &Cancel) -> Result<(Vec<Row>, usize)> {
        let folder = trim(folder);
        let range = skip..skip.saturating_add(limit);
        let mut at = self.items.partition_point(|item| compare_components(item.path.as_bytes(), folder).is_lt());
        // The folder's own member.
        at += usize::from(!folder.is_empty() && self.path(at) == Some(folder));
        let (mut rows, mut ordinal) = (Vec::new(), 0);
        while let Some(path) = self.path(at).filter(|path| crate::archive::select::within(path, folder)) {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let child = child_of(folder, path);
            let next = self.end_of(child, at);
            if range.contains(&ordinal) {
                rows.push(self.row(child, at, next));
            }
            ordinal += 1;
            at = next;
        }
        Ok((rows, ordinal))
    }

    /// Members whose name holds `text`; see [`Pattern`]. At most `limit`.
    pub fn find(&self, text: &str, limit: usize, cancel: &Cancel) -> Result<Vec<Row>> {
        let pattern = Pattern::new(text);
        let mut rows = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if rows.len() >= limit {
                break;
            }
            if pattern.fits(item.path.file_name()) {
                let path = item.path.as_bytes();
                rows.push(self.row(path, at, self.end_of(path, at)));
            }
        }
        Ok(rows)
    }

    /// Files and bytes of a choice, as [`browse::sum`] has it.
    pub fn sum(&self, paths: &[PathBytes], except: &[PathBytes], cancel: &Cancel) -> Result<(u64, u64)> {
        let selection = Selection::new(paths, except);
        if selection.is_everything() {
            return Ok(self.whole());
        }
        let (mut files, mut bytes) = (0u64, 0u64);
        for item in self.items.iter().filter(|item| item.kind == RowKind::File) {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if selection.takes(item.path.as_bytes()) {
                files += 1;
                bytes = bytes.saturating_add(item.size);
            }
        }
        Ok((files, bytes))
    }

    fn path(&self, at: usize) -> Option<&[u8]> {
        self.items.get(at).map(|item| item.path.as_bytes())
    }

    /// The first item at or after `at` that is not within `path`; the item at `at` is.
    fn end_of(&self, path: &[u8], at: usize) -> usize {
        let rest = self.items.get(at + 1..).unwrap_or_default();
        // Mostly a file, and then nothing is within it.
        match rest.first() {
            Some(next) if next.path.is_within(path) => at + 1 + rest.partition_point(|item| item.path.is_within(path)),
            _ => at + 1,
        }
    }

    /// Of what is or lies below `path`, which are the items from `at` up to `end`.
    fn row(&self, path: &[u8], at: usize, end: usize) -> Row {
        let own = self.items.get(at).filter(|item| item.path.as_bytes() == path);
        let (own_kind, own_size) = own.map_or((RowKind::Folder, 0), |item| (item.kind, item.size));
        let is_folder = own_kind == RowKind::Folder || end > at + 1;
        let sum = |at: usize| self.sums.get(at).copied().unwrap_or_default();
        let ((files, bytes), (files_before, bytes_before)) = (sum(end), sum(at));
        let below = is_folder.then_some((files - files_before, bytes.saturating_sub(bytes_before)));
        let nothing = Item {
            path: PathBytes::default(),
            kind: RowKind::Folder,
            size: 0,
            mtime: FileTime::default(),
            mode: 0o755,
            uid: 0,
            gid: 0,
            target: None,
        };
        let item = own.unwrap_or(&nothing);
        Row {
            path: PathBytes::new(path),
            kind: if is_folder { RowKind::Folder } else { own_kind },
            size: below.map(|(_, bytes)| bytes).or((own_kind == RowKind::File).then_some(own_size)),
            files: below.map(|(files, _)| files),
            mtime: item.mtime,
            mode: item.mode,
            uid: item.uid,
            gid: item.gid,
            target: item.target.clone(),
            kept_from: None,
            torn: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::loose::Plain;

    fn listing(members: &[(&str, RowKind, u64)]) -> Listing {
        let item = |(path, kind, size): &(&str, RowKind, u64)| Item {
            path: (*path).into(),
            kind: *kind,
            size: *size,
            mtime: FileTime { seconds: 7, nanos: 0 },
            mode: 0o644,
            uid: 1,
            gid: 1,
            target: None,
        };
        let mut items: Vec<Item> = members.iter().map(item).collect();
        items.sort_by(|a, b| a.path.cmp(&b.path));
        Listing::new(items, ArchiveFacts::default())
    }

    fn told(rows: &[Row]) -> Vec<String> {
        let one = |row: &Row| {
            let files = row.files.map_or(String::new(), |files| format!(" {files} in"));
            format!("{}{files} {}", row.path.display(), row.size.unwrap_or(0))
        };
        rows.iter().map(one).collect()
    }

    #[test]
    fn folders_without_members_of_their_own_are_shown_with_their_sums() {
        use RowKind::{File, Folder, Symlink};
        let list = listing(&[
            ("a/b/one", File, 5),
            ("a/b-two", File, 7),
            ("a/b/c/three", File, 11),
            ("d", Folder, 0),
            ("d/link", Symlink, 0),
            ("top", File, 1),
        ]);
        let children = |folder: &str, skip, limit| {
            let (rows, total) = list.children(folder.as_bytes(), skip, limit, &Cancel::default()).unwrap();
            (told(&rows), total)
        };
        assert_eq!(children("", 0, 10), (vec!["a 3 in 23".into(), "d 0 in 0".into(), "top 1".into()], 3));
        assert_eq!(children("a", 0, 10), (vec!["a/b 2 in 16".into(), "a/b-two 7".into()], 2));
        assert_eq!(children("/a/b/", 0, 10), (vec!["a/b/c 1 in 11".into(), "a/b/one 5".into()], 2));
        assert_eq!(children("d", 0, 10), (vec!["d/link 0".into()], 1));
        assert_eq!(children("", 1, 1), (vec!["d 0 in 0".into()], 3));
        assert_eq!(children("nowhere", 0, 10), (vec![], 0));
        assert_eq!(children("top", 0, 10), (vec![], 0));
    }

    #[test]
    fn more_than_its_bounds_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tar");
        let header = |name: &str| {
            let mut block = [0u8; 512];
            block[..name.len()].copy_from_slice(name.as_bytes());
            block[100..107].copy_from_slice(b"0000644");
            block[124..135].copy_from_slice(b"00000000000");
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
            block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            block
        };
        let mut tar: Vec<u8> = ["one", "two", "three"].into_iter().flat_map(header).collect();
        tar.extend([0; 1024]);
        std::fs::write(&path, tar).unwrap();
        let list = |members, paths| {
            let bytes = Box::new(Plain::new(std::fs::File::open(&path).unwrap()).unwrap());
            list(bytes, Container::Tar(None), Bounds { members, paths }, &Cancel::default()).map(|listing| listing.items.len())
        };
        assert_eq!(list(3, 11).unwrap(), 3);
        let words = |listed: Result<usize>| listed.unwrap_err().to_string();
        assert_eq!(words(list(2, 11)), "it holds more than 2 entries");
        assert!(matches!(list(3, 10), Err(Error::TooMuch(_))), "so long may their names be");
    }

    #[test]
    fn choices_are_summed_as_in_a_version() {
        let list = listing(&[("a/x", RowKind::File, 5), ("a/y", RowKind::File, 7), ("b", RowKind::File, 11)]);
        let sum = |paths: &[&str], except: &[&str]| {
            let of = |list: &[&str]| list.iter().map(|p| PathBytes::from(*p)).collect::<Vec<_>>();
            list.sum(&of(paths), &of(except), &Cancel::default()).unwrap()
        };
        assert_eq!(sum(&[], &[]), (3, 23));
        assert_eq!(sum(&["a"], &[]), (2, 12));
        assert_eq!(sum(&["a"], &["a/x"]), (1, 7));
        assert_eq!(sum(&[], &["a"]), (1, 11));
        let found = list.find("X", 10, &Cancel::default()).unwrap();
        assert_eq!(told(&found), ["a/x 5"]);
    }

    #[test]
    fn a_file_with_something_below_it_is_shown_as_a_folder() {
        let list = listing(&[("a", RowKind::File, 5), ("a/x", RowKind::File, 7)]);
        let (rows, _) = list.children(b"", 0, 10, &Cancel::default()).unwrap();
        assert_eq!(told(&rows), ["a 2 in 12"]);
        assert_eq!(told(&list.children(b"a", 0, 10, &Cancel::default()).unwrap().0), ["a/x 7"]);
    }
}
