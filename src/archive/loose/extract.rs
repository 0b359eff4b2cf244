//! Restores what a single archive holds, as far as it is whole, beneath a folder.
//!
//! Nobody vouches for such an archive: nothing is written outside the folder, no link is followed, nothing of other people's is
//! replaced unless asked, and no file stands under its name before it is complete.

mod file;
mod folders;
mod later;
mod resume;
mod visit;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;

use self::folders::Folders;
use self::later::Later;
use super::{Bytes, Container, walk};
use crate::archive::extract::Restored;
use crate::archive::extract::put::Put;
use crate::archive::extract::report::Tally;
use crate::archive::select::Selection;
use crate::archive::target::journal::Before;
use crate::archive::target::metadata::Maker;
use crate::archive::target::root::Root;
use crate::archive::{Error, Result};
use crate::model::human;
use crate::model::path::PathBytes;
use crate::model::restore::Conflict;
use crate::model::run::{Cancel, Progress};
use crate::os::disk::room;

pub struct Job<'a> {
    pub container: Container,
    /// Made where it is missing.
    pub target: &'a Path,
    /// Paths in the archive; empty: everything.
    pub paths: &'a [PathBytes],
    /// Paths below these that are not wanted after all.
    pub except: &'a [PathBytes],
    pub conflict: Conflict,
    /// Only count what would be done.
    pub dry_run: bool,
    /// Also what unpacks to absurdly much.
    pub any_size: bool,
    /// Name for this run's temporary files and undo folder.
    pub tag: &'a str,
    /// Today, for the names of files that are put beside existing ones: `2026-11-21`.
    pub date: &'a str,
    pub progress: &'a Progress,
    pub cancel: &'a Cancel,
}

/// Past so much, what unpacks to more than so many times the size of the file is taken for a bomb.
const BOMB_FROM: u64 = 16 << 30;
const BOMB_RATIO: u64 = 1000;
/// So many names are remembered as written by this run: links to them are made, and a later member of the same name takes their place.
const MOST_WRITTEN: usize = 4 << 20;
/// Names of files that nothing proves yet.
const MOST_UNPROVEN: usize = 100_000;
/// Files that lie in parts and are named.
const MOST_IN_PARTS: usize = 100_000;

struct Extractor<'a> {
    job: &'a Job<'a>,
    selection: Selection,
    /// Which of the paths that are asked for were met.
    met: HashSet<usize>,
    put: Rc<Put<'a>>,
    maker: Maker,
    tally: Tally<'a>,
    folders: Folders<'a>,
    /// Files that this run wrote, by a hash of their path, and the number of the member that they were.
    written: HashMap<u64, u64>,
    /// Number of the member that is looked at.
    number: u64,
    later: Later,
    unproven: Vec<PathBytes>,
    /// Files of which parts were met, by a hash of their path.
    in_parts: HashSet<u64>,
    /// The same restore, that was begun before and did not end.
    before: Option<Before>,
    /// For content on its way.
    buffer: Vec<u8>,
    /// Bytes that were unpacked, and those of the file.
    unpacked: u64,
    packed: u64,
}

