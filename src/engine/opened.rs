//! What can be browsed and restored from, opened: a version of a backup, or one archive.

use std::sync::Arc;
use std::time::SystemTime;

use crate::archive::loose::Damage;
use crate::archive::loose::inspect::count_damage;
use crate::archive::loose::listing::{self, Bounds, Listing};
use crate::model::catalog::Row;
use crate::model::path::PathBytes;
use crate::model::problem::Problem;
use crate::model::restore::{ArchiveFile, Origin};
use crate::model::run::Cancel;
use crate::os::identity;

use super::core::{Core, OpenVersion, lock};
use super::single::archive::{self, Archive};
use super::single::{Opening, explain};

/// Archives whose lists are kept.
const OPEN_ARCHIVES: usize = 2;

pub enum Opened {
    Version(Arc<OpenVersion>),
    Archive(Arc<Listing>),
}

/// A list that was read, and of what.
pub struct KeptArchive {
    file: ArchiveFile,
    stamp: Stamp,
    listing: Arc<Listing>,
}

/// Size, time, device and inode: tells whether a file is still what it was.
type Stamp = (u64, SystemTime, (u64, u64));

impl Core {
    pub fn open(&self, origin: &Origin, cancel: &Cancel) -> Result<Opened, Problem> {
        Ok(match origin {
            Origin::Version { place, version } => Opened::Version(self.open_version(place, version)?),
            Origin::Archive(file) => Opened::Archive(self.list_archive(file, cancel)?),
        })
    }

    /// What an archive holds; the last few lists are kept.
    pub fn list_archive(&self, file: &ArchiveFile, cancel: &Cancel) -> Result<Arc<Listing>, Problem> {
        if let Some(known) = self.known_listing(file) {
            return Ok(known);
        }
        let stamp = stamp(file);
        let Archive { bytes, container, path, is_cut } = self.open_archive(file)?;
        let length = bytes.length();
        let bounds = if file.long_list { Bounds::WIDEST } else { Bounds::USUAL };
        let listed = listing::list(bytes, container, bounds, cancel);
        let mut listing = listed.map_err(|e| explain::not_listed(e, &path, file.long_list))?;
        if is_cut {
            count_damage(&mut listing.facts, Damage::new(None, length, archive::CUT));
        }
        let listing = Arc::new(listing);
        if let Some(stamp) = stamp {
            let mut archives = lock(&self.archives);
            archives.retain(|kept| kept.file != *file);
            archives.push_front(KeptArchive { file: file.clone(), stamp, listing: listing.clone() });
            archives.truncate(OPEN_ARCHIVES);
        }
        Ok(listing)
    }

    /// The list, where it was read before and the file has not changed since.
    pub fn known_listing(&self, file: &ArchiveFile) -> Option<Arc<Listing>> {
        let stamp = stamp(file)?;
        let archives = lock(&self.archives);
        archives.iter().find(|kept| kept.file == *file && kept.stamp == stamp).map(|kept| kept.listing.clone())
    }

    /// The archive itself, to be walked through once.
    pub fn open_archive(&self, file: &ArchiveFile) -> Result<Archive, Problem> {
        let keys = file.keys.as_ref().map(|keys| keys.as_path());
        let opening =
            Opening { secret: file.secret.as_ref(), keys: keys.as_deref(), known: &|plan| self.known_ring(plan).ok().flatten() };
        archive::open(&file.path.as_path(), &opening)
    }
}

fn stamp(file: &ArchiveFile) -> Option<Stamp> {
    let path = file.path.as_path();
    let found = path.metadata().ok()?;
    Some((found.len(), found.modified().ok()?, identity::of(&path).ok()?))
}

impl Opened {
    /// A page of a folder's children, and how many there are in all.
    pub fn children(&self, folder: &PathBytes, skip: usize, limit: usize, cancel: &Cancel) -> Result<(Vec<Row>, usize), Problem> {
        Ok(match self {
            Self::Version(open) => open.browser.children(folder.as_bytes(), skip, limit, cancel)?,
            Self::Archive(listing) => listing.children(folder.as_bytes(), skip, limit, cancel)?,
        })
    }

    /// Files and folders by name, at most `limit`.
    pub fn find(&self, text: &str, limit: usize, cancel: &Cancel) -> Result<Vec<Row>, Problem> {
        Ok(match self {
            Self::Version(open) => open.browser.find(text, limit, cancel)?,
            Self::Archive(listing) => listing.find(text, limit, cancel)?,
        })
    }

    /// Files and bytes of a choice.
    pub fn sum(&self, paths: &[PathBytes], except: &[PathBytes], cancel: &Cancel) -> Result<(u64, u64), Problem> {
        Ok(match self {
            Self::Version(open) => open.browser.sum(paths, except, cancel)?,
            Self::Archive(listing) => listing.sum(paths, except, cancel)?,
        })
    }
}
