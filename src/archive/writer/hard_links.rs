//! Several names of one file, symbolic link, pipe or device: the first in catalog order is the thing, the others are links to it.

use std::collections::HashMap;

use super::frames::Share;
use crate::archive::scan::Meta;
use crate::model::catalog::Entry;
use crate::model::path::PathBytes;

/// Knows files with several names, until all of them were met.
#[derive(Default)]
pub(super) struct HardLinks {
    /// By device and inode.
    firsts: HashMap<(u64, u64), First>,
    next_id: u64,
    /// Links whose first stands whole in this run's volumes: they follow in the last one.
    pub in_tar: Vec<Entry>,
}

struct First {
    id: u64,
    /// Without its pieces.
    entry: Entry,
    /// Names that may still come.
    left: u32,
    in_tar: bool,
}

impl HardLinks {
    /// The entry for another name of a file that was met before.
    pub(super) fn link(&mut self, path: &PathBytes, meta: &Meta) -> Option<(Entry, Share)> {
        if meta.links < 2 {
            return None;
        }
        let key = (meta.device, meta.inode);
        let first = self.firsts.get_mut(&key)?;
        // Where inode numbers are made up they may meet by chance, and a number may be given anew.
        if !meta.kind.is(&first.entry.kind) || (!meta.stable && (meta.size, meta.mtime) != (first.entry.size, first.entry.mtime))
        {
            return None;
        }
        let entry = Entry { path: path.clone(), link: Some(first.entry.path.clone()), ..first.entry.clone() };
        if first.in_tar {
            self.in_tar.push(entry.clone());
        }
        let share = Share::Link { id: first.id };
        first.left -= 1;
        if first.left == 0 {
            self.firsts.remove(&key);
        }
        Some((entry, share))
    }

    /// Remembers the first name of a thing. `in_tar`: it stands whole in a volume of this run.
    pub(super) fn first(&mut self, entry: &Entry, meta: &Meta, in_tar: bool) -> Share {
        let others = meta.links.saturating_sub(1);
        if others == 0 {
            return Share::Alone;
        }
        let id = self.next_id;
        self.next_id += 1;
        let entry = Entry { pieces: Vec::new(), holes: entry.holes.clone(), xattrs: entry.xattrs.clone(), ..bare(entry) };
        self.firsts.insert((meta.device, meta.inode), First { id, entry, left: others, in_tar });
        Share::First { id, others }
    }
}

/// The entry without anything that is long.
fn bare(entry: &Entry) -> Entry {
    Entry {
        path: entry.path.clone(),
        kind: entry.kind.clone(),
        link: None,
        xattrs: Vec::new(),
        holes: Vec::new(),
        pieces: Vec::new(),
        kept_from: entry.kept_from.clone(),
        ..*entry
    }
}