/// Restores, or with `dry_run` only counts. What cannot be had is named among the warnings. What the same restore has made before, when
/// it did not end, stays where it is whole.
///
/// `NoSuchPath` where something is asked for that is not there, `File` where the target cannot be used or has no room, `TooMuch` for bombs.
pub fn restore(mut bytes: Box<dyn Bytes>, job: &Job<'_>) -> Result<Restored> {
    let packed = bytes.length();
    let is_new = !job.dry_run && job.target.symlink_metadata().is_err();
    if !job.dry_run {
        std::fs::create_dir_all(job.target).map_err(|e| Error::file(job.target, e))?;
    }
    let roots = match Root::open(job.target) {
        Err(e) if job.dry_run && e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        opened => vec![opened.map_err(|e| Error::file(job.target, e))?],
    };
    let opened = match roots.first().filter(|_| !job.dry_run) {
        Some(root) => resume::open_journal(&mut *bytes, job, root)?,
        None => None,
    };
    let (journal, before) = opened.map_or((None, None), |(journal, before)| (Some(journal), before));
    let mut extractor = Extractor {
        job,
        selection: Selection::new(job.paths, job.except),
        met: HashSet::new(),
        put: Rc::new(Put::new(job.conflict, job.tag, job.date, before.as_ref())),
        maker: Maker::of_this_process(),
        tally: Tally::new(job.progress, job.cancel),
        folders: Folders::new(&roots),
        written: HashMap::new(),
        number: 0,
        later: Later::default(),
        unproven: Vec::new(),
        in_parts: HashSet::new(),
        before,
        buffer: Vec::new(),
        unpacked: 0,
        packed,
    };
    extractor.recall(journal.as_ref());
    let walked = walk(bytes, job.container, &mut extractor, job.cancel);
    // What is complete stays, with the folders around it as they should be.
    let ended = walked.and_then(|()| extractor.finish_links());
    extractor.finish_folders();
    let ended = ended.and_then(|()| extractor.check_met());
    let synced = match roots.first().filter(|_| !job.dry_run) {
        Some(root) => root.sync().map_err(|e| Error::file(job.target, e)),
        None => Ok(()),
    };
    let undo = extractor.put.undo.used().map(PathBytes::from);
    let nothing = extractor.before.is_none() && !extractor.tally.counts.has_made();
    let told = extractor.tally.finish();
    let ended = ended.and(told);
    if let Some(journal) = journal {
        match (&ended, &synced) {
            // What was written may be lost: whoever goes on has to look at it all.
            (_, Err(_)) => drop(journal),
            (Ok(_) | Err(Error::NoSuchPath(_)), Ok(())) => journal.finish(),
            // There is nothing to go on from.
            (Err(_), Ok(())) if nothing => journal.finish(),
            (Err(_), Ok(())) => journal.stop(),
        }
    }
    if ended.is_err() && nothing && is_new {
        // Only where it is empty.
        let _ = std::fs::remove_dir(job.target);
    }
    let (mut counts, warnings, warning_count) = ended?;
    synced?;
    counts.free = roots.first().and_then(|root| room(root.fd()).ok()).map(|room| room.free);
    counts.fetched = packed;
    Ok(Restored { counts, warnings, warning_count, undo, damaged: Vec::new() })
}

impl Extractor<'_> {
    /// Whether a path is wanted.
    fn wants(&mut self, path: &PathBytes) -> bool {
        for (number, asked) in self.job.paths.iter().enumerate() {
            if path.is_within(asked.as_bytes()) {
                self.met.insert(number);
            }
        }
        self.selection.takes(path.as_bytes())
    }

    fn check_met(&self) -> Result<()> {
        match self.job.paths.iter().enumerate().find(|(number, _)| !self.met.contains(number)) {
            Some((_, path)) => Err(Error::NoSuchPath(path.display().into_owned())),
            None => Ok(()),
        }
    }

    fn count_unpacked(&mut self, bytes: u64) -> Result<()> {
        self.unpacked = self.unpacked.saturating_add(bytes);
        self.job.progress.bytes_done.fetch_add(bytes, Relaxed);
        if !self.job.any_size && is_bomb(self.unpacked, self.packed) {
            let (size, ratio) = (human::bytes(BOMB_FROM), human::count(BOMB_RATIO));
            return Err(Error::TooMuch(format!("it unpacks to more than {size}, over {ratio} times its size")));
        }
        Ok(())
    }

    fn remember(&mut self, path: &PathBytes) {
        if self.written.len() < MOST_WRITTEN {
            self.written.insert(hash(path), self.number);
        }
    }
}

fn is_bomb(unpacked: u64, packed: u64) -> bool {
    unpacked > BOMB_FROM && unpacked / BOMB_RATIO > packed
}

fn hash(path: &PathBytes) -> u64 {
    let hash = blake3::hash(path.as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests;
