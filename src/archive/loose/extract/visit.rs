//! Member by member.

use std::io::Read;
use std::sync::atomic::Ordering::Relaxed;

use super::file::believed;
use super::{Extractor, MOST_IN_PARTS, hash};
use crate::archive::Result;
use crate::archive::loose::member::{self, Damage, Harm, Packed, Visitor, part_of};
use crate::archive::target::journal::is_journal;
use crate::archive::target::metadata::{Wanted, set_time};
use crate::archive::target::name::is_safe_path;
use crate::model::catalog::{Entry, EntryKind};
use crate::model::path::PathBytes;
use crate::model::problem::Cause;

impl Visitor for Extractor<'_> {
    fn member(&mut self, entry: &Entry, packed: Packed, content: &mut dyn Read) -> Result<()> {
        self.number += 1;
        if !self.wants(&entry.path) {
            return Ok(());
        }
        if packed.has_acl {
            let what = "its access list is in a form that is not set";
            self.tally.warn(Cause::MetadataNotSet, &entry.path, what);
        }
        // The archive's own top folder is the target.
        if entry.path.is_empty() {
            return Ok(());
        }
        if !is_safe_path(entry.path.as_bytes()) {
            self.tally.lost(Cause::Damaged, &entry.path, "its path cannot be one");
            return Ok(());
        }
        if is_journal(entry.path.file_name()) {
            let what = "left out: it would be taken for what a restore that did not end has noted";
            self.tally.lost(Cause::ForeignKind, &entry.path, what);
            return Ok(());
        }
        match &entry.kind {
            EntryKind::Folder => self.folder(entry),
            EntryKind::File if entry.link.is_none() => {
                self.file(entry, content)?;
                self.tally.file_done(0);
                self.name_parts(&entry.path);
            }
            EntryKind::CharDevice { .. } | EntryKind::BlockDevice { .. } => {
                self.tally.lost(Cause::ForeignKind, &entry.path, "devices are not made out of a single archive");
            }
            EntryKind::File | EntryKind::Symlink { .. } | EntryKind::Fifo => self.put_off(entry)?,
        }
        Ok(())
    }

    fn damage(&mut self, damage: Damage) {
        let Damage { path, at, what, harm } = damage;
        match path {
            Some(path) => {
                if !self.wants(&path) {
                    return;
                }
                match harm {
                    Harm::Lost => self.tally.lost(Cause::Damaged, &path, what),
                    Harm::Unsupported => self.tally.lost(Cause::ForeignKind, &path, what),
                    Harm::Doubtful => self.tally.warn(Cause::Unproven, &path, what),
                }
            }
            None => self.tally.warn(Cause::Damaged, &PathBytes::default(), format!("at byte {at}: {what}")),
        }
    }

    fn overlapping(&mut self) -> Result<()> {
        if self.job.any_size { Ok(()) } else { Err(member::overlap()) }
    }

    fn proven(&mut self, proven: bool) {
        let unproven = std::mem::take(&mut self.unproven);
        if !proven {
            let what = "nothing proves it: what it lies in is damaged";
            for path in unproven {
                self.tally.warn(Cause::Unproven, &path, what);
            }
        }
    }
}

impl Extractor<'_> {
    /// A file that a backup has cut: whether all of its parts are here, and none of another version's, only a catalog says.
    fn name_parts(&mut self, path: &PathBytes) {
        if let Some(whole) = part_of(path)
            && self.in_parts.len() < MOST_IN_PARTS
            && self.in_parts.insert(hash(&whole))
        {
            let parts = PathBytes::new(path.parent());
            let what = format!("it came out in parts, in {}: restoring from the backup's folder joins them", parts.display());
            self.tally.warn(Cause::Unproven, &whole, what);
        }
    }

    fn folder(&mut self, entry: &Entry) {
        if self.job.dry_run {
            self.tally.counts.folders.fetch_add(1, Relaxed);
            return;
        }
        match self.folders.make(entry.path.as_bytes(), &self.put, self.before.as_ref()) {
            Ok(folder) => {
                self.tally.counts.folders.fetch_add(1, Relaxed);
                self.folders.remember(folder, entry.clone(), self.job.conflict);
            }
            Err(error) => self.not_written(&entry.path, error),
        }
    }

    /// Owner, mode, attributes and times of folders, the deepest first: nothing more is made in them.
    pub(super) fn finish_folders(&mut self) {
        let Ok(root) = self.folders.root() else { return };
        let mut list = std::mem::take(&mut self.folders.metadata);
        // A later member says more than an earlier one of the same folder.
        list.reverse();
        list.sort_by(|(a, _), (b, _)| b.path.cmp(&a.path));
        list.dedup_by(|(a, _), (b, _)| a.path == b.path);
        for (folder, entry) in list {
            let (entry, troubles) = believed(&entry, self.maker.is_root());
            let set = root.folder_itself(&folder.path).map_err(|e| e.to_string());
            let set = set.and_then(|fd| self.maker.set(&fd, &Wanted::from(&entry), None, true));
            for what in troubles.into_iter().chain(set.err()) {
                self.tally.warn(Cause::MetadataNotSet, &entry.path, what);
            }
        }
        for (folder, mtime) in std::mem::take(&mut self.folders.dated) {
            let set = root.folder_itself(&folder.path).and_then(|fd| set_time(&fd, mtime));
            if let Err(e) = set {
                self.tally.warn(Cause::MetadataNotSet, &PathBytes::new(&*folder.path), format!("time: {e}"));
            }
        }
    }
}
